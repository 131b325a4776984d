//! `intake.receive`: kept bodies become messages, revisions and alarms, all in one transaction, an entry for each.
//!
//! What has been received is passed over, so that a replay, a second node or a restart changes nothing. What cannot
//! be read or triaged goes to quarantine in the same transaction.

mod fold;

use super::{about, account};
use crate::accounts::store::{self as accounts, AccountRow};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx, words};
use crate::intake::keep;
use crate::intake::store::{self, CorrespondentRow, MediaRow, MessageRow, RawRow, RevisionRow};
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::ids::{AccountId, ConversationId, CorrespondentId, RawId};
use bluelamp_domain::question::Question;
use bluelamp_domain::time::Instant;
use bluelamp_platforms::{Inbound, InboundMessage, Raw};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Receive {
    pub account: AccountId,
    /// Kept bodies of this account, in the order in which they came.
    pub raws: Vec<RawId>,
}

/// A message that stands already, with the names of its revisions.
pub struct Known {
    row: MessageRow,
    revisions: BTreeSet<String>,
}

pub struct Facts {
    account: AccountRow,
    /// The server that gives ids, where ids are a server's own.
    server: String,
    /// Each body with what the connector makes of it, or why it cannot be read.
    raws: Vec<(RawRow, Result<Vec<Inbound>, String>)>,
    known: HashMap<String, Known>,
    correspondents: HashMap<(String, String), CorrespondentId>,
    conversations: HashMap<String, ConversationId>,
    engine: Option<Arc<bluelamp_triage::Engine>>,
}

/// One thing to write, in order.
pub enum Write {
    New { message: Box<MessageRow>, correspondent: CorrespondentRow, root: String, revision: Box<RevisionRow>, media: Vec<MediaRow> },
    Revised { message: Box<MessageRow>, revision: Box<RevisionRow> },
}

#[derive(Default)]
pub struct Change {
    writes: Vec<Write>,
    done: Vec<RawId>,
    put_off: Vec<(RawId, Instant)>,
}

/// Where a message belongs: private ones with their correspondent, public ones with their thread.
fn root_of(m: &InboundMessage) -> String {
    match m.kind {
        bluelamp_platforms::MessageKind::Private => format!("private:{}", m.root.as_deref().unwrap_or(&m.author_id)),
        _ => m.root.as_deref().or(m.parent.as_deref()).unwrap_or(&m.remote_id).to_owned(),
    }
}

/// A number is an id that one server gave; two servers' numbers are two people. Anything else is unique as it is.
fn realm_of(author_id: &str, server: &str) -> String {
    if author_id.bytes().all(|b| b.is_ascii_digit()) { server.to_owned() } else { String::new() }
}

impl Act for Receive {
    const NAME: &'static str = "intake.receive";
    const SAYS: &'static str = "Make messages and revisions of kept bodies.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let account = account(tx, env, self.account).await?;
        let server = accounts::connection(tx, env.force, self.account).await?.map_or_else(String::new, |c| c.base);
        let connector = env.app.connector(&account.platform).cloned();
        let engine = env.app.triage_of(env.pack).map_err(|e| tracing::error!(error = %e, "the pack's triage does not compile")).ok();
        let mut facts = Facts {
            account,
            server,
            raws: Vec::with_capacity(self.raws.len()),
            known: HashMap::new(),
            correspondents: HashMap::new(),
            conversations: HashMap::new(),
            engine,
        };
        for id in &self.raws {
            if !store::is_todo(tx, env.force, *id).await? {
                continue;
            }
            let Some(row) = store::raw(tx, env.force, *id).await?.filter(|r| r.account == self.account) else { continue };
            let body = keep::body_of(env.app, env.force, &row).await.map_err(|e| e.to_string());
            let mapped = match (&connector, body) {
                (Some(connector), Ok(body)) => read(&**connector, &row.kind, body, &facts.account.remote_account),
                (None, _) => Err("this installation has no connector for the account's platform".into()),
                (_, Err(why)) => Err(why),
            };
            for inbound in mapped.iter().flatten() {
                facts.look_up(tx, env, inbound).await?;
            }
            facts.raws.push((row, mapped));
        }
        Ok(facts)
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, &facts.account, env)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        Ok(fold::Fold::new(facts, env).all())
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Change) -> Result<Done, DbError> {
        let force = env.force;
        let (mut new, mut revised) = (0, 0);
        for write in &change.writes {
            match write {
                Write::New { message: m, correspondent, root, revision, media } => {
                    store::put_correspondent(tx, force, correspondent).await?;
                    store::put_conversation(tx, force, m.conversation, m.account, root, m.is_private(), m.sent_at).await?;
                    store::insert_message(tx, force, m).await?;
                    store::insert_revision(tx, force, revision).await?;
                    for medium in media {
                        store::insert_media(tx, force, medium).await?;
                    }
                    new += 1;
                }
                Write::Revised { message, revision } => {
                    store::insert_revision(tx, force, revision).await?;
                    store::update_revised(tx, force, message).await?;
                    revised += 1;
                }
            }
        }
        // One statement for the batch; a message that the batch also revised stands in it once, as it is now.
        let mut texts = std::collections::BTreeMap::new();
        for write in &change.writes {
            let (Write::New { message, .. } | Write::Revised { message, .. }) = write;
            texts.insert(message.id.0, (message.id, message.text.as_str()));
        }
        words::put(tx, force, &texts.into_values().collect::<Vec<_>>()).await?;
        for raw in &change.done {
            store::done(tx, force, *raw).await?;
        }
        for (raw, until) in &change.put_off {
            store::put_off(tx, force, *raw, *until, "waits-for-its-message").await?;
        }
        Ok(Done::nothing().with(serde_json::json!({ "new": new, "revised": revised, "later": change.put_off.len() })))
    }
}

/// The connector's reading, with U+0000 out of every text (raw keeps it). A connector that panics is one that cannot
/// read this body.
fn read(connector: &dyn bluelamp_platforms::Connector, kind: &str, body: Vec<u8>, own: &str) -> Result<Vec<Inbound>, String> {
    let raw = Raw { kind: kind.to_owned(), body };
    let mapped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| connector.map(&raw, own)));
    let inbound = mapped.map_err(|_| "the connector fell over it".to_owned())?.map_err(|e| e.to_string())?;
    Ok(inbound.into_iter().map(without_nul).collect())
}

fn without_nul(inbound: Inbound) -> Inbound {
    // Most have none, and then nothing is copied.
    match serde_json::to_string(&inbound) {
        Ok(text) if text.contains("\\u0000") => serde_json::from_str(&text.replace("\\u0000", "")).unwrap_or(inbound),
        _ => inbound,
    }
}

impl Facts {
    async fn look_up(&mut self, tx: &mut Tx, env: &Env<'_>, inbound: &Inbound) -> Result<(), DbError> {
        let (remote, message) = match inbound {
            Inbound::Message(m) => (&m.remote_id, Some(m)),
            Inbound::Edited { remote_id, .. } | Inbound::Deleted { remote_id, .. } => (remote_id, None),
            Inbound::Ignored { .. } => return Ok(()),
        };
        if !self.known.contains_key(remote)
            && let Some(row) = store::by_remote(tx, env.force, self.account.id, remote).await?
        {
            let revisions = store::revision_names(tx, env.force, row.id).await?;
            self.known.insert(remote.clone(), Known { row, revisions });
        }
        let Some(m) = message else { return Ok(()) };
        let realm = realm_of(&m.author_id, &self.server);
        let key = (realm, m.author_id.clone());
        if !self.correspondents.contains_key(&key)
            && let Some(id) = store::correspondent_by_remote(tx, env.force, &self.account.platform, &key.0, &key.1).await?
        {
            self.correspondents.insert(key, id);
        }
        let root = root_of(m);
        if !self.conversations.contains_key(&root)
            && let Some(id) = store::conversation_by_root(tx, env.force, self.account.id, &root).await?
        {
            self.conversations.insert(root, id);
        }
        Ok(())
    }
}

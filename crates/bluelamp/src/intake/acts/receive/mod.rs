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
use crate::intake::store::{self, ConversationRow, CorrespondentRow, MediaRow, MessageRow, RawRow, RevisionRow};
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::ids::{AccountId, ConversationId, CorrespondentId, RawId};
use bluelamp_domain::question::Question;
use bluelamp_domain::time::Instant;
use bluelamp_platforms::{Inbound, InboundMessage, Raw};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
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

/// What is to be written: what is new first, then what became of it or of what was there.
#[derive(Default)]
pub struct Change {
    correspondents: BTreeMap<CorrespondentId, CorrespondentRow>,
    conversations: BTreeMap<ConversationId, ConversationRow>,
    new: Vec<MessageRow>,
    revisions: Vec<RevisionRow>,
    media: Vec<MediaRow>,
    /// Messages with a further revision, in the order in which the revisions came.
    revised: Vec<MessageRow>,
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
        let mut rows: HashMap<RawId, RawRow> =
            store::raws_todo(tx, env.force, self.account, &self.raws).await?.into_iter().map(|r| (r.id, r)).collect();
        for row in self.raws.iter().filter_map(|id| rows.remove(id)).collect::<Vec<_>>() {
            let body = keep::body_of(env.app, env.force, &row).await.map_err(|e| e.to_string());
            let mapped = match (&connector, body) {
                (Some(connector), Ok(body)) => read(&**connector, &row.kind, body, &facts.account.remote_account),
                (None, _) => Err("this installation has no connector for the account's platform".into()),
                (_, Err(why)) => Err(why),
            };
            facts.raws.push((row, mapped));
        }
        facts.look_up(tx, env).await?;
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
        store::put_correspondents(tx, force, change.correspondents.values()).await?;
        store::put_conversations(tx, force, change.conversations.values()).await?;
        store::insert_messages(tx, force, &change.new).await?;
        store::insert_revisions(tx, force, &change.revisions).await?;
        store::insert_media(tx, force, &change.media).await?;
        for message in &change.revised {
            store::update_revised(tx, force, message).await?;
        }
        // One statement for the batch; a message that the batch also revised stands in it once, as it is now.
        let texts: std::collections::BTreeMap<_, _> =
            change.new.iter().chain(&change.revised).map(|m| (m.id.0, (m.id, m.text.as_str()))).collect();
        words::put(tx, force, &texts.into_values().collect::<Vec<_>>()).await?;
        store::done(tx, force, &change.done).await?;
        for (raw, until) in &change.put_off {
            store::put_off(tx, force, *raw, *until, "waits-for-its-message").await?;
        }
        let (new, revised, later) = (change.new.len(), change.revised.len(), change.put_off.len());
        Ok(Done::nothing().with(serde_json::json!({ "new": new, "revised": revised, "later": later })))
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
    /// What stands already of all that the bodies speak of: one question each for the whole batch.
    async fn look_up(&mut self, tx: &mut Tx, env: &Env<'_>) -> Result<(), DbError> {
        let (force, account) = (env.force, self.account.id);
        let (mut remotes, mut realms, mut authors, mut roots) = <(BTreeSet<_>, BTreeSet<_>, BTreeSet<_>, BTreeSet<_>)>::default();
        for inbound in self.raws.iter().flat_map(|(_, mapped)| mapped.iter().flatten()) {
            match inbound {
                Inbound::Message(m) => {
                    remotes.insert(m.remote_id.clone());
                    realms.insert(realm_of(&m.author_id, &self.server));
                    authors.insert(m.author_id.clone());
                    roots.insert(root_of(m));
                }
                Inbound::Edited { remote_id, .. } | Inbound::Deleted { remote_id, .. } => drop(remotes.insert(remote_id.clone())),
                Inbound::Ignored { .. } => {}
            }
        }
        let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
        if !remotes.is_empty() {
            let rows = store::by_remote(tx, force, account, list(remotes)).await?;
            let mut names = match rows.is_empty() {
                true => HashMap::new(),
                false => store::revision_names(tx, force, rows.iter().map(|r| r.id.0).collect()).await?,
            };
            let known = |row: MessageRow| (row.remote_id.clone(), Known { revisions: names.remove(&row.id).unwrap_or_default(), row });
            self.known = rows.into_iter().map(known).collect();
        }
        if !authors.is_empty() {
            self.correspondents = store::correspondents_by_remote(tx, force, &self.account.platform, list(realms), list(authors)).await?;
            self.conversations = store::conversations_by_root(tx, force, account, list(roots)).await?;
        }
        Ok(())
    }
}

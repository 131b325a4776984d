//! `desk.contact`: a first word to someone. Refused where they have not been in touch on this very channel, unless they
//! are an organisation of the force's list (APP-COMM-10).

use super::person;
use crate::accounts::{self, AccountRow};
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::intake;
use crate::intake::store::{CorrespondentRow, MessageRow, contacts};
use crate::publishing::outbox::{self, NewReply};
use crate::publishing::subject::{limits_of, signs_of};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::desk::reply::words;
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::publishing::check::count;
use bluelamp_domain::question::{Question, Value};
use bluelamp_platforms::ReplyTo;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    pub account: AccountId,
    /// Their handle on the account's platform.
    pub handle: String,
    pub text: String,
}

pub struct Facts {
    account: AccountRow,
    signs: BTreeSet<String>,
    /// Their newest message to this account, if they ever wrote.
    last: Option<(MessageRow, CorrespondentRow)>,
    organisation: bool,
}

impl Act for Contact {
    const NAME: &'static str = "desk.contact";
    const SAYS: &'static str =
        "Write to someone who did not just write: in private where they have been in touch, by a mention to an organisation.";
    type Facts = Facts;
    type Change = NewReply;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let account = accounts::store::account(tx, env.force, self.account)
            .await?
            .filter(|a| env.scope.sees(a.id))
            .ok_or_else(|| not_found("account"))?;
        let last = match contacts::last_message_of(tx, env.force, self.account, &self.handle).await? {
            Some(id) => match intake::store::message(tx, env.force, id).await? {
                Some(m) => intake::queue::store::correspondent(tx, env.force, m.correspondent).await?.map(|them| (m, them)),
                None => None,
            },
            None => None,
        };
        let organisation = contacts::is_organisation(tx, env.force, &account.platform, &self.handle).await?;
        let signs = signs_of(tx, env, &account, &self.text).await?;
        Ok(Facts { account, signs, last, organisation })
    }

    fn questions(&self, f: &Facts, env: &Env<'_>) -> Vec<Question> {
        let rests_on = crate::app::digest(format!("{} {}", self.handle, self.text).as_bytes());
        let question = Question::new(Self::NAME, self.account, accounts::entity(env.force, &f.account))
            .given("private", f.last.is_some())
            .given("signs", Value::texts(&f.signs))
            .given("contactedFirst", f.last.is_some())
            .given("organisation", f.organisation)
            .resting_on(rests_on);
        vec![question]
    }

    fn rule(&self, f: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<NewReply>, Refusal> {
        let by = person(env)?;
        let connector = env.app.connector(&f.account.platform);
        let connector = connector.ok_or_else(|| Refusal::new("no-connector", "this installation cannot speak on that platform"))?;
        let c = connector.capabilities();
        let private = f.last.is_some();
        if !(if private { c.reply_private } else { c.publish }) {
            return Err(Refusal::new("cannot", format!("{} does not let us write to them from here", c.title)));
        }
        let handle = self.handle.trim().trim_start_matches('@');
        let whole = if private { self.text.trim().to_owned() } else { format!("@{handle} {}", self.text.trim()) };
        if self.text.trim().is_empty() {
            return Err(Refusal::new("say-it", "the message is empty: write it"));
        }
        let limits = limits_of(env.app, &f.account, None);
        let text = words(&whole, count(&whole, &limits), limits.max_graphemes, &c.title)?;
        if limits.max_bytes.is_some_and(|most| text.len() > most) {
            return Err(Refusal::new("too-long", format!("{} takes less text than this: shorten it", c.title)));
        }
        let reply = NewReply {
            draft: env.moment.id(),
            post: env.moment.id(),
            key: env.moment.id(),
            revision: env.moment.id(),
            account: self.account,
            author: by,
            text,
            language: "en".into(),
            message: f.last.as_ref().map(|(m, _)| m.id),
            reply_to: f.last.as_ref().map(|(m, them)| ReplyTo {
                remote_id: m.remote_id.clone(),
                extra: m.extra.clone(),
                private,
                author_id: them.remote_id.clone(),
                author_handle: them.handle.clone(),
            }),
        };
        let mut entry =
            Entry::default().id("draft", reply.draft).id("post", reply.post).id("account", self.account).code("private", private);
        if let Some(last) = reply.message {
            entry = entry.id("message", last);
        }
        let entry = entry.value("handle", handle).value("text", &reply.text);
        let job = outbox::deliver_job(reply.post, env.at());
        Ok(Step::to(reply).entry(entry).job(job))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, reply: &NewReply) -> Result<Done, DbError> {
        outbox::queue_reply(tx, env.force, reply, env.at()).await?;
        Ok(Done::id(reply.draft))
    }
}

//! `desk.record_reply_sent`: what became of a reply. One that did not go out alarms: somebody waits for it.

use crate::accounts::{self, AccountRow};
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::desk::store::{self, ReplyRow, Settled};
use crate::intake;
use crate::intake::store::MessageRow;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::desk::reply::{State, note};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordReplySent {
    pub reply: uuid::Uuid,
    pub state: State,
    /// Why it failed, or why nobody knows.
    #[serde(default)]
    pub why: String,
    #[serde(default)]
    pub remote_id: Option<String>,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub extra: BTreeMap<String, String>,
}

pub struct Facts {
    reply: ReplyRow,
    account: AccountRow,
    message: Option<MessageRow>,
}

pub struct Change {
    state: Option<State>,
    message: Option<MessageRow>,
}

impl Act for RecordReplySent {
    const NAME: &'static str = "desk.record_reply_sent";
    const SAYS: &'static str = "Note what became of a reply.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let reply = store::reply(tx, env.force, self.reply).await?.ok_or_else(|| not_found("reply"))?;
        let account = accounts::store::account(tx, env.force, reply.account).await?.ok_or_else(|| not_found("account"))?;
        let message = match reply.message {
            Some(id) => intake::store::message(tx, env.force, id).await?,
            None => None,
        };
        Ok(Facts { reply, account, message })
    }

    fn questions(&self, f: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.reply, accounts::entity(env.force, &f.account))]
    }

    fn rule(&self, f: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let state = note(f.reply.state, self.state)?;
        let mut entry = Entry::default().id("reply", f.reply.id).id("account", f.reply.account).code("state", self.state.name());
        if let Some(message) = f.reply.message {
            entry = entry.id("message", message);
        }
        for (name, value) in [("why", Some(&self.why)), ("remote_id", self.remote_id.as_ref())] {
            if let Some(value) = value.filter(|v| !v.is_empty()) {
                entry = entry.value(name, value);
            }
        }
        let message = f.message.clone().filter(|_| state == Some(State::Sent)).map(|m| MessageRow {
            answered_at: m.answered_at.or(Some(env.at())),
            // It waits for them now, unless somebody closed or reopened it meanwhile.
            state: if m.state == "open" { "waiting".into() } else { m.state.clone() },
            ..m
        });
        let mut step = Step::to(Change { state, message }).entry(entry);
        if state == Some(State::Failed) {
            let alarm = serde_json::json!({ "account": f.reply.account, "message": f.reply.message, "kind": "reply_failed" });
            step = step.then("desk.raise_alert", alarm);
        }
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        if let Some(state) = c.state {
            let why: String = self.why.chars().filter(|c| !c.is_control()).take(500).collect();
            let settled = Settled { why, remote_id: self.remote_id.clone(), url: self.url.clone(), extra: self.extra.clone() };
            store::settle_reply(tx, env.force, self.reply, state, &settled, env.at()).await?;
        }
        if let Some(m) = &c.message {
            intake::queue::store::update_desk(tx, env.force, m).await?;
            store::end_routing(tx, env.force, m.id, "answered", env.at()).await?;
        }
        Ok(Done::id(self.reply))
    }
}

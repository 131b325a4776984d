//! `desk.record_reply_sent`: what became of a reply, as publishing heard it from the platform. An answer that is out
//! makes its message wait for them; one that did not go out alarms, because somebody waits for it.

use crate::accounts::{self, AccountRow};
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::desk::store;
use crate::intake;
use crate::intake::store::MessageRow;
use crate::publishing::outbox::{self, Replied};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::PostId;
use bluelamp_domain::publishing::post::Came;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordReplySent {
    pub post: PostId,
    pub came: Came,
}

pub struct Facts {
    reply: Replied,
    account: AccountRow,
    message: Option<MessageRow>,
}

impl Act for RecordReplySent {
    const NAME: &'static str = "desk.record_reply_sent";
    const SAYS: &'static str = "Note what became of a reply.";
    type Facts = Facts;
    /// The message that is answered now.
    type Change = Option<MessageRow>;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let reply = outbox::replied(tx, env.force, self.post).await?.ok_or_else(|| not_found("reply"))?;
        let account = accounts::store::account(tx, env.force, reply.account).await?.ok_or_else(|| not_found("account"))?;
        let message = match reply.message {
            Some(id) => intake::store::message(tx, env.force, id).await?,
            None => None,
        };
        Ok(Facts { reply, account, message })
    }

    fn questions(&self, f: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.post, accounts::entity(env.force, &f.account))]
    }

    fn rule(&self, f: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Option<MessageRow>>, Refusal> {
        let mut entry =
            Entry::default().id("post", self.post).id("draft", f.reply.draft).id("account", f.reply.account).code("came", self.came.name());
        if let Some(message) = f.reply.message {
            entry = entry.id("message", message);
        }
        let answered = f.message.clone().filter(|_| self.came == Came::Live).map(|m| MessageRow {
            answered_at: m.answered_at.or(Some(env.at())),
            // It waits for them now, unless somebody closed or reopened it meanwhile.
            state: if m.state == "open" { "waiting".into() } else { m.state.clone() },
            ..m
        });
        let mut step = Step::to(answered).entry(entry);
        if matches!(self.came, Came::Rejected | Came::Expired) {
            let alarm = serde_json::json!({ "account": f.reply.account, "message": f.reply.message, "kind": "reply_failed" });
            step = step.then("desk.raise_alert", alarm);
        }
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, answered: &Option<MessageRow>) -> Result<Done, DbError> {
        if let Some(m) = answered {
            intake::queue::store::update_desk(tx, env.force, m).await?;
            store::end_routing(tx, env.force, m.id, "answered", env.at()).await?;
        }
        Ok(Done::id(self.post))
    }
}

//! `desk.escalate`: anyone who may see a message raises it to those on duty, in one step (APP-COMM-4).

use super::{OnMessage, on_message, save};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::desk::store;
use crate::intake::store::MessageRow;
use bluelamp_domain::act::{Actor, Permit, Principal, Refusal, Step};
use bluelamp_domain::desk::{NOTE_CHARS, bounded};
use bluelamp_domain::ids::MessageId;
use bluelamp_domain::intake;
use bluelamp_domain::question::Question;
use bluelamp_domain::triage::Priority;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalate {
    pub message: MessageId,
    #[serde(default)]
    pub note: String,
}

pub struct Change {
    message: MessageRow,
    note: String,
}

impl Act for Escalate {
    const NAME: &'static str = "desk.escalate";
    const SAYS: &'static str = "Raise a message to those on duty, at once.";
    type Facts = OnMessage;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<OnMessage, Stop> {
        on_message(tx, env, self.message).await
    }

    fn questions(&self, f: &OnMessage, env: &Env<'_>) -> Vec<Question> {
        vec![f.question(Self::NAME, env)]
    }

    fn rule(&self, f: &OnMessage, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        if f.closed() {
            return Err(Refusal::new("closed", "this message is closed; reopen it to raise it"));
        }
        let note = bounded("the note", &self.note, NOTE_CHARS)?;
        let message = MessageRow {
            priority: intake::rank(Priority::Immediate),
            due_at: f.message.due_at.min(env.at()),
            // A new look is needed: whoever assessed it before did not know what this person knows.
            assessed_at: None,
            state: "open".into(),
            ..f.message.clone()
        };
        let mut entry = f.entry();
        if !note.is_empty() {
            entry = entry.value("note", &note);
        }
        let alarm = serde_json::json!({ "account": message.account, "message": message.id, "kind": "escalated" });
        let by = Principal::System(Actor::Scheduler);
        Ok(Step::to(Change { message, note }).entry(entry).then_by(by, "desk.raise_alert", alarm))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        if let Some(by) = env.person().filter(|_| !c.note.is_empty()) {
            store::insert_note(tx, env.force, env.moment.id(), self.message, by, env.at(), &c.note).await?;
        }
        store::end_routing(tx, env.force, self.message, "passed-on", env.at()).await?;
        save(tx, env, &c.message).await?;
        Ok(Done::id(self.message))
    }
}

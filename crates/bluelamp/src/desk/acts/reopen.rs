//! `desk.reopen`: a message that had ended is worked on again, with why.

use super::{OnMessage, on_message, person, save};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::desk::store;
use crate::intake::store::MessageRow;
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::desk::{NOTE_CHARS, said};
use bluelamp_domain::ids::{MessageId, PersonId};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reopen {
    pub message: MessageId,
    pub note: String,
}

pub struct Change {
    by: PersonId,
    message: MessageRow,
    note: String,
}

impl Act for Reopen {
    const NAME: &'static str = "desk.reopen";
    const SAYS: &'static str = "Work on an ended message again.";
    type Facts = OnMessage;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<OnMessage, Stop> {
        on_message(tx, env, self.message).await
    }

    fn questions(&self, f: &OnMessage, env: &Env<'_>) -> Vec<Question> {
        vec![f.question(Self::NAME, env)]
    }

    fn rule(&self, f: &OnMessage, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let by = person(env)?;
        if !f.closed() {
            return Err(Refusal::new("open", "this message is open already"));
        }
        let note = said("the reason", &self.note, NOTE_CHARS)?;
        let message = MessageRow { state: "open".into(), closed_at: None, outcome: None, ..f.message.clone() };
        let entry = f.entry().value("note", &note);
        Ok(Step::to(Change { by, message, note }).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        store::insert_closure(tx, env.force, env.moment.id(), self.message, "reopened", &c.note, c.by, env.at()).await?;
        save(tx, env, &c.message).await?;
        Ok(Done::id(self.message))
    }
}

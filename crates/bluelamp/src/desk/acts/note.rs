//! `desk.note`: something for colleagues, kept with the record. Anyone who works on messages may add one, also while a
//! colleague has the message in hand.

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
pub struct Note {
    pub message: MessageId,
    pub note: String,
}

pub struct Change {
    id: uuid::Uuid,
    by: PersonId,
    note: String,
    message: MessageRow,
}

impl Act for Note {
    const NAME: &'static str = "desk.note";
    const SAYS: &'static str = "Note something about a message for colleagues.";
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
        let note = said("the note", &self.note, NOTE_CHARS)?;
        let id = env.moment.id();
        let entry = f.entry().id("note", id).value("note", &note);
        Ok(Step::to(Change { id, by, note, message: f.alive(env) }).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        store::insert_note(tx, env.force, c.id, self.message, c.by, env.at(), &c.note).await?;
        save(tx, env, &c.message).await?;
        Ok(Done::id(c.id))
    }
}

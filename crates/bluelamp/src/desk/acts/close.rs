//! `desk.close`: a message ends, read and with an outcome (LEICS-USE-1).

use super::{OnMessage, on_message, person, save};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::desk::store;
use crate::intake::store::MessageRow;
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::desk::outcome::{self, Outcome};
use bluelamp_domain::ids::{MessageId, PersonId};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    pub message: MessageId,
    pub outcome: Outcome,
    #[serde(default)]
    pub note: String,
}

pub struct Change {
    by: PersonId,
    message: MessageRow,
    /// `None`: it had ended so already.
    note: Option<String>,
}

impl Act for Close {
    const NAME: &'static str = "desk.close";
    const SAYS: &'static str = "End a message with its outcome.";
    type Facts = OnMessage;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<OnMessage, Stop> {
        on_message(tx, env, self.message).await
    }

    fn questions(&self, f: &OnMessage, env: &Env<'_>) -> Vec<Question> {
        vec![f.question(Self::NAME, env).given("outcome", self.outcome.name())]
    }

    fn rule(&self, f: &OnMessage, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let by = person(env)?;
        let note = outcome::close(&f.record(), self.outcome, &self.note)?;
        let mut entry = f.entry().code("outcome", self.outcome.name());
        if let Some(note) = note.as_ref().filter(|n| !n.is_empty()) {
            entry = entry.value("note", note);
        }
        let message = MessageRow {
            state: "closed".into(),
            closed_at: f.message.closed_at.or(Some(env.at())),
            outcome: Some(self.outcome.name().into()),
            claimed_by: None,
            claimed_until: None,
            ..f.message.clone()
        };
        Ok(Step::to(Change { by, message, note }).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        if let Some(note) = &c.note {
            let outcome = self.outcome.name();
            store::insert_closure(tx, env.force, env.moment.id(), self.message, outcome, note, c.by, env.at()).await?;
            store::end_routing(tx, env.force, self.message, "closed", env.at()).await?;
            save(tx, env, &c.message).await?;
        }
        Ok(Done::id(self.message))
    }
}

//! `desk.assess`: a person answers the six questions of THRIVE and says how soon (LEICS-TRIAGE-2). The only act that
//! may lower a message, and it says why (I3).

use super::{OnMessage, on_message, person, save};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::desk::store;
use crate::intake::store::MessageRow;
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::desk::assess::{Answer, Assessed, Decided, assess};
use bluelamp_domain::ids::{AssessmentId, MessageId, PersonId};
use bluelamp_domain::intake;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assess {
    pub message: MessageId,
    /// All six, each once.
    pub answers: Vec<Answer>,
    pub decided: Decided,
    /// Needed where it says less than triage did.
    #[serde(default)]
    pub reason: String,
}

pub struct Change {
    id: AssessmentId,
    by: PersonId,
    assessed: Assessed,
    message: MessageRow,
}

impl Act for Assess {
    const NAME: &'static str = "desk.assess";
    const SAYS: &'static str = "Assess a message under THRIVE and decide how soon something must be done.";
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
        if f.closed() {
            return Err(Refusal::new("closed", "this message is closed; reopen it to assess it again"));
        }
        let assessed = assess(&f.message.triage, f.priority(), &self.answers, self.decided, &self.reason)?;
        let queue = assessed.decided.queue();
        let message = MessageRow {
            assessed_at: Some(env.at()),
            priority: intake::rank(queue),
            due_at: intake::due(queue, f.message.received_at, env.figures()),
            ..f.alive(env)
        };
        let id: AssessmentId = env.moment.id();
        let thrive: Vec<&str> = assessed.thrive.iter().map(|d| d.name()).collect();
        let entry = f
            .entry()
            .id("assessment", id)
            .code("decided", assessed.decided.name())
            .code("thrive", thrive.join("."))
            .code("lowers", assessed.lowers)
            .value("reason", &assessed.reason)
            .value("answers", serde_json::to_string(&assessed.answers).unwrap_or_default());
        Ok(Step::to(Change { id, by, assessed, message }).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        let m = &c.message;
        store::insert_assessment(tx, env.force, c.id, m.id, c.by, env.at(), &c.assessed, &m.revision, &m.triage_pack).await?;
        save(tx, env, m).await?;
        Ok(Done::id(c.id))
    }
}

//! `publishing.escalate`: anyone who may see a post of the force's own raises it to those on duty, in one step: it rings
//! until somebody answers, and goes to the next contact when nobody does (APP-COMM-4).

use super::entry_of;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::publishing::subject::Subject;
use bluelamp_domain::act::{Actor, Permit, Principal, Refusal, Step};
use bluelamp_domain::desk::{NOTE_CHARS, bounded};
use bluelamp_domain::ids::DraftId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalate {
    pub draft: DraftId,
    /// What is wrong with it, for whoever answers.
    #[serde(default)]
    pub note: String,
}

impl Act for Escalate {
    const NAME: &'static str = "publishing.escalate";
    const SAYS: &'static str = "Raise a post of the force's own to those on duty, at once.";
    type Facts = Subject;
    type Change = ();

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Subject, Stop> {
        Ok(Subject::stored(tx, env, self.draft).await?.0)
    }

    fn questions(&self, subject: &Subject, env: &Env<'_>) -> Vec<Question> {
        subject.questions(Self::NAME, env)
    }

    fn rule(&self, subject: &Subject, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<()>, Refusal> {
        let note = bounded("the note", &self.note, NOTE_CHARS)?;
        let Some(target) = subject.targets.first() else {
            return Err(Refusal::new("nowhere", "this draft goes to no account yet, so there is nobody to raise it to"));
        };
        let mut entry = entry_of(subject);
        if !note.is_empty() {
            entry = entry.value("note", &note);
        }
        let alarm = serde_json::json!({ "account": target.account.id, "draft": self.draft, "kind": "escalated", "note": note });
        Ok(Step::to(()).entry(entry).then_by(Principal::System(Actor::Scheduler), "desk.raise_alert", alarm))
    }

    /// What it changes is the alarm, by its own act.
    async fn write(&self, _tx: &mut Tx, _env: &Env<'_>, _change: &()) -> Result<Done, DbError> {
        Ok(Done::id(self.draft))
    }
}

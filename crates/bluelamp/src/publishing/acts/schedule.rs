//! `publishing.schedule`: out at a time that a person chose. It is decided again then.

use super::{entry_of, send_job};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::publishing::store;
use crate::publishing::subject::Subject;
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::ids::DraftId;
use bluelamp_domain::publishing::{State, state};
use bluelamp_domain::question::Question;
use bluelamp_domain::time::Instant;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    pub draft: DraftId,
    pub revision: i64,
    /// When, in microseconds UTC; pages reckon it from the force's own clock.
    pub at: Instant,
}

impl Act for Schedule {
    const NAME: &'static str = "publishing.schedule";
    const SAYS: &'static str = "Publish a draft at a time.";
    type Facts = Subject;
    type Change = State;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Subject, Stop> {
        Ok(Subject::stored(tx, env, self.draft).await?.0)
    }

    fn questions(&self, facts: &Subject, env: &Env<'_>) -> Vec<Question> {
        facts.questions(Self::NAME, env)
    }

    fn rule(&self, facts: &Subject, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<State>, Refusal> {
        let to = state::schedule(&facts.draft, self.revision, self.at, &facts.stops(), env.at())?;
        let entry = entry_of(facts).code("accounts", facts.targets.len()).code("for", self.at.0);
        Ok(Step::to(to).entry(entry).job(send_job(&facts.draft, self.at)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, to: &State) -> Result<Done, DbError> {
        store::set_state(tx, env.force, self.draft, *to, "", env.at()).await?;
        store::set_sender(tx, env.force, self.draft, env.person()).await?;
        Ok(Done::id(self.draft))
    }
}

//! `publishing.unschedule`: it does not go out at its time.

use super::entry_of;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::publishing::store;
use crate::publishing::subject::Subject;
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::ids::DraftId;
use bluelamp_domain::publishing::{State, state};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unschedule {
    pub draft: DraftId,
    #[serde(default)]
    pub reason: String,
}

impl Act for Unschedule {
    const NAME: &'static str = "publishing.unschedule";
    const SAYS: &'static str = "Take a draft off the schedule.";
    type Facts = Subject;
    type Change = State;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Subject, Stop> {
        Ok(Subject::stored(tx, env, self.draft).await?.0)
    }

    fn questions(&self, facts: &Subject, env: &Env<'_>) -> Vec<Question> {
        let given = !self.reason.trim().is_empty();
        facts.questions(Self::NAME, env).into_iter().map(|q| q.given("reasonGiven", given)).collect()
    }

    fn rule(&self, facts: &Subject, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<State>, Refusal> {
        let to = state::unschedule(&facts.draft)?;
        Ok(Step::to(to).entry(entry_of(facts).value("reason", self.reason.trim())))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, to: &State) -> Result<Done, DbError> {
        store::set_state(tx, env.force, self.draft, *to, "", env.at()).await?;
        Ok(Done::id(self.draft))
    }
}

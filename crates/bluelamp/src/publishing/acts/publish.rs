//! `publishing.publish`: out as soon as it may. Sending is an act of its own, decided again then.

use super::{entry_of, send_job};
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
pub struct Publish {
    pub draft: DraftId,
    /// The revision that was looked at: no other is published.
    pub revision: i64,
}

impl Act for Publish {
    const NAME: &'static str = "publishing.publish";
    const SAYS: &'static str = "Publish a draft as soon as it may go.";
    type Facts = Subject;
    type Change = State;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Subject, Stop> {
        Ok(Subject::stored(tx, env, self.draft).await?.0)
    }

    fn questions(&self, facts: &Subject, env: &Env<'_>) -> Vec<Question> {
        facts.questions(Self::NAME, env)
    }

    fn rule(&self, facts: &Subject, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<State>, Refusal> {
        state::heard(&facts.silent())?;
        let to = state::publish(&facts.draft, self.revision, &facts.stops(), env.at())?;
        Ok(Step::to(to).entry(entry_of(facts).code("accounts", facts.targets.len())).job(send_job(&facts.draft, env.at())))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, to: &State) -> Result<Done, DbError> {
        store::set_state(tx, env.force, self.draft, *to, "", env.at()).await?;
        store::set_sender(tx, env.force, self.draft, env.person()).await?;
        Ok(Done::id(self.draft))
    }
}

//! `conduct.close_breach`: professional standards end a breach case, with its outcome.

use crate::act::{Act, Done, Env, Stop, force_entity, not_found};
use crate::conduct::store::{self, Breach, Closed};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::conduct::{self, Outcome};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseBreach {
    pub breach: Uuid,
    pub outcome: Outcome,
    /// Why, and what was done.
    pub note: String,
}

impl Act for CloseBreach {
    const NAME: &'static str = "conduct.close_breach";
    const SAYS: &'static str = "Close a breach case with its outcome.";
    type Facts = Breach;
    type Change = Closed;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Breach, Stop> {
        // Whoever may not see cases is not told that there is one (I2).
        let seen = env.scope.has_role("professional-standards");
        Ok(store::breach(tx, env.force, self.breach).await?.filter(|_| seen).ok_or_else(|| not_found("case"))?)
    }

    fn questions(&self, _facts: &Breach, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.breach, force_entity(env.force, env.pack, env.app.live))]
    }

    fn rule(&self, facts: &Breach, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Closed>, Refusal> {
        let by = env.person().ok_or_else(|| Refusal::new("no-person", "a case is closed by a person"))?;
        conduct::closes(facts.closed.is_some(), facts.about == Some(by) || facts.reported_by == by)?;
        let closed = Closed { outcome: self.outcome, note: conduct::words("reason", &self.note, 4000)?, by, at: env.at() };
        let entry = Entry::default().id("breach", self.breach).code("outcome", self.outcome.name()).value("note", &closed.note);
        Ok(Step::to(closed).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, closed: &Closed) -> Result<Done, DbError> {
        store::set_closed(tx, env.force, self.breach, closed).await?;
        Ok(Done::id(self.breach))
    }
}

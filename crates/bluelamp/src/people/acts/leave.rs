//! `people.leave`: a person leaves or is suspended; their sessions and tokens end in the same transaction.

use super::someone;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::people::store::{self, PersonRecord};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Leave {
    pub person: PersonId,
    /// Suspended people may come back; those who left may not.
    #[serde(default)]
    pub suspended: bool,
}

impl Act for Leave {
    const NAME: &'static str = "people.leave";
    const SAYS: &'static str = "End a person's work here, or suspend it; their sessions end at once.";
    type Facts = PersonRecord;
    type Change = &'static str;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<PersonRecord, Stop> {
        someone(tx, env, self.person).await
    }

    fn questions(&self, person: &PersonRecord, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.person, super::super::colleague(person, env))]
    }

    fn rule(&self, person: &PersonRecord, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<&'static str>, Refusal> {
        if person.state == "left" {
            return Err(Refusal::new("already-left", "this person has left already"));
        }
        let state = if self.suspended { "suspended" } else { "left" };
        Ok(Step::to(state).entry(Entry::default().id("person", self.person).code("state", state)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, state: &&'static str) -> Result<Done, DbError> {
        store::set_state(tx, env.force, self.person, state).await?;
        crate::db::principal::end_access(tx, env.force, self.person, env.at()).await?;
        // A suspended person may come back to what they had; whoever left has nothing to come back to.
        if *state == "left" {
            store::take_all(tx, env.force, self.person).await?;
        }
        Ok(Done::id(self.person))
    }
}

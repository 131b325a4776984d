//! `people.accept_invite`: an invited person has proved who they are, or a suspended one comes back.

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
pub struct AcceptInvite {
    pub person: PersonId,
}

impl Act for AcceptInvite {
    const NAME: &'static str = "people.accept_invite";
    const SAYS: &'static str = "Accept an invitation: the person has proved who they are with both factors.";
    type Facts = PersonRecord;
    type Change = ();

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<PersonRecord, Stop> {
        someone(tx, env, self.person).await
    }

    fn questions(&self, person: &PersonRecord, env: &Env<'_>) -> Vec<Question> {
        vec![
            Question::new(Self::NAME, self.person, super::super::colleague(person, env))
                .given("secondFactor", env.second_factor)
                .given("newDevice", false),
        ]
    }

    fn rule(&self, person: &PersonRecord, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<()>, Refusal> {
        if person.state == "left" {
            return Err(Refusal::new("already-left", "this person has left; invite them anew"));
        }
        Ok(Step::to(()).entry(Entry::default().id("person", self.person)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, (): &()) -> Result<Done, DbError> {
        store::set_state(tx, env.force, self.person, "active").await?;
        Ok(Done::id(self.person))
    }
}

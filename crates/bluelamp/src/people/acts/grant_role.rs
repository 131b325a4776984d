//! `people.grant_role`: a person gets a role.

use super::someone;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::people::store::{self, PersonRecord};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::people;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRole {
    pub person: PersonId,
    pub role: String,
}

impl Act for GrantRole {
    const NAME: &'static str = "people.grant_role";
    const SAYS: &'static str = "Give a person a role.";
    type Facts = PersonRecord;
    type Change = ();

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<PersonRecord, Stop> {
        someone(tx, env, self.person).await
    }

    fn questions(&self, person: &PersonRecord, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.person, super::super::colleague(person, env)).given("role", self.role.as_str())]
    }

    fn rule(&self, _person: &PersonRecord, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<()>, Refusal> {
        if !people::is_role(&self.role) {
            return Err(Refusal::new("no-such-role", format!("there is no role `{}`", self.role)));
        }
        Ok(Step::to(()).entry(Entry::default().id("person", self.person).code("role", &self.role)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, (): &()) -> Result<Done, DbError> {
        store::grant_role(tx, env.force, self.person, &self.role, env.at()).await?;
        Ok(Done::id(self.person))
    }
}

//! `people.change_person`: a person's name, grade, job or areas change.

use super::someone;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::people::store::{self, PersonRecord};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::people::{self, Kind};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePerson {
    pub person: PersonId,
    pub name: String,
    pub email: String,
    pub kind: Kind,
    pub level: i64,
    #[serde(default)]
    pub job_title: String,
    #[serde(default)]
    pub areas: Vec<String>,
}

pub struct Facts {
    person: PersonRecord,
    taken: bool,
}

impl Act for ChangePerson {
    const NAME: &'static str = "people.change_person";
    const SAYS: &'static str = "Change a person's name, grade, job or areas.";
    type Facts = Facts;
    type Change = PersonRecord;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let person = someone(tx, env, self.person).await?;
        let other = store::person_by_email(tx, env.force, &self.email.trim().to_lowercase()).await?;
        Ok(Facts { person, taken: other.is_some_and(|o| o != self.person) })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.person, super::super::colleague(&facts.person, env))]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<PersonRecord>, Refusal> {
        let (name, email) = people::identity(&self.name, &self.email)?;
        if facts.taken {
            return Err(Refusal::new("email-taken", "someone else here has this e-mail address"));
        }
        if !(0..=9).contains(&self.level) {
            return Err(Refusal::new("level", "the level is a number from 0 to 9"));
        }
        let mut person = facts.person.clone();
        (person.name, person.email, person.level) = (name.clone(), email.clone(), self.level);
        (person.kind, person.areas) = (self.kind.name().into(), self.areas.clone());
        person.job_title = self.job_title.trim().chars().take(120).collect();
        let entry = Entry::default().id("person", self.person).code("kind", self.kind.name()).code("level", self.level);
        Ok(Step::to(person).entry(entry.value("name", name).value("email", email)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, person: &PersonRecord) -> Result<Done, DbError> {
        store::update_person(tx, env.force, person).await?;
        Ok(Done::id(person.id))
    }
}

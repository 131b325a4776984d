//! `people.invite`: someone is to work here; they get a one-time link (the security area sends it).

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
pub struct Invite {
    pub name: String,
    pub email: String,
    pub kind: Kind,
    /// Grade on the force's one scale: 0 staff to 9 chief constable; 4 is a chief inspector and their equals.
    pub level: i64,
    #[serde(default)]
    pub job_title: String,
    #[serde(default)]
    pub areas: Vec<String>,
    #[serde(default)]
    pub roles: Vec<String>,
}

pub struct Facts {
    taken: bool,
}

impl Act for Invite {
    const NAME: &'static str = "people.invite";
    const SAYS: &'static str = "Invite someone to work here, with the roles they will have.";
    type Facts = Facts;
    type Change = PersonRecord;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let taken = store::person_by_email(tx, env.force, &self.email.trim().to_lowercase()).await?.is_some();
        Ok(Facts { taken })
    }

    fn questions(&self, _facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        let one = |role: Option<&String>| {
            Question::new(Self::NAME, env.force, super::super::newcomer(self.kind.name(), self.level, env))
                .given_some("role", role.map(String::as_str))
        };
        if self.roles.is_empty() { vec![one(None)] } else { self.roles.iter().map(|r| one(Some(r))).collect() }
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<PersonRecord>, Refusal> {
        let (name, email) = people::identity(&self.name, &self.email)?;
        if facts.taken {
            return Err(Refusal::new("email-taken", "someone with this e-mail address already works here"));
        }
        if let Some(bad) = self.roles.iter().find(|r| !people::is_role(r)) {
            return Err(Refusal::new("no-such-role", format!("there is no role `{bad}`")));
        }
        if !(0..=9).contains(&self.level) {
            return Err(Refusal::new("level", "the level is a number from 0 to 9"));
        }
        let id: PersonId = env.moment.id();
        let entry =
            Entry::default().id("person", id).code("kind", self.kind.name()).code("level", self.level).code("roles", self.roles.join("."));
        let record = PersonRecord {
            id,
            name: name.clone(),
            email: email.clone(),
            kind: self.kind.name().into(),
            level: self.level,
            job_title: self.job_title.trim().chars().take(120).collect(),
            areas: self.areas.clone(),
            trained_on: None,
            state: "invited".into(),
            roles: self.roles.clone(),
        };
        Ok(Step::to(record).entry(entry.value("name", name).value("email", email)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, person: &PersonRecord) -> Result<Done, DbError> {
        store::insert_person(tx, env.force, person, env.at()).await?;
        for role in &person.roles {
            store::grant_role(tx, env.force, person.id, role, env.at()).await?;
        }
        Ok(Done::id(person.id))
    }
}

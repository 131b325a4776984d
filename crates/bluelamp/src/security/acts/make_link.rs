//! `security.make_link`: a one-time link by which somebody comes in for the first time, or comes back.

use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::people::store::PersonRecord;
use crate::security::store;
use bluelamp_domain::act::{Entry, Job, Permit, Refusal, Step};
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::question::Question;
use bluelamp_domain::time::DAY;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeLink {
    pub person: PersonId,
    /// SHA-256 of the link's secret, in hexadecimal.
    pub secret: String,
    /// The link's secret sealed for the mail that carries it, in hexadecimal; absent where the link is handed over.
    #[serde(default)]
    pub sealed: Option<String>,
}

impl Act for MakeLink {
    const NAME: &'static str = "security.make_link";
    const SAYS: &'static str = "Give a person the one-time link by which they come in; it works once, for a day.";
    type Facts = PersonRecord;
    type Change = Vec<u8>;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<PersonRecord, Stop> {
        Ok(crate::people::store::person(tx, env.force, self.person).await?.ok_or_else(|| not_found("person"))?)
    }

    fn questions(&self, person: &PersonRecord, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.person, crate::people::colleague(person, env))]
    }

    fn rule(&self, person: &PersonRecord, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Vec<u8>>, Refusal> {
        if !["invited", "active"].contains(&person.state.as_str()) {
            return Err(Refusal::new("no-way-in", "this person has left or is suspended; invite them anew first"));
        }
        let secret = hex::decode(&self.secret)
            .ok()
            .filter(|b| b.len() == 32)
            .ok_or_else(|| Refusal::new("secret", "a link's secret is given by its hash"))?;
        let entry = Entry::default().id("person", self.person).code("by", if self.sealed.is_some() { "mail" } else { "hand" });
        let mut step = Step::to(secret).entry(entry);
        if let Some(sealed) = &self.sealed {
            step = step.job(Job {
                kind: "security.mail_link",
                input: serde_json::json!({ "person": self.person, "sealed": sealed }),
                not_before: env.at(),
                key: format!("link-{}", self.secret),
            });
        }
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, secret: &Vec<u8>) -> Result<Done, DbError> {
        store::insert_link(tx, env.force, self.person, secret, env.at().plus(DAY)).await?;
        Ok(Done::id(self.person))
    }
}

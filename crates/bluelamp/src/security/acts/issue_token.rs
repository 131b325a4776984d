//! `security.issue_token`: a person gives a program a token that acts for them, for chosen acts and accounts, for a time.

use super::{factor_at, proved};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::security::store::{self, Token};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::{AccountId, PersonId};
use bluelamp_domain::question::{Entity, Question, Ref, Value};
use bluelamp_domain::security::token;
use bluelamp_domain::time::{DAY, Instant};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueToken {
    pub person: PersonId,
    pub name: String,
    pub acts: Vec<String>,
    /// Only these; absent is every account that the person has.
    pub accounts: Option<Vec<AccountId>>,
    pub days: i64,
    /// SHA-256 of the token, in hexadecimal. The token itself was shown once and is nowhere.
    pub secret: String,
}

pub struct Facts {
    factor_at: Option<Instant>,
}

impl Act for IssueToken {
    const NAME: &'static str = "security.issue_token";
    const SAYS: &'static str = "Give a program a token for chosen acts and accounts, for a time.";
    type Facts = Facts;
    type Change = Token;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        Ok(Facts { factor_at: factor_at(tx, env).await? })
    }

    fn questions(&self, _facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        let token = Entity::new("Token", "new")
            .with("force", Ref::new("Force", env.force))
            .with("own", env.person() == Some(self.person))
            .with("acts", Value::texts(&self.acts));
        vec![Question::new(Self::NAME, self.person, token)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Token>, Refusal> {
        proved(facts.factor_at, env)?;
        let name = token::check(&self.name, &self.acts, self.days, &crate::http::openapi::is_for_programs)?;
        if self.accounts.as_ref().is_some_and(|a| a.iter().any(|id| !env.scope.sees(*id))) {
            return Err(crate::act::not_found("account"));
        }
        if hex::decode(&self.secret).map_or(true, |b| b.len() != 32) {
            return Err(Refusal::new("secret", "a token's secret is given by its hash"));
        }
        let token = Token {
            id: env.moment.id(),
            person: self.person,
            name: name.clone(),
            acts: self.acts.clone(),
            accounts: self.accounts.clone(),
            created_at: env.at(),
            ends_at: env.at().plus(self.days * DAY),
            revoked_at: None,
        };
        let entry = Entry::default()
            .id("token", token.id)
            .id("person", self.person)
            .code("days", self.days)
            .code("acts", self.acts.len())
            .value("name", name)
            .value("scope", self.acts.join(" "));
        Ok(Step::to(token).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, token: &Token) -> Result<Done, DbError> {
        store::insert_token(tx, env.force, token, &hex::decode(&self.secret).unwrap_or_default()).await?;
        Ok(Done::id(token.id))
    }
}

//! `security.remove_credential`: a person removes a way to sign in, never the last that makes two factors (APP-SEC-9).

use super::{Holder, holder, proved};
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::security::store;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::{CredentialId, PersonId};
use bluelamp_domain::question::Question;
use bluelamp_domain::security::credential::{self, Kind};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveCredential {
    pub person: PersonId,
    pub credential: CredentialId,
}

impl RemoveCredential {
    fn rest(&self, facts: &Holder) -> Vec<Kind> {
        facts.credentials.iter().filter(|c| c.id != self.credential).map(|c| c.kind).collect()
    }
}

impl Act for RemoveCredential {
    const NAME: &'static str = "security.remove_credential";
    const SAYS: &'static str = "Remove a way to sign in of one's own; the last that makes two factors stays.";
    type Facts = Holder;
    type Change = ();

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Holder, Stop> {
        let facts = holder(tx, env, self.person).await?;
        if !facts.credentials.iter().any(|c| c.id == self.credential) {
            return Err(not_found("way to sign in").into());
        }
        Ok(facts)
    }

    fn questions(&self, facts: &Holder, env: &Env<'_>) -> Vec<Question> {
        vec![
            Question::new(Self::NAME, self.person, crate::people::colleague(&facts.person, env))
                .given("secondFactor", env.second_factor)
                .given("newDevice", false),
        ]
    }

    fn rule(&self, facts: &Holder, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<()>, Refusal> {
        proved(facts.factor_at, env)?;
        credential::may_remove(&self.rest(facts))?;
        let kind = facts.credentials.iter().find(|c| c.id == self.credential).map_or("gone", |c| c.kind.name());
        Ok(Step::to(()).entry(Entry::default().id("person", self.person).id("credential", self.credential).code("kind", kind)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, (): &()) -> Result<Done, DbError> {
        store::delete_credential(tx, env.force, self.credential).await?;
        Ok(Done::id(self.credential))
    }
}

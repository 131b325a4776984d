//! `security.make_recovery_codes`: ten new codes for the day the phone is lost; the old ones stop working.

use super::{Holder, holder, proved};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::security::store;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::question::Question;
use bluelamp_domain::security::recovery;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeRecoveryCodes {
    pub person: PersonId,
    /// Argon2id hashes of the codes, by place. The codes themselves were shown once and are nowhere.
    pub hashes: Vec<String>,
}

impl Act for MakeRecoveryCodes {
    const NAME: &'static str = "security.make_recovery_codes";
    const SAYS: &'static str = "Make ten new recovery codes of one's own; the old ones stop working.";
    type Facts = Holder;
    type Change = ();

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Holder, Stop> {
        holder(tx, env, self.person).await
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
        if self.hashes.len() != recovery::COUNT || self.hashes.iter().any(|h| !h.starts_with("$argon2id$")) {
            return Err(Refusal::new("codes", format!("there are {} recovery codes, each by its hash", recovery::COUNT)));
        }
        Ok(Step::to(()).entry(Entry::default().id("person", self.person).code("codes", recovery::COUNT)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, (): &()) -> Result<Done, DbError> {
        store::replace_recovery_codes(tx, env.force, self.person, &self.hashes, env.at()).await?;
        Ok(Done::id(self.person))
    }
}

//! `accounts.withdraw_authorisation`: a person may no longer act on an account, from the next request on.

use super::seen;
use crate::accounts::entity;
use crate::accounts::store::AccountRow;
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::people::store::{self, PersonRecord};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::{AccountId, PersonId};
use bluelamp_domain::question::{Question, Ref};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawAuthorisation {
    pub person: PersonId,
    pub account: AccountId,
}

pub struct Facts {
    person: PersonRecord,
    account: AccountRow,
}

impl Act for WithdrawAuthorisation {
    const NAME: &'static str = "accounts.withdraw_authorisation";
    const SAYS: &'static str = "Withdraw a person’s authorisation for an account.";
    type Facts = Facts;
    type Change = ();

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let person = store::person(tx, env.force, self.person).await?.ok_or_else(|| not_found("person"))?;
        Ok(Facts { person, account: seen(tx, env, self.account).await? })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        let colleague = crate::people::colleague(&facts.person, env);
        vec![
            Question::new(Self::NAME, self.account, entity(env.force, &facts.account))
                .given("person", Ref::new("Colleague", self.person))
                .also(colleague),
        ]
    }

    fn rule(&self, _facts: &Facts, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<()>, Refusal> {
        Ok(Step::to(()).entry(Entry::default().id("person", self.person).id("account", self.account)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, (): &()) -> Result<Done, DbError> {
        store::withdraw(tx, env.force, self.person, self.account).await?;
        Ok(Done::id(self.person))
    }
}

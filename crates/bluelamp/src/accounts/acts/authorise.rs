//! `accounts.authorise`: a person may act on an account, once trained (APP-ROLE-9, LEICS-TRAIN-1).

use super::Pair;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::ids::{AccountId, PersonId};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Authorise {
    pub person: PersonId,
    pub account: AccountId,
}

impl Act for Authorise {
    const NAME: &'static str = "accounts.authorise";
    const SAYS: &'static str = "Authorise a person for an account (APP-ROLE-9, LEICS-TRAIN-1).";
    type Facts = Pair;
    type Change = ();

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Pair, Stop> {
        Pair::of(tx, env, self.person, self.account).await
    }

    fn questions(&self, pair: &Pair, env: &Env<'_>) -> Vec<Question> {
        vec![pair.question(Self::NAME, env)]
    }

    fn rule(&self, pair: &Pair, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<()>, Refusal> {
        Ok(Step::to(()).entry(pair.entry()))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, (): &()) -> Result<Done, DbError> {
        crate::people::store::authorise(tx, env.force, self.person, self.account, env.person(), env.at()).await?;
        Ok(Done::id(self.person))
    }
}

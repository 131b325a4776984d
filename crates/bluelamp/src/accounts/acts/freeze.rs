//! `accounts.freeze`: all use of an account stops at once.

use super::{about, seen, typed};
use crate::accounts::store::{self, AccountRow};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use bluelamp_domain::accounts as rules;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    pub account: AccountId,
    /// Why; kept with the entry.
    #[serde(default)]
    pub reason: String,
}

impl Act for Freeze {
    const NAME: &'static str = "accounts.freeze";
    const SAYS: &'static str = "Stop all use of an account at once.";
    type Facts = AccountRow;
    type Change = AccountRow;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<AccountRow, Stop> {
        seen(tx, env, self.account).await
    }

    fn questions(&self, facts: &AccountRow, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, facts, env)]
    }

    fn rule(&self, facts: &AccountRow, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<AccountRow>, Refusal> {
        let reason = typed("reason", &self.reason, 1, 1000)?;
        let mut a = facts.clone();
        if a.state != rules::AccountState::Frozen {
            a.state_before = Some(a.state);
        }
        a.state = rules::freeze(a.state)?;
        let entry = Entry::default().id("account", a.id).code("state", a.state.name()).value("reason", reason);
        Ok(Step::to(a).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, row: &AccountRow) -> Result<Done, DbError> {
        store::update_account(tx, env.force, row, env.at()).await?;
        Ok(Done::id(row.id))
    }
}

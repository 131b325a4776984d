//! `accounts.disconnect`: the credentials are destroyed; nothing is read or sent any more.

use super::{about, seen, typed};
use crate::accounts::store::{self, AccountRow};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Disconnect {
    pub account: AccountId,
    /// Why; kept with the entry.
    #[serde(default)]
    pub reason: String,
}

impl Act for Disconnect {
    const NAME: &'static str = "accounts.disconnect";
    const SAYS: &'static str = "Destroy an account's credentials; nothing is read or sent any more.";
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
        let entry = Entry::default().id("account", facts.id).value("reason", reason);
        Ok(Step::to(facts.clone()).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, row: &AccountRow) -> Result<Done, DbError> {
        store::delete_connection(tx, env.force, row.id).await?;
        store::set_connected(tx, env.force, row.id, false, &row.remote_account, env.at()).await?;
        Ok(Done::id(row.id))
    }
}

//! `accounts.set_monitoring`: who watches an account and when (APP-ROLE-2).

use super::{about, seen, typed};
use crate::accounts::store::{self, AccountRow};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use bluelamp_domain::accounts::Monitor;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetMonitoring {
    pub account: AccountId,
    pub monitored_by: Vec<Monitor>,
    /// In words for the public: "Watched day and night".
    #[serde(default)]
    pub hours: String,
}

impl Act for SetMonitoring {
    const NAME: &'static str = "accounts.set_monitoring";
    const SAYS: &'static str = "Say who watches an account, and when.";
    type Facts = AccountRow;
    type Change = AccountRow;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<AccountRow, Stop> {
        seen(tx, env, self.account).await
    }

    fn questions(&self, facts: &AccountRow, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, facts, env)]
    }

    fn rule(&self, facts: &AccountRow, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<AccountRow>, Refusal> {
        let mut a = facts.clone();
        a.monitored_by = self.monitored_by.clone();
        a.monitored_by.sort_unstable();
        a.monitored_by.dedup();
        a.hours = typed("hours", &self.hours, 0, 300)?;
        let who = a.monitored_by.iter().map(|m| m.name()).collect::<Vec<_>>().join(" ");
        let entry = Entry::default().id("account", a.id).code("monitored_by", who).value("hours", &a.hours);
        Ok(Step::to(a).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, row: &AccountRow) -> Result<Done, DbError> {
        store::update_account(tx, env.force, row, env.at()).await?;
        Ok(Done::id(row.id))
    }
}

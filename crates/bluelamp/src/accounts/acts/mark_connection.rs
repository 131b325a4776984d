//! `accounts.mark_connection`: whether an account's connection stands, as the platform showed it.

use super::connect::check;
use super::{about, seen};
use crate::accounts::store::{self, AccountRow, ConnectionRow};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

/// How a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    Working,
    /// The platform, or the way to it, is out of order.
    Failing,
    /// The credential no longer works: somebody has to connect the account again.
    NeedsPerson,
}

impl Standing {
    pub fn name(self) -> &'static str {
        match self {
            Standing::Working => "working",
            Standing::Failing => "failing",
            Standing::NeedsPerson => "needs-person",
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkConnection {
    pub account: AccountId,
    pub standing: Standing,
    /// What the platform said; kept with the entry.
    #[serde(default)]
    pub why: String,
    /// The handle as the platform has it now, where it was asked.
    #[serde(default)]
    pub handle: Option<String>,
}

pub struct Facts {
    account: AccountRow,
    row: ConnectionRow,
}

impl Act for MarkConnection {
    const NAME: &'static str = "accounts.mark_connection";
    const SAYS: &'static str = "Note whether an account's connection stands.";
    type Facts = Facts;
    type Change = ConnectionRow;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let account = seen(tx, env, self.account).await?;
        let row = store::connection(tx, env.force, self.account)
            .await?
            .ok_or_else(|| Refusal::new("not-connected", "the account is no longer connected"))?;
        Ok(Facts { account, row })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, &facts.account, env)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<ConnectionRow>, Refusal> {
        let mut row = facts.row.clone();
        let was = std::mem::replace(&mut row.state, self.standing.name().to_owned());
        if was != row.state {
            row.state_since = env.at();
        }
        row.why = self.why.chars().filter(|c| !c.is_control()).take(300).collect();
        row.checked_at = env.at();
        let rings = self.standing == Standing::NeedsPerson && was != row.state;
        let mut entry = Entry::default().id("account", row.account).code("standing", &row.state).code("was", was);
        if !row.why.is_empty() {
            entry = entry.value("why", &row.why);
        }
        if let Some(handle) = self.handle.as_ref().filter(|h| **h != row.handle) {
            row.handle = handle.chars().filter(|c| !c.is_control()).take(300).collect();
            entry = entry.value("handle", &row.handle);
        }
        let next = self.handle.is_some().then(|| check(&row, env.at()));
        let mut step = Step::to(row).entry(entry);
        if let Some(job) = next {
            step = step.job(job);
        }
        // A credential that no longer works is a silence that no waiting ends: it rings at once, not after the pack's
        // minutes of silence (APP-ROLE-3).
        if rings && let Some(alarm) = crate::wiring::after("accounts.needs_person") {
            step = step.then(alarm, serde_json::json!({ "account": self.account, "kind": "gap" }));
        }
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, row: &ConnectionRow) -> Result<Done, DbError> {
        store::put_connection(tx, env.force, row).await?;
        Ok(Done::id(self.account))
    }
}

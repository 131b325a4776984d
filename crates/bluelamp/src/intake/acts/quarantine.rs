//! `intake.quarantine`: a body that could not be read, triaged or decided is put where people see it. Never lost.

use super::{about, account};
use crate::accounts::store::AccountRow;
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::intake::store::{self, QuarantineRow, RawRow};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::{AccountId, RawId};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quarantine {
    pub account: AccountId,
    pub raw: RawId,
    /// `unreadable`, `untriageable`, `undecided`, `edit-of-unknown`.
    pub code: String,
    pub why: String,
}

pub struct Facts {
    account: AccountRow,
    raw: RawRow,
}

impl Act for Quarantine {
    const NAME: &'static str = "intake.quarantine";
    const SAYS: &'static str = "Put a body that cannot be dealt with where people see it.";
    type Facts = Facts;
    type Change = QuarantineRow;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let account = account(tx, env, self.account).await?;
        let raw = store::raw(tx, env.force, self.raw).await?.filter(|r| r.account == self.account).ok_or_else(|| not_found("body"))?;
        Ok(Facts { account, raw })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, &facts.account, env)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<QuarantineRow>, Refusal> {
        let row = QuarantineRow {
            id: env.moment.id(),
            raw: self.raw,
            account: self.account,
            code: self.code.chars().take(40).collect(),
            why: self.why.chars().filter(|c| !c.is_control()).take(500).collect(),
            at: env.at(),
            state: "waiting".into(),
        };
        tracing::error!(account = %self.account, raw = %self.raw, code = row.code, "a body went to quarantine");
        metrics::counter!("intake_quarantined", "code" => row.code.clone()).increment(1);
        let entry = Entry::default()
            .id("quarantine", row.id)
            .id("account", self.account)
            .id("raw", self.raw)
            .code("code", &row.code)
            .value("why", &row.why)
            .value("raw_digest", &facts.raw.digest);
        let mut step = Step::to(row).entry(entry);
        if let Some(alarm) = crate::wiring::after("intake.quarantined") {
            step = step.then(alarm, serde_json::json!({ "account": self.account, "kind": "quarantine" }));
        }
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, row: &QuarantineRow) -> Result<Done, DbError> {
        store::insert_quarantine(tx, env.force, row).await?;
        store::done(tx, env.force, &[row.raw]).await?;
        Ok(Done::id(row.id))
    }
}

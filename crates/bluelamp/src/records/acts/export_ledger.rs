//! `records.export_ledger`: someone takes a copy of the ledger away. The copy itself is written after the commit.

use super::about_records;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::records::store;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportLedger {
    /// What it is for: an audit, a disclosure, a request. Kept with the record of the export.
    pub reason: String,
}

impl Act for ExportLedger {
    const NAME: &'static str = "records.export_ledger";
    const SAYS: &'static str = "Record that a copy of the ledger is taken, and for what.";
    type Facts = i64;
    type Change = ();

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<i64, Stop> {
        Ok(store::last_index(tx, env.force).await? + 1)
    }

    fn questions(&self, _size: &i64, env: &Env<'_>) -> Vec<Question> {
        vec![about_records(Self::NAME, env.force, env)]
    }

    fn rule(&self, size: &i64, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<()>, Refusal> {
        let reason = bluelamp_domain::records::reason(&self.reason)?;
        Ok(Step::to(()).entry(Entry::default().id("force", env.force).code("size", size).value("reason", reason)))
    }

    async fn write(&self, _tx: &mut Tx, env: &Env<'_>, (): &()) -> Result<Done, DbError> {
        Ok(Done::id(env.force))
    }
}

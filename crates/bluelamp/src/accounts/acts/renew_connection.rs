//! `accounts.renew_connection`: fresh credentials take the place of those they were made from, and of no newer ones.

use super::connect::renewal;
use super::{about, seen};
use crate::accounts::connection;
use crate::accounts::store::{self, AccountRow, ConnectionRow};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use base64::Engine;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::question::Question;
use bluelamp_domain::time::Instant;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewConnection {
    pub account: AccountId,
    /// The version that was renewed.
    pub version: i64,
    /// The fresh credentials as the vault sealed them for this account.
    pub sealed: String,
}

pub struct Facts {
    account: AccountRow,
    row: ConnectionRow,
    sealed: Vec<u8>,
    opened: Option<bluelamp_platforms::Connection>,
}

impl Act for RenewConnection {
    const NAME: &'static str = "accounts.renew_connection";
    const SAYS: &'static str = "Put renewed credentials in the place of those they were made from.";
    type Facts = Facts;
    type Change = Option<ConnectionRow>;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let account = seen(tx, env, self.account).await?;
        let row = store::connection(tx, env.force, self.account)
            .await?
            .ok_or_else(|| Refusal::new("not-connected", "the account is no longer connected"))?;
        let sealed = base64::engine::general_purpose::STANDARD.decode(&self.sealed).unwrap_or_default();
        let opened = connection::open(env.app, env.force, self.account, &sealed);
        Ok(Facts { account, row, sealed, opened })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, &facts.account, env)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Option<ConnectionRow>>, Refusal> {
        let opened =
            facts.opened.as_ref().ok_or_else(|| Refusal::new("not-sealed-here", "these credentials were not sealed for this account"))?;
        let entry = Entry::default().id("account", facts.account.id).code("version", self.version);
        if facts.row.version != self.version {
            // Somebody connected it anew meanwhile: theirs stand.
            return Ok(Step::to(None).entry(entry.code("kept", "newer")));
        }
        let row = ConnectionRow {
            sealed: facts.sealed.clone(),
            handle: opened.handle.clone(),
            expires_at: opened.expires_at.map(Instant),
            renewed_at: env.at(),
            checked_at: env.at(),
            state_since: if facts.row.state == "working" { facts.row.state_since } else { env.at() },
            state: "working".into(),
            why: String::new(),
            version: facts.row.version + 1,
            ..facts.row.clone()
        };
        let job = renewal(&row, env.at());
        let mut step = Step::to(Some(row)).entry(entry);
        if let Some(job) = job {
            step = step.job(job);
        }
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Option<ConnectionRow>) -> Result<Done, DbError> {
        if let Some(row) = change {
            store::put_connection(tx, env.force, row).await?;
        }
        Ok(Done::id(self.account))
    }
}

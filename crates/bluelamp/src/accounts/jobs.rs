//! Jobs of the register: credentials are renewed before they end.

use super::acts::mark_connection::{MarkConnection, Standing};
use super::acts::renew_connection::RenewConnection;
use super::connection::{self, NoLine};
use crate::act::{Ctx, Fault};
use crate::db::doors::Claimed;
use crate::jobs::Ran;
use base64::Engine;
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::time::{Instant, MINUTE};
use bluelamp_platforms::Outcome;
use futures_util::future::BoxFuture;

/// `accounts.renew`: a fresh credential from the old one, under the job's lease, so that no two renew at once.
pub fn renew(ctx: Ctx, job: Claimed) -> BoxFuture<'static, Result<Ran, Fault>> {
    Box::pin(async move {
        let account = job.input["account"].as_str().and_then(|s| s.parse::<AccountId>().ok());
        let (Some(account), Some(version)) = (account, job.input["version"].as_i64()) else {
            return Ok(Ran::GiveUp { why: "the job names no account".into() });
        };
        match renew_now(&ctx, account, Some(version)).await? {
            Renewed::Fresh | Renewed::NotNeeded => Ok(Ran::Done),
            Renewed::NeedsPerson => Ok(Ran::Done),
            Renewed::Later { at, why } => Ok(Ran::Later { at, why }),
        }
    })
}

/// What came of a renewal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewed {
    Fresh,
    /// Another renewal or connection came first.
    NotNeeded,
    /// The platform no longer takes the credential; the account is marked so.
    NeedsPerson,
    Later {
        at: Instant,
        why: String,
    },
}

/// Renews the credential of that version; of any version where none is named.
pub async fn renew_now(ctx: &Ctx, account: AccountId, version: Option<i64>) -> Result<Renewed, Fault> {
    let line = match connection::line_of(ctx, account).await {
        Ok(line) => line,
        Err(NoLine::Fault(f)) => return Err(f),
        Err(_) => return Ok(Renewed::NotNeeded),
    };
    if version.is_some_and(|v| v != line.row.version) {
        return Ok(Renewed::NotNeeded);
    }
    let now = ctx.now();
    match line.connector.renew(&*line.net, &line.connection, now.0).await {
        Outcome::Done(fresh) => {
            let sealed = connection::seal(&ctx.app, ctx.force, account, &fresh)?;
            let sealed = base64::engine::general_purpose::STANDARD.encode(sealed);
            ctx.act(RenewConnection { account, version: line.row.version, sealed }).await?;
            Ok(Renewed::Fresh)
        }
        Outcome::Unauthorised { why } | Outcome::Rejected { why } => {
            ctx.act(MarkConnection { account, standing: Standing::NeedsPerson, why, handle: None }).await?;
            Ok(Renewed::NeedsPerson)
        }
        Outcome::Limited { until } => Ok(Renewed::Later { at: Instant(until), why: "the platform asks to wait".into() }),
        Outcome::Unknown { why } | Outcome::Broken { why } => Ok(Renewed::Later { at: now.plus(MINUTE), why }),
    }
}

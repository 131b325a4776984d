//! Jobs of the register: credentials are renewed before they end, and looked at while nothing is said.

use super::acts::mark_connection::{MarkConnection, Standing};
use super::acts::renew_connection::RenewConnection;
use super::connection::{self, Line, NoLine};
use crate::act::{Ctx, Fault};
use crate::db::doors::Claimed;
use crate::jobs::Ran;
use base64::Engine;
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::time::{Instant, MINUTE};
use bluelamp_platforms::Outcome;
use futures_util::future::BoxFuture;

fn account_of(job: &Claimed) -> Option<AccountId> {
    job.input["account"].as_str().and_then(|s| s.parse().ok())
}

/// `accounts.renew`: a fresh credential from the old one, under the job's lease, so that no two renew at once.
pub fn renew(ctx: Ctx, job: Claimed) -> BoxFuture<'static, Result<Ran, Fault>> {
    Box::pin(async move {
        let (Some(account), Some(version)) = (account_of(&job), job.input["version"].as_i64()) else {
            return Ok(Ran::GiveUp { why: "the job names no account".into() });
        };
        match renew_now(&ctx, account, Some(version)).await? {
            Renewed::Fresh | Renewed::NotNeeded | Renewed::NeedsPerson => Ok(Ran::Done),
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
        // This platform's credentials do not end, so there was nothing to renew: whether it still works is asked.
        Outcome::Done(fresh) if fresh == line.connection && fresh.expires_at.is_none() => still_works(ctx, &line).await,
        Outcome::Done(fresh) => {
            let sealed = connection::seal(&ctx.app, ctx.force, account, &fresh)?;
            let sealed = base64::engine::general_purpose::STANDARD.encode(sealed);
            ctx.act(RenewConnection { account, version: line.row.version, sealed }).await?;
            Ok(Renewed::Fresh)
        }
        Outcome::Unauthorised { why } | Outcome::Rejected { why } => {
            needs_person(ctx, &line, why).await?;
            Ok(Renewed::NeedsPerson)
        }
        Outcome::Limited { until } => Ok(Renewed::Later { at: Instant(until), why: "the platform asks to wait".into() }),
        Outcome::Unknown { why } | Outcome::Broken { why } => Ok(Renewed::Later { at: now.plus(MINUTE), why }),
    }
}

/// Marks the connection, once: an account that is tried again and again in vain fills no ledger.
async fn needs_person(ctx: &Ctx, line: &Line, why: String) -> Result<(), Fault> {
    if line.row.state != Standing::NeedsPerson.name() {
        let standing = Standing::NeedsPerson;
        ctx.act(MarkConnection { account: line.account.id, standing, why, handle: None }).await?;
    }
    Ok(())
}

async fn still_works(ctx: &Ctx, line: &Line) -> Result<Renewed, Fault> {
    match line.connector.check(&*line.net, &line.connection).await {
        Outcome::Done(_) => Ok(Renewed::NotNeeded),
        Outcome::Unauthorised { why } | Outcome::Rejected { why } => {
            needs_person(ctx, line, why).await?;
            Ok(Renewed::NeedsPerson)
        }
        Outcome::Limited { until } => Ok(Renewed::Later { at: Instant(until), why: "the platform asks to wait".into() }),
        Outcome::Unknown { why } | Outcome::Broken { why } => Ok(Renewed::Later { at: ctx.now().plus(MINUTE), why }),
    }
}

/// A call was refused for its credential: a fresh one is tried once, at once. Answers when to try the call again, or
/// nothing where a person has to connect the account anew, which is marked and rings by then.
pub async fn again_after(ctx: &Ctx, line: &Line) -> Result<Option<Instant>, Fault> {
    Ok(match renew_now(ctx, line.account.id, Some(line.row.version)).await? {
        Renewed::Fresh | Renewed::NotNeeded => Some(ctx.now()),
        Renewed::Later { at, .. } => Some(at),
        Renewed::NeedsPerson => None,
    })
}

/// `accounts.check`: does the credential still work, and is the account still called what it was? Each look that got an
/// answer is on record, so that the register can say when it was last known to work (APP-POL-8).
pub fn check(ctx: Ctx, job: Claimed) -> BoxFuture<'static, Result<Ran, Fault>> {
    Box::pin(async move {
        let (Some(account), Some(since)) = (account_of(&job), job.input["connected_at"].as_i64()) else {
            return Ok(Ran::GiveUp { why: "the job names no account".into() });
        };
        let line = match connection::line_of(&ctx, account).await {
            Ok(line) => line,
            Err(NoLine::Fault(f)) => return Err(f),
            Err(_) => return Ok(Ran::Done),
        };
        if line.row.connected_at.0 != since {
            return Ok(Ran::Done);
        }
        match line.connector.check(&*line.net, &line.connection).await {
            Outcome::Done(handle) => {
                let standing = Standing::Working;
                ctx.act(MarkConnection { account, standing, why: String::new(), handle: Some(handle) }).await?;
                Ok(Ran::Done)
            }
            // Looked at again with the fresh credential; where there is none, the next connecting begins a new chain.
            Outcome::Unauthorised { .. } => Ok(match again_after(&ctx, &line).await? {
                Some(at) => Ran::Later { at: at.max(ctx.now().plus(MINUTE)), why: "the credential was renewed".into() },
                None => Ran::Done,
            }),
            Outcome::Limited { until } => Ok(Ran::Later { at: Instant(until), why: "the platform asks to wait".into() }),
            Outcome::Rejected { why } | Outcome::Unknown { why } | Outcome::Broken { why } => {
                Ok(Ran::Later { at: ctx.now().plus(15 * MINUTE), why })
            }
        }
    })
}

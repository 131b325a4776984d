//! One poll of one account: pages until there are no more, each kept before the next is asked for.

use super::{EVERY, gap, hold};
use crate::accounts::acts::mark_connection::{MarkConnection, Standing};
use crate::accounts::connection::{self, Line, NoLine};
use crate::accounts::jobs::{Renewed, renew_now};
use crate::act::{Ctx, Fault};
use crate::db::Isolation;
use crate::intake::keep::{self, Source};
use crate::intake::process;
use crate::intake::store::{self, CursorRow};
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::time::{DAY, HOUR, Instant, MINUTE};
use bluelamp_platforms::{Known, Outcome, Page, Raw};

/// Pages of one poll; the next round goes on where this one stopped.
const PAGES: usize = 20;
/// Failures in a row after which the account is said to fail.
const PATIENCE: i64 = 3;
/// How often messages are asked after whose platform tells no edits by itself, and how far back: what is fresh, and
/// likely to be changed, more often.
const REVISIT_FRESH: (i64, i64) = (MINUTE, HOUR);
const REVISIT_ALL: (i64, i64) = (5 * MINUTE, 2 * DAY);

/// What a poll came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Polled {
    /// This many new bodies were kept.
    Kept(usize),
    /// Another node has the account, or it is not connected.
    NotOurs,
    Failed(String),
}

/// Polls an account under its lease, and makes messages of what came.
pub async fn poll(ctx: &Ctx, account: AccountId, holder: &str) -> Result<Polled, Fault> {
    let Some(fence) = hold(ctx, account, holder).await? else { return Ok(Polled::NotOurs) };
    let line = match connection::line_of(ctx, account).await {
        Ok(line) => line,
        Err(NoLine::Fault(f)) => return Err(f),
        Err(NoLine::NotConnected | NoLine::NoAccount) => return Ok(Polled::NotOurs),
        Err(e) => {
            later(ctx, account, fence, &e.to_string(), None).await?;
            return Ok(Polled::Failed(e.to_string()));
        }
    };
    gap::suspect(ctx, account).await?;
    let (mut kept, mut reached, mut resumed) = (0, None::<i64>, false);
    for page in 0..PAGES {
        let Some(at) = standing(ctx, account, fence).await? else { return Ok(Polled::NotOurs) };
        if page == 0 {
            resumed = at.cursor.is_some();
        }
        match line.connector.poll(&*line.net, &line.connection, at.cursor.as_deref()).await {
            Outcome::Done(got) => {
                // Each page of a walk reaches further back than the one before.
                reached = [reached, got.reaches_back_to].into_iter().flatten().min();
                let more = got.more;
                match take(ctx, &line, at, got).await? {
                    Some(n) => kept += n,
                    None => return Ok(Polled::NotOurs),
                }
                if more {
                    continue;
                }
                process::account(ctx, account).await?;
                gap::reached(ctx, &line, reached.map(Instant), resumed).await?;
                well(ctx, &line).await?;
                break;
            }
            Outcome::Unauthorised { why } => return refused(ctx, &line, fence, why).await,
            Outcome::Limited { until } => {
                later(ctx, account, fence, "the platform asks to wait", Some(Instant(until))).await?;
                return Ok(Polled::Failed("limited".into()));
            }
            Outcome::Rejected { why } | Outcome::Unknown { why } | Outcome::Broken { why } => {
                let failures = later(ctx, account, fence, &why, None).await?;
                if failures >= PATIENCE {
                    mark(ctx, &line, Standing::Failing, &why).await?;
                }
                return Ok(Polled::Failed(why));
            }
        }
    }
    kept += revisit(ctx, &line, fence).await?;
    process::account(ctx, account).await?;
    Ok(Polled::Kept(kept))
}

/// The account's cursor, while the lease is ours.
async fn standing(ctx: &Ctx, account: AccountId, fence: i64) -> Result<Option<CursorRow>, Fault> {
    let mut tx = ctx.read().await?;
    Ok(store::cursor(&mut tx, ctx.force, account).await?.filter(|c| c.fence == fence))
}

/// Keeps a page and moves the cursor, together. `None` when the lease was lost.
async fn take(ctx: &Ctx, line: &Line, at: CursorRow, page: Page) -> Result<Option<usize>, Fault> {
    let now = ctx.now();
    let rows = keep::rows_of(&ctx.app, ctx.force, line.account.id, Source::Poll, &page.items, now).await?;
    let next = CursorRow {
        cursor: page.next.or(at.cursor),
        good_at: Some(now),
        tried_at: Some(now),
        next_at: if page.more { now } else { now.plus(EVERY) },
        failures: 0,
        trouble: None,
        ..at
    };
    let mut tx = ctx.app.db.write(ctx.force, Isolation::ReadCommitted).await?;
    if !store::advance(&mut tx, ctx.force, &next).await? {
        return Ok(None);
    }
    let new = keep::keep_in(&mut tx, ctx.force, &rows).await?;
    tx.commit().await?;
    Ok(Some(new))
}

/// Notes a failure and when to try again; answers how many there were in a row.
async fn later(ctx: &Ctx, account: AccountId, fence: i64, why: &str, until: Option<Instant>) -> Result<i64, Fault> {
    let Some(at) = standing(ctx, account, fence).await? else { return Ok(0) };
    let now = ctx.now();
    let failures = at.failures + 1;
    let wait = (EVERY << failures.clamp(0, 5)).min(5 * MINUTE);
    let next = CursorRow {
        tried_at: Some(now),
        next_at: until.unwrap_or(now.plus(wait)),
        failures,
        trouble: Some(why.chars().filter(|c| !c.is_control()).take(300).collect()),
        ..at
    };
    let mut tx = ctx.app.db.write(ctx.force, Isolation::ReadCommitted).await?;
    store::advance(&mut tx, ctx.force, &next).await?;
    tx.commit().await?;
    Ok(failures)
}

/// The credential was refused: a fresh one is tried at once, and then the account needs a person.
async fn refused(ctx: &Ctx, line: &Line, fence: i64, why: String) -> Result<Polled, Fault> {
    let account = line.account.id;
    let retry = match renew_now(ctx, account, Some(line.row.version)).await? {
        Renewed::Fresh | Renewed::NotNeeded => Some(ctx.now()),
        Renewed::Later { at, .. } => Some(at),
        Renewed::NeedsPerson => None,
    };
    // A renewal that changes nothing must not turn into a storm of renewals; a person's part is waited for at leisure.
    let failures = later(ctx, account, fence, &why, retry).await?;
    if failures >= PATIENCE {
        mark(ctx, line, Standing::NeedsPerson, &why).await?;
        later(ctx, account, fence, &why, None).await?;
    }
    Ok(Polled::Failed(why))
}

async fn well(ctx: &Ctx, line: &Line) -> Result<(), Fault> {
    mark(ctx, line, Standing::Working, "").await
}

/// Marks the connection where it changed; an unchanged one makes no entry.
async fn mark(ctx: &Ctx, line: &Line, standing: Standing, why: &str) -> Result<(), Fault> {
    let now = {
        let mut tx = ctx.read().await?;
        crate::accounts::store::connection(&mut tx, ctx.force, line.account.id).await?
    };
    if now.is_some_and(|c| c.state != standing.name()) {
        ctx.act(MarkConnection { account: line.account.id, standing, why: why.to_owned(), handle: None }).await?;
    }
    Ok(())
}

/// Asks what became of recent messages, for platforms that tell no edits or deletions by themselves.
async fn revisit(ctx: &Ctx, line: &Line, fence: i64) -> Result<usize, Fault> {
    let now = ctx.now();
    let account = line.account.id;
    let Some(at) = standing(ctx, account, fence).await? else { return Ok(0) };
    let (every, whole) = REVISIT_ALL;
    // The long look comes with the first poll of every five minutes.
    let back = if at.revisited_at.0.div_euclid(every) != now.0.div_euclid(every) {
        whole
    } else if at.revisited_at.plus(REVISIT_FRESH.0) <= now {
        REVISIT_FRESH.1
    } else {
        return Ok(0);
    };
    let mut known: Vec<Known> = {
        let mut tx = ctx.read().await?;
        let messages = store::to_revisit(&mut tx, ctx.force, account, now.plus(-back), 100).await?;
        messages.into_iter().map(|(remote_id, revision)| Known { remote_id, revision }).collect()
    };
    known.extend(crate::wiring::own_posts(ctx, account, now.plus(-back)).await?);
    let mut raws: Vec<Raw> = Vec::new();
    for some in known.chunks(25) {
        match line.connector.revisit(&*line.net, &line.connection, some).await {
            Outcome::Done(news) => raws.extend(news),
            // It is asked again in a few minutes; the poll itself says what is wrong.
            _ => break,
        }
    }
    let next = CursorRow { revisited_at: now, ..at };
    let mut tx = ctx.app.db.write(ctx.force, Isolation::ReadCommitted).await?;
    store::advance(&mut tx, ctx.force, &next).await?;
    tx.commit().await?;
    if raws.is_empty() { Ok(0) } else { keep::keep(&ctx.app, ctx.force, account, Source::Revisit, &raws, now).await }
}

//! Short looks at an account whose platform neither calls nor streams: is something there? What is, the poll fetches.
//!
//! A look keeps nothing and moves no cursor, so it may be cut off at any point, run beside a poll and cost one question
//! too many; it only decides how soon the next poll is.

use super::{EVERY, Node, poll_soon};
use crate::accounts::connection;
use crate::act::{Ctx, Fault};
use crate::intake::store;
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::time::{Instant, SECOND};
use bluelamp_platforms::{Micros, Outcome};
use std::time::Duration;

/// Looks for as long as the account has a connector that asks for it. `first` is the first pause.
pub async fn look(ctx: &Ctx, account: AccountId, node: &Node, first: Micros) -> Result<(), Fault> {
    let mut pause = first;
    loop {
        tokio::time::sleep(Duration::from_micros(u64::try_from(pause).unwrap_or(1_000_000))).await;
        pause = match once(ctx, account, node).await? {
            Some(pause) => pause,
            None => return Ok(()),
        };
    }
}

/// One look. Answers the pause until the next, or nothing where there is no more to look at.
async fn once(ctx: &Ctx, account: AccountId, node: &Node) -> Result<Option<Micros>, Fault> {
    let Ok(line) = connection::line_of(ctx, account).await else { return Ok(None) };
    let sharing = crate::app::lock(&node.sharing).get(&line.account.platform).copied().unwrap_or(1);
    let Some(pause) = line.connector.glance(&line.connection, sharing) else { return Ok(None) };
    let at = {
        let mut tx = ctx.read().await?;
        store::held_cursor(&mut tx, ctx.force, account, &node.holder, ctx.now()).await?
    };
    // Another node has it, its first poll is still to come, or the platform is being left alone after a failure.
    let Some(at) = at.filter(|at| at.cursor.is_some() && at.failures == 0) else { return Ok(Some(pause)) };
    match line.connector.poll(&*line.net, &line.connection, at.cursor.as_deref()).await {
        Outcome::Done(page) if page.items.is_empty() && !page.more => Ok(Some(pause)),
        Outcome::Done(_) => {
            poll_soon(&ctx.app, ctx.force, account, ctx.now()).await?;
            node.bell.notify_one();
            // The poll takes it up now; what it leaves is seen next time.
            Ok(Some(pause))
        }
        Outcome::Limited { until } => Ok(Some((Instant(until).0 - ctx.now().0).clamp(pause, 3_600 * SECOND))),
        // The poll finds the same, and says so.
        Outcome::Unauthorised { .. } | Outcome::Rejected { .. } | Outcome::Unknown { .. } | Outcome::Broken { .. } => Ok(Some(EVERY)),
    }
}

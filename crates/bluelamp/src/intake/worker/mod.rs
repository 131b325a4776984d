//! The workers that read platforms: a poll every few seconds for each connected account, its stream where there is one,
//! and the statement from when to when its intake is complete.
//!
//! Where a platform neither calls nor streams, it is asked often whether something is there (`glance.rs`); the poll that
//! fetches and keeps it is the same. A node reads an account while it holds the account's lease; every write carries the lease's fence. A stream is a
//! hint only: what it brings is kept at once, and after each connect the gap is polled. The cursor moves in the
//! transaction that keeps what the page held, so nothing between the two can be lost.

mod gap;
mod glance;
mod poll;
mod stream;

pub use poll::{Polled, poll};

use super::{process, store};
use crate::act::{Ctx, Fault};
use crate::app::App;
use crate::db::{Isolation, doors};
use bluelamp_domain::ids::{AccountId, ForceId};
use bluelamp_domain::time::{Instant, SECOND};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// Between two polls of an account that answers.
pub const EVERY: i64 = 15 * SECOND;
/// How long a lease lasts without a sign of life.
const LEASE: i64 = 60 * SECOND;
/// Polls at once on one node.
const AT_ONCE: usize = 16;

/// Reads every account of every force until `stop` fires. What was left over goes first (I5).
pub async fn run(app: App, mut stop: watch::Receiver<bool>) {
    let holder = hex::encode(app.random::<12>());
    let mut tasks = Tasks::default();
    let node = Node { holder, ..Node::default() };
    loop {
        if let Err(e) = process::sweep(&app).await {
            tracing::warn!(error = %e, "what waits could not be looked at; it stays and is tried again");
        }
        if let Err(e) = round(&app, &node, &mut tasks).await {
            tracing::warn!(error = %e, "accounts could not be polled");
        }
        if *stop.borrow() {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            () = node.bell.notified() => {}
            _ = stop.changed() => break,
        }
    }
    // A poll that is cut off kept its pages one by one, each with the cursor after it.
    for task in tasks.streams.values().map(|(_, task)| task).chain(tasks.polls.values()) {
        task.abort();
    }
    give_back(&app, &node.holder).await;
}

/// What the tasks of a node share.
#[derive(Clone, Default)]
struct Node {
    holder: String,
    /// Rung when an account's poll should not wait for the next round.
    bell: Arc<Notify>,
    /// How many connected accounts there are of each platform: they share its budget.
    sharing: Arc<Mutex<BTreeMap<String, usize>>>,
}

/// What runs for each account on this node. A platform that is slow to answer keeps nobody else waiting.
#[derive(Default)]
struct Tasks {
    /// Each with when its account was connected: fresh credentials are listened with at once.
    streams: HashMap<AccountId, (Instant, JoinHandle<()>)>,
    polls: HashMap<AccountId, JoinHandle<()>>,
}

/// Begins the polls that are due, and sees that each account that has a stream is listened to.
async fn round(app: &App, node: &Node, tasks: &mut Tasks) -> Result<(), Fault> {
    let now = app.clock.now();
    let mut due = Vec::new();
    let mut connected = HashMap::new();
    let mut sharing = BTreeMap::new();
    for force in doors::forces(&app.db).await? {
        let ctx = process::ctx(app, force.id, &force.zone);
        let mut tx = ctx.read().await?;
        for account in store::connected(&mut tx, force.id).await? {
            connected.insert(account.account, account.connected_at);
            *sharing.entry(account.platform).or_default() += 1;
            if account.next_at <= now && (account.leased_until <= now || account.holder.as_ref() == Some(&node.holder)) {
                due.push((account.next_at, ctx.clone(), account.account));
            }
        }
    }
    *crate::app::lock(&node.sharing) = sharing;
    tasks.streams.retain(|id, (since, task)| {
        let keep = connected.get(id) == Some(since) && !task.is_finished();
        if !keep {
            task.abort();
        }
        keep
    });
    tasks.polls.retain(|_, task| !task.is_finished());
    // Whoever has waited longest goes first.
    due.sort_by_key(|(next_at, _, account)| (*next_at, *account));
    for (_, ctx, account) in due {
        if tasks.polls.len() >= AT_ONCE {
            break;
        }
        if tasks.polls.contains_key(&account) {
            continue;
        }
        let since = connected[&account];
        tasks.streams.entry(account).or_insert_with(|| (since, tokio::spawn(stream::listen(ctx.clone(), account, node.clone()))));
        let node = node.clone();
        let poll = async move {
            if let Err(e) = poll(&ctx, account, &node.holder).await {
                tracing::warn!(%account, error = %e, "an account could not be polled");
            }
        };
        tasks.polls.insert(account, tokio::spawn(poll));
    }
    Ok(())
}

/// Takes or keeps an account's lease; answers its fence, or nothing while another node has it.
async fn hold(ctx: &Ctx, account: AccountId, holder: &str) -> Result<Option<i64>, Fault> {
    let now = ctx.now();
    let mut tx = ctx.app.db.write(ctx.force, Isolation::ReadCommitted).await?;
    let fence = store::lease(&mut tx, ctx.force, account, holder, now, now.plus(LEASE)).await?;
    tx.commit().await?;
    Ok(fence)
}

async fn give_back(app: &App, holder: &str) {
    let Ok(forces) = doors::forces(&app.db).await else { return };
    for force in forces {
        let Ok(mut tx) = app.db.write(force.id, Isolation::ReadCommitted).await else { continue };
        // A lease that cannot be given back ends by itself.
        if store::release_all(&mut tx, force.id, holder).await.is_ok() {
            let _ = tx.commit().await;
        }
    }
}

/// Asks for an account's poll now, whatever it waits for.
pub async fn poll_soon(app: &App, force: ForceId, account: AccountId, at: Instant) -> Result<(), Fault> {
    let mut tx = app.db.write(force, Isolation::ReadCommitted).await?;
    store::poll_at(&mut tx, force, account, at).await?;
    tx.commit().await?;
    Ok(())
}

//! Kept bodies to messages, at once and in order; on start whatever was left goes first (I5).
//!
//! A batch is one act. When it is refused or cannot be written, its bodies are tried one by one, so that one bad body
//! does not keep the others back; what still cannot be decided goes to quarantine, and if even that is refused it
//! waits, marked and counted, until somebody mends the cause.

use super::acts::quarantine::Quarantine;
use super::acts::receive::Receive;
use super::store;
use crate::act::{Ctx, Fault, Outcome};
use crate::app::App;
use crate::db::{DbError, doors};
use bluelamp_domain::act::Actor;
use bluelamp_domain::ids::{AccountId, ForceId, RawId};
use bluelamp_domain::time::MINUTE;

/// Bodies of one act: enough to share one commit, few enough that the desk does not wait for it.
const BATCH: i64 = 100;

/// Intake's own context in a force.
pub fn ctx(app: &App, force: ForceId, zone: &str) -> Ctx {
    crate::jobs::system(app, force, zone, Actor::Intake)
}

/// Has what waits on an account received soon: at once, or in the run that is about to begin.
pub fn soon(ctx: Ctx, account: AccountId) {
    if !ctx.app.turns.ask(account.0) {
        return;
    }
    tokio::spawn(async move {
        if let Err(e) = self::account(&ctx, account).await {
            tracing::warn!(%account, error = %e, "what was kept could not be received yet; it stays and is tried again");
        }
    });
}

/// Makes something of everything that waits on an account and is due. Answers how many bodies were taken in hand.
/// One run at a time for each account: two would read the same bodies, and one of them for nothing.
pub async fn account(ctx: &Ctx, account: AccountId) -> Result<usize, Fault> {
    let _turn = ctx.app.turns.begin(account.0).await;
    let mut taken = 0;
    loop {
        let raws = waiting(ctx, account).await?;
        let n = raws.len();
        if n == 0 {
            return Ok(taken);
        }
        taken += n;
        if let Some(why) = receive(ctx, account, &raws).await? {
            for raw in &raws {
                let why = if n == 1 { Some(why.clone()) } else { receive(ctx, account, std::slice::from_ref(raw)).await? };
                if let Some(why) = why {
                    set_aside(ctx, account, *raw, why).await?;
                }
            }
        }
        if i64::try_from(n).unwrap_or(BATCH) < BATCH {
            return Ok(taken);
        }
    }
}

async fn waiting(ctx: &Ctx, account: AccountId) -> Result<Vec<RawId>, Fault> {
    let mut tx = ctx.read().await?;
    Ok(store::todo_ids(&mut tx, ctx.force, account, ctx.now(), BATCH).await?)
}

/// Receives these bodies in one act. Answers why not, where policy or a rule refused.
async fn receive(ctx: &Ctx, account: AccountId, raws: &[RawId]) -> Result<Option<String>, Fault> {
    for attempt in 0..4u32 {
        match ctx.act(Receive { account, raws: raws.to_vec() }).await {
            Ok(Outcome::Done(_)) => return Ok(None),
            Ok(Outcome::Held { reasons, .. } | Outcome::Refused { reasons, .. }) => {
                return Ok(Some(reasons.iter().map(|r| r.says.as_str()).collect::<Vec<_>>().join(" ")));
            }
            // Another node received the same at once: start again from what stands now.
            Err(Fault::Db(DbError::Constraint(_)) | Fault::Contended) if attempt < 3 => ctx.app.pause(attempt + 2).await,
            Err(Fault::Db(DbError::Constraint(why))) => return Ok(Some(why)),
            Err(Fault::Broken(why)) => return Ok(Some(why)),
            Err(fault) => return Err(fault),
        }
    }
    Err(Fault::Contended)
}

async fn set_aside(ctx: &Ctx, account: AccountId, raw: RawId, why: String) -> Result<(), Fault> {
    let put = ctx.act(Quarantine { account, raw, code: "undecided".into(), why: why.clone() }).await;
    let refused = match put {
        Ok(Outcome::Done(_)) => return Ok(()),
        Ok(_) | Err(Fault::Broken(_)) => true,
        Err(_) => false,
    };
    tracing::error!(%account, %raw, why, refused, "a body waits because not even quarantine can be decided; look at the policy pack");
    metrics::counter!("intake_stuck").increment(1);
    let mut tx = ctx.app.db.write(ctx.force, crate::db::Isolation::ReadCommitted).await?;
    store::put_off(&mut tx, ctx.force, raw, ctx.now().plus(MINUTE), "undecided").await?;
    tx.commit().await?;
    Ok(())
}

/// Every account of every force that has something waiting: on start, and now and then after it.
pub async fn sweep(app: &App) -> Result<usize, Fault> {
    let mut taken = 0;
    for force in doors::forces(&app.db).await? {
        let ctx = ctx(app, force.id, &force.zone);
        let accounts = {
            let mut tx = ctx.read().await?;
            store::todo_accounts(&mut tx, ctx.force, ctx.now()).await?
        };
        for id in accounts {
            match account(&ctx, id).await {
                Ok(n) => taken += n,
                Err(e) => {
                    tracing::warn!(account = %id, error = %e, "what waits on an account could not be received; it stays and is tried again")
                }
            }
        }
    }
    Ok(taken)
}

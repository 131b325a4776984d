//! Gives committed entries their place in the force's ledger, and tells open pages of them.
//!
//! Acts do not queue on one row: each leaves its entry in `ledger_pending`, and one sequencer per force takes what is
//! visible, at least every 100 ms. Two that run at once meet on the primary key of `ledger_place`; the loser starts
//! again. Each node keeps one tail of the places and fans it out to its browsers.

use super::store;
use crate::app::App;
use crate::db::{Db, DbError, Isolation, doors};
use crate::live::Event;
use bluelamp_domain::ids::ForceId;
use std::collections::HashMap;
use std::time::Duration;

/// Between two looks when nobody says that there is something.
const EVERY: Duration = Duration::from_millis(100);
/// After something is committed, until it gets its place.
const GATHER: Duration = Duration::from_millis(20);
/// Entries of one batch, and events read at once.
const BATCH: i64 = 500;

/// Runs until `stop` fires, then once more for what is left.
pub async fn run(app: App, mut stop: tokio::sync::watch::Receiver<bool>) {
    let mut told: HashMap<ForceId, i64> = HashMap::new();
    loop {
        let stopping = *stop.borrow();
        if let Err(e) = round(&app, &mut told).await {
            tracing::warn!(error = %e, "the ledger's sequencer could not work; it tries again");
        }
        if stopping {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            // What else is committed in the next moment shares the commit and the signature.
            () = app.stir.notified() => tokio::time::sleep(GATHER).await,
            _ = stop.changed() => {}
        }
    }
}

/// Sequences every force's pending entries, then tells of the new places.
pub async fn round(app: &App, told: &mut HashMap<ForceId, i64>) -> Result<(), DbError> {
    for force in doors::forces(&app.db).await? {
        for _ in 0..20 {
            match sequence(app, force.id).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(DbError::Again | DbError::Constraint(_)) => app.pause(2).await,
                Err(e) => return Err(e),
            }
        }
        let last = match told.get(&force.id) {
            Some(last) => *last,
            None => last_index(&app.db, force.id).await?,
        };
        let mut newest = last;
        loop {
            let events = events_after(&app.db, force.id, newest).await?;
            let full = i64::try_from(events.len()) == Ok(BATCH);
            for event in events {
                newest = newest.max(event.index);
                app.events.tell(event);
            }
            told.insert(force.id, newest);
            if !full {
                break;
            }
        }
    }
    Ok(())
}

/// One batch of a force: places, hashes, checkpoint, all in one transaction. Answers how many entries it placed.
pub async fn sequence(app: &App, force: ForceId) -> Result<usize, DbError> {
    let mut tx = app.db.read(force).await?;
    if !store::any_pending(&mut tx, force).await? {
        return Ok(0);
    }
    drop(tx);
    let mut tx = app.db.write(force, Isolation::Serializable).await?;
    let pending = store::pending(&mut tx, force, BATCH).await?;
    if pending.is_empty() {
        return Ok(0);
    }
    let n = pending.len();
    super::place::place(app, &mut tx, force, pending).await?;
    tx.commit().await?;
    Ok(n)
}

async fn last_index(db: &Db, force: ForceId) -> Result<i64, DbError> {
    let mut tx = db.read(force).await?;
    store::last_index(&mut tx, force).await
}

/// What happened after a ledger index, bounded; a page that missed more reads again.
pub async fn events_after(db: &Db, force: ForceId, index: i64) -> Result<Vec<Event>, DbError> {
    let mut tx = db.read(force).await?;
    store::events_after(&mut tx, force, index, BATCH).await
}

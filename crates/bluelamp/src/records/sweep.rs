//! Objects that no row names, and uploads that no draft took, go after a day (design: object first, row second).
//!
//! A program that is killed between the object and its row leaves the object; somebody who uploads a picture and closes
//! the page leaves both. Neither is a record: nothing names it, so nobody can see, hold or dispose of it. INVARIANT: what
//! any row names stays, whatever its age, and so does all that a legal hold keeps, because a hold keeps the rows.

use crate::act::Fault;
use crate::app::App;
use crate::community::store as community;
use crate::db::{Isolation, doors, principal};
use crate::intake::store as intake;
use crate::publishing::store as publishing;
use bluelamp_domain::ids::ForceId;
use bluelamp_domain::time::{DAY, Instant};
use std::collections::BTreeSet;
use std::time::Duration;

/// Between two sweeps of a node, and from its start to the first.
const EVERY: Duration = Duration::from_secs(6 * 3600);
const FIRST: Duration = Duration::from_secs(600);
/// Objects that are looked up at once.
const BATCH: usize = 200;

/// What a sweep took away.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    pub uploads: u64,
    pub objects: u64,
}

/// Sweeps every force. What is a day old to the microsecond stays until it is older.
pub async fn sweep(app: &App) -> Result<Swept, Fault> {
    let before = app.clock.now().plus(-DAY);
    let mut swept = Swept::default();
    for force in doors::forces(&app.db).await? {
        let mut tx = app.db.write(force.id, Isolation::Serializable).await?;
        let waiting = principal::held_inputs(&mut tx, force.id).await?;
        swept.uploads += publishing::drop_unused_uploads(&mut tx, force.id, before, &waiting).await?;
        tx.commit().await?;
        swept.objects += objects(app, force.id, before).await?;
    }
    if swept != Swept::default() {
        tracing::info!(uploads = swept.uploads, objects = swept.objects, "what nothing names was taken away");
        metrics::counter!("objects_swept").increment(swept.objects);
    }
    Ok(swept)
}

async fn objects(app: &App, force: ForceId, before: Instant) -> Result<u64, Fault> {
    let mut gone = 0;
    let old = app.blobs.older(force, before).await?;
    for some in old.chunks(BATCH) {
        let named = named(app, force, some).await?;
        for hash in some.iter().filter(|h| !named.contains(*h)) {
            gone += u64::from(app.blobs.delete_older(force, hash, before).await?);
        }
    }
    app.blobs.drop_halves(force, before).await?;
    Ok(gone)
}

/// Those of these objects that a row names.
async fn named(app: &App, force: ForceId, hashes: &[String]) -> Result<BTreeSet<String>, Fault> {
    let mut tx = app.db.read(force).await?;
    let mut named: BTreeSet<String> = intake::naming(&mut tx, force, hashes).await?.into_iter().collect();
    // The rest is looked for in whole texts, which is slow, and seldom more than a handful.
    let rest: Vec<String> = hashes.iter().filter(|h| !named.contains(*h)).cloned().collect();
    if !rest.is_empty() {
        named.extend(publishing::naming(&mut tx, force, &rest).await?);
        named.extend(community::naming(&mut tx, force, &rest).await?);
        let waiting = principal::held_inputs(&mut tx, force).await?;
        named.extend(rest.into_iter().filter(|h| waiting.iter().any(|input| input.contains(h.as_str()))));
    }
    Ok(named)
}

/// Now and then, for as long as the program runs. Several nodes may sweep at once.
pub async fn run(app: App, mut stop: tokio::sync::watch::Receiver<bool>) {
    let mut wait = FIRST;
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stop.changed() => return,
        }
        wait = EVERY;
        if let Err(e) = sweep(&app).await {
            tracing::warn!(error = %e, "what nothing names could not be swept; it is tried again");
        }
    }
}

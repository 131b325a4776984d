//! Puts a batch of entries into the tree: places, node hashes, and a signed checkpoint.

use super::keys;
use super::store::{self, Pending};
use crate::app::App;
use crate::db::{DbError, Tx};
use crate::people;
use bluelamp_domain::ids::ForceId;
use bluelamp_ledger::Digest;
use bluelamp_ledger::checkpoint::{self, Head};
use bluelamp_ledger::tree;
use std::collections::BTreeMap;

/// The nodes at these stored indexes.
pub async fn nodes(tx: &mut Tx, force: ForceId, indexes: &[u64]) -> Result<BTreeMap<u64, Digest>, DbError> {
    let mut out = BTreeMap::new();
    for index in indexes {
        let at = i64::try_from(*index).map_err(|_| DbError::Other("the ledger has outgrown its index".into()))?;
        if let Some(hash) = store::hash(tx, force, at).await? {
            let hash: [u8; 32] = hash.try_into().map_err(|_| DbError::Other(format!("node {index} of the ledger is not a hash")))?;
            out.insert(*index, Digest(hash));
        }
    }
    Ok(out)
}

/// Within the caller's transaction: all of it or nothing.
pub async fn place(app: &App, tx: &mut Tx, force: ForceId, pending: Vec<Pending>) -> Result<(), DbError> {
    let other = |e: &dyn std::fmt::Display| DbError::Other(e.to_string());
    let first = store::last_index(tx, force).await? + 1;
    let size = u64::try_from(first).map_err(|e| other(&e))?;
    let peaks = nodes(tx, force, &tree::peaks(size)).await?;
    let leaves: Vec<Digest> = pending.iter().map(|p| tree::leaf_hash(&p.body)).collect();
    let added = tree::append(size, &leaves, &peaks).map_err(|e| other(&e))?;
    let entries: Vec<_> = pending.iter().map(|p| p.entry).collect();
    store::insert_places(tx, force, first, &entries).await?;
    let index = |n: u64| i64::try_from(n).map_err(|e| other(&e));
    let hashes = added.nodes.iter().map(|(n, hash)| Ok((index(*n)?, hash.0))).collect::<Result<Vec<_>, DbError>>()?;
    store::insert_hashes(tx, force, hashes).await?;
    // A force's first entries come before its key; the checkpoint then follows with the next batch.
    let Some(row) = store::keys(tx, force).await?.into_iter().next() else { return Ok(()) };
    let (slug, _) = people::store::force_title(tx, force).await?;
    let origin = keys::origin(app, &slug);
    let key = keys::open(app, force, &origin, &row).map_err(|e| other(&e))?;
    let note = checkpoint::sign(&Head { origin, size: added.size, root: added.root }, &key).map_err(|e| other(&e))?;
    store::insert_checkpoint(tx, force, i64::try_from(added.size).map_err(|e| other(&e))?, &note, app.clock.now()).await
}

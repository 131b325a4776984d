//! SQL of records.

use crate::db::{DbError, Tx};
use crate::live::Event;
use crate::{sql, vals};
use bluelamp_domain::ids::*;
use bluelamp_domain::time::Instant;

pub async fn any_pending(tx: &mut Tx, force: ForceId) -> Result<bool, DbError> {
    Ok(tx.row(sql!("SELECT entry FROM ledger_pending WHERE force = $1 LIMIT 1"), vals![force]).await?.is_some())
}

pub struct Pending {
    pub entry: EntryId,
    pub body: Vec<u8>,
}

pub async fn pending(tx: &mut Tx, force: ForceId, limit: i64) -> Result<Vec<Pending>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT p.entry, e.body FROM ledger_pending p JOIN ledger_entry e ON e.force = p.force AND e.id = p.entry WHERE p.force = $1 ORDER BY p.at, p.entry LIMIT $2"),
            vals![force, limit],
        )
        .await?;
    rows.iter().map(|r| Ok(Pending { entry: r.get("entry")?, body: r.get("body")? })).collect()
}

/// The newest place, or -1 in an empty ledger.
pub async fn last_index(tx: &mut Tx, force: ForceId) -> Result<i64, DbError> {
    tx.row(sql!("SELECT COALESCE(MAX(idx), -1) AS last FROM ledger_place WHERE force = $1"), vals![force])
        .await?
        .map_or(Ok(-1), |r| r.get("last"))
}

pub async fn insert_place(tx: &mut Tx, force: ForceId, idx: i64, entry: EntryId) -> Result<(), DbError> {
    tx.run(sql!("INSERT INTO ledger_place (force, idx, entry) VALUES ($1, $2, $3)"), vals![force, idx, entry]).await?;
    tx.run(sql!("DELETE FROM ledger_pending WHERE force = $1 AND entry = $2"), vals![force, entry]).await?;
    Ok(())
}

pub async fn hash(tx: &mut Tx, force: ForceId, idx: i64) -> Result<Option<Vec<u8>>, DbError> {
    tx.row(sql!("SELECT hash FROM ledger_hash WHERE force = $1 AND idx = $2"), vals![force, idx]).await?.map(|r| r.get("hash")).transpose()
}

pub async fn insert_hash(tx: &mut Tx, force: ForceId, idx: i64, hash: &[u8]) -> Result<(), DbError> {
    tx.run(sql!("INSERT INTO ledger_hash (force, idx, hash) VALUES ($1, $2, $3)"), vals![force, idx, hash]).await?;
    Ok(())
}

pub async fn insert_checkpoint(tx: &mut Tx, force: ForceId, size: i64, note: &str, at: Instant) -> Result<(), DbError> {
    tx.run(sql!("INSERT INTO ledger_checkpoint (force, size, note, at) VALUES ($1, $2, $3, $4)"), vals![force, size, note, at]).await?;
    Ok(())
}

pub async fn checkpoint(tx: &mut Tx, force: ForceId) -> Result<Option<(i64, String)>, DbError> {
    tx.row(sql!("SELECT size, note FROM ledger_checkpoint WHERE force = $1 ORDER BY size DESC LIMIT 1"), vals![force])
        .await?
        .map(|r| Ok((r.get("size")?, r.get("note")?)))
        .transpose()
}

pub struct KeyRow {
    pub id: uuid::Uuid,
    pub verifier: String,
    pub sealed: Vec<u8>,
    pub rotation: Option<String>,
}

/// The force's ledger keys, newest first.
pub async fn keys(tx: &mut Tx, force: ForceId) -> Result<Vec<KeyRow>, DbError> {
    let rows = tx
        .rows(sql!("SELECT id, verifier, sealed, rotation FROM ledger_key WHERE force = $1 ORDER BY since DESC, id DESC"), vals![force])
        .await?;
    rows.iter()
        .map(|r| Ok(KeyRow { id: r.get("id")?, verifier: r.get("verifier")?, sealed: r.get("sealed")?, rotation: r.get("rotation")? }))
        .collect()
}

pub async fn insert_key(tx: &mut Tx, force: ForceId, key: &KeyRow, since: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO ledger_key (force, id, verifier, sealed, rotation, since) VALUES ($1, $2, $3, $4, $5, $6)"),
        vals![force, key.id, &key.verifier, key.sealed.clone(), key.rotation.clone(), since],
    )
    .await?;
    Ok(())
}

pub async fn events_after(tx: &mut Tx, force: ForceId, index: i64, limit: i64) -> Result<Vec<Event>, DbError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT p.idx, e.act, e.decision, e.subject, e.account FROM ledger_place p JOIN ledger_entry e ON e.force = p.force AND e.id = p.entry WHERE p.force = $1 AND p.idx > $2 ORDER BY p.idx LIMIT $3"
            ),
            vals![force, index, limit],
        )
        .await?;
    rows.iter()
        .map(|r| {
            let (act, decision): (String, String) = (r.get("act")?, r.get("decision")?);
            let kind = if decision == "done" { act } else { format!("{act}:{decision}") };
            Ok(Event { force, index: r.get("idx")?, kind, id: r.get("subject")?, account: r.get("account")? })
        })
        .collect()
}

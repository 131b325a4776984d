//! SQL of records.

use crate::db::{DbError, Tx, Val};
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
            sql!("SELECT p.entry, e.body FROM ledger_pending p JOIN ledger_entry e ON e.force = p.force AND e.id = p.entry WHERE p.force = $1 ORDER BY p.seq LIMIT $2"),
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

/// Gives entries their places from `first` on; they wait no longer.
pub async fn insert_places(tx: &mut Tx, force: ForceId, first: i64, entries: &[EntryId]) -> Result<(), DbError> {
    let places = (first..).zip(entries).map(|(idx, entry)| vals![force, idx, *entry]).collect();
    tx.run_all(sql!("INSERT INTO ledger_place (force, idx, entry) VALUES ($1, $2, $3)"), places).await?;
    let placed = Val::Ids(entries.iter().map(|e| e.0).collect());
    tx.run(sql!("DELETE FROM ledger_pending WHERE force = $1 AND entry {in:$2}"), vec![force.into(), placed]).await?;
    Ok(())
}

pub async fn hash(tx: &mut Tx, force: ForceId, idx: i64) -> Result<Option<Vec<u8>>, DbError> {
    tx.row(sql!("SELECT hash FROM ledger_hash WHERE force = $1 AND idx = $2"), vals![force, idx]).await?.map(|r| r.get("hash")).transpose()
}

pub async fn insert_hashes(tx: &mut Tx, force: ForceId, hashes: impl IntoIterator<Item = (i64, [u8; 32])>) -> Result<(), DbError> {
    let rows = hashes.into_iter().map(|(idx, hash)| vals![force, idx, hash.to_vec()]).collect();
    tx.run_all(sql!("INSERT INTO ledger_hash (force, idx, hash) VALUES ($1, $2, $3)"), rows).await?;
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

/// The canonical bytes of the entries from one place to before another, in order.
pub async fn bodies(tx: &mut Tx, force: ForceId, from: i64, until: i64) -> Result<Vec<(EntryId, Vec<u8>)>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT e.id, e.body FROM ledger_place p JOIN ledger_entry e ON e.force = p.force AND e.id = p.entry WHERE p.force = $1 AND p.idx >= $2 AND p.idx < $3 ORDER BY p.idx"),
            vals![force, from, until],
        )
        .await?;
    rows.iter().map(|r| Ok((r.get("id")?, r.get("body")?))).collect()
}

/// Name, value and random bytes of what an entry commits to and is still held.
pub async fn values(tx: &mut Tx, force: ForceId, entry: EntryId) -> Result<Vec<(String, String, Vec<u8>)>, DbError> {
    let rows = tx
        .rows(sql!("SELECT name, value, random FROM ledger_value WHERE force = $1 AND entry = $2 ORDER BY name"), vals![force, entry])
        .await?;
    rows.iter().map(|r| Ok((r.get("name")?, r.get("value")?, r.get("random")?))).collect()
}

/// The disposal under which an entry's values went.
pub async fn disposal_of(tx: &mut Tx, force: ForceId, entry: EntryId) -> Result<Option<uuid::Uuid>, DbError> {
    tx.row(sql!("SELECT disposal FROM disposal_item WHERE force = $1 AND kind = 'ledger-value' AND item = $2"), vals![force, entry])
        .await?
        .map(|r| r.get("disposal"))
        .transpose()
}

/// A row of the ledger's page.
pub struct EntryLine {
    pub index: Option<i64>,
    pub id: EntryId,
    pub at: Instant,
    pub act: String,
    pub decision: String,
    pub principal: String,
    pub body: Vec<u8>,
}

/// The newest entries before a place in (instant, id), of an act or of all.
pub async fn entries(
    tx: &mut Tx,
    force: ForceId,
    act: &str,
    before: Option<(Instant, EntryId)>,
    limit: i64,
) -> Result<Vec<EntryLine>, DbError> {
    let (at, id) = before.unwrap_or((Instant(i64::MAX), EntryId(uuid::Uuid::max())));
    let rows = tx
        .rows(
            sql!(
                "SELECT p.idx, e.id, e.at, e.act, e.decision, e.principal, e.body FROM ledger_entry e LEFT JOIN ledger_place p ON p.force = e.force AND p.entry = e.id
                 WHERE e.force = $1 AND ($2 = '' OR e.act = $2) AND (e.at < $3 OR (e.at = $3 AND e.id < $4)) ORDER BY e.at DESC, e.id DESC LIMIT $5"
            ),
            vals![force, act, at, id, limit],
        )
        .await?;
    rows.iter()
        .map(|r| {
            Ok(EntryLine {
                index: r.get("idx")?,
                id: r.get("id")?,
                at: r.get("at")?,
                act: r.get("act")?,
                decision: r.get("decision")?,
                principal: r.get("principal")?,
                body: r.get("body")?,
            })
        })
        .collect()
}

/// An entry as programs read it.
pub struct EntryHead {
    pub id: EntryId,
    pub index: Option<i64>,
    pub at: Instant,
    pub act: String,
    pub decision: String,
    pub principal: String,
    pub subject: Option<uuid::Uuid>,
    pub account: Option<uuid::Uuid>,
}

/// Entries after one, oldest first; whoever does not see every account sees those of their own.
pub async fn entries_after(
    tx: &mut Tx,
    force: ForceId,
    every: bool,
    accounts: crate::db::Val,
    after: uuid::Uuid,
    limit: i64,
) -> Result<Vec<EntryHead>, DbError> {
    let values = vec![force.into(), every.into(), accounts, after.into(), limit.into()];
    let rows = tx
        .rows(
            sql!(
                "SELECT p.idx, e.id, e.at, e.act, e.decision, e.principal, e.subject, e.account FROM ledger_entry e LEFT JOIN ledger_place p ON p.force = e.force AND p.entry = e.id
                 WHERE e.force = $1 AND ($2 = 1 OR e.account {in:$3}) AND e.id > $4 ORDER BY e.id LIMIT $5"
            ),
            values,
        )
        .await?;
    rows.iter()
        .map(|r| {
            Ok(EntryHead {
                id: r.get("id")?,
                index: r.get("idx")?,
                at: r.get("at")?,
                act: r.get("act")?,
                decision: r.get("decision")?,
                principal: r.get("principal")?,
                subject: r.get("subject")?,
                account: r.get("account")?,
            })
        })
        .collect()
}

/// One entry.
pub async fn entry(tx: &mut Tx, force: ForceId, id: EntryId) -> Result<Option<EntryLine>, DbError> {
    let row = tx
        .row(
            sql!("SELECT p.idx, e.id, e.at, e.act, e.decision, e.principal, e.body FROM ledger_entry e LEFT JOIN ledger_place p ON p.force = e.force AND p.entry = e.id WHERE e.force = $1 AND e.id = $2"),
            vals![force, id],
        )
        .await?;
    row.map(|r| {
        Ok(EntryLine {
            index: r.get("idx")?,
            id: r.get("id")?,
            at: r.get("at")?,
            act: r.get("act")?,
            decision: r.get("decision")?,
            principal: r.get("principal")?,
            body: r.get("body")?,
        })
    })
    .transpose()
}

/// Legal holds that stand: what may not be disposed of, and why.
pub async fn open_holds(tx: &mut Tx, force: ForceId) -> Result<Vec<(uuid::Uuid, uuid::Uuid, String, Instant)>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, item, reason, placed_at FROM legal_hold WHERE force = $1 AND lifted_at IS NULL ORDER BY placed_at LIMIT 1000"),
            vals![force],
        )
        .await?;
    rows.iter().map(|r| Ok((r.get("id")?, r.get("item")?, r.get("reason")?, r.get("placed_at")?))).collect()
}

pub async fn is_held(tx: &mut Tx, force: ForceId, item: uuid::Uuid) -> Result<bool, DbError> {
    Ok(tx
        .row(sql!("SELECT id FROM legal_hold WHERE force = $1 AND item = $2 AND lifted_at IS NULL LIMIT 1"), vals![force, item])
        .await?
        .is_some())
}

pub async fn insert_hold(
    tx: &mut Tx,
    force: ForceId,
    id: uuid::Uuid,
    item: uuid::Uuid,
    reason: &str,
    by: &str,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO legal_hold (force, id, item, reason, placed_by, placed_at) VALUES ($1, $2, $3, $4, $5, $6)"),
        vals![force, id, item, reason, by, at],
    )
    .await?;
    Ok(())
}

pub async fn lift_hold(tx: &mut Tx, force: ForceId, id: uuid::Uuid, by: &str, at: Instant) -> Result<u64, DbError> {
    tx.run(
        sql!("UPDATE legal_hold SET lifted_by = $3, lifted_at = $4 WHERE force = $1 AND id = $2 AND lifted_at IS NULL"),
        vals![force, id, by, at],
    )
    .await
}

/// Disposes of an entry's values under a disposal that names it; the entry and its proof stay.
pub async fn dispose_values(
    tx: &mut Tx,
    force: ForceId,
    disposal: uuid::Uuid,
    rule: &str,
    entry: EntryId,
    at: Instant,
) -> Result<u64, DbError> {
    tx.run(sql!("INSERT INTO disposal (force, id, at, rule) VALUES ($1, $2, $3, $4)"), vals![force, disposal, at, rule]).await?;
    tx.run(
        sql!("INSERT INTO disposal_item (force, disposal, kind, item) VALUES ($1, $2, 'ledger-value', $3)"),
        vals![force, disposal, entry],
    )
    .await?;
    tx.run(sql!("DELETE FROM ledger_value WHERE force = $1 AND entry = $2"), vals![force, entry]).await
}

/// Since when the pack in force has been running.
pub async fn adopted_at(tx: &mut Tx, force: ForceId) -> Result<Option<Instant>, DbError> {
    tx.row(sql!("SELECT adopted_at FROM pack_adoption WHERE force = $1 ORDER BY adopted_at DESC, id DESC LIMIT 1"), vals![force])
        .await?
        .map(|r| r.get("adopted_at"))
        .transpose()
}

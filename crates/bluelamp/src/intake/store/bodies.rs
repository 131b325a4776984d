//! Rows of bodies as they came, of what is still to be made of them, and of what nobody could make anything of.

use crate::db::{DbError, Row, Tx, Val};
use crate::{sql, vals};
use bluelamp_domain::ids::*;
use bluelamp_domain::time::Instant;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A body as it came.
#[derive(Debug, Clone)]
pub struct RawRow {
    pub id: RawId,
    pub account: AccountId,
    pub source: String,
    pub kind: String,
    pub digest: String,
    pub size: i64,
    pub body: Option<Vec<u8>>,
    pub object: Option<String>,
    pub received_at: Instant,
}

/// Keeps bodies and notes that something is to be made of each. Answers those that were new: the very same body is
/// kept once.
pub async fn insert_raws(tx: &mut Tx, force: ForceId, raws: &[RawRow]) -> Result<BTreeSet<RawId>, DbError> {
    let values =
        |r: &RawRow| vals![force, r.id, r.account, &r.source, &r.kind, &r.digest, r.size, r.body.clone(), r.object.clone(), r.received_at];
    let new = tx
        .rows_of_all(
            sql!("INSERT INTO intake_raw (force, id, account, source, kind, digest, size, body, object, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (force, account, kind, digest) DO NOTHING RETURNING id"),
            raws.iter().map(values).collect(),
        )
        .await?;
    let new: BTreeSet<RawId> = new.iter().map(|r| r.get("id")).collect::<Result<_, _>>()?;
    let todo: Vec<Todo> = raws
        .iter()
        .filter(|r| new.contains(&r.id))
        .map(|r| Todo { raw: r.id, account: r.account, received_at: r.received_at, from: r.received_at })
        .collect();
    insert_todos(tx, force, &todo).await?;
    Ok(new)
}

/// A body of which something is still to be made, from an instant on.
pub struct Todo {
    pub raw: RawId,
    pub account: AccountId,
    pub received_at: Instant,
    pub from: Instant,
}

pub async fn insert_todos(tx: &mut Tx, force: ForceId, todo: &[Todo]) -> Result<(), DbError> {
    tx.run_all(
        sql!("INSERT INTO intake_todo (force, raw, account, received_at, not_before, attempts) VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT (force, raw) DO NOTHING"),
        todo.iter().map(|t| vals![force, t.raw, t.account, t.received_at, t.from]).collect(),
    )
    .await?;
    Ok(())
}

fn raw_row(r: &Row) -> Result<RawRow, DbError> {
    Ok(RawRow {
        id: r.get("id")?,
        account: r.get("account")?,
        source: r.get("source")?,
        kind: r.get("kind")?,
        digest: r.get("digest")?,
        size: r.get("size")?,
        body: r.get("body")?,
        object: r.get("object")?,
        received_at: r.get("received_at")?,
    })
}

pub async fn raw(tx: &mut Tx, force: ForceId, id: RawId) -> Result<Option<RawRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, account, source, kind, digest, size, body, object, received_at FROM intake_raw WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(raw_row).transpose()
}

/// What waits on an account and is due, oldest first.
pub async fn todo_ids(tx: &mut Tx, force: ForceId, account: AccountId, at: Instant, limit: i64) -> Result<Vec<RawId>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT raw FROM intake_todo WHERE force = $1 AND account = $2 AND not_before <= $3 ORDER BY received_at, raw LIMIT $4"),
            vals![force, account, at, limit],
        )
        .await?;
    rows.iter().map(|r| r.get("raw")).collect()
}

/// Which accounts have something waiting that is due.
pub async fn todo_accounts(tx: &mut Tx, force: ForceId, at: Instant) -> Result<Vec<AccountId>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT DISTINCT account FROM intake_todo WHERE force = $1 AND not_before <= $2 ORDER BY account LIMIT 2000"),
            vals![force, at],
        )
        .await?;
    rows.iter().map(|r| r.get("account")).collect()
}

/// How many bodies wait although they were tried: quarantine in all but name, and shown with it.
pub async fn stuck(tx: &mut Tx, force: ForceId) -> Result<i64, DbError> {
    let row = tx.row(sql!("SELECT COUNT(*) AS n FROM intake_todo WHERE force = $1 AND trouble = 'undecided'"), vals![force]).await?;
    row.map_or(Ok(0), |r| r.get("n"))
}

/// Those of these bodies of an account of which something is still to be made.
pub async fn raws_todo(tx: &mut Tx, force: ForceId, account: AccountId, raws: &[RawId]) -> Result<Vec<RawRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT r.id, r.account, r.source, r.kind, r.digest, r.size, r.body, r.object, r.received_at FROM intake_todo t JOIN intake_raw r ON r.force = t.force AND r.id = t.raw WHERE t.force = $1 AND r.account = $2 AND t.raw {in:$3}"),
            vec![force.into(), account.into(), ids_of(raws)],
        )
        .await?;
    rows.iter().map(raw_row).collect()
}

/// Nothing is left to be made of these.
pub async fn done(tx: &mut Tx, force: ForceId, raws: &[RawId]) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM intake_todo WHERE force = $1 AND raw {in:$2}"), vec![force.into(), ids_of(raws)]).await?;
    Ok(())
}

fn ids_of(raws: &[RawId]) -> Val {
    Val::Ids(raws.iter().map(|r| r.0).collect())
}

/// Something waits for later, with why.
pub async fn put_off(tx: &mut Tx, force: ForceId, raw: RawId, until: Instant, trouble: &str) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE intake_todo SET not_before = $3, attempts = attempts + 1, trouble = $4 WHERE force = $1 AND raw = $2"),
        vals![force, raw, until, trouble],
    )
    .await?;
    Ok(())
}

#[derive(Debug, Clone)]
pub struct QuarantineRow {
    pub id: Uuid,
    pub raw: RawId,
    pub account: AccountId,
    /// `unreadable`, `untriageable`, `undecided`, `edit-of-unknown`.
    pub code: String,
    pub why: String,
    pub at: Instant,
    /// `waiting`, `again`, `dismissed`.
    pub state: String,
}

fn quarantine_row(r: &Row) -> Result<QuarantineRow, DbError> {
    Ok(QuarantineRow {
        id: r.get("id")?,
        raw: r.get("raw")?,
        account: r.get("account")?,
        code: r.get("code")?,
        why: r.get("why")?,
        at: r.get("at")?,
        state: r.get("state")?,
    })
}

pub async fn insert_quarantine(tx: &mut Tx, force: ForceId, q: &QuarantineRow) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO quarantine (force, id, raw, account, code, why, at, state) VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting')"),
        vals![force, q.id, q.raw, q.account, &q.code, &q.why, q.at],
    )
    .await?;
    Ok(())
}

pub async fn quarantined(tx: &mut Tx, force: ForceId, id: Uuid) -> Result<Option<QuarantineRow>, DbError> {
    let row = tx
        .row(sql!("SELECT id, raw, account, code, why, at, state FROM quarantine WHERE force = $1 AND id = $2"), vals![force, id])
        .await?;
    row.as_ref().map(quarantine_row).transpose()
}

pub async fn quarantine_waiting(tx: &mut Tx, force: ForceId, every: bool, ids: crate::db::Val) -> Result<Vec<QuarantineRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, raw, account, code, why, at, state FROM quarantine WHERE force = $1 AND state = 'waiting' AND ($2 = 1 OR account {in:$3}) ORDER BY at LIMIT 200"),
            vec![force.into(), every.into(), ids],
        )
        .await?;
    rows.iter().map(quarantine_row).collect()
}

pub async fn settle_quarantine(
    tx: &mut Tx,
    force: ForceId,
    id: Uuid,
    state: &str,
    by: &str,
    note: &str,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE quarantine SET state = $3, settled_by = $4, note = $5, settled_at = $6 WHERE force = $1 AND id = $2 AND state = 'waiting'"),
        vals![force, id, state, by, note, at],
    )
    .await?;
    Ok(())
}

/// Those of these objects that a body or a medium names.
pub async fn naming(tx: &mut Tx, force: ForceId, hashes: &[String]) -> Result<Vec<String>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT object AS hash FROM intake_raw WHERE force = $1 AND object IN (SELECT value FROM {lite:json_each($2)}{pg:jsonb_array_elements_text($2::jsonb) AS t(value)}) UNION SELECT object AS hash FROM media WHERE force = $1 AND object IN (SELECT value FROM {lite:json_each($2)}{pg:jsonb_array_elements_text($2::jsonb) AS t(value)}) UNION SELECT copy AS hash FROM media WHERE force = $1 AND copy IN (SELECT value FROM {lite:json_each($2)}{pg:jsonb_array_elements_text($2::jsonb) AS t(value)}) LIMIT 1000"),
            vals![force, super::json(&hashes)],
        )
        .await?;
    rows.iter().map(|r| r.get("hash")).collect()
}

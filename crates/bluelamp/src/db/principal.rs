//! Who acts, as policy sees them, and the machinery of the one door: held acts, releases, entries, jobs.
//!
//! The only SQL outside the areas' stores: what `act.rs` itself reads and writes.

use super::{DbError, Tx};
use crate::{sql, vals};
use bluelamp_domain::act::{Job, Principal};
use bluelamp_domain::ids::*;
use bluelamp_domain::time::Instant;
use uuid::Uuid;

/// A person's standing.
#[derive(Debug, Clone)]
pub struct PersonRow {
    pub id: PersonId,
    pub name: String,
    pub kind: String,
    pub level: i64,
    pub areas: Vec<String>,
    pub exceptions: Vec<String>,
    pub trained_on: Option<jiff::civil::Date>,
    pub state: String,
    pub roles: Vec<String>,
    pub accounts: Vec<AccountId>,
    pub on_duty: bool,
    /// Passed on to them by name, and not dealt with yet.
    pub messages: Vec<MessageId>,
}

pub async fn person(tx: &mut Tx, force: ForceId, id: PersonId) -> Result<Option<PersonRow>, DbError> {
    let Some(r) = tx
        .row(
            sql!("SELECT id, name, kind, level, areas, exceptions, trained_on, state FROM person WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?
    else {
        return Ok(None);
    };
    let roles = tx.rows(sql!("SELECT role FROM person_role WHERE force = $1 AND person = $2 ORDER BY role"), vals![force, id]).await?;
    let accounts =
        tx.rows(sql!("SELECT account FROM authorisation WHERE force = $1 AND person = $2 ORDER BY account"), vals![force, id]).await?;
    let duty = tx.row(sql!("SELECT id FROM duty WHERE force = $1 AND person = $2 AND ended_at IS NULL"), vals![force, id]).await?;
    let messages = tx
        .rows(
            sql!("SELECT message FROM routing WHERE force = $1 AND person = $2 AND ended_at IS NULL ORDER BY at DESC LIMIT 500"),
            vals![force, id],
        )
        .await?;
    Ok(Some(PersonRow {
        id,
        name: r.get("name")?,
        kind: r.get("kind")?,
        level: r.get("level")?,
        areas: r.json("areas")?,
        exceptions: r.json("exceptions")?,
        trained_on: r.get("trained_on")?,
        state: r.get("state")?,
        roles: roles.iter().map(|r| r.get("role")).collect::<Result<_, _>>()?,
        accounts: accounts.iter().map(|r| r.get("account")).collect::<Result<_, _>>()?,
        on_duty: duty.is_some(),
        messages: messages.iter().map(|r| r.get("message")).collect::<Result<_, _>>()?,
    }))
}

/// The pack that a force runs: its hash.
pub async fn pack_hash(tx: &mut Tx, force: ForceId) -> Result<Option<String>, DbError> {
    tx.row(sql!("SELECT hash FROM pack_adoption WHERE force = $1 ORDER BY adopted_at DESC, id DESC LIMIT 1"), vals![force])
        .await?
        .map(|r| r.get("hash"))
        .transpose()
}

pub async fn store_pack(tx: &mut Tx, hash: &str, path: &str, body: &[u8]) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO pack_file (hash, path, body) VALUES ($1, $2, $3) ON CONFLICT (hash, path) DO NOTHING"),
        vals![hash, path, body],
    )
    .await?;
    Ok(())
}

/// The rules released for this thing as it is now.
pub async fn releases(tx: &mut Tx, force: ForceId, subject: Uuid, rests_on: &str) -> Result<Vec<String>, DbError> {
    let rows = tx
        .rows(sql!("SELECT rule FROM release WHERE force = $1 AND subject = $2 AND rests_on = $3"), vals![force, subject, rests_on])
        .await?;
    rows.iter().map(|r| r.get("rule")).collect()
}

pub struct EntryRow<'a> {
    pub id: EntryId,
    pub at: Instant,
    pub act: &'a str,
    pub decision: &'a str,
    pub principal: Principal,
    pub subject: Option<Uuid>,
    pub account: Option<Uuid>,
    pub body: Vec<u8>,
    /// Name, value, random bytes.
    pub values: Vec<(&'static str, String, Vec<u8>)>,
}

/// Writes entries in their order, which is the order in which they wait for their places.
pub async fn insert_entries(tx: &mut Tx, force: ForceId, entries: Vec<EntryRow<'_>>) -> Result<(), DbError> {
    let waiting = entries.iter().map(|e| vals![force, e.id, e.at]).collect();
    let (mut rows, mut values) = (Vec::with_capacity(entries.len()), Vec::new());
    for e in entries {
        rows.push(vals![force, e.id, e.at, e.act, e.decision, e.principal.code(), e.subject, e.account, e.body]);
        values.extend(e.values.into_iter().map(|(name, value, random)| vals![force, e.id, name, value, random]));
    }
    tx.run_all(
        sql!("INSERT INTO ledger_entry (force, id, at, act, decision, principal, subject, account, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        rows,
    )
    .await?;
    tx.run_all(sql!("INSERT INTO ledger_value (force, entry, name, value, random) VALUES ($1, $2, $3, $4, $5)"), values).await?;
    tx.run_all(sql!("INSERT INTO ledger_pending (force, entry, at) VALUES ($1, $2, $3)"), waiting).await?;
    Ok(())
}

/// Adds jobs; one with the same key is already there and stays.
pub async fn insert_jobs(tx: &mut Tx, force: ForceId, jobs: &[(JobId, &Job)]) -> Result<(), DbError> {
    tx.run_all(
        sql!(
            "INSERT INTO job (force, id, kind, key, input, not_before, attempts, fence, leased_until, state) VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 'waiting') ON CONFLICT (force, key) DO NOTHING"
        ),
        jobs.iter().map(|(id, job)| vals![force, *id, job.kind, &job.key, job.input.to_string(), job.not_before]).collect(),
    )
    .await?;
    Ok(())
}

#[derive(Debug, Clone)]
pub struct HeldRow {
    pub id: HeldId,
    pub act: String,
    pub input: serde_json::Value,
    pub principal: String,
    pub subject: Uuid,
    pub rests_on: String,
    pub reasons: Vec<bluelamp_domain::decision::Reason>,
    pub held_at: Instant,
    pub expires_at: Instant,
    pub state: String,
    pub note: Option<String>,
}

fn held_row(r: &super::Row) -> Result<HeldRow, DbError> {
    Ok(HeldRow {
        id: r.get("id")?,
        act: r.get("act")?,
        input: r.json("input")?,
        principal: r.get("principal")?,
        subject: r.get("subject")?,
        rests_on: r.get("rests_on")?,
        reasons: r.json("reasons")?,
        held_at: r.get("held_at")?,
        expires_at: r.get("expires_at")?,
        state: r.get("state")?,
        note: r.get("note")?,
    })
}

/// Stores a held act. A second one of the same act on the same thing as it is replaces the first.
pub async fn insert_held(tx: &mut Tx, force: ForceId, h: &HeldRow, pack: &str) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE held_act SET state = 'expired', settled_at = $4 WHERE force = $1 AND subject = $2 AND act = $3 AND state = 'waiting'"),
        vals![force, h.subject, &h.act, h.held_at],
    )
    .await?;
    tx.run(
        sql!(
            "INSERT INTO held_act (force, id, act, input, principal, subject, rests_on, reasons, pack, held_at, expires_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'waiting')"
        ),
        vals![force, h.id, &h.act, h.input.to_string(), &h.principal, h.subject, &h.rests_on, serde_json::to_string(&h.reasons).unwrap_or_default(), pack, h.held_at, h.expires_at],
    )
    .await?;
    Ok(())
}

/// What waits about a thing that has changed waits for nothing any more.
pub async fn void_held(tx: &mut Tx, force: ForceId, subject: Uuid, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE held_act SET state = 'expired', settled_at = $3 WHERE force = $1 AND subject = $2 AND state = 'waiting'"),
        vals![force, subject, at],
    )
    .await?;
    Ok(())
}

pub async fn held(tx: &mut Tx, force: ForceId, id: HeldId) -> Result<Option<HeldRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, act, input, principal, subject, rests_on, reasons, held_at, expires_at, state, note FROM held_act WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(held_row).transpose()
}

pub async fn held_waiting(tx: &mut Tx, force: ForceId) -> Result<Vec<HeldRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, act, input, principal, subject, rests_on, reasons, held_at, expires_at, state, note FROM held_act WHERE force = $1 AND state = 'waiting' ORDER BY held_at LIMIT 200"),
            vals![force],
        )
        .await?;
    rows.iter().map(held_row).collect()
}

pub async fn held_of(tx: &mut Tx, force: ForceId, subject: Uuid) -> Result<Vec<HeldRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, act, input, principal, subject, rests_on, reasons, held_at, expires_at, state, note FROM held_act WHERE force = $1 AND subject = $2 ORDER BY held_at DESC LIMIT 50"),
            vals![force, subject],
        )
        .await?;
    rows.iter().map(held_row).collect()
}

pub async fn settle_held(tx: &mut Tx, force: ForceId, id: HeldId, state: &str, by: &str, note: &str, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!(
            "UPDATE held_act SET state = $3, settled_by = $4, note = $5, settled_at = $6 WHERE force = $1 AND id = $2 AND state = 'waiting'"
        ),
        vals![force, id, state, by, note, at],
    )
    .await?;
    Ok(())
}

pub async fn insert_release(
    tx: &mut Tx,
    force: ForceId,
    id: Uuid,
    held: &HeldRow,
    rule: &str,
    by: &str,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO release (force, id, held, subject, rests_on, rule, released_by, released_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
        vals![force, id, held.id, held.subject, &held.rests_on, rule, by, at],
    )
    .await?;
    Ok(())
}

pub async fn idempotent(
    tx: &mut Tx,
    force: ForceId,
    principal: Principal,
    key: &str,
) -> Result<Option<(String, String, serde_json::Value)>, DbError> {
    let row = tx
        .row(
            sql!("SELECT act, digest, outcome FROM idempotency WHERE force = $1 AND principal = $2 AND key = $3"),
            vals![force, principal.code(), key],
        )
        .await?;
    row.map(|r| Ok((r.get("act")?, r.get("digest")?, r.json("outcome")?))).transpose()
}

pub async fn remember(
    tx: &mut Tx,
    force: ForceId,
    principal: Principal,
    key: &str,
    act: &str,
    digest: &str,
    outcome: &serde_json::Value,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO idempotency (force, principal, key, act, digest, outcome, at) VALUES ($1, $2, $3, $4, $5, $6, $7)"),
        vals![force, principal.code(), key, act, digest, outcome.to_string(), at],
    )
    .await?;
    Ok(())
}

/// All of a person's sessions and tokens end now.
pub async fn end_access(tx: &mut Tx, force: ForceId, person: PersonId, at: Instant) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM session WHERE force = $1 AND person = $2"), vals![force, person]).await?;
    tx.run(sql!("UPDATE token SET revoked_at = $3 WHERE force = $1 AND person = $2 AND revoked_at IS NULL"), vals![force, person, at])
        .await?;
    Ok(())
}

/// The inputs of the acts that wait for agreement, whole.
pub async fn held_inputs(tx: &mut Tx, force: ForceId) -> Result<Vec<String>, DbError> {
    let rows = tx
        .rows(sql!("SELECT input FROM held_act WHERE force = $1 AND state = 'waiting' ORDER BY held_at LIMIT 10000"), vals![force])
        .await?;
    rows.iter().map(|r| r.get("input")).collect()
}

//! Rows of how far each account has been read: spans that are complete or missing, cursors, leases.

use crate::db::{DbError, Row, Tx};
use crate::{sql, vals};
use bluelamp_domain::ids::*;
use bluelamp_domain::time::Instant;
use uuid::Uuid;

/// A stretch of time of one account, with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanRow {
    pub id: Uuid,
    pub account: AccountId,
    /// `complete`; `gap` (open); `filled`; `lost` (the platform no longer gives it).
    pub kind: String,
    pub from_at: Instant,
    pub to_at: Option<Instant>,
    pub why: String,
}

fn span_row(r: &Row) -> Result<SpanRow, DbError> {
    Ok(SpanRow {
        id: r.get("id")?,
        account: r.get("account")?,
        kind: r.get("kind")?,
        from_at: r.get("from_at")?,
        to_at: r.get("to_at")?,
        why: r.get("why")?,
    })
}

pub async fn spans(tx: &mut Tx, force: ForceId, account: AccountId) -> Result<Vec<SpanRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, account, kind, from_at, to_at, why FROM intake_span WHERE force = $1 AND account = $2 ORDER BY from_at DESC, noted_at DESC LIMIT 100"),
            vals![force, account],
        )
        .await?;
    rows.iter().map(span_row).collect()
}

pub async fn insert_span(tx: &mut Tx, force: ForceId, s: &SpanRow, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO intake_span (force, id, account, kind, from_at, to_at, why, noted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
        vals![force, s.id, s.account, &s.kind, s.from_at, s.to_at, &s.why, at],
    )
    .await?;
    Ok(())
}

pub async fn end_span(tx: &mut Tx, force: ForceId, id: Uuid, kind: &str, to: Instant) -> Result<(), DbError> {
    tx.run(sql!("UPDATE intake_span SET kind = $3, to_at = $4 WHERE force = $1 AND id = $2"), vals![force, id, kind, to]).await?;
    Ok(())
}

/// Where an account's poll stands.
#[derive(Debug, Clone)]
pub struct CursorRow {
    pub account: AccountId,
    pub cursor: Option<String>,
    pub good_at: Option<Instant>,
    pub tried_at: Option<Instant>,
    pub next_at: Instant,
    pub failures: i64,
    pub trouble: Option<String>,
    pub revisited_at: Instant,
    pub fence: i64,
}

pub async fn cursor(tx: &mut Tx, force: ForceId, account: AccountId) -> Result<Option<CursorRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT account, cursor, good_at, tried_at, next_at, failures, trouble, revisited_at, fence FROM intake_cursor WHERE force = $1 AND account = $2"),
            vals![force, account],
        )
        .await?;
    row.map(|r| {
        Ok(CursorRow {
            account: r.get("account")?,
            cursor: r.get("cursor")?,
            good_at: r.get("good_at")?,
            tried_at: r.get("tried_at")?,
            next_at: r.get("next_at")?,
            failures: r.get("failures")?,
            trouble: r.get("trouble")?,
            revisited_at: r.get("revisited_at")?,
            fence: r.get("fence")?,
        })
    })
    .transpose()
}

/// Takes or keeps the lease of an account's worker. Answers the fence, or nothing while somebody else holds it.
pub async fn lease(
    tx: &mut Tx,
    force: ForceId,
    account: AccountId,
    holder: &str,
    at: Instant,
    until: Instant,
) -> Result<Option<i64>, DbError> {
    tx.run(
        sql!("INSERT INTO intake_cursor (force, account, next_at, failures, revisited_at, leased_until, fence) VALUES ($1, $2, 0, 0, 0, 0, 0) ON CONFLICT (force, account) DO NOTHING"),
        vals![force, account],
    )
    .await?;
    tx.row(
        sql!("UPDATE intake_cursor SET fence = CASE WHEN holder = $3 THEN fence ELSE fence + 1 END, holder = $3, leased_until = $5 WHERE force = $1 AND account = $2 AND (leased_until <= $4 OR holder = $3) RETURNING fence"),
        vals![force, account, holder, at, until],
    )
    .await?
    .map(|r| r.get("fence"))
    .transpose()
}

/// Where an account's poll stands, while this holder has its lease.
pub async fn held_cursor(tx: &mut Tx, force: ForceId, account: AccountId, holder: &str, at: Instant) -> Result<Option<CursorRow>, DbError> {
    let held = tx
        .row(
            sql!("SELECT account FROM intake_cursor WHERE force = $1 AND account = $2 AND holder = $3 AND leased_until > $4"),
            vals![force, account, holder, at],
        )
        .await?;
    if held.is_none() { Ok(None) } else { cursor(tx, force, account).await }
}

/// Moves an account's poll on. Answers false when the lease was lost meanwhile and nothing changed.
pub async fn advance(tx: &mut Tx, force: ForceId, c: &CursorRow) -> Result<bool, DbError> {
    let n = tx
        .run(
            sql!("UPDATE intake_cursor SET cursor = $4, good_at = $5, tried_at = $6, next_at = $7, failures = $8, trouble = $9, revisited_at = $10 WHERE force = $1 AND account = $2 AND fence = $3"),
            vals![force, c.account, c.fence, c.cursor.clone(), c.good_at, c.tried_at, c.next_at, c.failures, c.trouble.clone(), c.revisited_at],
        )
        .await?;
    Ok(n == 1)
}

/// A connected account as the workers see it.
#[derive(Debug, Clone)]
pub struct Connected {
    pub account: AccountId,
    pub platform: String,
    /// When its credentials were given: others since then are read with anew.
    pub connected_at: Instant,
    /// When it is polled next; at once where it was connected after the last try.
    pub next_at: Instant,
    pub holder: Option<String>,
    pub leased_until: Instant,
}

/// Accounts that are to be read: connected, and neither requested nor closed.
pub async fn connected(tx: &mut Tx, force: ForceId) -> Result<Vec<Connected>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT a.id, a.platform, k.connected_at, CASE WHEN k.connected_at > COALESCE(c.tried_at, 0) THEN 0 ELSE COALESCE(c.next_at, 0) END AS next_at, c.holder, COALESCE(c.leased_until, 0) AS leased_until FROM account a JOIN connection k ON k.force = a.force AND k.account = a.id LEFT JOIN intake_cursor c ON c.force = a.force AND c.account = a.id WHERE a.force = $1 AND a.connected = 1 AND a.state NOT IN ('requested', 'closed') ORDER BY a.id LIMIT 5000"),
            vals![force],
        )
        .await?;
    rows.iter()
        .map(|r| {
            Ok(Connected {
                account: r.get("id")?,
                platform: r.get("platform")?,
                connected_at: r.get("connected_at")?,
                next_at: r.get("next_at")?,
                holder: r.get("holder")?,
                leased_until: r.get("leased_until")?,
            })
        })
        .collect()
}

pub async fn release_all(tx: &mut Tx, force: ForceId, holder: &str) -> Result<(), DbError> {
    tx.run(sql!("UPDATE intake_cursor SET leased_until = 0 WHERE force = $1 AND holder = $2"), vals![force, holder]).await?;
    Ok(())
}

/// Frees every lease, of a program that is known to have ended.
pub async fn free_leases(tx: &mut Tx, force: ForceId) -> Result<(), DbError> {
    tx.run(sql!("UPDATE intake_cursor SET leased_until = 0 WHERE force = $1 AND leased_until > 0"), vals![force]).await?;
    Ok(())
}

/// The account's next poll is at this instant.
pub async fn poll_at(tx: &mut Tx, force: ForceId, account: AccountId, at: Instant) -> Result<(), DbError> {
    tx.run(sql!("UPDATE intake_cursor SET next_at = $3 WHERE force = $1 AND account = $2"), vals![force, account, at]).await?;
    Ok(())
}

/// What every account states of itself now: complete since, or a gap since.
pub async fn open_spans(tx: &mut Tx, force: ForceId) -> Result<Vec<SpanRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, account, kind, from_at, to_at, why FROM intake_span WHERE force = $1 AND to_at IS NULL ORDER BY account LIMIT 5000"),
            vals![force],
        )
        .await?;
    rows.iter().map(span_row).collect()
}

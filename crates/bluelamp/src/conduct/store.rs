//! SQL of conduct: breach cases. Read by professional standards alone, which the pages and acts hold to.

use crate::db::{DbError, Row, Tx};
use crate::{sql, vals};
use bluelamp_domain::conduct::Outcome;
use bluelamp_domain::ids::{ForceId, PersonId};
use bluelamp_domain::time::Instant;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Breach {
    pub id: Uuid,
    pub platform: String,
    pub handle: String,
    pub about: Option<PersonId>,
    pub says: String,
    pub reported_by: PersonId,
    pub reported_at: Instant,
    pub closed: Option<Closed>,
}

#[derive(Debug, Clone)]
pub struct Closed {
    pub outcome: Outcome,
    pub note: String,
    pub by: PersonId,
    pub at: Instant,
}

fn breach_row(r: &Row) -> Result<Breach, DbError> {
    let outcome: Option<String> = r.get("outcome")?;
    let closed = match outcome {
        None => None,
        Some(word) => Some(Closed {
            outcome: Outcome::parse(&word).ok_or_else(|| DbError::Other(format!("no case ends in `{word}`")))?,
            note: r.get("note")?,
            by: r.get("closed_by")?,
            at: r.get("closed_at")?,
        }),
    };
    Ok(Breach {
        id: r.get("id")?,
        platform: r.get("platform")?,
        handle: r.get("handle")?,
        about: r.get("about")?,
        says: r.get("says")?,
        reported_by: r.get("reported_by")?,
        reported_at: r.get("reported_at")?,
        closed,
    })
}

pub async fn breach(tx: &mut Tx, force: ForceId, id: Uuid) -> Result<Option<Breach>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, platform, handle, about, says, reported_by, reported_at, outcome, note, closed_by, closed_at FROM breach_case WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(breach_row).transpose()
}

/// Every case of the force: open ones first, then the newest.
pub async fn breaches(tx: &mut Tx, force: ForceId) -> Result<Vec<Breach>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, platform, handle, about, says, reported_by, reported_at, outcome, note, closed_by, closed_at FROM breach_case WHERE force = $1 ORDER BY CASE WHEN outcome IS NULL THEN 0 ELSE 1 END, reported_at DESC, id DESC LIMIT 500"),
            vals![force],
        )
        .await?;
    rows.iter().map(breach_row).collect()
}

pub async fn insert_breach(tx: &mut Tx, force: ForceId, b: &Breach) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO breach_case (force, id, platform, handle, about, says, reported_by, reported_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
        vals![force, b.id, &b.platform, &b.handle, b.about, &b.says, b.reported_by, b.reported_at],
    )
    .await?;
    Ok(())
}

pub async fn set_closed(tx: &mut Tx, force: ForceId, id: Uuid, c: &Closed) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE breach_case SET outcome = $3, note = $4, closed_by = $5, closed_at = $6 WHERE force = $1 AND id = $2 AND outcome IS NULL"),
        vals![force, id, c.outcome.name(), &c.note, c.by, c.at],
    )
    .await?;
    Ok(())
}

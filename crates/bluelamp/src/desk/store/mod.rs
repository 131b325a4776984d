//! Rows of the desk: what was decided, written down and passed on of a message. Alarms have their own file, and so have
//! the figures of the wall. What was answered stands with publishing, which sends it.

mod alerts;
mod measures;

pub use alerts::*;
pub use measures::*;

use crate::db::{DbError, Row, Tx, Val};
use crate::{sql, vals};
use bluelamp_domain::desk::assess::{Answer, Assessed, Decided};
use bluelamp_domain::desk::referral::{Kind, Referred};
use bluelamp_domain::desk::routing::Routed;
use bluelamp_domain::ids::*;
use bluelamp_domain::intake::thrive_bits;
use bluelamp_domain::time::Instant;
use bluelamp_domain::triage::{Dimension, Thrive};
use uuid::Uuid;

fn bad(what: &str) -> DbError {
    DbError::Other(format!("column `{what}` holds a word that is not one of ours"))
}

/// The set of dimensions of stored bits.
pub fn thrive_of(bits: i64) -> Thrive {
    Dimension::ALL.into_iter().filter(|d| bits & (1 << *d as u8) != 0).collect()
}

#[derive(Debug, Clone)]
pub struct AssessmentRow {
    pub id: AssessmentId,
    pub by: PersonId,
    pub at: Instant,
    pub thrive: Thrive,
    pub answers: Vec<Answer>,
    pub decided: Decided,
    pub reason: String,
    pub lowers: bool,
}

pub async fn insert_assessment(
    tx: &mut Tx,
    force: ForceId,
    id: AssessmentId,
    message: MessageId,
    by: PersonId,
    at: Instant,
    a: &Assessed,
    revision: &str,
    pack: &str,
) -> Result<(), DbError> {
    let answers = serde_json::to_string(&a.answers).unwrap_or_else(|_| "[]".into());
    tx.run(
        sql!("INSERT INTO assessment (force, id, message, by, at, thrive, answers, decided, reason, lowers, revision, triage_pack) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"),
        vals![force, id, message, by, at, thrive_bits(a.thrive), answers, a.decided.name(), &a.reason, a.lowers, revision, pack],
    )
    .await?;
    Ok(())
}

/// Every assessment of a message, the newest first.
pub async fn assessments(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<Vec<AssessmentRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, by, at, thrive, answers, decided, reason, lowers FROM assessment WHERE force = $1 AND message = $2 ORDER BY at DESC, id DESC LIMIT 100"),
            vals![force, message],
        )
        .await?;
    rows.iter()
        .map(|r| {
            Ok(AssessmentRow {
                id: r.get("id")?,
                by: r.get("by")?,
                at: r.get("at")?,
                thrive: thrive_of(r.get("thrive")?),
                answers: r.json("answers")?,
                decided: Decided::parse(&r.get::<String>("decided")?).ok_or_else(|| bad("decided"))?,
                reason: r.get("reason")?,
                lowers: r.get("lowers")?,
            })
        })
        .collect()
}

#[derive(Debug, Clone)]
pub struct ReferralRow {
    pub id: ReferralId,
    pub kind: Kind,
    pub reference: String,
    pub theirs: String,
    pub note: String,
    pub target_at: Instant,
    pub by: PersonId,
    pub at: Instant,
}

/// The running number that the next referral of this kind and year gets.
pub async fn next_referral(tx: &mut Tx, force: ForceId, kind: Kind, year: i16) -> Result<i64, DbError> {
    let row = tx
        .row(
            sql!("SELECT number FROM referral WHERE force = $1 AND kind = $2 AND year = $3 ORDER BY number DESC LIMIT 1"),
            vals![force, kind.name(), i64::from(year)],
        )
        .await?;
    Ok(row.map_or(Ok(0), |r| r.get::<i64>("number"))? + 1)
}

pub async fn insert_referral(
    tx: &mut Tx,
    force: ForceId,
    id: ReferralId,
    message: MessageId,
    account: AccountId,
    year: i16,
    number: i64,
    by: PersonId,
    at: Instant,
    r: &Referred,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO referral (force, id, message, account, kind, year, number, reference, theirs, note, target_at, by, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"),
        vals![force, id, message, account, r.kind.name(), i64::from(year), number, &r.reference, &r.theirs, &r.note, r.target_at, by, at],
    )
    .await?;
    Ok(())
}

pub async fn referrals(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<Vec<ReferralRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, kind, reference, theirs, note, target_at, by, at FROM referral WHERE force = $1 AND message = $2 ORDER BY at, id LIMIT 100"),
            vals![force, message],
        )
        .await?;
    rows.iter()
        .map(|r| {
            Ok(ReferralRow {
                id: r.get("id")?,
                kind: Kind::parse(&r.get::<String>("kind")?).ok_or_else(|| bad("kind"))?,
                reference: r.get("reference")?,
                theirs: r.get("theirs")?,
                note: r.get("note")?,
                target_at: r.get("target_at")?,
                by: r.get("by")?,
                at: r.get("at")?,
            })
        })
        .collect()
}

#[derive(Debug, Clone)]
pub struct NoteRow {
    pub by: PersonId,
    pub at: Instant,
    pub text: String,
}

pub async fn insert_note(
    tx: &mut Tx,
    force: ForceId,
    id: Uuid,
    message: MessageId,
    by: PersonId,
    at: Instant,
    text: &str,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO message_note (force, id, message, by, at, text) VALUES ($1, $2, $3, $4, $5, $6)"),
        vals![force, id, message, by, at, text],
    )
    .await?;
    Ok(())
}

pub async fn notes(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<Vec<NoteRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT by, at, text FROM message_note WHERE force = $1 AND message = $2 ORDER BY at, id LIMIT 200"),
            vals![force, message],
        )
        .await?;
    rows.iter().map(|r| Ok(NoteRow { by: r.get("by")?, at: r.get("at")?, text: r.get("text")? })).collect()
}

#[derive(Debug, Clone)]
pub struct RoutingRow {
    pub id: Uuid,
    pub area: String,
    pub person: Option<PersonId>,
    pub note: String,
    /// A person's id, or `scheduler`.
    pub by: String,
    pub at: Instant,
    pub target_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub ended: Option<String>,
}

fn routing_row(r: &Row) -> Result<RoutingRow, DbError> {
    Ok(RoutingRow {
        id: r.get("id")?,
        area: r.get("area")?,
        person: r.get("person")?,
        note: r.get("note")?,
        by: r.get("by")?,
        at: r.get("at")?,
        target_at: r.get("target_at")?,
        ended_at: r.get("ended_at")?,
        ended: r.get("ended")?,
    })
}

/// Where a message was passed on to and lies now, if anywhere.
pub async fn open_routing(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<Option<RoutingRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, area, person, note, by, at, target_at, ended_at, ended FROM routing WHERE force = $1 AND message = $2 AND ended_at IS NULL"),
            vals![force, message],
        )
        .await?;
    row.as_ref().map(routing_row).transpose()
}

pub async fn routings(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<Vec<RoutingRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, area, person, note, by, at, target_at, ended_at, ended FROM routing WHERE force = $1 AND message = $2 ORDER BY at, id LIMIT 100"),
            vals![force, message],
        )
        .await?;
    rows.iter().map(routing_row).collect()
}

pub async fn insert_routing(
    tx: &mut Tx,
    force: ForceId,
    id: Uuid,
    message: MessageId,
    account: AccountId,
    by: &str,
    at: Instant,
    r: &Routed,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO routing (force, id, message, account, area, person, note, by, at, target_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
        vals![force, id, message, account, &r.to.area, r.to.person, &r.note, by, at, r.target_at],
    )
    .await?;
    Ok(())
}

pub async fn end_routing(tx: &mut Tx, force: ForceId, message: MessageId, how: &str, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE routing SET ended = $3, ended_at = $4 WHERE force = $1 AND message = $2 AND ended_at IS NULL"),
        vals![force, message, how, at],
    )
    .await?;
    Ok(())
}

#[derive(Debug, Clone)]
pub struct ClosureRow {
    /// An outcome, or `reopened`.
    pub outcome: String,
    pub note: String,
    pub by: PersonId,
    pub at: Instant,
}

pub async fn insert_closure(
    tx: &mut Tx,
    force: ForceId,
    id: Uuid,
    message: MessageId,
    outcome: &str,
    note: &str,
    by: PersonId,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO closure (force, id, message, outcome, note, by, at) VALUES ($1, $2, $3, $4, $5, $6, $7)"),
        vals![force, id, message, outcome, note, by, at],
    )
    .await?;
    Ok(())
}

pub async fn closures(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<Vec<ClosureRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT outcome, note, by, at FROM closure WHERE force = $1 AND message = $2 ORDER BY at, id LIMIT 100"),
            vals![force, message],
        )
        .await?;
    rows.iter().map(|r| Ok(ClosureRow { outcome: r.get("outcome")?, note: r.get("note")?, by: r.get("by")?, at: r.get("at")? })).collect()
}

/// Notes who opened a message first. Machinery: presence, no decision hangs on it.
pub async fn note_seen(tx: &mut Tx, force: ForceId, message: MessageId, person: PersonId, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO message_seen (force, message, person, at) VALUES ($1, $2, $3, $4) ON CONFLICT (force, message) DO NOTHING"),
        vals![force, message, person, at],
    )
    .await?;
    Ok(())
}

/// Which of these messages somebody has opened.
pub async fn seen(tx: &mut Tx, force: ForceId, messages: &[MessageId]) -> Result<Vec<MessageId>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT message FROM message_seen WHERE force = $1 AND message {in:$2} LIMIT 500"),
            vec![Val::from(force), Val::Ids(messages.iter().map(|m| m.0).collect())],
        )
        .await?;
    rows.iter().map(|r| r.get("message")).collect()
}

/// Areas for which somebody works: where a message can be passed on to.
pub async fn areas(tx: &mut Tx, force: ForceId) -> Result<Vec<String>, DbError> {
    let rows = tx.rows(sql!("SELECT DISTINCT areas FROM person WHERE force = $1 AND state = 'active' LIMIT 2000"), vals![force]).await?;
    let mut all = std::collections::BTreeSet::new();
    for r in &rows {
        all.extend(r.json::<Vec<String>>("areas")?.into_iter().filter(|a| !a.is_empty()));
    }
    Ok(all.into_iter().collect())
}

/// Active people who work on messages: to whom one can be passed on by name.
pub async fn workers(tx: &mut Tx, force: ForceId) -> Result<Vec<(PersonId, String)>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT DISTINCT p.id, p.name FROM person p JOIN person_role r ON r.force = p.force AND r.person = p.id WHERE p.force = $1 AND p.state = 'active' AND r.role IN ('desk', 'desk-supervisor', 'local', 'publisher', 'corporate-communications', 'digital-media-team') ORDER BY p.name, p.id LIMIT 500"),
            vals![force],
        )
        .await?;
    rows.iter().map(|r| Ok((r.get("id")?, r.get("name")?))).collect()
}

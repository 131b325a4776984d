//! Rows of alarms and of whom they reached.

use super::bad;
use crate::db::{DbError, Row, Tx, Val};
use crate::{sql, vals};
use bluelamp_domain::desk::alert::{Contact, Kind, Person};
use bluelamp_domain::ids::*;
use bluelamp_domain::time::Instant;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq)]
pub struct AlertRow {
    pub id: AlertId,
    pub account: AccountId,
    pub message: Option<MessageId>,
    /// The draft whose post did not go out.
    pub draft: Option<DraftId>,
    pub kind: Kind,
    /// What a colleague said who raised it.
    pub note: String,
    pub raised_at: Instant,
    pub contact: Contact,
    /// 0 when it was raised; one more each time it is passed on.
    pub round: i64,
    pub next_at: Instant,
    pub acknowledged_at: Option<Instant>,
    pub acknowledged_by: Option<PersonId>,
}

fn alert_row(r: &Row) -> Result<AlertRow, DbError> {
    Ok(AlertRow {
        id: r.get("id")?,
        account: r.get("account")?,
        message: r.get("message")?,
        draft: r.get("draft")?,
        kind: Kind::parse(&r.get::<String>("kind")?).ok_or_else(|| bad("kind"))?,
        note: r.get("note")?,
        raised_at: r.get("raised_at")?,
        contact: Contact::parse(&r.get::<String>("contact")?).ok_or_else(|| bad("contact"))?,
        round: r.get("round")?,
        next_at: r.get("next_at")?,
        acknowledged_at: r.get("acknowledged_at")?,
        acknowledged_by: r.get("acknowledged_by")?,
    })
}

pub async fn insert_alerts(tx: &mut Tx, force: ForceId, all: &[AlertRow], by: &str) -> Result<(), DbError> {
    let values = |a: &AlertRow| {
        vals![force, a.id, a.account, a.message, a.draft, a.kind.name(), &a.note, a.raised_at, by, a.contact.name(), a.round, a.next_at]
    };
    tx.run_all(
        sql!("INSERT INTO alert (force, id, account, message, draft, kind, note, raised_at, raised_by, contact, round, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"),
        all.iter().map(values).collect(),
    )
    .await?;
    Ok(())
}

/// The alarm of that id, whoever asks: for acts, whose questions decide.
pub async fn alert(tx: &mut Tx, force: ForceId, id: AlertId) -> Result<Option<AlertRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, account, message, draft, kind, note, raised_at, contact, round, next_at, acknowledged_at, acknowledged_by FROM alert WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(alert_row).transpose()
}

/// The alarm that rings for a message, if one does.
pub async fn ringing(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<Option<AlertRow>, DbError> {
    Ok(ringing_of(tx, force, &[message]).await?.into_iter().next())
}

/// The alarms that ring for these messages, the oldest first.
pub async fn ringing_of(tx: &mut Tx, force: ForceId, messages: &[MessageId]) -> Result<Vec<AlertRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, account, message, draft, kind, note, raised_at, contact, round, next_at, acknowledged_at, acknowledged_by FROM alert WHERE force = $1 AND message {in:$2} AND acknowledged_at IS NULL ORDER BY raised_at"),
            vec![Val::from(force), Val::Ids(messages.iter().map(|m| m.0).collect())],
        )
        .await?;
    rows.iter().map(alert_row).collect()
}

/// The alarm of this kind that rings for a draft, if one does.
pub async fn ringing_for(tx: &mut Tx, force: ForceId, draft: DraftId, kind: Kind) -> Result<Option<AlertRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, account, message, draft, kind, note, raised_at, contact, round, next_at, acknowledged_at, acknowledged_by FROM alert WHERE force = $1 AND draft = $2 AND kind = $3 AND acknowledged_at IS NULL ORDER BY raised_at LIMIT 1"),
            vals![force, draft, kind.name()],
        )
        .await?;
    row.as_ref().map(alert_row).transpose()
}

/// Alarms of a scope that nobody has acknowledged, the oldest first.
pub async fn open_alerts(tx: &mut Tx, force: ForceId, every: bool, ids: Val) -> Result<Vec<AlertRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, account, message, draft, kind, note, raised_at, contact, round, next_at, acknowledged_at, acknowledged_by FROM alert WHERE force = $1 AND acknowledged_at IS NULL AND ($2 = 1 OR account {in:$3}) ORDER BY raised_at, id LIMIT 50"),
            vec![Val::from(force), Val::from(every), ids],
        )
        .await?;
    rows.iter().map(alert_row).collect()
}

/// Alarms of a scope, the newest first, before a moment.
pub async fn alerts_before(tx: &mut Tx, force: ForceId, every: bool, ids: Val, before: Instant) -> Result<Vec<AlertRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, account, message, draft, kind, note, raised_at, contact, round, next_at, acknowledged_at, acknowledged_by FROM alert WHERE force = $1 AND ($2 = 1 OR account {in:$3}) AND raised_at < $4 ORDER BY raised_at DESC, id DESC LIMIT 100"),
            vec![Val::from(force), Val::from(every), ids, Val::from(before)],
        )
        .await?;
    rows.iter().map(alert_row).collect()
}

pub async fn alerts_of(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<Vec<AlertRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, account, message, draft, kind, note, raised_at, contact, round, next_at, acknowledged_at, acknowledged_by FROM alert WHERE force = $1 AND message = $2 ORDER BY raised_at, id LIMIT 50"),
            vals![force, message],
        )
        .await?;
    rows.iter().map(alert_row).collect()
}

pub async fn pass_on(tx: &mut Tx, force: ForceId, id: AlertId, contact: Contact, round: i64, next_at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE alert SET contact = $3, round = $4, next_at = $5 WHERE force = $1 AND id = $2 AND acknowledged_at IS NULL"),
        vals![force, id, contact.name(), round, next_at],
    )
    .await?;
    Ok(())
}

pub async fn acknowledge(tx: &mut Tx, force: ForceId, id: AlertId, by: PersonId, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE alert SET acknowledged_at = $3, acknowledged_by = $4 WHERE force = $1 AND id = $2 AND acknowledged_at IS NULL"),
        vals![force, id, at, by],
    )
    .await?;
    Ok(())
}

/// That someone was told of an alarm: when and how.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeRow {
    pub id: Uuid,
    pub person: PersonId,
    pub round: i64,
    /// `screen` or `mail`.
    pub how: &'static str,
}

/// Notes whom alarms told, once for each person, round and way.
pub async fn insert_notices(tx: &mut Tx, force: ForceId, all: &[(AlertId, NoticeRow)], at: Instant) -> Result<(), DbError> {
    tx.run_all(
        sql!("INSERT INTO alert_notice (force, id, alert, person, round, how, at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (force, alert, round, person, how) DO NOTHING"),
        all.iter().map(|(alert, n)| vals![force, n.id, *alert, n.person, n.round, n.how, at]).collect(),
    )
    .await?;
    Ok(())
}

/// Whom an alarm reached: person, round, how, when.
pub async fn notices(tx: &mut Tx, force: ForceId, alert: AlertId) -> Result<Vec<(PersonId, i64, String, Instant)>, DbError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT person, round, how, at FROM alert_notice WHERE force = $1 AND alert = $2 ORDER BY at, round, person, how LIMIT 500"
            ),
            vals![force, alert],
        )
        .await?;
    rows.iter().map(|r| Ok((r.get("person")?, r.get("round")?, r.get("how")?, r.get("at")?))).collect()
}

/// Does this alarm stand on this person's pages? A mail alone does not put it there.
pub async fn was_told(tx: &mut Tx, force: ForceId, alert: AlertId, person: PersonId) -> Result<bool, DbError> {
    Ok(tx
        .row(
            sql!("SELECT id FROM alert_notice WHERE force = $1 AND alert = $2 AND person = $3 AND how = 'screen' LIMIT 1"),
            vals![force, alert, person],
        )
        .await?
        .is_some())
}

/// Everyone whom an alarm can reach.
pub async fn reachable(tx: &mut Tx, force: ForceId) -> Result<Vec<Person>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT p.id, r.role, (SELECT COUNT(*) FROM duty d WHERE d.force = p.force AND d.person = p.id AND d.ended_at IS NULL) AS duties FROM person p JOIN person_role r ON r.force = p.force AND r.person = p.id WHERE p.force = $1 AND p.state = 'active' AND r.role IN ('desk', 'desk-supervisor', 'command', 'corporate-communications') ORDER BY p.id, r.role LIMIT 4000"),
            vals![force],
        )
        .await?;
    let mut people: Vec<Person> = Vec::new();
    for r in &rows {
        let (id, role, duties): (PersonId, String, i64) = (r.get("id")?, r.get("role")?, r.get("duties")?);
        match people.last_mut() {
            Some(p) if p.id == id => p.roles.push(role),
            _ => people.push(Person { id, roles: vec![role], on_duty: duties > 0 }),
        }
    }
    Ok(people)
}

/// Where an alarm's mail goes.
pub async fn email(tx: &mut Tx, force: ForceId, person: PersonId) -> Result<Option<String>, DbError> {
    tx.row(sql!("SELECT email FROM person WHERE force = $1 AND id = $2 AND state = 'active'"), vals![force, person])
        .await?
        .map(|r| r.get("email"))
        .transpose()
}

//! SQL of people.

use crate::db::{DbError, Row, Tx};
use crate::{sql, vals};
use bluelamp_domain::ids::*;
use bluelamp_domain::people::TaskKind;
use bluelamp_domain::time::Instant;

#[derive(Debug, Clone)]
pub struct PersonRecord {
    pub id: PersonId,
    pub name: String,
    pub email: String,
    pub kind: String,
    pub level: i64,
    pub job_title: String,
    pub areas: Vec<String>,
    pub trained_on: Option<jiff::civil::Date>,
    pub state: String,
    pub roles: Vec<String>,
}

fn record(r: &Row) -> Result<PersonRecord, DbError> {
    Ok(PersonRecord {
        id: r.get("id")?,
        name: r.get("name")?,
        email: r.get("email")?,
        kind: r.get("kind")?,
        level: r.get("level")?,
        job_title: r.get("job_title")?,
        areas: r.json("areas")?,
        trained_on: r.get("trained_on")?,
        state: r.get("state")?,
        roles: Vec::new(),
    })
}

pub async fn person(tx: &mut Tx, force: ForceId, id: PersonId) -> Result<Option<PersonRecord>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, name, email, kind, level, job_title, areas, trained_on, state FROM person WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let mut person = record(&row)?;
    let roles = tx.rows(sql!("SELECT role FROM person_role WHERE force = $1 AND person = $2 ORDER BY role"), vals![force, id]).await?;
    person.roles = roles.iter().map(|r| r.get("role")).collect::<Result<_, _>>()?;
    Ok(Some(person))
}

pub async fn person_by_email(tx: &mut Tx, force: ForceId, email: &str) -> Result<Option<PersonId>, DbError> {
    tx.row(sql!("SELECT id FROM person WHERE force = $1 AND email = $2"), vals![force, email]).await?.map(|r| r.get("id")).transpose()
}

/// Does the force have anybody at all yet?
pub async fn anybody(tx: &mut Tx, force: ForceId) -> Result<bool, DbError> {
    Ok(tx.row(sql!("SELECT id FROM person WHERE force = $1 LIMIT 1"), vals![force]).await?.is_some())
}

/// Everyone of the force by name, with their roles.
pub async fn people(tx: &mut Tx, force: ForceId) -> Result<Vec<PersonRecord>, DbError> {
    let rows = tx
        .rows(sql!("SELECT id, name, email, kind, level, job_title, areas, trained_on, state FROM person WHERE force = $1 ORDER BY name, id LIMIT 5000"), vals![force])
        .await?;
    let mut people = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    let roles =
        tx.rows(sql!("SELECT person, role FROM person_role WHERE force = $1 ORDER BY person, role LIMIT 50000"), vals![force]).await?;
    let mut by_person = std::collections::HashMap::<PersonId, Vec<String>>::new();
    for r in &roles {
        by_person.entry(r.get("person")?).or_default().push(r.get("role")?);
    }
    for person in &mut people {
        person.roles = by_person.remove(&person.id).unwrap_or_default();
    }
    Ok(people)
}

/// People after one, in the order in which they came.
pub async fn people_after(tx: &mut Tx, force: ForceId, after: uuid::Uuid, limit: i64) -> Result<Vec<PersonRecord>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, name, email, kind, level, job_title, areas, trained_on, state FROM person WHERE force = $1 AND id > $2 ORDER BY id LIMIT $3"),
            vals![force, after, limit],
        )
        .await?;
    let mut people = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    for person in &mut people {
        let roles =
            tx.rows(sql!("SELECT role FROM person_role WHERE force = $1 AND person = $2 ORDER BY role"), vals![force, person.id]).await?;
        person.roles = roles.iter().map(|r| r.get("role")).collect::<Result<_, _>>()?;
    }
    Ok(people)
}

/// The names of people, for pages that show who did what.
pub async fn names(tx: &mut Tx, force: ForceId) -> Result<std::collections::HashMap<PersonId, String>, DbError> {
    let rows = tx.rows(sql!("SELECT id, name FROM person WHERE force = $1 LIMIT 5000"), vals![force]).await?;
    rows.iter().map(|r| Ok((r.get("id")?, r.get("name")?))).collect()
}

/// Active people in a role.
pub async fn in_role(tx: &mut Tx, force: ForceId, role: &str) -> Result<Vec<PersonId>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT p.id FROM person p JOIN person_role r ON r.force = p.force AND r.person = p.id WHERE p.force = $1 AND r.role = $2 AND p.state = 'active' ORDER BY p.id LIMIT 1000"),
            vals![force, role],
        )
        .await?;
    rows.iter().map(|r| r.get("id")).collect()
}

pub async fn insert_person(tx: &mut Tx, force: ForceId, p: &PersonRecord, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!(
            "INSERT INTO person (force, id, name, email, kind, level, job_title, areas, exceptions, trained_on, state, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '[]', $9, $10, $11)"
        ),
        vals![force, p.id, &p.name, &p.email, &p.kind, p.level, &p.job_title, serde_json::to_string(&p.areas).unwrap_or_default(), p.trained_on, &p.state, at],
    )
    .await?;
    Ok(())
}

pub async fn update_person(tx: &mut Tx, force: ForceId, p: &PersonRecord) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE person SET name = $3, email = $4, kind = $5, level = $6, job_title = $7, areas = $8 WHERE force = $1 AND id = $2"),
        vals![force, p.id, &p.name, &p.email, &p.kind, p.level, &p.job_title, serde_json::to_string(&p.areas).unwrap_or_default()],
    )
    .await?;
    Ok(())
}

pub async fn set_state(tx: &mut Tx, force: ForceId, id: PersonId, state: &str) -> Result<(), DbError> {
    tx.run(sql!("UPDATE person SET state = $3 WHERE force = $1 AND id = $2"), vals![force, id, state]).await?;
    Ok(())
}

pub async fn set_trained(tx: &mut Tx, force: ForceId, id: PersonId, on: jiff::civil::Date) -> Result<(), DbError> {
    tx.run(sql!("UPDATE person SET trained_on = $3 WHERE force = $1 AND id = $2"), vals![force, id, on]).await?;
    Ok(())
}

pub async fn grant_role(tx: &mut Tx, force: ForceId, person: PersonId, role: &str, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!(
            "INSERT INTO person_role (force, person, role, granted_at) VALUES ($1, $2, $3, $4) ON CONFLICT (force, person, role) DO NOTHING"
        ),
        vals![force, person, role, at],
    )
    .await?;
    Ok(())
}

pub async fn revoke_role(tx: &mut Tx, force: ForceId, person: PersonId, role: &str) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM person_role WHERE force = $1 AND person = $2 AND role = $3"), vals![force, person, role]).await?;
    Ok(())
}

/// Gives an authorisation; one that stands already stays as it was given.
pub async fn authorise(
    tx: &mut Tx,
    force: ForceId,
    person: PersonId,
    account: AccountId,
    by: Option<PersonId>,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO authorisation (force, person, account, granted_by, granted_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (force, person, account) DO NOTHING"),
        vals![force, person, account, by, at],
    )
    .await?;
    Ok(())
}

pub async fn withdraw(tx: &mut Tx, force: ForceId, person: PersonId, account: AccountId) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM authorisation WHERE force = $1 AND person = $2 AND account = $3"), vals![force, person, account]).await?;
    Ok(())
}

/// Every role and authorisation of somebody who left.
pub async fn take_all(tx: &mut Tx, force: ForceId, person: PersonId) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM person_role WHERE force = $1 AND person = $2"), vals![force, person]).await?;
    tx.run(sql!("DELETE FROM authorisation WHERE force = $1 AND person = $2"), vals![force, person]).await?;
    Ok(())
}

/// Who may act on an account by authorisation.
pub async fn authorised(tx: &mut Tx, force: ForceId, account: AccountId) -> Result<Vec<PersonId>, DbError> {
    let rows = tx
        .rows(sql!("SELECT person FROM authorisation WHERE force = $1 AND account = $2 ORDER BY person LIMIT 1000"), vals![force, account])
        .await?;
    rows.iter().map(|r| r.get("person")).collect()
}

pub async fn accounts_of(tx: &mut Tx, force: ForceId, person: PersonId) -> Result<Vec<AccountId>, DbError> {
    let rows = tx
        .rows(sql!("SELECT account FROM authorisation WHERE force = $1 AND person = $2 ORDER BY account LIMIT 1000"), vals![force, person])
        .await?;
    rows.iter().map(|r| r.get("account")).collect()
}

/// An authorisation: for which account, since when, by whom.
#[derive(Debug, Clone)]
pub struct Authorised {
    pub account: AccountId,
    pub granted_at: Instant,
    pub granted_by: Option<String>,
}

/// What somebody is authorised for, the oldest first.
pub async fn authorisations(tx: &mut Tx, force: ForceId, person: PersonId) -> Result<Vec<Authorised>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT z.account, z.granted_at, p.name AS granted_by FROM authorisation z LEFT JOIN person p ON p.force = z.force AND p.id = z.granted_by WHERE z.force = $1 AND z.person = $2 ORDER BY z.granted_at, z.account LIMIT 1000"),
            vals![force, person],
        )
        .await?;
    rows.iter()
        .map(|r| Ok(Authorised { account: r.get("account")?, granted_at: r.get("granted_at")?, granted_by: r.get("granted_by")? }))
        .collect()
}

/// Something owed by a date.
#[derive(Debug, Clone)]
pub struct Task {
    pub id: TaskId,
    pub kind: TaskKind,
    pub owner: Option<PersonId>,
    pub role: String,
    pub subject: uuid::Uuid,
    pub clause: String,
    pub says: String,
    pub due_on: jiff::civil::Date,
    pub open: bool,
    pub opened_at: Instant,
}

fn task_row(r: &Row) -> Result<Task, DbError> {
    let kind: String = r.get("kind")?;
    Ok(Task {
        id: r.get("id")?,
        kind: TaskKind::parse(&kind).ok_or_else(|| DbError::Other(format!("no task is a `{kind}`")))?,
        owner: r.get("owner")?,
        role: r.get("role")?,
        subject: r.get("subject")?,
        clause: r.get("clause")?,
        says: r.get("says")?,
        due_on: r.get::<Option<_>>("due_on")?.ok_or_else(|| DbError::Other("a task without a date".into()))?,
        open: r.get::<String>("state")? == "open",
        opened_at: r.get("opened_at")?,
    })
}

pub async fn task(tx: &mut Tx, force: ForceId, id: TaskId) -> Result<Option<Task>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, kind, owner, role, subject, clause, says, due_on, state, opened_at FROM task WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(task_row).transpose()
}

/// The open tasks of a person and of the roles they have, by date.
pub async fn tasks_of(tx: &mut Tx, force: ForceId, person: PersonId, roles: &[String]) -> Result<Vec<Task>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, kind, owner, role, subject, clause, says, due_on, state, opened_at FROM task WHERE force = $1 AND state = 'open' AND (owner = $2 OR role IN (SELECT value FROM {lite:json_each($3)}{pg:jsonb_array_elements_text($3::jsonb) AS t(value)})) ORDER BY due_on, id LIMIT 500"),
            vals![force, person, serde_json::to_string(roles).unwrap_or_default()],
        )
        .await?;
    rows.iter().map(task_row).collect()
}

/// Every open task of a kind, by date.
pub async fn tasks_open(tx: &mut Tx, force: ForceId, kind: TaskKind) -> Result<Vec<Task>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, kind, owner, role, subject, clause, says, due_on, state, opened_at FROM task WHERE force = $1 AND state = 'open' AND kind = $2 ORDER BY due_on, id LIMIT 5000"),
            vals![force, kind.name()],
        )
        .await?;
    rows.iter().map(task_row).collect()
}

pub async fn insert_task(tx: &mut Tx, force: ForceId, t: &Task) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO task (force, id, kind, owner, role, subject, clause, says, due_on, state, opened_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', $10)"),
        vals![force, t.id, t.kind.name(), t.owner, &t.role, t.subject, &t.clause, &t.says, t.due_on, t.opened_at],
    )
    .await?;
    Ok(())
}

pub async fn settle_task(tx: &mut Tx, force: ForceId, id: TaskId, by: Option<PersonId>, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE task SET state = 'done', settled_at = $3, settled_by = $4 WHERE force = $1 AND id = $2 AND state = 'open'"),
        vals![force, id, at, by],
    )
    .await?;
    Ok(())
}

/// A refresher was attended: what was owed before the new last day is done.
pub async fn settle_refreshers(
    tx: &mut Tx,
    force: ForceId,
    person: PersonId,
    until: jiff::civil::Date,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE task SET state = 'done', settled_at = $4 WHERE force = $1 AND owner = $2 AND kind = 'refresher' AND state = 'open' AND due_on < $3"),
        vals![force, person, until, at],
    )
    .await?;
    Ok(())
}

/// The reminders made of training: whose, until when it stands, how many days before.
pub async fn reminders(tx: &mut Tx, force: ForceId, since: jiff::civil::Date) -> Result<Vec<(PersonId, jiff::civil::Date, i64)>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT person, trained_until, days FROM training_reminder WHERE force = $1 AND trained_until >= $2 ORDER BY person, trained_until, days LIMIT 20000"),
            vals![force, since],
        )
        .await?;
    rows.iter()
        .map(|r| {
            let until = r.get::<Option<_>>("trained_until")?.ok_or_else(|| DbError::Other("a reminder without a date".into()))?;
            Ok((r.get("person")?, until, r.get("days")?))
        })
        .collect()
}

pub async fn insert_reminder(
    tx: &mut Tx,
    force: ForceId,
    person: PersonId,
    until: jiff::civil::Date,
    days: i64,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO training_reminder (force, person, trained_until, days, made_at) VALUES ($1, $2, $3, $4, $5)"),
        vals![force, person, until, days, at],
    )
    .await?;
    Ok(())
}

/// A duty that has begun and not ended.
pub async fn open_duty(tx: &mut Tx, force: ForceId, person: PersonId) -> Result<Option<(DutyId, Instant)>, DbError> {
    tx.row(sql!("SELECT id, started_at FROM duty WHERE force = $1 AND person = $2 AND ended_at IS NULL"), vals![force, person])
        .await?
        .map(|r| Ok((r.get("id")?, r.get("started_at")?)))
        .transpose()
}

/// Everyone on duty now.
pub async fn on_duty(tx: &mut Tx, force: ForceId) -> Result<Vec<PersonId>, DbError> {
    let rows =
        tx.rows(sql!("SELECT person FROM duty WHERE force = $1 AND ended_at IS NULL ORDER BY started_at LIMIT 1000"), vals![force]).await?;
    rows.iter().map(|r| r.get("person")).collect()
}

pub async fn start_duty(tx: &mut Tx, force: ForceId, id: DutyId, person: PersonId, at: Instant) -> Result<(), DbError> {
    tx.run(sql!("INSERT INTO duty (force, id, person, started_at) VALUES ($1, $2, $3, $4)"), vals![force, id, person, at]).await?;
    Ok(())
}

pub async fn end_duty(tx: &mut Tx, force: ForceId, id: DutyId, at: Instant) -> Result<(), DbError> {
    tx.run(sql!("UPDATE duty SET ended_at = $3 WHERE force = $1 AND id = $2 AND ended_at IS NULL"), vals![force, id, at]).await?;
    Ok(())
}

/// The force begins.
pub async fn insert_force(tx: &mut Tx, force: ForceId, slug: &str, title: &str, zone: &str, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO force (id, force, slug, title, zone, created_at) VALUES ($1, $1, $2, $3, $4, $5)"),
        vals![force, slug, title, zone, at],
    )
    .await?;
    Ok(())
}

pub async fn force_title(tx: &mut Tx, force: ForceId) -> Result<(String, String), DbError> {
    let row = tx.row(sql!("SELECT slug, title FROM force WHERE force = $1"), vals![force]).await?;
    row.map_or(Err(DbError::Other("the force is not there".into())), |r| Ok((r.get("slug")?, r.get("title")?)))
}

pub async fn insert_adoption(
    tx: &mut Tx,
    force: ForceId,
    id: uuid::Uuid,
    hash: &str,
    name: &str,
    version: &str,
    by: &str,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO pack_adoption (force, id, hash, name, version, adopted_at, adopted_by) VALUES ($1, $2, $3, $4, $5, $6, $7)"),
        vals![force, id, hash, name, version, at, by],
    )
    .await?;
    Ok(())
}

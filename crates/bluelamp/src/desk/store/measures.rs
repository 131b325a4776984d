//! The figures of the wall and of what is unread and unanswered (LEICS-USE-1), and how long alarms wait (APP-ROLE-3).

use crate::db::{DbError, Tx, Val};
use crate::{sql, vals};
use bluelamp_domain::ids::*;
use bluelamp_domain::time::{DAY, HOUR, Instant};

/// What waits on one account: nobody has opened it, or nobody has answered or ended it, by age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub account: AccountId,
    pub unread: i64,
    /// Open and unanswered, all ages.
    pub unanswered: i64,
    /// … under an hour, under a day, under three days, older.
    pub ages: [i64; 4],
    pub oldest_at: Option<Instant>,
}

pub async fn waiting_by_account(tx: &mut Tx, force: ForceId, every: bool, ids: Val, now: Instant) -> Result<Vec<Waiting>, DbError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT m.account, COUNT(*) AS unanswered, COALESCE(SUM(CASE WHEN s.message IS NULL AND m.assessed_at IS NULL THEN 1 ELSE 0 END), 0) {pg:::bigint} AS unread, COALESCE(SUM(CASE WHEN m.received_at > $4 THEN 1 ELSE 0 END), 0) {pg:::bigint} AS hour, COALESCE(SUM(CASE WHEN m.received_at <= $4 AND m.received_at > $5 THEN 1 ELSE 0 END), 0) {pg:::bigint} AS day, COALESCE(SUM(CASE WHEN m.received_at <= $5 AND m.received_at > $6 THEN 1 ELSE 0 END), 0) {pg:::bigint} AS days, COALESCE(SUM(CASE WHEN m.received_at <= $6 THEN 1 ELSE 0 END), 0) {pg:::bigint} AS older, MIN(m.received_at) AS oldest FROM message m LEFT JOIN message_seen s ON s.force = m.force AND s.message = m.id WHERE m.force = $1 AND m.state <> 'closed' AND m.answered_at IS NULL AND ($2 = 1 OR m.account {in:$3}) GROUP BY m.account ORDER BY m.account LIMIT 2000"
            ),
            vec![
                Val::from(force),
                Val::from(every),
                ids,
                Val::from(now.plus(-HOUR)),
                Val::from(now.plus(-DAY)),
                Val::from(now.plus(-3 * DAY)),
            ],
        )
        .await?;
    rows.iter()
        .map(|r| {
            Ok(Waiting {
                account: r.get("account")?,
                unread: r.get("unread")?,
                unanswered: r.get("unanswered")?,
                ages: [r.get("hour")?, r.get("day")?, r.get("days")?, r.get("older")?],
                oldest_at: r.get("oldest")?,
            })
        })
        .collect()
}

/// Open messages by rank: how many, how many past their time, the oldest of them.
// SQLite sees that the queue's index fits only where its condition stands word for word.
pub async fn by_rank(tx: &mut Tx, force: ForceId, now: Instant) -> Result<Vec<(i64, i64, i64, Option<Instant>)>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT priority, COUNT(*) AS n, COALESCE(SUM(CASE WHEN due_at < $2 THEN 1 ELSE 0 END), 0) {pg:::bigint} AS late, MIN(received_at) AS oldest FROM message WHERE force = $1 AND state = 'open' AND state <> 'closed' GROUP BY priority ORDER BY priority LIMIT 4"),
            vals![force, now],
        )
        .await?;
    rows.iter().map(|r| Ok((r.get("priority")?, r.get("n")?, r.get("late")?, r.get("oldest")?))).collect()
}

/// Microseconds from raising to acknowledging, of alarms raised since, shortest first; those still ringing count to now.
pub async fn acknowledge_times(tx: &mut Tx, force: ForceId, since: Instant, now: Instant) -> Result<Vec<i64>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT COALESCE(acknowledged_at, $3) - raised_at AS took FROM alert WHERE force = $1 AND raised_at >= $2 ORDER BY took LIMIT 10000"),
            vals![force, since, now],
        )
        .await?;
    rows.iter().map(|r| r.get("took")).collect()
}

/// Microseconds from receipt to the first answer or end, of the newest messages received since that were dealt with,
/// shortest first.
pub async fn answer_times(tx: &mut Tx, force: ForceId, since: Instant) -> Result<Vec<i64>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT took FROM (SELECT COALESCE(answered_at, closed_at) - received_at AS took FROM message WHERE force = $1 AND received_at >= $2 AND (answered_at IS NOT NULL OR closed_at IS NOT NULL) ORDER BY received_at DESC LIMIT 2000) AS newest ORDER BY took"),
            vals![force, since],
        )
        .await?;
    rows.iter().map(|r| r.get("took")).collect()
}

/// People on duty in each hour that began in a stretch of time, by duties recorded.
pub async fn duties_since(tx: &mut Tx, force: ForceId, since: Instant) -> Result<Vec<(PersonId, Instant, Option<Instant>)>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT person, started_at, ended_at FROM duty WHERE force = $1 AND (ended_at IS NULL OR ended_at >= $2) ORDER BY started_at LIMIT 2000"),
            vals![force, since],
        )
        .await?;
    rows.iter().map(|r| Ok((r.get("person")?, r.get("started_at")?, r.get("ended_at")?))).collect()
}

/// How many came in a stretch of time, for the surge line. By account, because that is how messages are found by time.
pub async fn arrived(tx: &mut Tx, force: ForceId, from: Instant, to: Instant) -> Result<i64, DbError> {
    let row = tx
        .row(sql!("SELECT COUNT(*) AS n FROM message WHERE force = $1 AND account IN (SELECT id FROM account WHERE force = $1) AND received_at >= $2 AND received_at < $3"), vals![force, from, to])
        .await?;
    row.map_or(Ok(0), |r| r.get("n"))
}

//! Door 2, sign-in: what is needed before anybody is signed in: ceremonies under way, and the count of failures.
//! It holds no permission, and a force is not known yet (I2).

use super::{Db, DbError, Isolation};
use crate::{sql, vals};
use bluelamp_domain::ids::*;
use bluelamp_domain::security::limits::{self, Counted};
use bluelamp_domain::time::{Instant, MINUTE};

/// A ceremony as kept: what the server must remember between its start and its finish.
#[derive(Debug, Clone)]
pub struct Ceremony {
    pub kind: String,
    pub force: Option<ForceId>,
    pub person: Option<PersonId>,
    pub state: serde_json::Value,
}

/// How long a ceremony may take.
pub const LASTS: i64 = 10 * MINUTE;

/// Begins one under the hash of its secret; an older one under the same secret is over.
pub async fn begin(db: &Db, secret: &[u8], c: &Ceremony, now: Instant) -> Result<(), DbError> {
    let mut tx = db.write_open(Isolation::ReadCommitted).await?;
    tx.run(sql!("DELETE FROM ceremony WHERE secret = $1 OR ends_at <= $2"), vals![secret, now]).await?;
    tx.run(
        sql!("INSERT INTO ceremony (secret, kind, force, person, state, ends_at) VALUES ($1, $2, $3, $4, $5, $6)"),
        vals![secret, &c.kind, c.force, c.person, c.state.to_string(), now.plus(LASTS)],
    )
    .await?;
    tx.commit().await
}

/// Reads one that is still under way.
pub async fn under_way(db: &Db, secret: &[u8], kind: &str, now: Instant) -> Result<Option<Ceremony>, DbError> {
    let mut tx = db.read_open().await?;
    let row = tx
        .row(
            sql!("SELECT kind, force, person, state FROM ceremony WHERE secret = $1 AND kind = $2 AND ends_at > $3"),
            vals![secret, kind, now],
        )
        .await?;
    row.map(|r| Ok(Ceremony { kind: r.get("kind")?, force: r.get("force")?, person: r.get("person")?, state: r.json("state")? }))
        .transpose()
}

/// Takes one: it can be finished once, whatever comes of it.
pub async fn take(db: &Db, secret: &[u8], kind: &str, now: Instant) -> Result<Option<Ceremony>, DbError> {
    let mut tx = db.write_open(Isolation::ReadCommitted).await?;
    let row = tx
        .row(
            sql!("DELETE FROM ceremony WHERE secret = $1 AND kind = $2 AND ends_at > $3 RETURNING kind, force, person, state"),
            vals![secret, kind, now],
        )
        .await?;
    let taken = row
        .map(|r| Ok(Ceremony { kind: r.get("kind")?, force: r.get("force")?, person: r.get("person")?, state: r.json("state")? }))
        .transpose();
    tx.commit().await?;
    taken
}

fn key(counted: Counted, what: &str) -> String {
    let kind = match counted {
        Counted::Name => "name",
        Counted::Address => "address",
    };
    // Hashed: a count is no place to keep whom somebody tried to be.
    format!("{kind}:{}", crate::app::digest(what.as_bytes()))
}

/// Microseconds still to wait before another try; known and unknown names wait alike.
pub async fn still_waits(db: &Db, name: &str, address: &str, now: Instant) -> Result<Option<i64>, DbError> {
    let mut tx = db.read_open().await?;
    let mut longest = None;
    for (counted, what) in [(Counted::Name, name), (Counted::Address, address)] {
        let row = tx.row(sql!("SELECT failures, last_at FROM sign_in_attempt WHERE counted = $1"), vals![key(counted, what)]).await?;
        if let Some(r) = row {
            longest = longest.max(limits::waits(counted, r.get("failures")?, r.get("last_at")?, now));
        }
    }
    Ok(longest)
}

/// How many failures are counted for an address.
#[cfg(test)]
pub async fn failures(db: &Db, address: &str) -> Result<i64, DbError> {
    let mut tx = db.read_open().await?;
    let row = tx.row(sql!("SELECT failures FROM sign_in_attempt WHERE counted = $1"), vals![key(Counted::Address, address)]).await?;
    row.map_or(Ok(0), |r| r.get("failures"))
}

/// Counts a failure for the name and for the address.
pub async fn failed(db: &Db, name: &str, address: &str, now: Instant) -> Result<(), DbError> {
    let mut tx = db.write_open(Isolation::ReadCommitted).await?;
    tx.run(sql!("DELETE FROM sign_in_attempt WHERE last_at <= $1"), vals![now.plus(-limits::FORGOTTEN)]).await?;
    for (counted, what) in [(Counted::Name, name), (Counted::Address, address)] {
        tx.run(
            sql!(
                "INSERT INTO sign_in_attempt (counted, failures, last_at) VALUES ($1, 1, $2) ON CONFLICT (counted) DO UPDATE SET failures = sign_in_attempt.failures + 1, last_at = excluded.last_at"
            ),
            vals![key(counted, what), now],
        )
        .await?;
    }
    tx.commit().await
}

/// Somebody proved to be who they said: their failures are forgotten. The address's stay, or one right password would
/// buy any number of guesses at others.
pub async fn succeeded(db: &Db, name: &str) -> Result<(), DbError> {
    let mut tx = db.write_open(Isolation::ReadCommitted).await?;
    tx.run(sql!("DELETE FROM sign_in_attempt WHERE counted = $1"), vals![key(Counted::Name, name)]).await?;
    tx.commit().await
}

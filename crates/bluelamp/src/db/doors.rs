//! The doors: the only reads that lack a force, because the force is what they find (I2).

use super::{Db, DbError, Isolation, Tx};
use crate::{sql, vals};
use bluelamp_domain::ids::*;
use bluelamp_domain::time::Instant;

/// A force as the list knows it.
#[derive(Debug, Clone)]
pub struct ForceRow {
    pub id: ForceId,
    pub slug: String,
    pub title: String,
    pub zone: String,
}

/// Door 1: the list of forces.
pub async fn forces(db: &Db) -> Result<Vec<ForceRow>, DbError> {
    let mut tx = db.read_open().await?;
    let rows = tx.rows(sql!("SELECT id, slug, title, zone FROM force ORDER BY slug"), vals![]).await?;
    rows.iter().map(|r| Ok(ForceRow { id: r.get("id")?, slug: r.get("slug")?, title: r.get("title")?, zone: r.get("zone")? })).collect()
}

/// Whether this installation is `live` or `demo`; `None` before it is set up.
pub async fn mode(db: &Db) -> Result<Option<String>, DbError> {
    let mut tx = db.read_open().await?;
    tx.row(sql!("SELECT mode FROM installation WHERE one = 1"), vals![]).await?.map(|r| r.get("mode")).transpose()
}

/// Says once what this installation is. A second word that differs is refused.
pub async fn set_mode(db: &Db, mode: &str, at: Instant) -> Result<(), DbError> {
    let mut tx = db.write_open(Isolation::ReadCommitted).await?;
    tx.run(sql!("INSERT INTO installation (one, mode, created_at) VALUES (1, $1, $2) ON CONFLICT (one) DO NOTHING"), vals![mode, at])
        .await?;
    let stands: String =
        tx.row(sql!("SELECT mode FROM installation WHERE one = 1"), vals![]).await?.map(|r| r.get("mode")).transpose()?.unwrap_or_default();
    if stands != mode {
        return Err(DbError::Other(format!("this is a {stands} installation; {mode} data have no place in it")));
    }
    tx.commit().await
}

/// Content-addressed policy text, shared by all forces that run it.
pub async fn pack_files_in(tx: &mut Tx, hash: &str) -> Result<std::collections::BTreeMap<String, Vec<u8>>, DbError> {
    let rows = tx.rows(sql!("SELECT path, body FROM pack_file WHERE hash = $1"), vals![hash]).await?;
    rows.iter().map(|r| Ok((r.get("path")?, r.get("body")?))).collect()
}

/// A job as claimed: nobody else has it until the lease ends.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub force: ForceId,
    pub id: JobId,
    pub kind: String,
    pub key: String,
    pub input: serde_json::Value,
    pub attempts: i64,
    /// Grows with each claim; a finish with an old one changes nothing.
    pub fence: i64,
    pub not_before: Instant,
}

/// Is any job due? Asked before a claim, which takes the writer's turn whether it finds something or not.
pub async fn any_job_due(db: &Db, at: Instant) -> Result<bool, DbError> {
    let mut tx = db.read_open().await?;
    let due = sql!("SELECT id FROM job WHERE state = 'waiting' AND not_before <= $1 AND leased_until <= $1 LIMIT 1");
    Ok(tx.row(due, vals![at]).await?.is_some())
}

/// Door 5: claims up to `limit` jobs that are due, of any force.
pub async fn claim_jobs(db: &Db, at: Instant, lease_until: Instant, limit: i64) -> Result<Vec<Claimed>, DbError> {
    let mut tx = db.write_open(Isolation::ReadCommitted).await?;
    let due = tx
        .rows(
            sql!("SELECT force, id FROM job WHERE state = 'waiting' AND not_before <= $1 AND leased_until <= $1 ORDER BY not_before, id LIMIT $2 {skip_locked}"),
            vals![at, limit],
        )
        .await?;
    let mut claimed = Vec::with_capacity(due.len());
    for row in due {
        let (force, id): (ForceId, JobId) = (row.get("force")?, row.get("id")?);
        let r = tx
            .row(
                sql!("UPDATE job SET attempts = attempts + 1, fence = fence + 1, leased_until = $3 WHERE force = $1 AND id = $2 RETURNING kind, key, input, attempts, fence, not_before"),
                vals![force, id, lease_until],
            )
            .await?;
        let Some(r) = r else { continue };
        claimed.push(Claimed {
            force,
            id,
            kind: r.get("kind")?,
            key: r.get("key")?,
            input: r.json("input")?,
            attempts: r.get("attempts")?,
            fence: r.get("fence")?,
            not_before: r.get("not_before")?,
        });
    }
    tx.commit().await?;
    Ok(claimed)
}

/// How a claimed job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    Done,
    Again { at: Instant, why: String },
    GivenUp { why: String },
}

/// Ends a claim. Answers false when the lease was lost meanwhile and nothing changed.
pub async fn finish_job(db: &Db, job: &Claimed, finish: &Finish, at: Instant) -> Result<bool, DbError> {
    let mut tx = db.write_open(Isolation::ReadCommitted).await?;
    let (state, not_before, why, finished): (&str, Instant, Option<String>, Option<Instant>) = match finish {
        Finish::Done => ("done", job.not_before, None, Some(at)),
        Finish::Again { at: next, why } => ("waiting", *next, Some(why.clone()), None),
        Finish::GivenUp { why } => ("given-up", job.not_before, Some(why.clone()), Some(at)),
    };
    let n = tx
        .run(
            sql!("UPDATE job SET state = $4, not_before = $5, last_error = $6, finished_at = $7, leased_until = 0 WHERE force = $1 AND id = $2 AND fence = $3"),
            vals![job.force, job.id, job.fence, state, not_before, why, finished],
        )
        .await?;
    tx.commit().await?;
    Ok(n == 1)
}

/// Keeps a claim for longer. False when it is lost: it ended, or somebody else has it.
pub async fn renew_job(db: &Db, job: &Claimed, lease_until: Instant) -> Result<bool, DbError> {
    let mut tx = db.write_open(Isolation::ReadCommitted).await?;
    let n = tx
        .run(
            sql!("UPDATE job SET leased_until = $4 WHERE force = $1 AND id = $2 AND fence = $3 AND state = 'waiting' AND leased_until > 0"),
            vals![job.force, job.id, job.fence, lease_until],
        )
        .await?;
    tx.commit().await?;
    Ok(n == 1)
}

/// Frees every claim, of a program that is known to have ended.
pub async fn free_jobs(db: &Db) -> Result<u64, DbError> {
    let mut tx = db.write_open(Isolation::ReadCommitted).await?;
    let n = tx.run(sql!("UPDATE job SET leased_until = 0 WHERE state = 'waiting' AND leased_until > 0"), vals![]).await?;
    tx.commit().await?;
    Ok(n)
}

/// When the next waiting job is due, so that the runner can sleep until then.
pub async fn next_job_at(db: &Db) -> Result<Option<Instant>, DbError> {
    let mut tx = db.read_open().await?;
    let row = tx.row(sql!("SELECT not_before, leased_until FROM job WHERE state = 'waiting' ORDER BY not_before LIMIT 1"), vals![]).await?;
    row.map(|r| Ok(Instant(r.get::<i64>("not_before")?.max(r.get::<i64>("leased_until")?)))).transpose()
}

/// Is the database there? For health and for the page that says so.
pub async fn alive(db: &Db) -> Result<(), DbError> {
    let mut tx: Tx = db.read_open().await?;
    tx.row(sql!("SELECT 1 AS one"), vals![]).await.map(|_| ())
}

/// A session as found by its cookie.
#[derive(Debug, Clone)]
pub struct SessionRow {
    pub id: SessionId,
    pub force: ForceId,
    pub person: PersonId,
    pub second_factor: bool,
    pub seen_at: Instant,
    pub ends_at: Instant,
    pub zone: String,
    pub title: String,
}

/// Door 2: the session behind a cookie, by the hash of its secret.
pub async fn session(db: &Db, secret: &[u8]) -> Result<Option<SessionRow>, DbError> {
    let mut tx = db.read_open().await?;
    let row = tx
        .row(
            sql!("SELECT s.id, s.force, s.person, s.second_factor, s.seen_at, s.ends_at, f.zone, f.title FROM session s JOIN force f ON f.id = s.force WHERE s.secret = $1"),
            vals![secret],
        )
        .await?;
    row.map(|r| {
        Ok(SessionRow {
            id: r.get("id")?,
            force: r.get("force")?,
            person: r.get("person")?,
            second_factor: r.get("second_factor")?,
            seen_at: r.get("seen_at")?,
            ends_at: r.get("ends_at")?,
            zone: r.get("zone")?,
            title: r.get("title")?,
        })
    })
    .transpose()
}

/// A session gives a sign of life, at most once a minute.
pub async fn touch_session(db: &Db, id: SessionId, at: Instant) -> Result<(), DbError> {
    let mut tx = db.write_open(Isolation::ReadCommitted).await?;
    tx.run(sql!("UPDATE session SET seen_at = $2 WHERE id = $1 AND seen_at < $2"), vals![id, at]).await?;
    tx.commit().await
}

/// A token as found by its secret.
#[derive(Debug, Clone)]
pub struct TokenRow {
    pub id: TokenId,
    pub force: ForceId,
    pub person: PersonId,
    pub acts: Vec<String>,
    pub accounts: Option<Vec<AccountId>>,
    pub zone: String,
}

/// Door 2, for programs: the token behind a secret, while it stands.
pub async fn token(db: &Db, secret: &[u8], at: Instant) -> Result<Option<TokenRow>, DbError> {
    let mut tx = db.read_open().await?;
    let row = tx
        .row(
            sql!("SELECT t.id, t.force, t.person, t.acts, t.accounts, f.zone FROM token t JOIN force f ON f.id = t.force WHERE t.secret = $1 AND t.revoked_at IS NULL AND t.ends_at > $2"),
            vals![secret, at],
        )
        .await?;
    row.map(|r| {
        let accounts: Option<String> = r.get("accounts")?;
        let accounts = accounts.map(|t| serde_json::from_str(&t)).transpose().map_err(|e| DbError::Other(e.to_string()))?;
        Ok(TokenRow {
            id: r.get("id")?,
            force: r.get("force")?,
            person: r.get("person")?,
            acts: r.json("acts")?,
            accounts,
            zone: r.get("zone")?,
        })
    })
    .transpose()
}

/// Does this session still stand?
pub async fn session_stands(db: &Db, id: SessionId, at: Instant) -> Result<bool, DbError> {
    let mut tx = db.read_open().await?;
    Ok(tx.row(sql!("SELECT id FROM session WHERE id = $1 AND ends_at > $2"), vals![id, at]).await?.is_some())
}

/// Stores a pack's text under its content hash. Storing is not adopting: nothing runs it yet.
pub async fn store_pack(db: &Db, hash: &str, name: &str, files: &std::collections::BTreeMap<String, Vec<u8>>) -> Result<(), DbError> {
    let mut tx = db.write_open(Isolation::ReadCommitted).await?;
    super::principal::store_pack(&mut tx, hash, "name", name.as_bytes()).await?;
    for (path, body) in files {
        super::principal::store_pack(&mut tx, hash, path, body).await?;
    }
    tx.commit().await
}

/// A session to be opened.
pub struct NewSession {
    pub id: SessionId,
    pub force: ForceId,
    pub person: PersonId,
    pub secret: Vec<u8>,
    pub second_factor: bool,
    pub device: String,
    pub device_hash: Vec<u8>,
    pub address: String,
    pub ends_at: Instant,
}

pub async fn insert_session(db: &Db, s: &NewSession, at: Instant) -> Result<(), DbError> {
    let mut tx = db.write_open(Isolation::ReadCommitted).await?;
    tx.run(
        sql!(
            "INSERT INTO session (id, force, person, secret, second_factor, device, device_hash, address, created_at, seen_at, ends_at, factor_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $9)"
        ),
        vals![s.id, s.force, s.person, s.secret.clone(), s.second_factor, &s.device, s.device_hash.clone(), &s.address, at, s.ends_at],
    )
    .await?;
    tx.commit().await
}

/// Door 3: whom a one-time link is for, while it works.
pub async fn link(db: &Db, secret: &[u8], at: Instant) -> Result<Option<(ForceId, PersonId)>, DbError> {
    let mut tx = db.read_open().await?;
    let row = tx
        .row(sql!("SELECT force, person FROM invite_link WHERE secret = $1 AND used_at IS NULL AND ends_at > $2"), vals![secret, at])
        .await?;
    row.map(|r| Ok((r.get("force")?, r.get("person")?))).transpose()
}

/// Door 3: whose webhook address this is, by the token's hash.
pub async fn hook(db: &Db, token: &[u8]) -> Result<Option<HookRow>, DbError> {
    let mut tx = db.read_open().await?;
    let row = tx
        .row(sql!("SELECT h.force, h.account, h.turn, f.zone FROM hook h JOIN force f ON f.id = h.force WHERE h.token = $1"), vals![token])
        .await?;
    row.map(|r| Ok(HookRow { force: r.get("force")?, account: r.get("account")?, turn: r.get("turn")?, zone: r.get("zone")? })).transpose()
}

/// A webhook address as found by its token.
#[derive(Debug, Clone)]
pub struct HookRow {
    pub force: ForceId,
    pub account: AccountId,
    pub turn: i64,
    pub zone: String,
}

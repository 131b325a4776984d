//! SQL of security: credentials, recovery codes, known devices and places, sessions, tokens.

use crate::db::{DbError, Row, Tx};
use crate::{sql, vals};
use bluelamp_domain::ids::*;
use bluelamp_domain::security::credential::Kind;
use bluelamp_domain::time::Instant;

#[derive(Debug, Clone)]
pub struct Credential {
    pub id: CredentialId,
    pub person: PersonId,
    pub kind: Kind,
    pub name: String,
    pub handle: Option<Vec<u8>>,
    pub data: String,
    pub sealed: Option<Vec<u8>>,
    pub last_step: i64,
    pub added_at: Instant,
    pub used_at: Option<Instant>,
}

fn credential(r: &Row) -> Result<Credential, DbError> {
    let kind: String = r.get("kind")?;
    Ok(Credential {
        id: r.get("id")?,
        person: r.get("person")?,
        kind: Kind::parse(&kind).ok_or_else(|| DbError::Other(format!("no credential is a `{kind}`")))?,
        name: r.get("name")?,
        handle: r.get("handle")?,
        data: r.get("data")?,
        sealed: r.get("sealed")?,
        last_step: r.get("last_step")?,
        added_at: r.get("added_at")?,
        used_at: r.get("used_at")?,
    })
}

pub async fn credentials(tx: &mut Tx, force: ForceId, person: PersonId) -> Result<Vec<Credential>, DbError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT id, person, kind, name, handle, data, sealed, last_step, added_at, used_at FROM credential WHERE force = $1 AND person = $2 ORDER BY added_at, id LIMIT 100"
            ),
            vals![force, person],
        )
        .await?;
    rows.iter().map(credential).collect()
}

/// A passkey by its own id, which a browser names when it signs in.
pub async fn passkey(tx: &mut Tx, force: ForceId, handle: &[u8]) -> Result<Option<Credential>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, person, kind, name, handle, data, sealed, last_step, added_at, used_at FROM credential WHERE force = $1 AND handle = $2"),
            vals![force, handle],
        )
        .await?;
    row.as_ref().map(credential).transpose()
}

pub async fn insert_credential(tx: &mut Tx, force: ForceId, c: &Credential) -> Result<(), DbError> {
    tx.run(
        sql!(
            "INSERT INTO credential (force, id, person, kind, name, handle, data, sealed, last_step, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        vals![force, c.id, c.person, c.kind.name(), &c.name, c.handle.clone(), &c.data, c.sealed.clone(), c.last_step, c.added_at],
    )
    .await?;
    Ok(())
}

pub async fn delete_credential(tx: &mut Tx, force: ForceId, id: CredentialId) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM credential WHERE force = $1 AND id = $2"), vals![force, id]).await?;
    Ok(())
}

/// It was used: when, the time step of its code, and a passkey's counter as it is now.
pub async fn used_credential(
    tx: &mut Tx,
    force: ForceId,
    id: CredentialId,
    step: i64,
    data: Option<&str>,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE credential SET used_at = $3, last_step = $4, data = COALESCE($5, data) WHERE force = $1 AND id = $2"),
        vals![force, id, at, step, data],
    )
    .await?;
    Ok(())
}

/// The hash of the recovery code at a place, while it is unused.
pub async fn recovery_code(tx: &mut Tx, force: ForceId, person: PersonId, place: usize) -> Result<Option<String>, DbError> {
    tx.row(
        sql!("SELECT hash FROM recovery_code WHERE force = $1 AND person = $2 AND place = $3 AND used_at IS NULL"),
        vals![force, person, place],
    )
    .await?
    .map(|r| r.get("hash"))
    .transpose()
}

/// How many recovery codes are left, and when they were made.
pub async fn recovery_left(tx: &mut Tx, force: ForceId, person: PersonId) -> Result<usize, DbError> {
    let row = tx
        .row(sql!("SELECT COUNT(*) AS n FROM recovery_code WHERE force = $1 AND person = $2 AND used_at IS NULL"), vals![force, person])
        .await?;
    row.map_or(Ok(0), |r| r.get("n"))
}

pub async fn use_recovery_code(tx: &mut Tx, force: ForceId, person: PersonId, place: usize, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE recovery_code SET used_at = $4 WHERE force = $1 AND person = $2 AND place = $3 AND used_at IS NULL"),
        vals![force, person, place, at],
    )
    .await?;
    Ok(())
}

/// New codes take the place of all old ones.
pub async fn replace_recovery_codes(tx: &mut Tx, force: ForceId, person: PersonId, hashes: &[String], at: Instant) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM recovery_code WHERE force = $1 AND person = $2"), vals![force, person]).await?;
    for (place, hash) in hashes.iter().enumerate() {
        tx.run(
            sql!("INSERT INTO recovery_code (force, person, place, hash, made_at) VALUES ($1, $2, $3, $4, $5)"),
            vals![force, person, place, hash, at],
        )
        .await?;
    }
    Ok(())
}

/// A device or network that someone signed in from.
#[derive(Debug, Clone)]
pub struct Mark {
    pub person: PersonId,
    pub kind: String,
    pub says: String,
    pub first_at: Instant,
}

pub async fn has_mark(tx: &mut Tx, force: ForceId, person: PersonId, kind: &str, mark: &str) -> Result<bool, DbError> {
    let row = tx
        .row(
            sql!("SELECT id FROM sign_in_mark WHERE force = $1 AND person = $2 AND kind = $3 AND mark = $4"),
            vals![force, person, kind, mark],
        )
        .await?;
    Ok(row.is_some())
}

pub async fn keep_mark(
    tx: &mut Tx,
    force: ForceId,
    id: uuid::Uuid,
    person: PersonId,
    kind: &str,
    mark: &str,
    says: &str,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!(
            "INSERT INTO sign_in_mark (force, id, person, kind, mark, says, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (force, person, kind, mark) DO UPDATE SET last_at = excluded.last_at"
        ),
        vals![force, id, person, kind, mark, says, at],
    )
    .await?;
    Ok(())
}

/// What was new since an instant, newest first: of one person, or of everyone.
pub async fn new_marks(tx: &mut Tx, force: ForceId, person: Option<PersonId>, since: Instant) -> Result<Vec<Mark>, DbError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT person, kind, says, first_at FROM sign_in_mark WHERE force = $1 AND first_at > $2 AND ($3 = 1 OR person = $4) ORDER BY first_at DESC, id DESC LIMIT 200"
            ),
            vals![force, since, person.is_none(), person.unwrap_or(PersonId(uuid::Uuid::nil()))],
        )
        .await?;
    rows.iter()
        .map(|r| Ok(Mark { person: r.get("person")?, kind: r.get("kind")?, says: r.get("says")?, first_at: r.get("first_at")? }))
        .collect()
}

/// A session as its list shows it.
#[derive(Debug, Clone)]
pub struct Session {
    pub id: SessionId,
    pub person: PersonId,
    pub device: String,
    pub address: String,
    pub created_at: Instant,
    pub seen_at: Instant,
    pub ends_at: Instant,
    pub factor_at: Instant,
}

fn session_row(r: &Row) -> Result<Session, DbError> {
    Ok(Session {
        id: r.get("id")?,
        person: r.get("person")?,
        device: r.get("device")?,
        address: r.get("address")?,
        created_at: r.get("created_at")?,
        seen_at: r.get("seen_at")?,
        ends_at: r.get("ends_at")?,
        factor_at: r.get("factor_at")?,
    })
}

pub async fn session(tx: &mut Tx, force: ForceId, id: SessionId) -> Result<Option<Session>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, person, device, address, created_at, seen_at, ends_at, factor_at FROM session WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(session_row).transpose()
}

pub async fn sessions_of(tx: &mut Tx, force: ForceId, person: PersonId) -> Result<Vec<Session>, DbError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT id, person, device, address, created_at, seen_at, ends_at, factor_at FROM session WHERE force = $1 AND person = $2 ORDER BY seen_at DESC, id DESC LIMIT 200"
            ),
            vals![force, person],
        )
        .await?;
    rows.iter().map(session_row).collect()
}

/// Every session of the force, the last used first.
pub async fn sessions(tx: &mut Tx, force: ForceId) -> Result<Vec<Session>, DbError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT id, person, device, address, created_at, seen_at, ends_at, factor_at FROM session WHERE force = $1 ORDER BY seen_at DESC, id DESC LIMIT 2000"
            ),
            vals![force],
        )
        .await?;
    rows.iter().map(session_row).collect()
}

/// Sessions that are over: past their end, or unused since `unused_since`.
pub async fn sessions_over(tx: &mut Tx, force: ForceId, unused_since: Instant, now: Instant) -> Result<Vec<Session>, DbError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT id, person, device, address, created_at, seen_at, ends_at, factor_at FROM session WHERE force = $1 AND (seen_at <= $2 OR ends_at <= $3) ORDER BY seen_at LIMIT 500"
            ),
            vals![force, unused_since, now],
        )
        .await?;
    rows.iter().map(session_row).collect()
}

/// What a session begins with.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub id: SessionId,
    pub person: PersonId,
    pub secret: Vec<u8>,
    pub device: String,
    pub device_hash: Vec<u8>,
    pub address: String,
    pub ends_at: Instant,
}

pub async fn insert_session(tx: &mut Tx, force: ForceId, s: &NewSession, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!(
            "INSERT INTO session (id, force, person, secret, second_factor, device, device_hash, address, created_at, seen_at, ends_at, factor_at) VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, $8, $9, $8)"
        ),
        vals![s.id, force, s.person, s.secret.clone(), &s.device, s.device_hash.clone(), &s.address, at, s.ends_at],
    )
    .await?;
    Ok(())
}

/// The person proved themselves again: the session gets a new secret, so that an old cookie is worth nothing.
pub async fn renew_session(tx: &mut Tx, force: ForceId, id: SessionId, secret: &[u8], at: Instant) -> Result<(), DbError> {
    tx.run(sql!("UPDATE session SET secret = $3, factor_at = $4, seen_at = $4 WHERE force = $1 AND id = $2"), vals![force, id, secret, at])
        .await?;
    Ok(())
}

pub async fn delete_session(tx: &mut Tx, force: ForceId, id: SessionId) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM session WHERE force = $1 AND id = $2"), vals![force, id]).await?;
    Ok(())
}

/// A token as its list shows it; its secret is nowhere.
#[derive(Debug, Clone)]
pub struct Token {
    pub id: TokenId,
    pub person: PersonId,
    pub name: String,
    pub acts: Vec<String>,
    pub accounts: Option<Vec<AccountId>>,
    pub created_at: Instant,
    pub ends_at: Instant,
    pub revoked_at: Option<Instant>,
}

fn token_row(r: &Row) -> Result<Token, DbError> {
    let accounts: Option<String> = r.get("accounts")?;
    Ok(Token {
        id: r.get("id")?,
        person: r.get("person")?,
        name: r.get("name")?,
        acts: r.json("acts")?,
        accounts: accounts.map(|t| serde_json::from_str(&t)).transpose().map_err(|e| DbError::Other(e.to_string()))?,
        created_at: r.get("created_at")?,
        ends_at: r.get("ends_at")?,
        revoked_at: r.get("revoked_at")?,
    })
}

pub async fn token(tx: &mut Tx, force: ForceId, id: TokenId) -> Result<Option<Token>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, person, name, acts, accounts, created_at, ends_at, revoked_at FROM token WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(token_row).transpose()
}

pub async fn tokens_of(tx: &mut Tx, force: ForceId, person: PersonId) -> Result<Vec<Token>, DbError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT id, person, name, acts, accounts, created_at, ends_at, revoked_at FROM token WHERE force = $1 AND person = $2 ORDER BY created_at DESC, id DESC LIMIT 200"
            ),
            vals![force, person],
        )
        .await?;
    rows.iter().map(token_row).collect()
}

pub async fn insert_token(tx: &mut Tx, force: ForceId, t: &Token, secret: &[u8]) -> Result<(), DbError> {
    let accounts = t.accounts.as_ref().map(|a| serde_json::to_string(a).unwrap_or_default());
    tx.run(
        sql!(
            "INSERT INTO token (id, force, person, secret, name, acts, accounts, created_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        vals![t.id, force, t.person, secret, &t.name, serde_json::to_string(&t.acts).unwrap_or_default(), accounts, t.created_at, t.ends_at],
    )
    .await?;
    Ok(())
}

pub async fn revoke_token(tx: &mut Tx, force: ForceId, id: TokenId, at: Instant) -> Result<(), DbError> {
    tx.run(sql!("UPDATE token SET revoked_at = $3 WHERE force = $1 AND id = $2 AND revoked_at IS NULL"), vals![force, id, at]).await?;
    Ok(())
}

/// A one-time link; older ones of the same person stop working.
pub async fn insert_link(tx: &mut Tx, force: ForceId, person: PersonId, secret: &[u8], ends_at: Instant) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM invite_link WHERE force = $1 AND person = $2 AND used_at IS NULL"), vals![force, person]).await?;
    tx.run(sql!("INSERT INTO invite_link (secret, force, person, ends_at) VALUES ($1, $2, $3, $4)"), vals![secret, force, person, ends_at])
        .await?;
    Ok(())
}

/// Marks a link used; false when it was used, replaced or over already.
pub async fn use_link(tx: &mut Tx, force: ForceId, secret: &[u8], at: Instant) -> Result<bool, DbError> {
    let n = tx
        .run(
            sql!("UPDATE invite_link SET used_at = $3 WHERE force = $1 AND secret = $2 AND used_at IS NULL AND ends_at > $3"),
            vals![force, secret, at],
        )
        .await?;
    Ok(n == 1)
}

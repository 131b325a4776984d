//! Rows of the register, of connections and of webhook addresses.

use crate::db::{DbError, Row, Tx, Val};
use crate::{sql, vals};
use bluelamp_domain::accounts::{AccountKind, AccountState, Monitor, fold_handle};
use bluelamp_domain::ids::{AccountId, ForceId, PersonId};
use bluelamp_domain::time::Instant;

/// An account with what rules and pages ask of it.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountRow {
    pub id: AccountId,
    pub platform: String,
    pub handle: String,
    pub title: String,
    pub kind: AccountKind,
    pub state: AccountState,
    pub state_before: Option<AccountState>,
    /// Empty: the whole force.
    pub area: String,
    pub owner: Option<PersonId>,
    pub owner_name: Option<String>,
    pub purpose: String,
    pub url: String,
    pub monitored_by: Vec<Monitor>,
    /// When it is watched, in words for the public.
    pub hours: String,
    pub public_listed: bool,
    pub private_decision: String,
    pub connected: bool,
    pub remote_account: String,
    pub last_post_at: Option<Instant>,
    pub created_at: Instant,
    pub changed_at: Instant,
    /// People authorised for it.
    pub contributors: i64,
    /// What its platform lets us do; empty while it is not connected.
    pub can: Vec<String>,
    pub connection_state: Option<String>,
    pub connection_why: Option<String>,
    /// How it is protected on its platform, where somebody has looked.
    pub protection: Option<Protection>,
}

/// How an account is protected on its own platform, as a person found it there.
#[derive(Debug, Clone, PartialEq)]
pub struct Protection {
    pub two_factor: bool,
    pub login_alerts: bool,
    /// Who else can sign in there; empty: nobody.
    pub others: String,
    /// Devices there that nobody knows or needs; empty: none.
    pub unknown_devices: String,
    pub checked_at: Instant,
    pub checked_by: PersonId,
    pub checked_by_name: String,
}

fn protection(r: &Row) -> Result<Option<Protection>, DbError> {
    let Some(checked_at) = r.get::<Option<Instant>>("protection_at")? else { return Ok(None) };
    Ok(Some(Protection {
        two_factor: r.get("two_factor")?,
        login_alerts: r.get("login_alerts")?,
        others: r.get("others")?,
        unknown_devices: r.get("unknown_devices")?,
        checked_at,
        checked_by: r.get("protection_by")?,
        checked_by_name: r.get::<Option<String>>("protection_by_name")?.unwrap_or_default(),
    }))
}

fn bad(what: &str) -> DbError {
    DbError::Other(format!("column `{what}` holds a word that is not one of ours"))
}

fn account_row(r: &Row) -> Result<AccountRow, DbError> {
    let monitors: Vec<String> = r.json("monitored_by")?;
    let can: Option<String> = r.get("can")?;
    let before: Option<String> = r.get("state_before")?;
    Ok(AccountRow {
        id: r.get("id")?,
        platform: r.get("platform")?,
        handle: r.get("handle")?,
        title: r.get("title")?,
        kind: AccountKind::parse(&r.get::<String>("kind")?).ok_or_else(|| bad("kind"))?,
        state: AccountState::parse(&r.get::<String>("state")?).ok_or_else(|| bad("state"))?,
        state_before: before.as_deref().and_then(AccountState::parse),
        area: r.get("area")?,
        owner: r.get("owner")?,
        owner_name: r.get("owner_name")?,
        purpose: r.get("purpose")?,
        url: r.get("url")?,
        monitored_by: monitors.iter().filter_map(|m| Monitor::parse(m)).collect(),
        hours: r.get("hours")?,
        public_listed: r.get("public_listed")?,
        private_decision: r.get("private_decision")?,
        connected: r.get("connected")?,
        remote_account: r.get("remote_account")?,
        last_post_at: r.get("last_post_at")?,
        created_at: r.get("created_at")?,
        changed_at: r.get("changed_at")?,
        contributors: r.get("contributors")?,
        can: can.map_or(Ok(Vec::new()), |c| serde_json::from_str(&c).map_err(|_| bad("can")))?,
        connection_state: r.get("connection_state")?,
        connection_why: r.get("connection_why")?,
        protection: protection(r)?,
    })
}

/// The account of that id, whoever asks: for acts, whose questions decide.
pub async fn account(tx: &mut Tx, force: ForceId, id: AccountId) -> Result<Option<AccountRow>, DbError> {
    let row = tx
        .row(
            sql!(
                "SELECT a.id, a.platform, a.handle, a.title, a.kind, a.state, a.state_before, a.area, a.owner, p.name AS owner_name, a.purpose, a.url, a.monitored_by, a.hours, a.public_listed, a.private_decision, a.connected, a.remote_account, a.last_post_at, a.created_at, a.changed_at, c.can, c.state AS connection_state, c.why AS connection_why, n.two_factor, n.login_alerts, n.others, n.unknown_devices, n.checked_at AS protection_at, n.checked_by AS protection_by, q.name AS protection_by_name, (SELECT COUNT(*) FROM authorisation z WHERE z.force = a.force AND z.account = a.id) AS contributors FROM account a LEFT JOIN person p ON p.force = a.force AND p.id = a.owner LEFT JOIN connection c ON c.force = a.force AND c.account = a.id LEFT JOIN native_protection n ON n.force = a.force AND n.account = a.id LEFT JOIN person q ON q.force = n.force AND q.id = n.checked_by WHERE a.force = $1 AND a.id = $2"
            ),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(account_row).transpose()
}

/// Accounts that a person may see, by title. A force has hundreds, so the list comes whole.
pub async fn accounts(tx: &mut Tx, force: ForceId, every: bool, ids: Val) -> Result<Vec<AccountRow>, DbError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT a.id, a.platform, a.handle, a.title, a.kind, a.state, a.state_before, a.area, a.owner, p.name AS owner_name, a.purpose, a.url, a.monitored_by, a.hours, a.public_listed, a.private_decision, a.connected, a.remote_account, a.last_post_at, a.created_at, a.changed_at, c.can, c.state AS connection_state, c.why AS connection_why, n.two_factor, n.login_alerts, n.others, n.unknown_devices, n.checked_at AS protection_at, n.checked_by AS protection_by, q.name AS protection_by_name, (SELECT COUNT(*) FROM authorisation z WHERE z.force = a.force AND z.account = a.id) AS contributors FROM account a LEFT JOIN person p ON p.force = a.force AND p.id = a.owner LEFT JOIN connection c ON c.force = a.force AND c.account = a.id LEFT JOIN native_protection n ON n.force = a.force AND n.account = a.id LEFT JOIN person q ON q.force = n.force AND q.id = n.checked_by WHERE a.force = $1 AND ($2 = 1 OR a.id {in:$3}) ORDER BY a.title, a.id LIMIT 2000"
            ),
            vec![Val::from(force), Val::from(every), ids],
        )
        .await?;
    rows.iter().map(account_row).collect()
}

/// What was found on the platform, over whatever was found before; the ledger has both.
pub async fn put_protection(tx: &mut Tx, force: ForceId, account: AccountId, p: &Protection) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO native_protection (force, account, two_factor, login_alerts, others, unknown_devices, checked_at, checked_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (force, account) DO UPDATE SET two_factor = excluded.two_factor, login_alerts = excluded.login_alerts, others = excluded.others, unknown_devices = excluded.unknown_devices, checked_at = excluded.checked_at, checked_by = excluded.checked_by"),
        vals![force, account, p.two_factor, p.login_alerts, &p.others, &p.unknown_devices, p.checked_at, p.checked_by],
    )
    .await?;
    Ok(())
}

/// Is this handle on this platform in the register already, closed accounts apart?
pub async fn by_handle(tx: &mut Tx, force: ForceId, platform: &str, handle: &str) -> Result<Option<AccountId>, DbError> {
    tx.row(
        sql!("SELECT id FROM account WHERE force = $1 AND platform = $2 AND handle_folded = $3 AND state <> 'closed'"),
        vals![force, platform, fold_handle(handle)],
    )
    .await?
    .map(|r| r.get("id"))
    .transpose()
}

pub async fn insert_account(tx: &mut Tx, force: ForceId, a: &AccountRow) -> Result<(), DbError> {
    tx.run(
        sql!(
            "INSERT INTO account (force, id, platform, handle, handle_folded, title, kind, state, area, owner, purpose, url, monitored_by, hours, public_listed, private_decision, connected, remote_account, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, '', $17, $17)"
        ),
        vals![
            force, a.id, &a.platform, &a.handle, fold_handle(&a.handle), &a.title, a.kind.name(), a.state.name(), &a.area, a.owner,
            &a.purpose, &a.url, monitors_json(&a.monitored_by), &a.hours, a.public_listed, &a.private_decision, a.created_at
        ],
    )
    .await?;
    Ok(())
}

/// Writes what a person may change.
pub async fn update_account(tx: &mut Tx, force: ForceId, a: &AccountRow, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!(
            "UPDATE account SET handle = $3, handle_folded = $4, title = $5, kind = $6, state = $7, state_before = $8, area = $9, owner = $10, purpose = $11, url = $12, monitored_by = $13, hours = $14, public_listed = $15, private_decision = $16, changed_at = $17 WHERE force = $1 AND id = $2"
        ),
        vals![
            force, a.id, &a.handle, fold_handle(&a.handle), &a.title, a.kind.name(), a.state.name(),
            a.state_before.map(|s| s.name().to_owned()), &a.area, a.owner, &a.purpose, &a.url, monitors_json(&a.monitored_by), &a.hours,
            a.public_listed, &a.private_decision, at
        ],
    )
    .await?;
    Ok(())
}

fn monitors_json(monitors: &[Monitor]) -> String {
    serde_json::to_string(monitors).unwrap_or_else(|_| "[]".into())
}

pub async fn set_connected(tx: &mut Tx, force: ForceId, id: AccountId, connected: bool, remote: &str, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE account SET connected = $3, remote_account = $4, changed_at = $5 WHERE force = $1 AND id = $2"),
        vals![force, id, connected, remote, at],
    )
    .await?;
    Ok(())
}

/// The newest post went out; kept so that the register need not ask.
pub async fn set_last_post(tx: &mut Tx, force: ForceId, id: AccountId, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE account SET last_post_at = $3 WHERE force = $1 AND id = $2 AND (last_post_at IS NULL OR last_post_at < $3)"),
        vals![force, id, at],
    )
    .await?;
    Ok(())
}

/// A connection as stored: sealed.
#[derive(Debug, Clone)]
pub struct ConnectionRow {
    pub account: AccountId,
    pub sealed: Vec<u8>,
    pub base: String,
    pub handle: String,
    pub can: Vec<String>,
    /// `working`, `failing` (the platform), `needs-person` (the credential).
    pub state: String,
    pub why: String,
    pub state_since: Instant,
    pub connected_at: Instant,
    pub renewed_at: Instant,
    pub checked_at: Instant,
    pub expires_at: Option<Instant>,
    pub version: i64,
}

pub async fn connection(tx: &mut Tx, force: ForceId, account: AccountId) -> Result<Option<ConnectionRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT account, sealed, base, handle, can, state, why, state_since, connected_at, renewed_at, checked_at, expires_at, version FROM connection WHERE force = $1 AND account = $2"),
            vals![force, account],
        )
        .await?;
    row.map(|r| {
        Ok(ConnectionRow {
            account: r.get("account")?,
            sealed: r.get("sealed")?,
            base: r.get("base")?,
            handle: r.get("handle")?,
            can: r.json("can")?,
            state: r.get("state")?,
            why: r.get("why")?,
            state_since: r.get("state_since")?,
            connected_at: r.get("connected_at")?,
            renewed_at: r.get("renewed_at")?,
            checked_at: r.get("checked_at")?,
            expires_at: r.get("expires_at")?,
            version: r.get("version")?,
        })
    })
    .transpose()
}

/// Puts a connection in place, over whatever was there.
pub async fn put_connection(tx: &mut Tx, force: ForceId, c: &ConnectionRow) -> Result<(), DbError> {
    tx.run(
        sql!(
            "INSERT INTO connection (force, account, sealed, base, handle, can, state, why, state_since, connected_at, renewed_at, checked_at, expires_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (force, account) DO UPDATE SET sealed = excluded.sealed, base = excluded.base, handle = excluded.handle, can = excluded.can, state = excluded.state, why = excluded.why, state_since = excluded.state_since, connected_at = excluded.connected_at, renewed_at = excluded.renewed_at, checked_at = excluded.checked_at, expires_at = excluded.expires_at, version = excluded.version"
        ),
        vals![
            force, c.account, c.sealed.clone(), &c.base, &c.handle, serde_json::to_string(&c.can).unwrap_or_default(), &c.state, &c.why,
            c.state_since, c.connected_at, c.renewed_at, c.checked_at, c.expires_at, c.version
        ],
    )
    .await?;
    Ok(())
}

pub async fn delete_connection(tx: &mut Tx, force: ForceId, account: AccountId) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM connection WHERE force = $1 AND account = $2"), vals![force, account]).await?;
    tx.run(sql!("DELETE FROM hook WHERE force = $1 AND account = $2"), vals![force, account]).await?;
    Ok(())
}

pub async fn hosts(tx: &mut Tx, force: ForceId, account: AccountId) -> Result<Vec<String>, DbError> {
    let rows = tx
        .rows(sql!("SELECT host FROM account_host WHERE force = $1 AND account = $2 ORDER BY host LIMIT 200"), vals![force, account])
        .await?;
    rows.iter().map(|r| r.get("host")).collect()
}

pub async fn insert_host(tx: &mut Tx, force: ForceId, account: AccountId, host: &str, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO account_host (force, account, host, allowed_at) VALUES ($1, $2, $3, $4) ON CONFLICT (force, account, host) DO NOTHING"),
        vals![force, account, host, at],
    )
    .await?;
    Ok(())
}

/// Which of its webhook addresses an account has now; 0 before the first.
pub async fn hook_turn(tx: &mut Tx, force: ForceId, account: AccountId) -> Result<i64, DbError> {
    let row = tx.row(sql!("SELECT turn FROM hook WHERE force = $1 AND account = $2"), vals![force, account]).await?;
    row.map_or(Ok(0), |r| r.get("turn"))
}

pub async fn put_hook(tx: &mut Tx, force: ForceId, account: AccountId, token: &[u8], turn: i64, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO hook (token, force, account, turn, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (force, account) DO UPDATE SET token = excluded.token, turn = excluded.turn, created_at = excluded.created_at"),
        vals![token, force, account, turn, at],
    )
    .await?;
    Ok(())
}

/// One line of an account's life: an entry of the ledger about it.
#[derive(Debug, Clone)]
pub struct LifeLine {
    pub at: Instant,
    pub act: String,
    pub decision: String,
    pub principal: String,
    pub who: Option<String>,
}

/// What was done to an account, newest first, before `before`.
pub async fn life(tx: &mut Tx, force: ForceId, id: AccountId, before: Instant) -> Result<Vec<LifeLine>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT at, act, decision, principal FROM ledger_entry WHERE force = $1 AND subject = $2 AND at < $3 AND act <> 'intake.receive' ORDER BY at DESC, id DESC LIMIT 100"),
            vals![force, id, before],
        )
        .await?;
    let mut out = Vec::with_capacity(rows.len());
    for r in &rows {
        let principal: String = r.get("principal")?;
        out.push(LifeLine { at: r.get("at")?, act: r.get("act")?, decision: r.get("decision")?, who: None, principal });
    }
    for line in &mut out {
        if let Ok(person) = line.principal.parse::<PersonId>() {
            let row = tx.row(sql!("SELECT name FROM person WHERE force = $1 AND id = $2"), vals![force, person]).await?;
            line.who = row.map(|r| r.get("name")).transpose()?;
        }
    }
    Ok(out)
}

/// The accounts that the public is told of (APP-SEC-5).
pub async fn public_accounts(tx: &mut Tx, force: ForceId) -> Result<Vec<AccountRow>, DbError> {
    Ok(accounts(tx, force, true, Val::Ids(Vec::new())).await?.into_iter().filter(|a| a.public_listed && a.state.is_public()).collect())
}

/// People who can own an account, for the form.
pub async fn owners(tx: &mut Tx, force: ForceId) -> Result<Vec<(PersonId, String)>, DbError> {
    let rows = tx
        .rows(sql!("SELECT id, name FROM person WHERE force = $1 AND state = 'active' ORDER BY name, id LIMIT 2000"), vals![force])
        .await?;
    rows.iter().map(|r| Ok((r.get("id")?, r.get("name")?))).collect()
}

/// When something went out, by account, as the ledger has it.
pub async fn sent_since(tx: &mut Tx, force: ForceId, since: Instant) -> Result<Vec<(AccountId, Instant)>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT account, at FROM ledger_entry WHERE force = $1 AND act = 'publishing.record_sent' AND decision = 'done' AND account IS NOT NULL AND at >= $2 ORDER BY at LIMIT 100000"),
            vals![force, since],
        )
        .await?;
    rows.iter().map(|r| Ok((r.get("account")?, r.get("at")?))).collect()
}

//! From an account to something that can speak: its connector, its opened credentials, its way out.
//!
//! Credentials are opened at the moment of use and dropped after it; nothing here logs or shows them (I7).

use super::store::{self, AccountRow, ConnectionRow};
use crate::act::{Ctx, Fault};
use crate::app::{App, EgressUse};
use crate::db::Tx;
use crate::vault::{Place, Secret};
use bluelamp_domain::ids::{AccountId, ForceId};
use bluelamp_platforms::{Connection, Connector, Egress};
use std::sync::Arc;
use zeroize::Zeroizing;

/// A connected account, ready for a call.
pub struct Line {
    pub account: AccountRow,
    pub connection: Connection,
    pub connector: Arc<dyn Connector>,
    pub net: Arc<dyn Egress>,
    pub row: ConnectionRow,
}

/// Why an account cannot speak.
#[derive(Debug, thiserror::Error)]
pub enum NoLine {
    #[error("there is no such account")]
    NoAccount,
    #[error("the account is not connected: connect it first")]
    NotConnected,
    #[error("this installation has no connector for `{0}`")]
    NoConnector(String),
    #[error("the account's stored credentials do not open; connect it again")]
    Sealed,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<crate::db::DbError> for NoLine {
    fn from(e: crate::db::DbError) -> Self {
        NoLine::Fault(e.into())
    }
}

/// Where an account's credentials are bound to.
pub fn place(force: ForceId, account: AccountId) -> Place {
    Place { force, table: "connection", id: account.0, column: "sealed" }
}

/// Seals credentials for their account.
pub fn seal(app: &App, force: ForceId, account: AccountId, connection: &Connection) -> Result<Vec<u8>, Fault> {
    let plain = Zeroizing::new(serde_json::to_vec(connection).map_err(|e| Fault::Broken(e.to_string()))?);
    app.vault.seal(place(force, account), &plain, &app.random()).map_err(|e| Fault::Broken(e.to_string()))
}

/// Opens what [`seal`] sealed.
pub fn open(app: &App, force: ForceId, account: AccountId, sealed: &[u8]) -> Option<Connection> {
    let secret = app.vault.open(place(force, account), sealed).ok()?;
    serde_json::from_slice(secret.expose()).ok()
}

/// A connected account, ready to be spoken to: what it takes to know that a call is the platform's own.
pub struct Ear {
    pub account: AccountRow,
    pub connection: Connection,
    pub connector: Arc<dyn Connector>,
    pub row: ConnectionRow,
}

async fn ear(app: &App, tx: &mut Tx, force: ForceId, account: AccountId) -> Result<Ear, NoLine> {
    let account = store::account(tx, force, account).await?.ok_or(NoLine::NoAccount)?;
    let row = store::connection(tx, force, account.id).await?.ok_or(NoLine::NotConnected)?;
    let connector = app.connector(&account.platform).ok_or_else(|| NoLine::NoConnector(account.platform.clone()))?.clone();
    let connection = open(app, force, account.id, &row.sealed).ok_or(NoLine::Sealed)?;
    Ok(Ear { account, connection, connector, row })
}

/// The account's ear, in a reading transaction of its own.
pub async fn ear_of(ctx: &Ctx, account: AccountId) -> Result<Ear, NoLine> {
    let mut tx = ctx.read().await?;
    ear(&ctx.app, &mut tx, ctx.force, account).await
}

/// The account's line, read in the given transaction. Drop the transaction before calling out (I4).
pub async fn line(app: &App, tx: &mut Tx, force: ForceId, account: AccountId) -> Result<Line, NoLine> {
    let Ear { account, connection, connector, row } = ear(app, tx, force, account).await?;
    let mut hosts = own_hosts(&connection);
    hosts.extend(store::hosts(tx, force, account.id).await?);
    let net = (app.egress)(&EgressUse { account: account.id.to_string(), app: account.platform.clone(), hosts: Some(hosts) });
    Ok(Line { account, connection, connector, net, row })
}

/// As [`line`], in a reading transaction of its own.
pub async fn line_of(ctx: &Ctx, account: AccountId) -> Result<Line, NoLine> {
    let mut tx = ctx.read().await?;
    line(&ctx.app, &mut tx, ctx.force, account).await
}

/// The hosts that a connection itself names: its server, and the addresses its server gave when it was made.
fn own_hosts(connection: &Connection) -> Vec<String> {
    std::iter::once(&connection.base).chain(connection.facts.values()).filter_map(|address| url_host(address)).collect()
}

/// The host of an address with a scheme.
pub fn url_host(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    if !["https", "http", "wss", "ws"].contains(&scheme) {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = if let Some(v6) = host.strip_prefix('[') { v6.split(']').next()? } else { host.split(':').next()? };
    (!host.is_empty()).then(|| host.to_lowercase())
}

/// An account's webhook address and the secret that signs what comes there. Both are derived from the master key, so
/// that neither is stored; a new connection takes a new turn and the old address dies.
pub struct Hook {
    pub token: String,
    pub secret: Secret,
}

pub fn hook(app: &App, force: ForceId, account: AccountId, turn: i64) -> Hook {
    let half = |what: &str| hex::encode(&app.vault.derive(format!("hook|{what}|{force}|{account}|{turn}").as_bytes())[..]);
    Hook { token: half("token")[..40].to_owned(), secret: Secret::new(half("secret").into_bytes()) }
}

/// The path on the public listener where the account's webhooks arrive, and their secret; `None` before it is connected.
pub async fn hook_of(ctx: &Ctx, account: AccountId) -> Result<Option<(String, Secret)>, Fault> {
    let mut tx = ctx.read().await?;
    let turn = store::hook_turn(&mut tx, ctx.force, account).await?;
    Ok((turn > 0).then(|| {
        let hook = hook(&ctx.app, ctx.force, account, turn);
        (format!("/hooks/{}", hook.token), hook.secret)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_out_of_addresses() {
        let host = |a| url_host(a).unwrap_or_default();
        assert_eq!(host("https://PDS.example:443/x?y"), "pds.example");
        assert_eq!(host("http://[::1]:80/"), "::1");
        assert_eq!(host("https://user:pw@social.example"), "social.example");
        assert_eq!((host("not an address"), host("https://")), (String::new(), String::new()));
        assert_eq!(host("at://did:plc:example/app/1"), "");
    }
}

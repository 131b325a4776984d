//! Credentials: an app password becomes a session once; the session is renewed, never made again.

use super::client::{Answer, Client, Effect, Fault};
use super::{ACCESS, REFRESH};
use crate::contract::*;
use crate::egress::{Egress, Repeat};
use base64::Engine;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const HOME: &str = "https://bsky.social";
/// The scope of a session made with the account's main password.
const MAIN_PASSWORD: &str = "com.atproto.access";

pub(super) async fn connect(net: &dyn Egress, given: &Given) -> Outcome<Connection> {
    let word = |key: &str| given.get(key).map(|v| v.trim()).unwrap_or_default();
    let (handle, password) = (word("handle").trim_start_matches('@'), word("password"));
    if handle.is_empty() || password.is_empty() {
        return Outcome::Rejected { why: "the handle and the app password are both needed".into() };
    }
    let Some(server) = origin(if word("server").is_empty() { HOME } else { word("server") }) else {
        return Outcome::Rejected { why: "the server is not an address: write it like https://bsky.social".into() };
    };
    let body = json!({"identifier": handle, "password": password});
    let client = Client::anonymous(net, &server, password);
    let answer = match client.post("com.atproto.server.createSession", &body, Effect::None, Repeat::Never).await {
        Ok(answer) => answer,
        Err(Fault::Unauthorised { .. }) => {
            return Outcome::Unauthorised { why: "the server does not accept this handle with this app password".into() };
        }
        Err(fault) => return fault.outcome(),
    };
    settled(&answer, &server, &BTreeMap::new())
}

pub(super) async fn renew(net: &dyn Egress, connection: &Connection) -> Outcome<Connection> {
    let client = Client::new(net, connection).refreshing(connection);
    // The old refresh token stays good for a while, so that a lost answer can be asked for again.
    match client.post("com.atproto.server.refreshSession", &Value::Null, Effect::None, Repeat::Safe).await {
        Ok(answer) => match settled(&answer, &connection.base, &connection.facts) {
            Outcome::Done(new) if new.remote_account != connection.remote_account => {
                Outcome::Broken { why: "the server answered for another account".into() }
            }
            outcome => outcome,
        },
        Err(Fault::Unauthorised { .. }) => {
            Outcome::Unauthorised { why: "the app password was taken back or has ended: connect the account again".into() }
        }
        Err(fault) => fault.outcome(),
    }
}

pub(super) async fn check(net: &dyn Egress, connection: &Connection) -> Outcome<String> {
    let answer = match Client::new(net, connection).get("com.atproto.server.getSession", &[]).await {
        Ok(answer) => answer.value,
        Err(fault) => return fault.outcome(),
    };
    match (answer.get("did").and_then(Value::as_str), answer.get("handle").and_then(Value::as_str)) {
        (Some(did), _) if did != connection.remote_account => Outcome::Broken { why: "the server answered for another account".into() },
        (Some(_), Some(handle)) => match inactive(&answer) {
            Some(why) => Outcome::Unauthorised { why },
            None => Outcome::Done(handle.to_string()),
        },
        _ => Outcome::Broken { why: "the server's answer names no account".into() },
    }
}

/// A session as the server gave it.
fn settled(answer: &Answer, base: &str, before: &BTreeMap<String, String>) -> Outcome<Connection> {
    let word = |key: &str| answer.value.get(key).and_then(Value::as_str).filter(|s| !s.is_empty());
    let (Some(did), Some(access), Some(refresh)) = (word("did"), word("accessJwt"), word("refreshJwt")) else {
        return Outcome::Broken { why: "the server's answer holds no session".into() };
    };
    if let Some(why) = inactive(&answer.value) {
        return Outcome::Unauthorised { why };
    }
    let claims = claims(access);
    let scope = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
    if scope == MAIN_PASSWORD {
        return Outcome::Rejected {
            why: "this is the account's main password, which can do everything: make an app password in Bluesky's settings and use that"
                .into(),
        };
    }
    let mut facts = before.clone();
    facts.insert("scope".into(), scope.to_string());
    Outcome::Done(Connection {
        base: endpoint(&answer.value).unwrap_or_else(|| base.to_string()),
        remote_account: did.to_string(),
        handle: word("handle").unwrap_or(did).to_string(),
        secrets: BTreeMap::from([(ACCESS.to_string(), access.to_string()), (REFRESH.to_string(), refresh.to_string())]),
        facts,
        expires_at: claims.get("exp").and_then(Value::as_i64).and_then(|s| s.checked_mul(1_000_000)),
    })
}

fn inactive(session: &Value) -> Option<String> {
    if session.get("active").and_then(Value::as_bool) != Some(false) {
        return None;
    }
    let status = session.get("status").and_then(Value::as_str).unwrap_or("inactive");
    Some(match status {
        "takendown" | "suspended" => "Bluesky has suspended this account: ask its support".into(),
        _ => "this account is not active: activate it at its server".into(),
    })
}

/// The account's own server, as its identity document says.
fn endpoint(session: &Value) -> Option<String> {
    let services = session.pointer("/didDoc/service")?.as_array()?;
    let own = services.iter().find(|s| s.get("id").and_then(Value::as_str).is_some_and(|id| id.ends_with("#atproto_pds")))?;
    origin(own.get("serviceEndpoint")?.as_str()?)
}

/// Scheme, host and port alone; `https` where no scheme was written.
fn origin(address: &str) -> Option<String> {
    let whole = if address.contains("://") { address.to_string() } else { format!("https://{address}") };
    let url = url::Url::parse(&whole).ok()?;
    let plain = matches!(url.scheme(), "https" | "http") && url.has_host() && url.username().is_empty() && url.password().is_none();
    plain.then(|| url.origin().ascii_serialization())
}

/// What an access token says of itself. Not verified: it is the server's own, given back to it.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap_or_default();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

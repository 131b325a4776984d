//! Connecting an account: the app on its server, the authorise address, the code's exchange, and what the server
//! says of itself.

use super::call::{Body, Call, ask, done, refused, send};
use super::wire::{Account, App, Instance, Token};
use crate::contract::{Asked, Connection, Given, Outcome};
use crate::egress::{Egress, Method, Repeat};
use base64::Engine;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What Bluelamp asks a server for; no more (`platforms/mastodon` sheet, §2).
pub const SCOPES: &str = "read:accounts read:statuses read:notifications read:search write:statuses write:media write:blocks write:mutes \
     write:reports write:filters write:notifications";
/// The server shows the code to the person, who brings it.
pub const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

pub fn asks() -> Vec<Asked> {
    let one = |key: &str, label: &str, hint: &str, secret| Asked { key: key.into(), label: label.into(), hint: hint.into(), secret };
    vec![
        one("base", "Server address", "The account's own server, for example https://social.example", false),
        one("access_token", "Access token", "From the server's settings, under development. Leave empty to use a code instead", true),
        one("client_id", "App id", "From the app's registration on this server; only with a code", false),
        one("client_secret", "App secret", "From the app's registration on this server; only with a code", true),
        one("code", "Authorisation code", "Shown after agreeing on the server; used once", true),
        one("code_verifier", "Code verifier", "Made with the authorise address; only with a code", true),
        one("redirect_uri", "Return address", "As registered; empty where the server showed the code", false),
    ]
}

/// An address as we use it: https, or http on this computer; no path.
pub fn base_of(given: &str) -> Option<String> {
    let given = given.trim();
    let url = url::Url::parse(given).or_else(|_| url::Url::parse(&format!("https://{given}"))).ok()?;
    let local = match url.host()? {
        url::Host::Ipv4(ip) => ip.is_loopback(),
        url::Host::Ipv6(ip) => ip.is_loopback(),
        url::Host::Domain(name) => name == "localhost",
    };
    let good = url.scheme() == "https" || url.scheme() == "http" && local;
    (good && url.username().is_empty() && url.password().is_none()).then(|| url.origin().ascii_serialization())
}

/// Registers Bluelamp on a server. Once per server: keep what comes back.
pub async fn register_app(net: &dyn Egress, base: &str, name: &str, redirect_uri: &str, website: &str) -> Outcome<App> {
    let Some(bare) = base_of(base).map(bare) else { return no_address() };
    let body = json!({ "client_name": name, "redirect_uris": redirect_uri, "scopes": SCOPES, "website": website });
    ask(net, &bare, Call::once(Method::Post, "/api/v1/apps", body)).await
}

/// RFC 7636: what the authorise address carries of a verifier.
pub fn challenge(verifier: &str) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// Where a person agrees that Bluelamp may use the account. `state` comes back untouched; `verifier` stays with us.
pub fn authorise_url(base: &str, client_id: &str, redirect_uri: &str, state: &str, verifier: &str) -> Option<url::Url> {
    let mut url = url::Url::parse(&format!("{}/oauth/authorize", base_of(base)?)).ok()?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("scope", SCOPES)
        .append_pair("state", state)
        .append_pair("code_challenge", &challenge(verifier))
        .append_pair("code_challenge_method", "S256")
        .append_pair("force_login", "true");
    Some(url)
}

pub async fn connect(net: &dyn Egress, given: &Given) -> Outcome<Connection> {
    let value = |key: &str| given.get(key).map(|v| v.trim()).filter(|v| !v.is_empty());
    let Some(mut connection) = value("base").and_then(base_of).map(bare) else { return no_address() };
    // Here before anything is asked, so that a server that repeats them is not repeated.
    for key in ["access_token", "client_secret", "code", "code_verifier"] {
        if let Some(secret) = value(key) {
            connection.secrets.insert(key.to_owned(), secret.to_owned());
        }
    }
    if let (None, Some(code)) = (value("access_token"), value("code")) {
        let (Some(id), Some(secret)) = (value("client_id"), value("client_secret")) else {
            return Outcome::Rejected { why: "a code needs the app's id and secret: register the app on this server first".into() };
        };
        let body = json!({
            "grant_type": "authorization_code", "code": code, "client_id": id, "client_secret": secret,
            "redirect_uri": value("redirect_uri").unwrap_or(OUT_OF_BAND), "code_verifier": value("code_verifier"), "scope": SCOPES,
        });
        let token: Token = match ask(net, &connection, Call::once(Method::Post, "/oauth/token", body)).await {
            Outcome::Done(token) => token,
            Outcome::Rejected { why } | Outcome::Unauthorised { why } => {
                return Outcome::Rejected { why: format!("the server did not take the code, which is good once and for a minute: {why}") };
            }
            other => return other.map(|_| unreachable!("Done was taken above")),
        };
        connection.secrets.insert("access_token".to_owned(), token.access_token);
        connection.facts.insert("client_id".to_owned(), id.to_owned());
    } else if value("access_token").is_none() {
        return Outcome::Rejected { why: "give an access token, or an app's id and secret with a code".into() };
    }
    connection.secrets.remove("code");
    connection.secrets.remove("code_verifier");
    let account: Account = done!(ask(net, &connection, Call::get("/api/v1/accounts/verify_credentials")).await);
    connection.remote_account = account.id;
    connection.handle = account.acct;
    let facts = done!(facts(net, &connection).await);
    connection.facts.extend(facts);
    Outcome::Done(connection)
}

/// Gives the access token back, when an account is closed. Needs the app's id and secret.
pub async fn revoke(net: &dyn Egress, connection: &Connection) -> Outcome<()> {
    let (Some(id), Some(secret)) = (connection.facts.get("client_id"), connection.secrets.get("client_secret")) else {
        return Outcome::Rejected { why: "the token came from the server's settings: take it back there".into() };
    };
    let body = json!({ "client_id": id, "client_secret": secret, "token": connection.secrets.get("access_token") });
    let call = Call { body: Body::Json(body), repeat: Repeat::Safe, ..Call::again(Method::Post, "/oauth/revoke") };
    let response = done!(send(net, connection, call).await);
    if response.status == 200 { Outcome::Done(()) } else { refused(connection, &response, true) }
}

/// What the server says of itself, version 2 first, version 1 where there is no version 2.
pub async fn facts(net: &dyn Egress, connection: &Connection) -> Outcome<BTreeMap<String, String>> {
    let second = done!(send(net, connection, Call::get("/api/v2/instance")).await);
    let told: Instance = if second.status == 404 {
        done!(ask(net, connection, Call::get("/api/v1/instance")).await)
    } else {
        done!(super::call::read(connection, &second, false))
    };
    let (software, version) = software(&told.version);
    let mut facts = BTreeMap::from([
        ("software".to_owned(), software.clone()),
        ("version".to_owned(), told.version.chars().take(60).collect()),
        ("title".to_owned(), told.title.chars().take(120).collect()),
    ]);
    let mut put = |name: &str, value: Option<String>| value.map(|v| facts.insert(name.to_owned(), v));
    let figure = |n: Option<usize>| n.filter(|n| *n > 0).map(|n| n.to_string());
    let (texts, media) = (&told.configuration.statuses, &told.configuration.media_attachments);
    put("max_characters", figure(texts.max_characters.or(told.max_toot_chars)));
    put("max_media", figure(texts.max_media_attachments));
    put("per_url", figure(texts.characters_reserved_per_url));
    put("description_limit", figure(media.description_limit));
    put("image_size_limit", figure(media.image_size_limit));
    let images: Vec<&str> = media.supported_mime_types.iter().map(String::as_str).filter(|t| t.starts_with("image/")).collect();
    put("image_types", (!images.is_empty()).then(|| images.join(" ")));
    put("streaming", told.configuration.urls.streaming.or(told.urls.streaming_api).filter(|s| !s.is_empty() && software != "takahe"));
    // Only Mastodon itself is known to answer the first status to a repeated key (the sheet's §3).
    put("idempotency", Some(if software == "mastodon" { "yes" } else { "no" }.to_owned()));
    put("many", Some(if software == "mastodon" && version >= (4, 3) { "yes" } else { "no" }.to_owned()));
    put("reports", Some(if software == "takahe" { "no" } else { "yes" }.to_owned()));
    Outcome::Done(facts)
}

/// `4.6.0`, `takahe/0.11.0`, `2.7.2 (compatible; Pleroma 2.5.0)`.
pub fn software(version: &str) -> (String, (u32, u32)) {
    let numbers = |v: &str| {
        let mut parts = v.split(['.', '-', '+', ' ']).map(|p| p.parse().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
    };
    if let Some((_, inner)) = version.split_once("(compatible; ") {
        let name = inner.split([' ', ')', '/']).next().unwrap_or_default();
        return (name.to_lowercase(), (0, 0));
    }
    match version.split_once('/') {
        Some((name, rest)) => (name.to_lowercase(), numbers(rest)),
        None => ("mastodon".to_owned(), numbers(version)),
    }
}

fn bare(base: String) -> Connection {
    Connection {
        base,
        remote_account: String::new(),
        handle: String::new(),
        secrets: BTreeMap::new(),
        facts: BTreeMap::new(),
        expires_at: None,
    }
}

fn no_address<T>() -> Outcome<T> {
    Outcome::Rejected { why: "give the address of the account's server, for example `https://social.example`".into() }
}

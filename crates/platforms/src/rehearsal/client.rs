//! The rehearsal platform's API, request by request, through [`Egress`].

use super::map::{micros, rfc3339};
use super::wire::{self, EventPage, Item, Limits, Measure, NewPost, Post, Refused, Taken, Token};
use crate::contract::{Capabilities, Connection, Given, Image, Micros, Moderation, Outcome, Outgoing, Page, Raw, Receipt, Seen, Subject};
use crate::egress::{Egress, Method, Repeat, Request, Response};
use crate::fits::why_not;
use crate::said::said;
use base64::Engine;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use unicode_segmentation::UnicodeSegmentation;

const TIMEOUT_MS: u64 = 10_000;
const PAGE: usize = 50;
/// How long to leave a server alone that says "too many" without saying for how long.
const PAUSE: Micros = 60_000_000;

/// Unwraps a `Done` or hands the other outcome on.
macro_rules! done {
    ($outcome:expr) => {
        match $outcome {
            Outcome::Done(value) => value,
            other => return other.map(|_| unreachable!("Done was taken above")),
        }
    };
}

pub async fn connect(net: &dyn Egress, given: &Given) -> Outcome<Connection> {
    let (Some(base), Some(key)) = (given.get("base"), given.get("key")) else {
        return Outcome::Rejected { why: "give the server's address and the account's key".into() };
    };
    let base = match url::Url::parse(base.trim()) {
        Ok(u) if loopback(&u) => u.as_str().trim_end_matches('/').to_owned(),
        _ => {
            return Outcome::Rejected {
                why: "the rehearsal platform lives on this computer alone: give an address like `http://127.0.0.1:8090`".into(),
            };
        }
    };
    let mut connection = Connection {
        base,
        remote_account: String::new(),
        handle: String::new(),
        secrets: BTreeMap::from([("key".to_owned(), key.trim().to_owned())]),
        facts: BTreeMap::new(),
        expires_at: None,
    };
    connection = done!(renew(net, &connection).await);
    let limits: Limits = done!(get(net, &connection, "/v1/server").await);
    connection.facts = BTreeMap::from([
        ("server".to_owned(), limits.server),
        ("max_characters".to_owned(), limits.max_characters.to_string()),
        ("max_images".to_owned(), limits.max_images.to_string()),
        ("max_image_bytes".to_owned(), limits.max_image_bytes.to_string()),
        ("max_alt".to_owned(), limits.max_alt.to_string()),
    ]);
    Outcome::Done(connection)
}

/// A fresh access token for the account's key. Asking twice changes nothing.
pub async fn renew(net: &dyn Egress, connection: &Connection) -> Outcome<Connection> {
    let key = connection.secrets.get("key").cloned().unwrap_or_default();
    let body = wire::TokenRequest { key };
    let token: Token = done!(match post(net, connection, "/v1/tokens", &body, Repeat::Safe).await {
        Outcome::Unknown { why } => Outcome::Broken { why },
        other => other,
    });
    let mut fresh = connection.clone();
    fresh.expires_at = micros(&token.expires_at);
    fresh.remote_account = token.account.id;
    fresh.handle = token.account.handle;
    fresh.secrets.insert("token".to_owned(), token.access_token);
    Outcome::Done(fresh)
}

pub async fn check(net: &dyn Egress, connection: &Connection) -> Outcome<String> {
    get::<wire::Person>(net, connection, "/v1/me").await.map(|p| p.handle)
}

pub async fn publish(net: &dyn Egress, connection: &Connection, limits: &Capabilities, item: &Outgoing) -> Outcome<Receipt> {
    if let Some(why) = why_not(item, item.text.graphemes(true).count(), limits) {
        return Outcome::Rejected { why };
    }
    // The key makes a repeat harmless, so the egress client may try again by itself.
    post::<_, Post>(net, connection, "/v1/posts", &new_post(item), Repeat::Safe).await.map(receipt)
}

pub async fn find(net: &dyn Egress, connection: &Connection, item: &Outgoing) -> Outcome<Option<Receipt>> {
    let path = format!("/v1/posts/by-key/{}", percent_encoding::utf8_percent_encode(&item.key, percent_encoding::NON_ALPHANUMERIC));
    let response = done!(send(net, connection, Method::Get, &path, Vec::new(), Repeat::Safe).await);
    if gone(&response) {
        return Outcome::Done(None);
    }
    read::<Post>(connection, response, Repeat::Safe).map(|p| Some(receipt(p)))
}

pub async fn read_back(net: &dyn Egress, connection: &Connection, id: &str) -> Outcome<Seen> {
    let response = done!(send(net, connection, Method::Get, &item_path(id), Vec::new(), Repeat::Safe).await);
    if gone(&response) {
        return Outcome::Done(Seen::Gone);
    }
    read::<Item>(connection, response, Repeat::Safe).map(|i| Seen::Live { text: i.text })
}

pub async fn delete(net: &dyn Egress, connection: &Connection, id: &str) -> Outcome<()> {
    let response = done!(send(net, connection, Method::Delete, &item_path(id), Vec::new(), Repeat::Safe).await);
    if gone(&response) {
        return Outcome::Done(());
    }
    read::<Taken>(connection, response, Repeat::Never).map(drop)
}

pub async fn moderate(net: &dyn Egress, connection: &Connection, what: Moderation, subject: &Subject) -> Outcome<()> {
    let (action, repeat) = match what {
        Moderation::Hide => ("hide", Repeat::Safe),
        Moderation::Unhide => ("unhide", Repeat::Safe),
        Moderation::Delete => ("delete", Repeat::Safe),
        Moderation::Block => ("block", Repeat::Safe),
        Moderation::Unblock => ("unblock", Repeat::Safe),
        Moderation::Report => ("report", Repeat::Never),
    };
    let body = Measure {
        action: action.to_owned(),
        message: subject.remote_id.clone(),
        person: subject.author_id.clone(),
        ground: subject.ground.clone(),
        reason: subject.reason.clone(),
    };
    post::<_, Taken>(net, connection, "/v1/moderation", &body, repeat).await.map(drop)
}

pub async fn poll(net: &dyn Egress, connection: &Connection, cursor: Option<&str>) -> Outcome<Page> {
    let path = match cursor.map(str::parse::<u64>) {
        None => format!("/v1/events?limit={PAGE}"),
        Some(Ok(after)) => format!("/v1/events?limit={PAGE}&after={after}"),
        Some(Err(_)) => return Outcome::Rejected { why: "the cursor is not one of this platform's: start the account's poll anew".into() },
    };
    let response = done!(send(net, connection, Method::Get, &path, Vec::new(), Repeat::Safe).await);
    // Each event is kept as it came: what we cannot read must still reach quarantine.
    let events: serde_json::Value = done!(read(connection, response.clone(), Repeat::Safe));
    let page: EventPage = done!(read(connection, response, Repeat::Safe));
    let items = events["events"].as_array().into_iter().flatten();
    Outcome::Done(Page {
        items: items.map(|e| Raw { kind: "event".into(), body: e.to_string().into_bytes() }).collect(),
        next: Some(page.next.to_string()),
        more: page.more,
        reaches_back_to: page.complete_from.as_deref().and_then(micros),
    })
}

pub async fn fetch_media(net: &dyn Egress, connection: &Connection, url: &str, limit: usize) -> Outcome<Vec<u8>> {
    let Some(path) = url.strip_prefix(connection.base.as_str()).filter(|p| p.starts_with('/')) else {
        return Outcome::Rejected { why: "the picture is not on the account's own server".into() };
    };
    let response = done!(send(net, connection, Method::Get, path, Vec::new(), Repeat::Safe).await);
    if response.status == 200 {
        if response.body.len() > limit {
            return Outcome::Rejected { why: format!("the picture is larger than {limit} bytes") };
        }
        return Outcome::Done(response.body);
    }
    refused(connection, &response, Repeat::Safe)
}

fn new_post(item: &Outgoing) -> NewPost {
    let picture = |i: &Image| wire::Picture {
        mime: i.mime.clone(),
        alt: i.alt.clone(),
        data: base64::engine::general_purpose::STANDARD.encode(&i.bytes),
    };
    NewPost {
        key: item.key.clone(),
        text: item.text.clone(),
        language: item.language.clone(),
        images: item.images.iter().map(picture).collect(),
        reply_to: item.reply_to.as_ref().map(|r| r.remote_id.clone()),
        private_to: item.reply_to.as_ref().filter(|r| r.private).map(|r| r.author_id.clone()),
        created_at: rfc3339(item.created_at),
    }
}

fn receipt(post: Post) -> Receipt {
    Receipt { remote_id: post.id, url: post.url, extra: BTreeMap::new() }
}

fn item_path(id: &str) -> String {
    format!("/v1/items/{}", percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC))
}

fn loopback(url: &url::Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && match url.host() {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        }
}

async fn get<T: DeserializeOwned>(net: &dyn Egress, connection: &Connection, path: &str) -> Outcome<T> {
    let response = done!(send(net, connection, Method::Get, path, Vec::new(), Repeat::Safe).await);
    read(connection, response, Repeat::Safe)
}

async fn post<B: serde::Serialize, T: DeserializeOwned>(
    net: &dyn Egress,
    connection: &Connection,
    path: &str,
    body: &B,
    repeat: Repeat,
) -> Outcome<T> {
    let body = serde_json::to_vec(body).expect("the shapes of wire.rs are plain JSON");
    let response = done!(send(net, connection, Method::Post, path, body, repeat).await);
    read(connection, response, Repeat::Never)
}

async fn send(net: &dyn Egress, connection: &Connection, method: Method, path: &str, body: Vec<u8>, repeat: Repeat) -> Outcome<Response> {
    let Ok(url) = url::Url::parse(&format!("{}{path}", connection.base)) else {
        return Outcome::Rejected { why: "the account's server address is not an address".into() };
    };
    let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
    if !body.is_empty() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    if let Some(token) = connection.secrets.get("token") {
        headers.push(("authorization".to_owned(), format!("Bearer {token}")));
    }
    match net.send(Request { method, url, headers, body, repeat, timeout_ms: TIMEOUT_MS }).await {
        Ok(response) => Outcome::Done(response),
        Err(trouble) => Outcome::from_trouble(trouble),
    }
}

/// A 2xx answer as its shape; a write whose answer cannot be read may have happened.
fn read<T: DeserializeOwned>(connection: &Connection, response: Response, repeat: Repeat) -> Outcome<T> {
    if !(200..300).contains(&response.status) {
        return refused(connection, &response, repeat);
    }
    match serde_json::from_slice(&response.body) {
        Ok(value) => Outcome::Done(value),
        Err(_) => doubtful(repeat, "the rehearsal server answered something that cannot be read".into()),
    }
}

fn doubtful<T>(repeat: Repeat, why: String) -> Outcome<T> {
    match repeat {
        Repeat::Safe => Outcome::Broken { why },
        Repeat::Never => Outcome::Unknown { why },
    }
}

/// Gone by the server's own word: a page of some proxy that says 404 proves nothing.
fn gone(response: &Response) -> bool {
    matches!(response.status, 404 | 410) && serde_json::from_slice::<Refused>(&response.body).is_ok()
}

fn refused<T>(connection: &Connection, response: &Response, repeat: Repeat) -> Outcome<T> {
    let Ok(words) = serde_json::from_slice::<Refused>(&response.body) else {
        return doubtful(repeat, format!("the rehearsal server answered {} in a form that cannot be read", response.status));
    };
    let why = said(if words.detail.is_empty() { &words.error } else { &words.detail }, connection.secrets.values());
    match response.status {
        401 => Outcome::Unauthorised { why },
        429 => Outcome::Limited { until: response.retry_after().unwrap_or(response.at.saturating_add(PAUSE)) },
        400..500 => Outcome::Rejected { why },
        _ => doubtful(repeat, why),
    }
}

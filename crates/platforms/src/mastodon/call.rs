//! One call to a server: how it is asked, and how its answers sort into the closed set (the sheet's §8).

use super::map::micros;
use super::wire::Fault;
use crate::contract::{Connection, Micros, Outcome};
use crate::egress::{Egress, Method, Repeat, Request, Response};
use crate::said::said;
use serde::de::DeserializeOwned;

const TIMEOUT_MS: u64 = 20_000;
/// How long to wait where a server says "too many" without saying until when.
const PAUSE: Micros = 5 * 60_000_000;
/// How long media take that are not ready yet.
const SOON: Micros = 15_000_000;

/// Unwraps a `Done` or hands the other outcome on.
macro_rules! done {
    ($outcome:expr) => {
        match $outcome {
            Outcome::Done(value) => value,
            other => return other.map(|_| unreachable!("Done was taken above")),
        }
    };
}
pub(super) use done;

/// What is sent.
pub enum Body {
    None,
    Json(serde_json::Value),
    /// Content type and bytes.
    Other(String, Vec<u8>),
}

/// A call: `write` says that silence or nonsense may hide a success.
pub struct Call<'a> {
    pub method: Method,
    pub path: &'a str,
    pub body: Body,
    pub repeat: Repeat,
    pub write: bool,
    pub key: Option<&'a str>,
}

impl<'a> Call<'a> {
    pub fn get(path: &'a str) -> Self {
        Self { method: Method::Get, path, body: Body::None, repeat: Repeat::Safe, write: false, key: None }
    }

    /// A write whose repetition changes nothing.
    pub fn again(method: Method, path: &'a str) -> Self {
        Self { method, path, body: Body::None, repeat: Repeat::Safe, write: true, key: None }
    }

    /// A write that could happen twice.
    pub fn once(method: Method, path: &'a str, body: serde_json::Value) -> Self {
        Self { method, path, body: Body::Json(body), repeat: Repeat::Never, write: true, key: None }
    }
}

/// Sends; any answer is `Done`.
pub async fn send(net: &dyn Egress, connection: &Connection, call: Call<'_>) -> Outcome<Response> {
    let Ok(url) = url::Url::parse(&format!("{}{}", connection.base, call.path)) else {
        return Outcome::Rejected { why: "the account's server address is not an address".into() };
    };
    let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
    let body = match call.body {
        Body::None => Vec::new(),
        Body::Json(value) => {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
            value.to_string().into_bytes()
        }
        Body::Other(kind, bytes) => {
            headers.push(("content-type".to_owned(), kind));
            bytes
        }
    };
    if let Some(token) = connection.secrets.get("access_token") {
        headers.push(("authorization".to_owned(), format!("Bearer {token}")));
    }
    if let Some(key) = call.key {
        headers.push(("idempotency-key".to_owned(), key.to_owned()));
    }
    let request = Request { method: call.method, url, headers, body, repeat: call.repeat, timeout_ms: TIMEOUT_MS };
    match net.send(request).await {
        Ok(response) => Outcome::Done(response),
        Err(trouble) => match Outcome::from_trouble(trouble) {
            // A read that went unanswered did nothing.
            Outcome::Unknown { why } if !call.write => Outcome::Broken { why },
            other => other,
        },
    }
}

/// Sends and reads a 2xx answer as its shape.
pub async fn ask<T: DeserializeOwned>(net: &dyn Egress, connection: &Connection, call: Call<'_>) -> Outcome<T> {
    let write = call.write;
    let response = done!(send(net, connection, call).await);
    read(connection, &response, write)
}

pub fn read<T: DeserializeOwned>(connection: &Connection, response: &Response, write: bool) -> Outcome<T> {
    if !(200..300).contains(&response.status) {
        return refused(connection, response, write);
    }
    match serde_json::from_slice(&response.body) {
        Ok(value) => Outcome::Done(value),
        Err(_) => doubtful(write, "the server answered something that cannot be read".into()),
    }
}

fn doubtful<T>(write: bool, why: String) -> Outcome<T> {
    if write { Outcome::Unknown { why } } else { Outcome::Broken { why } }
}

/// What the server says is gone. A web page that says 404 proves it only on servers known to answer so.
pub fn gone(connection: &Connection, response: &Response) -> bool {
    let own_word = serde_json::from_slice::<Fault>(&response.body).is_ok();
    matches!(response.status, 404 | 410 | 451) && (own_word || connection.facts.get("software").is_some_and(|s| s == "takahe"))
}

/// An answer other than 2xx.
pub fn refused<T>(connection: &Connection, response: &Response, write: bool) -> Outcome<T> {
    let status = response.status;
    if status == 429 {
        return Outcome::Limited { until: reset(response) };
    }
    let Ok(fault) = serde_json::from_slice::<Fault>(&response.body) else {
        // Takahe refuses a credential with a plain page.
        if status == 401 || status == 400 && response.body.starts_with(b"Invalid Bearer token") {
            return Outcome::Unauthorised { why: "the server does not know the access token: connect the account again".into() };
        }
        return doubtful(write, format!("the server answered {status} in a form that cannot be read"));
    };
    let words = fault.error_description.filter(|d| !d.is_empty()).unwrap_or(fault.error);
    let why = said(&words, connection.secrets.values());
    match status {
        401 => Outcome::Unauthorised { why },
        403 if why.starts_with("Your login is") => Outcome::Unauthorised { why },
        403 if why.contains("outside the authorized scopes") => {
            Outcome::Rejected { why: "the access token has not the scope for this: connect the account again with all scopes".into() }
        }
        422 if why.contains("have not finished processing") => Outcome::Limited { until: response.at.saturating_add(SOON) },
        400..500 => Outcome::Rejected { why },
        _ => doubtful(write, why),
    }
}

/// When to come back: Mastodon gives an ISO time, others seconds since 1970.
fn reset(response: &Response) -> Micros {
    let header = response.header("x-ratelimit-reset").map(str::trim);
    let epoch = |h: &str| h.parse::<i64>().ok()?.checked_mul(1_000_000);
    header.and_then(|h| micros(h).or_else(|| epoch(h))).or_else(|| response.retry_after()).unwrap_or(response.at.saturating_add(PAUSE))
}

/// A parameter of a link's address, by the link's `rel`.
pub fn link(response: &Response, rel: &str, parameter: &str) -> Option<String> {
    let wanted = format!("rel=\"{rel}\"");
    response.header("link")?.split(',').find(|part| part.contains(&wanted)).and_then(|part| {
        let address = part.split_once('<')?.1.split_once('>')?.0;
        let url = url::Url::parse(address).ok()?;
        url.query_pairs().find(|(name, _)| name == parameter).map(|(_, value)| value.into_owned())
    })
}

/// An id as part of a path.
pub fn id(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

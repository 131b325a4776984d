//! The only HTTP of this connector: XRPC calls, and the one table that turns answers into outcomes.
//!
//! It holds the access token for one call and never puts it, or anything the server echoes of it, into a
//! sentence. Start with [`Client::judge`].

use crate::contract::{Connection, Micros, Outcome};
use crate::egress::{Egress, Method, Repeat, Request, Response, Trouble};
use serde_json::Value;

/// Reads and small writes.
const TIMEOUT_MS: u64 = 15_000;
/// A picture on a slow line.
const UPLOAD_TIMEOUT_MS: u64 = 60_000;
/// When a limit names no instant.
const SECOND: Micros = 1_000_000;
const LIMIT_FALLBACK: Micros = 60 * SECOND;
/// No limit of the platform is longer than its daily one; a wrong clock must not stop an account for years.
const LIMIT_LONGEST: Micros = 24 * 3600 * SECOND;

/// What the call would do if it went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing anybody sees: no answer means nothing was done.
    None,
    /// Something: no answer means that we do not know.
    Write,
}

/// A call that did not succeed, before it is known what that means for the act.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fault {
    /// The platform's own refusal, with its name for it.
    Refused {
        name: String,
        message: String,
    },
    Unauthorised {
        why: String,
    },
    Limited {
        until: Micros,
    },
    Unknown {
        why: String,
    },
    Broken {
        why: String,
    },
    /// Not to be called at all.
    Forbidden {
        why: String,
    },
}

impl Fault {
    pub fn outcome<T>(self) -> Outcome<T> {
        match self {
            Fault::Refused { name, message } if message.is_empty() => Outcome::Rejected { why: format!("Bluesky refuses it: {name}") },
            Fault::Refused { name, message } => Outcome::Rejected { why: format!("Bluesky refuses it: {message} ({name})") },
            Fault::Unauthorised { why } => Outcome::Unauthorised { why },
            Fault::Limited { until } => Outcome::Limited { until },
            Fault::Unknown { why } => Outcome::Unknown { why },
            Fault::Broken { why } => Outcome::Broken { why },
            Fault::Forbidden { why } => Outcome::Rejected { why },
        }
    }

    /// Is it this refusal?
    pub fn is(&self, wanted: &str) -> bool {
        matches!(self, Fault::Refused { name, .. } if name == wanted)
    }
}

/// What a good answer holds, and when it came.
pub(super) struct Answer {
    pub value: Value,
    pub at: Micros,
}

pub(super) struct Client<'a> {
    net: &'a dyn Egress,
    base: &'a str,
    token: &'a str,
    proxy: Option<&'a str>,
    /// What must not come back out in a sentence.
    secrets: Vec<&'a str>,
}

impl<'a> Client<'a> {
    pub fn new(net: &'a dyn Egress, connection: &'a Connection) -> Self {
        let token = connection.secrets.get(super::ACCESS).map_or("", String::as_str);
        Client { net, base: &connection.base, token, proxy: None, secrets: connection.secrets.values().map(String::as_str).collect() }
    }

    /// Before there is an account: no token, one secret.
    pub fn anonymous(net: &'a dyn Egress, base: &'a str, secret: &'a str) -> Self {
        Client { net, base, token: "", proxy: None, secrets: vec![secret] }
    }

    /// The same account with its refresh token.
    pub fn refreshing(self, connection: &'a Connection) -> Self {
        Client { token: connection.secrets.get(super::REFRESH).map_or("", String::as_str), ..self }
    }

    /// Sent on by the account's server to another service, `did#service`.
    pub fn through(self, proxy: &'a str) -> Self {
        Client { proxy: Some(proxy), ..self }
    }

    pub async fn get(&self, nsid: &str, query: &[(&str, &str)]) -> Result<Answer, Fault> {
        // A service that may not be there is asked once: its failures are not those of the account's server.
        let repeat = if self.proxy.is_some() { Repeat::Never } else { Repeat::Safe };
        let request = self.request(Method::Get, nsid, query, Vec::new(), None, repeat)?;
        self.send(request, Effect::None).await
    }

    pub async fn post(&self, nsid: &str, body: &Value, effect: Effect, repeat: Repeat) -> Result<Answer, Fault> {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let kind = (!body.is_null()).then_some("application/json");
        let request = self.request(Method::Post, nsid, &[], bytes, kind, repeat)?;
        self.send(request, effect).await
    }

    /// A picture's bytes. Nobody sees it until a record names it, and the same bytes get the same address.
    pub async fn upload(&self, bytes: &[u8], mime: &str) -> Result<Answer, Fault> {
        let mut request = self.request(Method::Post, "com.atproto.repo.uploadBlob", &[], bytes.to_vec(), Some(mime), Repeat::Safe)?;
        request.timeout_ms = UPLOAD_TIMEOUT_MS;
        self.send(request, Effect::None).await
    }

    fn request(
        &self,
        method: Method,
        nsid: &str,
        query: &[(&str, &str)],
        body: Vec<u8>,
        kind: Option<&str>,
        repeat: Repeat,
    ) -> Result<Request, Fault> {
        let mut url = url::Url::parse(&format!("{}/xrpc/{nsid}", self.base.trim_end_matches('/')))
            .map_err(|_| Fault::Broken { why: "the account's server address is not an address: connect the account again".into() })?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut headers = vec![("accept".to_string(), "application/json".to_string())];
        if !self.token.is_empty() {
            headers.push(("authorization".into(), format!("Bearer {}", self.token)));
        }
        if let Some(kind) = kind {
            headers.push(("content-type".into(), kind.into()));
        }
        if let Some(proxy) = self.proxy {
            headers.push(("atproto-proxy".into(), proxy.into()));
        }
        Ok(Request { method, url, headers, body, repeat, timeout_ms: TIMEOUT_MS })
    }

    async fn send(&self, request: Request, effect: Effect) -> Result<Answer, Fault> {
        match self.net.send(request).await {
            Ok(response) => self.judge(&response, effect),
            Err(trouble) => Err(no_answer(trouble, effect)),
        }
    }

    /// The error table of the protocol, in one place.
    fn judge(&self, response: &Response, effect: Effect) -> Result<Answer, Fault> {
        let status = response.status;
        let doubt = |why: String| match effect {
            Effect::Write => Fault::Unknown { why },
            Effect::None => Fault::Broken { why },
        };
        let value: Option<Value> = serde_json::from_slice(&response.body).ok();
        if (200..300).contains(&status) {
            return match value {
                Some(value @ Value::Object(_)) => Ok(Answer { value, at: response.at }),
                _ => Err(doubt("the server's answer is not one of its own: look whether something stands between".into())),
            };
        }
        if status == 429 {
            return Err(Fault::Limited { until: limited_until(response) });
        }
        let said = |key: &str| value.as_ref().and_then(|v| v.get(key)).and_then(Value::as_str).map(|s| self.clean(s));
        if status >= 500 && status != 501 {
            return Err(doubt(format!("the server answered {status}")));
        }
        let (Some(name), message) = (said("error"), said("message").unwrap_or_default()) else {
            return Err(Fault::Broken { why: format!("the server answered {status} in a way that is not its own") });
        };
        Err(match (status, name.as_str()) {
            (_, "AccountTakedown") => Fault::Unauthorised { why: "Bluesky has suspended this account: ask its support".into() },
            (_, "AccountDeactivated") => Fault::Unauthorised { why: "this account is deactivated: activate it at its server".into() },
            (401, "AuthFactorTokenRequired") => Fault::Forbidden {
                why: "this is the account's main password, which needs a code: make an app password in Bluesky's settings".into(),
            },
            (_, "ExpiredToken" | "InvalidToken") | (401, _) => {
                Fault::Unauthorised { why: format!("the server no longer accepts the credential ({name})") }
            }
            _ => Fault::Refused { name, message },
        })
    }

    /// Their words on one line, short, with nothing of ours that is secret.
    fn clean(&self, words: &str) -> String {
        let mut words = words.to_string();
        for secret in self.secrets.iter().filter(|s| !s.is_empty()) {
            words = words.replace(secret, "…");
        }
        words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
    }
}

/// Their two ways of saying when: `Retry-After`, and `RateLimit-Reset` in seconds since 1970. The later one counts.
fn limited_until(response: &Response) -> Micros {
    let reset = response.header("ratelimit-reset").and_then(|v| v.trim().parse::<i64>().ok()).map(|s| s.saturating_mul(SECOND));
    let until = response.retry_after().max(reset).unwrap_or(response.at.saturating_add(LIMIT_FALLBACK));
    until.clamp(response.at, response.at.saturating_add(LIMIT_LONGEST))
}

fn no_answer(trouble: Trouble, effect: Effect) -> Fault {
    match Outcome::<()>::from_trouble(trouble) {
        Outcome::Unknown { why } if effect == Effect::None => Fault::Broken { why },
        Outcome::Unknown { why } => Fault::Unknown { why },
        Outcome::Limited { until } => Fault::Limited { until },
        Outcome::Rejected { why } => Fault::Forbidden { why },
        Outcome::Unauthorised { why } => Fault::Unauthorised { why },
        Outcome::Broken { why } => Fault::Broken { why },
        Outcome::Done(()) => Fault::Broken { why: "no answer".into() },
    }
}

/// Bytes of a picture from wherever the platform keeps it, without our credential.
pub(super) async fn bytes(net: &dyn Egress, url: &str, limit: usize) -> Outcome<Vec<u8>> {
    let Ok(url) = url::Url::parse(url) else {
        return Outcome::Rejected { why: "the picture's address is not an address".into() };
    };
    let request =
        Request { method: Method::Get, url, headers: Vec::new(), body: Vec::new(), repeat: Repeat::Safe, timeout_ms: UPLOAD_TIMEOUT_MS };
    match net.send(request).await {
        Err(trouble) => no_answer(trouble, Effect::None).outcome(),
        Ok(r) if r.status == 429 => Outcome::Limited { until: limited_until(&r) },
        Ok(r) if matches!(r.status, 404 | 410) => Outcome::Rejected { why: "the picture is no longer there".into() },
        Ok(r) if r.status != 200 => Outcome::Broken { why: format!("the server of the picture answered {}", r.status) },
        Ok(r) if r.body.len() > limit => Outcome::Rejected { why: format!("the picture is larger than {limit} bytes") },
        Ok(r) => Outcome::Done(r.body),
    }
}

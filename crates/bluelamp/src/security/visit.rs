//! A browser before anybody is signed in: its one cookie, where it comes from, what it says it is.
//!
//! Forms here are guarded by a signed double-submit cookie: the field must be the signature of the cookie's value, which
//! another site can neither read nor make. The same cookie keys the ceremony under way, by its hash.

use crate::act::Ctx;
use crate::app::App;
use crate::http::form::{self, FORM_LIMIT, Fields};
use crate::http::peer;
use crate::http::problem::Problem;
use crate::http::session::{COOKIE, DEVICE_COOKIE, cookie, secret_hash, set_cookie};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, HeaderName, header, request::Parts};
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;
use std::net::IpAddr;

const FORM_COOKIE: &str = "bluelamp-visit";
/// A visit lasts an hour in the browser; its ceremonies much less here.
const FORM_AGE_S: i64 = 3600;

pub struct Visit {
    pub app: App,
    /// The visit cookie's value; new when the browser brought none.
    pub value: String,
    /// Whether the browser brought it: a form without it is not taken.
    brought: bool,
    pub address: String,
    pub browser: String,
    pub device: Option<String>,
    /// The session cookie that the browser has, if any.
    pub session: Option<String>,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let hex = |name: &str| cookie(parts, app, name).filter(|v| v.len() == 64 && v.bytes().all(|b| b.is_ascii_hexdigit()));
        let brought = hex(FORM_COOKIE);
        Ok(Visit {
            app: app.clone(),
            brought: brought.is_some(),
            value: brought.unwrap_or_else(|| hex::encode(app.random::<32>())),
            address: peer::address(&app.config.proxy, &parts.extensions, &parts.headers)
                .map_or_else(|| "unknown".to_owned(), |a| a.to_string()),
            browser: browser(&parts.headers),
            device: hex(DEVICE_COOKIE),
            session: cookie(parts, app, COOKIE),
        })
    }
}

impl Visit {
    /// The token for forms of this visit.
    pub fn csrf(&self) -> String {
        form::csrf(&self.app, &format!("visit {}", self.value))
    }

    /// The key of its ceremony.
    pub fn key(&self) -> Vec<u8> {
        secret_hash(&format!("visit {}", self.value))
    }

    /// Sets the visit cookie beside an answer.
    pub fn keep(&self, answer: Response) -> Response {
        with_cookies(answer, &[set_cookie(&self.app, FORM_COOKIE, Some(&self.value), FORM_AGE_S)])
    }

    /// Takes the visit cookie away: the next visit begins anew.
    pub fn over(&self) -> String {
        set_cookie(&self.app, FORM_COOKIE, None, 0)
    }

    fn signed(&self, given: &str) -> bool {
        let right = self.csrf();
        self.brought && right.len() == given.len() && right.bytes().zip(given.bytes()).fold(0, |acc, (a, b)| acc | (a ^ b)) == 0
    }

    /// The network of the address, coarse enough that a train ride is one place: /16, or /32 of IPv6.
    pub fn place(&self) -> String {
        match self.address.parse::<IpAddr>() {
            Ok(IpAddr::V4(a)) => format!("{}.{}", a.octets()[0], a.octets()[1]),
            Ok(IpAddr::V6(a)) => format!("{:x}:{:x}", a.segments()[0], a.segments()[1]),
            Err(_) => "unknown".to_owned(),
        }
    }
}

pub fn with_cookies(answer: Response, cookies: &[String]) -> Response {
    let headers: Vec<(HeaderName, String)> = cookies.iter().map(|c| (header::SET_COOKIE, c.clone())).collect();
    (axum::response::AppendHeaders(headers), answer).into_response()
}

/// What the browser says it is, in two or three words: "Firefox on Windows".
fn browser(headers: &HeaderMap) -> String {
    let says = headers.get(header::USER_AGENT).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let first = |pairs: &[(&str, &'static str)]| pairs.iter().find(|(sign, _)| says.contains(sign)).map(|(_, name)| *name);
    let program = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("HeadlessChrome/", "Chromium"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(p), Some(s)) => format!("{p} on {s}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "an unknown program".to_owned(),
    }
}

fn forged() -> Problem {
    Problem::new(
        403,
        "forged-form",
        "this form was not made for your browser, or it lay open too long; open the page again and send it from there",
    )
}

async fn body(request: Request) -> Result<axum::body::Bytes, Problem> {
    axum::body::to_bytes(request.into_body(), FORM_LIMIT)
        .await
        .map_err(|_| Problem::new(413, "too-long", "this form is longer than Bluelamp takes; shorten the text and send it again"))
}

/// A form sent by a visit, its signature checked: `VisitForm(visit, fields)`.
pub struct VisitForm(pub Visit, pub Fields);

impl FromRequest<App> for VisitForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, rest) = request.into_parts();
        let Ok(visit) = Visit::from_request_parts(&mut parts, app).await;
        form::same_origin(&parts.headers, app)?;
        let fields = Fields::parse(&body(Request::new(rest)).await.map_err(|p| p.page())?);
        if visit.signed(fields.get("csrf").unwrap_or_default()) { Ok(VisitForm(visit, fields)) } else { Err(forged().page()) }
    }
}

/// What a script sends: JSON, with the page's token in its header; from a visit, or from within a session.
pub struct Said {
    pub visit: Visit,
    pub ctx: Option<Ctx>,
    pub json: serde_json::Value,
}

impl FromRequest<App> for Said {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, rest) = request.into_parts();
        let Ok(visit) = Visit::from_request_parts(&mut parts, app).await;
        // Another site's script never comes so far: it may send no JSON here, and its origin is not ours.
        form::same_origin(&parts.headers, app)?;
        let plain = parts.headers.get(header::CONTENT_TYPE).and_then(|h| h.to_str().ok()).unwrap_or_default();
        if !plain.starts_with("application/json") {
            return Err(Problem::new(415, "not-json", "send application/json").into_response());
        }
        let ctx = Ctx::from_request_parts(&mut parts, app).await.ok();
        let given = parts.headers.get("x-csrf-token").and_then(|h| h.to_str().ok()).unwrap_or_default();
        let in_session = ctx.as_ref().is_some_and(|c| form::check_token(c, given).is_ok());
        if !in_session && !visit.signed(given) {
            return Err(forged().into_response());
        }
        let bytes = body(Request::new(rest)).await.map_err(IntoResponse::into_response)?;
        let json = serde_json::from_slice(&bytes).map_err(|_| Problem::new(400, "malformed", "the body is not JSON").into_response())?;
        Ok(Said { visit, ctx: ctx.filter(|_| in_session), json })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_in_a_few_words() {
        let named = |says: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::USER_AGENT, says.parse().unwrap());
            browser(&headers)
        };
        assert_eq!(named("Mozilla/5.0 (Windows NT 10.0; rv:145.0) Gecko/20100101 Firefox/145.0"), "Firefox on Windows");
        assert_eq!(named("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit Safari/604.1"), "Safari on iPhone");
        assert_eq!(named("<script>"), "an unknown program");
    }
}

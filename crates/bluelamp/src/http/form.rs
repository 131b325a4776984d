//! Forms from pages: the CSRF token checked, the size bounded, the fields parsed, in one extractor.
//!
//! The token is bound to the session, so a form made in one session, or on another site, is refused in every other.

use super::problem::Problem;
use crate::act::Ctx;
use crate::app::App;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, Mac};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// The token of a session.
pub fn csrf(app: &App, session: &str) -> String {
    let mut mac = <Hmac<sha2::Sha256> as Mac>::new_from_slice(&*app.vault.derive(b"csrf")).expect("HMAC takes keys of any length");
    mac.update(session.as_bytes());
    hex::encode(&mac.finalize().into_bytes()[..16])
}

impl Ctx {
    /// This session's CSRF token.
    pub fn csrf(&self) -> String {
        self.session.map_or_else(String::new, |s| csrf(&self.app, &s.to_string()))
    }

    /// A key for an act that a form repeats: the form's own with what is in it, or none. Sent twice, it is done once; sent
    /// again with other words, after Back, it is another request.
    pub fn form_key(&self, fields: &Fields) -> Option<String> {
        let key = fields.get("key").filter(|k| !k.is_empty())?;
        Some(format!("{key}:{}", crate::app::digest(format!("{:?}", fields.0).as_bytes())))
    }
}

/// The fields of a form, by name; a name may come several times.
#[derive(Debug, Clone, Default)]
pub struct Fields(BTreeMap<String, Vec<String>>);

impl Fields {
    pub fn parse(body: &[u8]) -> Fields {
        let mut fields = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in url_pairs(body) {
            // U+0000 is no text to any database.
            fields.entry(name).or_default().push(value.replace('\0', ""));
        }
        Fields(fields)
    }

    /// Fields that came another way than as a form's body: the parts of a multipart one.
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Fields {
        let mut fields = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in pairs {
            fields.entry(name).or_default().push(value);
        }
        Fields(fields)
    }

    /// The fields whose names begin so, with what follows.
    pub fn beginning<'a>(&'a self, with: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, values)| Some((name.strip_prefix(with)?, values.first()?.as_str())))
    }

    /// The first value of a field, trimmed of nothing.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|v| v.first()).map(String::as_str)
    }

    /// The first value, or nothing at all.
    pub fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.get(name).cloned().unwrap_or_default()
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|v| !v.is_empty())
    }

    /// An id, where the field holds one.
    pub fn id<I: From<uuid::Uuid>>(&self, name: &str) -> Option<I> {
        self.get(name).and_then(|v| uuid::Uuid::parse_str(v).ok()).map(I::from)
    }

    pub fn ids<I: From<uuid::Uuid>>(&self, name: &str) -> Vec<I> {
        self.all(name).iter().filter_map(|v| uuid::Uuid::parse_str(v).ok()).map(I::from).collect()
    }

    /// Reads the fields into a type, as query strings are read.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        let map: serde_json::Map<String, serde_json::Value> =
            self.0.iter().map(|(k, v)| (k.clone(), if v.len() == 1 { v[0].clone().into() } else { v.clone().into() })).collect();
        serde_json::from_value(map.into()).map_err(|e| e.to_string())
    }
}

fn url_pairs(body: &[u8]) -> Vec<(String, String)> {
    body.split(|b| *b == b'&')
        .filter(|p| !p.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |b| *b == b'=');
            let name = super::unpercent(halves.next().unwrap_or_default());
            (name, super::unpercent(halves.next().unwrap_or_default()))
        })
        .collect()
}

/// A form of a signed-in person whose CSRF token is right. `Form(ctx, fields)`.
pub struct Form(pub Ctx, pub Fields);

/// Bytes that a form may have; pages that take media have their own way in.
pub const FORM_LIMIT: usize = 512 * 1024;

impl FromRequest<App> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let ctx = Ctx::from_request_parts(&mut parts, app).await.map_err(IntoResponse::into_response)?;
        same_origin(&parts.headers, app).map_err(IntoResponse::into_response)?;
        let bytes: Bytes = axum::body::to_bytes(body, FORM_LIMIT).await.map_err(|_| {
            Problem::new(413, "too-long", "this form is longer than Bluelamp takes; shorten the text and send it again").page()
        })?;
        let fields = Fields::parse(&bytes);
        let given = parts.headers.get("x-csrf-token").and_then(|h| h.to_str().ok()).or_else(|| fields.get("csrf")).unwrap_or_default();
        check_token(&ctx, given).map_err(|p| p.page())?;
        Ok(Form(ctx, fields))
    }
}

/// Constant-time comparison of the given token with the session's.
pub fn check_token(ctx: &Ctx, given: &str) -> Result<(), Problem> {
    let right = ctx.csrf();
    let same = right.len() == given.len() && right.bytes().zip(given.bytes()).fold(0, |acc, (a, b)| acc | (a ^ b)) == 0;
    if same && !right.is_empty() {
        return Ok(());
    }
    Err(Problem::new(
        403,
        "forged-form",
        "this form was not made in your session, or the session has ended; open the page again and send it from there",
    ))
}

/// A form comes from our own pages: the Origin header, where there is one, is ours.
pub fn same_origin(headers: &axum::http::HeaderMap, app: &App) -> Result<(), Response> {
    let Some(origin) = headers.get(header::ORIGIN).and_then(|o| o.to_str().ok()) else { return Ok(()) };
    if origin == app.config.staff.origin {
        return Ok(());
    }
    Err(Problem::new(403, "other-site", "this form comes from another site").page())
}

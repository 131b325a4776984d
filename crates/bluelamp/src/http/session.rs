//! From a request to its [`Ctx`]: the cookie's session or the API's token, the person's standing and scope.
//!
//! No session works without a second factor (APP-SEC-9): one that has only the first reaches the sign-in pages alone.

use super::problem::Problem;
use crate::act::{Ctx, TokenScope, scope_of};
use crate::app::App;
use crate::db::doors;
use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};
use axum::response::{IntoResponse, Redirect, Response};
use bluelamp_domain::act::Principal;
use bluelamp_domain::ids::{ForceId, PersonId, SessionId};
use bluelamp_domain::time::MINUTE;
use std::sync::Arc;

pub const COOKIE: &str = "bluelamp";
/// Long-lived: tells a known device from a new one (APP-SEC-10).
pub const DEVICE_COOKIE: &str = "bluelamp-device";

/// The cookie's name: browsers hold `__Host-` cookies to one secure host.
pub fn cookie_name(app: &App, name: &str) -> String {
    if app.config.staff.origin.starts_with("https://") { format!("__Host-{name}") } else { name.to_owned() }
}

pub fn cookie(parts: &Parts, app: &App, name: &str) -> Option<String> {
    let wanted = cookie_name(app, name);
    let all = parts.headers.get_all(header::COOKIE);
    all.iter()
        .filter_map(|h| h.to_str().ok())
        .flat_map(cookie::Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|c| c.name() == wanted)
        .map(|c| c.value().to_owned())
}

/// The `Set-Cookie` value. `None` as value takes the cookie away.
pub fn set_cookie(app: &App, name: &str, value: Option<&str>, max_age_s: i64) -> String {
    let secure = if app.config.staff.origin.starts_with("https://") { "; Secure" } else { "" };
    let (value, age) = value.map_or(("", 0), |v| (v, max_age_s));
    format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}", cookie_name(app, name))
}

/// The hash under which a cookie's or token's secret is stored.
pub fn secret_hash(secret: &str) -> Vec<u8> {
    use sha2::Digest;
    sha2::Sha256::digest(secret.as_bytes()).to_vec()
}

/// Why a request has no context.
#[derive(Debug)]
pub enum NoCtx {
    SignIn { next: String },
    Api(Problem),
    Fault(crate::act::Fault),
}

impl IntoResponse for NoCtx {
    fn into_response(self) -> Response {
        match self {
            NoCtx::SignIn { next } => Redirect::to(&format!("/sign-in?next={}", super::percent(&next))).into_response(),
            NoCtx::Api(p) => p.into_response(),
            NoCtx::Fault(f) => super::problem::fault_page(&f).into_response(),
        }
    }
}

impl FromRequestParts<App> for Ctx {
    type Rejection = NoCtx;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let path = parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        if path.starts_with("/api/") {
            return by_token(parts, app).await;
        }
        let no = || NoCtx::SignIn { next: if parts.method == axum::http::Method::GET { path.clone() } else { "/".into() } };
        let value = cookie(parts, app, COOKIE).ok_or_else(no)?;
        let db = |e: crate::db::DbError| NoCtx::Fault(e.into());
        let row = doors::session(&app.db, &secret_hash(&value)).await.map_err(db)?.ok_or_else(no)?;
        let now = app.clock.now();
        if !row.second_factor {
            return Err(no());
        }
        let ctx = context(app, row.force, row.person, &row.zone, Some(row.id), None).await.map_err(NoCtx::Fault)?.ok_or_else(no)?;
        let idle = ctx.pack().await.map(|p| p.figures().session_idle_days()).unwrap_or(7);
        if let Some(over) = bluelamp_domain::security::session::over(row.seen_at, row.ends_at, idle, now) {
            // It ends for good: a clock set back does not bring it to life again.
            crate::security::watch::end(app, &row, over).await.map_err(NoCtx::Fault)?;
            return Err(no());
        }
        if row.seen_at.plus(MINUTE) <= now {
            doors::touch_session(&app.db, row.id, now).await.map_err(db)?;
        }
        let did = parts.uri.query().and_then(|q| q.split('&').find_map(|p| p.strip_prefix("did="))).map(str::to_owned);
        Ok(Ctx { did, ..ctx })
    }
}

async fn by_token(parts: &Parts, app: &App) -> Result<Ctx, NoCtx> {
    let no =
        || NoCtx::Api(Problem::new(401, "unauthenticated", "send a token: `Authorization: Bearer …`; people issue them on their own page"));
    let secret =
        parts.headers.get(header::AUTHORIZATION).and_then(|h| h.to_str().ok()).and_then(|h| h.strip_prefix("Bearer ")).ok_or_else(no)?;
    let row = doors::token(&app.db, &secret_hash(secret), app.clock.now()).await.map_err(|e| NoCtx::Fault(e.into()))?.ok_or_else(no)?;
    let scope = TokenScope { acts: row.acts.into_iter().collect(), accounts: row.accounts.map(|a| a.into_iter().collect()) };
    context(app, row.force, row.person, &row.zone, None, Some(scope)).await.map_err(NoCtx::Fault)?.ok_or_else(no)
}

/// The context of a person of a force; `None` when they are not active.
pub async fn context(
    app: &App,
    force: ForceId,
    person: PersonId,
    zone: &str,
    session: Option<SessionId>,
    token: Option<TokenScope>,
) -> Result<Option<Ctx>, crate::act::Fault> {
    let mut tx = app.db.read(force).await?;
    let Some(row) = crate::db::principal::person(&mut tx, force, person).await? else { return Ok(None) };
    if row.state != "active" {
        return Ok(None);
    }
    let mut scope = scope_of(&row);
    if let Some(accounts) = token.as_ref().and_then(|t| t.accounts.as_ref()) {
        scope.accounts = accounts.iter().copied().filter(|a| scope.sees(*a)).collect();
        scope.every = false;
        scope.areas.clear();
    }
    Ok(Some(Ctx {
        app: app.clone(),
        force,
        principal: Principal::Person(person),
        zone: jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC),
        session,
        second_factor: true,
        token: token.map(Arc::new),
        scope: Arc::new(scope),
        did: None,
    }))
}

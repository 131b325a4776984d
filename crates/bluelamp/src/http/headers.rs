//! What stands around every answer: the Host header checked, a strict content policy, nothing cached that is personal.

use super::problem::Problem;
use crate::app::App;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// No inline script or style, nothing from elsewhere, no framing.
const CSP: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if !host_is_ours(&app, &request) {
        return Problem::new(421, "wrong-host", "this server does not answer to that name").into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, CSP);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()");
    if app.config.staff.origin.starts_with("https://") {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if !path.starts_with("/assets/") {
        set(header::CACHE_CONTROL, "no-store");
    }
    response
}

fn host_is_ours(app: &App, request: &Request) -> bool {
    let Some(host) =
        request.headers().get(header::HOST).and_then(|h| h.to_str().ok()).or_else(|| request.uri().authority().map(|a| a.as_str()))
    else {
        return false;
    };
    let name = |origin: &str| origin.split("://").nth(1).unwrap_or_default().trim_end_matches('/').to_owned();
    let public = app.config.public.as_ref().map(|p| name(&p.origin));
    host == name(&app.config.staff.origin) || public.is_some_and(|p| p == host)
}

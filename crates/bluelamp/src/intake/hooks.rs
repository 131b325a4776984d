//! `POST /hooks/{token}` on the public listener: what platforms send by themselves.
//!
//! In this order: whose it is, its size, its signature, the disk, and only then 200. Until the body is committed the
//! answer says so, and the platform sends it again. What it holds is looked at after the answer.

use super::{keep, process};
use crate::accounts::connection;
use crate::accounts::connection::NoLine;
use crate::act::Fault;
use crate::app::App;
use crate::db::doors;
use crate::http::Problem;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bluelamp_platforms::{Raw, WebhookError};

/// The largest body that is taken.
pub const LIMIT: usize = 10 * 1024 * 1024;

pub async fn post_hook(State(app): State<App>, Path(token): Path<String>, headers: HeaderMap, body: Body) -> Response {
    match received(&app, &token, &headers, body).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn received(app: &App, token: &str, headers: &HeaderMap, body: Body) -> Result<Response, Problem> {
    let gone = || Problem::new(404, "not-found", "nothing is listening at this address");
    let fault = |f: Fault| {
        crate::http::problem::log(&f);
        Problem::fault(&f)
    };
    let hook = doors::hook(&app.db, &crate::http::session::secret_hash(token)).await.map_err(|e| fault(e.into()))?.ok_or_else(gone)?;
    let ctx = process::ctx(app, hook.force, &hook.zone);
    let body = axum::body::to_bytes(body, LIMIT)
        .await
        .map_err(|_| Problem::new(413, "too-long", format!("a body may have {LIMIT} bytes; send less at a time")))?;
    let ear = match connection::ear_of(&ctx, hook.account).await {
        Ok(ear) => ear,
        Err(NoLine::Fault(f)) => return Err(fault(f)),
        Err(_) => return Err(gone()),
    };
    let now = app.clock.now();
    // A platform that signs with a secret of its own has it in the connection; otherwise it was given ours.
    let own = ear.connection.secrets.get("webhook_secret").map(|s| s.as_bytes().to_vec());
    let secret = own.unwrap_or_else(|| connection::hook(app, hook.force, hook.account, hook.turn).secret.expose().to_vec());
    let pairs: Vec<(String, String)> =
        headers.iter().filter_map(|(n, v)| Some((n.as_str().to_owned(), v.to_str().ok()?.to_owned()))).collect();
    if let Err(e) = ear.connector.verify(&secret, &pairs, &body, now.0) {
        metrics::counter!("intake_hook_refused").increment(1);
        tracing::warn!(account = %hook.account, error = %e, "a webhook was refused before it was stored");
        let status = if matches!(e, WebhookError::Unsupported) { 404 } else { 401 };
        return Err(Problem::new(status, "not-signed", e.to_string()));
    }
    drop(ear);
    let raw = Raw { kind: "webhook".into(), body: body.to_vec() };
    let new = keep::keep(app, hook.force, hook.account, keep::Source::Webhook, &[raw], now).await.map_err(fault)?;
    if new > 0 {
        process::soon(ctx, hook.account);
    }
    Ok(axum::Json(serde_json::json!({ "kept": new > 0 })).into_response())
}

//! The API: the same acts as JSON. One route does any act by its name; the document is made from the registry.

use super::problem::{Problem, outcome_json};
use crate::act::Ctx;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// Bytes that a request may have.
pub const LIMIT: usize = 1024 * 1024;

/// `POST /api/v1/acts/{act}`: 200 done, 202 held, 4xx refused. `Idempotency-Key` makes a repeat answer the same.
pub async fn post_act(ctx: Ctx, Path(act): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    if crate::wiring::act(&act).is_none() {
        return Problem::new(404, "not-found", "there is no such act; the document at /api/openapi.json lists them").into_response();
    }
    if body.len() > LIMIT {
        return Problem::new(413, "too-long", "the request is longer than Bluelamp takes").into_response();
    }
    let input: serde_json::Value = match serde_json::from_slice(&body) {
        Ok(v) => v,
        Err(e) => return Problem::new(400, "malformed", format!("the body is not JSON: {e}")).into_response(),
    };
    let key = headers.get("idempotency-key").and_then(|h| h.to_str().ok()).filter(|k| !k.is_empty() && k.len() <= 200);
    match ctx.act_named(&act, input, key).await {
        Ok(outcome) => outcome_json(&outcome),
        Err(fault) => {
            super::problem::log(&fault);
            Problem::fault(&fault).into_response()
        }
    }
}

/// The OpenAPI 3.1 document.
pub async fn get_openapi() -> Response {
    axum::Json(serde_json::json!({"openapi": "3.1.0", "info": {"title": "Bluelamp", "version": env!("CARGO_PKG_VERSION")}, "paths": {}}))
        .into_response()
}

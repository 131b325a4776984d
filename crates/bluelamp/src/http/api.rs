//! The API: the same acts as JSON, by the same door. What programs are offered stands in `openapi.rs`, what they may read
//! in `lists.rs`.

use super::openapi;
use super::problem::{Problem, outcome_json};
use crate::act::{Ctx, Fault};
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bluelamp_domain::time::{Instant, SECOND};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Mutex;

/// Bytes that a request may have.
pub const LIMIT: usize = 1024 * 1024;
/// Requests that a token may make at once, and how many come back each second.
const BURST: i64 = 200;
const PER_SECOND: i64 = 50;

/// `POST /api/v1/acts/{act}`: 200 done, 202 held, 4xx refused. `Idempotency-Key` makes a repeat answer the same.
pub async fn post_act(ctx: Ctx, Path(act): Path<String>, request: Request) -> Response {
    let headers = request.headers().clone();
    match act_answer(&ctx, &act, &headers, request.into_body()).await {
        Ok(r) => r,
        Err(p) => p.into_response(),
    }
}

async fn act_answer(ctx: &Ctx, act: &str, headers: &HeaderMap, body: Body) -> Result<Response, Problem> {
    spend(ctx, headers)?;
    if !openapi::for_programs().any(|a| a.name == act) {
        return Err(Problem::new(404, "not-found", "there is no such act for programs; the document at /api/openapi.json lists them"));
    }
    is_json(headers)?;
    let key = idempotency_key(headers)?;
    let body = axum::body::to_bytes(body, LIMIT)
        .await
        .map_err(|_| Problem::new(413, "too-long", "the request is longer than Bluelamp takes: 1 MiB"))?;
    let mut input: Value =
        serde_json::from_slice(&body).map_err(|e| Problem::new(400, "malformed", format!("the body is not JSON: {e}")))?;
    if !input.is_object() {
        return Err(Problem::new(400, "malformed", "the body is not a JSON object"));
    }
    tidy(&mut input);
    let outcome = ctx.act_named(act, input, key.as_deref()).await.map_err(|f| told(&f))?;
    Ok(outcome_json(&outcome))
}

pub(super) fn told(fault: &Fault) -> Problem {
    super::problem::log(fault);
    Problem::fault(fault)
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let media = kind.split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Problem::new(415, "not-json", "send `content-type: application/json`"))
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let fits = |k: &&str| (1..=200).contains(&k.len()) && k.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b));
    key.to_str()
        .ok()
        .filter(fits)
        .map(|k| Some(k.to_owned()))
        .ok_or_else(|| Problem::new(400, "malformed", "an idempotency key is 1 to 200 letters, digits and `._:-`"))
}

/// U+0000 is text to JSON and to no database: it is taken out, as it is of messages. `2.0` is a whole number to JSON's
/// schemas and none to Rust: it becomes `2`.
fn tidy(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => text.retain(|c| c != '\0'),
        Value::Array(list) => list.iter_mut().for_each(tidy),
        Value::Object(map) => map.values_mut().for_each(tidy),
        Value::Number(n) => {
            // Beyond 2^53 a float says no exact whole number.
            const EXACT: f64 = 9_007_199_254_740_992.0;
            if let Some(f) = n.as_f64().filter(|f| n.is_f64() && f.fract() == 0.0 && f.abs() <= EXACT) {
                *value = json!(f as i64);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// What each token has left on this node, in millionths of a request, and when that was so.
pub type Budgets = Mutex<HashMap<Vec<u8>, (i64, Instant)>>;

/// Spends one request of the token's budget.
pub(super) fn spend(ctx: &Ctx, headers: &HeaderMap) -> Result<(), Problem> {
    let token = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let key = super::session::secret_hash(&String::from_utf8_lossy(token));
    let now = ctx.now();
    let mut budgets = crate::app::lock(&ctx.app.budgets);
    // A full budget needs no memory: tokens that rest are forgotten.
    if budgets.len() > 10_000 {
        budgets.retain(|_, (_, at)| now.0 - at.0 < (BURST / PER_SECOND + 1) * SECOND);
    }
    let (left, at) = budgets.get(&key).copied().unwrap_or((BURST * SECOND, now));
    let left = left.saturating_add((now.0 - at.0).max(0).saturating_mul(PER_SECOND)).min(BURST * SECOND);
    if left < SECOND {
        budgets.insert(key, (left, now));
        return Err(Problem::new(429, "too-many-requests", "this token makes too many requests; wait a second and go on more slowly"));
    }
    budgets.insert(key, (left - SECOND, now));
    Ok(())
}

/// `GET /api/openapi.json`: the document.
pub async fn get_openapi() -> Response {
    axum::Json(openapi::document()).into_response()
}

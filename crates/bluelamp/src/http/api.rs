//! The API: the same acts as JSON, by the same door. What programs are offered stands in `openapi.rs`.

use super::openapi;
use super::problem::{Problem, outcome_json};
use crate::accounts::store as accounts;
use crate::act::{Ctx, Fault};
use crate::people::store as people;
use crate::records::store as records;
use axum::body::Body;
use axum::extract::{OriginalUri, Path, RawQuery, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bluelamp_domain::decision::Rating;
use bluelamp_domain::time::{Instant, SECOND};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Mutex;
use uuid::Uuid;

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

fn told(fault: &Fault) -> Problem {
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
fn spend(ctx: &Ctx, headers: &HeaderMap) -> Result<(), Problem> {
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

/// A page of a list: how many, and after which.
struct Page {
    limit: i64,
    after: Uuid,
}

fn page(query: Option<&str>) -> Result<Page, Problem> {
    let fields = super::Fields::parse(query.unwrap_or_default().as_bytes());
    let malformed = |what: &str| Problem::new(400, "malformed", what.to_owned());
    let limit = fields.get("limit").map_or(Ok(100), str::parse::<i64>).ok().filter(|l| (1..=200).contains(l));
    let after = fields.get("cursor").map_or(Ok(Uuid::nil()), Uuid::parse_str);
    Ok(Page {
        limit: limit.ok_or_else(|| malformed("`limit` is a number from 1 to 200"))?,
        after: after.map_err(|_| malformed("`cursor` is what the page before called `next`"))?,
    })
}

/// Items and the cursor of the next page, where there is one.
fn listed(items: Vec<(Uuid, Value)>, limit: i64) -> Response {
    let next = (i64::try_from(items.len()).unwrap_or(i64::MAX) == limit).then(|| items.last().map(|(id, _)| *id)).flatten();
    let items: Vec<Value> = items.into_iter().map(|(_, v)| v).collect();
    axum::Json(json!({ "items": items, "next": next })).into_response()
}

/// A reading is the token's to do, and the person's by policy.
async fn may(ctx: &Ctx, action: &'static str) -> Result<(), Problem> {
    if ctx.token.as_ref().is_some_and(|t| !t.acts.contains(action)) {
        return Err(Problem::new(403, "token-scope", format!("this token may not `{action}`; ask for one that may")));
    }
    let decision = ctx.may_read(action).await.map_err(|f| told(&f))?;
    if decision.rating == Rating::Green { Ok(()) } else { Err(Problem::refused("refused", &decision.reasons)) }
}

fn db(e: crate::db::DbError) -> Problem {
    told(&Fault::Db(e))
}

/// `GET /api/v1/…`: every list there is, by its path.
pub async fn get_list(ctx: Ctx, OriginalUri(uri): OriginalUri, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let answer = async {
        spend(&ctx, &headers)?;
        let page = page(query.as_deref())?;
        match uri.path() {
            "/api/v1/people" => list_people(&ctx, &page).await,
            "/api/v1/accounts" => list_accounts(&ctx, &page).await,
            "/api/v1/held" => list_held(&ctx, &page).await,
            _ => list_entries(&ctx, &page).await,
        }
    };
    answer.await.unwrap_or_else(IntoResponse::into_response)
}

async fn list_people(ctx: &Ctx, page: &Page) -> Result<Response, Problem> {
    may(ctx, "read.people").await?;
    let mut tx = ctx.read().await.map_err(db)?;
    let rows = people::people_after(&mut tx, ctx.force, page.after, page.limit).await.map_err(db)?;
    let shown = rows.into_iter().map(|p| {
        let shown = json!({
            "id": p.id, "name": p.name, "email": p.email, "kind": p.kind, "level": p.level, "job_title": p.job_title,
            "areas": p.areas, "roles": p.roles, "state": p.state, "trained_on": p.trained_on.map(|d| d.to_string()),
        });
        (p.id.0, shown)
    });
    Ok(listed(shown.collect(), page.limit))
}

async fn list_accounts(ctx: &Ctx, page: &Page) -> Result<Response, Problem> {
    may(ctx, "read.register").await?;
    let mut tx = ctx.read().await.map_err(db)?;
    let mut rows = accounts::accounts(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await.map_err(db)?;
    rows.sort_by_key(|a| a.id);
    let shown = rows.into_iter().filter(|a| a.id.0 > page.after).take(usize::try_from(page.limit).unwrap_or(0)).map(|a| {
        let shown = json!({ "id": a.id, "platform": a.platform, "handle": a.handle, "name": a.title, "kind": a.kind.name(), "state": a.state.name(), "area": a.area, "connected": a.connected });
        (a.id.0, shown)
    });
    Ok(listed(shown.collect(), page.limit))
}

/// Held acts that are one's own, or that one may agree to.
async fn list_held(ctx: &Ctx, page: &Page) -> Result<Response, Problem> {
    let mut tx = ctx.read().await.map_err(db)?;
    let rows = crate::db::principal::held_waiting(&mut tx, ctx.force).await.map_err(db)?;
    let own = ctx.principal.code();
    let mine = |h: &crate::db::principal::HeldRow| {
        h.principal == own || h.reasons.iter().any(|r| bluelamp_domain::held::may_lift(r, &ctx.scope.roles, false))
    };
    let mut rows: Vec<_> = rows.into_iter().filter(|h| h.id.0 > page.after && mine(h)).collect();
    rows.sort_by_key(|h| h.id);
    let shown = rows.into_iter().take(usize::try_from(page.limit).unwrap_or(0)).map(|h| {
        let shown = json!({ "id": h.id, "act": h.act, "by": h.principal, "subject": h.subject, "held_at": h.held_at, "expires_at": h.expires_at, "reasons": h.reasons });
        (h.id.0, shown)
    });
    Ok(listed(shown.collect(), page.limit))
}

async fn list_entries(ctx: &Ctx, page: &Page) -> Result<Response, Problem> {
    may(ctx, "read.ledger").await?;
    let mut tx = ctx.read().await.map_err(db)?;
    let rows = records::entries_after(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids(), page.after, page.limit).await.map_err(db)?;
    let shown = rows.into_iter().map(|e| {
        let shown = json!({ "id": e.id, "index": e.index, "at": e.at, "act": e.act, "decision": e.decision, "by": e.principal, "subject": e.subject, "account": e.account });
        (e.id.0, shown)
    });
    Ok(listed(shown.collect(), page.limit))
}

/// The lists as the document describes them.
pub fn read_operations() -> Vec<(&'static str, Value)> {
    let text = || json!({ "type": "string" });
    let id = || json!({ "type": "string", "format": "uuid" });
    let maybe = |of: Value| json!({ "oneOf": [of, { "type": "null" }] });
    let whole = || json!({ "type": "integer", "format": "int64" });
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    let list = |name: &str, summary: &str, item: Value| {
        json!({
            "operationId": name, "tags": ["lists"], "summary": summary,
            "parameters": [
                { "name": "cursor", "in": "query", "required": false, "description": "What the page before called `next`.", "schema": { "type": "string", "format": "uuid" } },
                { "name": "limit", "in": "query", "required": false, "schema": { "type": "integer", "minimum": 1, "maximum": 200, "default": 100 } }
            ],
            "responses": { "200": { "description": "A page of the list, oldest first.", "content": { "application/json": { "schema": {
                "type": "object", "required": ["items", "next"], "additionalProperties": false,
                "properties": { "items": { "type": "array", "items": item }, "next": { "oneOf": [{ "type": "string", "format": "uuid" }, { "type": "null" }] } }
            } } } } }
        })
    };
    let object = |properties: Value| {
        let required: Vec<String> = properties.as_object().map(|o| o.keys().cloned().collect()).unwrap_or_default();
        json!({ "type": "object", "required": required, "additionalProperties": false, "properties": properties })
    };
    vec![
        (
            "/api/v1/people",
            list(
                "list_people",
                "The people of the force. Needs `read.people`.",
                object(
                    json!({ "id": id(), "name": text(), "email": text(), "kind": text(), "level": whole(), "job_title": text(), "areas": texts(), "roles": texts(), "state": text(), "trained_on": maybe(json!({ "type": "string", "format": "date" })) }),
                ),
            ),
        ),
        (
            "/api/v1/accounts",
            list(
                "list_accounts",
                "The accounts that you may see. Needs `read.register`.",
                object(
                    json!({ "id": id(), "platform": text(), "handle": text(), "name": text(), "kind": text(), "state": text(), "area": text(), "connected": { "type": "boolean" } }),
                ),
            ),
        ),
        (
            "/api/v1/held",
            list(
                "list_held",
                "What waits for agreement: your own, and what you may agree to.",
                object(
                    json!({ "id": id(), "act": text(), "by": text(), "subject": id(), "held_at": whole(), "expires_at": whole(), "reasons": { "type": "array", "items": { "$ref": "#/components/schemas/Reason" } } }),
                ),
            ),
        ),
        (
            "/api/v1/entries",
            list(
                "list_entries",
                "The ledger's entries. Needs `read.ledger`.",
                object(
                    json!({ "id": id(), "index": maybe(whole()), "at": whole(), "act": text(), "decision": text(), "by": text(), "subject": maybe(id()), "account": maybe(id()) }),
                ),
            ),
        ),
    ]
}

//! What programs read: lists in pages, each under the scope of the token's person (I2), and no wider than their pages.

use super::api::{spend, told};
use super::problem::Problem;
use crate::accounts::store as accounts;
use crate::act::{Ctx, Fault};
use crate::community::store as community;
use crate::desk::store as desk;
use crate::intake::{queue::store as queue, store as intake};
use crate::people::store as people;
use crate::publishing::{media, store as publishing};
use crate::records::store as records;
use axum::extract::{OriginalUri, RawQuery, Request};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bluelamp_domain::decision::Rating;
use serde_json::{Value, json};
use uuid::Uuid;

/// A page of a list: how many, after which, in which state.
struct Page {
    limit: i64,
    after: Uuid,
    state: Option<String>,
}

impl Page {
    /// The page of a list that comes whole.
    fn of<T>(&self, mut all: Vec<T>, id: impl Fn(&T) -> Uuid, shown: impl Fn(&T) -> Value) -> Response {
        all.sort_by_key(|x| id(x));
        let rows = all.iter().filter(|x| id(x) > self.after).take(usize::try_from(self.limit).unwrap_or(0));
        listed(rows.map(|x| (id(x), shown(x))).collect(), self.limit)
    }
}

fn malformed(what: impl Into<String>) -> Problem {
    Problem::new(400, "malformed", what.into())
}

fn page(query: Option<&str>, states: &[&str]) -> Result<Page, Problem> {
    let fields = super::Fields::parse(query.unwrap_or_default().as_bytes());
    let limit = fields.get("limit").map_or(Ok(100), str::parse::<i64>).ok().filter(|l| (1..=200).contains(l));
    let after = fields.get("cursor").map_or(Ok(Uuid::nil()), Uuid::parse_str);
    let state = fields.get("state").filter(|_| !states.is_empty());
    if state.is_some_and(|s| !states.contains(&s)) {
        return Err(malformed(format!("`state` is one of {}", states.join(", "))));
    }
    Ok(Page {
        limit: limit.ok_or_else(|| malformed("`limit` is a number from 1 to 200"))?,
        after: after.map_err(|_| malformed("`cursor` is what the page before called `next`"))?,
        state: state.map(str::to_owned),
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

/// The states that a list can be asked for.
const MESSAGE_STATES: &[&str] = &["open", "waiting", "closed"];
const DRAFT_STATES: &[&str] =
    &["editing", "scheduled", "sending", "live", "partly-live", "failed", "expired", "withdrawn", "taking-down", "taken-down"];

fn states_of(path: &str) -> &'static [&'static str] {
    match path {
        "/api/v1/messages" => MESSAGE_STATES,
        "/api/v1/drafts" => DRAFT_STATES,
        _ => &[],
    }
}

/// `GET /api/v1/…`: every list there is, by its path.
pub async fn get_list(ctx: Ctx, OriginalUri(uri): OriginalUri, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let answer = async {
        spend(&ctx, &headers)?;
        let page = page(query.as_deref(), states_of(uri.path()))?;
        match uri.path() {
            "/api/v1/people" => list_people(&ctx, &page).await,
            "/api/v1/accounts" => list_accounts(&ctx, &page).await,
            "/api/v1/messages" => list_messages(&ctx, &page).await,
            "/api/v1/alerts" => list_alerts(&ctx, &page).await,
            "/api/v1/quarantine" => list_quarantine(&ctx, &page).await,
            "/api/v1/drafts" => list_drafts(&ctx, &page).await,
            "/api/v1/cases" => list_cases(&ctx, &page).await,
            "/api/v1/measures" => list_measures(&ctx, &page).await,
            "/api/v1/prompts" => list_prompts(&ctx, &page).await,
            "/api/v1/tasks" => list_tasks(&ctx, &page).await,
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
    let rows = accounts::accounts(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await.map_err(db)?;
    Ok(page.of(
        rows,
        |a| a.id.0,
        |a| json!({ "id": a.id, "platform": a.platform, "handle": a.handle, "name": a.title, "kind": a.kind.name(), "state": a.state.name(), "area": a.area, "connected": a.connected }),
    ))
}

async fn list_messages(ctx: &Ctx, page: &Page) -> Result<Response, Problem> {
    may(ctx, "read.desk").await?;
    let mut tx = ctx.read().await.map_err(db)?;
    let state = page.state.as_deref();
    let rows = queue::messages_after(&mut tx, ctx.force, &ctx.scope, state, page.after, page.limit).await.map_err(db)?;
    let shown = rows.into_iter().map(|row| {
        let m = &row.message;
        let thrive: Vec<&str> = desk::thrive_of(m.thrive).iter().map(|d| d.name()).collect();
        let signals: Vec<&str> = m.triage.signals.iter().map(|s| s.id.as_str()).collect();
        let shown = json!({
            "id": m.id, "account": m.account, "conversation": m.conversation, "correspondent": m.correspondent, "handle": row.handle,
            "kind": m.kind, "text": m.text, "revisions": m.revisions, "url": m.url, "sent_at": m.sent_at, "received_at": m.received_at,
            "edited_at": m.edited_at, "deleted_at": m.deleted_at, "priority": m.priority_name(), "due_at": m.due_at, "route": m.route,
            "thrive": thrive, "signals": signals, "state": m.state, "area": m.area, "claimed_by": m.claimed_by,
            "assessed_at": m.assessed_at, "answered_at": m.answered_at, "closed_at": m.closed_at, "outcome": m.outcome, "hidden": m.hidden,
        });
        (m.id.0, shown)
    });
    Ok(listed(shown.collect(), page.limit))
}

async fn list_alerts(ctx: &Ctx, page: &Page) -> Result<Response, Problem> {
    may(ctx, "read.desk").await?;
    let mut tx = ctx.read().await.map_err(db)?;
    let rows = desk::open_alerts(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await.map_err(db)?;
    Ok(page.of(
        rows,
        |a| a.id.0,
        |a| json!({ "id": a.id, "account": a.account, "message": a.message, "kind": a.kind.name(), "raised_at": a.raised_at, "round": a.round, "next_at": a.next_at }),
    ))
}

async fn list_quarantine(ctx: &Ctx, page: &Page) -> Result<Response, Problem> {
    may(ctx, "read.desk").await?;
    let mut tx = ctx.read().await.map_err(db)?;
    let rows = intake::quarantine_waiting(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await.map_err(db)?;
    Ok(page.of(rows, |q| q.id, |q| json!({ "id": q.id, "account": q.account, "code": q.code, "why": q.why, "at": q.at })))
}

async fn list_drafts(ctx: &Ctx, page: &Page) -> Result<Response, Problem> {
    may(ctx, "read.drafts").await?;
    let mut tx = ctx.read().await.map_err(db)?;
    let (scope, state) = ((ctx.scope.every, ctx.scope.ids()), page.state.as_deref());
    // One's own drafts are one's own wherever they would go; a token for some accounts reads those alone.
    let me = ctx.principal.person().filter(|_| ctx.token.as_ref().is_none_or(|t| t.accounts.is_none()));
    let rows = publishing::drafts_after(&mut tx, ctx.force, scope, me, state, page.after, page.limit).await.map_err(db)?;
    let mut items = Vec::new();
    for id in rows {
        let Some(row) = publishing::draft(&mut tx, ctx.force, id).await.map_err(db)? else { continue };
        let posts = publishing::posts_of(&mut tx, ctx.force, id).await.map_err(db)?;
        let (d, c) = (&row.draft, &row.draft.content);
        let posts: Vec<Value> = posts
            .iter()
            .map(|p| json!({ "id": p.id, "account": p.account, "state": p.state.name(), "url": p.url, "why": p.why }))
            .collect();
        let shown = json!({
            "id": id, "kind": c.kind.name(), "state": d.state.name(), "for_at": d.state.for_(), "revision": d.revision, "author": d.author,
            "purpose": c.purpose, "audience": c.audience, "language": c.language, "text": c.text, "accounts": c.accounts, "case": c.case,
            "pictures": c.pictures.len(), "why": row.why, "created_at": row.created_at, "changed_at": row.changed_at, "posts": posts,
        });
        items.push((id.0, shown));
    }
    Ok(listed(items, page.limit))
}

async fn list_cases(ctx: &Ctx, page: &Page) -> Result<Response, Problem> {
    may(ctx, "read.drafts").await?;
    let mut tx = ctx.read().await.map_err(db)?;
    let rows = publishing::cases(&mut tx, ctx.force).await.map_err(db)?;
    Ok(page.of(
        rows,
        |c| c.id.0,
        |c| json!({ "id": c.id, "title": c.title, "stage": c.stage.name(), "opened_at": c.opened_at, "stage_at": c.stage_at }),
    ))
}

async fn list_measures(ctx: &Ctx, page: &Page) -> Result<Response, Problem> {
    may(ctx, "read.moderation").await?;
    let mut tx = ctx.read().await.map_err(db)?;
    let rows = community::measures_after(&mut tx, ctx.force, &ctx.scope, page.after, page.limit).await.map_err(db)?;
    let shown = rows.into_iter().map(|m| {
        let shown = json!({
            "id": m.id, "kind": m.kind.name(), "account": m.account, "message": m.message, "ground": m.ground, "standard": m.standard,
            "reason": m.reason, "state": m.state.name(), "why": m.why, "by": m.taken_by, "taken_at": m.taken_at,
            "review_due_at": m.review_due_at, "reviewed_at": m.reviewed_at, "verdict": m.verdict,
        });
        (m.id.0, shown)
    });
    Ok(listed(shown.collect(), page.limit))
}

async fn list_prompts(ctx: &Ctx, page: &Page) -> Result<Response, Problem> {
    may(ctx, "read.moderation").await?;
    let mut tx = ctx.read().await.map_err(db)?;
    let rows = community::open_prompts(&mut tx, ctx.force, &ctx.scope).await.map_err(db)?;
    Ok(page.of(
        rows,
        |p| p.id,
        |p| json!({ "id": p.id, "account": p.account, "conversation": p.conversation, "count": p.count, "text": p.text, "raised_at": p.raised_at }),
    ))
}

/// One's own open tasks, and those of one's roles.
async fn list_tasks(ctx: &Ctx, page: &Page) -> Result<Response, Problem> {
    let Some(person) = ctx.principal.person() else { return Ok(listed(Vec::new(), page.limit)) };
    let mut tx = ctx.read().await.map_err(db)?;
    let rows = people::tasks_of(&mut tx, ctx.force, person, &ctx.scope.roles).await.map_err(db)?;
    Ok(page.of(
        rows,
        |t| t.id.0,
        |t| json!({ "id": t.id, "kind": t.kind.name(), "owner": t.owner, "role": t.role, "clause": t.clause, "says": t.says, "due_on": t.due_on.to_string(), "opened_at": t.opened_at }),
    ))
}

/// Held acts that are one's own, or that one may agree to.
async fn list_held(ctx: &Ctx, page: &Page) -> Result<Response, Problem> {
    let mut tx = ctx.read().await.map_err(db)?;
    let rows = crate::db::principal::held_waiting(&mut tx, ctx.force).await.map_err(db)?;
    let own = ctx.principal.code();
    let mine = |h: &crate::db::principal::HeldRow| {
        h.principal == own || h.reasons.iter().any(|r| bluelamp_domain::held::may_lift(r, &ctx.scope.roles, false))
    };
    Ok(page.of(
        rows.into_iter().filter(mine).collect(),
        |h| h.id.0,
        |h| json!({ "id": h.id, "act": h.act, "by": h.principal, "subject": h.subject, "held_at": h.held_at, "expires_at": h.expires_at, "reasons": h.reasons }),
    ))
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

/// `POST /api/v1/pictures`: a picture for a draft, re-encoded without what a camera wrote into it. What it answers is named
/// in the draft's pictures, with words for those who cannot see it.
pub async fn post_picture(ctx: Ctx, request: Request) -> Response {
    let answer = async {
        spend(&ctx, request.headers())?;
        // It is for a draft: a token that writes none adds no pictures.
        let writes = |t: &crate::act::TokenScope| ["publishing.create_draft", "publishing.edit_draft"].iter().any(|a| t.acts.contains(*a));
        if ctx.token.as_deref().is_some_and(|t| !writes(t)) {
            return Err(Problem::new(403, "token-scope", "this token may not write drafts; ask for one that may"));
        }
        let decision = ctx.may_read("read.drafts").await.map_err(|f| told(&f))?;
        if decision.rating != Rating::Green {
            return Err(Problem::refused("refused", &decision.reasons));
        }
        let too_long = |_| Problem::new(413, "too-long", "the picture is larger than Bluelamp takes; make it smaller and try again");
        let bytes = axum::body::to_bytes(request.into_body(), media::LARGEST + 1).await.map_err(too_long)?;
        match media::take(&ctx, bytes.to_vec()).await.map_err(|f| told(&f))? {
            Ok(u) => Ok(axum::Json(json!({ "object": u.object, "mime": u.mime, "width": u.width, "height": u.height, "size": u.size }))
                .into_response()),
            Err(why) => Err(Problem::new(422, "picture", why)),
        }
    };
    answer.await.unwrap_or_else(IntoResponse::into_response)
}

/// The lists, and the taking of pictures, as the document describes them: path, method, operation.
pub fn operations() -> Vec<(&'static str, &'static str, Value)> {
    let text = || json!({ "type": "string" });
    let id = || json!({ "type": "string", "format": "uuid" });
    let maybe = |of: Value| json!({ "oneOf": [of, { "type": "null" }] });
    let whole = || json!({ "type": "integer", "format": "int64" });
    let yes = || json!({ "type": "boolean" });
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    let ids = || json!({ "type": "array", "items": { "type": "string", "format": "uuid" } });
    let date = || json!({ "type": "string", "format": "date" });
    let object = |properties: Value| {
        let required: Vec<String> = properties.as_object().map(|o| o.keys().cloned().collect()).unwrap_or_default();
        json!({ "type": "object", "required": required, "additionalProperties": false, "properties": properties })
    };
    let post = object(json!({ "id": id(), "account": id(), "state": text(), "url": text(), "why": text() }));
    let reason = json!({ "type": "array", "items": { "$ref": "#/components/schemas/Reason" } });
    let lists = [
        (
            "people",
            "The people of the force. Needs `read.people`.",
            json!({ "id": id(), "name": text(), "email": text(), "kind": text(), "level": whole(), "job_title": text(), "areas": texts(), "roles": texts(), "state": text(), "trained_on": maybe(date()) }),
        ),
        (
            "accounts",
            "The accounts that you may see. Needs `read.register`.",
            json!({ "id": id(), "platform": text(), "handle": text(), "name": text(), "kind": text(), "state": text(), "area": text(), "connected": yes() }),
        ),
        (
            "messages",
            "The messages that you may see, of your accounts and areas. Needs `read.desk`.",
            json!({
                "id": id(), "account": id(), "conversation": id(), "correspondent": id(), "handle": text(), "kind": text(), "text": text(),
                "revisions": whole(), "url": maybe(text()), "sent_at": whole(), "received_at": whole(), "edited_at": maybe(whole()),
                "deleted_at": maybe(whole()), "priority": text(), "due_at": whole(), "route": text(), "thrive": texts(), "signals": texts(),
                "state": text(), "area": text(), "claimed_by": maybe(id()), "assessed_at": maybe(whole()), "answered_at": maybe(whole()),
                "closed_at": maybe(whole()), "outcome": maybe(text()), "hidden": yes(),
            }),
        ),
        (
            "alerts",
            "The alerts that nobody has acknowledged. Needs `read.desk`.",
            json!({ "id": id(), "account": id(), "message": maybe(id()), "kind": text(), "raised_at": whole(), "round": whole(), "next_at": whole() }),
        ),
        (
            "quarantine",
            "What came in and could not be read, triaged or decided. Needs `read.desk`.",
            json!({ "id": id(), "account": id(), "code": text(), "why": text(), "at": whole() }),
        ),
        (
            "drafts",
            "The drafts that you may see, each with what became of it on each account. Needs `read.drafts`.",
            json!({
                "id": id(), "kind": text(), "state": text(), "for_at": maybe(whole()), "revision": whole(), "author": id(), "purpose": text(),
                "audience": text(), "language": text(), "text": text(), "accounts": ids(), "case": maybe(id()), "pictures": whole(), "why": text(),
                "created_at": whole(), "changed_at": whole(), "posts": { "type": "array", "items": post },
            }),
        ),
        (
            "cases",
            "The live cases that drafts hang on. Needs `read.drafts`.",
            json!({ "id": id(), "title": text(), "stage": text(), "opened_at": whole(), "stage_at": whole() }),
        ),
        (
            "measures",
            "What was hidden, deleted, reported or blocked, and why. Needs `read.moderation`.",
            json!({
                "id": id(), "kind": text(), "account": id(), "message": id(), "ground": text(), "standard": text(), "reason": text(), "state": text(),
                "why": text(), "by": text(), "taken_at": whole(), "review_due_at": maybe(whole()), "reviewed_at": maybe(whole()), "verdict": maybe(text()),
            }),
        ),
        (
            "prompts",
            "Where many comments were removed and the public has not been told why. Needs `read.moderation`.",
            json!({ "id": id(), "account": id(), "conversation": id(), "count": whole(), "text": text(), "raised_at": whole() }),
        ),
        (
            "tasks",
            "Your open tasks, and those of your roles.",
            json!({ "id": id(), "kind": text(), "owner": maybe(id()), "role": text(), "clause": text(), "says": text(), "due_on": date(), "opened_at": whole() }),
        ),
        (
            "held",
            "What waits for agreement: your own, and what you may agree to.",
            json!({ "id": id(), "act": text(), "by": text(), "subject": id(), "held_at": whole(), "expires_at": whole(), "reasons": reason }),
        ),
        (
            "entries",
            "The ledger's entries. Needs `read.ledger`.",
            json!({ "id": id(), "index": maybe(whole()), "at": whole(), "act": text(), "decision": text(), "by": text(), "subject": maybe(id()), "account": maybe(id()) }),
        ),
    ];
    let mut all: Vec<(&'static str, &'static str, Value)> = Vec::new();
    for (name, summary, item) in lists {
        let path = PATHS.iter().find(|p| p.ends_with(name)).expect("every list has its path, which a test holds");
        all.push((path, "get", list(name, summary, states_of(path), &object(item))));
    }
    let taken = object(json!({ "object": text(), "mime": text(), "width": whole(), "height": whole(), "size": whole() }));
    let picture = json!({ "type": "string", "format": "binary" });
    all.push((
        "/api/v1/pictures",
        "post",
        json!({
            "operationId": "add_picture", "tags": ["publishing"],
            "summary": "Take a picture for a draft, re-encoded without what a camera wrote into it; name its `object` in the draft's pictures.",
            "requestBody": { "required": true, "content": { "image/png": { "schema": picture }, "image/jpeg": { "schema": picture }, "image/gif": { "schema": picture }, "image/webp": { "schema": picture } } },
            "responses": { "200": { "description": "Kept until a draft takes it.", "content": { "application/json": { "schema": taken } } } }
        }),
    ));
    all
}

/// The paths of the lists, in the order of the document.
const PATHS: &[&str] = &[
    "/api/v1/people",
    "/api/v1/accounts",
    "/api/v1/messages",
    "/api/v1/alerts",
    "/api/v1/quarantine",
    "/api/v1/drafts",
    "/api/v1/cases",
    "/api/v1/measures",
    "/api/v1/prompts",
    "/api/v1/tasks",
    "/api/v1/held",
    "/api/v1/entries",
];

fn list(name: &str, summary: &str, states: &[&str], item: &Value) -> Value {
    let mut parameters = vec![
        json!({ "name": "cursor", "in": "query", "required": false, "description": "What the page before called `next`.", "schema": { "type": "string", "format": "uuid" } }),
        json!({ "name": "limit", "in": "query", "required": false, "schema": { "type": "integer", "minimum": 1, "maximum": 200, "default": 100 } }),
    ];
    if !states.is_empty() {
        parameters.push(json!({ "name": "state", "in": "query", "required": false, "description": "Only these.", "schema": { "type": "string", "enum": states } }));
    }
    json!({
        "operationId": format!("list_{name}"), "tags": ["lists"], "summary": summary, "parameters": parameters,
        "responses": { "200": { "description": "A page of the list, oldest first.", "content": { "application/json": { "schema": {
            "type": "object", "required": ["items", "next"], "additionalProperties": false,
            "properties": { "items": { "type": "array", "items": item }, "next": { "oneOf": [{ "type": "string", "format": "uuid" }, { "type": "null" }] } }
        } } } } }
    })
}

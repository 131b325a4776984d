//! What the double answers: each call checks token, scope, limits and content as the documents say.

use super::state::{Media, State as World, Status, counted};
use super::{Shared, control, oauth, stream};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Path, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

type Server = State<Arc<Shared>>;
type Answer = Result<Response, No>;

const FOREVER: Duration = Duration::from_secs(3600);
const HOUR: i64 = 3_600_000_000;

pub fn router(shared: Arc<Shared>) -> Router {
    let api = Router::new()
        .route("/api/v2/instance", get(instance2))
        .route("/api/v1/instance", get(instance1))
        .route("/api/v1/accounts/verify_credentials", get(verify))
        .route("/api/v1/accounts/{id}/statuses", get(timeline))
        .route("/api/v1/accounts/{id}/block", post(block))
        .route("/api/v1/accounts/{id}/unblock", post(unblock))
        .route("/api/v1/statuses", post(publish).get(many))
        .route("/api/v1/statuses/{id}", get(one).delete(delete))
        .route("/api/v1/statuses/{id}/source", get(source))
        .route("/api/v1/statuses/{id}/context", get(context))
        .route("/api/v2/media", post(upload))
        .route("/api/v1/media/{id}", get(media))
        .route("/api/v1/notifications", get(notifications))
        .route("/api/v1/reports", post(report))
        .merge(oauth::routes())
        .layer(axum::middleware::from_fn_with_state(shared.clone(), limits))
        .layer(DefaultBodyLimit::max(40 << 20));
    api.merge(control::routes())
        .route("/media/{id}", get(picture))
        .route("/api/v1/streaming", get(stream::open))
        .route("/api/v1/streaming/health", get(stream::health))
        .fallback(async || html_404())
        .with_state(shared)
}

/// A refusal in the server's own form.
pub struct No {
    status: StatusCode,
    error: String,
    described: Option<String>,
}

impl No {
    pub fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), described: None }
    }

    pub fn described(status: StatusCode, error: &str, words: &str) -> Self {
        Self { status, error: error.into(), described: Some(words.into()) }
    }

    pub fn invalid(error: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error)
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let mut body = json!({ "error": self.error });
        if let Some(words) = self.described {
            body["error_description"] = words.into();
        }
        (self.status, Json(body)).into_response()
    }
}

pub fn html_404() -> Response {
    (StatusCode::NOT_FOUND, Html("<!doctype html><title>404</title><h1>Not found</h1>")).into_response()
}

fn missing(s: &Shared) -> Response {
    if s.takahe { html_404() } else { No::new(StatusCode::NOT_FOUND, "Record not found").into_response() }
}

/// Parameters as JSON or as a form, whichever came.
pub struct Params(Value);

impl Params {
    pub fn text(&self, name: &str) -> String {
        self.0[name].as_str().unwrap_or_default().to_owned()
    }

    fn list(&self, name: &str) -> Vec<String> {
        self.0[name].as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    }
}

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = No;

    async fn from_request(request: Request, state: &S) -> Result<Self, No> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let body = Bytes::from_request(request, state).await.map_err(|_| No::new(StatusCode::PAYLOAD_TOO_LARGE, "Too large"))?;
        if kind.starts_with("application/json") {
            return serde_json::from_slice(&body).map(Params).map_err(|_| No::new(StatusCode::BAD_REQUEST, "Error parsing the request"));
        }
        let pairs = url::form_urlencoded::parse(&body).map(|(k, v)| (k.into_owned(), Value::from(v.into_owned())));
        Ok(Params(Value::Object(pairs.collect())))
    }
}

/// Faults first, then the limits by account and address: 300 in 5 minutes.
async fn limits(State(s): Server, request: Request, next: Next) -> Response {
    let fault = {
        let mut state = s.state();
        let came = (request.method().to_string(), request.uri().path().to_owned());
        let meets = state.faulty.as_ref().is_none_or(|f| *f == came);
        state.asked.push(came);
        let (status, left) = state.faults;
        if meets {
            state.faults.1 = left.saturating_sub(1);
        }
        (meets && left > 0).then_some(status)
    };
    match fault {
        Some(0) => tokio::time::sleep(FOREVER).await,
        Some(1) => {
            let _done = next.run(request).await;
            tokio::time::sleep(FOREVER).await;
            return StatusCode::GATEWAY_TIMEOUT.into_response();
        }
        Some(429) => return too_many((s.clock)() + 60_000_000),
        Some(200) => return Html("<!doctype html><title>Maintenance</title>").into_response(),
        Some(status) => {
            return No::new(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY), "Something went wrong").into_response();
        }
        None => {}
    }
    if s.takahe {
        return next.run(request).await;
    }
    let now = (s.clock)();
    let spent = s.state().spend("requests", 300, 300, now);
    match spent {
        Err(until) => too_many(until),
        Ok(left) => {
            let mut response = next.run(request).await;
            let mut put = |name, value: String| {
                // A nearer limit has said its own already.
                if let (false, Ok(value)) = (response.headers().contains_key(name), value.parse()) {
                    response.headers_mut().insert(name, value);
                }
            };
            put("x-ratelimit-limit", "300".into());
            put("x-ratelimit-remaining", left.to_string());
            put("x-ratelimit-reset", super::state::iso(now + 300_000_000));
            response
        }
    }
}

fn too_many(until: i64) -> Response {
    let headers = [
        ("x-ratelimit-limit", "300".to_owned()),
        ("x-ratelimit-remaining", "0".to_owned()),
        ("x-ratelimit-reset", super::state::iso(until)),
    ];
    (headers, No::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests")).into_response()
}

/// Whose token it is, if it has the scope.
fn who(s: &Shared, state: &World, headers: &HeaderMap, scope: &str) -> Result<String, Box<Response>> {
    let token = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    match token {
        None if s.takahe => Err(No::new(StatusCode::UNAUTHORIZED, "identity_token_required").into_response().into()),
        None => Err(No::new(StatusCode::UNAUTHORIZED, "The access token is invalid").into_response().into()),
        Some(token) => match state.tokens.get(token) {
            None if s.takahe => Err((StatusCode::BAD_REQUEST, Html("Invalid Bearer token")).into_response().into()),
            None => Err(No::new(StatusCode::UNAUTHORIZED, "The access token is invalid").into_response().into()),
            Some((account, scopes)) => {
                let coarse = scope.split(':').next().unwrap_or_default();
                if scopes.split(' ').any(|has| has == scope || has == coarse) {
                    Ok(account.clone())
                } else {
                    Err(No::new(StatusCode::FORBIDDEN, "This action is outside the authorized scopes").into_response().into())
                }
            }
        },
    }
}

macro_rules! allowed {
    ($s:expr, $state:expr, $headers:expr, $scope:expr) => {
        match who(&$s, &$state, &$headers, $scope) {
            Ok(account) => account,
            Err(response) => return Ok(*response),
        }
    };
}

fn configuration(s: &Shared) -> Value {
    json!({
        "statuses": { "max_characters": 500, "max_media_attachments": 4, "characters_reserved_per_url": 23 },
        "media_attachments": {
            "supported_mime_types": ["image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4"],
            "description_limit": 1500, "image_size_limit": if s.takahe { 10 << 20 } else { 16 << 20 }, "image_matrix_limit": 33_177_600,
        },
        "urls": { "streaming": s.base.replacen("http", "ws", 1) },
    })
}

async fn instance2(State(s): Server) -> Response {
    if s.takahe {
        return html_404();
    }
    Json(json!({ "domain": "social.example", "title": "Example Social", "version": "4.6.0", "configuration": configuration(&s), "api_versions": { "mastodon": 9 }, "rules": [] })).into_response()
}

async fn instance1(State(s): Server) -> Json<Value> {
    let version = if s.takahe { "takahe/0.11.0" } else { "4.6.0" };
    let mut told =
        json!({ "uri": "social.example", "title": "Example Social", "version": version, "configuration": configuration(&s), "urls": {} });
    told["configuration"]["urls"] = json!({});
    Json(told)
}

async fn verify(State(s): Server, headers: HeaderMap) -> Answer {
    let state = s.state();
    let id = allowed!(s, state, headers, "read:accounts");
    Ok(Json(s.show_person(&state.people[&id])).into_response())
}

async fn publish(State(s): Server, headers: HeaderMap, p: Params) -> Answer {
    let mut state = s.state();
    let me = allowed!(s, state, headers, "write:statuses");
    let now = (s.clock)();
    let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok()).map(|k| (me.clone(), k.to_owned()));
    if let Some((first, at)) = key.as_ref().filter(|_| !s.takahe).and_then(|k| state.keys.get(k))
        && now - at <= HOUR
        && let Some(first) = state.statuses.get(first)
    {
        return Ok(Json(s.show(&state, first)).into_response());
    }
    let (text, media) = (p.text("status"), p.list("media_ids"));
    if text.trim().is_empty() && media.is_empty() {
        return Err(No::invalid("Validation failed: Text can't be blank"));
    }
    if counted(&text) > 500 {
        return Err(match s.takahe {
            true => No::new(StatusCode::BAD_REQUEST, "Status is too long"),
            false => No::invalid("Validation failed: Text character limit of 500 exceeded"),
        });
    }
    let visibility = if p.text("visibility").is_empty() { "public".to_owned() } else { p.text("visibility") };
    if !matches!(visibility.as_str(), "public" | "unlisted" | "private" | "direct") {
        return Err(No::invalid("Validation failed: Visibility is not included in the list"));
    }
    if media.len() > 4 {
        return Err(No::invalid("Validation failed: Cannot attach more than 4 files"));
    }
    for id in &media {
        match state.media.get(id) {
            None => return Err(No::new(StatusCode::NOT_FOUND, "Record not found")),
            Some(m) if m.attached => return Err(No::invalid("Validation failed: Media is already attached")),
            Some(m) if m.left > 0 => {
                return Err(No::invalid("Cannot attach files that have not finished processing. Try again in a moment!"));
            }
            Some(_) => {}
        }
    }
    let parent = Some(p.text("in_reply_to_id")).filter(|id| !id.is_empty());
    if parent.as_ref().is_some_and(|id| !state.statuses.get(id).is_some_and(|post| state.may_see(&me, post))) {
        return Err(No::new(StatusCode::NOT_FOUND, "The post you are trying to reply to does not appear to exist."));
    }
    let language = Some(p.text("language")).filter(|l| !l.is_empty());
    if language.as_ref().is_some_and(|l| !(2..=3).contains(&l.split('-').next().unwrap_or_default().len())) {
        return Err(No::invalid("Validation failed: Language is not valid"));
    }
    let id = state.id();
    media.iter().for_each(|m| state.media.get_mut(m).into_iter().for_each(|m| m.attached = true));
    let status = Status { id: id.clone(), by: me, text, visibility, language, at: now, edited: None, parent, media };
    let shown = s.show(&state, &status);
    state.statuses.insert(id.clone(), status);
    if let Some(key) = key {
        state.keys.insert(key, (id, now));
    }
    Ok(Json(shown).into_response())
}

async fn one(State(s): Server, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let state = s.state();
    let me = allowed!(s, state, headers, "read:statuses");
    Ok(match state.statuses.get(&id).filter(|x| state.may_see(&me, x)) {
        Some(status) => Json(s.show(&state, status)).into_response(),
        None => missing(&s),
    })
}

async fn source(State(s): Server, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let state = s.state();
    let me = allowed!(s, state, headers, "read:statuses");
    Ok(match state.statuses.get(&id).filter(|x| x.by == me && !s.takahe) {
        Some(x) => Json(json!({ "id": x.id, "text": x.text, "spoiler_text": "" })).into_response(),
        None => missing(&s),
    })
}

async fn context(State(s): Server, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let state = s.state();
    let me = allowed!(s, state, headers, "read:statuses");
    if !state.statuses.contains_key(&id) {
        return Ok(missing(&s));
    }
    let mut below = vec![id];
    let mut found = Vec::new();
    while let Some(parent) = below.pop() {
        for child in state.statuses.values().filter(|x| x.parent.as_deref() == Some(&parent) && state.may_see(&me, x)) {
            below.push(child.id.clone());
            found.push(s.show(&state, child));
        }
    }
    Ok(Json(json!({ "ancestors": [], "descendants": found })).into_response())
}

/// A query's parameters, repeated ones and all.
fn query(raw: Option<String>) -> Vec<(String, String)> {
    url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).into_owned().collect()
}

fn first<'a>(q: &'a [(String, String)], name: &str) -> Option<&'a str> {
    q.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

fn all<'a>(q: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    q.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect()
}

async fn many(State(s): Server, headers: HeaderMap, RawQuery(raw): RawQuery) -> Answer {
    if s.takahe {
        return Ok(html_404());
    }
    let state = s.state();
    let me = allowed!(s, state, headers, "read:statuses");
    let q = query(raw);
    let found = all(&q, "id[]").into_iter().filter_map(|id| state.statuses.get(id)).filter(|x| state.may_see(&me, x));
    Ok(Json(found.map(|x| s.show(&state, x)).collect::<Vec<_>>()).into_response())
}

/// A page of ids, newest first, and its `Link` header.
fn paged<'a>(
    ids: impl DoubleEndedIterator<Item = &'a String>,
    q: &[(String, String)],
    most: usize,
    here: &str,
) -> (Vec<String>, Option<String>) {
    let limit = first(q, "limit").and_then(|l| l.parse().ok()).unwrap_or(most / 2).clamp(1, most);
    let (max, since, min) = (first(q, "max_id"), first(q, "since_id"), first(q, "min_id"));
    let fits =
        |id: &&String| max.is_none_or(|m| id.as_str() < m) && since.is_none_or(|m| id.as_str() > m) && min.is_none_or(|m| id.as_str() > m);
    let mut page: Vec<String> = match min {
        Some(_) => ids.filter(fits).take(limit).cloned().collect(),
        None => ids.rev().filter(fits).take(limit).cloned().collect(),
    };
    if min.is_some() {
        page.reverse();
    }
    let link = page
        .first()
        .zip(page.last())
        .map(|(newest, oldest)| format!("<{here}?max_id={oldest}>; rel=\"next\", <{here}?min_id={newest}>; rel=\"prev\""));
    (page, link)
}

fn linked(body: Value, link: Option<String>) -> Response {
    match link {
        Some(link) => ([(header::LINK, link)], Json(body)).into_response(),
        None => Json(body).into_response(),
    }
}

async fn timeline(State(s): Server, headers: HeaderMap, Path(id): Path<String>, RawQuery(raw): RawQuery) -> Answer {
    let state = s.state();
    let me = allowed!(s, state, headers, "read:statuses");
    let ids = state.statuses.values().filter(|x| x.by == id && state.may_see(&me, x)).map(|x| &x.id);
    let (page, link) = paged(ids, &query(raw), 40, &format!("{}/api/v1/accounts/{id}/statuses", s.base));
    Ok(linked(page.iter().map(|id| s.show(&state, &state.statuses[id])).collect(), link))
}

async fn notifications(State(s): Server, headers: HeaderMap, RawQuery(raw): RawQuery) -> Answer {
    let state = s.state();
    let me = allowed!(s, state, headers, "read:notifications");
    let q = query(raw);
    let kinds = all(&q, "types[]");
    let own = me == state.force;
    let ids = state.notes.iter().filter(|(_, n)| own && (kinds.is_empty() || kinds.contains(&n.kind))).map(|(id, _)| id);
    let (page, link) = paged(ids, &q, 80, &format!("{}/api/v1/notifications", s.base));
    Ok(linked(page.iter().map(|id| s.show_note(&state, id, &state.notes[id])).collect(), link))
}

async fn delete(State(s): Server, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let mut state = s.state();
    let me = allowed!(s, state, headers, "write:statuses");
    if state.statuses.get(&id).is_none_or(|x| x.by != me) {
        return Ok(missing(&s));
    }
    if let (false, Err(until)) = (s.takahe, state.spend("deletes", 30, 1_800, (s.clock)())) {
        return Ok(too_many(until));
    }
    let gone = state.statuses.remove(&id);
    let mut shown = gone.as_ref().map(|x| s.show(&state, x)).unwrap_or_default();
    shown["text"] = gone.map(|x| x.text).into();
    Ok(Json(shown).into_response())
}

async fn upload(State(s): Server, headers: HeaderMap, mut form: Multipart) -> Answer {
    let (mut file, mut alt) = (None, String::new());
    while let Ok(Some(field)) = form.next_field().await {
        let mime = field.content_type().map(str::to_owned);
        match field.name().unwrap_or_default() {
            "file" => file = field.bytes().await.ok().map(|b| (mime.unwrap_or_default(), b.to_vec())),
            "description" => alt = field.text().await.unwrap_or_default(),
            _ => {}
        }
    }
    let mut state = s.state();
    allowed!(s, state, headers, "write:media");
    let Some((mime, bytes)) = file else { return Err(No::invalid("Validation failed: File can't be blank")) };
    let looks =
        bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"\xff\xd8\xff") || bytes.starts_with(b"GIF8") || bytes.starts_with(b"RIFF");
    if !looks || !mime.starts_with("image/") {
        return Err(No::invalid("Validation failed: File content type is invalid, File is invalid"));
    }
    if bytes.len() > (16 << 20) {
        return Err(No::invalid("Validation failed: File file size must be less than 16 MB"));
    }
    if alt.chars().count() > 1_500 {
        return Err(No::invalid("Validation failed: Description is too long (maximum is 1500 characters)"));
    }
    if let (false, Err(until)) = (s.takahe, state.spend("uploads", 30, 1_800, (s.clock)())) {
        return Ok(too_many(until));
    }
    let (id, left) = (state.id(), std::mem::take(&mut state.slow));
    let media = Media { mime, alt, bytes, left, attached: false };
    let shown = s.show_media(&id, &media);
    state.media.insert(id, media);
    Ok((if left > 0 { StatusCode::ACCEPTED } else { StatusCode::OK }, Json(shown)).into_response())
}

async fn media(State(s): Server, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let mut state = s.state();
    allowed!(s, state, headers, "write:media");
    let Some(media) = state.media.get_mut(&id) else { return Ok(missing(&s)) };
    media.left = media.left.saturating_sub(1);
    let status = if media.left > 0 { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    Ok((status, Json(s.show_media(&id, &state.media[&id]))).into_response())
}

async fn picture(State(s): Server, Path(id): Path<String>) -> Response {
    match s.state().media.get(&id) {
        Some(m) => ([(header::CONTENT_TYPE, m.mime.clone())], m.bytes.clone()).into_response(),
        None => html_404(),
    }
}

async fn block(State(s): Server, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    relate(&s, &headers, &id, true)
}

async fn unblock(State(s): Server, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    relate(&s, &headers, &id, false)
}

fn relate(s: &Shared, headers: &HeaderMap, id: &str, blocking: bool) -> Answer {
    let mut state = s.state();
    allowed!(s, state, headers, "write:blocks");
    if !state.people.contains_key(id) {
        return Ok(missing(s));
    }
    if blocking {
        state.blocks.insert(id.to_owned());
    } else {
        state.blocks.remove(id);
    }
    Ok(Json(json!({ "id": id, "blocking": blocking, "blocked_by": false, "following": false, "muting": false })).into_response())
}

async fn report(State(s): Server, headers: HeaderMap, p: Params) -> Answer {
    if s.takahe {
        return Ok(html_404());
    }
    let mut state = s.state();
    allowed!(s, state, headers, "write:reports");
    let known = state.people.contains_key(&p.text("account_id"));
    let his = p.list("status_ids").iter().all(|id| state.statuses.get(id).is_some_and(|x| x.by == p.text("account_id")));
    if !known || !his {
        return Ok(missing(&s));
    }
    if p.text("comment").chars().count() > 1_000 || !matches!(p.text("category").as_str(), "spam" | "legal" | "violation" | "other") {
        return Err(No::invalid("Validation failed: Comment is too long or category is not valid"));
    }
    let id = state.id();
    state.reports.push(p.0.clone());
    Ok(Json(json!({ "id": id, "action_taken": false, "category": p.text("category"), "comment": p.text("comment"), "forwarded": p.0["forward"] })).into_response())
}

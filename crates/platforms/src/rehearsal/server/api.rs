//! The platform's HTTP API: bearer tokens, JSON both ways, and a control door for faults.

use super::super::wire::*;
use super::super::{capabilities, map};
use super::world::{Change, NoMeasure};
use super::{Account, Fault, Saying, Shared, pages};
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::sync::Arc;
use std::time::Duration;
use unicode_segmentation::UnicodeSegmentation;

type Server = State<Arc<Shared>>;
type Answer<T> = Result<Json<T>, No>;

const TOKEN_LIFE_S: i64 = 12 * 3600;
const FOREVER: Duration = Duration::from_secs(3600);

pub fn router(shared: Arc<Shared>) -> Router {
    let api = Router::new()
        .route("/v1/server", get(server))
        .route("/v1/tokens", post(token))
        .route("/v1/me", get(me))
        .route("/v1/posts", post(publish))
        .route("/v1/posts/by-key/{key}", get(by_key))
        .route("/v1/items/{id}", get(item).delete(remove))
        .route("/v1/events", get(events))
        .route("/v1/moderation", post(moderate))
        .route("/v1/media/{name}", get(media))
        .layer(DefaultBodyLimit::max(16 << 20))
        .layer(axum::middleware::from_fn_with_state(shared.clone(), go_wrong));
    let control = Router::new()
        .route("/control/fault", post(control_fault))
        .route("/control/say", post(control_say))
        .route("/control/turn", post(control_turn))
        .route("/control/pace", post(control_pace))
        .layer(axum::middleware::from_fn_with_state(shared.clone(), controlled));
    api.merge(control).route("/", get(pages::front)).route("/see/{id}", get(pages::see)).with_state(shared)
}

/// A refusal: status, code, and what to do about it.
pub struct No(StatusCode, &'static str, String);

impl No {
    fn new(status: StatusCode, error: &'static str, detail: impl Into<String>) -> Self {
        Self(status, error, detail.into())
    }

    fn invalid(error: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error, detail)
    }

    fn gone(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }
}

impl From<std::io::Error> for No {
    fn from(e: std::io::Error) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "file", e.to_string())
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        (self.0, Json(Refused { error: self.1.into(), detail: self.2 })).into_response()
    }
}

/// The fault switches, before anything is done.
async fn go_wrong(State(s): Server, request: Request, next: Next) -> Response {
    if s.faults.strikes(Fault::Error500) {
        return No::new(StatusCode::INTERNAL_SERVER_ERROR, "broken", "something broke on the platform's side").into_response();
    }
    if s.faults.strikes(Fault::Limited) {
        let no = No::new(StatusCode::TOO_MANY_REQUESTS, "too_many", "too many requests");
        return ([(header::RETRY_AFTER, "30")], no).into_response();
    }
    if s.faults.strikes(Fault::Html) {
        return (StatusCode::OK, Html("<!doctype html><title>Back soon</title><p>We are doing some work on the site.")).into_response();
    }
    if s.faults.strikes(Fault::Silence) {
        tokio::time::sleep(FOREVER).await;
    }
    let late = request.uri().path() == "/v1/posts" && s.faults.strikes(Fault::LateSuccess);
    let response = next.run(request).await;
    if late {
        tokio::time::sleep(FOREVER).await;
    }
    response
}

fn mac(key: &str, what: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(what.as_bytes());
    mac
}

/// `handle.epoch.expiry.mac`: the server keeps no list of tokens.
fn mint(account: &Account, epoch: u64, expiry_s: i64) -> String {
    let what = format!("{}.{epoch}.{expiry_s}", account.person.handle);
    format!("{what}.{}", hex::encode(mac(&account.key, &what).finalize().into_bytes()))
}

/// Whose token the request carries.
fn bearer<'a>(s: &'a Shared, headers: &HeaderMap) -> Result<&'a Account, No> {
    let no = || No::new(StatusCode::UNAUTHORIZED, "bad_token", "the access token is not one of this server's");
    let token = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer ")).ok_or_else(no)?;
    let (what, given) = token.rsplit_once('.').ok_or_else(no)?;
    let (rest, expiry) = what.rsplit_once('.').ok_or_else(no)?;
    let (handle, epoch) = rest.rsplit_once('.').ok_or_else(no)?;
    let account = s.account(handle).ok_or_else(no)?;
    let given = hex::decode(given).map_err(|_| no())?;
    mac(&account.key, what).verify_slice(&given).map_err(|_| no())?;
    let now_s = (s.clock)().div_euclid(1_000_000);
    if epoch.parse() != Ok(s.faults.epoch()) || expiry.parse().is_ok_and(|e: i64| e <= now_s) {
        return Err(No::new(
            StatusCode::UNAUTHORIZED,
            "token_ended",
            "the access token has ended: ask for a new one with the account's key",
        ));
    }
    Ok(account)
}

async fn server() -> Json<Limits> {
    let c = capabilities();
    Json(Limits {
        server: "rehearsal/1".into(),
        max_characters: c.max_graphemes,
        max_images: c.max_images,
        max_image_bytes: c.max_image_bytes,
        max_alt: c.max_alt,
    })
}

async fn token(State(s): Server, Json(ask): Json<TokenRequest>) -> Answer<Token> {
    let no = || No::new(StatusCode::UNAUTHORIZED, "bad_key", "no account has this key");
    if ask.key.is_empty() || s.faults.strikes(Fault::RevokedKey) {
        return Err(no());
    }
    let account = s.accounts.iter().find(|a| a.key == ask.key).ok_or_else(no)?;
    let expiry_s = (s.clock)().div_euclid(1_000_000) + TOKEN_LIFE_S;
    Ok(Json(Token {
        access_token: mint(account, s.faults.epoch(), expiry_s),
        expires_at: map::rfc3339(expiry_s * 1_000_000),
        account: account.person.clone(),
    }))
}

async fn me(State(s): Server, headers: HeaderMap) -> Answer<Person> {
    Ok(Json(bearer(&s, &headers)?.person.clone()))
}

async fn publish(State(s): Server, headers: HeaderMap, Json(new): Json<NewPost>) -> Result<(StatusCode, Json<Post>), No> {
    let account = &bearer(&s, &headers)?.person;
    s.change(|w| {
        let known = w.keys.get(&(account.id.clone(), new.key.clone())).and_then(|id| w.posts.get(id));
        if let Some(first) = known.filter(|_| !s.faults.strikes(Fault::Forgetful)) {
            return Ok(((StatusCode::OK, Json(first.clone())), None));
        }
        acceptable(&new)?;
        let answered = new.reply_to.as_deref();
        if let Some(parent) = answered.filter(|p| !(w.visible(p).is_some() || w.posts.contains_key(*p) && !w.removed.contains(*p))) {
            return Err(No::invalid("no_parent", format!("`{parent}` is not there any more")));
        }
        if let Some(to) = new.private_to.as_deref().filter(|to| !w.messages.values().any(|(a, m)| *a == account.id && m.author.id == *to)) {
            return Err(No::new(StatusCode::FORBIDDEN, "not_asked", format!("`{to}` has not written to this account")));
        }
        let root = answered.map(|p| {
            let known = w.posts.get(p).and_then(|p| p.root.clone()).or_else(|| w.messages.get(p).and_then(|(_, m)| m.root.clone()));
            known.unwrap_or_else(|| p.to_owned())
        });
        let id = w.next_post();
        let post = Post {
            url: format!("{}/see/{id}", s.base),
            id,
            account: account.id.clone(),
            text: new.text.clone(),
            created_at: new.created_at.clone(),
            reply_to: new.reply_to.clone(),
            root,
            private_to: new.private_to.clone(),
            alts: new.images.iter().map(|i| i.alt.clone()).collect(),
        };
        Ok(((StatusCode::CREATED, Json(post.clone())), Some(Change::Posted { key: new.key.clone(), post })))
    })
}

fn acceptable(new: &NewPost) -> Result<(), No> {
    let c = capabilities();
    if new.key.is_empty() {
        return Err(No::invalid("no_key", "every post has a key"));
    }
    if map::micros(&new.created_at).is_none() {
        return Err(No::invalid("bad_time", "`created_at` is not a time"));
    }
    if new.text.trim().is_empty() && new.images.is_empty() {
        return Err(No::invalid("empty", "a post has a text or a picture"));
    }
    if new.text.graphemes(true).count() > c.max_graphemes {
        return Err(No::invalid("too_long", format!("a post has at most {} characters", c.max_graphemes)));
    }
    if new.images.len() > c.max_images {
        return Err(No::invalid("too_many_pictures", format!("a post has at most {} pictures", c.max_images)));
    }
    for image in &new.images {
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(&image.data)
            .map_err(|_| No::invalid("bad_picture", "a picture is not base 64"))?;
        let looks = bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"\xff\xd8\xff") || bytes.starts_with(b"RIFF");
        if !c.image_types.contains(&image.mime) || !looks || bytes.len() > c.max_image_bytes {
            return Err(No::invalid("bad_picture", "a picture is a PNG, JPEG or WebP within the size allowed"));
        }
        if image.alt.trim().is_empty() || image.alt.chars().count() > c.max_alt {
            return Err(No::invalid("bad_alt", "every picture is described"));
        }
    }
    Ok(())
}

async fn by_key(State(s): Server, headers: HeaderMap, Path(key): Path<String>) -> Answer<Post> {
    let account = &bearer(&s, &headers)?.person;
    s.world(|w| w.keys.get(&(account.id.clone(), key)).filter(|id| !w.removed.contains(*id)).and_then(|id| w.posts.get(id)).cloned())
        .map(Json)
        .ok_or_else(|| No::gone("post"))
}

async fn item(State(s): Server, headers: HeaderMap, Path(id): Path<String>) -> Answer<Item> {
    let account = &bearer(&s, &headers)?.person;
    let text = s.world(|w| {
        let post = w.posts.get(&id).filter(|p| p.account == account.id && !w.removed.contains(&p.id)).map(|p| p.text.clone());
        let ours = w.messages.get(&id).is_some_and(|(owner, _)| *owner == account.id);
        post.or_else(|| w.visible(&id).filter(|_| ours).map(|m| m.text.clone()))
    });
    Ok(Json(Item { id, text: text.ok_or_else(|| No::gone("item"))? }))
}

async fn remove(State(s): Server, headers: HeaderMap, Path(id): Path<String>) -> Answer<Taken> {
    let account = &bearer(&s, &headers)?.person;
    s.change(|w| match w.posts.get(&id).filter(|p| p.account == account.id && !w.removed.contains(&p.id)) {
        Some(_) => Ok((Json(Taken { taken: true }), Some(Change::Removed { post: id.clone() }))),
        None => Err(No::gone("post")),
    })
}

#[derive(serde::Deserialize)]
struct Since {
    after: Option<u64>,
    limit: Option<usize>,
}

async fn events(State(s): Server, headers: HeaderMap, Query(since): Query<Since>) -> Answer<EventPage> {
    let account = &bearer(&s, &headers)?.person;
    let limit = since.limit.unwrap_or(50).clamp(1, 100);
    Ok(Json(s.world(|w| {
        let own: Vec<&Event> = w.events.iter().filter(|e| e.account == account.id).collect();
        let start = match since.after {
            Some(after) => own.partition_point(|e| e.seq <= after),
            None => own.len().saturating_sub(limit),
        };
        let page = &own[start..own.len().min(start + limit)];
        let complete_from = match start {
            0 => page.first().map(|e| e.at.clone()),
            _ => own.get(start - 1).map(|e| e.at.clone()),
        };
        EventPage {
            events: page.iter().map(|e| (*e).clone()).collect(),
            next: page.last().map_or(since.after.unwrap_or(0), |e| e.seq),
            more: start + page.len() < own.len(),
            complete_from,
        }
    })))
}

async fn moderate(State(s): Server, headers: HeaderMap, Json(measure): Json<Measure>) -> Answer<Taken> {
    let account = &bearer(&s, &headers)?.person;
    s.change(|w| match w.judge(&account.id, &measure) {
        Ok(()) => Ok((Json(Taken { taken: true }), Some(Change::Measured { account: account.id.clone(), measure: measure.clone() }))),
        Err(NoMeasure::Message) => Err(No::gone("message")),
        Err(NoMeasure::Person) => Err(No::gone("person")),
        Err(NoMeasure::Action) => Err(No::invalid("no_action", format!("there is no action `{}`", measure.action))),
    })
}

async fn media(State(s): Server, headers: HeaderMap, Path(name): Path<String>) -> Result<Response, No> {
    bearer(&s, &headers)?;
    let bytes = super::play::picture(&name).ok_or_else(|| No::gone("picture"))?;
    Ok(([(header::CONTENT_TYPE, "image/png")], bytes).into_response())
}

/// The control door is shut without a token, and to anybody with another.
async fn controlled(State(s): Server, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    match (&s.control, given) {
        (Some(wanted), Some(given)) if mac(wanted, "control").verify_slice(&mac(given, "control").finalize().into_bytes()).is_ok() => {
            next.run(request).await
        }
        _ => No::new(StatusCode::FORBIDDEN, "no_control", "the control door needs its own token").into_response(),
    }
}

#[derive(serde::Deserialize)]
struct SetFault {
    fault: Fault,
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

async fn control_fault(State(s): Server, Json(set): Json<SetFault>) -> Json<Taken> {
    s.faults.set(set.fault, set.times);
    Json(Taken { taken: true })
}

async fn control_say(State(s): Server, Json(saying): Json<Saying>) -> Answer<Event> {
    s.say(&saying)?.map(Json).ok_or_else(|| No::gone("account"))
}

async fn control_turn(State(s): Server) -> Answer<Taken> {
    Ok(Json(Taken { taken: s.turn()?.is_some() }))
}

#[derive(serde::Deserialize)]
struct SetPace {
    /// Milliseconds; nothing for silence.
    every_ms: Option<u64>,
}

async fn control_pace(State(s): Server, Json(set): Json<SetPace>) -> Json<Taken> {
    s.pace.send_replace(set.every_ms.filter(|ms| *ms > 0).map(Duration::from_millis));
    Json(Taken { taken: true })
}

//! How apps get in: registration, the authorise page, the code's exchange with PKCE, and giving tokens back.

use super::Shared;
use super::api::{No, Params};
use super::state::{App, Code};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

type Server = State<Arc<Shared>>;

const CODE_LIFE: i64 = 60_000_000;

pub fn routes() -> Router<Arc<Shared>> {
    use axum::routing::{get, post};
    Router::new()
        .route("/api/v1/apps", post(register))
        .route("/oauth/authorize", get(authorise))
        .route("/oauth/token", post(token))
        .route("/oauth/revoke", post(revoke))
        .route("/.well-known/oauth-authorization-server", get(metadata))
}

async fn metadata(State(s): Server) -> Json<Value> {
    Json(json!({
        "issuer": s.base, "authorization_endpoint": format!("{}/oauth/authorize", s.base), "token_endpoint": format!("{}/oauth/token", s.base),
        "revocation_endpoint": format!("{}/oauth/revoke", s.base), "code_challenge_methods_supported": ["S256"],
        "scopes_supported": super::super::connect::SCOPES.split(' ').collect::<Vec<_>>(),
    }))
}

async fn register(State(s): Server, p: Params) -> Result<Json<Value>, No> {
    let (name, redirect) = (p.text("client_name"), p.text("redirect_uris"));
    if name.is_empty() || redirect.is_empty() {
        return Err(No::invalid("Validation failed: Application name can't be blank"));
    }
    let scopes = if p.text("scopes").is_empty() { "read".to_owned() } else { p.text("scopes") };
    let mut state = s.state();
    let id = state.id();
    let (client, secret) = (format!("app-{id}"), format!("secret-of-{id}"));
    state.apps.insert(client.clone(), App { secret: secret.clone(), redirect: redirect.clone(), scopes });
    Ok(Json(json!({ "id": id, "name": name, "client_id": client, "client_secret": secret, "redirect_uri": redirect, "vapid_key": "" })))
}

/// The person agrees at once: the page that asks is not what is tried here.
async fn authorise(State(s): Server, Query(q): Query<BTreeMap<String, String>>) -> Response {
    let value = |name: &str| q.get(name).cloned().unwrap_or_default();
    let mut state = s.state();
    let Some(app) = state.apps.get(&value("client_id")) else {
        return No::new(StatusCode::UNAUTHORIZED, "Client authentication failed due to unknown client").into_response();
    };
    let redirect = value("redirect_uri");
    let within =
        value("scope").split(' ').all(|wanted| app.scopes.split(' ').any(|has| has == wanted || wanted.starts_with(&format!("{has}:"))));
    let pkce = value("code_challenge");
    if app.redirect != redirect
        || value("response_type") != "code"
        || !within
        || !pkce.is_empty() && value("code_challenge_method") != "S256"
    {
        return No::new(StatusCode::BAD_REQUEST, "The redirect uri, scope or method is not valid").into_response();
    }
    let code = format!("code-{}", state.id());
    let challenge = (!pkce.is_empty()).then_some(pkce);
    let held = Code { app: value("client_id"), redirect: redirect.clone(), scopes: value("scope"), challenge, at: (s.clock)() };
    state.codes.insert(code.clone(), held);
    if redirect == super::super::connect::OUT_OF_BAND {
        return Html(format!("<!doctype html><input class=\"oauth-code\" value=\"{code}\" readonly>")).into_response();
    }
    match url::Url::parse(&redirect) {
        Ok(mut back) => {
            back.query_pairs_mut().append_pair("code", &code).append_pair("state", &value("state"));
            (StatusCode::FOUND, [(header::LOCATION, back.to_string())]).into_response()
        }
        Err(_) => No::new(StatusCode::BAD_REQUEST, "The redirect uri is not valid").into_response(),
    }
}

async fn token(State(s): Server, p: Params) -> Result<Json<Value>, No> {
    let mut state = s.state();
    let known = state.apps.get(&p.text("client_id")).is_some_and(|a| a.secret == p.text("client_secret"));
    if !known {
        return Err(No::described(StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed due to unknown client"));
    }
    let bad = || No::described(StatusCode::BAD_REQUEST, "invalid_grant", "The provided authorization grant is invalid, expired or revoked");
    if p.text("grant_type") != "authorization_code" {
        return Err(No::described(StatusCode::BAD_REQUEST, "unsupported_grant_type", "This grant type is not supported"));
    }
    // Removed whatever comes of it: a code is good once.
    let code = state.codes.remove(&p.text("code")).ok_or_else(bad)?;
    let proven = code.challenge.as_ref().is_none_or(|c| super::super::connect::challenge(&p.text("code_verifier")) == *c);
    let fresh = (s.clock)() - code.at <= CODE_LIFE;
    if !proven || !fresh || code.app != p.text("client_id") || code.redirect != p.text("redirect_uri") {
        return Err(bad());
    }
    let token = format!("token-{}", state.id());
    let force = state.force.clone();
    state.tokens.insert(token.clone(), (force, code.scopes.clone()));
    Ok(Json(json!({ "access_token": token, "token_type": "Bearer", "scope": code.scopes, "created_at": (s.clock)() / 1_000_000 })))
}

async fn revoke(State(s): Server, p: Params) -> Result<Json<Value>, No> {
    let mut state = s.state();
    if state.apps.get(&p.text("client_id")).is_none_or(|a| a.secret != p.text("client_secret")) {
        return Err(No::described(StatusCode::FORBIDDEN, "unauthorized_client", "You are not authorized to revoke this token"));
    }
    state.tokens.remove(&p.text("token"));
    Ok(Json(json!({})))
}

//! The door by which a test in another program plays the public. Real servers have none.

use super::Shared;
use axum::extract::State;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

pub fn routes() -> Router<Arc<Shared>> {
    use axum::routing::{get, post};
    Router::new()
        .route("/double/say", post(say))
        .route("/double/edit", post(edit))
        .route("/double/remove", post(remove))
        .route("/double/fault", post(fault))
        .route("/double/state", get(state))
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}

async fn say(State(s): State<Arc<Shared>>, Json(b): Json<Value>) -> Json<Value> {
    let visibility = b["visibility"].as_str().unwrap_or("public");
    Json(json!({ "id": s.say(text(&b, "by"), text(&b, "text"), visibility, b["in_reply_to_id"].as_str()) }))
}

async fn edit(State(s): State<Arc<Shared>>, Json(b): Json<Value>) -> Json<Value> {
    s.edit(text(&b, "id"), text(&b, "text"));
    Json(json!({}))
}

async fn remove(State(s): State<Arc<Shared>>, Json(b): Json<Value>) -> Json<Value> {
    s.remove(text(&b, "id"));
    Json(json!({}))
}

async fn fault(State(s): State<Arc<Shared>>, Json(b): Json<Value>) -> Json<Value> {
    let number = |name: &str, or: u64| b[name].as_u64().unwrap_or(or);
    s.state().faults = (u16::try_from(number("status", 500)).unwrap_or(500), u32::try_from(number("times", 1)).unwrap_or(1));
    Json(json!({}))
}

async fn state(State(s): State<Arc<Shared>>) -> Json<Value> {
    let state = s.state();
    let statuses: Vec<Value> = state.statuses.values().map(|x| s.show(&state, x)).collect();
    Json(json!({ "statuses": statuses, "blocks": state.blocks, "reports": state.reports }))
}

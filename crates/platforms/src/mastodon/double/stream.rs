//! The stream: a WebSocket that tells events as they happen, and nothing of what was missed.

use super::Shared;
use super::api::{No, html_404};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::sync::Arc;

pub async fn health() -> &'static str {
    "OK"
}

pub async fn open(
    State(s): State<Arc<Shared>>,
    headers: HeaderMap,
    Query(q): Query<BTreeMap<String, String>>,
    up: WebSocketUpgrade,
) -> Response {
    if s.takahe {
        return html_404();
    }
    if s.state().streams_down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let bearer = headers.get("authorization").and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    let token = bearer.or_else(|| headers.get("sec-websocket-protocol").and_then(|v| v.to_str().ok()));
    let account = token.and_then(|t| s.state().tokens.get(t).map(|(account, _)| account.clone()));
    let Some(account) = account else {
        return No::new(StatusCode::UNAUTHORIZED, "Invalid access token").into_response();
    };
    let stream = match q.get("stream").map(String::as_str) {
        Some("user") => "user",
        Some("user:notification") => "user:notification",
        _ => return No::new(StatusCode::BAD_REQUEST, "Unknown stream type").into_response(),
    };
    // Subscribed before the answer, so that nothing falls between the two.
    let (events, cut) = (s.events.subscribe(), s.cut.subscribe());
    up.on_upgrade(move |socket| tell(socket, account, stream, events, cut))
}

async fn tell(
    mut socket: WebSocket,
    account: String,
    stream: &str,
    mut events: tokio::sync::broadcast::Receiver<(String, &'static str, String)>,
    mut cut: tokio::sync::broadcast::Receiver<()>,
) {
    if socket.send(Message::text(":thump")).await.is_err() {
        return;
    }
    loop {
        let (to, kind, frame) = tokio::select! {
            event = events.recv() => match event {
                Ok(event) => event,
                Err(_) => return,
            },
            // The server ends it, or its listener went away.
            _ = cut.recv() => return,
            frame = socket.recv() => match frame {
                Some(Ok(_)) => continue,
                _ => return,
            },
        };
        let wanted = to == account && (stream == "user" || kind == stream);
        if wanted && socket.send(Message::text(frame)).await.is_err() {
            return;
        }
    }
}

//! What a member of the public would see: a front page and a page for each item, so that links in the product lead
//! somewhere.

use super::Shared;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use std::fmt::Write;
use std::sync::Arc;

pub async fn front(State(s): State<Arc<Shared>>) -> Response {
    let mut body = String::new();
    s.world(|w| {
        for account in &s.accounts {
            let _ = write!(body, "<h2>{} @{}</h2>", escaped(&account.person.name), escaped(&account.person.handle));
            for post in w.standing(&account.person.id).take(20) {
                let _ = write!(body, "<p>{} <a href=\"/see/{}\">{}</a></p>", escaped(&post.text), post.id, escaped(&post.created_at));
            }
        }
    });
    page(StatusCode::OK, "Rehearsal", &body)
}

pub async fn see(State(s): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let body = s.world(|w| {
        let post = w.posts.get(&id).filter(|p| p.private_to.is_none() && !w.removed.contains(&p.id)).map(|p| p.text.as_str());
        let public = |m: &&super::super::wire::Message| m.kind != super::super::wire::Where::Private;
        let text = post.or_else(|| w.visible(&id).filter(public).map(|m| m.text.as_str()))?;
        let mut body = format!("<blockquote>{}</blockquote><h2>Replies</h2>", escaped(text));
        for reply in w.order.iter().filter_map(|m| w.visible(m)).filter(public).filter(|m| m.parent.as_deref() == Some(id.as_str())) {
            let _ = write!(body, "<p><b>{}</b> {}</p>", escaped(&reply.author.name), escaped(&reply.text));
        }
        Some(body)
    });
    match body {
        Some(body) => page(StatusCode::OK, "Rehearsal", &body),
        None => page(StatusCode::NOT_FOUND, "Gone", "<p>There is nothing here, or not any more.</p>"),
    }
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><h1>{title}</h1><p>An invented platform with an invented public.</p>{body}</html>"
    );
    let headers = [(header::CONTENT_SECURITY_POLICY, "default-src 'none'"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (status, headers, Html(html)).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

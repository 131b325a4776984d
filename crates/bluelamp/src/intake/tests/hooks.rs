//! Webhooks over HTTP, as they come from the rehearsal server and from those who forge them.

use super::*;
use crate::accounts::connection;
use crate::http::router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bluelamp_platforms::rehearsal::sign::sign;
use bluelamp_platforms::rehearsal::wire::SIGNATURE;
use tower::ServiceExt;

async fn post(b: &Bench, path: &str, signature: Option<&str>, body: impl Into<Body>) -> StatusCode {
    let app = router::router(b.world.app.clone(), router::public());
    let mut request = Request::post(path).header("host", "public.localhost").header("content-type", "application/json");
    if let Some(signature) = signature {
        request = request.header(SIGNATURE, signature);
    }
    app.oneshot(request.body(body.into()).unwrap()).await.unwrap().status()
}

fn delivery(events: &[Value]) -> String {
    json!({ "account": "a-main", "events": events }).to_string()
}

async fn signed(b: &Bench, body: &str) -> (String, String) {
    let (path, secret) = connection::hook_of(&b.ctx(), b.account).await.unwrap().unwrap();
    (path, sign(secret.expose(), NOON.0 / 1_000_000, body.as_bytes()))
}

/// Processing goes on after the answer; waits for it with a deadline.
async fn settled(b: &Bench) {
    for _ in 0..400 {
        let mut tx = b.ctx().read().await.unwrap();
        if store::todo_accounts(&mut tx, b.world.force, b.world.app.clock.now()).await.unwrap().is_empty() {
            return;
        }
        drop(tx);
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("what was kept is still not received");
}

#[tokio::test]
async fn a_signed_webhook_is_durable_when_it_is_acknowledged() {
    for b in benches().await {
        let body = delivery(&[wrote("m1", 1, "private", THREAT), wrote("m2", 1, "comment", "hello")]);
        let (path, signature) = signed(&b, &body).await;
        assert_eq!(post(&b, &path, Some(&signature), body.clone()).await, StatusCode::OK);
        settled(&b).await;
        assert_eq!(b.messages().await.len(), 2);
        // Replayed, byte for byte.
        assert_eq!(post(&b, &path, Some(&signature), body).await, StatusCode::OK);
        settled(&b).await;
        assert_eq!(b.messages().await.len(), 2);
    }
}

#[tokio::test]
async fn a_forged_webhook_is_refused_before_anything_is_stored() {
    for b in benches().await {
        let body = delivery(&[wrote("m1", 1, "private", THREAT)]);
        let (path, signature) = signed(&b, &body).await;
        let other = sign(b"another secret", NOON.0 / 1_000_000, body.as_bytes());
        assert_eq!(post(&b, &path, None, body.clone()).await, StatusCode::UNAUTHORIZED);
        assert_eq!(post(&b, &path, Some(&other), body.clone()).await, StatusCode::UNAUTHORIZED);
        assert_eq!(post(&b, &path, Some(&signature[..signature.len() - 2]), body.clone()).await, StatusCode::UNAUTHORIZED);
        assert_eq!(post(&b, &path, Some(&signature), format!("{body} ")).await, StatusCode::UNAUTHORIZED);
        assert_eq!(
            post(&b, "/hooks/0000000000000000000000000000000000000000", Some(&signature), body.clone()).await,
            StatusCode::NOT_FOUND
        );
        b.world.clock.forward(301_000_000);
        assert_eq!(post(&b, &path, Some(&signature), body).await, StatusCode::UNAUTHORIZED, "too old");
        let mut tx = b.ctx().read().await.unwrap();
        let kept = tx.rows(crate::sql!("SELECT id FROM intake_raw WHERE force = $1"), crate::vals![b.world.force]).await.unwrap();
        assert!(kept.is_empty());
    }
}

#[tokio::test]
async fn a_signed_body_that_is_no_json_is_kept_for_a_person() {
    for b in benches().await {
        let body = "<html>what is this</html>".to_owned();
        let (path, signature) = signed(&b, &body).await;
        assert_eq!(post(&b, &path, Some(&signature), body).await, StatusCode::OK);
        settled(&b).await;
        assert_eq!(b.counts().await.quarantine, 1);
    }
}

#[tokio::test]
async fn a_body_beyond_ten_megabytes_is_refused_and_one_just_below_is_taken() {
    for b in benches().await {
        let body = "x".repeat(super::super::hooks::LIMIT + 1);
        let (path, signature) = signed(&b, &body).await;
        assert_eq!(post(&b, &path, Some(&signature), body).await, StatusCode::PAYLOAD_TOO_LARGE);
        let body = "x".repeat(super::super::hooks::LIMIT);
        let (path, signature) = signed(&b, &body).await;
        assert_eq!(post(&b, &path, Some(&signature), body).await, StatusCode::OK);
        settled(&b).await;
        assert_eq!(b.counts().await.quarantine, 1);
    }
}

#[tokio::test]
async fn the_same_webhook_twice_at_once_is_one_message() {
    for b in benches().await {
        let body = delivery(&[wrote("m1", 1, "comment", "hello"), wrote("m1", 1, "comment", "hello")]);
        let (path, signature) = signed(&b, &body).await;
        let two = tokio::join!(post(&b, &path, Some(&signature), body.clone()), post(&b, &path, Some(&signature), body.clone()));
        assert_eq!(two, (StatusCode::OK, StatusCode::OK));
        settled(&b).await;
        assert_eq!(b.one().await.revisions, 1);
    }
}

#[tokio::test]
async fn i2_another_forces_hook_leads_to_its_own_account_alone() {
    for b in benches().await {
        let body = delivery(&[wrote("m1", 1, "comment", "hello")]);
        let (path, signature) = signed(&b, &body).await;
        let ctx = b.world.ctx("corporate-communications").await;
        // A new connection ends the old address.
        connect(&ctx, &b.server, b.account, "main").await;
        assert_eq!(post(&b, &path, Some(&signature), body).await, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn i5_forty_webhooks_at_once_are_each_durable_when_acknowledged_and_forty_messages_after() {
    for b in benches().await {
        let deliveries: Vec<String> = (0..40).map(|n| delivery(&[wrote(&format!("m{n}"), 1, "comment", "hello")])).collect();
        let mut calls = Vec::new();
        for body in &deliveries {
            let (path, signature) = signed(&b, body).await;
            let b = &b;
            calls.push(async move {
                assert_eq!(post(b, &path, Some(&signature), body.clone()).await, StatusCode::OK);
                // Acknowledged: whoever looks now finds the bytes, whatever else is going on.
                let digest = crate::app::digest(body.as_bytes());
                let mut tx = b.ctx().read().await.unwrap();
                let kept =
                    tx.rows(crate::sql!("SELECT id FROM intake_raw WHERE force = $1 AND digest = $2"), crate::vals![b.world.force, digest]);
                assert_eq!(kept.await.unwrap().len(), 1);
            });
        }
        futures_util::future::join_all(calls).await;
        settled(&b).await;
        assert_eq!(b.messages().await.len(), 40, "{}", b.world.database);
        assert_eq!(b.entries("intake.receive").await, 40, "an entry for each, however many share an act");
    }
}

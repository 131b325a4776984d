//! Each fault of a server, met by the real client over a real socket.

use super::*;
use crate::testing::TestClock;
use crate::wiring::MachineEntropy;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::any;
use bluelamp_platforms::Frame;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

struct Server {
    base: String,
    hits: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn server() -> Server {
    let hits = Arc::new(AtomicUsize::new(0));
    let count = hits.clone();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let other = base.replace("127.0.0.1", "localhost");
    let app =
        Router::new()
            .route("/ok", any(|| async { "fine" }))
            .route("/500", any(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
            .route("/503", any(|| async { (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "9")]) }))
            .route("/429", any(|| async { (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "30")]) }))
            .route("/large", any(|| async { "x".repeat(5_000) }))
            .route("/slow", any(|| async { tokio::time::sleep(Duration::from_secs(30)).await }))
            .route("/here", any(|| async { Redirect::temporary("/ok") }))
            .route("/away", any(move || async move { Redirect::temporary(&format!("{other}/ok")) }))
            .route(
                "/echo",
                any(|headers: HeaderMap| async move {
                    headers.get("x-mine").cloned().map_or_else(String::new, |v| v.to_str().unwrap().to_owned())
                }),
            )
            .route(
                "/socket",
                any(|up: axum::extract::ws::WebSocketUpgrade| async move {
                    up.on_upgrade(|mut s| async move {
                        while let Some(Ok(m)) = s.recv().await {
                            let _ = s.send(m).await;
                        }
                    })
                }),
            )
            .layer(axum::middleware::from_fn(move |request: axum::extract::Request, next: axum::middleware::Next| {
                let (count, failing) = (count.clone(), request.uri().path() == "/twice");
                async move {
                    let n = count.fetch_add(1, Ordering::SeqCst);
                    if failing {
                        if n < 2 { StatusCode::BAD_GATEWAY.into_response() } else { "at last".into_response() }
                    } else {
                        next.run(request).await
                    }
                }
            }));
    let task = tokio::spawn(async move {
        let _ = axum::serve(listener, app).await;
    });
    Server { base, hits, task }
}

fn ways(private: bool) -> (Arc<Ways>, Arc<TestClock>) {
    let clock = Arc::new(TestClock(AtomicI64::new(1_000_000_000)));
    let bounds = Bounds { body: 4_000, timeout_ms: 400, attempts: 3, pause_ms: 1 };
    (Ways::new(private, bounds, clock.clone(), Arc::new(MachineEntropy)).unwrap(), clock)
}

fn to(url: &str, repeat: Repeat) -> Request {
    Request { method: Method::Get, url: url.parse().unwrap(), headers: vec![], body: vec![], repeat, timeout_ms: 0 }
}

fn who() -> EgressUse {
    EgressUse { account: "one".into(), app: "example".into(), hosts: None }
}

#[tokio::test]
async fn an_answer_comes_back_with_its_headers_and_the_clocks_time() {
    let (s, (w, clock)) = (server().await, ways(true));
    let mut request = to(&format!("{}/echo", s.base), Repeat::Safe);
    request.headers.push(("x-mine".into(), "yes".into()));
    let r = w.of(&who()).send(request).await.unwrap();
    assert_eq!((r.status, r.body.as_slice(), r.at), (200, &b"yes"[..], clock.now().0));
}

#[tokio::test]
async fn private_addresses_and_plain_http_are_refused_unless_set() {
    let (s, (w, _)) = (server().await, ways(false));
    let way = w.of(&who());
    for url in [
        format!("{}/ok", s.base),
        s.base.replace("http", "https"),
        s.base.replace("http://127.0.0.1", "https://localhost"),
        "https://[::1]:1/".into(),
    ] {
        assert!(matches!(way.send(to(&url, Repeat::Never)).await, Err(Trouble::Forbidden { .. })), "{url}");
    }
    assert!(matches!(way.open(to("wss://localhost:1/", Repeat::Never)).await, Err(Trouble::Forbidden { .. })));
    assert_eq!(s.hits.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_account_reaches_its_own_hosts_and_no_others() {
    let (s, (w, _)) = (server().await, ways(true));
    let only = |hosts: &[&str]| w.of(&EgressUse { hosts: Some(hosts.iter().map(|h| (*h).to_owned()).collect()), ..who() });
    let url = format!("{}/ok", s.base);
    assert!(matches!(only(&["platform.example"]).send(to(&url, Repeat::Safe)).await, Err(Trouble::Forbidden { .. })));
    assert_eq!(only(&["127.0.0.1"]).send(to(&url, Repeat::Safe)).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_redirect_is_followed_on_its_own_host_and_no_further() {
    let (s, (w, _)) = (server().await, ways(true));
    let way = w.of(&who());
    assert_eq!(way.send(to(&format!("{}/here", s.base), Repeat::Safe)).await.unwrap().body, b"fine");
    assert_eq!(way.send(to(&format!("{}/away", s.base), Repeat::Safe)).await.unwrap().status, 307);
}

#[tokio::test]
async fn what_is_safe_is_tried_again_and_nothing_else() {
    let (s, (w, _)) = (server().await, ways(true));
    let way = w.of(&who());
    assert_eq!(way.send(to(&format!("{}/twice", s.base), Repeat::Safe)).await.unwrap().body, b"at last");
    assert_eq!(s.hits.swap(0, Ordering::SeqCst), 3);
    assert_eq!(way.send(to(&format!("{}/500", s.base), Repeat::Never)).await.unwrap().status, 500);
    assert_eq!(s.hits.swap(0, Ordering::SeqCst), 1);
    assert_eq!(way.send(to(&format!("{}/503", s.base), Repeat::Safe)).await.unwrap().status, 503);
    assert_eq!(s.hits.load(Ordering::SeqCst), 1, "it said when to come back");
}

#[tokio::test]
async fn silence_is_told_from_nobody_there() {
    let (s, (w, _)) = (server().await, ways(true));
    let way = w.of(&who());
    assert!(matches!(way.send(to(&format!("{}/slow", s.base), Repeat::Never)).await, Err(Trouble::Silent { .. })));
    assert!(matches!(way.send(to("http://127.0.0.1:1/", Repeat::Never)).await, Err(Trouble::Unreached { .. })));
    assert!(matches!(way.send(to("http://no-such-host.invalid/", Repeat::Never)).await, Err(Trouble::Unreached { .. })));
}

#[tokio::test]
async fn an_answer_beyond_the_bound_is_not_read() {
    let (s, (w, _)) = (server().await, ways(true));
    assert!(matches!(w.of(&who()).send(to(&format!("{}/large", s.base), Repeat::Safe)).await, Err(Trouble::TooLarge { limit: 4_000, .. })));
}

#[tokio::test]
async fn too_many_keeps_this_account_away_until_it_is_told_and_no_other() {
    let (s, (w, clock)) = (server().await, ways(true));
    let way = w.of(&who());
    assert_eq!(way.send(to(&format!("{}/429", s.base), Repeat::Safe)).await.unwrap().status, 429);
    let ok = format!("{}/ok", s.base);
    let until = clock.now().0 + 30_000_000;
    assert_eq!(way.send(to(&ok, Repeat::Safe)).await.unwrap_err(), Trouble::Spent { host: "127.0.0.1".into(), until });
    assert_eq!(w.of(&EgressUse { account: "two".into(), ..who() }).send(to(&ok, Repeat::Safe)).await.unwrap().status, 200);
    clock.forward(30_000_000);
    assert_eq!(way.send(to(&ok, Repeat::Safe)).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_host_that_keeps_failing_is_left_alone() {
    let (s, (w, clock)) = (server().await, ways(true));
    let way = w.of(&who());
    let bad = format!("{}/500", s.base);
    for _ in 0..8 {
        assert_eq!(way.send(to(&bad, Repeat::Never)).await.unwrap().status, 500);
    }
    assert!(matches!(way.send(to(&bad, Repeat::Never)).await, Err(Trouble::Open { .. })));
    assert_eq!(s.hits.load(Ordering::SeqCst), 8);
    clock.forward(10_000_000);
    assert_eq!(way.send(to(&format!("{}/ok", s.base), Repeat::Never)).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_stream_opens_speaks_and_says_when_it_cannot() {
    let (s, (w, _)) = (server().await, ways(true));
    let way = w.of(&who());
    let mut socket = way.open(to(&format!("{}/socket", s.base.replace("http", "ws")), Repeat::Never)).await.unwrap();
    socket.send(Frame::Text("hello".into())).await.unwrap();
    assert_eq!(socket.next().await.unwrap(), Some(Frame::Text("hello".into())));
    let refused = way.open(to(&format!("{}/ok", s.base.replace("http", "ws")), Repeat::Never)).await;
    assert!(matches!(refused, Err(Trouble::Unreached { .. })));
}

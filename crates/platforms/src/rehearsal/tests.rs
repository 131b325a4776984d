//! The contract suite on the rehearsal platform's own server, and what is particular to it.

use super::server::{Config, Fault, Handle, Presence, Saying, Webhook, start};
use super::wire::{self, What, Where};
use super::{Rehearsal, sign};
use crate::loopback::Loopback;
use crate::suite::{self, Bench, NOW, done};
use crate::*;
use async_trait::async_trait;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const HOUR: i64 = 3_600_000_000;

fn clock() -> i64 {
    NOW
}

/// A file of one test's own, gone with it.
struct TempFile(PathBuf);

impl TempFile {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("bluelamp-rehearsal-{}-{}.jsonl", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn config(file: &TempFile, seed: u64) -> Config {
    let presence =
        |handle: &str, name: &str, key: &str| Presence { handle: handle.into(), name: name.into(), key: key.into(), webhook: None };
    Config {
        file: file.0.clone(),
        seed,
        port: 0,
        clock,
        presences: vec![
            presence("exampleshire", "Exampleshire Police", "key-of-main"),
            presence("ostlebury", "Ostlebury Police", "key-of-local"),
        ],
        pace: None,
        control: Some("control-token".into()),
    }
}

struct Table {
    _file: TempFile,
    server: Handle,
    net: Loopback,
    connector: Rehearsal,
    connection: Connection,
    message: InboundMessage,
}

impl Table {
    async fn lay(seed: u64) -> Self {
        let file = TempFile::new();
        let server = start(config(&file, seed)).await.expect("it starts");
        let net = Loopback::new(clock);
        let connector = Rehearsal::default();
        let given = Given::from([("base".into(), server.base_url.clone()), ("key".into(), "key-of-main".into())]);
        let connection = done("connect", connector.connect(&net, &given, NOW).await);
        let mut table = Table { _file: file, server, net, connector, connection, message: blank() };
        table.message = table.hear("to begin with", Where::Comment);
        table
    }

    fn hear(&self, text: &str, kind: Where) -> InboundMessage {
        let saying = Saying { to: "exampleshire".into(), kind, text: text.into(), language: None, parent: None, by: None };
        let event = self.server.say(&saying).expect("the file takes it").expect("the account is there");
        let raw = Raw { kind: "event".into(), body: serde_json::to_vec(&event).expect("JSON") };
        match self.connector.map(&raw, &self.connection.remote_account).expect("it maps").remove(0) {
            Inbound::Message(m) => m,
            other => panic!("{other:?}"),
        }
    }

    fn reply(&self, to: &InboundMessage, key: &str, text: &str) -> Outgoing {
        let reply_to = ReplyTo {
            remote_id: to.remote_id.clone(),
            extra: to.extra.clone(),
            private: to.kind == MessageKind::Private,
            author_id: to.author_id.clone(),
            author_handle: to.author_handle.clone(),
        };
        Outgoing { reply_to: Some(reply_to), ..self.outgoing(key, text) }
    }

    fn about(&self, m: &InboundMessage) -> Subject {
        Subject {
            remote_id: m.remote_id.clone(),
            author_id: m.author_id.clone(),
            extra: m.extra.clone(),
            ground: "abuse".into(),
            reason: "swearing".into(),
        }
    }
}

fn blank() -> InboundMessage {
    InboundMessage {
        remote_id: String::new(),
        revision: String::new(),
        kind: MessageKind::Comment,
        text: String::new(),
        language: None,
        author_id: String::new(),
        author_handle: String::new(),
        author_name: String::new(),
        sent_at: 0,
        url: None,
        parent: None,
        root: None,
        media: Vec::new(),
        extra: Default::default(),
    }
}

#[async_trait]
impl Bench for Table {
    fn connector(&self) -> &dyn Connector {
        &self.connector
    }

    fn net(&self) -> &dyn Egress {
        &self.net
    }

    fn given(&self) -> Given {
        Given::from([("base".into(), self.server.base_url.clone()), ("key".into(), "key-of-main".into())])
    }

    fn connection(&self) -> Connection {
        self.connection.clone()
    }

    fn stranger(&self) -> Connection {
        let mut stranger = self.connection.clone();
        stranger.secrets.insert("token".into(), "exampleshire.0.9999999999.00ff".into());
        stranger
    }

    fn outgoing(&self, key: &str, text: &str) -> Outgoing {
        Outgoing { text: text.into(), language: "en".into(), images: vec![], reply_to: None, created_at: NOW, key: key.into() }
    }

    fn subject(&self) -> Subject {
        self.about(&self.message)
    }

    async fn copies(&self, text: &str) -> usize {
        self.server.standing("exampleshire").iter().filter(|t| *t == text).count()
    }

    fn unauthorised(&self) -> Response {
        suite::answer(401, &[], r#"{"error":"bad_token","detail":"the access token is not one of this server's"}"#)
    }

    fn limited(&self) -> (Response, Micros) {
        (suite::answer(429, &[("retry-after", "30")], r#"{"error":"too_many","detail":"too many requests"}"#), NOW + 30_000_000)
    }

    fn raws(&self) -> Vec<Raw> {
        let day = self.server.history(NOW - 24 * HOUR, NOW).expect("a history");
        let mut raws: Vec<Raw> = day.iter().map(|e| Raw { kind: "event".into(), body: serde_json::to_vec(e).expect("JSON") }).collect();
        let delivery = wire::Delivery { account: self.connection.remote_account.clone(), events: day };
        raws.push(Raw { kind: "webhook".into(), body: serde_json::to_vec(&delivery).expect("JSON") });
        raws
    }
}

#[tokio::test]
async fn it_keeps_the_contract() {
    let table = Table::lay(7).await;
    suite::offline(&table).await;
    suite::life(&table, "suite").await;
}

#[tokio::test]
async fn one_in_forty_messages_is_urgent_and_a_seed_tells_the_same_story() {
    let (one, two, other) = (Table::lay(11).await, Table::lay(11).await, Table::lay(12).await);
    let story = |t: &Table| -> Vec<String> {
        let events = t.server.history(NOW - 48 * HOUR, NOW).expect("a history");
        assert_eq!(events, t.server.history(NOW - 48 * HOUR, NOW).expect("again"), "asked twice, written once");
        events.iter().map(|e| format!("{} {} {:?}", e.at, e.account, e.what).replace(&t.server.base_url, "")).collect()
    };
    let (a, b, c) = (story(&one), story(&two), story(&other));
    assert_eq!(a, b);
    assert_ne!(a, c);
    assert!((300..800).contains(&a.len()), "{} events in two days", a.len());
    assert!(a.is_sorted_by(|x, y| x[..20] <= y[..20]), "oldest first");

    for _ in 0..2_000 {
        one.server.turn().expect("a turn");
    }
    let urgent: Vec<String> = super::server::urgent_lines();
    let (mut said, mut alarms) = (0, 0);
    for event in one.server.events() {
        if let What::Created { message } = event.what {
            said += 1;
            alarms += usize::from(urgent.iter().any(|start| message.text.to_lowercase().contains(start)));
        }
    }
    assert!(said > 1_500, "{said} messages");
    assert!((said / 80..said / 20).contains(&alarms), "{alarms} urgent of {said}");
}

#[tokio::test]
async fn the_public_is_varied() {
    let table = Table::lay(3).await;
    for _ in 0..600 {
        table.server.turn().expect("a turn");
    }
    let events = table.server.events();
    let count = |f: fn(&What) -> bool| events.iter().filter(|e| f(&e.what)).count();
    assert!(count(|w| matches!(w, What::Edited { .. })) > 5);
    assert!(count(|w| matches!(w, What::Deleted { .. })) > 5);
    assert!(count(|w| matches!(w, What::Created { message } if message.kind == Where::Private)) > 50);
    assert!(count(|w| matches!(w, What::Created { message } if message.kind == Where::Mention && message.text.starts_with('@'))) > 50);
    assert!(count(|w| matches!(w, What::Created { message } if !message.media.is_empty())) > 5);
    let people: std::collections::BTreeSet<_> = events
        .iter()
        .filter_map(|e| if let What::Created { message } = &e.what { Some(message.author.id.clone()) } else { None })
        .collect();
    assert!(people.len() > 40, "{} people", people.len());
    for account in ["a-exampleshire", "a-ostlebury"] {
        assert!(events.iter().any(|e| e.account == account));
    }
}

#[tokio::test]
async fn the_file_survives_a_restart_and_a_torn_last_line() {
    let table = Table::lay(5).await;
    for _ in 0..20 {
        table.server.turn().expect("a turn");
    }
    let receipt = done("publish", table.connector.publish(&table.net, &table.connection, &table.outgoing("k1", "road closed")).await);
    let gone = done("publish", table.connector.publish(&table.net, &table.connection, &table.outgoing("k2", "never mind")).await);
    done("delete", table.connector.delete(&table.net, &table.connection, &gone.remote_id).await);
    done("hide", table.connector.moderate(&table.net, &table.connection, Moderation::Hide, &table.subject(), NOW).await);
    done("block", table.connector.moderate(&table.net, &table.connection, Moderation::Block, &table.subject(), NOW).await);
    let before = table.server.events();
    let (file, hidden, person) = (TempFile(table._file.0.clone()), table.message.remote_id.clone(), table.message.author_id.clone());
    std::mem::forget(table._file);
    drop(table.server);
    let mut torn = std::fs::read(&file.0).expect("the file");
    torn.extend(b"{\"happened\":{\"ev");
    std::fs::write(&file.0, torn).expect("written");

    let again = start(config(&file, 5)).await.expect("it starts again");
    assert_eq!(again.events(), before);
    assert_eq!(again.standing("exampleshire"), ["road closed"]);
    assert!(!again.visible(&hidden) && again.is_blocked("exampleshire", &person));
    let moved = Connection { base: again.base_url.clone(), ..table.connection.clone() };
    let connector = Rehearsal::default();
    let repeated = done("publish", connector.publish(&table.net, &moved, &Outgoing { key: "k1".into(), ..plain("road closed") }).await);
    assert_eq!(repeated.remote_id, receipt.remote_id, "keys survive too");
    assert_eq!(done("read back", connector.read_back(&table.net, &moved, &gone.remote_id).await), Seen::Gone);
    assert!(again.turn().expect("the file takes more").is_some());
    drop(again);
    let other = start(config(&file, 6)).await.err().expect("a file belongs to one seed");
    assert!(other.to_string().contains("seed 5"), "{other}");
}

fn plain(text: &str) -> Outgoing {
    Outgoing { text: text.into(), language: "en".into(), images: vec![], reply_to: None, created_at: NOW, key: "k".into() }
}

#[tokio::test]
async fn threads_private_replies_and_measures_do_what_they_say() {
    let t = Table::lay(9).await;
    let (net, c) = (&t.net, &t.connection);
    let first = done("publish", t.connector.publish(net, c, &t.outgoing("a", "part one")).await);
    let part = ReplyTo {
        remote_id: first.remote_id.clone(),
        extra: Default::default(),
        private: false,
        author_id: c.remote_account.clone(),
        author_handle: c.handle.clone(),
    };
    done("thread", t.connector.publish(net, c, &Outgoing { reply_to: Some(part), ..t.outgoing("b", "part two") }).await);

    let note = t.hear("please help", Where::Private);
    assert_eq!(note.kind, MessageKind::Private);
    done("private reply", t.connector.publish(net, c, &t.reply(&note, "c", "are you safe to talk")).await);
    assert_eq!(t.server.standing("exampleshire"), ["part two", "part one"], "a private reply is not for everybody");
    let stranger = Outgoing {
        reply_to: t.reply(&note, "d", "x").reply_to.map(|r| ReplyTo { author_id: "u-unknown".into(), ..r }),
        ..t.outgoing("d", "hello")
    };
    assert!(matches!(t.connector.publish(net, c, &stranger).await, Outcome::Rejected { .. }), "only who wrote first");

    let subject = t.subject();
    for (what, seen) in [(Moderation::Hide, false), (Moderation::Unhide, true), (Moderation::Report, true), (Moderation::Delete, false)] {
        done("measure", t.connector.moderate(net, c, what, &subject, NOW).await);
        assert_eq!(t.server.visible(&subject.remote_id), seen, "{what:?}");
    }
    assert_eq!(t.server.reports(), 1);
    done("block", t.connector.moderate(net, c, Moderation::Block, &subject, NOW).await);
    assert!(t.server.is_blocked("exampleshire", &subject.author_id));
    done("unblock", t.connector.moderate(net, c, Moderation::Unblock, &subject, NOW).await);
    assert!(!t.server.is_blocked("exampleshire", &subject.author_id));
    let elsewhere = Subject { remote_id: "m999999".into(), ..subject };
    assert!(matches!(t.connector.moderate(net, c, Moderation::Hide, &elsewhere, NOW).await, Outcome::Rejected { .. }));
}

#[tokio::test]
async fn a_poll_goes_forward_page_by_page_and_misses_nothing() {
    let t = Table::lay(21).await;
    for _ in 0..300 {
        t.server.turn().expect("a turn");
    }
    let own: Vec<u64> = t.server.events().iter().filter(|e| e.account == t.connection.remote_account).map(|e| e.seq).collect();
    let (mut cursor, mut seen) = (Some("0".to_owned()), Vec::new());
    loop {
        let page = done("poll", t.connector.poll(&t.net, &t.connection, cursor.as_deref()).await);
        assert!(page.reaches_back_to.is_some());
        for raw in &page.items {
            seen.push(serde_json::from_slice::<wire::Event>(&raw.body).expect("an event").seq);
        }
        cursor = page.next;
        if !page.more {
            break;
        }
    }
    assert_eq!(seen, own);
    let newest = done("poll", t.connector.poll(&t.net, &t.connection, None).await);
    assert_eq!(newest.items.len(), 50);
    assert!(!newest.more && newest.next == cursor);
    assert!(matches!(t.connector.poll(&t.net, &t.connection, Some("zz")).await, Outcome::Rejected { .. }));
}

#[tokio::test]
async fn faults_come_out_as_the_closed_set() {
    let t = Table::lay(2).await;
    let post = t.outgoing("f", "one post");
    let check = || t.connector.check(&t.net, &t.connection);
    t.server.fault(Fault::Error500, 1);
    assert!(matches!(check().await, Outcome::Broken { .. }));
    t.server.fault(Fault::Limited, 1);
    assert_eq!(check().await, Outcome::Limited { until: NOW + 30_000_000 });
    t.server.fault(Fault::Html, 1);
    assert!(matches!(check().await, Outcome::Broken { .. }));
    t.server.fault(Fault::Silence, 1);
    assert!(matches!(check().await, Outcome::Unknown { .. }));
    t.server.fault(Fault::LateSuccess, 1);
    assert!(matches!(t.connector.publish(&t.net, &t.connection, &post).await, Outcome::Unknown { .. }));
    assert!(done("find", t.connector.find(&t.net, &t.connection, &post).await).is_some(), "the success after the time-out is found");
    t.server.fault(Fault::ExpiredToken, 1);
    assert!(matches!(check().await, Outcome::Unauthorised { .. }));
    let fresh = done("renew", t.connector.renew(&t.net, &t.connection, NOW).await);
    assert_eq!(fresh.expires_at, Some(NOW + 12 * HOUR));
    done("check", t.connector.check(&t.net, &fresh).await);
    t.server.fault(Fault::RevokedKey, 1);
    assert!(matches!(t.connector.renew(&t.net, &fresh, NOW).await, Outcome::Unauthorised { .. }));
}

/// Takes `n` webhooks and answers 200 to each.
async fn receive(listener: tokio::net::TcpListener, n: usize) -> Vec<(Vec<(String, String)>, Vec<u8>)> {
    let mut got = Vec::new();
    while got.len() < n {
        let Ok(Ok((mut stream, _))) = tokio::time::timeout(Duration::from_secs(2), listener.accept()).await else { break };
        let mut all = Vec::new();
        let mut piece = [0; 4096];
        let whole = |all: &[u8]| {
            let end = all.windows(4).position(|w| w == b"\r\n\r\n")?;
            let head = String::from_utf8_lossy(&all[..end]).into_owned();
            let length: usize = head.lines().find_map(|l| l.strip_prefix("Content-Length: "))?.parse().ok()?;
            (all.len() >= end + 4 + length).then_some((head, end + 4))
        };
        let (head, start) = loop {
            if let Some(found) = whole(&all) {
                break found;
            }
            let read = stream.read(&mut piece).await.expect("more of the request");
            all.extend_from_slice(&piece[..read]);
        };
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("an answer");
        let headers = head.lines().filter_map(|l| l.split_once(": ")).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        got.push((headers, all.split_off(start)));
    }
    got
}

#[tokio::test]
async fn webhooks_are_signed_and_their_faults_are_caught_or_seen() {
    let t = Table::lay(31).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hooks/abc", listener.local_addr().expect("bound")).parse().expect("an address");
    t.server.set_webhook("exampleshire", Some(Webhook { url, secret: "hook-secret".into() }));
    let receiver = tokio::spawn(receive(listener, 7));
    let verify = |(headers, body): &(Vec<(String, String)>, Vec<u8>)| t.connector.verify(b"hook-secret", headers, body, NOW);

    t.hear("0 plain", Where::Mention);
    t.server.fault(Fault::WrongSignature, 1);
    t.hear("1 forged", Where::Mention);
    t.server.fault(Fault::Replay, 1);
    t.hear("2 replayed", Where::Mention);
    t.server.fault(Fault::Twice, 1);
    t.hear("3 twice", Where::Mention);
    t.server.fault(Fault::OutOfOrder, 1);
    t.hear("4 late", Where::Mention);
    t.hear("5 early", Where::Mention);
    t.server.fault(Fault::Undelivered, 1);
    t.hear("6 never", Where::Mention);
    let got = receiver.await.expect("received");
    assert_eq!(got.len(), 7);

    let texts = |i: usize| -> Vec<String> {
        let raw = Raw { kind: "webhook".into(), body: got[i].1.clone() };
        let mapped = t.connector.map(&raw, &t.connection.remote_account).expect("it maps");
        mapped.into_iter().map(|m| if let Inbound::Message(m) = m { m.text } else { panic!("{m:?}") }).collect()
    };
    assert_eq!((verify(&got[0]), texts(0)), (Ok(()), vec!["0 plain".to_owned()]));
    assert_eq!(verify(&got[1]), Err(WebhookError::Forged));
    assert_eq!(got[2], got[3], "a replay is the same bytes");
    assert_eq!((verify(&got[3]), texts(3)), (Ok(()), vec!["2 replayed".to_owned()]));
    assert_eq!(texts(4), ["3 twice", "3 twice"]);
    assert_eq!((texts(5), texts(6)), (vec!["5 early".to_owned()], vec!["4 late".to_owned()]));
    let page = done("poll", t.connector.poll(&t.net, &t.connection, None).await);
    let last = String::from_utf8(page.items.last().expect("the newest").body.clone()).expect("JSON");
    assert!(last.contains("6 never"), "the poll fills the gap");

    let headers = &got[0].0;
    assert_eq!(
        t.connector.verify(b"hook-secret", headers, &got[0].1, NOW + 301_000_000),
        Err(WebhookError::Stale { age_s: 301, limit_s: sign::WINDOW_S })
    );
    assert_eq!(t.connector.verify(b"hook-secret", &[], &got[0].1, NOW), Err(WebhookError::Forged));
    assert_eq!(t.connector.verify(b"hook-secret", headers, &got[2].1, NOW), Err(WebhookError::Forged), "another body");
}

#[tokio::test]
async fn pictures_are_fetched_whole_from_the_own_server_alone() {
    let t = Table::lay(4).await;
    let url = format!("{}/v1/media/street.png", t.connection.base);
    let bytes = done("fetch", t.connector.fetch_media(&t.net, &t.connection, &url, 10_000).await);
    assert!(bytes.starts_with(b"\x89PNG"));
    for (url, limit) in [(url.as_str(), 10), ("http://127.0.0.1:1/v1/media/street.png", 10_000), ("http://example.org/a.png", 10_000)] {
        assert!(matches!(t.connector.fetch_media(&t.net, &t.connection, url, limit).await, Outcome::Rejected { .. }), "{url}");
    }
    let picture = |alt: &str| Image { bytes: bytes.clone(), mime: "image/png".into(), alt: alt.into(), width: 320, height: 200 };
    let with = Outgoing { images: vec![picture("an empty street")], ..t.outgoing("p", "look") };
    done("publish", t.connector.publish(&t.net, &t.connection, &with).await);
}

#[tokio::test]
async fn the_control_door_needs_its_token() {
    let t = Table::lay(6).await;
    let knock = |token: &'static str| {
        let request = Request {
            method: Method::Post,
            url: format!("{}/control/fault", t.connection.base).parse().expect("an address"),
            headers: vec![("authorization".into(), format!("Bearer {token}")), ("content-type".into(), "application/json".into())],
            body: br#"{"fault":"error500"}"#.to_vec(),
            repeat: Repeat::Never,
            timeout_ms: 1_000,
        };
        t.net.send(request)
    };
    assert_eq!(knock("key-of-main").await.expect("an answer").status, 403);
    done("check", t.connector.check(&t.net, &t.connection).await);
    assert_eq!(knock("control-token").await.expect("an answer").status, 200);
    assert!(matches!(t.connector.check(&t.net, &t.connection).await, Outcome::Broken { .. }));
}

#[tokio::test]
async fn connecting_refuses_other_computers_and_other_keys() {
    let t = Table::lay(8).await;
    for (base, key) in [("http://example.org", "key-of-main"), ("ftp://127.0.0.1", "key-of-main"), ("nonsense", "key-of-main")] {
        let given = Given::from([("base".into(), base.into()), ("key".into(), key.into())]);
        assert!(matches!(t.connector.connect(&t.net, &given, NOW).await, Outcome::Rejected { .. }), "{base}");
    }
    let given = Given::from([("base".into(), t.connection.base.clone()), ("key".into(), "wrong".into())]);
    assert!(matches!(t.connector.connect(&t.net, &given, NOW).await, Outcome::Unauthorised { .. }));
}

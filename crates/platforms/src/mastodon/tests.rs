//! The contract suite on the strict double, and what is particular to Mastodon and its family.

use super::double::{self, FORCE, Handle, READ_ONLY, Setup, TOKEN};
use super::{Mastodon, client, connect, map};
use crate::loopback::Loopback;
use crate::suite::{self, Bench, NOW, PNG, done};
use crate::*;
use async_trait::async_trait;
use serde_json::json;
use std::collections::BTreeMap;

const OWN: &str = "113000000000065537";

fn clock() -> i64 {
    NOW
}

struct Table {
    server: Handle,
    net: Loopback,
    connector: Mastodon,
    connection: Connection,
    subject: Subject,
}

impl Table {
    async fn lay(takahe: bool) -> Self {
        let server = double::serve(Setup { port: 0, clock, takahe }).await.expect("it starts");
        let net = Loopback::new(clock);
        let connector = Mastodon::default();
        let given = Given::from([("base".into(), server.base_url.clone()), ("access_token".into(), TOKEN.into())]);
        let connection = done("connect", connector.connect(&net, &given, NOW).await);
        let text = format!("@{FORCE} you are useless");
        server.say("lynne@other.example", &text, "public", None);
        let page = done("poll", connector.poll(&net, &connection, None).await);
        let mut table = Self { server, net, connector, connection, subject: nobody() };
        let message = table.messages(&page.items).remove(0);
        table.subject = Subject {
            remote_id: message.remote_id,
            author_id: message.author_id,
            extra: message.extra,
            ground: "abuse".into(),
            reason: "insults staff".into(),
        };
        table
    }

    fn messages(&self, raws: &[Raw]) -> Vec<InboundMessage> {
        let map = |r: &Raw| self.connector.map(r, &self.connection.remote_account).expect("it maps");
        raws.iter().flat_map(map).filter_map(|i| if let Inbound::Message(m) = i { Some(m) } else { None }).collect()
    }

    async fn poll(&self, cursor: Option<&str>) -> Page {
        done("poll", self.connector.poll(&self.net, &self.connection, cursor).await)
    }

    async fn publish(&self, item: &Outgoing) -> Outcome<Receipt> {
        self.connector.publish(&self.net, &self.connection, item).await
    }

    fn to(&self, m: &InboundMessage, key: &str, text: &str) -> Outgoing {
        let reply = ReplyTo {
            remote_id: m.remote_id.clone(),
            extra: m.extra.clone(),
            private: m.kind == MessageKind::Private,
            author_id: m.author_id.clone(),
            author_handle: m.author_handle.clone(),
        };
        Outgoing { reply_to: Some(reply), ..self.outgoing(key, text) }
    }
}

fn nobody() -> Subject {
    Subject { remote_id: String::new(), author_id: String::new(), extra: BTreeMap::new(), ground: String::new(), reason: String::new() }
}

fn fixture(kind: &str, body: &str) -> Raw {
    Raw { kind: kind.into(), body: body.as_bytes().to_vec() }
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
        Given::from([("base".into(), self.server.base_url.clone()), ("access_token".into(), TOKEN.into())])
    }

    fn connection(&self) -> Connection {
        self.connection.clone()
    }

    fn stranger(&self) -> Connection {
        let mut stranger = self.connection.clone();
        stranger.secrets.insert("access_token".into(), "a-token-nobody-knows".into());
        stranger
    }

    fn outgoing(&self, key: &str, text: &str) -> Outgoing {
        Outgoing { text: text.into(), language: "en".into(), images: vec![], reply_to: None, created_at: NOW, key: key.into() }
    }

    fn subject(&self) -> Subject {
        self.subject.clone()
    }

    async fn copies(&self, text: &str) -> usize {
        self.server.standing().iter().filter(|t| *t == text).count()
    }

    fn unauthorised(&self) -> Response {
        suite::answer(401, &[("content-type", "application/json")], r#"{"error":"The access token is invalid"}"#)
    }

    fn limited(&self) -> (Response, Micros) {
        let until = jiff::Timestamp::from_microsecond(NOW + 120_000_000).expect("an instant");
        let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &until.to_string())];
        (suite::answer(429, &headers, r#"{"error":"Too many requests"}"#), NOW + 120_000_000)
    }

    fn raws(&self) -> Vec<Raw> {
        vec![
            fixture("notification", include_str!("fixtures/mention.json")),
            fixture("notification", include_str!("fixtures/direct.json")),
            fixture("notification", include_str!("fixtures/follow.json")),
            fixture("status", include_str!("fixtures/update.json")),
            fixture("answer", include_str!("fixtures/update.json")),
            fixture("deleted", r#"{"id":"113000000000589833","at":1790000000000000}"#),
        ]
    }
}

#[tokio::test]
async fn it_keeps_the_contract() {
    let table = Table::lay(false).await;
    suite::offline(&table).await;
    suite::life(&table, "suite").await;
}

#[tokio::test]
async fn notifications_map_to_what_the_desk_reads() {
    let connector = Mastodon::default();
    let read = |kind: &str, body: &str| connector.map(&fixture(kind, body), OWN).expect("it maps").remove(0);
    let Inbound::Message(m) = read("notification", include_str!("fixtures/mention.json")) else { panic!("a message") };
    assert_eq!((m.kind, m.text.as_str()), (MessageKind::Comment, "@exampleshire is Larkspur Road open?\n\nasking for mum"));
    assert_eq!((m.author_handle.as_str(), m.author_name.as_str()), ("lynne@other.example", "Lynne 🌻"));
    assert_eq!(m.parent.as_deref(), Some("113000000000524296"));
    assert_eq!(m.media.len(), 1, "what has no address is no picture");
    assert_eq!(m.media[0].alt.as_deref(), Some("a road sign"));
    let Inbound::Message(m) = read("notification", include_str!("fixtures/direct.json")) else { panic!("a message") };
    assert_eq!((m.kind, m.text.as_str()), (MessageKind::Private, "personal\n\n@exampleshire please do not answer in public"));
    assert_eq!(m.revision, "2026-11-20T22:10:00.000Z", "edited before we saw it");
    assert!(matches!(read("notification", include_str!("fixtures/follow.json")), Inbound::Ignored { .. }));
    let Inbound::Edited { text, at, .. } = read("status", include_str!("fixtures/update.json")) else { panic!("an edit") };
    assert_eq!((text.as_str(), at), ("@exampleshire sorry, Larkspur Lane", map::micros("2026-11-20T21:20:00Z").expect("a time")));
    let own = include_str!("fixtures/mention.json").replace("113000000000131074", OWN);
    assert!(matches!(read("notification", &own), Inbound::Ignored { .. }), "our own items are not messages");
}

#[tokio::test]
async fn the_server_says_its_own_limits() {
    let t = Table::lay(false).await;
    let facts = &t.connection.facts;
    for (name, value) in [("software", "mastodon"), ("version", "4.6.0"), ("idempotency", "yes"), ("many", "yes"), ("per_url", "23")] {
        assert_eq!(facts.get(name).map(String::as_str), Some(value), "{name}");
    }
    let mut own = t.connection.clone();
    own.facts.extend([("max_characters".into(), "11".into()), ("image_types".into(), "image/png".into())]);
    assert_eq!((t.connector.limits(&own).max_graphemes, t.connector.limits(&own).image_types), (11, vec!["image/png".to_owned()]));
    assert!(matches!(t.connector.publish(&t.net, &own, &t.outgoing("k", "twelve chars")).await, Outcome::Rejected { .. }));
    for (version, software, numbers) in [
        ("4.6.0", "mastodon", (4, 6)),
        ("4.3.0-beta.1+glitch", "mastodon", (4, 3)),
        ("takahe/0.11.0", "takahe", (0, 11)),
        ("2.7.2 (compatible; Pleroma 2.5.0)", "pleroma", (0, 0)),
        ("", "mastodon", (0, 0)),
    ] {
        assert_eq!(connect::software(version), (software.to_owned(), numbers), "{version}");
    }
}

#[tokio::test]
async fn an_app_gets_in_by_a_code_that_is_good_once() {
    let t = Table::lay(false).await;
    let base = &t.server.base_url;
    let app = done("register", connect::register_app(&t.net, base, "Bluelamp", connect::OUT_OF_BAND, "https://bluelamp.example").await);
    let verifier = "a-verifier-of-at-least-forty-three-characters-here";
    let url = connect::authorise_url(base, &app.client_id, connect::OUT_OF_BAND, "state", verifier).expect("an address");
    let request = Request { method: Method::Get, url, headers: vec![], body: vec![], repeat: Repeat::Safe, timeout_ms: 1_000 };
    let agree = || async {
        let page = t.net.send(request.clone()).await.expect("a page");
        String::from_utf8(page.body).expect("text").split("value=\"").nth(1).and_then(|r| r.split('"').next()).expect("a code").to_owned()
    };
    let given = |code: &str, verifier: &str| -> Given {
        [
            ("base", base.as_str()),
            ("client_id", &app.client_id),
            ("client_secret", &app.client_secret),
            ("code", code),
            ("code_verifier", verifier),
        ]
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect()
    };
    let wrong = t.connector.connect(&t.net, &given(&agree().await, "another verifier"), NOW).await;
    assert!(matches!(wrong, Outcome::Rejected { .. }), "{wrong:?}");
    let code = agree().await;
    let connection = done("connect", t.connector.connect(&t.net, &given(&code, verifier), NOW).await);
    assert_eq!(connection.handle, FORCE);
    assert!(!connection.secrets.contains_key("code") && !connection.secrets.contains_key("code_verifier"));
    let again = t.connector.connect(&t.net, &given(&code, verifier), NOW).await;
    assert!(matches!(again, Outcome::Rejected { .. }), "a code is good once: {again:?}");
    done("check", t.connector.check(&t.net, &connection).await);
    assert_eq!(done("renew", t.connector.renew(&t.net, &connection, NOW).await), connection);
    done("revoke", connect::revoke(&t.net, &connection).await);
    assert!(matches!(t.connector.check(&t.net, &connection).await, Outcome::Unauthorised { .. }));
    assert_eq!(
        connect::challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "RFC 7636, appendix B"
    );
}

#[tokio::test]
async fn addresses_are_taken_with_care() {
    for (given, base) in [
        ("https://social.example/", Some("https://social.example")),
        (" social.example ", Some("https://social.example")),
        ("https://social.example:8443/about", Some("https://social.example:8443")),
        ("http://127.0.0.1:9", Some("http://127.0.0.1:9")),
        ("http://social.example", None),
        ("https://user:pw@social.example", None),
        ("ftp://social.example", None),
        ("", None),
    ] {
        assert_eq!(connect::base_of(given).as_deref(), base, "{given}");
    }
}

#[tokio::test]
async fn pictures_go_up_first_and_are_waited_for() {
    let t = Table::lay(false).await;
    let picture = |alt: &str| Image { bytes: PNG.to_vec(), mime: "image/png".into(), alt: alt.into(), width: 1, height: 1 };
    let with = |key: &str, images| Outgoing { images, ..t.outgoing(key, "with pictures") };
    t.server.slow_media(3);
    let first = with("a", vec![picture("a dot"), picture("another dot")]);
    done("publish", t.publish(&first).await);
    assert!(done("find", t.connector.find(&t.net, &t.connection, &first).await).is_some());
    assert_eq!(
        done("find", t.connector.find(&t.net, &t.connection, &t.outgoing("a", "with pictures")).await),
        None,
        "one without pictures is another"
    );
    t.server.slow_media(50);
    let outcome = t.publish(&with("b", vec![picture("a dot")])).await;
    assert_eq!(outcome, Outcome::Limited { until: NOW + 20_000_000 }, "not ready: later, and nothing was published");
    assert_eq!(t.server.standing().len(), 1);
    let fake = Image { bytes: b"PK\x03\x04 not a picture".to_vec(), ..picture("a dot") };
    assert!(matches!(t.publish(&with("c", vec![fake])).await, Outcome::Rejected { why } if why.contains("content type")));
}

#[tokio::test]
async fn lengths_agree_with_the_server_at_the_limit() {
    let t = Table::lay(false).await;
    let url = "https://example.org/a/long/path/that/would/take/far/more/than/twenty-three/characters";
    let mention = "@lynne@other.example";
    for (nth, (head, counts)) in [("", 0), (url, 23), (mention, 6), ("👨‍👩‍👧e\u{301}", 2)].into_iter().enumerate() {
        let fits = format!("{head} {}", "x".repeat(500 - counts - 1));
        done("at the limit", t.publish(&t.outgoing(&format!("fits{nth}"), &fits)).await);
        let over = t.publish(&t.outgoing(&format!("over{nth}"), &format!("{fits}x"))).await;
        assert!(matches!(over, Outcome::Rejected { ref why } if why.contains("500")), "{over:?}");
    }
}

#[tokio::test]
async fn replies_name_the_person_and_are_never_told_to_more_people() {
    let t = Table::lay(false).await;
    let cursor = t.poll(None).await.next;
    t.server.say("lynne@other.example", &format!("@{FORCE} is the road open"), "unlisted", None);
    t.server.say("dave", &format!("@{FORCE} between us please"), "direct", None);
    let page = t.poll(cursor.as_deref()).await;
    let messages = t.messages(&page.items);
    let kinds: Vec<_> = messages.iter().map(|m| m.kind).collect();
    assert_eq!(kinds, [MessageKind::Mention, MessageKind::Private]);

    let public = done("reply", t.publish(&t.to(&messages[0], "r1", "yes since noon")).await);
    let private = done("reply", t.publish(&t.to(&messages[1], "r2", "of course")).await);
    done("reply", t.publish(&t.to(&messages[1], "r3", "@dave again")).await);
    assert_eq!(t.server.visibility_of(&public.remote_id).as_deref(), Some("unlisted"));
    assert_eq!(t.server.visibility_of(&private.remote_id).as_deref(), Some("direct"));
    let standing = t.server.standing();
    assert_eq!(standing, ["@lynne@other.example yes since noon", "@dave of course", "@dave again"]);
    let lost = t.to(&messages[0], "r1", "yes since noon");
    let found = done("find", t.connector.find(&t.net, &t.connection, &lost).await);
    assert_eq!(found.map(|r| r.remote_id), Some(public.remote_id.clone()), "found though the server renders it another way");

    let part = ReplyTo {
        remote_id: public.remote_id,
        extra: public.extra,
        private: false,
        author_id: t.connection.remote_account.clone(),
        author_handle: FORCE.into(),
    };
    let next = Outgoing { reply_to: Some(part), ..t.outgoing("r4", "second part") };
    assert_eq!(client::final_text(&t.connection, &next), "second part", "a thread does not name ourselves");
    done("thread", t.publish(&next).await);
    let nowhere = Outgoing { reply_to: next.reply_to.clone().map(|r| ReplyTo { remote_id: "1".into(), ..r }), ..t.outgoing("r5", "x") };
    assert!(matches!(t.publish(&nowhere).await, Outcome::Rejected { .. }));
}

#[tokio::test]
async fn a_poll_goes_forward_and_leaves_no_gap() {
    let t = Table::lay(false).await;
    let start = t.poll(None).await;
    assert_eq!((start.items.len(), start.more), (1, false));
    let ids: Vec<String> = (0..95).map(|n| t.server.say("dave", &format!("@{FORCE} number {n}"), "public", None)).collect();
    let (mut cursor, mut seen, mut pages) = (start.next, Vec::new(), 0);
    loop {
        let page = t.poll(cursor.as_deref()).await;
        assert_eq!(page.reaches_back_to, None, "each page goes on from an id, however far back that is");
        seen.extend(t.messages(&page.items).into_iter().map(|m| m.remote_id));
        (cursor, pages) = (page.next, pages + 1);
        if !page.more {
            break;
        }
    }
    assert_eq!(seen, ids, "each once, oldest first");
    assert_eq!(pages, 3);
    let quiet = t.poll(cursor.as_deref()).await;
    assert!(quiet.items.is_empty() && quiet.next == cursor);
    assert!(matches!(t.connector.poll(&t.net, &t.connection, Some("??")).await, Outcome::Rejected { .. }));
}

#[tokio::test]
async fn an_account_that_was_never_named_misses_nothing_later() {
    let server = double::serve(Setup { port: 0, clock, takahe: false }).await.expect("it starts");
    let (net, connector) = (Loopback::new(clock), Mastodon::default());
    let given = Given::from([("base".into(), server.base_url.clone()), ("access_token".into(), TOKEN.into())]);
    let connection = done("connect", connector.connect(&net, &given, NOW).await);
    let empty = done("poll", connector.poll(&net, &connection, None).await);
    assert!(empty.items.is_empty());
    (0..85).for_each(|n| drop(server.say("dave", &format!("@{FORCE} number {n}"), "public", None)));
    let page = done("poll", connector.poll(&net, &connection, empty.next.as_deref()).await);
    assert_eq!(page.items.len(), 85);
}

#[tokio::test]
async fn edits_and_deletions_and_unnamed_answers_are_seen_by_looking_again() {
    let t = Table::lay(false).await;
    let post = done("publish", t.publish(&t.outgoing("p", "road closed")).await);
    let edited = t.server.say("dave", &format!("@{FORCE} thank you"), "public", None);
    let gone = t.server.say("dave", &format!("@{FORCE} never mind"), "public", None);
    let same = t.server.say("dave", &format!("@{FORCE} as it was"), "public", None);
    let messages = t.messages(&t.poll(None).await.items);
    let known = |id: &str| Known {
        remote_id: id.into(),
        revision: messages.iter().find(|m| m.remote_id == id).map_or(String::new(), |m| m.revision.clone()),
    };
    let all = [known(&edited), known(&gone), known(&same), Known { remote_id: post.remote_id.clone(), revision: String::new() }];
    assert_eq!(done("revisit", t.connector.revisit(&t.net, &t.connection, &all).await), [], "nothing new");

    t.server.edit(&edited, &format!("@{FORCE} no thank you"));
    t.server.remove(&gone);
    let unnamed = t.server.say("lynne@other.example", "without your name", "public", Some(&post.remote_id));
    let news = done("revisit", t.connector.revisit(&t.net, &t.connection, &all).await);
    let mapped: Vec<Inbound> = news.iter().flat_map(|r| t.connector.map(r, &t.connection.remote_account).expect("it maps")).collect();
    assert_eq!(mapped.len(), 3, "{mapped:?}");
    assert!(matches!(&mapped[0], Inbound::Edited { remote_id, text, .. } if *remote_id == edited && text.ends_with("no thank you")));
    assert!(matches!(&mapped[1], Inbound::Deleted { remote_id, at } if *remote_id == gone && *at == NOW));
    assert!(matches!(&mapped[2], Inbound::Message(m) if m.remote_id == unnamed && m.kind == MessageKind::Comment));
}

#[tokio::test]
async fn blocks_and_reports_reach_the_server() {
    let t = Table::lay(false).await;
    let moderate = |what| t.connector.moderate(&t.net, &t.connection, what, &t.subject, NOW);
    done("block", moderate(Moderation::Block).await);
    assert!(t.server.is_blocked(&t.subject.author_id));
    done("block again", moderate(Moderation::Block).await);
    done("unblock", moderate(Moderation::Unblock).await);
    assert!(!t.server.is_blocked(&t.subject.author_id));
    done("report", moderate(Moderation::Report).await);
    let report = &t.server.reports()[0];
    assert_eq!((report["category"].as_str(), report["forward"].as_bool()), (Some("violation"), Some(true)));
    for (ground, category) in
        [("spam", "spam"), ("hate crime", "legal"), ("contempt of court", "legal"), ("off topic", "other"), ("OBSCENE", "violation")]
    {
        assert_eq!(client::category(ground), category, "{ground}");
    }
    let long = Subject { reason: "é".repeat(3_000), ..t.subject() };
    done("a long reason", t.connector.moderate(&t.net, &t.connection, Moderation::Report, &long, NOW).await);
}

#[tokio::test]
async fn a_token_without_the_scope_is_refused_in_words() {
    let t = Table::lay(false).await;
    let mut reader = t.connection.clone();
    reader.secrets.insert("access_token".into(), READ_ONLY.into());
    let outcome = t.connector.publish(&t.net, &reader, &t.outgoing("k", "no")).await;
    assert!(matches!(outcome, Outcome::Rejected { ref why } if why.contains("scope")), "{outcome:?}");
    done("reading is allowed", t.connector.poll(&t.net, &reader, None).await);
}

#[tokio::test]
async fn limits_faults_and_silence_come_out_as_the_closed_set() {
    let t = Table::lay(false).await;
    let item = t.outgoing("f", "one post");
    t.server.fault(500, 1);
    assert!(matches!(t.publish(&item).await, Outcome::Unknown { .. }));
    t.server.fault(503, 1);
    assert!(matches!(t.connector.check(&t.net, &t.connection).await, Outcome::Broken { .. }));
    t.server.fault(429, 1);
    assert_eq!(t.publish(&item).await, Outcome::Limited { until: NOW + 60_000_000 });
    t.server.fault(200, 1);
    assert!(matches!(t.connector.poll(&t.net, &t.connection, None).await, Outcome::Broken { .. }));
    t.server.fault(0, 1);
    assert!(matches!(t.connector.check(&t.net, &t.connection).await, Outcome::Broken { .. }));
    t.server.fault(1, 1);
    assert!(matches!(t.publish(&item).await, Outcome::Unknown { .. }));
    let found = done("find", t.connector.find(&t.net, &t.connection, &item).await).expect("it had got through");
    assert_eq!(done("again", t.publish(&item).await).remote_id, found.remote_id);
    for n in 0..30 {
        let receipt = done("publish", t.publish(&t.outgoing(&format!("d{n}"), &format!("post {n}"))).await);
        done("delete", t.connector.delete(&t.net, &t.connection, &receipt.remote_id).await);
    }
    let over = t.connector.delete(&t.net, &t.connection, &found.remote_id).await;
    assert_eq!(over, Outcome::Limited { until: NOW + 1_800_000_000 }, "30 deletions in 30 minutes");
}

#[tokio::test]
async fn the_stream_tells_mentions_as_they_happen() {
    let t = Table::lay(false).await;
    let request = t.connector.stream(&t.connection).expect("a stream");
    let mut socket = t.net.open(request.clone()).await.expect("it opens");
    let thump = socket.next().await.expect("a frame").expect("open");
    assert_eq!((&thump, t.connector.frame(&thump)), (&Frame::Text(":thump".into()), vec![]), "a heartbeat holds nothing");
    let id = t.server.say("dave", &format!("@{FORCE} help"), "direct", None);
    let frame = socket.next().await.expect("a frame").expect("open");
    let message = t.messages(&t.connector.frame(&frame)).remove(0);
    assert_eq!((message.remote_id.as_str(), message.kind), (id.as_str(), MessageKind::Private));
    let polled = t.messages(&t.poll(None).await.items);
    assert_eq!(polled.last(), Some(&message), "stream and poll tell the same");

    // The account's whole stream: only there are edits and deletions told.
    t.server.edit(&id, &format!("@{FORCE} help now"));
    t.server.remove(&id);
    for wanted in ["edited", "deleted"] {
        let frame = socket.next().await.expect("a frame").expect("open");
        let inbound =
            t.connector.frame(&frame).iter().flat_map(|r| t.connector.map(r, &t.connection.remote_account).expect("it maps")).next();
        let right = match inbound {
            Some(Inbound::Edited { remote_id, text, .. }) => wanted == "edited" && remote_id == id && text.ends_with("now"),
            Some(Inbound::Deleted { remote_id, .. }) => wanted == "deleted" && remote_id == id,
            _ => false,
        };
        assert!(right, "{wanted}");
    }
    let like = json!({ "event": "notification", "payload": json!({ "id": "1", "type": "favourite", "created_at": "2026-11-21T12:00:00Z" }).to_string() });
    assert_eq!(t.connector.frame(&Frame::Text(like.to_string())), [], "who likes a post is nothing to keep");
    let mut stranger = request;
    stranger.headers = vec![("authorization".into(), "Bearer nobody".into())];
    assert!(t.net.open(stranger).await.is_err());
    for junk in [Frame::Binary(vec![1]), Frame::Text("{".into()), Frame::Text(r#"{"event":"filters_changed"}"#.into())] {
        assert_eq!(t.connector.frame(&junk), []);
    }
    let mut plain = t.connection.clone();
    plain.base = "https://social.example".into();
    assert!(t.connector.stream(&plain).is_none(), "no token over a stream without TLS");
}

#[tokio::test]
async fn a_server_of_the_family_that_differs_is_coped_with() {
    let t = Table::lay(true).await;
    let facts = &t.connection.facts;
    assert_eq!((facts["software"].as_str(), facts["idempotency"].as_str(), facts["reports"].as_str()), ("takahe", "no", "no"));
    assert!(t.connector.stream(&t.connection).is_none());
    assert_eq!(t.connector.limits(&t.connection).max_image_bytes, 10 << 20);
    let stranger = t.stranger();
    assert!(matches!(t.connector.check(&t.net, &stranger).await, Outcome::Unauthorised { .. }), "a 400 page that means the token");
    let report = t.connector.moderate(&t.net, &t.connection, Moderation::Report, &t.subject, NOW).await;
    assert!(matches!(report, Outcome::Rejected { .. }), "{report:?}");

    // This server makes two of one key, so the program asks first; the asking is what must work.
    let item = t.outgoing("k", "said once");
    let net = suite::Lossy::new(&t.net, suite::Lose::Answer);
    assert!(matches!(t.connector.publish(&net, &t.connection, &item).await, Outcome::Unknown { .. }));
    let found = done("find", t.connector.find(&t.net, &t.connection, &item).await).expect("it had got through");
    let seen = done("read back", t.connector.read_back(&t.net, &t.connection, &found.remote_id).await);
    assert_eq!(seen, Seen::Live { text: "said once".into() });
    done("delete", t.connector.delete(&t.net, &t.connection, &found.remote_id).await);
    done("delete again", t.connector.delete(&t.net, &t.connection, &found.remote_id).await);
    assert_eq!(done("read back", t.connector.read_back(&t.net, &t.connection, &found.remote_id).await), Seen::Gone);
    let gone = t.server.say("dave", &format!("@{FORCE} never mind"), "public", None);
    t.server.remove(&gone);
    let news = done("revisit", t.connector.revisit(&t.net, &t.connection, &[Known { remote_id: gone, revision: "x".into() }]).await);
    assert_eq!(news.len(), 1);
}

#[tokio::test]
async fn pictures_are_fetched_bounded_and_without_the_token() {
    let t = Table::lay(false).await;
    let picture = Image { bytes: PNG.to_vec(), mime: "image/png".into(), alt: "a dot".into(), width: 1, height: 1 };
    let receipt = done("publish", t.publish(&Outgoing { images: vec![picture], ..t.outgoing("p", "look") }).await);
    let path = format!("/api/v1/statuses/{}", receipt.remote_id);
    let status: serde_json::Value = done("read", super::call::ask(&t.net, &t.connection, super::call::Call::get(&path)).await);
    let url = status["media_attachments"][0]["url"].as_str().expect("an address");
    assert_eq!(done("fetch", t.connector.fetch_media(&t.net, &t.connection, url, 1_000).await), PNG);
    assert!(matches!(t.connector.fetch_media(&t.net, &t.connection, url, 10).await, Outcome::Rejected { .. }));
    assert!(matches!(t.connector.fetch_media(&t.net, &t.connection, "no address", 10).await, Outcome::Rejected { .. }));
}

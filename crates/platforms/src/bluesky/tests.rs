//! The connector against its contract suite, its fixtures and a strict double; faults that no real server gives on
//! demand. The real network is in `tests/bluesky_real.rs`.

use super::double::*;
use super::wire::{BLOCK, GATE, POST};
use super::*;
use crate::egress::*;
use crate::suite::{self, Bench, Canned, NOW, PNG, answer, done};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SECOND: Micros = 1_000_000;
const ROOT: &str = "at://did:plc:force/app.bsky.feed.post/3mfixtureroot";
const REPLY: &str = "at://did:plc:resident/app.bsky.feed.post/3mfixture2222";

struct Stand {
    connector: Bluesky,
    net: Double,
    connection: Connection,
}

async fn stand() -> Stand {
    let (connector, net) = (Bluesky::new(), Double::new());
    let connection = done("connect", connector.connect(&net, &given(), NOW).await);
    Stand { connector, net, connection }
}

fn given() -> Given {
    let pairs = [("server", BASE), ("handle", "@force.test"), ("password", PASSWORD)];
    pairs.map(|(k, v)| (k.to_string(), v.to_string())).into()
}

fn extra(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()
}

fn item(key: &str, text: &str) -> Outgoing {
    Outgoing { text: text.into(), language: "en".into(), images: vec![], reply_to: None, created_at: NOW, key: key.into() }
}

fn subject() -> Subject {
    Subject {
        remote_id: REPLY.into(),
        author_id: RESIDENT.into(),
        extra: extra(&[("cid", "bafyreply"), ("root_uri", ROOT), ("root_cid", "bafyroot")]),
        ground: "abuse".into(),
        reason: "insults another resident".into(),
    }
}

fn fixture_notifications() -> Vec<Raw> {
    let all: Value = serde_json::from_str(include_str!("fixtures/notifications.json")).unwrap();
    all["notifications"].as_array().unwrap().iter().map(|n| raw("notification", n)).collect()
}

fn raw(kind: &str, body: &Value) -> Raw {
    Raw { kind: kind.into(), body: body.to_string().into_bytes() }
}

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[async_trait]
impl Bench for Stand {
    fn connector(&self) -> &dyn Connector {
        &self.connector
    }
    fn net(&self) -> &dyn Egress {
        &self.net
    }
    fn given(&self) -> Given {
        given()
    }
    fn connection(&self) -> Connection {
        self.connection.clone()
    }
    fn stranger(&self) -> Connection {
        let mut stranger = self.connection.clone();
        stranger.secrets.insert(ACCESS.into(), token("com.atproto.appPass", 999));
        stranger
    }
    fn outgoing(&self, key: &str, text: &str) -> Outgoing {
        item(key, text)
    }
    fn subject(&self) -> Subject {
        subject()
    }
    async fn copies(&self, text: &str) -> usize {
        self.net.state().records.values().filter(|(_, value, _)| value["text"] == text).count()
    }
    fn unauthorised(&self) -> Response {
        answer(400, &[], r#"{"error":"ExpiredToken","message":"Token has expired"}"#)
    }
    fn limited(&self) -> (Response, Micros) {
        let reset = (NOW / SECOND + 300).to_string();
        let headers = [("retry-after", "288"), ("ratelimit-reset", reset.as_str()), ("ratelimit-policy", "3000;w=300")];
        (answer(429, &headers, r#"{"error":"RateLimitExceeded","message":"Rate Limit Exceeded"}"#), (NOW / SECOND + 300) * SECOND)
    }
    fn raws(&self) -> Vec<Raw> {
        let mut raws = fixture_notifications();
        let view = fixture(include_str!("fixtures/post_view.json"));
        raws.push(raw("reply", &json!({ "post": view })));
        raws.push(raw("post", &json!({"uri": REPLY, "cid": "bafynew", "record": view["record"], "seen_at": NOW})));
        raws.push(raw("private", &fixture(include_str!("fixtures/private.json"))));
        raws.push(raw("gone", &json!({"id": REPLY, "seen_at": NOW})));
        raws.push(raw("note", &json!({"why": "private messages cannot be read now"})));
        raws
    }
}

#[tokio::test]
async fn the_contract_is_kept_without_a_server() {
    suite::offline(&stand().await).await;
}

#[tokio::test]
async fn the_contract_is_kept_against_the_double() {
    suite::life(&stand().await, "contract").await;
}

// ---- mapping ----

fn message(raw: &Raw) -> InboundMessage {
    match Bluesky::new().map(raw, FORCE).unwrap().remove(0) {
        Inbound::Message(m) => m,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reply_below_our_post_is_a_comment_with_all_that_an_answer_needs() {
    let m = message(&fixture_notifications()[0]);
    assert_eq!((m.remote_id.as_str(), m.revision.as_str(), m.kind), (REPLY, "bafyreply", MessageKind::Comment));
    assert_eq!(m.text, "Café window broken 🚔 see photo and this page", "without U+0000");
    assert_eq!((m.author_id.as_str(), m.author_handle.as_str(), m.author_name.as_str()), (RESIDENT, "resident.test", "A resident"));
    assert_eq!(m.sent_at, 1_787_220_000 * SECOND, "by the network");
    assert_eq!(m.parent.as_deref(), Some("at://did:plc:other/app.bsky.feed.post/3mfixtureparn"));
    assert_eq!(m.root.as_deref(), Some(ROOT));
    assert_eq!(m.url.as_deref(), Some("https://bsky.app/profile/did:plc:resident/post/3mfixture2222"));
    let wanted = [
        ("cid", "bafyreply"),
        ("root_uri", ROOT),
        ("root_cid", "bafyroot"),
        ("created_at", "2026-08-20T09:59:58.000Z"),
        ("links", "https://example.org/elsewhere"),
    ];
    assert_eq!(m.extra, extra(&wanted));
    let picture =
        InboundMedia { url: format!("{REPLY}#bafkpicture"), mime: Some("image/jpeg".into()), alt: Some("a broken window".into()) };
    assert_eq!(m.media, vec![picture]);
}

#[test]
fn mentions_and_quotes_stand_alone_and_the_rest_is_ignored_with_why() {
    let raws = fixture_notifications();
    let mention = message(&raws[1]);
    assert_eq!((mention.kind, mention.parent, mention.root), (MessageKind::Mention, None, None));
    assert_eq!(mention.extra["root_uri"], "at://did:plc:visitor/app.bsky.feed.post/3mfixture3333", "an answer to it begins a thread there");
    let quote = message(&raws[2]);
    assert_eq!((quote.kind, quote.extra["quotes"].as_str()), (MessageKind::Mention, ROOT));
    assert_eq!(quote.media[0].url, "at://did:plc:visitor/app.bsky.feed.post/3mfixture4444#bafkvideo");
    assert_eq!(quote.media[0].mime, None, "a video is kept as its still picture");
    for (i, why) in [(3, "like"), (4, "own")] {
        match Bluesky::new().map(&raws[i], FORCE).unwrap().as_slice() {
            [Inbound::Ignored { why: said }] => assert!(said.contains(why), "{said}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn private_messages_name_their_conversation() {
    let m = message(&raw("private", &fixture(include_str!("fixtures/private.json"))));
    assert_eq!((m.kind, m.remote_id.as_str(), m.root.as_deref()), (MessageKind::Private, "chat/3mconvo/3mmessage", Some("chat/3mconvo")));
    assert_eq!((m.author_handle.as_str(), m.author_name.as_str()), ("resident.test", "A resident"));
    assert_eq!(m.extra, extra(&[("convo_id", "3mconvo"), ("message_id", "3mmessage")]));
}

#[test]
fn what_is_not_a_message_is_an_error_that_shows_no_content() {
    for (kind, body) in
        [("notification", "not json"), ("notification", "{}"), ("reply", "{}"), ("private", "[]"), ("gone", r#"{"id":"x","seen_at":1}"#)]
    {
        let error = Bluesky::new().map(&Raw { kind: kind.into(), body: body.into() }, FORCE).unwrap_err();
        assert!(error.to_string().contains("bluesky") && !error.to_string().contains("not json"), "{error}");
    }
}

// ---- connecting ----

#[tokio::test]
async fn connecting_finds_the_accounts_own_server_and_renewing_turns_both_tokens() {
    let s = stand().await;
    assert_eq!(s.connection.base, BASE, "as the identity document says, without a path");
    assert_eq!((s.connection.remote_account.as_str(), s.connection.handle.as_str()), (FORCE, "force.test"));
    assert_eq!(s.connection.expires_at, Some(NOW + 7200 * SECOND));
    let new = done("renew", s.connector.renew(&s.net, &s.connection, NOW).await);
    assert!(new.secrets[ACCESS] != s.connection.secrets[ACCESS] && new.secrets[REFRESH] != s.connection.secrets[REFRESH]);
    assert_eq!(done("check", s.connector.check(&s.net, &new).await), "force.test");
    s.net.state().revoked = true;
    let outcome = s.connector.renew(&s.net, &new, NOW).await;
    assert!(matches!(outcome, Outcome::Unauthorised { .. }), "{outcome:?}");
}

#[tokio::test]
async fn what_a_person_gives_wrongly_is_said_in_words() {
    let (connector, net) = (Bluesky::new(), Double::new());
    let with = |key: &str, value: &str| {
        let mut g = given();
        g.insert(key.into(), value.into());
        g
    };
    for (g, rejected) in [
        (with("password", ""), true),
        (with("handle", " @ "), true),
        (with("server", "ftp://x"), true),
        (with("password", "wrong-word"), false),
    ] {
        let outcome = connector.connect(&net, &g, NOW).await;
        let right = if rejected { matches!(outcome, Outcome::Rejected { .. }) } else { matches!(outcome, Outcome::Unauthorised { .. }) };
        assert!(right, "{outcome:?}");
    }
    assert_eq!(net.calls("createSession"), 1, "only the wrong password was asked about");
    net.state().scope = "com.atproto.access".into();
    let outcome = connector.connect(&net, &given(), NOW).await;
    assert!(matches!(&outcome, Outcome::Rejected { why } if why.contains("main password")), "{outcome:?}");
    let taken_down = answer(401, &[], r#"{"error":"AccountTakedown","message":"Account has been taken down"}"#);
    let outcome = connector.connect(&Canned::answering(taken_down), &given(), NOW).await;
    assert!(matches!(outcome, Outcome::Unauthorised { .. }), "{outcome:?}");
}

#[tokio::test]
async fn the_error_table_is_kept() {
    let s = stand().await;
    let post = item("k", "table");
    let table: [(u16, &str, &str); 14] = [
        (400, "InvalidRequest", "rejected"),
        (400, "SyntaxError", "rejected"),
        (400, "ExpiredToken", "unauthorised"),
        (400, "InvalidToken", "unauthorised"),
        (401, "AuthMissing", "unauthorised"),
        (401, "AuthenticationRequired", "unauthorised"),
        (401, "AccountTakedown", "unauthorised"),
        (413, "PayloadTooLarge", "rejected"),
        (429, "RateLimitExceeded", "limited"),
        (500, "InternalServerError", "unknown"),
        (501, "MethodNotImplemented", "rejected"),
        (502, "UpstreamFailure", "unknown"),
        (503, "NotEnoughResources", "unknown"),
        (504, "UpstreamTimeout", "unknown"),
    ];
    for (status, error, wanted) in table {
        let body = json!({"error": error, "message": "words"}).to_string();
        let outcome = s.connector.publish(&Canned::answering(answer(status, &[], body)), &s.connection, &post).await;
        let got = match outcome {
            Outcome::Rejected { .. } => "rejected",
            Outcome::Unauthorised { .. } => "unauthorised",
            Outcome::Limited { until } => {
                assert_eq!(until, NOW + 60 * SECOND, "without a word of when, a minute");
                "limited"
            }
            Outcome::Unknown { .. } => "unknown",
            other => panic!("{status} {error}: {other:?}"),
        };
        assert_eq!(got, wanted, "{status} {error}");
    }
    let far = answer(429, &[("retry-after", "99999999")], "");
    let outcome = s.connector.check(&Canned::answering(far), &s.connection).await;
    assert_eq!(outcome, Outcome::Limited { until: NOW + 24 * 3600 * SECOND }, "no limit is longer than a day");
}

// ---- publishing ----

#[tokio::test]
async fn a_post_carries_its_pictures_places_and_language() {
    let s = stand().await;
    let picture = Image { bytes: PNG.to_vec(), mime: "image/png".into(), alt: "A blue square".into(), width: 3, height: 2 };
    let text = "🚓 #Leeds @resident.test @nobody.test https://example.org/é";
    let post = Outgoing { images: vec![picture.clone(), picture], ..item("k", text) };
    let receipt = done("publish", s.connector.publish(&s.net, &s.connection, &post).await);
    let record = s.net.state().records[&receipt.remote_id].1.clone();
    assert_eq!(record["langs"], json!(["en"]));
    assert_eq!(record["embed"]["images"][1]["alt"], "A blue square");
    assert_eq!(record["embed"]["images"][0]["aspectRatio"], json!({"width": 3, "height": 2}));
    let said: Vec<(&str, &Value)> = record["facets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            (&text[f["index"]["byteStart"].as_u64().unwrap() as usize..f["index"]["byteEnd"].as_u64().unwrap() as usize], &f["features"][0])
        })
        .collect();
    assert_eq!(said.len(), 3, "a handle nobody has stays text");
    assert_eq!((said[0].0, &said[0].1["tag"]), ("#Leeds", &json!("Leeds")));
    assert_eq!((said[1].0, &said[1].1["did"]), ("@resident.test", &json!(RESIDENT)));
    assert_eq!((said[2].0, &said[2].1["uri"]), ("https://example.org/é", &json!("https://example.org/é")));
    assert_eq!(
        receipt.url,
        format!("https://bsky.app/profile/{}", receipt.remote_id.trim_start_matches("at://").replace("/app.bsky.feed.post/", "/post/"))
    );
}

#[tokio::test]
async fn a_picture_that_cannot_be_uploaded_leaves_nothing_behind() {
    let s = stand().await;
    let picture = Image { bytes: PNG.to_vec(), mime: "image/png".into(), alt: "A square".into(), width: 1, height: 1 };
    let post = Outgoing { images: vec![picture], ..item("k", "picture") };
    s.net.state().faults.push_back(Ok(answer(500, &[], "{}")));
    let outcome = s.connector.publish(&s.net, &s.connection, &post).await;
    assert!(matches!(outcome, Outcome::Broken { .. }), "nothing was published, and that is known: {outcome:?}");
    assert_eq!(s.net.calls("putRecord"), 0);
}

#[tokio::test]
async fn a_thread_keeps_its_first_post_as_root_and_an_answer_names_what_it_answers() {
    let s = stand().await;
    let first = done("publish", s.connector.publish(&s.net, &s.connection, &item("1", "one")).await);
    let to = |r: &Receipt| ReplyTo {
        remote_id: r.remote_id.clone(),
        extra: r.extra.clone(),
        private: false,
        author_id: FORCE.into(),
        author_handle: "force.test".into(),
    };
    let part = |key: &str, text: &str, r: &Receipt| Outgoing { reply_to: Some(to(r)), ..item(key, text) };
    let second = done("publish", s.connector.publish(&s.net, &s.connection, &part("2", "two", &first)).await);
    let third = done("publish", s.connector.publish(&s.net, &s.connection, &part("3", "three", &second)).await);
    let record = |r: &Receipt| s.net.state().records[&r.remote_id].1["reply"].clone();
    assert_eq!(record(&third)["root"], json!({"uri": first.remote_id, "cid": first.extra["cid"]}));
    assert_eq!(record(&third)["parent"], json!({"uri": second.remote_id, "cid": second.extra["cid"]}));
    // The same, when all that is known of the message is its address.
    let mut bare = part("4", "four", &third);
    bare.reply_to.as_mut().unwrap().extra.clear();
    let fourth = done("publish", s.connector.publish(&s.net, &s.connection, &bare).await);
    assert_eq!(record(&fourth)["root"]["uri"], first.remote_id.as_str());
    let mut lost = bare;
    lost.reply_to.as_mut().unwrap().remote_id = "at://did:plc:x/app.bsky.feed.post/gone".into();
    let outcome = s.connector.publish(&s.net, &s.connection, &Outgoing { key: "5".into(), ..lost }).await;
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
}

#[tokio::test]
async fn another_post_at_the_same_address_is_never_taken_for_ours() {
    let s = stand().await;
    done("publish", s.connector.publish(&s.net, &s.connection, &item("k", "first words")).await);
    let outcome = s.connector.publish(&s.net, &s.connection, &item("k", "other words")).await;
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
    assert_eq!(s.copies("first words").await + s.copies("other words").await, 1);
}

#[tokio::test]
async fn an_earlier_attempt_that_differs_in_what_was_looked_up_is_still_ours() {
    let s = stand().await;
    let post = item("k", "thanks @resident.test");
    let first = done("publish", s.connector.publish(&s.net, &s.connection, &post).await);
    // As if the handle had been nobody's when it was sent.
    let mut record = s.net.state().records[&first.remote_id].1.clone();
    record.as_object_mut().unwrap().remove("facets");
    s.net.write(FORCE, POST, first.remote_id.rsplit('/').next().unwrap(), record.clone());
    let again = done("publish again", s.connector.publish(&s.net, &s.connection, &post).await);
    assert_eq!((again.remote_id, again.extra["cid"].clone()), (first.remote_id, cid(&record)), "what stands there is answered");
    assert_eq!(s.copies(&post.text).await, 1);
}

// ---- moderating ----

#[tokio::test]
async fn hiding_survives_somebody_elses_change_of_the_same_record() {
    let s = stand().await;
    let gate = ROOT.replace(POST, GATE);
    let theirs = json!({"$type": GATE, "post": ROOT, "createdAt": "2026-01-01T00:00:00.000Z", "hiddenReplies": ["at://did:plc:o/app.bsky.feed.post/x"]});
    // A key of 13 characters, as the double is strict about it.
    assert_eq!(ROOT.rsplit('/').next().unwrap().len(), 13);
    s.net.state().meanwhile = Some((gate.clone(), theirs));
    done("hide", s.connector.moderate(&s.net, &s.connection, Moderation::Hide, &subject(), NOW).await);
    assert_eq!(s.net.state().records[&gate].1["hiddenReplies"].as_array().unwrap().len(), 2, "theirs and ours");
    let writes = s.net.calls("putRecord");
    done("hide again", s.connector.moderate(&s.net, &s.connection, Moderation::Hide, &subject(), NOW + 1).await);
    assert_eq!(s.net.calls("putRecord"), writes, "what is hidden is not written again");
    done("unhide", s.connector.moderate(&s.net, &s.connection, Moderation::Unhide, &subject(), NOW).await);
    assert_eq!(s.net.state().records[&gate].1["hiddenReplies"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn only_below_our_own_post_can_a_reply_be_hidden() {
    let s = stand().await;
    let mut elsewhere = subject();
    elsewhere.extra.insert("root_uri".into(), ROOT.replace(FORCE, "did:plc:other"));
    let mut unknown = subject();
    unknown.extra.clear();
    for subject in [elsewhere, unknown] {
        let outcome = s.connector.moderate(&s.net, &s.connection, Moderation::Hide, &subject, NOW).await;
        assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_block_is_one_record_and_an_unblock_finds_those_made_elsewhere() {
    let s = stand().await;
    let act = async |what, at| done("moderate", s.connector.moderate(&s.net, &s.connection, what, &subject(), at).await);
    let blocks = || s.net.state().records.iter().filter(|(u, (_, v, _))| u.contains(BLOCK) && v["subject"] == RESIDENT).count();
    act(Moderation::Block, NOW).await;
    act(Moderation::Block, NOW + SECOND).await;
    assert_eq!(blocks(), 1, "blocking twice is one block");
    for (key, who) in
        [("2222222222222", "did:plc:x"), ("2222222222223", "did:plc:y"), ("2222222222224", RESIDENT), ("zzzzzzzzzzzzz", RESIDENT)]
    {
        s.net.write(FORCE, BLOCK, key, json!({"$type": BLOCK, "subject": who, "createdAt": "2026-01-01T00:00:00.000Z"}));
    }
    act(Moderation::Unblock, NOW).await;
    assert_eq!(blocks(), 0, "also those of the platform's own app");
    assert_eq!(s.net.state().records.keys().filter(|u| u.contains(BLOCK)).count(), 2, "and nobody else's");
    act(Moderation::Unblock, NOW).await;
    let mut own = subject();
    own.author_id = FORCE.into();
    let outcome = s.connector.moderate(&s.net, &s.connection, Moderation::Block, &own, NOW).await;
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_report_names_the_version_and_a_reason_the_platform_knows() {
    let s = stand().await;
    done("report", s.connector.moderate(&s.net, &s.connection, Moderation::Report, &subject(), NOW).await);
    let person = Subject { remote_id: String::new(), ..subject() };
    done("report", s.connector.moderate(&s.net, &s.connection, Moderation::Report, &person, NOW).await);
    let private = Subject { remote_id: "chat/c1/m1".into(), ..subject() };
    done("report", s.connector.moderate(&s.net, &s.connection, Moderation::Report, &private, NOW).await);
    let reports = s.net.state().reports.clone();
    assert_eq!(reports[0]["reasonType"], "com.atproto.moderation.defs#reasonRude");
    assert_eq!(reports[0]["subject"], json!({"$type": "com.atproto.repo.strongRef", "uri": REPLY, "cid": "bafyreply"}));
    assert_eq!(reports[1]["subject"], json!({"$type": "com.atproto.admin.defs#repoRef", "did": RESIDENT}));
    assert_eq!(reports[2]["subject"]["messageId"], "m1");
    let invented = Subject { ground: "tools.ozone.report.defs#reasonInvented".into(), ..subject() };
    let outcome = s.connector.moderate(&s.net, &s.connection, Moderation::Report, &invented, NOW).await;
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
    assert_eq!(s.net.state().reports.len(), 3);
}

// ---- polling ----

/// The texts a poll brings until it says that there is no more, and the place after.
async fn all(s: &Stand, mut cursor: Option<String>) -> (Vec<String>, Option<String>, Option<Micros>) {
    let mut texts = Vec::new();
    for _ in 0..50 {
        let page = done("poll", s.connector.poll(&s.net, &s.connection, cursor.as_deref()).await);
        for raw in &page.items {
            for inbound in s.connector.map(raw, FORCE).unwrap() {
                match inbound {
                    Inbound::Message(m) => texts.push(m.text),
                    Inbound::Deleted { remote_id, .. } => texts.push(format!("gone {remote_id}")),
                    Inbound::Ignored { why } => texts.push(format!("({why})")),
                    Inbound::Edited { text, .. } => texts.push(format!("edited {text}")),
                }
            }
        }
        cursor = page.next;
        if !page.more {
            return (texts, cursor, page.reaches_back_to);
        }
    }
    panic!("the poll never ends");
}

#[tokio::test]
async fn a_gap_is_filled_page_by_page_and_nothing_comes_twice() {
    let s = stand().await;
    s.net.state().chat = Some(vec![]);
    s.net.state().page = 3;
    let said = |n: i64, text: &str| s.net.reply(RESIDENT, &format!("key{n:010}"), text, (ROOT, "bafyroot"), NOW + n * SECOND);
    s.net.state().now = NOW;
    said(0, "before");
    let (texts, mut place, _) = all(&s, None).await;
    assert_eq!(texts, ["before"]);
    // Down for two hours, then ten messages wait.
    for n in 0..10 {
        s.net.state().now = NOW + (7200 + n * 60) * SECOND;
        said(7200 + n * 60, &format!("message {n}"));
    }
    let (texts, next, reached) = all(&s, place.clone()).await;
    let mut sorted = texts.clone();
    sorted.sort();
    assert_eq!(sorted, (0..10).map(|n| format!("message {n}")).collect::<Vec<_>>(), "each once");
    assert!(reached.unwrap() <= NOW, "and the list has been read back to what was known");
    place = next;
    let (texts, next, _) = all(&s, place).await;
    assert!(texts.is_empty(), "{texts:?}");
    s.net.state().now += SECOND;
    said(7900, "one more");
    assert_eq!(all(&s, next).await.0, ["one more"]);
}

#[tokio::test]
async fn items_of_one_instant_are_not_lost_at_a_pages_end() {
    let s = stand().await;
    s.net.state().chat = Some(vec![]);
    s.net.state().page = 3;
    let (_, place, _) = all(&s, None).await;
    s.net.state().now = NOW + 7200 * SECOND;
    for n in 0..10 {
        // Pairs of one instant, so that whatever the page, one of them is cut through.
        s.net.reply(RESIDENT, &format!("key{n}"), &format!("message {n}"), (ROOT, "bafyroot"), NOW + (3600 + n / 2) * SECOND);
    }
    let mut texts = all(&s, place).await.0;
    texts.sort();
    texts.dedup();
    assert_eq!(texts, (0..10).map(|n| format!("message {n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_author_with_a_false_date_is_heard_and_a_lost_place_brings_everything() {
    let s = stand().await;
    s.net.state().chat = Some(vec![]);
    s.net.reply(RESIDENT, "key1", "on time", (ROOT, "bafyroot"), NOW);
    let (_, place, _) = all(&s, None).await;
    s.net.state().now = NOW + 60 * SECOND;
    s.net.reply(RESIDENT, "key2", "twenty minutes slow", (ROOT, "bafyroot"), NOW - 1200 * SECOND);
    let (texts, place, _) = all(&s, place).await;
    assert_eq!(texts, ["twenty minutes slow"]);
    s.net.reply(RESIDENT, "key3", "a year slow", (ROOT, "bafyroot"), NOW - 365 * 86_400 * SECOND);
    assert_eq!(all(&s, place).await.0, ["a year slow"], "what is new on the newest page is new, whatever its date");
    let mut again = all(&s, Some("not a place".into())).await.0;
    again.sort();
    assert_eq!(again, ["a year slow", "on time", "twenty minutes slow"]);
}

#[tokio::test]
async fn a_second_look_finds_edits_deletions_and_answers_with_false_dates() {
    let s = stand().await;
    let root = done("publish", s.connector.publish(&s.net, &s.connection, &item("r", "root")).await);
    let refs = (root.remote_id.as_str(), root.extra["cid"].as_str());
    let (stays, changes, goes) = (
        s.net.reply(RESIDENT, "a", "stays", refs, NOW),
        s.net.reply(RESIDENT, "b", "before", refs, NOW),
        s.net.reply(RESIDENT, "c", "goes", refs, NOW),
    );
    let mut known: Vec<Known> =
        [&stays, &changes, &goes].map(|u| Known { remote_id: u.clone(), revision: s.net.state().records[u].0.clone() }).to_vec();
    known.push(Known { remote_id: root.remote_id.clone(), revision: root.extra["cid"].clone() });
    let look = async |known: &[Known]| {
        let raws = done("revisit", s.connector.revisit(&s.net, &s.connection, known).await);
        raws.iter().flat_map(|r| s.connector.map(r, FORCE).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(look(&known).await, vec![], "nothing is new");
    s.net.state().now = NOW + 99;
    s.net.reply(RESIDENT, "b", "after", refs, NOW);
    s.net.state().records.remove(&goes);
    s.net.reply("did:plc:late", "d", "dated back a year", (&stays, "bafyx"), NOW - 365 * 86_400 * SECOND);
    let news = look(&known).await;
    assert_eq!(news.len(), 3, "{news:?}");
    let new_cid = s.net.state().records[&changes].0.clone();
    assert!(news.contains(&Inbound::Edited { remote_id: changes, text: "after".into(), at: NOW + 99, revision: new_cid }));
    assert!(news.contains(&Inbound::Deleted { remote_id: goes, at: NOW + 99 }));
    assert!(news.iter().any(|i| matches!(i, Inbound::Message(m) if m.text == "dated back a year" && m.author_id == "did:plc:late")));
    // Blocking somebody hides their posts from us; that is no deletion.
    done("block", s.connector.moderate(&s.net, &s.connection, Moderation::Block, &subject(), NOW).await);
    assert_eq!(look(&known[..1]).await, vec![]);
    s.net.state().records.remove(&root.remote_id);
    assert!(matches!(look(&known[3..]).await.as_slice(), [Inbound::Deleted { .. }]), "our own post, taken away by hand");
}

// ---- private messages ----

fn wrote(n: usize, did: &str, text: &str) -> Value {
    event(
        "logCreateMessage",
        "c1",
        n,
        json!({"id": format!("m{n}"), "rev": format!("rev{n:05}"), "text": text, "sender": {"did": did}, "sentAt": "2026-08-20T10:00:00.000Z"}),
    )
}

#[tokio::test]
async fn private_messages_come_with_the_poll_and_are_answered_once() {
    let s = stand().await;
    s.net.state().chat = Some(vec![wrote(1, RESIDENT, "hello"), wrote(2, FORCE, "good morning")]);
    let (texts, place, _) = all(&s, None).await;
    assert_eq!(texts, ["(a private message of the account's own)", "hello"]);
    {
        let mut state = s.net.state();
        let log = state.chat.as_mut().unwrap();
        log.extend([wrote(3, RESIDENT, "are you there"), wrote(4, RESIDENT, "please"), wrote(5, RESIDENT, "quickly")]);
        log.push(event(
            "logDeleteMessage",
            "c1",
            6,
            json!({"id": "m1", "rev": "x", "sender": {"did": RESIDENT}, "sentAt": "2026-08-20T10:00:00.000Z"}),
        ));
    }
    let (texts, place, _) = all(&s, place).await;
    assert_eq!(texts, ["are you there", "please", "quickly", "gone chat/c1/m1"]);
    let to = ReplyTo {
        remote_id: "chat/c1/m3".into(),
        extra: extra(&[("convo_id", "c1")]),
        private: true,
        author_id: RESIDENT.into(),
        author_handle: String::new(),
    };
    let reply = Outgoing { reply_to: Some(to), ..item("k", &"long ".repeat(100)) };
    assert_eq!(done("find", s.connector.find(&s.net, &s.connection, &reply).await), None);
    let lossy = suite::Lossy::new(&s.net, suite::Lose::Answer);
    assert!(matches!(s.connector.publish(&lossy, &s.connection, &reply).await, Outcome::Unknown { .. }));
    let sent = done("publish", s.connector.publish(&s.net, &s.connection, &reply).await);
    assert_eq!(s.net.calls("sendMessage"), 1, "the one that got through is found");
    assert_eq!(
        done("read back", s.connector.read_back(&s.net, &s.connection, &sent.remote_id).await),
        Seen::Live { text: reply.text.clone() }
    );
    assert!(matches!(s.connector.delete(&s.net, &s.connection, &sent.remote_id).await, Outcome::Rejected { .. }));
    assert_eq!(all(&s, place).await.0, ["(a private message of the account's own)"]);
    let too_long = Outgoing { text: "x".repeat(1001), ..reply };
    assert!(matches!(s.connector.publish(&s.net, &s.connection, &too_long).await, Outcome::Rejected { .. }));
}

#[tokio::test]
async fn without_private_messages_the_rest_goes_on_and_it_is_said_once() {
    let s = stand().await;
    s.net.reply(RESIDENT, "key1", "in public", (ROOT, "bafyroot"), NOW);
    let (texts, place, _) = all(&s, None).await;
    assert_eq!(texts.len(), 2);
    assert!(texts[0] == "in public" && texts[1].contains("private messages cannot be read"), "{texts:?}");
    let (texts, place, _) = all(&s, place).await;
    assert_eq!((texts.len(), s.net.calls("chat.bsky")), (0, 1), "they are left alone for a while");
    s.net.state().now = NOW + 16 * 60 * SECOND;
    s.net.state().chat = Some(vec![wrote(1, RESIDENT, "hello")]);
    assert_eq!(all(&s, place).await.0, ["hello"], "and come when they are there again");
    assert!(s.connector.limits(&s.connection).read_private);
    let mut narrow = s.connection.clone();
    narrow.facts.insert("scope".into(), "com.atproto.appPass".into());
    assert!(!s.connector.limits(&narrow).read_private && s.connector.capabilities().read_private);
}

// ---- pictures ----

#[tokio::test]
async fn a_picture_is_fetched_where_the_network_shows_it_and_bounded() {
    let s = stand().await;
    let view = fixture(include_str!("fixtures/post_view.json"));
    let name = format!("{REPLY}#bafktwo");
    let posts = || answer(200, &[], json!({ "posts": [view.clone()] }).to_string());
    let fetch = async |name: &str, limit| {
        s.net.state().faults.push_back(Ok(posts()));
        s.connector.fetch_media(&s.net, &s.connection, name, limit).await
    };
    assert_eq!(done("fetch", fetch(&name, 1000).await), br#"{"picture":"/full/two"}"#);
    assert!(matches!(fetch(&name, 3).await, Outcome::Rejected { .. }), "too large");
    assert!(matches!(fetch(&format!("{REPLY}#bafkgone"), 1000).await, Outcome::Rejected { .. }));
    assert!(matches!(s.connector.fetch_media(&s.net, &s.connection, "https://elsewhere.test/x", 9).await, Outcome::Rejected { .. }));
}

//! The contract suite: what every connector keeps, whatever its platform says (`design.md` §9).
//!
//! A connector's tests make a [`Bench`] (the connector, an account, a way out to a double or a real server, its
//! fixtures) and run [`offline`], which needs no server, and [`life`], which publishes, loses answers and deletes.
//! A check that fails panics with the connector's own answer in the sentence. Start with [`Bench`].

use crate::contract::*;
use crate::egress::*;
use async_trait::async_trait;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The clock of [`Canned`] answers: any instant will do, as long as it is the same everywhere.
pub const NOW: Micros = 1_790_000_000_000_000;

/// One connector on its test bench.
#[async_trait]
pub trait Bench: Send + Sync {
    fn connector(&self) -> &dyn Connector;
    /// The way to the double or the server that [`life`] runs against.
    fn net(&self) -> &dyn Egress;
    /// What a person would give to connect the account.
    fn given(&self) -> Given;
    /// An account whose credential works there.
    fn connection(&self) -> Connection;
    /// The same account with a credential that the platform does not accept.
    fn stranger(&self) -> Connection;
    /// A post without image or mention; the same key gives the same item.
    fn outgoing(&self, key: &str, text: &str) -> Outgoing;
    /// A message of somebody else's below a post of ours.
    fn subject(&self) -> Subject;
    /// How many items with exactly this text the account has out, counted without the connector.
    async fn copies(&self, text: &str) -> usize;
    /// The answer by which this platform refuses a credential.
    fn unauthorised(&self) -> Response;
    /// The answer by which this platform says "too many", at [`NOW`], and the instant it means.
    fn limited(&self) -> (Response, Micros);
    /// Raw items as they come, good ones, to be mapped and then damaged.
    fn raws(&self) -> Vec<Raw>;
}

/// An answer at [`NOW`].
pub fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Response {
    let headers = headers.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
    Response { status, headers, body: body.as_ref().to_vec(), at: NOW }
}

/// A way out that gives the same answer to everything and counts what it was asked.
pub struct Canned {
    answer: Result<Response, Trouble>,
    asked: AtomicUsize,
}

impl Canned {
    pub fn answering(response: Response) -> Self {
        Canned { answer: Ok(response), asked: AtomicUsize::new(0) }
    }

    pub fn failing(trouble: Trouble) -> Self {
        Canned { answer: Err(trouble), asked: AtomicUsize::new(0) }
    }

    /// No call gets out; for what must be decided before any call.
    pub fn unreached() -> Self {
        Self::failing(Trouble::Unreached { host: "platform.test".into(), why: "connection refused".into() })
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Egress for Canned {
    async fn send(&self, _request: Request) -> Result<Response, Trouble> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.answer.clone()
    }

    async fn open(&self, request: Request) -> Result<Box<dyn Socket>, Trouble> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Err(Trouble::Unreached { host: request.url.host_str().unwrap_or_default().into(), why: "no stream here".into() })
    }
}

/// What [`Lossy`] does with writes; reads always pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lose {
    /// The server does it and its answer is lost.
    Answer,
    /// The request itself is lost.
    Request,
}

/// A way out that loses every write, in one of two ways that the caller cannot tell apart.
pub struct Lossy<'a> {
    pub inner: &'a dyn Egress,
    pub lose: Lose,
    /// The writes as they were tried: method and path.
    pub tried: Mutex<Vec<String>>,
}

impl<'a> Lossy<'a> {
    pub fn new(inner: &'a dyn Egress, lose: Lose) -> Self {
        Lossy { inner, lose, tried: Mutex::new(Vec::new()) }
    }
}

#[async_trait]
impl Egress for Lossy<'_> {
    async fn send(&self, request: Request) -> Result<Response, Trouble> {
        if request.method == Method::Get {
            return self.inner.send(request).await;
        }
        let host = request.url.host_str().unwrap_or_default().to_string();
        self.tried.lock().expect("no panic while held").push(format!("{request:?}"));
        if self.lose == Lose::Answer {
            self.inner.send(request).await?;
        }
        Err(Trouble::Silent { host })
    }

    async fn open(&self, request: Request) -> Result<Box<dyn Socket>, Trouble> {
        self.inner.open(request).await
    }
}

/// Everything that needs no server.
pub async fn offline(bench: &dyn Bench) {
    capabilities_are_sound(bench);
    moderation_agrees_with_capabilities(bench).await;
    too_much_is_refused_before_any_call(bench).await;
    no_answer_is_sorted(bench).await;
    refused_credentials_and_limits_are_told_apart(bench).await;
    nonsense_is_never_success(bench).await;
    secrets_stay_inside(bench).await;
    mapping_never_panics(bench);
}

/// Figures that a page and a rule can rely on.
pub fn capabilities_are_sound(bench: &dyn Bench) {
    let connector = bench.connector();
    let c = connector.capabilities();
    let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    assert!(plain(&c.platform), "a platform's name is lower case letters: `{}`", c.platform);
    assert!(!c.title.is_empty());
    c.checked_on.parse::<jiff::civil::Date>().expect("checked_on is a date");
    if c.publish {
        assert!(c.max_graphemes > 0, "what publishes says how long a post may be");
        assert!(!c.threads || c.reply, "a thread is made of replies");
    }
    if c.max_images > 0 {
        assert!(c.max_image_bytes > 0 && c.max_alt > 0 && !c.image_types.is_empty());
        assert!(c.image_types.iter().all(|t| t.starts_with("image/")), "{:?}", c.image_types);
    }
    assert_ne!(c.delete_comment, Ability::Reversible, "no platform gives back what was deleted");
    assert_ne!(c.report, Ability::Reversible, "no platform takes a report back");
    assert!(c.intake.is_empty() || c.read_mentions || c.read_private, "intake of what, if nothing can be read");
    assert_eq!(c.intake.contains(&Intake::Stream), connector.stream(&bench.connection()).is_some(), "stream and intake disagree");
    let asks = connector.asks();
    let mut keys: Vec<_> = asks.iter().map(|a| a.key.clone()).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), asks.len(), "each thing is asked once");
    for key in bench.given().keys() {
        assert!(keys.contains(key), "`{key}` is given and never asked for");
    }
    let limits = connector.limits(&bench.connection());
    assert_eq!(limits.platform, c.platform);
}

/// What the capabilities deny is `Rejected` without a call; what they promise is tried.
pub async fn moderation_agrees_with_capabilities(bench: &dyn Bench) {
    let (connector, connection, subject) = (bench.connector(), bench.connection(), bench.subject());
    let c = connector.capabilities();
    let table = [
        (Moderation::Hide, c.hide_comment != Ability::None),
        (Moderation::Unhide, c.hide_comment == Ability::Reversible),
        (Moderation::Delete, c.delete_comment != Ability::None),
        (Moderation::Block, c.block != Ability::None),
        (Moderation::Unblock, c.block == Ability::Reversible),
        (Moderation::Report, c.report != Ability::None),
    ];
    for (what, able) in table {
        let net = Canned::unreached();
        let outcome = connector.moderate(&net, &connection, what, &subject, NOW).await;
        if able {
            assert!(matches!(outcome, Outcome::Broken { .. }), "{what:?} is promised, and with no way out it is {outcome:?}");
            assert!(net.asked() > 0, "{what:?} was never tried");
        } else {
            assert!(matches!(outcome, Outcome::Rejected { .. }), "{what:?} is denied by the capabilities and is {outcome:?}");
            assert_eq!(net.asked(), 0, "{what:?} is denied by the capabilities and was tried");
        }
    }
}

/// What breaks the platform's figures, or has a picture nobody described, never leaves.
pub async fn too_much_is_refused_before_any_call(bench: &dyn Bench) {
    let (connector, connection) = (bench.connector(), bench.connection());
    let c = connector.limits(&connection);
    if !c.publish {
        return;
    }
    let picture = |alt: &str| Image { bytes: PNG.to_vec(), mime: "image/png".into(), alt: alt.into(), width: 1, height: 1 };
    let item = |text: &str, images: Vec<Image>| Outgoing { images, ..bench.outgoing("0b9d2c5e-0000-7000-8000-00000000aaaa", text) };
    let mut refused = vec![
        ("an empty post", item("", vec![])),
        ("a text one grapheme too long", item(&"e\u{301}".repeat(c.max_graphemes + 1), vec![])),
        ("a picture without alternative text", item("picture", vec![picture("  ")])),
        ("one picture too many", item("pictures", vec![picture("a dot"); c.max_images + 1])),
        ("a picture of an unknown type", item("picture", vec![Image { mime: "image/x-unheard-of".into(), ..picture("a dot") }])),
        ("a picture that is too large", item("picture", vec![Image { bytes: vec![0; c.max_image_bytes + 1], ..picture("a dot") }])),
        ("an alternative text that is too long", item("picture", vec![picture(&"a".repeat(c.max_alt + 1))])),
    ];
    if let Some(max) = c.max_bytes {
        refused.push(("too many bytes", item(&"\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}".repeat(max / 18 + 1), vec![])));
    }
    for (what, outgoing) in refused {
        let net = Canned::unreached();
        let outcome = connector.publish(&net, &connection, &outgoing).await;
        assert!(matches!(outcome, Outcome::Rejected { .. }), "{what} is {outcome:?}");
        assert_eq!(net.asked(), 0, "{what} was sent all the same");
    }
}

/// Silence after a write is `Unknown`; what never got out is `Broken`; what the client holds back is `Limited`.
pub async fn no_answer_is_sorted(bench: &dyn Bench) {
    let (connector, connection) = (bench.connector(), bench.connection());
    let item = bench.outgoing("0b9d2c5e-0000-7000-8000-00000000aaab", "silence");
    let host = || "platform.test".to_string();
    if connector.capabilities().publish {
        for (trouble, unknown) in [
            (Trouble::Silent { host: host() }, true),
            (Trouble::TooLarge { host: host(), limit: 1 }, true),
            (Trouble::Unreached { host: host(), why: "refused".into() }, false),
        ] {
            let outcome = connector.publish(&Canned::failing(trouble.clone()), &connection, &item).await;
            let right = if unknown { matches!(outcome, Outcome::Unknown { .. }) } else { matches!(outcome, Outcome::Broken { .. }) };
            assert!(right, "publishing into `{trouble}` is {outcome:?}");
        }
        let held = connector.publish(&Canned::failing(Trouble::Spent { host: host(), until: NOW + 5 }), &connection, &item).await;
        assert_eq!(held, Outcome::Limited { until: NOW + 5 });
    }
    let forbidden = connector.check(&Canned::failing(Trouble::Forbidden { host: host() }), &connection).await;
    assert!(matches!(forbidden, Outcome::Rejected { .. }), "a forbidden host is {forbidden:?}");
    for trouble in [Trouble::Silent { host: host() }, Trouble::TooLarge { host: host(), limit: 1 }] {
        let outcome = connector.poll(&Canned::failing(trouble.clone()), &connection, None).await;
        assert!(matches!(outcome, Outcome::Unknown { .. } | Outcome::Broken { .. }), "polling into `{trouble}` is {outcome:?}");
    }
}

/// The platform's own words for "not you" and "not now".
pub async fn refused_credentials_and_limits_are_told_apart(bench: &dyn Bench) {
    for (call, outcome) in every_call(bench, &Canned::answering(bench.unauthorised())).await {
        assert!(matches!(outcome, Outcome::Unauthorised { .. }), "{call} with a refused credential is {outcome:?}");
    }
    let (response, until) = bench.limited();
    for (call, outcome) in every_call(bench, &Canned::answering(response)).await {
        assert_eq!(outcome, Outcome::Limited { until }, "{call} when there were too many");
    }
}

/// Pages, emptiness and garbage instead of an answer: nothing panics and nothing is taken for success.
pub async fn nonsense_is_never_success(bench: &dyn Bench) {
    let html = [("content-type", "text/html")];
    let json = [("content-type", "application/json")];
    let page = "<!doctype html><title>Down for maintenance</title>";
    let mut answers: Vec<Response> = [200, 202, 302, 400, 404, 500, 502, 503].iter().map(|status| answer(*status, &html, page)).collect();
    answers.extend([
        answer(200, &json, ""),
        answer(200, &json, "\"surprise\""),
        answer(200, &json, "42"),
        answer(200, &json, "{\"uri\": 5, \"id\": {}, \"notifications\""),
        answer(200, &json, [0xff, 0xfe, 0x00, 0x9f, 0x92, 0x96]),
        answer(200, &json, "[".repeat(200_000)),
    ]);
    for response in answers {
        let (status, start) = (response.status, String::from_utf8_lossy(&response.body).chars().take(24).collect::<String>());
        for (call, outcome) in every_call(bench, &Canned::answering(response)).await {
            assert!(
                matches!(outcome, Outcome::Broken { .. } | Outcome::Unknown { .. }),
                "{call} answered {status} `{start}` is {outcome:?}"
            );
        }
    }
    let outcome = bench.connector().publish(&Canned::answering(answer(500, &json, "{}")), &bench.connection(), &probe(bench)).await;
    if bench.connector().capabilities().publish {
        assert!(matches!(outcome, Outcome::Unknown { .. }), "a write answered 500 may have happened; it is {outcome:?}");
    }
}

/// No answer, whatever it holds, brings a secret into a sentence, and no value shows one.
pub async fn secrets_stay_inside(bench: &dyn Bench) {
    let connection = bench.connection();
    let mut secrets: Vec<String> = connection.secrets.values().cloned().collect();
    secrets.retain(|s| s.len() >= 6);
    assert!(!secrets.is_empty(), "the bench's connection has a secret to look for");
    let clean = |what: &str, text: String| {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{what} shows a secret");
        }
    };
    clean("Connection", format!("{connection:?}"));
    // A platform that sends back what it was sent.
    let echo = secrets.join(" ");
    for status in [200, 400, 401, 403, 404, 422, 500] {
        let body = format!("{{\"error\":\"Echo\",\"message\":\"{echo}\",\"error_description\":\"{echo}\"}}");
        for (call, outcome) in every_call(bench, &Canned::answering(answer(status, &[], body))).await {
            clean(&format!("{call} answered {status}"), format!("{outcome:?}"));
        }
    }
    // The same when an account is connected, by what the person gave.
    let given = bench.given();
    let asked = bench.connector().asks();
    let typed: Vec<&String> = asked.iter().filter(|a| a.secret).filter_map(|a| given.get(&a.key)).filter(|s| s.len() >= 6).collect();
    for status in [200, 400, 401, 403, 422, 500] {
        let echo: Vec<&str> = typed.iter().map(|s| s.as_str()).collect();
        let body = serde_json::json!({"error": "Echo", "message": echo.join(" "), "error_description": echo.join(" ")}).to_string();
        let outcome = bench.connector().connect(&Canned::answering(answer(status, &[], body)), &given, NOW).await;
        assert!(!matches!(outcome, Outcome::Done(_)), "connected by an echo");
        let shown = format!("{outcome:?}");
        assert!(!typed.iter().any(|s| shown.contains(s.as_str())), "connect answered {status} shows a secret");
    }
}

/// `map` answers for any bytes at all: damaged fixtures, random JSON, random bytes, kinds nobody knows.
pub fn mapping_never_panics(bench: &dyn Bench) {
    use proptest::prelude::*;
    let (connector, own) = (bench.connector(), bench.connection().remote_account);
    let good = bench.raws();
    assert!(!good.is_empty(), "the bench has fixtures");
    for raw in &good {
        let mapped = connector.map(raw, &own).unwrap_or_else(|e| panic!("a good fixture is refused: {e}"));
        assert!(!mapped.is_empty(), "a good fixture of kind `{}` maps to nothing, not even a reason", raw.kind);
        assert_eq!(connector.map(raw, &own).expect("as before"), mapped, "map is pure");
        for inbound in &mapped {
            assert_sound(inbound);
        }
    }
    assert!(
        connector.map(&Raw { kind: "no-such-kind".into(), body: b"{}".to_vec() }, &own).is_err(),
        "an unknown kind is an error, for quarantine"
    );
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let kinds: Vec<String> = good.iter().map(|r| r.kind.clone()).collect();
    let any_bytes = (prop::sample::select(kinds.clone()), prop::collection::vec(any::<u8>(), 0..200));
    runner
        .run(&any_bytes, |(kind, body)| {
            let _ = connector.map(&Raw { kind, body }, &own);
            Ok(())
        })
        .expect("arbitrary bytes");
    let leaf = prop_oneof![
        Just("null".to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<String>().prop_map(|s| serde_json::Value::from(s).to_string()),
        Just("[]".into()),
        Just("{}".into())
    ];
    // One value of a good fixture replaced by something else, wherever it stands.
    let damaged = (prop::sample::select(good), any::<prop::sample::Index>(), leaf);
    runner
        .run(&damaged, |(raw, at, instead)| {
            if let (Ok(mut value), Ok(instead)) =
                (serde_json::from_slice::<serde_json::Value>(&raw.body), serde_json::from_str::<serde_json::Value>(&instead))
            {
                let mut count = 0;
                walk(&mut value, &mut |_| count += 1);
                let (target, mut seen) = (at.index(count), 0);
                walk(&mut value, &mut |v| {
                    if seen == target {
                        *v = instead.clone();
                    }
                    seen += 1;
                });
                if let Ok(mapped) = connector.map(&Raw { kind: raw.kind, body: value.to_string().into_bytes() }, &own) {
                    mapped.iter().for_each(assert_sound);
                }
            }
            Ok(())
        })
        .expect("damaged fixtures");
}

fn walk(value: &mut serde_json::Value, each: &mut impl FnMut(&mut serde_json::Value)) {
    each(value);
    match value {
        serde_json::Value::Array(items) => items.iter_mut().for_each(|v| walk(v, each)),
        serde_json::Value::Object(map) => map.values_mut().for_each(|v| walk(v, each)),
        _ => {}
    }
}

/// What every mapped item has, so that the desk can store it: an id, a revision, an author, and no U+0000.
fn assert_sound(inbound: &Inbound) {
    match inbound {
        Inbound::Message(m) => {
            assert!(!m.remote_id.is_empty() && !m.revision.is_empty() && !m.author_id.is_empty(), "{m:?}");
            assert!(!m.text.contains('\0') && !m.author_name.contains('\0'), "U+0000 stays out of text");
        }
        Inbound::Edited { remote_id, revision, text, .. } => {
            assert!(!remote_id.is_empty() && !revision.is_empty() && !text.contains('\0'), "{inbound:?}");
        }
        Inbound::Deleted { remote_id, .. } => assert!(!remote_id.is_empty()),
        Inbound::Ignored { why } => assert!(!why.is_empty(), "what is ignored says why"),
    }
}

/// Publishing, losing answers, reading back and deleting, on the server behind [`Bench::net`]. `tag` makes the
/// texts of one run its own.
pub async fn life(bench: &dyn Bench, tag: &str) {
    let (connector, net, connection) = (bench.connector(), bench.net(), bench.connection());
    let handle = done("check", connector.check(net, &connection).await);
    assert!(!handle.is_empty());
    a_refused_credential_is_unauthorised(bench).await;
    if !connector.capabilities().publish {
        return;
    }
    let twice = bench.outgoing("0b9d2c5e-0000-7000-8000-000000000001", &format!("{tag} twice"));
    assert_eq!(done("find", connector.find(net, &connection, &twice).await), None, "nothing is found before it is published");
    let first = done("publish", connector.publish(net, &connection, &twice).await);
    let again = done("publish again", connector.publish(net, &connection, &twice).await);
    assert_eq!(first.remote_id, again.remote_id, "one key, one item");
    assert_eq!(bench.copies(&twice.text).await, 1, "one key, one item");
    let found = done("find", connector.find(net, &connection, &twice).await).expect("what was published is found");
    assert_eq!(found.remote_id, first.remote_id);

    let lost = bench.outgoing("0b9d2c5e-0000-7000-8000-000000000002", &format!("{tag} answer lost"));
    let outcome = connector.publish(&Lossy::new(net, Lose::Answer), &connection, &lost).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "a lost answer is {outcome:?}");
    assert_eq!(bench.copies(&lost.text).await, 1);
    let found = done("find", connector.find(net, &connection, &lost).await).expect("it had got through");
    let again = done("publish again", connector.publish(net, &connection, &lost).await);
    assert_eq!(found.remote_id, again.remote_id);
    assert_eq!(bench.copies(&lost.text).await, 1, "the success after the time-out is not published twice");

    let never = bench.outgoing("0b9d2c5e-0000-7000-8000-000000000003", &format!("{tag} request lost"));
    let outcome = connector.publish(&Lossy::new(net, Lose::Request), &connection, &never).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "a lost request is {outcome:?}");
    assert_eq!(done("find", connector.find(net, &connection, &never).await), None, "it had not got through");
    let sent = done("publish", connector.publish(net, &connection, &never).await);
    assert_eq!(bench.copies(&never.text).await, 1);

    let same_moment = bench.outgoing("0b9d2c5e-0000-7000-8000-000000000004", &format!("{tag} another key"));
    let other = done("publish", connector.publish(net, &connection, &same_moment).await);
    assert_ne!(other.remote_id, sent.remote_id, "two keys, two items, even at one instant");

    if connector.capabilities().delete_post {
        for id in [&first.remote_id, &found.remote_id, &sent.remote_id, &other.remote_id] {
            let seen = done("read back", connector.read_back(net, &connection, id).await);
            assert!(matches!(&seen, Seen::Live { text } if text.contains(tag)), "read back {seen:?}");
            done("delete", connector.delete(net, &connection, id).await);
            assert_eq!(done("read back", connector.read_back(net, &connection, id).await), Seen::Gone);
            done("delete what is gone", connector.delete(net, &connection, id).await);
        }
        assert_eq!(bench.copies(&twice.text).await, 0);
    }
}

/// Asked of the server itself, with a credential it does not know.
pub async fn a_refused_credential_is_unauthorised(bench: &dyn Bench) {
    let (connector, net, stranger) = (bench.connector(), bench.net(), bench.stranger());
    let check = connector.check(net, &stranger).await;
    assert!(matches!(check, Outcome::Unauthorised { .. }), "check: {check:?}");
    let poll = connector.poll(net, &stranger, None).await;
    assert!(matches!(poll, Outcome::Unauthorised { .. }), "poll: {poll:?}");
    if connector.capabilities().publish {
        let publish = connector.publish(net, &stranger, &probe(bench)).await;
        assert!(matches!(publish, Outcome::Unauthorised { .. }), "publish: {publish:?}");
    }
}

/// The value of a `Done`; anything else fails the test in words.
#[track_caller]
pub fn done<T: std::fmt::Debug>(what: &str, outcome: Outcome<T>) -> T {
    match outcome {
        Outcome::Done(value) => value,
        other => panic!("{what}: {other:?}"),
    }
}

fn probe(bench: &dyn Bench) -> Outgoing {
    bench.outgoing("0b9d2c5e-0000-7000-8000-00000000aaac", "probe")
}

/// Each call that the platform's capabilities promise, made once through `net`.
async fn every_call(bench: &dyn Bench, net: &dyn Egress) -> Vec<(&'static str, Outcome<()>)> {
    let (connector, connection, subject) = (bench.connector(), bench.connection(), bench.subject());
    let c = connector.capabilities();
    let item = probe(bench);
    let mut outcomes = vec![
        ("check", drop_value(connector.check(net, &connection).await)),
        ("poll", drop_value(connector.poll(net, &connection, None).await)),
    ];
    if c.publish {
        outcomes.push(("publish", drop_value(connector.publish(net, &connection, &item).await)));
        outcomes.push(("find", drop_value(connector.find(net, &connection, &item).await)));
    }
    outcomes.push(("read_back", drop_value(connector.read_back(net, &connection, &subject.remote_id).await)));
    for (what, name, ability) in [
        (Moderation::Hide, "hide", c.hide_comment),
        (Moderation::Delete, "delete a comment", c.delete_comment),
        (Moderation::Block, "block", c.block),
        (Moderation::Report, "report", c.report),
    ] {
        if ability != Ability::None {
            outcomes.push((name, connector.moderate(net, &connection, what, &subject, NOW).await));
        }
    }
    outcomes
}

fn drop_value<T>(outcome: Outcome<T>) -> Outcome<()> {
    outcome.map(|_| ())
}

/// One dot, as a PNG.
#[rustfmt::skip]
pub const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00, 0x01,
    0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90, 0x77, 0x53, 0xde, 0x00, 0x00, 0x00, 0x0c, 0x49, 0x44, 0x41,
    0x54, 0x78, 0x9c, 0x63, 0x90, 0x2d, 0xd8, 0x01, 0x00, 0x01, 0xf3, 0x01, 0x46, 0xf3, 0x2b, 0x19, 0xd3, 0x00, 0x00, 0x00,
    0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

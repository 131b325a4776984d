//! The Bluesky connector against the network's real servers: account server, directory, view and moderation service.
//!
//! `scripts/with-servers bluesky -- cargo test -p bluelamp-platforms --test bluesky_real` starts them and says in
//! `BLUELAMP_TEST_BLUESKY` where they are; without it every test here is ignored. Members of the public act by calls
//! of their own, never through the connector. Waits are on conditions, with a deadline.

#![allow(clippy::disallowed_methods, reason = "people on a real network live by the real clock")]

mod support;

use async_trait::async_trait;
use bluelamp_platforms::bluesky::Bluesky;
use bluelamp_platforms::suite::{self, Bench, PNG, done};
use bluelamp_platforms::*;
use libtest_mimic::{Arguments, Trial};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use support::Loopback;

const VARIABLE: &str = "BLUELAMP_TEST_BLUESKY";
const DEADLINE: Duration = Duration::from_secs(180);

fn main() {
    let servers = std::env::var(VARIABLE).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
    if servers.is_none() {
        eprintln!("skipped: {VARIABLE} does not say where the Bluesky servers are; run it by scripts/with-servers bluesky");
    }
    let ignored = servers.is_none();
    let servers = servers.unwrap_or_default();
    let trial = |name: &str, body: fn(Net) -> std::pin::Pin<Box<dyn Future<Output = ()>>>| {
        let servers = servers.clone();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async { body(Net::new(&servers)).await });
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(ignored)
    };
    let trials = vec![
        trial("the_contract_is_kept", |n| Box::pin(the_contract_is_kept(n))),
        trial("a_post_is_shown_as_it_was_made", |n| Box::pin(a_post_is_shown_as_it_was_made(n))),
        trial("replies_and_mentions_arrive_and_are_answered", |n| Box::pin(replies_and_mentions_arrive_and_are_answered(n))),
        trial("a_hidden_reply_is_hidden_for_everybody_else", |n| Box::pin(a_hidden_reply_is_hidden_for_everybody_else(n))),
        trial("reports_and_blocks_take_effect", |n| Box::pin(reports_and_blocks_take_effect(n))),
        trial("edits_and_deletions_are_noticed", |n| Box::pin(edits_and_deletions_are_noticed(n))),
        trial("a_credential_that_was_taken_back_is_unauthorised", |n| Box::pin(a_credential_that_was_taken_back_is_unauthorised(n))),
        trial("an_inbound_picture_is_fetched", |n| Box::pin(an_inbound_picture_is_fetched(n))),
        trial("private_messages_that_are_not_there_stop_nothing", |n| Box::pin(private_messages_that_are_not_there_stop_nothing(n))),
    ];
    let mut arguments = Arguments::from_args();
    // One process serves all of them: waiting in turn is quicker than waiting at once.
    arguments.test_threads.get_or_insert(2);
    libtest_mimic::run(&arguments, trials).exit();
}

// ---- the network, and people on it ----

struct Net {
    pds: String,
    admin: String,
    http: Loopback,
}

fn now() -> Micros {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_micros() as i64
}

/// A word nobody else uses in this run.
fn unique() -> String {
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    format!("{:x}{}", now() / 1000 % 0xffff_ffff, SERIAL.fetch_add(1, Ordering::SeqCst))
}

impl Net {
    fn new(servers: &Value) -> Self {
        let word = |key: &str| servers[key].as_str().unwrap_or_default().to_string();
        Net { pds: word("pds"), admin: word("admin"), http: Loopback::new().standing_for("bsky.public.url", &word("bsky")) }
    }

    async fn call(
        &self,
        method: Method,
        nsid: &str,
        query: &[(&str, &str)],
        auth: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> Result<Value, (u16, Value)> {
        let mut url = url::Url::parse(&format!("{}/xrpc/{nsid}", self.pds)).expect("an address");
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut headers = vec![("authorization".to_string(), auth.to_string())];
        headers.retain(|(_, v)| !v.is_empty());
        if method == Method::Post {
            headers.push(("content-type".into(), kind.into()));
        }
        let request = Request { method, url, headers, body, repeat: Repeat::Never, timeout_ms: 30_000 };
        let response = self.http.send(request).await.unwrap_or_else(|e| panic!("{nsid}: {e}"));
        let value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
        if response.status == 200 { Ok(value) } else { Err((response.status, value)) }
    }

    async fn post(&self, nsid: &str, auth: &str, body: Value) -> Value {
        let answer = self.call(Method::Post, nsid, &[], auth, "application/json", body.to_string().into_bytes()).await;
        answer.unwrap_or_else(|e| panic!("{nsid}: {e:?}"))
    }

    async fn person(&self, name: &str) -> Person {
        let unique = unique();
        let handle = format!("{}-{unique}.test", &name[..name.len().min(5)]);
        let body = json!({"email": format!("{unique}@example.org"), "handle": handle, "password": "an-invented-password"});
        let made = self.post("com.atproto.server.createAccount", "", body).await;
        let word = |key: &str| made[key].as_str().expect("an account").to_string();
        Person { did: word("did"), auth: format!("Bearer {}", word("accessJwt")), handle }
    }

    /// A force's account, connected by an app password.
    async fn force(&self, privileged: bool) -> Force<'_> {
        let person = self.person("force").await;
        let made = self.post("com.atproto.server.createAppPassword", &person.auth, json!({"name": "desk", "privileged": privileged})).await;
        let password = made["password"].as_str().expect("a password").to_string();
        let given: Given = [("server", self.pds.clone()), ("handle", person.handle.clone()), ("password", password)]
            .map(|(k, v)| (k.to_string(), v))
            .into();
        let connector = Bluesky::new();
        let connection = done("connect", connector.connect(&self.http, &given, now()).await);
        assert_eq!(connection.remote_account, person.did);
        Force { net: self, connector, connection, given, person }
    }
}

struct Person {
    did: String,
    handle: String,
    auth: String,
}

impl Person {
    async fn get(&self, net: &Net, nsid: &str, query: &[(&str, &str)]) -> Result<Value, (u16, Value)> {
        net.call(Method::Get, nsid, query, &self.auth, "", Vec::new()).await
    }

    /// Answers address and version.
    async fn says(&self, net: &Net, text: &str, more: Value) -> (String, String) {
        let created = jiff::Timestamp::from_microsecond(now()).expect("now").strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let mut record = json!({"$type": "app.bsky.feed.post", "text": text, "createdAt": created});
        record.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        let body = json!({"repo": self.did, "collection": "app.bsky.feed.post", "record": record});
        let made = net.post("com.atproto.repo.createRecord", &self.auth, body).await;
        (made["uri"].as_str().expect("an address").into(), made["cid"].as_str().expect("a version").into())
    }

    async fn replies(&self, net: &Net, text: &str, to: &Receipt) -> (String, String) {
        let root = json!({"uri": to.extra["root_uri"], "cid": to.extra["root_cid"]});
        let parent = json!({"uri": to.remote_id, "cid": to.extra["cid"]});
        self.says(net, text, json!({"reply": {"root": root, "parent": parent}})).await
    }
}

struct Force<'a> {
    net: &'a Net,
    connector: Bluesky,
    connection: Connection,
    given: Given,
    person: Person,
}

impl Force<'_> {
    async fn publish(&self, item: &Outgoing) -> Receipt {
        done("publish", self.connector.publish(&self.net.http, &self.connection, item).await)
    }

    /// Polls until a message says this.
    async fn hears(&self, text: &str) -> InboundMessage {
        let text = text.to_string();
        until(&format!("`{text}` arrives"), async || {
            let page = done("poll", self.connector.poll(&self.net.http, &self.connection, None).await);
            let mapped =
                page.items.iter().flat_map(|r| self.connector.map(r, &self.connection.remote_account).expect("what comes can be read"));
            mapped.filter_map(|i| if let Inbound::Message(m) = i { Some(m) } else { None }).find(|m| m.text == text)
        })
        .await
    }

    async fn moderate(&self, what: Moderation, message: &InboundMessage, ground: &str) {
        let subject = Subject {
            remote_id: message.remote_id.clone(),
            author_id: message.author_id.clone(),
            extra: message.extra.clone(),
            ground: ground.into(),
            reason: "a test of the connector".into(),
        };
        done(&format!("{what:?}"), self.connector.moderate(&self.net.http, &self.connection, what, &subject, now()).await);
    }

    async fn revisits(&self, known: &[(&str, &str)]) -> Vec<Inbound> {
        let known: Vec<Known> = known.iter().map(|(id, rev)| Known { remote_id: id.to_string(), revision: rev.to_string() }).collect();
        let raws = done("revisit", self.connector.revisit(&self.net.http, &self.connection, &known).await);
        raws.iter().flat_map(|r| self.connector.map(r, &self.connection.remote_account).expect("what comes can be read")).collect()
    }
}

fn item(text: &str) -> Outgoing {
    Outgoing { text: text.into(), language: "en".into(), images: vec![], reply_to: None, created_at: now(), key: unique() }
}

fn answering(message: &InboundMessage, text: &str) -> Outgoing {
    let to = ReplyTo {
        remote_id: message.remote_id.clone(),
        extra: message.extra.clone(),
        private: false,
        author_id: message.author_id.clone(),
        author_handle: message.author_handle.clone(),
    };
    Outgoing { reply_to: Some(to), ..item(text) }
}

async fn until<T>(what: &str, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(value) = attempt().await {
            return value;
        }
        assert!(began.elapsed() < DEADLINE, "it did not happen in time that {what}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

// ---- the tests ----

struct Stand<'a>(Force<'a>);

#[async_trait]
impl Bench for Stand<'_> {
    fn connector(&self) -> &dyn Connector {
        &self.0.connector
    }
    fn net(&self) -> &dyn Egress {
        &self.0.net.http
    }
    fn given(&self) -> Given {
        self.0.given.clone()
    }
    fn connection(&self) -> Connection {
        self.0.connection.clone()
    }
    fn stranger(&self) -> Connection {
        let mut stranger = self.connection();
        let broken: String = stranger.secrets["access"].chars().rev().collect();
        stranger.secrets.insert("access".into(), broken);
        stranger
    }
    fn outgoing(&self, key: &str, text: &str) -> Outgoing {
        Outgoing { created_at: 1_790_000_000_000_000, key: key.into(), ..item(text) }
    }
    fn subject(&self) -> Subject {
        Subject { remote_id: String::new(), author_id: String::new(), extra: BTreeMap::new(), ground: String::new(), reason: String::new() }
    }
    async fn copies(&self, text: &str) -> usize {
        let query = [("repo", self.0.person.did.as_str()), ("collection", "app.bsky.feed.post"), ("limit", "100")];
        let listed = self.0.person.get(self.0.net, "com.atproto.repo.listRecords", &query).await.expect("the account's own list");
        listed["records"].as_array().expect("records").iter().filter(|r| r["value"]["text"] == text).count()
    }
    fn unauthorised(&self) -> Response {
        suite::answer(400, &[], "{}")
    }
    fn limited(&self) -> (Response, Micros) {
        (suite::answer(429, &[], "{}"), 0)
    }
    fn raws(&self) -> Vec<Raw> {
        Vec::new()
    }
}

async fn the_contract_is_kept(net: Net) {
    suite::life(&Stand(net.force(false).await), &unique()).await;
}

async fn a_post_is_shown_as_it_was_made(net: Net) {
    let (force, resident) = (net.force(false).await, net.person("resident").await);
    let picture = Image { bytes: PNG.to_vec(), mime: "image/png".into(), alt: "A plain blue square".into(), width: 1, height: 1 };
    let text = format!("🚓 Café – the counter is open #Úvod https://example.org/opening @{}", resident.handle);
    let receipt = force.publish(&Outgoing { images: vec![picture], ..item(&text) }).await;
    let view = until("the post is shown", async || {
        let found = resident.get(&net, "app.bsky.feed.getPosts", &[("uris", &receipt.remote_id)]).await.expect("posts");
        found.pointer("/posts/0").cloned()
    })
    .await;
    assert_eq!(view["record"]["text"], text);
    assert_eq!(view["cid"], receipt.extra["cid"].as_str());
    assert_eq!(view["record"]["langs"], json!(["en"]));
    assert_eq!(view["embed"]["images"][0]["alt"], "A plain blue square");
    assert_eq!(view["embed"]["images"][0]["aspectRatio"], json!({"width": 1, "height": 1}));
    let places: Vec<&str> = view["record"]["facets"]
        .as_array()
        .expect("facets")
        .iter()
        .map(|f| &text[f["index"]["byteStart"].as_u64().expect("start") as usize..f["index"]["byteEnd"].as_u64().expect("end") as usize])
        .collect();
    assert_eq!(places, ["#Úvod", "https://example.org/opening", &format!("@{}", resident.handle)]);
    assert_eq!(view["record"]["facets"][2]["features"][0]["did"], resident.did.as_str());
    until("the person mentioned is told", async || {
        let told = resident.get(&net, "app.bsky.notification.listNotifications", &[]).await.expect("notifications");
        told["notifications"].as_array()?.iter().find(|n| n["reason"] == "mention" && n["uri"] == receipt.remote_id.as_str()).map(|_| ())
    })
    .await;
}

async fn replies_and_mentions_arrive_and_are_answered(net: Net) {
    let (force, resident, tag) = (net.force(false).await, net.person("resident").await, unique());
    let root = force.publish(&item(&format!("Road closed {tag}"))).await;
    let (uri, cid) = resident.replies(&net, &format!("is it open yet? {tag}"), &root).await;
    let heard = force.hears(&format!("is it open yet? {tag}")).await;
    assert_eq!((&heard.remote_id, &heard.revision, heard.kind), (&uri, &cid, MessageKind::Comment));
    assert_eq!((&heard.author_id, &heard.author_handle), (&resident.did, &resident.handle));
    assert_eq!(heard.root.as_ref(), Some(&root.remote_id));
    assert!((now() - heard.sent_at).abs() < 120_000_000, "sent just now");

    let answer = force.publish(&answering(&heard, &format!("from six {tag}"))).await;
    let thread = until("the answer stands in the thread", async || {
        let thread = resident.get(&net, "app.bsky.feed.getPostThread", &[("uri", &root.remote_id), ("depth", "10")]).await.ok()?;
        thread.pointer("/thread/replies/0/replies/0/post/uri").cloned()
    })
    .await;
    assert_eq!(thread, answer.remote_id.as_str());

    let facet = json!([{"index": {"byteStart": 0, "byteEnd": force.person.handle.len() + 1},
        "features": [{"$type": "app.bsky.richtext.facet#mention", "did": force.person.did}]}]);
    resident.says(&net, &format!("@{} hello {tag}", force.person.handle), json!({ "facets": facet })).await;
    let mention = force.hears(&format!("@{} hello {tag}", force.person.handle)).await;
    assert_eq!((mention.kind, mention.root), (MessageKind::Mention, None));

    let quote = json!({"embed": {"$type": "app.bsky.embed.record", "record": {"uri": root.remote_id, "cid": root.extra["cid"]}}});
    resident.says(&net, &format!("seen this? {tag}"), quote).await;
    assert_eq!(force.hears(&format!("seen this? {tag}")).await.extra["quotes"], root.remote_id);

    // From a place on, only what is new comes; the place says how far back it has looked.
    let first = done("poll", force.connector.poll(&net.http, &force.connection, None).await);
    let place = first.next.expect("a place");
    let again = done("poll", force.connector.poll(&net.http, &force.connection, Some(&place)).await);
    assert!(again.items.is_empty() && !again.more && again.reaches_back_to.is_some_and(|r| r <= heard.sent_at), "{again:?}");
    resident.replies(&net, &format!("thank you {tag}"), &root).await;
    let mut place = Some(again.next.expect("a place"));
    until("the new one comes alone", async || {
        let page = done("poll", force.connector.poll(&net.http, &force.connection, place.as_deref()).await);
        place = page.next;
        assert!(page.items.len() <= 1);
        page.items.first().map(|r| assert!(String::from_utf8_lossy(&r.body).contains("thank you")))
    })
    .await;

    for id in [&answer.remote_id, &root.remote_id] {
        done("delete", force.connector.delete(&net.http, &force.connection, id).await);
        assert_eq!(done("read back", force.connector.read_back(&net.http, &force.connection, id).await), Seen::Gone);
        until("it is gone for everybody", async || {
            let found = resident.get(&net, "app.bsky.feed.getPosts", &[("uris", id)]).await.expect("posts");
            found["posts"].as_array().filter(|p| p.is_empty()).map(|_| ())
        })
        .await;
        done("delete again", force.connector.delete(&net.http, &force.connection, id).await);
    }
}

async fn a_hidden_reply_is_hidden_for_everybody_else(net: Net) {
    let (force, rude, other, tag) = (net.force(false).await, net.person("rude").await, net.person("other").await, unique());
    let root = force.publish(&item(&format!("Meet your officers {tag}"))).await;
    let (uri, _) = rude.replies(&net, &format!("an insult {tag}"), &root).await;
    let heard = force.hears(&format!("an insult {tag}")).await;
    let shown = async || {
        let thread = other.get(&net, "app.bsky.unspecced.getPostThreadV2", &[("anchor", &root.remote_id)]).await.expect("a thread");
        let there = thread["thread"].as_array().expect("a flat thread").iter().any(|p| p["uri"] == uri.as_str());
        (there, thread["hasOtherReplies"] == true)
    };
    until("it is shown at first", async || (shown().await == (true, false)).then_some(())).await;
    force.moderate(Moderation::Hide, &heard, "abuse").await;
    force.moderate(Moderation::Hide, &heard, "abuse").await;
    until("it moves below the others", async || (shown().await == (false, true)).then_some(())).await;
    let seen = rude.get(&net, "app.bsky.feed.getPosts", &[("uris", &uri)]).await.expect("posts");
    assert_eq!(seen["posts"].as_array().map(Vec::len), Some(1), "hidden is not deleted");
    force.moderate(Moderation::Unhide, &heard, "abuse").await;
    until("it is back", async || (shown().await == (true, false)).then_some(())).await;
}

async fn reports_and_blocks_take_effect(net: Net) {
    let (force, rude, tag) = (net.force(false).await, net.person("rude").await, unique());
    let root = force.publish(&item(&format!("Lost dog found {tag}"))).await;
    let (uri, cid) = rude.replies(&net, &format!("a threat {tag}"), &root).await;
    let heard = force.hears(&format!("a threat {tag}")).await;
    force.moderate(Moderation::Report, &heard, "threat").await;
    force.moderate(Moderation::Block, &heard, "threat").await;
    force.moderate(Moderation::Block, &heard, "threat").await;
    let blocked = async || {
        let profile = rude.get(&net, "app.bsky.actor.getProfile", &[("actor", &force.person.did)]).await.expect("a profile");
        profile.pointer("/viewer/blockedBy") == Some(&json!(true))
    };
    until("they are blocked", async || blocked().await.then_some(())).await;
    assert_eq!(force.revisits(&[(&uri, &cid)]).await, vec![], "what a block hides from us is not deleted");
    let query = [("repo", force.person.did.as_str()), ("collection", "app.bsky.graph.block")];
    let listed = force.person.get(&net, "com.atproto.repo.listRecords", &query).await.expect("blocks");
    assert_eq!(listed["records"].as_array().map(Vec::len), Some(1), "blocking twice is one block");
    // A second one, made in the platform's own app.
    let record = json!({"$type": "app.bsky.graph.block", "subject": rude.did, "createdAt": "2026-01-01T00:00:00.000Z"});
    let body = json!({"repo": force.person.did, "collection": "app.bsky.graph.block", "record": record});
    net.post("com.atproto.repo.createRecord", &force.person.auth, body).await;
    force.moderate(Moderation::Unblock, &heard, "threat").await;
    until("they are no longer blocked", async || (!blocked().await).then_some(())).await;
    let listed = force.person.get(&net, "com.atproto.repo.listRecords", &query).await.expect("blocks");
    assert_eq!(listed["records"].as_array().map(Vec::len), Some(0));
    let subject =
        Subject { remote_id: uri, author_id: rude.did.clone(), extra: heard.extra.clone(), ground: "abuse".into(), reason: String::new() };
    let delete = force.connector.moderate(&net.http, &force.connection, Moderation::Delete, &subject, now()).await;
    assert!(matches!(delete, Outcome::Rejected { .. }), "{delete:?}");
}

async fn edits_and_deletions_are_noticed(net: Net) {
    let (force, resident, tag) = (net.force(false).await, net.person("resident").await, unique());
    let root = force.publish(&item(&format!("Have you seen this bicycle? {tag}"))).await;
    let (uri, cid) = resident.replies(&net, &format!("red one {tag}"), &root).await;
    force.hears(&format!("red one {tag}")).await;
    assert_eq!(force.revisits(&[(&uri, &cid)]).await, vec![], "nothing has changed");
    // Dated back a year: no poll from a place brings it, the second look below our own post does.
    let refs = json!({"uri": root.remote_id, "cid": root.extra["cid"]});
    let (old, _) = resident
        .says(&net, &format!("old date {tag}"), json!({"createdAt": "2025-01-01T00:00:00.000Z", "reply": {"root": refs, "parent": refs}}))
        .await;
    let found = until("the answer with a false date is found", async || {
        force.revisits(&[(&root.remote_id, &root.extra["cid"]), (&uri, &cid)]).await.into_iter().next()
    })
    .await;
    assert!(matches!(found, Inbound::Message(m) if m.remote_id == old));

    let key = uri.rsplit('/').next().expect("a key");
    let record = json!({"$type": "app.bsky.feed.post", "text": format!("blue one {tag}"), "createdAt": "2026-08-01T00:00:00.000Z",
        "reply": {"root": refs, "parent": refs}});
    net.post(
        "com.atproto.repo.putRecord",
        &resident.auth,
        json!({"repo": resident.did, "collection": "app.bsky.feed.post", "rkey": key, "record": record}),
    )
    .await;
    let edited = until("the edit is seen", async || force.revisits(&[(&uri, &cid)]).await.into_iter().next()).await;
    let Inbound::Edited { text, revision, .. } = edited else { panic!("{edited:?}") };
    assert_eq!(text, format!("blue one {tag}"));
    assert_eq!(force.revisits(&[(&uri, &revision)]).await, vec![], "the edit is known now");

    net.post(
        "com.atproto.repo.deleteRecord",
        &resident.auth,
        json!({"repo": resident.did, "collection": "app.bsky.feed.post", "rkey": key}),
    )
    .await;
    let gone = until("the deletion is seen", async || force.revisits(&[(&uri, &revision)]).await.into_iter().next()).await;
    assert!(matches!(gone, Inbound::Deleted { remote_id, .. } if remote_id == uri));
    // Our own post, taken away by hand.
    net.post(
        "com.atproto.repo.deleteRecord",
        &force.person.auth,
        json!({"repo": force.person.did, "collection": "app.bsky.feed.post", "rkey": root.remote_id.rsplit('/').next()}),
    )
    .await;
    until("our own post is seen to be gone", async || {
        let news = force.revisits(&[(&root.remote_id, &root.extra["cid"])]).await;
        news.iter().find(|i| matches!(i, Inbound::Deleted { remote_id, .. } if *remote_id == root.remote_id)).map(|_| ())
    })
    .await;
}

async fn a_credential_that_was_taken_back_is_unauthorised(net: Net) {
    let force = net.force(false).await;
    assert!(force.connection.expires_at.is_some_and(|e| (e - now() - 7_200_000_000).abs() < 300_000_000), "two hours");
    let renewed = done("renew", force.connector.renew(&net.http, &force.connection, now()).await);
    assert_ne!(renewed.secrets, force.connection.secrets);
    assert_eq!(done("check", force.connector.check(&net.http, &renewed).await), force.person.handle);
    net.post("com.atproto.server.revokeAppPassword", &force.person.auth, json!({"name": "desk"})).await;
    let outcome = force.connector.renew(&net.http, &renewed, now()).await;
    assert!(matches!(outcome, Outcome::Unauthorised { .. }), "{outcome:?}");
    let outcome = force.connector.connect(&net.http, &force.given, now()).await;
    assert!(matches!(outcome, Outcome::Unauthorised { .. }), "{outcome:?}");
    let mut main = force.given.clone();
    main.insert("password".into(), "an-invented-password".into());
    let outcome = force.connector.connect(&net.http, &main, now()).await;
    assert!(matches!(&outcome, Outcome::Rejected { why } if why.contains("main password")), "{outcome:?}");

    let suspended = net.force(false).await;
    let basic = format!("Basic {}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &net.admin));
    let subject = json!({"$type": "com.atproto.admin.defs#repoRef", "did": suspended.person.did});
    net.post("com.atproto.admin.updateSubjectStatus", &basic, json!({"subject": subject, "takedown": {"applied": true, "ref": "1"}})).await;
    let outcome = suspended.connector.publish(&net.http, &suspended.connection, &item("after the suspension")).await;
    assert!(matches!(outcome, Outcome::Unauthorised { .. }), "{outcome:?}");
    let outcome = suspended.connector.connect(&net.http, &suspended.given, now()).await;
    assert!(matches!(outcome, Outcome::Unauthorised { .. }), "{outcome:?}");
}

async fn an_inbound_picture_is_fetched(net: Net) {
    let (force, resident, tag) = (net.force(false).await, net.person("resident").await, unique());
    let root = force.publish(&item(&format!("Any photos? {tag}"))).await;
    let blob = net.call(Method::Post, "com.atproto.repo.uploadBlob", &[], &resident.auth, "image/png", PNG.to_vec()).await.expect("a blob");
    let refs = json!({"uri": root.remote_id, "cid": root.extra["cid"]});
    let embed = json!({"$type": "app.bsky.embed.images", "images": [{"image": blob["blob"], "alt": "a dot"}]});
    resident.says(&net, &format!("here {tag}"), json!({"reply": {"root": refs, "parent": refs}, "embed": embed})).await;
    let heard = force.hears(&format!("here {tag}")).await;
    assert_eq!(heard.media.len(), 1);
    assert_eq!(heard.media[0].alt.as_deref(), Some("a dot"));
    let bytes = done("fetch", force.connector.fetch_media(&net.http, &force.connection, &heard.media[0].url, 100_000).await);
    assert!(
        bytes.starts_with(b"\xff\xd8") || bytes.starts_with(b"\x89PNG") || bytes.get(8..12) == Some(b"WEBP"),
        "a picture: {:?}",
        bytes.get(..12)
    );
}

async fn private_messages_that_are_not_there_stop_nothing(net: Net) {
    let (force, resident, tag) = (net.force(true).await, net.person("resident").await, unique());
    assert!(force.connector.limits(&force.connection).read_private);
    let root = force.publish(&item(&format!("Evening patrols {tag}"))).await;
    resident.replies(&net, &format!("good {tag}"), &root).await;
    force.hears(&format!("good {tag}")).await;
    let page = done("poll", force.connector.poll(&net.http, &force.connection, None).await);
    let notes: Vec<String> = page.items.iter().filter(|r| r.kind == "note").map(|r| String::from_utf8_lossy(&r.body).into()).collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    let again = done("poll", force.connector.poll(&net.http, &force.connection, page.next.as_deref()).await);
    assert!(again.items.is_empty(), "said once");
    assert!(!net.force(false).await.connector.limits(&net.force(false).await.connection).read_private);
}

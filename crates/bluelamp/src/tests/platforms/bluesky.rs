//! The program on the real Bluesky network: its account server, its view, its moderation service.
//!
//! `scripts/with-servers bluesky -- cargo nextest run -p bluelamp platforms::bluesky` starts them; without them these tests
//! say so and do nothing. Members of the public act by calls of their own, never through the connector.

use super::*;
use crate::accounts::acts::connect::CHECK_EVERY;
use crate::accounts::exchange::{self, Exchanged};
use crate::app::EgressUse;
use crate::community::acts::{advise::Advise, block::Block, hide::Hide, report::Report};
use crate::desk::acts::reply::Reply;
use crate::publishing::acts::take_down::TakeDown;
use crate::testing::lite;
use bluelamp_domain::time::{HOUR, MINUTE};
use bluelamp_platforms::{Egress, Given, Method, Repeat, Request};
use serde_json::{Value, json};

struct Net {
    pds: String,
    way: Arc<dyn Egress>,
}

struct Person {
    did: String,
    handle: String,
    auth: String,
}

struct Bench {
    living: Living,
    net: Net,
    force: Person,
    given: Given,
    account: AccountId,
}

impl Net {
    fn of(world: &World) -> Option<Net> {
        let Ok(text) = std::env::var("BLUELAMP_TEST_BLUESKY") else {
            eprintln!("skipped: run it by scripts/with-servers bluesky");
            return None;
        };
        let servers: Value = serde_json::from_str(&text).expect("the servers say where they are");
        let way = (world.app.egress)(&EgressUse { account: String::new(), app: "the public".into(), hosts: None });
        Some(Net { pds: servers["pds"].as_str().expect("an account server").to_owned(), way })
    }

    async fn call(&self, method: Method, nsid: &str, query: &[(&str, &str)], auth: &str, body: Value) -> Result<Value, Value> {
        let mut url = url::Url::parse(&format!("{}/xrpc/{nsid}", self.pds)).unwrap();
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut headers = vec![("authorization".to_owned(), auth.to_owned())];
        headers.retain(|(_, v)| !v.is_empty());
        let mut bytes = Vec::new();
        if !body.is_null() {
            headers.push(("content-type".into(), "application/json".into()));
            bytes = body.to_string().into_bytes();
        }
        let request = Request { method, url, headers, body: bytes, repeat: Repeat::Never, timeout_ms: 30_000 };
        let answer = self.way.send(request).await.unwrap_or_else(|e| panic!("{nsid}: {e}"));
        let value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        if answer.status == 200 { Ok(value) } else { Err(value) }
    }

    async fn post(&self, nsid: &str, auth: &str, body: Value) -> Value {
        self.call(Method::Post, nsid, &[], auth, body).await.unwrap_or_else(|e| panic!("{nsid}: {e}"))
    }

    async fn get(&self, nsid: &str, query: &[(&str, &str)], auth: &str) -> Result<Value, Value> {
        self.call(Method::Get, nsid, query, auth, Value::Null).await
    }

    async fn person(&self, name: &str) -> Person {
        // A name nobody else has: the servers outlive one test.
        let unique = format!("{:x}", machine_micros() % 0xff_ffff_ffff);
        let handle = format!("{name}-{unique}.test");
        let body = json!({ "email": format!("{name}-{unique}@example.org"), "handle": handle, "password": "an-invented-password" });
        let made = self.post("com.atproto.server.createAccount", "", body).await;
        let word = |key: &str| made[key].as_str().unwrap().to_owned();
        Person { did: word("did"), auth: format!("Bearer {}", word("accessJwt")), handle }
    }

    async fn record(&self, by: &Person, record: Value) -> Value {
        let body = json!({ "repo": by.did, "collection": record["$type"], "record": record });
        self.post("com.atproto.repo.createRecord", &by.auth, body).await
    }

    /// A member says something, naming the force.
    async fn mention(&self, by: &Person, force: &Person, text: &str) -> String {
        let text = format!("@{} {text}", force.handle);
        let facet = json!({
            "index": { "byteStart": 0, "byteEnd": force.handle.len() + 1 },
            "features": [{ "$type": "app.bsky.richtext.facet#mention", "did": force.did }],
        });
        let made = self.record(by, json!({ "$type": "app.bsky.feed.post", "text": text, "createdAt": iso(), "facets": [facet] })).await;
        made["uri"].as_str().unwrap().to_owned()
    }

    async fn answer(&self, by: &Person, text: &str, to: &Value) -> Value {
        let reply = json!({ "root": to, "parent": to });
        self.record(by, json!({ "$type": "app.bsky.feed.post", "text": text, "createdAt": iso(), "reply": reply })).await
    }

    /// What the network shows of a post, once it shows it.
    async fn shows(&self, reader: &Person, uri: &str) -> Value {
        eventually("the network shows the post", || async {
            let found = self.get("app.bsky.feed.getPosts", &[("uris", uri)], &reader.auth).await.ok()?;
            found["posts"].get(0).cloned()
        })
        .await
    }

    /// Waits until the network has told the force of a post, as anybody asking in the force's name would see it.
    async fn tells(&self, force: &Person, uri: &str) {
        until("the network tells the force", || async {
            let listed = self.get("app.bsky.notification.listNotifications", &[("limit", "50")], &force.auth).await.unwrap_or_default();
            listed["notifications"].as_array().is_some_and(|all| all.iter().any(|n| n["uri"].as_str() == Some(uri)))
        })
        .await;
    }
}

fn iso() -> String {
    jiff::Timestamp::from_microsecond(machine_micros()).unwrap().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// A running program with one account on the network, connected by an app password that allows private messages.
async fn bench() -> Option<Bench> {
    let world = lite().await;
    let net = Net::of(&world)?;
    let force = net.person("force").await;
    let made = net.post("com.atproto.server.createAppPassword", &force.auth, json!({ "name": "desk", "privileged": true })).await;
    let given: Given = [("server", net.pds.as_str()), ("handle", &force.handle), ("password", made["password"].as_str().unwrap())]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
    let living = Living::begin(world).await;
    let ctx = living.comms().await;
    let account = AccountId(does(&ctx, register("bluesky", &force.handle)).await.id.unwrap());
    let bench = Bench { living, net, force, given, account };
    assert!(matches!(bench.connect(&bench.given).await, Exchanged::Acted(Outcome::Done(_))));
    until("completeness is stated", || async { bench.living.completeness(account).await.since.is_some() }).await;
    Some(bench)
}

impl Bench {
    async fn connect(&self, given: &Given) -> Exchanged {
        exchange::connect(&self.living.comms().await, self.account, given).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_threat_reaches_the_desk_within_moments_of_the_network_telling_it() {
    let Some(b) = bench().await else { return };
    let member = b.net.person("wren").await;
    let mut took = Vec::new();
    for n in 0..5 {
        let uri = b.net.mention(&member, &b.force, &format!("he is outside my door with a knife and will kill me {n}")).await;
        b.net.tells(&b.force, &uri).await;
        let (m, after) = b.living.arrives(b.account, &uri).await;
        assert_eq!(m.priority, 0);
        took.push(after);
    }
    took.sort();
    eprintln!("from the network's telling to the desk: {took:?}");
    // About a second where nothing else runs; the tests' servers and the compiler share two cores.
    assert!(took[2] < Duration::from_secs(4), "{took:?}");
    assert_eq!(b.living.messages().await.len(), 5, "nothing came twice");
    assert_eq!(b.living.ringing(b.account).await.len(), 5);
    b.living.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_goes_out_is_answered_and_the_answer_is_followed_hidden_reported_and_blocked() {
    let Some(b) = bench().await else { return };
    let member = b.net.person("heron").await;
    let draft = b.living.draft(b.account, "The A6 is closed at the bridge. Please go round.", Some("An empty road at dusk")).await;
    b.living.publish_agreed(draft).await;
    let post = b.living.all_are(draft, "live").await.remove(0);
    let uri = post.remote_id.clone().unwrap();
    let shown = b.net.shows(&member, &uri).await;
    assert_eq!(shown.pointer("/record/embed/images/0/alt").and_then(Value::as_str), Some("An empty road at dusk"), "{shown}");
    until("it is read back", || async { b.living.posts(draft).await[0].read_back.as_deref() == Some("same") }).await;

    let own = json!({ "uri": uri, "cid": shown["cid"] });
    let made = b.net.answer(&member, "until when?", &own).await;
    let reply = made["uri"].as_str().unwrap().to_owned();
    let (m, _) = b.living.arrives(b.account, &reply).await;
    assert_eq!((m.kind.as_str(), m.parent.as_deref(), m.text.as_str()), ("comment", Some(uri.as_str()), "until when?"));
    let desk = b.living.world.ctx("desk").await;
    does(&desk, Reply { message: m.id, text: "Good morning. Until noon.".into(), private: false }).await;
    until("the answer is out", || async { b.living.message(b.account, &reply).await.unwrap().answered_at.is_some() }).await;

    // The author changes it: a new revision. The network tells nobody, so it is looked at again.
    let (_, key) = reply.rsplit_once('/').unwrap();
    let record = json!({
        "$type": "app.bsky.feed.post", "text": "you are useless and I will find you", "createdAt": iso(), "reply": { "root": own, "parent": own },
    });
    b.net
        .post(
            "com.atproto.repo.putRecord",
            &member.auth,
            json!({ "repo": member.did, "collection": "app.bsky.feed.post", "rkey": key, "record": record }),
        )
        .await;
    until("the network shows the change", || async { b.net.shows(&member, &reply).await.pointer("/record/text") == record.get("text") })
        .await;
    b.living.pass(2 * MINUTE);
    let edited =
        eventually("the edit arrives", || async { b.living.message(b.account, &reply).await.filter(|m| m.edited_at.is_some()) }).await;
    assert_eq!(edited.text, "you are useless and I will find you");

    let hidden = does(&desk, Hide { message: m.id, ground: "threat-abuse-hate".into(), reason: String::new() }).await;
    b.living.measured(hidden.id).await;
    let (_, root) = uri.rsplit_once('/').unwrap();
    let gate = [("repo", b.force.did.as_str()), ("collection", "app.bsky.feed.threadgate"), ("rkey", root)];
    let gate = b.net.get("com.atproto.repo.getRecord", &gate, "").await.unwrap();
    assert_eq!(gate.pointer("/value/hiddenReplies/0").and_then(Value::as_str), Some(reply.as_str()), "{gate}");
    let reported = does(&desk, Report { message: m.id, ground: "threat-abuse-hate".into(), reason: "a threat".into() }).await;
    b.living.measured(reported.id).await;
    let team = b.living.world.ctx("digital-media-team").await;
    does(&team, Advise { message: m.id, favours: true, says: "nothing milder is left".into() }).await;
    let block = Block {
        message: m.id,
        ground: "threat-abuse-hate".into(),
        reason: "a threat".into(),
        no_engagement: "an answer would feed it".into(),
    };
    let blocked = does(&team, block).await;
    b.living.measured(blocked.id).await;
    let blocks =
        b.net.get("com.atproto.repo.listRecords", &[("repo", &b.force.did), ("collection", "app.bsky.graph.block")], "").await.unwrap();
    assert_eq!(blocks.pointer("/records/0/value/subject").and_then(Value::as_str), Some(member.did.as_str()), "{blocks}");

    // The author takes it away: our record stays, and says so.
    b.net
        .post("com.atproto.repo.deleteRecord", &member.auth, json!({ "repo": member.did, "collection": "app.bsky.feed.post", "rkey": key }))
        .await;
    b.living.pass(6 * MINUTE);
    let gone =
        eventually("the deletion arrives", || async { b.living.message(b.account, &reply).await.filter(|m| m.deleted_at.is_some()) }).await;
    assert_eq!(b.living.revisions(&gone).await.len(), 3);

    does(&b.living.comms().await, TakeDown { draft, reason: "The road is open again".into() }).await;
    b.living.all_are(draft, "gone").await;
    let record = [("repo", b.force.did.as_str()), ("collection", "app.bsky.feed.post"), ("rkey", root)];
    assert_eq!(b.net.get("com.atproto.repo.getRecord", &record, "").await.unwrap_err()["error"], "RecordNotFound");
    b.living.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_are_renewed_by_themselves_and_one_taken_back_needs_a_person() {
    let Some(b) = bench().await else { return };
    let mut wrong = b.given.clone();
    wrong.insert("password".into(), "not-the-password".into());
    match b.connect(&wrong).await {
        Exchanged::Not(why) => assert_eq!(why, "the server does not accept this handle with this app password"),
        other => panic!("{other:?}"),
    }
    // There is no service for private messages here: that is noted once and stops nothing.
    assert_eq!(b.living.connection(b.account).await.state, "working");
    let before = b.living.connection(b.account).await;
    b.living.pass(100 * MINUTE);
    until("the tokens are renewed before they end", || async { b.living.connection(b.account).await.version > before.version }).await;
    let renewed = b.living.connection(b.account).await;
    assert!(renewed.expires_at >= before.expires_at && renewed.state == "working");
    b.living.pass(CHECK_EVERY);
    until("it is looked at", || async { b.living.entries("accounts.mark_connection").await > 0 }).await;

    b.net.post("com.atproto.server.revokeAppPassword", &b.force.auth, json!({ "name": "desk" })).await;
    b.living.pass(3 * HOUR);
    until("the account is marked", || async { b.living.connection(b.account).await.state == "needs-person" }).await;
    assert_eq!(b.living.ringing(b.account).await, ["gap"]);
    assert!(b.living.connection(b.account).await.why.contains("connect the account again"));
    let made = b.net.post("com.atproto.server.createAppPassword", &b.force.auth, json!({ "name": "desk-2", "privileged": true })).await;
    let mut again = b.given.clone();
    again.insert("password".into(), made["password"].as_str().unwrap().into());
    assert!(matches!(b.connect(&again).await, Exchanged::Acted(Outcome::Done(_))));
    let member = b.net.person("wren").await;
    let uri = b.net.mention(&member, &b.force, "good evening").await;
    b.living.arrives(b.account, &uri).await;
    b.living.end().await;
}

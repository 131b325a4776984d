//! The connector against its contract suite, its fixtures and a strict double; faults that no real server gives on
//! demand. The real network is in `tests/bluesky_real.rs`.

mod connecting;
mod mapping;
mod moderating;
mod pictures;
mod polling;
mod private;
mod publishing;

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
    let all: Value = serde_json::from_str(include_str!("../fixtures/notifications.json")).unwrap();
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
        let view = fixture(include_str!("../fixtures/post_view.json"));
        raws.push(raw("reply", &json!({ "post": view })));
        raws.push(raw("post", &json!({"uri": REPLY, "cid": "bafynew", "record": view["record"], "seen_at": NOW})));
        raws.push(raw("private", &fixture(include_str!("../fixtures/private.json"))));
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

//! A strict double of an account's server with the network's view behind it, for tests: it refuses what the platform
//! would, and can be made to fail in ways the real servers cannot.

use super::wire::{At, BLOCK, GATE, POST};
use crate::egress::*;
use crate::suite::{NOW, answer};
use async_trait::async_trait;
use base64::Engine;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use unicode_segmentation::UnicodeSegmentation;

pub const FORCE: &str = "did:plc:force";
pub const RESIDENT: &str = "did:plc:resident";
pub const PASSWORD: &str = "abcd-efgh-ijkl-mnop";
pub const BASE: &str = "http://pds.test";
const SECOND: i64 = 1_000_000;

/// A token in the form of theirs, signed with nothing.
pub fn token(scope: &str, serial: u32) -> String {
    let part = |v: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(v.to_string());
    let claims = json!({"scope": scope, "sub": FORCE, "exp": NOW / SECOND + 7200, "jti": serial});
    format!("{}.{}.not-a-signature-{serial}", part(json!({"typ": "at+jwt"})), part(claims))
}

#[derive(Default)]
pub struct State {
    pub records: BTreeMap<String, (String, Value, i64)>,
    pub reports: Vec<Value>,
    pub calls: Vec<String>,
    /// Answered before anything else is looked at, in order.
    pub faults: VecDeque<Result<Response, Trouble>>,
    pub now: i64,
    pub scope: String,
    pub serial: u32,
    pub revoked: bool,
    /// Nothing answers `chat.bsky` where it is `None`.
    pub chat: Option<Vec<Value>>,
    pub page: usize,
    pub blobs: Vec<String>,
    /// Runs once before the next write, as somebody else would.
    pub meanwhile: Option<(String, Value)>,
}

pub struct Double(pub Mutex<State>);

type Said = Result<Value, Response>;

fn refuse(status: u16, error: &str, message: &str) -> Response {
    answer(status, &[("content-type", "application/json")], json!({"error": error, "message": message}).to_string())
}

pub fn cid(value: &Value) -> String {
    format!("bafy{}", hex::encode(&Sha256::digest(value.to_string())[..16]))
}

impl Double {
    pub fn new() -> Self {
        Double(Mutex::new(State { now: NOW, scope: "com.atproto.appPassPrivileged".into(), page: 100, ..State::default() }))
    }

    pub fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Somebody writes a record; the network sees it now.
    pub fn write(&self, did: &str, collection: &str, key: &str, value: Value) -> String {
        let mut state = self.state();
        let now = state.now;
        let uri = format!("at://{did}/{collection}/{key}");
        state.records.insert(uri.clone(), (cid(&value), value, now));
        uri
    }

    pub fn reply(&self, did: &str, key: &str, text: &str, root: (&str, &str), created_at: i64) -> String {
        let strong = json!({"uri": root.0, "cid": root.1});
        let created = super::map::rfc3339(created_at).unwrap();
        let record = json!({"$type": POST, "text": text, "createdAt": created, "reply": {"root": strong, "parent": strong}});
        self.write(did, POST, key, record)
    }

    pub fn calls(&self, part: &str) -> usize {
        self.state().calls.iter().filter(|c| c.contains(part)).count()
    }
}

#[async_trait]
impl Egress for Double {
    async fn send(&self, request: Request) -> Result<Response, Trouble> {
        let mut state = self.state();
        let nsid = request.url.path().trim_start_matches("/xrpc/").to_string();
        state.calls.push(format!("{:?} {nsid}", request.method));
        if let Some(fault) = state.faults.pop_front() {
            return fault;
        }
        let now = state.now;
        let mut response = match state.answer(&request, &nsid) {
            Ok(value) => answer(200, &[("content-type", "application/json")], value.to_string()),
            Err(refusal) => refusal,
        };
        response.at = now;
        Ok(response)
    }

    async fn open(&self, _request: Request) -> Result<Box<dyn Socket>, Trouble> {
        Err(Trouble::Forbidden { host: "pds.test".into() })
    }
}

impl State {
    fn answer(&mut self, request: &Request, nsid: &str) -> Said {
        if request.url.host_str() == Some("pictures.test") {
            assert!(request.headers.iter().all(|(n, _)| n != "authorization"), "our credential is not for others");
            return Ok(json!({"picture": request.url.path()}));
        }
        assert_eq!(request.url.host_str(), Some("pds.test"));
        let query: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        let one = |key: &str| query.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str()).unwrap_or_default();
        let header = |name: &str| request.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let json_body = header("content-type") == Some("application/json");
        let body: Value = if json_body { serde_json::from_slice(&request.body).expect("what says JSON is JSON") } else { Value::Null };
        let read = ["Get"].contains(&format!("{:?}", request.method).as_str());
        if nsid == "com.atproto.server.createSession" {
            return if body["password"] == PASSWORD {
                Ok(self.session())
            } else {
                Err(refuse(401, "AuthenticationRequired", "Invalid identifier or password"))
            };
        }
        let bearer = header("authorization")
            .and_then(|a| a.strip_prefix("Bearer "))
            .ok_or_else(|| refuse(401, "AuthMissing", "Authentication Required"))?;
        if nsid == "com.atproto.server.refreshSession" {
            assert!(request.body.is_empty(), "a refresh has no body");
            return match bearer == format!("refresh-{}", self.serial) && !self.revoked {
                true => Ok(self.session()),
                false => Err(refuse(400, "ExpiredToken", "Token has been revoked")),
            };
        }
        if bearer != token(&self.scope, self.serial) {
            return Err(refuse(400, "InvalidToken", "Token could not be verified"));
        }
        match (nsid, read) {
            ("com.atproto.server.getSession", true) => Ok(json!({"did": FORCE, "handle": "force.test", "active": true})),
            ("com.atproto.identity.resolveHandle", true) => match one("handle") {
                "resident.test" => Ok(json!({ "did": RESIDENT })),
                _ => Err(refuse(400, "HandleNotFound", "Unable to resolve handle")),
            },
            ("com.atproto.repo.uploadBlob", false) => {
                assert!(header("content-type").is_some_and(|t| t.starts_with("image/")));
                let name = format!("bafk{}", hex::encode(&Sha256::digest(&request.body)[..8]));
                self.blobs.push(name.clone());
                Ok(
                    json!({"blob": {"$type": "blob", "ref": {"$link": name}, "mimeType": header("content-type"), "size": request.body.len()}}),
                )
            }
            ("com.atproto.repo.putRecord", false) => self.put(&body),
            ("com.atproto.repo.getRecord", true) => {
                let uri = format!("at://{}/{}/{}", one("repo"), one("collection"), one("rkey"));
                match self.records.get(&uri) {
                    Some((cid, value, _)) => Ok(json!({"uri": uri, "cid": cid, "value": value})),
                    None => Err(refuse(400, "RecordNotFound", "Could not locate record")),
                }
            }
            ("com.atproto.repo.deleteRecord", false) => {
                self.own(&body)?;
                let uri = format!("at://{FORCE}/{}/{}", body["collection"].as_str().unwrap(), body["rkey"].as_str().unwrap());
                Ok(self.records.remove(&uri).map_or(json!({}), |_| json!({"commit": {}})))
            }
            ("com.atproto.repo.listRecords", true) => Ok(self.list(one("repo"), one("collection"), one("cursor"))),
            ("app.bsky.notification.listNotifications", true) => {
                assert_eq!(one("priority"), "false", "the account's own filter must not hide messages");
                Ok(self.notifications(one("cursor")))
            }
            ("app.bsky.feed.getPosts", true) => {
                let uris: Vec<&str> = query.iter().filter(|(k, _)| k == "uris").map(|(_, v)| v.as_str()).collect();
                if uris.len() > 25 {
                    return Err(refuse(400, "InvalidRequest", "uris must not have more than 25 elements"));
                }
                let shown = uris.iter().filter(|u| !self.blocked(At::parse(u).unwrap().did)).filter_map(|u| self.view(u));
                Ok(json!({"posts": shown.collect::<Vec<_>>()}))
            }
            ("app.bsky.feed.getPostThread", true) => self.thread(one("uri")),
            ("com.atproto.moderation.createReport", false) => {
                self.reports.push(body.clone());
                Ok(json!({"id": self.reports.len(), "reportedBy": FORCE}))
            }
            (chat, _) if chat.starts_with("chat.bsky.convo.") => {
                assert_eq!(header("atproto-proxy"), Some("did:web:api.bsky.chat#bsky_chat"));
                self.chat(chat, &body, one("convoId"), one("cursor"))
            }
            _ => Err(refuse(501, "MethodNotImplemented", "Method Not Implemented")),
        }
    }

    fn session(&mut self) -> Value {
        self.serial += 1;
        json!({
            "did": FORCE, "handle": "force.test", "active": true,
            "accessJwt": token(&self.scope, self.serial), "refreshJwt": format!("refresh-{}", self.serial),
            "didDoc": {"service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": format!("{BASE}/")}]},
        })
    }

    fn own(&self, body: &Value) -> Result<(), Response> {
        if body["repo"] == FORCE { Ok(()) } else { Err(refuse(401, "AuthenticationRequired", "Authentication Required")) }
    }

    fn put(&mut self, body: &Value) -> Said {
        self.own(body)?;
        if let Some((uri, value)) = self.meanwhile.take() {
            self.records.insert(uri, (cid(&value), value, self.now));
        }
        let (collection, key, record) = (body["collection"].as_str().unwrap(), body["rkey"].as_str().unwrap(), &body["record"]);
        if !["app.bsky.feed.post", GATE, BLOCK].contains(&collection) || record["$type"] != collection {
            return Err(refuse(400, "InvalidRequest", "unexpected record"));
        }
        if key.len() != 13 || !key.bytes().all(|b| matches!(b, b'2'..=b'7' | b'a'..=b'z')) || key.as_bytes()[0] > b'j' {
            return Err(refuse(400, "InvalidRequest", "Invalid TID string"));
        }
        if let Some(why) = self.invalid(record) {
            return Err(refuse(400, "InvalidRequest", &why));
        }
        let uri = format!("at://{FORCE}/{collection}/{key}");
        let (before, new) = (self.records.get(&uri).map(|r| r.0.clone()), cid(record));
        if before.as_ref() != Some(&new) {
            if body.get("swapRecord").is_some_and(|swap| swap.as_str() != before.as_deref()) {
                return Err(refuse(400, "InvalidSwap", "Record was at another cid"));
            }
            self.records.insert(uri.clone(), (new.clone(), record.clone(), self.now));
        }
        Ok(json!({"uri": uri, "cid": new, "validationStatus": "valid"}))
    }

    /// Why the lexicon does not take it.
    fn invalid(&self, record: &Value) -> Option<String> {
        if !record["createdAt"].as_str().is_some_and(|c| c.ends_with('Z') && c.parse::<jiff::Timestamp>().is_ok()) {
            return Some("Missing required key \"createdAt\" at $.record".into());
        }
        if record["$type"] != POST {
            return None;
        }
        let text = record["text"].as_str()?;
        if text.graphemes(true).count() > 300 || text.len() > 3000 {
            return Some("grapheme too big (maximum 300) at $.record.text".into());
        }
        for image in record.pointer("/embed/images").and_then(Value::as_array).into_iter().flatten() {
            if image.get("alt").is_none() {
                return Some("Missing required key \"alt\"".into());
            }
            if !self.blobs.iter().any(|b| image.pointer("/image/ref/$link") == Some(&json!(b))) {
                return Some("Could not find blob".into());
            }
        }
        let mut last = 0;
        for facet in record["facets"].as_array().into_iter().flatten() {
            let (start, end) = (facet["index"]["byteStart"].as_u64()? as usize, facet["index"]["byteEnd"].as_u64()? as usize);
            if start < last || !text.is_char_boundary(start) || !text.is_char_boundary(end) {
                return Some("Invalid facet".into());
            }
            last = end;
        }
        None
    }

    fn list(&self, repo: &str, collection: &str, cursor: &str) -> Value {
        let prefix = format!("at://{repo}/{collection}/");
        let all = self.records.iter().filter(|(uri, _)| uri.starts_with(&prefix) && uri.as_str() > cursor).take(2);
        let some: Vec<Value> = all.map(|(uri, (cid, value, _))| json!({"uri": uri, "cid": cid, "value": value})).collect();
        match some.last().map(|r| r["uri"].clone()) {
            Some(last) => json!({"records": some, "cursor": last}),
            None => json!({"records": some}),
        }
    }

    fn view(&self, uri: &str) -> Option<Value> {
        let (cid, value, at) = self.records.get(uri)?;
        let did = At::parse(uri)?.did;
        let author = json!({"did": did, "handle": format!("{}.test", did.rsplit(':').next()?)});
        Some(json!({"uri": uri, "cid": cid, "author": author, "record": value, "indexedAt": super::map::rfc3339(*at)?}))
    }

    fn blocked(&self, did: &str) -> bool {
        let mine = format!("at://{FORCE}/{BLOCK}/");
        self.records.iter().any(|(uri, (_, value, _))| uri.starts_with(&mine) && value["subject"] == did)
    }

    /// Newest first by the earlier of both dates; a page ends in the middle of an instant, as theirs does.
    fn notifications(&self, cursor: &str) -> Value {
        let mut all: Vec<(i64, Value)> = Vec::new();
        for (uri, (_, value, at)) in &self.records {
            let at_uri = At::parse(uri).unwrap();
            let ours = value.pointer("/reply/root/uri").and_then(Value::as_str).is_some_and(|r| r.starts_with(&format!("at://{FORCE}/")));
            if at_uri.collection == POST && at_uri.did != FORCE && ours && !self.blocked(at_uri.did) {
                let claimed = super::map::instant(value["createdAt"].as_str().unwrap()).unwrap();
                let mut item = self.view(uri).unwrap();
                item["reason"] = "reply".into();
                // Theirs says the same here: the earlier of both.
                item["indexedAt"] = super::map::rfc3339(claimed.min(*at)).unwrap().into();
                all.push((claimed.min(*at), item));
            }
        }
        all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let from = super::map::instant(cursor).unwrap_or(i64::MAX);
        let page: Vec<(i64, Value)> = all.into_iter().filter(|(at, _)| *at < from).take(self.page).collect();
        let next = page.last().and_then(|(at, _)| super::map::rfc3339(*at));
        let items: Vec<Value> = page.into_iter().map(|(_, item)| item).collect();
        next.map_or(json!({"notifications": []}), |cursor| json!({"notifications": items, "cursor": cursor}))
    }

    fn thread(&self, uri: &str) -> Said {
        let post = self.view(uri).ok_or_else(|| refuse(400, "NotFound", "Post not found"))?;
        let below = self.records.iter().filter(|(_, (_, v, _))| v.pointer("/reply/parent/uri").and_then(Value::as_str) == Some(uri));
        let replies: Vec<Value> = below.filter_map(|(u, _)| Some(self.thread(u).ok()?["thread"].clone())).collect();
        Ok(json!({"thread": {"$type": "app.bsky.feed.defs#threadViewPost", "post": post, "replies": replies}}))
    }

    fn chat(&mut self, nsid: &str, body: &Value, convo: &str, cursor: &str) -> Said {
        let now = super::map::rfc3339(self.now).unwrap();
        let members = json!([{"did": FORCE, "handle": "force.test"}, {"did": RESIDENT, "handle": "resident.test"}]);
        let Some(log) = self.chat.as_mut() else {
            return Err(refuse(502, "UpstreamFailure", "pipethrough network error"));
        };
        let rev = |log: &Vec<Value>| format!("rev{:05}", log.len());
        match nsid.rsplit('.').next() {
            Some("listConvos") => Ok(json!({"convos": [{"id": "c1", "rev": rev(log), "members": members, "unreadCount": 1}]})),
            Some("getConvo") => Ok(json!({"convo": {"id": convo, "members": members}})),
            Some("getMessages") => {
                let messages: Vec<Value> = log.iter().rev().filter(|e| e["convoId"] == convo).map(|e| e["message"].clone()).collect();
                Ok(json!({ "messages": messages }))
            }
            Some("getLog") => {
                let some: Vec<Value> = log.iter().filter(|e| e["rev"].as_str().unwrap() > cursor).take(2).cloned().collect();
                Ok(json!({ "logs": some }))
            }
            Some("sendMessage") => {
                let text = body["message"]["text"].as_str().unwrap();
                if text.graphemes(true).count() > 1000 {
                    return Err(refuse(400, "InvalidRequest", "grapheme too big"));
                }
                let message =
                    json!({"id": format!("m{}", log.len()), "rev": rev(log), "text": text, "sender": {"did": FORCE}, "sentAt": now});
                log.push(event("logCreateMessage", body["convoId"].as_str().unwrap(), log.len() + 1, message.clone()));
                Ok(message)
            }
            _ => Err(refuse(501, "MethodNotImplemented", "Method Not Implemented")),
        }
    }
}

pub fn event(kind: &str, convo: &str, serial: usize, message: Value) -> Value {
    json!({"$type": format!("chat.bsky.convo.defs#{kind}"), "rev": format!("rev{serial:05}"), "convoId": convo, "message": message})
}

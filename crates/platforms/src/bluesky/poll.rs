//! What came in: notifications newest first, private messages beside them, and a second look at what we know.
//!
//! INVARIANT: nothing is passed over between two polls. The list is sorted by the author's own date where that is
//! earlier than the network's, and two items of one second share a place in it; therefore each poll reaches back
//! [`OVERLAP`] beyond what the last one saw, and further where the newest page does; what was delivered already is
//! left out by its hash. An answer dated back beyond that is found by [`revisit`] below our own post.

use super::chat;
use super::client::{Client, Fault};
use super::map::instant;
use super::publish::get;
use super::wire::*;
use crate::contract::*;
use crate::egress::Egress;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const SECOND: Micros = 1_000_000;
/// Author's clocks are often minutes wrong.
const OVERLAP: Micros = 30 * 60 * SECOND;
/// How long private messages are left alone after they could not be read.
const CHAT_PAUSE: Micros = 15 * 60 * SECOND;
/// How many delivered items the place remembers; more only means that the oldest come again.
const REMEMBERED: usize = 300;
const QUERY: [(&str, &str); 5] =
    [("limit", "100"), ("priority", "false"), ("reasons", "mention"), ("reasons", "reply"), ("reasons", "quote")];

/// Where a poll stands. It is the cursor, as JSON; nobody else reads it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Place {
    /// Everything up to here has been delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Micros>,
    /// In the middle of catching up: the platform's cursor, and what `since` will be at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    walk: Option<Walk>,
    /// Hashes of what was delivered within the overlap, newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    seen: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_again: Option<Micros>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Walk {
    cursor: String,
    newest: Micros,
}

pub(super) async fn poll(net: &dyn Egress, connection: &Connection, cursor: Option<&str>) -> Result<Page, Fault> {
    // A place that cannot be read is the beginning of time: too much comes, never too little.
    let place: Place = match cursor {
        Some(text) => serde_json::from_str(text).unwrap_or(Place { since: Some(0), ..Place::default() }),
        None => Place::default(),
    };
    let client = Client::new(net, connection);
    let mut query = QUERY.to_vec();
    if let Some(walk) = &place.walk {
        query.push(("cursor", &walk.cursor));
    }
    let answer = client.get("app.bsky.notification.listNotifications", &query).await?;
    let listed = answer.value.get("notifications").and_then(Value::as_array);
    let listed = listed.ok_or(Fault::Broken { why: "the server's list of notifications is not in the expected shape".into() })?;
    let next = answer.value.get("cursor").and_then(Value::as_str).filter(|c| Some(*c) != place.walk.as_ref().map(|w| w.cursor.as_str()));
    let mut page = after(&place, listed, next, answer.at);
    if place.walk.is_none() && chat::allowed(connection) {
        page.private(net, connection, answer.at).await;
    }
    Ok(page.finish())
}

/// A page in the making: what it delivers and where the next one begins.
struct Made {
    items: Vec<Raw>,
    place: Place,
    more: bool,
    reaches_back_to: Option<Micros>,
}

/// PURE: what one page of the list means from this place.
fn after(place: &Place, listed: &[Value], next: Option<&str>, now: Micros) -> Made {
    let newest_listed = listed.iter().filter_map(|n| time(n, "/indexedAt")).max().map(|t| t.min(now));
    let newest = match &place.walk {
        Some(walk) => walk.newest,
        None => newest_listed.max(place.since).unwrap_or(now.saturating_sub(OVERLAP)),
    };
    let floor = place.since.map(|s| s.saturating_sub(OVERLAP));
    let mut made = Made { items: Vec::new(), place: place.clone(), more: false, reaches_back_to: None };
    // The list is newest first; what happened first is delivered first. The newest page is taken whole: what stands
    // in it and was never seen is new, whatever its date says.
    let first = place.walk.is_none();
    let page: Vec<(String, &Value)> = listed.iter().rev().map(|item| (mark(item), item)).collect();
    for (mark, item) in &page {
        let old = !first && time(item, "/indexedAt").zip(floor).is_some_and(|(at, floor)| at < floor);
        if !old && !place.seen.contains(mark) {
            made.items.push(Raw { kind: "notification".into(), body: item.to_string().into_bytes() });
        }
    }
    made.place.seen = remembered(&place.seen, page.into_iter().map(|(mark, _)| mark).collect(), first);
    // Where the list has been read to: the platform's cursor is a time; without one the list has ended.
    let before = place.walk.as_ref().and_then(|w| instant(&w.cursor));
    let reached = next.and_then(|c| instant(c).or_else(|| listed.iter().filter_map(sorted_at).min()));
    let on = reached.filter(|r| before.is_none_or(|b| *r < b));
    made.reaches_back_to = Some(if next.is_some() { reached.or(before).unwrap_or(now) } else { 0 });
    made.place.walk = match (next, on, floor) {
        (Some(cursor), Some(reached), Some(floor)) if reached > floor => Some(Walk { cursor: overlapping(cursor, before), newest }),
        _ => None,
    };
    made.more = made.place.walk.is_some();
    if !made.more {
        made.place.since = Some(newest);
    }
    made
}

/// What is known to be delivered after this page: the newest page always, and as much of the rest as fits.
fn remembered(before: &[String], page: Vec<String>, first: bool) -> Vec<String> {
    let mut rest: Vec<String> = before.iter().filter(|old| !page.contains(old)).cloned().collect();
    let room = REMEMBERED.saturating_sub(page.len());
    rest.drain(..rest.len().saturating_sub(room));
    if first { rest.into_iter().chain(page).collect() } else { page.into_iter().chain(rest).collect() }
}

/// Two items of one instant may stand on both sides of a page's end, and the next page begins strictly below it:
/// it is begun one millisecond earlier, unless that would bring the same page again.
fn overlapping(cursor: &str, before: Option<Micros>) -> String {
    let earlier = instant(cursor).map(|at| at.saturating_add(1000)).filter(|at| before.is_none_or(|b| *at < b));
    earlier.and_then(super::map::rfc3339).unwrap_or_else(|| cursor.to_string())
}

impl Made {
    /// Private messages, where they can be had. That they cannot is said once, and does not stop anything else.
    async fn private(&mut self, net: &dyn Egress, connection: &Connection, now: Micros) {
        if self.place.chat_again.is_some_and(|again| now < again) {
            return;
        }
        match chat::news(net, connection, self.place.chat.as_deref()).await {
            Ok((raws, rev)) => {
                self.items.extend(raws);
                self.place.chat = Some(rev);
                self.place.chat_again = None;
            }
            Err(fault) => {
                if self.place.chat_again.is_none() {
                    let why = match &fault {
                        Fault::Unauthorised { .. } => "the app password does not allow private messages: make one that does".to_string(),
                        other => format!("private messages cannot be read now ({})", words(other)),
                    };
                    self.items.push(Raw { kind: "note".into(), body: json!({ "why": why }).to_string().into_bytes() });
                }
                let pause = now.saturating_add(CHAT_PAUSE);
                self.place.chat_again = Some(if let Fault::Limited { until } = fault { until.max(pause) } else { pause });
            }
        }
    }

    fn finish(self) -> Page {
        let next = serde_json::to_string(&self.place).ok();
        Page { items: self.items, next, more: self.more, reaches_back_to: self.reaches_back_to }
    }
}

fn words(fault: &Fault) -> String {
    match fault {
        Fault::Refused { name, message } => format!("{name}: {message}"),
        Fault::Limited { .. } => "too many requests".into(),
        Fault::Unauthorised { why } | Fault::Unknown { why } | Fault::Broken { why } | Fault::Forbidden { why } => why.clone(),
    }
}

fn time(item: &Value, path: &str) -> Option<Micros> {
    item.pointer(path).and_then(Value::as_str).and_then(instant)
}

/// Where the platform sorts it: by the earlier of the author's date and its own.
fn sorted_at(item: &Value) -> Option<Micros> {
    let (own, theirs) = (time(item, "/indexedAt"), time(item, "/record/createdAt"));
    own.map(|o| theirs.map_or(o, |t| t.min(o)))
}

fn mark(item: &Value) -> String {
    let mut hasher = Sha256::new();
    for key in ["uri", "cid", "reason"] {
        hasher.update(item.get(key).and_then(Value::as_str).unwrap_or_default());
        hasher.update([0]);
    }
    hex::encode(&hasher.finalize()[..5])
}

/// What became of `known`: for others' items an edit or a deletion, for our own posts answers that no poll brought.
pub(super) async fn revisit(client: &Client<'_>, connection: &Connection, known: &[Known]) -> Result<Vec<Raw>, Fault> {
    let own = |k: &&Known| At::parse(&k.remote_id).is_some_and(|at| at.did == connection.remote_account);
    let others: Vec<&Known> = known.iter().filter(|k| At::parse(&k.remote_id).is_some() && !own(k)).collect();
    let mut news = Vec::new();
    for some in others.chunks(25) {
        news.extend(changes(client, some).await?);
    }
    for post in known.iter().filter(own) {
        news.extend(below(client, connection, post, known).await?);
    }
    Ok(news)
}

async fn changes(client: &Client<'_>, known: &[&Known]) -> Result<Vec<Raw>, Fault> {
    let query: Vec<(&str, &str)> = known.iter().map(|k| ("uris", k.remote_id.as_str())).collect();
    let answer = client.get("app.bsky.feed.getPosts", &query).await?;
    let posts = answer.value.get("posts").and_then(Value::as_array);
    let posts = posts.ok_or(Fault::Broken { why: "the server's list of posts is not in the expected shape".into() })?;
    let views: BTreeMap<&str, &Value> = posts.iter().filter_map(|p| Some((p.get("uri")?.as_str()?, p))).collect();
    let mut news = Vec::new();
    for item in known {
        let now = match views.get(item.remote_id.as_str()) {
            Some(view) => Some((view["cid"].as_str().unwrap_or_default().to_string(), view["record"].clone())),
            // Not shown is not gone: a block hides its person's posts from us. The record itself is asked for.
            None => record(client, &item.remote_id).await?.map(|r| (r.cid, r.value)),
        };
        match now {
            None => news.push(chat::gone(&item.remote_id, answer.at)),
            Some((cid, record)) if cid != item.revision && !cid.is_empty() => {
                let body = json!({"uri": item.remote_id, "cid": cid, "record": record, "seen_at": answer.at});
                news.push(Raw { kind: "post".into(), body: body.to_string().into_bytes() });
            }
            Some(_) => {}
        }
    }
    Ok(news)
}

async fn record(client: &Client<'_>, uri: &str) -> Result<Option<Record>, Fault> {
    match At::parse(uri) {
        Some(at) => get(client, at.did, at.collection, at.key).await,
        None => Ok(None),
    }
}

/// Answers below a post of ours that are not among `known`, and whether the post itself is still there.
async fn below(client: &Client<'_>, connection: &Connection, post: &Known, known: &[Known]) -> Result<Vec<Raw>, Fault> {
    let query = [("uri", post.remote_id.as_str()), ("depth", "20"), ("parentHeight", "0")];
    let answer = match client.get("app.bsky.feed.getPostThread", &query).await {
        Ok(answer) => answer,
        // The view may be behind the account's server, which knows.
        Err(fault) if fault.is("NotFound") => {
            let now = client.get("com.atproto.server.getSession", &[]).await?.at;
            let there = record(client, &post.remote_id).await?.is_some();
            return Ok(if there { Vec::new() } else { vec![chat::gone(&post.remote_id, now)] });
        }
        Err(fault) => return Err(fault),
    };
    let mut news = Vec::new();
    let mut waiting: Vec<&Value> = answer.value.pointer("/thread/replies").and_then(Value::as_array).into_iter().flatten().collect();
    while let Some(node) = waiting.pop() {
        waiting.extend(node.get("replies").and_then(Value::as_array).into_iter().flatten());
        let Some(view) = node.get("post") else { continue };
        let (uri, author) = (view["uri"].as_str().unwrap_or_default(), view.pointer("/author/did").and_then(Value::as_str));
        if author != Some(&connection.remote_account) && !known.iter().any(|k| k.remote_id == uri) {
            news.push(Raw { kind: "reply".into(), body: json!({ "post": view }).to_string().into_bytes() });
        }
    }
    Ok(news)
}

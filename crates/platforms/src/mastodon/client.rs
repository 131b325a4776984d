//! Publishing, reading and moderating, request by request, through [`Egress`].

use super::call::{Body, Call, ask, done, gone, id, link, read, refused, send};
use super::map::{self, micros, revision};
use super::text::{folded, length, mentions, plain};
use super::wire::{Account, Context, Media, Named, NotificationHead, Relationship, Source, Status};
use crate::contract::*;
use crate::egress::{Egress, Method, Repeat, Request};
use crate::fits::why_not;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Our clock and theirs may differ, and `created_at` is when it was decided to send.
const SKEW: Micros = 2 * 60_000_000;
/// How often a picture that is being worked on is asked after before the item waits.
const TRIES: usize = 5;
/// Pages of 40 that a search for a lost post or a first read goes back.
const DEEP: usize = 10;
const MEDIA_NOT_READY: Micros = 20_000_000;

pub async fn check(net: &dyn Egress, connection: &Connection) -> Outcome<String> {
    ask::<Account>(net, connection, Call::get("/api/v1/accounts/verify_credentials")).await.map(|a| a.acct)
}

/// The text as it goes out: a reply names whom it answers, or nobody is told of it.
pub fn final_text(connection: &Connection, item: &Outgoing) -> String {
    match &item.reply_to {
        Some(r) if r.author_id != connection.remote_account && !r.author_handle.is_empty() && !mentions(&item.text, &r.author_handle) => {
            format!("@{} {}", r.author_handle, item.text)
        }
        _ => item.text.clone(),
    }
}

/// Never told to more people than what it answers was.
fn visibility(item: &Outgoing) -> &str {
    match &item.reply_to {
        None => "public",
        Some(r) if r.private => "direct",
        Some(r) => match r.extra.get("visibility").map(String::as_str) {
            Some(v @ ("unlisted" | "private" | "direct")) => v,
            _ => "public",
        },
    }
}

pub async fn publish(net: &dyn Egress, connection: &Connection, limits: &Capabilities, item: &Outgoing) -> Outcome<Receipt> {
    let text = final_text(connection, item);
    if let Some(why) = why_not(item, length(&text, limits.link_counts.unwrap_or(23)), limits) {
        return Outcome::Rejected { why };
    }
    let mut media = Vec::new();
    for image in &item.images {
        media.push(done!(upload(net, connection, image, &item.key).await));
    }
    let mut body = json!({ "status": text, "visibility": visibility(item), "media_ids": media });
    if let Some(reply) = &item.reply_to {
        body["in_reply_to_id"] = reply.remote_id.clone().into();
    }
    if !item.language.is_empty() {
        body["language"] = item.language.clone().into();
    }
    // The key is remembered when the status is made, so a repeat while the first is still being made would make two:
    // silence is answered by looking, and only then by the same key again.
    let call = Call { key: Some(&item.key), ..Call::once(Method::Post, "/api/v1/statuses", body) };
    ask::<Status>(net, connection, call).await.map(receipt)
}

fn receipt(status: Status) -> Receipt {
    let extra =
        BTreeMap::from([("visibility".to_owned(), status.visibility.clone()), ("revision".to_owned(), revision(&status).to_owned())]);
    Receipt { url: status.url.unwrap_or_default(), remote_id: status.id, extra }
}

/// Puts a picture on the server. Nothing is published by it, and what is not attached goes within a day: so silence
/// here means that nothing was done.
async fn upload(net: &dyn Egress, connection: &Connection, image: &Image, key: &str) -> Outcome<String> {
    // The boundary must not occur in the bytes; it is made of the item's key, which a picture cannot foresee.
    let boundary = format!("bluelamp-{}", key.replace(|c: char| !c.is_ascii_alphanumeric(), ""));
    let name = image.mime.rsplit('/').next().unwrap_or("bin");
    let mut bytes = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n{}\r\n", image.alt).into_bytes();
    bytes.extend(
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"picture.{name}\"\r\nContent-Type: {}\r\n\r\n",
            image.mime
        )
        .into_bytes(),
    );
    bytes.extend_from_slice(&image.bytes);
    bytes.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
    let body = Body::Other(format!("multipart/form-data; boundary={boundary}"), bytes);
    let call = Call { body, write: false, ..Call::again(Method::Post, "/api/v2/media") };
    let response = done!(send(net, connection, call).await);
    let mut media: Media = done!(read(connection, &response, false));
    let path = format!("/api/v1/media/{}", id(&media.id));
    for _ in 0..TRIES {
        if media.url.is_some() {
            return Outcome::Done(media.id);
        }
        let again = done!(send(net, connection, Call::get(&path)).await);
        if again.status == 206 {
            continue;
        }
        media = done!(read(connection, &again, false));
    }
    if media.url.is_some() { Outcome::Done(media.id) } else { Outcome::Limited { until: response.at.saturating_add(MEDIA_NOT_READY) } }
}

/// Looks through the account's own statuses for the same text, since it was decided to send.
pub async fn find(net: &dyn Egress, connection: &Connection, item: &Outgoing) -> Outcome<Option<Receipt>> {
    let wanted = folded(&final_text(connection, item));
    let parent = item.reply_to.as_ref().map(|r| r.remote_id.as_str());
    let since = item.created_at.saturating_sub(SKEW);
    let first = format!("/api/v1/accounts/{}/statuses?limit=40&exclude_reblogs=true", id(&connection.remote_account));
    let mut path = first.clone();
    for _ in 0..DEEP {
        let response = done!(send(net, connection, Call::get(&path)).await);
        let page: Vec<Status> = done!(read(connection, &response, false));
        for status in &page {
            let late = micros(&status.created_at).is_some_and(|at| at >= since);
            let same = folded(&plain(&status.content)) == wanted && status.media_attachments.len() == item.images.len();
            if late && same && status.in_reply_to_id.as_deref() == parent {
                return Outcome::Done(Some(receipt(status.clone())));
            }
        }
        let older = page.iter().filter_map(|s| micros(&s.created_at)).min().is_none_or(|at| at < since);
        match link(&response, "next", "max_id") {
            Some(max) if !older => path = format!("{first}&max_id={}", id(&max)),
            _ => return Outcome::Done(None),
        }
    }
    Outcome::Broken { why: "the account posted so much since that the search for this post gave up: look for it by hand".into() }
}

pub async fn read_back(net: &dyn Egress, connection: &Connection, remote_id: &str) -> Outcome<Seen> {
    let path = format!("/api/v1/statuses/{}", id(remote_id));
    let response = done!(send(net, connection, Call::get(&path)).await);
    if gone(connection, &response) {
        return Outcome::Done(Seen::Gone);
    }
    let status: Status = done!(read(connection, &response, false));
    // The source is the text as it was written; other people's statuses have none for us.
    if status.account.id == connection.remote_account {
        let source = format!("{path}/source");
        if let Outcome::Done(Source { text }) = ask(net, connection, Call::get(&source)).await {
            return Outcome::Done(Seen::Live { text });
        }
    }
    Outcome::Done(Seen::Live { text: plain(&status.content) })
}

pub async fn delete(net: &dyn Egress, connection: &Connection, remote_id: &str) -> Outcome<()> {
    let path = format!("/api/v1/statuses/{}", id(remote_id));
    let response = done!(send(net, connection, Call::again(Method::Delete, &path)).await);
    if gone(connection, &response) {
        return Outcome::Done(());
    }
    read::<Named>(connection, &response, true).map(drop)
}

pub async fn moderate(
    net: &dyn Egress,
    connection: &Connection,
    limits: &Capabilities,
    what: Moderation,
    subject: &Subject,
) -> Outcome<()> {
    let account = id(&subject.author_id);
    match what {
        Moderation::Block => relate(net, connection, &format!("/api/v1/accounts/{account}/block")).await,
        Moderation::Unblock => relate(net, connection, &format!("/api/v1/accounts/{account}/unblock")).await,
        Moderation::Report if limits.report == Ability::None => Outcome::Rejected { why: "this server takes no reports".into() },
        Moderation::Report => {
            // A report goes on to the author's own server where that is another one.
            let elsewhere = subject.extra.get("acct").is_some_and(|a| a.contains('@'));
            let comment: String = subject.reason.chars().take(1_000).collect();
            let body = json!({
                "account_id": subject.author_id, "status_ids": [subject.remote_id], "comment": comment,
                "category": category(&subject.ground), "forward": elsewhere,
            });
            ask::<Named>(net, connection, Call::once(Method::Post, "/api/v1/reports", body)).await.map(drop)
        }
        Moderation::Hide | Moderation::Unhide | Moderation::Delete => {
            Outcome::Rejected { why: "Mastodon lets nobody hide or delete other people's posts: report it, or block the author".into() }
        }
    }
}

async fn relate(net: &dyn Egress, connection: &Connection, path: &str) -> Outcome<()> {
    ask::<Relationship>(net, connection, Call::again(Method::Post, path)).await.map(drop)
}

/// The server's own category for a ground of the pack.
pub fn category(ground: &str) -> &'static str {
    let ground = ground.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|w| ground.contains(w));
    if says(&["spam", "scam", "advert", "fraud"]) {
        "spam"
    } else if says(&["legal", "unlawful", "crime", "criminal", "hate", "threat", "harass", "contempt", "anonymity", "prejudic"]) {
        "legal"
    } else if says(&["abus", "offens", "obscen", "violat", "guideline", "rule"]) {
        "violation"
    } else {
        "other"
    }
}

/// Where the next poll begins: after this notification, whose time says how far back it reaches.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Cursor {
    after: Option<String>,
    at: Option<Micros>,
}

/// Strangers whom the server would filter are asked for too: a person in danger is seldom a follower.
const NOTIFICATIONS: &str = "/api/v1/notifications?limit=40&include_filtered=true&types%5B%5D=mention&types%5B%5D=update&types%5B%5D=quote";

pub async fn poll(net: &dyn Egress, connection: &Connection, cursor: Option<&str>) -> Outcome<Page> {
    let from: Option<Cursor> = match cursor.map(serde_json::from_str).transpose() {
        Ok(from) => from,
        Err(_) => return Outcome::Rejected { why: "the cursor is not one of this platform's: start the account's poll anew".into() },
    };
    match from {
        Some(Cursor { after: Some(after), at }) => forward(net, connection, &after, at).await,
        Some(Cursor { after: None, at }) => newest(net, connection, DEEP, at).await,
        None => newest(net, connection, 1, None).await,
    }
}

/// What came right after the last one seen: `min_id` goes forward and leaves no gap (the sheet's §5).
async fn forward(net: &dyn Egress, connection: &Connection, after: &str, at: Option<Micros>) -> Outcome<Page> {
    let path = format!("{NOTIFICATIONS}&min_id={}", id(after));
    let response = done!(send(net, connection, Call::get(&path)).await);
    let (items, heads) = done!(page(connection, &response));
    let next = link(&response, "prev", "min_id").filter(|_| !heads.is_empty()).or_else(|| heads.last().map(|h| h.id.clone()));
    let latest = heads.last().and_then(|h| micros(&h.created_at));
    let cursor = Cursor { after: Some(next.unwrap_or_else(|| after.to_owned())), at: latest.or(at) };
    // By ids, not by times: it goes on from where the last page ended, however far back that is.
    Outcome::Done(Page { more: heads.len() >= 40, items, next: Some(written(&cursor)), reaches_back_to: None })
}

/// The newest, `pages` deep, oldest first.
async fn newest(net: &dyn Egress, connection: &Connection, pages: usize, since: Option<Micros>) -> Outcome<Page> {
    let (mut all, mut heads) = (Vec::new(), Vec::new());
    let mut path = NOTIFICATIONS.to_owned();
    let mut whole = false;
    for _ in 0..pages {
        let response = done!(send(net, connection, Call::get(&path)).await);
        let (mut items, mut older) = done!(page(connection, &response));
        items.append(&mut all);
        older.append(&mut heads);
        (all, heads) = (items, older);
        match link(&response, "next", "max_id") {
            Some(max) if !heads.is_empty() => path = format!("{NOTIFICATIONS}&max_id={}", id(&max)),
            _ => {
                whole = true;
                break;
            }
        }
    }
    let at = |head: Option<&NotificationHead>| head.and_then(|h| micros(&h.created_at));
    let cursor = Cursor { after: heads.last().map(|h| h.id.clone()), at: at(heads.last()).or(since) };
    let reaches_back_to = if whole { Some(since.unwrap_or(0)) } else { at(heads.first()) };
    Outcome::Done(Page { items: all, next: Some(written(&cursor)), more: false, reaches_back_to })
}

fn written(cursor: &Cursor) -> String {
    serde_json::to_string(cursor).expect("an id and a number are plain JSON")
}

/// A page's items, oldest first, each as it came.
fn page(connection: &Connection, response: &crate::egress::Response) -> Outcome<(Vec<Raw>, Vec<NotificationHead>)> {
    let items: Vec<Value> = done!(read(connection, response, false));
    let mut both = (Vec::new(), Vec::new());
    for item in items.into_iter().rev() {
        let Ok(head) = serde_json::from_value::<NotificationHead>(item.clone()) else {
            return Outcome::Broken { why: "the server listed a notification without an id".into() };
        };
        both.0.push(Raw { kind: map::NOTIFICATION.into(), body: item.to_string().into_bytes() });
        both.1.push(head);
    }
    Outcome::Done(both)
}

/// Mastodon tells no edits and deletions to those who were mentioned: known statuses are looked at again, and below
/// our own, answers that left our name out.
pub async fn revisit(net: &dyn Egress, connection: &Connection, known: &[Known]) -> Outcome<Vec<Raw>> {
    let known = &known[..known.len().min(25)];
    let mut news = Vec::new();
    let mut present: BTreeMap<String, Value> = BTreeMap::new();
    let many = connection.facts.get("many").is_some_and(|m| m == "yes");
    if many && !known.is_empty() {
        let query: Vec<String> = known.iter().map(|k| format!("id%5B%5D={}", id(&k.remote_id))).collect();
        let found: Vec<Value> = done!(ask(net, connection, Call::get(&format!("/api/v1/statuses?{}", query.join("&")))).await);
        present.extend(found.into_iter().filter_map(|s| Some((s["id"].as_str()?.to_owned(), s))));
    }
    for item in known {
        let value = match present.remove(&item.remote_id) {
            Some(value) => value,
            // What the list leaves out is asked for by itself before it is called gone.
            None => {
                let path = format!("/api/v1/statuses/{}", id(&item.remote_id));
                let response = done!(send(net, connection, Call::get(&path)).await);
                if gone(connection, &response) {
                    let body = json!({ "id": item.remote_id, "at": response.at }).to_string().into_bytes();
                    news.push(Raw { kind: map::DELETED.into(), body });
                    continue;
                }
                done!(read(connection, &response, false))
            }
        };
        let Ok(status) = serde_json::from_value::<Status>(value.clone()) else {
            return Outcome::Broken { why: "the server gave a status that cannot be read".into() };
        };
        if status.account.id == connection.remote_account {
            if status.replies_count > 0 {
                news.extend(done!(answers(net, connection, &status.id, known).await));
            }
        } else if revision(&status) != item.revision {
            news.push(Raw { kind: map::STATUS.into(), body: value.to_string().into_bytes() });
        }
    }
    Outcome::Done(news)
}

async fn answers(net: &dyn Egress, connection: &Connection, own: &str, known: &[Known]) -> Outcome<Vec<Raw>> {
    let context: Context = done!(ask(net, connection, Call::get(&format!("/api/v1/statuses/{}/context", id(own)))).await);
    let fresh = |v: &Value| {
        let theirs = v["account"]["id"].as_str().is_some_and(|a| a != connection.remote_account);
        theirs && !known.iter().any(|k| v["id"].as_str() == Some(&k.remote_id))
    };
    let raw = |v: Value| Raw { kind: map::ANSWER.into(), body: v.to_string().into_bytes() };
    Outcome::Done(context.descendants.into_iter().filter(fresh).map(raw).collect())
}

/// Media stand on hosts that need no credential, so none is sent.
pub async fn fetch_media(net: &dyn Egress, connection: &Connection, url: &str, limit: usize) -> Outcome<Vec<u8>> {
    let Ok(url) = url::Url::parse(url) else {
        return Outcome::Rejected { why: "the picture's address is not an address".into() };
    };
    let request = Request { method: Method::Get, url, headers: Vec::new(), body: Vec::new(), repeat: Repeat::Safe, timeout_ms: 30_000 };
    match net.send(request).await {
        Ok(response) if response.status == 200 && response.body.len() <= limit => Outcome::Done(response.body),
        Ok(response) if response.status == 200 => Outcome::Rejected { why: format!("the picture is larger than {limit} bytes") },
        Ok(response) if matches!(response.status, 404 | 410) => Outcome::Rejected { why: "the picture is gone".into() },
        Ok(response) => refused(connection, &response, false),
        Err(trouble) => match Outcome::from_trouble(trouble) {
            Outcome::Unknown { why } => Outcome::Broken { why },
            other => other,
        },
    }
}

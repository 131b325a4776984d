//! PURE: Mastodon's bytes to our messages.

use super::text::plain;
use super::wire::{Attachment, Deleted, Notification, Status};
use crate::contract::{Inbound, InboundMedia, InboundMessage, MapError, MessageKind, Micros, Raw};
use crate::egress::Frame;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Kinds of raw items: a notification; a status seen again (an edit); a status found below our own; something gone.
pub const NOTIFICATION: &str = "notification";
pub const STATUS: &str = "status";
pub const ANSWER: &str = "answer";
pub const DELETED: &str = "deleted";

/// An ISO 8601 time in microseconds.
pub fn micros(text: &str) -> Option<Micros> {
    text.parse::<jiff::Timestamp>().ok().map(|t| t.as_microsecond())
}

/// What names a status's present content: when it was edited last, or made.
pub fn revision(status: &Status) -> &str {
    status.edited_at.as_deref().filter(|e| !e.is_empty()).unwrap_or(&status.created_at)
}

pub fn map(raw: &Raw, own: &str) -> Result<Vec<Inbound>, MapError> {
    let fail = |why: String| MapError { platform: "mastodon".into(), kind: raw.kind.clone(), why };
    let one = match raw.kind.as_str() {
        NOTIFICATION => notified(read(raw)?, own),
        STATUS => seen_again(read(raw)?, own),
        ANSWER => arrived(read(raw)?, own).map(|m| m.map_or_else(ours, Inbound::Message)),
        DELETED => gone(read(raw)?),
        _ => Err("not a kind this platform sends".into()),
    };
    one.map(|i| vec![i]).map_err(fail)
}

fn read<T: DeserializeOwned>(raw: &Raw) -> Result<T, MapError> {
    serde_json::from_slice(&raw.body).map_err(|e| MapError { platform: "mastodon".into(), kind: raw.kind.clone(), why: e.to_string() })
}

fn ours() -> Inbound {
    Inbound::Ignored { why: "the account's own item".into() }
}

fn notified(n: Notification, own: &str) -> Result<Inbound, String> {
    match (n.kind.as_str(), n.status) {
        ("mention" | "quote", Some(status)) => Ok(arrived(status, own)?.map_or_else(ours, Inbound::Message)),
        ("update", Some(status)) => seen_again(status, own),
        ("mention" | "quote" | "update", None) => Err(format!("a `{}` without its status", n.kind)),
        (other, _) => Ok(Inbound::Ignored { why: format!("a notification of type `{}`", other.replace('\0', "")) }),
    }
}

fn seen_again(status: Status, own: &str) -> Result<Inbound, String> {
    if status.account.id == own {
        return Ok(ours());
    }
    let revision = revision(&status).to_owned();
    let at = micros(&revision).ok_or_else(|| format!("`{revision}` is not a time"))?;
    let text = text_of(&status);
    Ok(Inbound::Edited { remote_id: named(status.id)?, text, at, revision })
}

fn gone(d: Deleted) -> Result<Inbound, String> {
    Ok(Inbound::Deleted { remote_id: named(d.id)?, at: d.at.unwrap_or(0) })
}

/// A message, or nothing where the account itself wrote it.
fn arrived(status: Status, own: &str) -> Result<Option<InboundMessage>, String> {
    if status.account.id == own {
        return Ok(None);
    }
    let sent_at = micros(&status.created_at).ok_or_else(|| format!("`{}` is not a time", status.created_at))?;
    let text = text_of(&status);
    let kind = match status.visibility.as_str() {
        "direct" => MessageKind::Private,
        _ if status.in_reply_to_account_id.as_deref() == Some(own) => MessageKind::Comment,
        _ => MessageKind::Mention,
    };
    let extra = BTreeMap::from([("visibility".to_owned(), clean(&status.visibility)), ("acct".to_owned(), clean(&status.account.acct))]);
    Ok(Some(InboundMessage {
        revision: revision(&status).to_owned(),
        remote_id: named(status.id)?,
        kind,
        text,
        language: status.language.map(|l| clean(&l)),
        author_id: named(status.account.id)?,
        author_handle: clean(&status.account.acct),
        author_name: clean(&status.account.display_name),
        sent_at,
        url: status.url,
        parent: status.in_reply_to_id,
        root: None,
        media: status.media_attachments.into_iter().filter_map(picture).collect(),
        extra,
    }))
}

/// The content warning belongs to what was said.
fn text_of(status: &Status) -> String {
    let content = plain(&status.content);
    match clean(status.spoiler_text.trim()) {
        warning if warning.is_empty() => content,
        warning => format!("{warning}\n\n{content}"),
    }
}

fn picture(a: Attachment) -> Option<InboundMedia> {
    Some(InboundMedia { url: a.url.or(a.remote_url)?, mime: None, alt: a.description.map(|d| clean(&d)) })
}

fn named(id: String) -> Result<String, String> {
    if id.is_empty() { Err("an id is empty".into()) } else { Ok(id) }
}

/// U+0000 has no place in text columns; the raw body keeps it (`design.md` §7).
fn clean(text: &str) -> String {
    text.replace('\0', "")
}

/// A frame of the stream: an event whose payload is JSON once more, inside a string. Heartbeats hold nothing.
pub fn frame(frame: &Frame) -> Vec<Raw> {
    #[derive(serde::Deserialize)]
    struct Event {
        event: String,
        #[serde(default)]
        payload: String,
    }
    #[derive(serde::Deserialize)]
    struct Kind {
        #[serde(rename = "type")]
        kind: String,
    }
    let text = match frame {
        Frame::Text(text) => text.as_str(),
        Frame::Binary(_) => return Vec::new(),
    };
    let Ok(event) = serde_json::from_str::<Event>(text) else { return Vec::new() };
    match event.event.as_str() {
        // The same three as a poll asks for: who likes or follows is nothing to keep.
        "notification"
            if serde_json::from_str::<Kind>(&event.payload).is_ok_and(|n| !matches!(n.kind.as_str(), "mention" | "update" | "quote")) =>
        {
            Vec::new()
        }
        "notification" => vec![Raw { kind: NOTIFICATION.into(), body: event.payload.into_bytes() }],
        "status.update" => vec![Raw { kind: STATUS.into(), body: event.payload.into_bytes() }],
        "delete" => vec![Raw { kind: DELETED.into(), body: serde_json::json!({ "id": event.payload }).to_string().into_bytes() }],
        _ => Vec::new(),
    }
}

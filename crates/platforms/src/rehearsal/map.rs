//! PURE: the rehearsal platform's bytes to our messages, and our instants to its times.

use super::wire::{Delivery, Event, Message, What, Where};
use crate::contract::{Inbound, InboundMedia, InboundMessage, MapError, MessageKind, Micros, Raw};
use std::collections::BTreeMap;

/// An RFC 3339 time in microseconds.
pub fn micros(text: &str) -> Option<Micros> {
    text.parse::<jiff::Timestamp>().ok().map(|t| t.as_microsecond())
}

/// Microseconds as RFC 3339; instants beyond the calendar become its end.
pub fn rfc3339(at: Micros) -> String {
    jiff::Timestamp::from_microsecond(at).unwrap_or(jiff::Timestamp::MAX).to_string()
}

pub fn map(raw: &Raw, own: &str) -> Result<Vec<Inbound>, MapError> {
    let fail = |why: String| MapError { platform: "rehearsal".into(), kind: raw.kind.clone(), why };
    let events = match raw.kind.as_str() {
        "webhook" => serde_json::from_slice::<Delivery>(&raw.body).map_err(|e| fail(e.to_string()))?.events,
        "event" => vec![serde_json::from_slice::<Event>(&raw.body).map_err(|e| fail(e.to_string()))?],
        _ => return Err(fail("not a kind this platform sends".into())),
    };
    events.into_iter().map(|e| one(e, own).map_err(&fail)).collect()
}

fn one(event: Event, own: &str) -> Result<Inbound, String> {
    let at = micros(&event.at).ok_or_else(|| format!("`{}` is not a time", event.at))?;
    if event.account != own {
        return Ok(Inbound::Ignored { why: "it is about another account".into() });
    }
    Ok(match event.what {
        What::Created { message } if message.author.id == own => Inbound::Ignored { why: "the account's own item".into() },
        What::Created { message } => Inbound::Message(arrived(message)?),
        What::Edited { message } => {
            Inbound::Edited { remote_id: named(message.id)?, text: clean(&message.text), at, revision: message.revision.to_string() }
        }
        What::Deleted { id } => Inbound::Deleted { remote_id: named(id)?, at },
        What::Followed { .. } => Inbound::Ignored { why: "somebody followed the account".into() },
        What::Other => Inbound::Ignored { why: "an event of an unknown type".into() },
    })
}

fn arrived(message: Message) -> Result<InboundMessage, String> {
    let sent_at = micros(&message.sent_at).ok_or_else(|| format!("`{}` is not a time", message.sent_at))?;
    Ok(InboundMessage {
        remote_id: named(message.id)?,
        revision: message.revision.to_string(),
        kind: match message.kind {
            Where::Comment => MessageKind::Comment,
            Where::Mention => MessageKind::Mention,
            Where::Private => MessageKind::Private,
        },
        text: clean(&message.text),
        language: message.language,
        author_id: named(message.author.id)?,
        author_handle: clean(&message.author.handle),
        author_name: clean(&message.author.name),
        sent_at,
        url: message.url,
        parent: message.parent,
        root: message.root,
        media: message.media.into_iter().map(|m| InboundMedia { url: m.url, mime: Some(m.mime), alt: m.alt.map(|a| clean(&a)) }).collect(),
        extra: BTreeMap::new(),
    })
}

fn named(id: String) -> Result<String, String> {
    if id.is_empty() { Err("an id is empty".into()) } else { Ok(id) }
}

/// U+0000 has no place in text columns; the raw body keeps it (`design.md` §7).
fn clean(text: &str) -> String {
    text.replace('\0', "")
}

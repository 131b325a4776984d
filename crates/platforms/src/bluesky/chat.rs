//! Private messages: a service apart, reached through the account's server, and only with a credential that allows it.
//!
//! It has no key of our choosing, so a message is looked for before it is sent. It may be absent or closed to us:
//! intake of posts must not suffer from that ([`super::poll`]).

use super::client::{Answer, Client, Effect, Fault};
use super::facets::facets;
use super::map;
use super::wire::*;
use crate::contract::*;
use crate::egress::{Egress, Repeat};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Which service answers `chat.bsky`; another can be named in the connection's facts.
const SERVICE: &str = "did:web:api.bsky.chat#bsky_chat";
/// The scope of an app password made without private messages.
const WITHOUT: &str = "com.atproto.appPass";
/// Clocks differ: a message sent this much before its own time is still ours.
const SKEW: Micros = 120_000_000;
/// How far back a sent message is looked for.
const PAGES: usize = 3;
/// How much of the log one poll reads.
const LOG_PAGES: usize = 20;

pub(super) fn allowed(connection: &Connection) -> bool {
    connection.facts.get("scope").is_none_or(|scope| scope != WITHOUT)
}

fn client<'a>(net: &'a dyn Egress, connection: &'a Connection) -> Client<'a> {
    Client::new(net, connection).through(connection.facts.get("chat").map_or(SERVICE, String::as_str))
}

fn convo(to: &ReplyTo) -> Result<&str, Fault> {
    let known = to.extra.get("convo_id").map(String::as_str).or(parse_chat_id(&to.remote_id).map(|(convo, _)| convo));
    known.filter(|c| !c.is_empty()).ok_or(Fault::Forbidden { why: "the conversation of this message is not known".into() })
}

pub(super) async fn send(net: &dyn Egress, connection: &Connection, item: &Outgoing, to: &ReplyTo) -> Result<Receipt, Fault> {
    if let Some(sent) = find(net, connection, item, to).await? {
        return Ok(sent);
    }
    let convo = convo(to)?;
    let facets = map::facets_json(&facets(&item.text), &BTreeMap::new());
    let mut message = json!({"text": item.text});
    if !facets.is_empty() {
        message["facets"] = Value::Array(facets);
    }
    let body = json!({"convoId": convo, "message": message});
    let answer = client(net, connection).post("chat.bsky.convo.sendMessage", &body, Effect::Write, Repeat::Never).await?;
    let id = answer.value.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
    Ok(receipt(convo, id.ok_or(Fault::Unknown { why: "the message was taken and has no name".into() })?))
}

fn receipt(convo: &str, message: &str) -> Receipt {
    let extra = BTreeMap::from([("convo_id".to_string(), convo.to_string()), ("message_id".to_string(), message.to_string())]);
    Receipt { remote_id: chat_id(convo, message), url: format!("https://bsky.app/messages/{convo}"), extra }
}

/// A message of our own with the same words, not older than the item.
pub(super) async fn find(net: &dyn Egress, connection: &Connection, item: &Outgoing, to: &ReplyTo) -> Result<Option<Receipt>, Fault> {
    let convo = convo(to)?;
    let oldest = item.created_at.saturating_sub(SKEW);
    let found = look(net, connection, convo, |m| {
        (m.sender.did == connection.remote_account && m.text == item.text && map::instant(&m.sent_at).is_some_and(|at| at >= oldest))
            .then(|| receipt(convo, &m.id))
    });
    found.await
}

pub(super) async fn read_back(net: &dyn Egress, connection: &Connection, convo: &str, message: &str) -> Result<Seen, Fault> {
    let found = look(net, connection, convo, |m| (m.id == message && !m.text.is_empty()).then(|| m.text.replace('\0', "")));
    Ok(found.await?.map_or(Seen::Gone, |text| Seen::Live { text }))
}

async fn look<T>(
    net: &dyn Egress,
    connection: &Connection,
    convo: &str,
    wanted: impl Fn(&ChatMessage) -> Option<T>,
) -> Result<Option<T>, Fault> {
    let client = client(net, connection);
    let mut cursor = String::new();
    for _ in 0..PAGES {
        let mut query = vec![("convoId", convo), ("limit", "100")];
        if !cursor.is_empty() {
            query.push(("cursor", cursor.as_str()));
        }
        let answer = client.get("chat.bsky.convo.getMessages", &query).await?;
        let messages = list(&answer, "messages")?;
        // What is of another shape (a member joined) is no message.
        let read = messages.iter().filter_map(|m| serde_json::from_value::<ChatMessage>(m.clone()).ok());
        if let Some(found) = read.into_iter().find_map(|m| wanted(&m)) {
            return Ok(Some(found));
        }
        match answer.value.get("cursor").and_then(Value::as_str) {
            Some(next) if !messages.is_empty() && next != cursor => cursor = next.to_string(),
            _ => break,
        }
    }
    Ok(None)
}

fn list<'a>(answer: &'a Answer, key: &str) -> Result<&'a Vec<Value>, Fault> {
    let found = answer.value.get(key).and_then(Value::as_array);
    found.ok_or_else(|| Fault::Broken { why: "the answer of the private messages is not in the expected shape".into() })
}

/// What came since `rev`, and where to begin next. From the unread ones where there is no `rev`.
pub(super) async fn news(net: &dyn Egress, connection: &Connection, rev: Option<&str>) -> Result<(Vec<Raw>, String), Fault> {
    match rev {
        None => begin(net, connection).await,
        Some(rev) => log(net, connection, rev).await,
    }
}

async fn begin(net: &dyn Egress, connection: &Connection) -> Result<(Vec<Raw>, String), Fault> {
    let client = client(net, connection);
    let answer = client.get("chat.bsky.convo.listConvos", &[("limit", "100")]).await?;
    let (mut raws, mut newest) = (Vec::new(), String::new());
    for convo in list(&answer, "convos")? {
        let Some(id) = convo.get("id").and_then(Value::as_str) else { continue };
        newest = newest.max(convo.get("rev").and_then(Value::as_str).unwrap_or_default().to_string());
        if convo.get("unreadCount").and_then(Value::as_i64).unwrap_or(1) == 0 {
            continue;
        }
        let page = client.get("chat.bsky.convo.getMessages", &[("convoId", id), ("limit", "100")]).await?;
        let members = convo.get("members").cloned().unwrap_or(json!([]));
        raws.extend(list(&page, "messages")?.iter().filter(|m| is_said(m)).map(|m| private(id, m, &members)));
    }
    Ok((raws, newest))
}

async fn log(net: &dyn Egress, connection: &Connection, rev: &str) -> Result<(Vec<Raw>, String), Fault> {
    let client = client(net, connection);
    let (mut raws, mut newest) = (Vec::new(), rev.to_string());
    let mut members: BTreeMap<String, Value> = BTreeMap::new();
    for _ in 0..LOG_PAGES {
        let from = newest.clone();
        let query: &[(&str, &str)] = if from.is_empty() { &[] } else { &[("cursor", from.as_str())] };
        let answer = client.get("chat.bsky.convo.getLog", query).await?;
        for event in list(&answer, "logs")? {
            let word = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
            newest = newest.max(word("rev").to_string());
            let (Some(message), convo) = (event.get("message"), word("convoId")) else { continue };
            let id = message.get("id").and_then(Value::as_str).unwrap_or_default();
            match word("$type").rsplit('#').next() {
                Some("logCreateMessage") if is_said(message) => {
                    let profiles = match event.get("relatedProfiles") {
                        Some(profiles) => profiles.clone(),
                        None => participants(&client, convo, &mut members).await?,
                    };
                    raws.push(private(convo, message, &profiles));
                }
                Some("logDeleteMessage") => raws.push(gone(&chat_id(convo, id), answer.at)),
                _ => {}
            }
        }
        if newest == from {
            break;
        }
    }
    // What is left comes with the next poll, which begins where this one ended.
    Ok((raws, newest))
}

/// Words of a person: not a joining, a leaving, or what was deleted meanwhile.
fn is_said(message: &Value) -> bool {
    message.get("text").is_some() && message.get("sender").is_some()
}

/// Who takes part in a conversation, asked once.
async fn participants(client: &Client<'_>, convo: &str, known: &mut BTreeMap<String, Value>) -> Result<Value, Fault> {
    if let Some(members) = known.get(convo) {
        return Ok(members.clone());
    }
    let answer = client.get("chat.bsky.convo.getConvo", &[("convoId", convo)]).await?;
    let members = answer.value.pointer("/convo/members").cloned().unwrap_or(json!([]));
    known.insert(convo.to_string(), members.clone());
    Ok(members)
}

fn private(convo: &str, message: &Value, profiles: &Value) -> Raw {
    Raw {
        kind: "private".into(),
        body: json!({"convoId": convo, "message": message, "relatedProfiles": profiles}).to_string().into_bytes(),
    }
}

pub(super) fn gone(id: &str, seen_at: Micros) -> Raw {
    Raw { kind: "gone".into(), body: json!(Gone { id: id.to_string(), seen_at }).to_string().into_bytes() }
}

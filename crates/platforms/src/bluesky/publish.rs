//! Posts out: made once at an address known beforehand, found again, read back, deleted.

use super::client::{Client, Effect, Fault};
use super::facets::{What, facets};
use super::map::{self, Resolved};
use super::wire::*;
use super::{chat, tid};
use crate::contract::*;
use crate::egress::{Egress, Repeat};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn key(item: &Outgoing) -> String {
    tid::of_item(item.created_at, &item.key)
}

pub(super) async fn publish(client: &Client<'_>, connection: &Connection, item: &Outgoing) -> Result<Receipt, Fault> {
    let facets = facets(&item.text);
    let handles = facets.iter().filter_map(|f| if let What::Mention(handle) = &f.what { Some(handle.as_str()) } else { None });
    let mut known = Resolved { mentions: mentions(client, handles).await?, ..Resolved::default() };
    for image in &item.images {
        known.blobs.push(blob(client, image).await?);
    }
    if let Some(to) = &item.reply_to {
        known.reply = Some(answered(client, to).await?);
    }
    let record =
        map::record(item, &facets, &known).ok_or(Fault::Forbidden { why: "the time of the post is no time: schedule it again".into() })?;
    let body = json!({"repo": connection.remote_account, "collection": POST, "rkey": key(item), "record": record, "swapRecord": null});
    // Safe to repeat: at this address there is nothing, or this.
    match client.post("com.atproto.repo.putRecord", &body, Effect::Write, Repeat::Safe).await {
        Ok(answer) => {
            let word = |key: &str| answer.value.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
            let made = Record { uri: word("uri"), cid: word("cid"), value: record };
            map::receipt(&made)
                .filter(|_| !made.cid.is_empty())
                .ok_or(Fault::Unknown { why: "the server took it and did not say where it is".into() })
        }
        Err(fault) if fault.is("InvalidSwap") => already(client, connection, item).await,
        Err(fault) => Err(fault),
    }
}

/// Something stands at the item's address: an earlier attempt, unless it says something else.
async fn already(client: &Client<'_>, connection: &Connection, item: &Outgoing) -> Result<Receipt, Fault> {
    match get(client, &connection.remote_account, POST, &key(item)).await.map_err(unsure)? {
        Some(record) if record.value.get("text").and_then(Value::as_str) == Some(item.text.as_str()) => {
            map::receipt(&record).ok_or(Fault::Unknown { why: "the server does not say where the post is".into() })
        }
        Some(_) => Err(Fault::Forbidden {
            why: "another post stands at this post's address: look at the account, then send it as a new post".into(),
        }),
        None => Err(Fault::Unknown { why: "the post was there and is gone again".into() }),
    }
}

/// A read that failed after a write: the write is what we do not know.
fn unsure(fault: Fault) -> Fault {
    match fault {
        Fault::Broken { why } => Fault::Unknown { why },
        other => other,
    }
}

pub(super) async fn find(client: &Client<'_>, connection: &Connection, item: &Outgoing) -> Result<Option<Receipt>, Fault> {
    let found = get(client, &connection.remote_account, POST, &key(item)).await?;
    Ok(found.as_ref().and_then(map::receipt))
}

/// Our own posts by our own server, others' by the network's view of them.
pub(super) async fn read_back(net: &dyn Egress, connection: &Connection, remote_id: &str) -> Result<Seen, Fault> {
    if let Some((convo, message)) = parse_chat_id(remote_id) {
        return chat::read_back(net, connection, convo, message).await;
    }
    let at = At::parse(remote_id).ok_or(Fault::Forbidden { why: "this is not the address of an item on Bluesky".into() })?;
    let record = get(&Client::new(net, connection), at.did, at.collection, at.key).await?;
    Ok(match record {
        Some(record) => Seen::Live { text: record.value.get("text").and_then(Value::as_str).unwrap_or_default().replace('\0', "") },
        None => Seen::Gone,
    })
}

pub(super) async fn delete(client: &Client<'_>, connection: &Connection, at: At<'_>) -> Result<(), Fault> {
    let body = json!({"repo": connection.remote_account, "collection": at.collection, "rkey": at.key});
    match client.post("com.atproto.repo.deleteRecord", &body, Effect::Write, Repeat::Safe).await {
        Ok(_) => Ok(()),
        Err(fault) if fault.is("RecordNotFound") => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// A record wherever it is; a repository that is gone holds none.
pub(super) async fn get(client: &Client<'_>, did: &str, collection: &str, key: &str) -> Result<Option<Record>, Fault> {
    let query = [("repo", did), ("collection", collection), ("rkey", key)];
    match client.get("com.atproto.repo.getRecord", &query).await {
        Ok(answer) => {
            let record = serde_json::from_value(answer.value);
            record.map(Some).map_err(|_| Fault::Broken { why: "the server's answer holds no record".into() })
        }
        Err(fault) if fault.is("RecordNotFound") => Ok(None),
        Err(Fault::Refused { message, .. }) if message.starts_with("Could not find repo") => Ok(None),
        Err(fault) => Err(fault),
    }
}

async fn mentions(client: &Client<'_>, handles: impl Iterator<Item = &str>) -> Result<BTreeMap<String, String>, Fault> {
    let mut known = BTreeMap::new();
    for handle in handles {
        if known.contains_key(handle) {
            continue;
        }
        match client.get("com.atproto.identity.resolveHandle", &[("handle", handle)]).await {
            Ok(answer) => {
                let did = answer.value.get("did").and_then(Value::as_str).filter(|d| is_did(d));
                let did = did.ok_or(Fault::Broken { why: "the server does not say whose handle it is".into() })?;
                known.insert(handle.to_string(), did.to_string());
            }
            // Nobody has it (or it cannot be one): it stays as text.
            Err(Fault::Refused { .. }) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(known)
}

async fn blob(client: &Client<'_>, image: &Image) -> Result<Value, Fault> {
    let mut answer = client.upload(&image.bytes, &image.mime).await?;
    let blob = answer.value.get_mut("blob").map(Value::take).filter(|b| b.pointer("/ref/$link").is_some());
    blob.ok_or(Fault::Broken { why: "the server took the picture and did not name it".into() })
}

/// Root and parent of a reply. What the message brought is used; what is missing is asked.
async fn answered(client: &Client<'_>, to: &ReplyTo) -> Result<(StrongRef, StrongRef), Fault> {
    let extra = |key: &str| to.extra.get(key).filter(|v| !v.is_empty()).cloned();
    if let (Some(cid), Some(root_uri), Some(root_cid)) = (extra("cid"), extra("root_uri"), extra("root_cid")) {
        return Ok((StrongRef { uri: root_uri, cid: root_cid }, StrongRef { uri: to.remote_id.clone(), cid }));
    }
    let at = At::parse(&to.remote_id).ok_or(Fault::Forbidden { why: "what is answered is not an item on Bluesky".into() })?;
    let record = get(client, at.did, at.collection, at.key).await?;
    let record = record.ok_or(Fault::Forbidden { why: "what is answered is no longer there".into() })?;
    let parent = StrongRef { uri: to.remote_id.clone(), cid: record.cid.clone() };
    let root = record.value.pointer("/reply/root").and_then(|v| serde_json::from_value(v.clone()).ok());
    Ok((root.unwrap_or_else(|| parent.clone()), parent))
}

/// Where the picture named `at://…#cid` can be had now.
pub(super) async fn picture(client: &Client<'_>, name: &str) -> Result<String, Fault> {
    let gone = || Fault::Forbidden { why: "the picture is no longer there".into() };
    let (uri, cid) = name.split_once('#').ok_or(Fault::Forbidden { why: "this does not name a picture on Bluesky".into() })?;
    let answer = client.get("app.bsky.feed.getPosts", &[("uris", uri)]).await?;
    let view = answer.value.pointer("/posts/0").ok_or_else(gone)?;
    map::picture_address(view, cid).ok_or_else(gone)
}

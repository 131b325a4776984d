//! PURE, both ways: their bytes to our messages, our item to their record. No clock, no network, never a panic.

use super::facets::{Facet, What};
use super::wire::*;
use crate::contract::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use unicode_segmentation::UnicodeSegmentation;

/// Private messages: the chat service's own figure.
pub(super) const MAX_CHAT: usize = 1000;

pub(super) fn map(raw: &Raw, own: &str) -> Result<Vec<Inbound>, MapError> {
    let fail = |why: String| MapError { platform: "bluesky".into(), kind: raw.kind.clone(), why };
    let one = match raw.kind.as_str() {
        "notification" => notification(read(&raw.body).map_err(fail)?, own),
        "reply" => reply(read(&raw.body).map_err(fail)?, own),
        "post" => edited(read(&raw.body).map_err(fail)?),
        "private" => private(read(&raw.body).map_err(fail)?, own),
        "gone" => gone(read(&raw.body).map_err(fail)?),
        "note" => note(read(&raw.body).map_err(fail)?),
        _ => Err("nothing of this kind is known".into()),
    };
    one.map(|inbound| vec![inbound]).map_err(fail)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|e| format!("it is not in the expected shape at line {} column {}", e.line(), e.column()))
}

fn notification(n: Notification, own: &str) -> Result<Inbound, String> {
    if n.author.did == own {
        return ignored("an item of the account's own");
    }
    if !matches!(n.reason.as_str(), "mention" | "reply" | "quote") {
        return ignored(&format!("`{}` says nothing that needs an answer", n.reason.escape_debug()));
    }
    let post = PostView { uri: n.uri, cid: n.cid, author: n.author, record: n.record, indexed_at: n.indexed_at };
    message(post, own, n.reason == "reply")
}

fn reply(body: Value, own: &str) -> Result<Inbound, String> {
    let post: PostView = serde_json::from_value(body.get("post").cloned().unwrap_or(Value::Null)).map_err(|_| "it holds no post")?;
    if post.author.did == own {
        return ignored("an item of the account's own");
    }
    message(post, own, true)
}

/// Below a post of the account's own it is a comment; elsewhere a mention.
fn message(post: PostView, own: &str, answers_us: bool) -> Result<Inbound, String> {
    let at = At::parse(&post.uri).ok_or("its address is not one")?;
    if text(&post.cid).is_empty() || !is_did(&post.author.did) {
        return Err("it lacks a version or an author".into());
    }
    let record = post.record.as_object().ok_or("it holds no record")?;
    let strong = |path: &str| post.record.pointer(path).and_then(|v| serde_json::from_value::<StrongRef>(v.clone()).ok());
    let (parent, root) = (strong("/reply/parent"), strong("/reply/root"));
    let ours = root.as_ref().and_then(|r| At::parse(&r.uri)).is_some_and(|r| r.did == own);
    let first = root.clone().unwrap_or(StrongRef { uri: post.uri.clone(), cid: post.cid.clone() });
    let mut extra =
        BTreeMap::from([("cid".to_string(), post.cid.clone()), ("root_uri".to_string(), first.uri), ("root_cid".to_string(), first.cid)]);
    if let Some(claimed) = record.get("createdAt").and_then(Value::as_str) {
        extra.insert("created_at".into(), text(claimed));
    }
    if let Some(quoted) = ["/embed/record/uri", "/embed/record/record/uri"].iter().find_map(|p| post.record.pointer(p)?.as_str()) {
        extra.insert("quotes".into(), text(quoted));
    }
    let links = links(&post.record);
    if !links.is_empty() {
        // The words shown may say another address than the one behind them.
        extra.insert("links".into(), links.join(" "));
    }
    Ok(Inbound::Message(InboundMessage {
        revision: text(&post.cid),
        kind: if answers_us || ours { MessageKind::Comment } else { MessageKind::Mention },
        text: record.get("text").and_then(Value::as_str).map(text).unwrap_or_default(),
        language: post.record.pointer("/langs/0").and_then(Value::as_str).map(text),
        author_handle: text(&post.author.handle),
        author_name: post.author.display_name.as_deref().map(text).unwrap_or_default(),
        author_id: post.author.did,
        // Never later than the network saw it; the author can date it back. The claim itself is kept in `extra`.
        sent_at: instant(&post.indexed_at).ok_or("it says no time")?,
        url: Some(page(at)),
        parent: parent.map(|r| text(&r.uri)),
        root: root.map(|r| text(&r.uri)),
        media: media(&post.uri, &post.record),
        remote_id: text(&post.uri),
        extra,
    }))
}

fn edited(c: Changed) -> Result<Inbound, String> {
    if At::parse(&c.uri).is_none() || text(&c.cid).is_empty() {
        return Err("its address or version is not one".into());
    }
    let said = c.record.get("text").and_then(Value::as_str).ok_or("it holds no text")?;
    Ok(Inbound::Edited { text: text(said), at: c.seen_at, revision: text(&c.cid), remote_id: text(&c.uri) })
}

fn gone(g: Gone) -> Result<Inbound, String> {
    if At::parse(&g.id).is_none() && parse_chat_id(&g.id).is_none() {
        return Err("its address is not one".into());
    }
    Ok(Inbound::Deleted { remote_id: text(&g.id), at: g.seen_at })
}

fn note(body: Value) -> Result<Inbound, String> {
    let why = body.get("why").and_then(Value::as_str).filter(|w| !w.is_empty()).ok_or("it says nothing")?;
    ignored(&text(why))
}

fn private(p: Private, own: &str) -> Result<Inbound, String> {
    if p.message.sender.did == own {
        return ignored("a private message of the account's own");
    }
    if text(&p.convo_id).is_empty() || text(&p.message.id).is_empty() || !is_did(&p.message.sender.did) {
        return Err("it lacks an id, a version or a sender".into());
    }
    let author = p.profiles.iter().find(|a| a.did == p.message.sender.did);
    let id = chat_id(&p.convo_id, &p.message.id);
    Ok(Inbound::Message(InboundMessage {
        remote_id: text(&id),
        // A private message is never edited; its version also counts reactions, so the id names the content.
        revision: text(&p.message.id),
        kind: MessageKind::Private,
        text: text(&p.message.text),
        language: None,
        author_handle: author.map(|a| text(&a.handle)).unwrap_or_default(),
        author_name: author.and_then(|a| a.display_name.as_deref()).map(text).unwrap_or_default(),
        author_id: p.message.sender.did,
        sent_at: instant(&p.message.sent_at).ok_or("it says no time")?,
        url: None,
        parent: None,
        root: Some(text(&format!("chat/{}", p.convo_id))),
        media: Vec::new(),
        extra: BTreeMap::from([("convo_id".to_string(), text(&p.convo_id)), ("message_id".to_string(), text(&p.message.id))]),
    }))
}

fn ignored(why: &str) -> Result<Inbound, String> {
    Ok(Inbound::Ignored { why: why.to_string() })
}

/// U+0000 has no place in our text (`design.md` §7); the raw body keeps it.
fn text(s: &str) -> String {
    s.replace('\0', "")
}

pub(super) fn instant(s: &str) -> Option<Micros> {
    s.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}

/// Where a person can look at it.
pub(super) fn page(at: At) -> String {
    format!("https://bsky.app/profile/{}/post/{}", at.did, at.key)
}

/// Addresses behind words, and of a link card.
fn links(record: &Value) -> Vec<String> {
    let facets = record.get("facets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let features = facets.iter().filter_map(|f| f.get("features")?.as_array()).flatten();
    let card = ["/embed/external/uri", "/embed/media/external/uri"].iter().filter_map(|p| record.pointer(p));
    features
        .filter_map(|f| f.get("uri"))
        .chain(card)
        .filter_map(Value::as_str)
        .map(text)
        .filter(|l| !l.contains(char::is_whitespace))
        .take(50)
        .collect()
}

/// A record names pictures by content alone; where they can be had is asked when they are fetched. A video is
/// kept as its still picture.
fn media(uri: &str, record: &Value) -> Vec<InboundMedia> {
    let embeds = [record.get("embed"), record.pointer("/embed/media")];
    let mut found = Vec::new();
    for embed in embeds.into_iter().flatten() {
        let pictures = embed.get("images").or_else(|| embed.get("items")).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for (blob, holder) in pictures.iter().filter_map(|p| Some((p.get("image")?, p))).chain(embed.get("video").map(|v| (v, embed))) {
            let Some(cid) = blob.pointer("/ref/$link").and_then(Value::as_str) else { continue };
            let still = embed.get("video").is_some();
            found.push(InboundMedia {
                url: text(&format!("{uri}#{cid}")),
                mime: blob.get("mimeType").and_then(Value::as_str).filter(|_| !still).map(text),
                alt: holder.get("alt").and_then(Value::as_str).filter(|a| !a.is_empty()).map(text),
            });
        }
    }
    found
}

/// Where the picture of `cid` can be had, from a view of the post that holds it.
pub(super) fn picture_address(view: &Value, cid: &str) -> Option<String> {
    for (record, shown) in [("/record/embed", "/embed"), ("/record/embed/media", "/embed/media")] {
        let (Some(record), Some(shown)) = (view.pointer(record), view.pointer(shown)) else { continue };
        for list in ["images", "items"] {
            let named = record.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            if let Some(i) = named.iter().position(|p| p.pointer("/image/ref/$link").and_then(Value::as_str) == Some(cid)) {
                return shown.get(list)?.get(i)?.get("fullsize")?.as_str().map(str::to_string);
            }
        }
        if record.pointer("/video/ref/$link").and_then(Value::as_str) == Some(cid) {
            return shown.get("thumbnail")?.as_str().map(str::to_string);
        }
    }
    None
}

/// Why the platform would not take it, known before anything is sent.
pub(super) fn refusal(item: &Outgoing, c: &Capabilities) -> Option<String> {
    let private = item.reply_to.as_ref().is_some_and(|r| r.private);
    let max = if private { MAX_CHAT } else { c.max_graphemes };
    let length = item.text.graphemes(true).count();
    if item.text.trim().is_empty() && item.images.is_empty() {
        return Some("there is nothing in it: write something".into());
    }
    if length > max {
        return Some(format!("Bluesky allows {max} characters, this has {length}: shorten it"));
    }
    if let Some(bytes) = c.max_bytes.filter(|b| item.text.len() > *b && !private) {
        return Some(format!("Bluesky allows {bytes} bytes of text, this has {}: shorten it", item.text.len()));
    }
    if private && !item.images.is_empty() {
        return Some("a private message on Bluesky takes no picture: send a link to it".into());
    }
    if item.images.len() > c.max_images {
        return Some(format!("Bluesky allows {} pictures in a post, this has {}", c.max_images, item.images.len()));
    }
    item.images.iter().enumerate().find_map(|(i, image)| picture_refusal(i + 1, image, c))
}

fn picture_refusal(number: usize, image: &Image, c: &Capabilities) -> Option<String> {
    let alt = image.alt.graphemes(true).count();
    if image.alt.trim().is_empty() {
        Some(format!("picture {number} has no alternative text: describe it"))
    } else if alt > c.max_alt {
        Some(format!("the alternative text of picture {number} has {alt} characters; {} are allowed", c.max_alt))
    } else if !c.image_types.contains(&image.mime) {
        Some(format!("picture {number} is of a type that is not taken: use JPEG, PNG or WebP"))
    } else if image.bytes.len() > c.max_image_bytes {
        Some(format!("picture {number} has {} bytes; {} are allowed", image.bytes.len(), c.max_image_bytes))
    } else if image.width == 0 || image.height == 0 {
        Some(format!("picture {number} has no size: add it again"))
    } else {
        None
    }
}

/// What is known only after asking: who the mentions are, the pictures' blobs, what is answered.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// Handle to DID, for the handles that exist.
    pub mentions: BTreeMap<String, String>,
    pub blobs: Vec<Value>,
    pub reply: Option<(StrongRef, StrongRef)>,
}

pub(super) fn facets_json(facets: &[Facet], mentions: &BTreeMap<String, String>) -> Vec<Value> {
    let feature = |what: &What| match what {
        What::Link(uri) => Some(json!({"$type": "app.bsky.richtext.facet#link", "uri": uri})),
        What::Tag(tag) => Some(json!({"$type": "app.bsky.richtext.facet#tag", "tag": tag})),
        // A handle nobody has stays plain text.
        What::Mention(handle) => mentions.get(handle).map(|did| json!({"$type": "app.bsky.richtext.facet#mention", "did": did})),
    };
    let facet = |f: &Facet| Some(json!({"index": {"byteStart": f.start, "byteEnd": f.end}, "features": [feature(&f.what)?]}));
    facets.iter().filter_map(facet).collect()
}

/// The post record. Built from stored facts alone, so that every attempt makes the same bytes.
pub(super) fn record(item: &Outgoing, facets: &[Facet], known: &Resolved) -> Option<Value> {
    let created = rfc3339(item.created_at)?;
    let mut record = json!({"$type": POST, "text": item.text, "createdAt": created});
    if !item.language.trim().is_empty() {
        record["langs"] = json!([item.language.trim()]);
    }
    let facets = facets_json(facets, &known.mentions);
    if !facets.is_empty() {
        record["facets"] = Value::Array(facets);
    }
    if let Some((root, parent)) = &known.reply {
        record["reply"] = json!({"root": root, "parent": parent});
    }
    if !known.blobs.is_empty() {
        let image = |(image, blob): (&Image, &Value)| json!({"image": blob, "alt": image.alt, "aspectRatio": {"width": image.width, "height": image.height}});
        let images: Vec<Value> = item.images.iter().zip(&known.blobs).map(image).collect();
        record["embed"] = json!({"$type": "app.bsky.embed.images", "images": images});
    }
    Some(record)
}

pub(super) fn rfc3339(at: Micros) -> Option<String> {
    let instant = jiff::Timestamp::from_microsecond(at).ok()?;
    Some(instant.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

/// What is kept of a post that is out: a later part of its thread answers it by these.
pub(super) fn receipt(record: &Record) -> Option<Receipt> {
    let at = At::parse(&record.uri)?;
    let root = record.value.pointer("/reply/root").and_then(|v| serde_json::from_value::<StrongRef>(v.clone()).ok());
    let root = root.unwrap_or(StrongRef { uri: record.uri.clone(), cid: record.cid.clone() });
    Some(Receipt {
        remote_id: record.uri.clone(),
        url: page(at),
        extra: BTreeMap::from([
            ("cid".to_string(), record.cid.clone()),
            ("root_uri".to_string(), root.uri),
            ("root_cid".to_string(), root.cid),
        ]),
    })
}

//! Their shapes, as far as we read them. What we do not read is not described; what may be missing is optional.

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Author {
    pub did: String,
    #[serde(default)]
    pub handle: String,
    #[serde(default, rename = "displayName")]
    pub display_name: Option<String>,
}

/// `app.bsky.notification.listNotifications#notification`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Notification {
    pub uri: String,
    pub cid: String,
    pub author: Author,
    pub reason: String,
    pub record: Value,
    #[serde(rename = "indexedAt")]
    pub indexed_at: String,
}

/// `app.bsky.feed.defs#postView`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct PostView {
    pub uri: String,
    pub cid: String,
    pub author: Author,
    pub record: Value,
    #[serde(rename = "indexedAt")]
    pub indexed_at: String,
}

/// `com.atproto.repo.getRecord`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Record {
    pub uri: String,
    #[serde(default)]
    pub cid: String,
    pub value: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub(super) struct StrongRef {
    pub uri: String,
    pub cid: String,
}

/// `chat.bsky.convo.defs#messageView` and its deleted form, which has no text.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ChatMessage {
    pub id: String,
    #[serde(default)]
    pub text: String,
    pub sender: Sender,
    #[serde(rename = "sentAt")]
    pub sent_at: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Sender {
    pub did: String,
}

/// What we keep raw of a private message: the message as it came, its conversation, and who takes part.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Private {
    #[serde(rename = "convoId")]
    pub convo_id: String,
    pub message: ChatMessage,
    #[serde(default, rename = "relatedProfiles")]
    pub profiles: Vec<Author>,
}

/// An item that is no longer there, as of an instant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Gone {
    pub id: String,
    pub seen_at: i64,
}

/// An item as it is now.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Changed {
    pub uri: String,
    pub cid: String,
    pub record: Value,
    pub seen_at: i64,
}

/// An address in a repository: `at://did/collection/key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At<'a> {
    pub did: &'a str,
    pub collection: &'a str,
    pub key: &'a str,
}

impl<'a> At<'a> {
    pub fn parse(uri: &'a str) -> Option<Self> {
        let mut parts = uri.strip_prefix("at://")?.split('/');
        let (did, collection, key) = (parts.next()?, parts.next()?, parts.next()?);
        let whole = parts.next().is_none() && is_did(did) && !collection.is_empty() && !key.is_empty() && !key.contains(['?', '#']);
        whole.then_some(At { did, collection, key })
    }
}

pub(super) fn is_did(s: &str) -> bool {
    let mut parts = s.splitn(3, ':');
    let (scheme, method, id) = (parts.next(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:%".contains(&b));
    scheme == Some("did") && !method.is_empty() && method.bytes().all(|b| b.is_ascii_lowercase()) && !id.is_empty() && plain(id)
}

/// A private message has no address of its own: conversation and message together are one.
pub(super) fn chat_id(convo: &str, message: &str) -> String {
    format!("chat/{convo}/{message}")
}

pub(super) fn parse_chat_id(id: &str) -> Option<(&str, &str)> {
    id.strip_prefix("chat/")?.split_once('/').filter(|(c, m)| !c.is_empty() && !m.is_empty())
}

pub(super) const POST: &str = "app.bsky.feed.post";
pub(super) const GATE: &str = "app.bsky.feed.threadgate";
pub(super) const BLOCK: &str = "app.bsky.graph.block";

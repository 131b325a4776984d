//! The rehearsal platform's shapes, shared by the connector and the server so that they cannot drift apart.

use serde::{Deserialize, Serialize};

/// The header that carries a webhook's signature.
pub const SIGNATURE: &str = "Bluelamp-Rehearsal-Signature";

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Person {
    pub id: String,
    pub handle: String,
    pub name: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Where {
    Comment,
    Mention,
    Private,
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Media {
    pub url: String,
    pub mime: String,
    #[serde(default)]
    pub alt: Option<String>,
}

/// What a member of the public wrote.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub revision: u32,
    pub kind: Where,
    pub text: String,
    #[serde(default)]
    pub language: Option<String>,
    pub author: Person,
    /// RFC 3339, UTC.
    pub sent_at: String,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub parent: Option<String>,
    #[serde(default)]
    pub root: Option<String>,
    #[serde(default)]
    pub media: Vec<Media>,
}

/// What happened, in the order of `seq`. Kinds that a reader does not know are to be passed over.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Event {
    pub seq: u64,
    /// The id of the account it happened to.
    pub account: String,
    /// RFC 3339, UTC.
    pub at: String,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(tag = "type")]
pub enum What {
    #[serde(rename = "message.created")]
    Created { message: Message },
    #[serde(rename = "message.edited")]
    Edited { message: Message },
    #[serde(rename = "message.deleted")]
    Deleted { id: String },
    #[serde(rename = "person.followed")]
    Followed { person: Person },
    #[serde(other)]
    Other,
}

/// The body of a webhook: one or more events of one account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    pub account: String,
    pub events: Vec<Event>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventPage {
    pub events: Vec<Event>,
    pub next: u64,
    pub more: bool,
    /// Nothing of the account between this instant and the page's end is missing from the page. RFC 3339.
    #[serde(default)]
    pub complete_from: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenRequest {
    pub key: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Token {
    pub access_token: String,
    /// RFC 3339, UTC.
    pub expires_at: String,
    pub account: Person,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Limits {
    pub server: String,
    pub max_characters: usize,
    pub max_images: usize,
    pub max_image_bytes: usize,
    pub max_alt: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Picture {
    pub mime: String,
    pub alt: String,
    /// Standard base 64.
    pub data: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct NewPost {
    /// The same on every attempt: the server answers the first post again.
    pub key: String,
    pub text: String,
    pub language: String,
    #[serde(default)]
    pub images: Vec<Picture>,
    #[serde(default)]
    pub reply_to: Option<String>,
    /// A private message to this person.
    #[serde(default)]
    pub private_to: Option<String>,
    pub created_at: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Post {
    pub id: String,
    pub account: String,
    pub url: String,
    pub text: String,
    pub created_at: String,
    #[serde(default)]
    pub reply_to: Option<String>,
    #[serde(default)]
    pub root: Option<String>,
    #[serde(default)]
    pub private_to: Option<String>,
    #[serde(default)]
    pub alts: Vec<String>,
}

/// What a read of one item answers, for posts and for messages that the account may see.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item {
    pub id: String,
    pub text: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measure {
    /// `hide`, `unhide`, `delete`, `report`, `block` or `unblock`.
    pub action: String,
    pub message: String,
    pub person: String,
    pub ground: String,
    pub reason: String,
}

/// Every refusal: a code for programs and words for people.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refused {
    pub error: String,
    #[serde(default)]
    pub detail: String,
}

/// The answer to an act that gives nothing back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Taken {
    pub taken: bool,
}

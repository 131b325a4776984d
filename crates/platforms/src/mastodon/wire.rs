//! Mastodon's shapes, as far as we read them. Ids are opaque strings; what a server leaves out has a default.

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
pub struct Account {
    pub id: String,
    pub acct: String,
    #[serde(default)]
    pub display_name: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Attachment {
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub remote_url: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Status {
    pub id: String,
    pub created_at: String,
    #[serde(default)]
    pub edited_at: Option<String>,
    pub account: Account,
    pub content: String,
    pub visibility: String,
    #[serde(default)]
    pub spoiler_text: String,
    #[serde(default)]
    pub language: Option<String>,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub in_reply_to_id: Option<String>,
    #[serde(default)]
    pub in_reply_to_account_id: Option<String>,
    #[serde(default)]
    pub replies_count: u64,
    #[serde(default)]
    pub media_attachments: Vec<Attachment>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Notification {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub status: Option<Status>,
}

/// What a poll needs of a notification before it is stored whole.
#[derive(Debug, Clone, Deserialize)]
pub struct NotificationHead {
    pub id: String,
    pub created_at: String,
}

/// What tells that something is gone: a stream's `delete`, or a revisit that found nothing.
#[derive(Debug, Clone, Deserialize)]
pub struct Deleted {
    pub id: String,
    /// Microseconds; nothing where the platform does not say.
    #[serde(default)]
    pub at: Option<i64>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Media {
    pub id: String,
    #[serde(default)]
    pub url: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Source {
    pub text: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Context {
    pub descendants: Vec<serde_json::Value>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Relationship {
    pub id: String,
    #[serde(rename = "blocking")]
    pub _blocking: bool,
}

/// An answer of which we need only that it is about a thing with an id.
#[derive(Debug, Clone, Deserialize)]
pub struct Named {
    #[serde(rename = "id")]
    pub _id: serde_json::Value,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Token {
    pub access_token: String,
}

/// An app's registration on one server: kept per server, not per account.
#[derive(Clone, Deserialize)]
pub struct App {
    pub client_id: String,
    pub client_secret: String,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Fault {
    pub error: String,
    #[serde(default)]
    pub error_description: Option<String>,
}

/// `GET /api/v2/instance`, and what version 1 shares with it.
#[derive(Debug, Clone, Deserialize)]
pub struct Instance {
    #[serde(default)]
    pub title: String,
    pub version: String,
    #[serde(default)]
    pub configuration: Configuration,
    /// Version 1 only.
    #[serde(default)]
    pub urls: Urls1,
    #[serde(default)]
    pub max_toot_chars: Option<usize>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Urls1 {
    #[serde(default)]
    pub streaming_api: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Configuration {
    #[serde(default)]
    pub statuses: Statuses,
    #[serde(default)]
    pub media_attachments: MediaLimits,
    #[serde(default)]
    pub urls: Urls2,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Statuses {
    pub max_characters: Option<usize>,
    pub max_media_attachments: Option<usize>,
    pub characters_reserved_per_url: Option<usize>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct MediaLimits {
    #[serde(default)]
    pub supported_mime_types: Vec<String>,
    pub description_limit: Option<usize>,
    pub image_size_limit: Option<usize>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Urls2 {
    #[serde(default)]
    pub streaming: Option<String>,
}

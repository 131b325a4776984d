//! What every connector can be asked, and the closed set of what it may answer (`design.md` §9).

use crate::egress::{Egress, Frame, Request, Trouble};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Microseconds since 1970, UTC: the unit of every instant in Bluelamp.
pub type Micros = i64;

/// What a platform can do and how much it takes, as data: pages and rules ask this, never the platform's name.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Capabilities {
    /// The platform's name in addresses and tables, `bluesky`.
    pub platform: String,
    /// Its name for people, `Bluesky`.
    pub title: String,
    /// When the limits were last checked against the platform's own documents, `YYYY-MM-DD`.
    pub checked_on: String,
    pub publish: bool,
    pub threads: bool,
    pub max_graphemes: usize,
    pub max_bytes: Option<usize>,
    /// What one link counts, where links have a fixed length.
    pub link_counts: Option<usize>,
    pub max_images: usize,
    pub max_image_bytes: usize,
    pub image_types: Vec<String>,
    pub max_alt: usize,
    pub reply: bool,
    pub read_mentions: bool,
    pub read_private: bool,
    pub reply_private: bool,
    pub hide_comment: Ability,
    pub delete_comment: Ability,
    pub block: Ability,
    pub report: Ability,
    pub delete_post: bool,
    pub intake: Vec<Intake>,
    /// Said to the person who uses the ability: what is public about it, what it does not do.
    pub notes: Vec<String>,
}

/// Whether an ability exists, and whether it can be taken back.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Ability {
    None,
    OneWay,
    Reversible,
}

/// How messages arrive.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Intake {
    Webhook,
    Stream,
    Poll,
}

/// A connected account's credentials. The program keeps it in the vault, whole, as the JSON of this type.
#[derive(Clone, Serialize, Deserialize, PartialEq)]
pub struct Connection {
    /// The base address of the account's server, `https://pds.example`.
    pub base: String,
    /// The account's own id on the platform (a DID, an account id).
    pub remote_account: String,
    /// The handle at the time of connecting; shown, never relied on.
    pub handle: String,
    /// Tokens and app secrets by name; never logged.
    pub secrets: std::collections::BTreeMap<String, String>,
    /// What the server said of itself (version, limits), where limits are the server's own.
    pub facts: std::collections::BTreeMap<String, String>,
    /// When the access token ends, if it says.
    pub expires_at: Option<Micros>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("base", &self.base).field("remote_account", &self.remote_account).finish_non_exhaustive()
    }
}

/// What a person gives to connect an account; which keys are asked is the connector's [`Connector::asks`].
pub type Given = std::collections::BTreeMap<String, String>;

/// One thing asked of the person who connects an account.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Asked {
    pub key: String,
    pub label: String,
    pub hint: String,
    pub secret: bool,
}

/// The closed set of what a call can come to.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<T> {
    Done(T),
    /// The credential no longer works: the account needs a person.
    Unauthorised {
        why: String,
    },
    /// Try again at this instant, not before.
    Limited {
        until: Micros,
    },
    /// The platform will never take this as it is.
    Rejected {
        why: String,
    },
    /// Sent, no answer: ask [`Connector::find`] before trying again.
    Unknown {
        why: String,
    },
    /// The platform or the way to it is out of order, and nothing was done.
    Broken {
        why: String,
    },
}

impl<T> Outcome<T> {
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Outcome::Done(t) => Outcome::Done(f(t)),
            Outcome::Unauthorised { why } => Outcome::Unauthorised { why },
            Outcome::Limited { until } => Outcome::Limited { until },
            Outcome::Rejected { why } => Outcome::Rejected { why },
            Outcome::Unknown { why } => Outcome::Unknown { why },
            Outcome::Broken { why } => Outcome::Broken { why },
        }
    }

    /// A call that got no answer: certain failures are `Broken`, doubtful ones `Unknown`.
    pub fn from_trouble(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Silent { .. } | Trouble::TooLarge { .. } => Outcome::Unknown { why: trouble.to_string() },
            Trouble::Spent { until, .. } | Trouble::Open { until, .. } => Outcome::Limited { until },
            Trouble::Forbidden { .. } => Outcome::Rejected { why: trouble.to_string() },
            Trouble::Unreached { .. } => Outcome::Broken { why: trouble.to_string() },
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Image {
    pub bytes: Vec<u8>,
    pub mime: String,
    pub alt: String,
    pub width: u32,
    pub height: u32,
}

/// Where a reply belongs: the message answered, and the first post of its thread. `extra` is what the connector
/// gave in [`Inbound::extra`] (a cid, say) and asks back.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct ReplyTo {
    pub remote_id: String,
    pub extra: std::collections::BTreeMap<String, String>,
    pub private: bool,
    /// The correspondent's remote id and handle.
    pub author_id: String,
    pub author_handle: String,
}

/// One item to publish: a post, one part of a thread, or a reply.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Outgoing {
    pub text: String,
    pub language: String,
    pub images: Vec<Image>,
    pub reply_to: Option<ReplyTo>,
    /// When it was decided to send: part of the content on some platforms, so the same on every attempt.
    pub created_at: Micros,
    /// Made once and stored; the same on every attempt of this item. A UUID's text.
    pub key: String,
}

/// What the platform said when it took an item.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Receipt {
    pub remote_id: String,
    pub url: String,
    /// Kept with the post and given back in [`ReplyTo::extra`].
    pub extra: std::collections::BTreeMap<String, String>,
}

/// What a read-back found.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub enum Seen {
    Live { text: String },
    Gone,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Moderation {
    Hide,
    Unhide,
    Delete,
    Report,
    Block,
    Unblock,
}

/// What a moderation act is about.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Subject {
    pub remote_id: String,
    pub author_id: String,
    pub extra: std::collections::BTreeMap<String, String>,
    /// The ground in words a platform's report form can take, and its code.
    pub ground: String,
    pub reason: String,
}

/// One raw item as it came, to be stored before anything is made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw {
    /// What the body is, for [`Connector::map`]: `notification`, `webhook`, `thread` …
    pub kind: String,
    pub body: Vec<u8>,
}

/// An item whose present state is asked with [`Connector::revisit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub remote_id: String,
    /// The newest revision we hold; for a post of our own, what [`Receipt::extra`] or a read-back said, or nothing.
    pub revision: String,
}

/// One page of a poll. `next` is where the following poll begins; `more` says that another page waits now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub items: Vec<Raw>,
    pub next: Option<String>,
    pub more: bool,
    /// The earliest instant this page is known to reach back to: proves that a gap is filled.
    pub reaches_back_to: Option<Micros>,
}

/// What kind of message it is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    Comment,
    Mention,
    Private,
    Review,
}

/// One inbound event, mapped.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub enum Inbound {
    Message(InboundMessage),
    /// The author changed it: a new revision.
    Edited {
        remote_id: String,
        text: String,
        at: Micros,
        revision: String,
    },
    /// The author or the platform took it away. Our record stays.
    Deleted {
        remote_id: String,
        at: Micros,
    },
    /// Nothing for the desk (a like, an item of our own), with why.
    Ignored {
        why: String,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct InboundMessage {
    pub remote_id: String,
    /// Names this content: the same item seen again with another revision is an edit.
    pub revision: String,
    pub kind: MessageKind,
    pub text: String,
    pub language: Option<String>,
    pub author_id: String,
    pub author_handle: String,
    pub author_name: String,
    pub sent_at: Micros,
    pub url: Option<String>,
    /// What it answers, and the first item of the thread.
    pub parent: Option<String>,
    pub root: Option<String>,
    pub media: Vec<InboundMedia>,
    /// What a later reply, hide or report will need.
    pub extra: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct InboundMedia {
    pub url: String,
    pub mime: Option<String>,
    pub alt: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read a `{kind}` of `{platform}`: {why}")]
pub struct MapError {
    pub platform: String,
    pub kind: String,
    pub why: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    #[error("the signature is missing or does not match")]
    Forged,
    #[error("the request is {age_s} seconds old; at most {limit_s} are taken")]
    Stale { age_s: i64, limit_s: i64 },
    #[error("this platform sends no webhooks")]
    Unsupported,
}

/// A platform's connector. Every method but `map`, `verify` and `frame` may call out, always through `net`.
#[async_trait]
pub trait Connector: Send + Sync {
    fn capabilities(&self) -> &Capabilities;
    /// The account's own limits where its server sets them; the platform's otherwise.
    fn limits(&self, _connection: &Connection) -> Capabilities {
        self.capabilities().clone()
    }
    /// What to ask the person who connects an account.
    fn asks(&self) -> Vec<Asked>;
    async fn connect(&self, net: &dyn Egress, given: &Given, at: Micros) -> Outcome<Connection>;
    /// A fresh credential from the old one. `Done` with the same value where tokens do not end.
    async fn renew(&self, net: &dyn Egress, connection: &Connection, at: Micros) -> Outcome<Connection>;
    /// Is the credential alive? Answers the handle as the platform has it now.
    async fn check(&self, net: &dyn Egress, connection: &Connection) -> Outcome<String>;
    async fn publish(&self, net: &dyn Egress, connection: &Connection, item: &Outgoing) -> Outcome<Receipt>;
    /// After `Unknown`: did the item get through?
    async fn find(&self, net: &dyn Egress, connection: &Connection, item: &Outgoing) -> Outcome<Option<Receipt>>;
    async fn read_back(&self, net: &dyn Egress, connection: &Connection, remote_id: &str) -> Outcome<Seen>;
    /// Deleting what is gone is `Done`.
    async fn delete(&self, net: &dyn Egress, connection: &Connection, remote_id: &str) -> Outcome<()>;
    /// `Rejected` where the platform has no such ability.
    async fn moderate(&self, net: &dyn Egress, connection: &Connection, what: Moderation, subject: &Subject, at: Micros) -> Outcome<()>;
    /// What came since `cursor`; from the newest where there is none. Overlaps rather than skips.
    async fn poll(&self, net: &dyn Egress, connection: &Connection, cursor: Option<&str>) -> Outcome<Page>;
    /// How often the account may be asked whether something is there, where the platform neither calls nor streams:
    /// microseconds between two polls, when `sharing` accounts share this installation's budget on the platform.
    /// Nothing where the ordinary poll is prompt enough.
    fn glance(&self, _connection: &Connection, _sharing: usize) -> Option<Micros> {
        None
    }
    /// What became of items we know of, for platforms that tell no edits or deletions by themselves, and what their
    /// poll may have passed over (an answer with a false date below a post of our own). Only news comes back: an
    /// unchanged item gives nothing. At most 25 items a call.
    async fn revisit(&self, _net: &dyn Egress, _connection: &Connection, _known: &[Known]) -> Outcome<Vec<Raw>> {
        Outcome::Done(Vec::new())
    }
    /// PURE: their bytes to our messages. `own` is the account's remote id, whose own items are ignored.
    fn map(&self, raw: &Raw, own: &str) -> Result<Vec<Inbound>, MapError>;
    /// PURE: is this webhook from the platform? Before anything is stored.
    fn verify(&self, _secret: &[u8], _headers: &[(String, String)], _body: &[u8], _at: Micros) -> Result<(), WebhookError> {
        Err(WebhookError::Unsupported)
    }
    /// Where the account's stream is, if it has one. A stream is a hint: after each connect the gap is polled.
    fn stream(&self, _connection: &Connection) -> Option<Request> {
        None
    }
    /// PURE: what a frame of the stream holds.
    fn frame(&self, _frame: &Frame) -> Vec<Raw> {
        Vec::new()
    }
    /// Bytes of an inbound picture, bounded by `limit`.
    async fn fetch_media(&self, net: &dyn Egress, connection: &Connection, url: &str, limit: usize) -> Outcome<Vec<u8>>;
}

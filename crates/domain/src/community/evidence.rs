//! Evidence before removal (I6): everything held of a message, as one text with one fingerprint.

use super::no;
use crate::act::Refusal;
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Everything that is held of a message at one moment. Its JSON is what is kept and fingerprinted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub message: Uuid,
    pub account: Uuid,
    pub platform: String,
    /// The platform's ids and address of the message.
    pub remote_id: String,
    pub url: Option<String>,
    pub parent: Option<String>,
    pub root: Option<String>,
    pub kind: String,
    /// Who wrote it, as the platform named them.
    pub author_remote_id: String,
    pub author_handle: String,
    pub author_name: String,
    /// The words that stand now.
    pub text: String,
    pub sent_at: Instant,
    pub received_at: Instant,
    pub edited_at: Option<Instant>,
    pub deleted_at: Option<Instant>,
    /// Every revision, the first first.
    pub revisions: Vec<RevisionKept>,
    pub media: Vec<Medium>,
    /// When this was put together.
    pub kept_at: Instant,
}

/// One revision as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionKept {
    pub id: Uuid,
    pub revision: String,
    pub nth: i64,
    pub deleted: bool,
    pub text: String,
    pub at: Instant,
    /// SHA-256 of the body in which it came.
    pub raw: String,
}

/// A picture or the like of the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Medium {
    pub id: Uuid,
    pub url: String,
    pub mime: Option<String>,
    pub alt: Option<String>,
    pub state: MediumState,
}

/// What is held of a medium.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediumState {
    /// Not fetched yet.
    Waiting,
    /// The original bytes, by their SHA-256.
    Kept { sha256: String, size: i64 },
    /// The platform no longer gave it, and why.
    Missing { why: String },
}

/// A manifest as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub id: Uuid,
    /// The manifest as JSON: the bytes that the fingerprint is of.
    pub manifest: String,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
}

/// Is everything there that would be lost? The words of every revision, and the originals of all media.
pub fn complete(m: &Manifest) -> Result<(), Refusal> {
    let late = |says: &str| Err(no("evidence-not-kept", says));
    if m.revisions.is_empty() || !m.revisions.iter().any(|r| r.text == m.text || r.deleted) {
        return late("the words that stand now are not kept as evidence yet; try again in a moment");
    }
    if m.revisions.iter().any(|r| r.raw.is_empty()) {
        return late("a revision of this has no body behind it, so it is not kept as evidence; tell your administrator");
    }
    let waiting = m.media.iter().filter(|x| x.state == MediumState::Waiting).count();
    if waiting > 0 {
        let what = if waiting == 1 { "a picture of this is" } else { "pictures of this are" };
        return late(&format!("{what} still being fetched, so nothing is removed yet; try again when the original is kept"));
    }
    Ok(())
}

/// The manifest with its fingerprint.
pub fn seal(m: &Manifest, id: Uuid, digest: impl Fn(&[u8]) -> String) -> Result<Sealed, Refusal> {
    let manifest =
        serde_json::to_string(m).map_err(|_| no("evidence-not-kept", "the evidence could not be written down; tell your administrator"))?;
    let sha256 = digest(manifest.as_bytes());
    Ok(Sealed { id, manifest, sha256 })
}

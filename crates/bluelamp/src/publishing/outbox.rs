//! The way out for whatever is sent on an account: posts from the composer, replies from the desk.
//!
//! An act puts a post here in its own transaction, with a key made once; the job `publishing.deliver` takes it from
//! there (`jobs.rs`), asks the platform after an unknown outcome, and never sends twice.

use super::store::{self, PostRow};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::Job;
use bluelamp_domain::ids::*;
use bluelamp_domain::publishing::{Content, Draft, Kind, State, post};
use bluelamp_domain::time::Instant;
use bluelamp_platforms::ReplyTo;
use std::collections::BTreeMap;
use uuid::Uuid;

pub use super::store::{Replied, replied, replies_to};

/// A reply, or a first word to someone, as the desk's act decided it.
#[derive(Debug, Clone)]
pub struct NewReply {
    pub draft: DraftId,
    pub post: PostId,
    /// Made once, the same on every attempt.
    pub key: Uuid,
    /// Of the reply's first and only revision.
    pub revision: Uuid,
    pub account: AccountId,
    pub author: PersonId,
    pub text: String,
    pub language: String,
    /// What it answers; none for a first word to an organisation.
    pub message: Option<MessageId>,
    pub reply_to: Option<ReplyTo>,
}

/// Queues a reply; add [`deliver_job`] to the act's step. What it comes to is told to `desk.record_reply_sent`.
pub async fn queue_reply(tx: &mut Tx, force: ForceId, r: &NewReply, at: Instant) -> Result<(), DbError> {
    let content =
        Content { kind: Kind::Reply, text: r.text.clone(), language: r.language.clone(), accounts: vec![r.account], ..Content::default() };
    let draft = Draft { id: r.draft, state: State::Sending { for_: at }, revision: 1, author: r.author, content };
    let reply_to = r.reply_to.as_ref().map(serde_json::to_string).transpose().map_err(|e| DbError::Other(e.to_string()))?;
    store::insert_draft(tx, force, &draft, r.message, reply_to.as_deref(), r.revision, at).await?;
    store::insert_post(tx, force, &new_post(r.post, &draft, r.account, (1, 1), r.key, &r.text, at, at)).await
}

/// A post that waits to go.
pub fn new_post(
    id: PostId,
    draft: &Draft,
    account: AccountId,
    part: (i64, i64),
    key: Uuid,
    text: &str,
    due_at: Instant,
    at: Instant,
) -> PostRow {
    PostRow {
        id,
        draft: draft.id,
        account,
        part: part.0,
        parts: part.1,
        revision: draft.revision,
        key,
        text: text.to_owned(),
        state: post::State::Waiting,
        due_at,
        decided_at: at,
        remote_id: None,
        url: String::new(),
        extra: BTreeMap::new(),
        why: String::new(),
        live_at: None,
        read_back_at: None,
        read_back: None,
        gone_at: None,
        tried: false,
    }
}

/// Sends one post.
pub fn deliver_job(post: PostId, not_before: Instant) -> Job {
    Job { kind: "publishing.deliver", input: serde_json::json!({ "post": post }), not_before, key: format!("deliver:{post}") }
}

/// Takes one post down; `turn` tells apart several reasons to do so.
pub fn take_down_job(post: PostId, turn: &str, not_before: Instant) -> Job {
    Job { kind: "publishing.take_down", input: serde_json::json!({ "post": post }), not_before, key: format!("take-down:{post}:{turn}") }
}

/// Reads one post back.
pub fn read_back_job(post: PostId, turn: i64, not_before: Instant) -> Job {
    Job {
        kind: "publishing.read_back",
        input: serde_json::json!({ "post": post, "turn": turn }),
        not_before,
        key: format!("read-back:{post}:{turn}"),
    }
}

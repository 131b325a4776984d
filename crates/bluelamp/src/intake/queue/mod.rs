//! What the desk reads of intake: the queue, one message with its conversation, a correspondent's contacts, counts.
//!
//! Everything here stands under the scope of whoever asks (I2), and nothing joins a correspondent of one platform to
//! one of another, or looks beyond their contact with the force (I9).

pub mod store;

use super::store::{CorrespondentRow, MediaRow, MessageRow, RevisionRow, SpanRow};
use bluelamp_domain::ids::{AccountId, MessageId, PersonId};
use bluelamp_domain::time::Instant;

/// Which part of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything open, immediate first.
    Open,
    Immediate,
    /// Look and priority.
    Priority,
    Routine,
    Waiting,
    /// Claimed by this person.
    Mine(PersonId),
}

/// Where a page of the queue begins: after this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    pub priority: i64,
    pub due_at: Instant,
    pub id: MessageId,
}

/// What is asked of the queue.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub part: Part,
    pub account: Option<AccountId>,
    pub after: Option<After>,
    pub limit: i64,
}

impl Asked {
    pub fn of(part: Part) -> Self {
        Asked { part, account: None, after: None, limit: 50 }
    }
}

/// A row of the queue.
#[derive(Debug, Clone)]
pub struct QueueRow {
    pub message: MessageRow,
    pub handle: String,
    pub name: String,
    pub media: i64,
}

impl QueueRow {
    /// Where the next page begins.
    pub fn after(&self) -> After {
        After { priority: self.message.priority, due_at: self.message.due_at, id: self.message.id }
    }
}

/// How many wait where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub immediate: i64,
    /// Look and priority.
    pub priority: i64,
    pub routine: i64,
    pub waiting: i64,
    pub mine: i64,
    /// Open and past their time.
    pub overdue: i64,
    /// Bodies in quarantine, and those that could not even be put there.
    pub quarantine: i64,
}

/// A correspondent's contacts with the force on this one platform.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contacts {
    pub all: i64,
    /// In the 30 days before now.
    pub month: i64,
    pub first_at: Option<Instant>,
}

/// One message with everything about it.
#[derive(Debug, Clone)]
pub struct Whole {
    pub message: MessageRow,
    pub correspondent: CorrespondentRow,
    pub contacts: Contacts,
    pub revisions: Vec<RevisionRow>,
    pub media: Vec<MediaRow>,
    /// The newest part of the conversation, oldest first, this message included.
    pub conversation: Vec<QueueRow>,
}

/// What an account states of itself: from when to when its intake is complete.
#[derive(Debug, Clone, Default)]
pub struct Completeness {
    /// Complete since, up to `heard_at`; `None` while a gap is open or before the first poll.
    pub since: Option<Instant>,
    /// The last time the platform answered.
    pub heard_at: Option<Instant>,
    /// An open gap begins here.
    pub gap_from: Option<Instant>,
    /// What stands between the platform and us, in words.
    pub trouble: Option<String>,
    pub spans: Vec<SpanRow>,
}

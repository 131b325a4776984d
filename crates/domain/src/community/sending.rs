//! From a decided measure to what the platform made of it. A measure is never sent again while nobody knows whether the
//! first was taken: the platform is asked, or setting the same state again is harmless, or a person decides.

use super::{Kind, Sealed, State, no};
use crate::act::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What came of asking the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Came {
    /// About to be asked: written before the call, so that a crash leaves its trace.
    Sending,
    Done,
    /// Certainly not done, and may be later.
    Later,
    /// Never.
    Rejected,
    /// No answer.
    Unknown,
}

impl Came {
    pub const ALL: [Came; 5] = [Came::Sending, Came::Done, Came::Later, Came::Rejected, Came::Unknown];

    pub const fn name(self) -> &'static str {
        match self {
            Came::Sending => "sending",
            Came::Done => "done",
            Came::Later => "later",
            Came::Rejected => "rejected",
            Came::Unknown => "unknown",
        }
    }
}

/// The state after it. What has ended stays as it ended, whatever a late answer says.
pub fn came(state: State, what: Came) -> State {
    match (state, what) {
        (State::Done | State::Rejected | State::Undone, _) => state,
        (State::Requested | State::Sent | State::Unknown, Came::Sending) => State::Sent,
        (State::Requested | State::Sent | State::Unknown, Came::Done) => State::Done,
        (State::Requested | State::Sent, Came::Later) => State::Requested,
        // The first call may have got through; that this one did not says nothing of it.
        (State::Unknown, Came::Later) => State::Unknown,
        (State::Requested | State::Sent | State::Unknown, Came::Rejected) => State::Rejected,
        (State::Requested | State::Sent | State::Unknown, Came::Unknown) => State::Unknown,
    }
}

/// How to go on after a call without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Look at the item: if it is gone it was done; if it still stands, setting the state again is harmless.
    ReadBack,
    /// The state is set, not changed: saying it twice is saying it once.
    SetAgain,
    /// Twice would be two: a person decides.
    Person,
}

pub const fn after_silence(kind: Kind) -> Ask {
    match kind {
        Kind::Hide | Kind::Delete => Ask::ReadBack,
        Kind::Unhide | Kind::Block | Kind::Unblock => Ask::SetAgain,
        Kind::Report => Ask::Person,
    }
}

/// INVARIANT I6: what takes something away goes out only while its evidence stands, unchanged, in the store.
pub fn may_send(kind: Kind, evidence: Option<&Sealed>, digest: impl Fn(&[u8]) -> String) -> Result<(), Refusal> {
    if !kind.takes_away() {
        return Ok(());
    }
    match evidence {
        None => Err(no("no-evidence", "no evidence was kept of this, so it is not sent to the platform; tell your administrator")),
        Some(e) if digest(e.manifest.as_bytes()) != e.sha256 => {
            Err(no("evidence-changed", "the evidence of this is not what its fingerprint says, so it is not sent; tell your administrator"))
        }
        Some(_) => Ok(()),
    }
}

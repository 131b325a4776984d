//! One post: one part of one draft on one account, from its key to the proof that it is gone.

use crate::act::Refusal;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its key is made; the platform has not been asked, or asked us to wait.
    Waiting,
    /// Sent, no answer: the platform is asked before anything else.
    Unknown,
    Live,
    /// The platform will not take it.
    Rejected,
    /// Its time passed while the platform could not be reached.
    Expired,
    /// Never sent: it was taken down first, or a part before it failed.
    Cancelled,
    /// Being deleted.
    Leaving,
    /// Proved gone by reading back.
    Gone,
    /// It was live, and the platform has it no more although nobody here took it down.
    Missing,
}

impl State {
    pub const ALL: [State; 9] = [
        State::Waiting,
        State::Unknown,
        State::Live,
        State::Rejected,
        State::Expired,
        State::Cancelled,
        State::Leaving,
        State::Gone,
        State::Missing,
    ];

    pub fn name(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Unknown => "unknown",
            State::Live => "live",
            State::Rejected => "rejected",
            State::Expired => "expired",
            State::Cancelled => "cancelled",
            State::Leaving => "leaving",
            State::Gone => "gone",
            State::Missing => "missing",
        }
    }

    /// As a page says it.
    pub fn title(self) -> &'static str {
        match self {
            State::Waiting => "On its way",
            State::Unknown => "Sent, no answer yet: the platform is being asked",
            State::Live => "Live",
            State::Rejected => "Turned down by the platform",
            State::Expired => "Not sent: its time passed",
            State::Cancelled => "Not sent",
            State::Leaving => "Being deleted",
            State::Gone => "Gone, proved by reading back",
            State::Missing => "No longer there, and not taken down by us",
        }
    }

    pub fn parse(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|s| s.name() == name)
    }

    /// Something is still to come.
    pub fn is_open(self) -> bool {
        match self {
            State::Waiting | State::Unknown | State::Leaving => true,
            State::Live | State::Rejected | State::Expired | State::Cancelled | State::Gone | State::Missing => false,
        }
    }

    /// The public can see it, as far as we know.
    pub fn is_out(self) -> bool {
        matches!(self, State::Live)
    }
}

/// What a call to publish came to, in the words of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Came {
    Live,
    Unknown,
    Rejected,
    Limited,
    Unauthorised,
    Expired,
}

impl Came {
    pub fn name(self) -> &'static str {
        match self {
            Came::Live => "live",
            Came::Unknown => "unknown",
            Came::Rejected => "rejected",
            Came::Limited => "limited",
            Came::Unauthorised => "unauthorised",
            Came::Expired => "expired",
        }
    }
}

/// What a post is after a call. A take-down that began meanwhile wins: what came out leaves at once.
pub fn sent(now: State, came: Came, taking_down: bool) -> Result<State, Refusal> {
    match (now, came) {
        // Said twice: a job may run again.
        (State::Live | State::Leaving | State::Gone | State::Missing, Came::Live) => Ok(now),
        (State::Waiting | State::Unknown | State::Cancelled, Came::Live) => {
            Ok(if taking_down || now == State::Cancelled { State::Leaving } else { State::Live })
        }
        (State::Waiting | State::Unknown, Came::Unknown) => Ok(State::Unknown),
        (State::Waiting | State::Unknown, Came::Limited | Came::Unauthorised) => Ok(now),
        (State::Waiting, Came::Rejected) | (State::Unknown, Came::Rejected) | (State::Rejected, Came::Rejected) => Ok(State::Rejected),
        (State::Waiting | State::Unknown | State::Expired, Came::Expired) => Ok(State::Expired),
        _ => Err(Refusal::new("settled", format!("this post is `{}`, so `{}` changes nothing", now.name(), came.name()))),
    }
}

/// What a read-back found, while nobody is taking the post down.
pub fn read_back(now: State, live: bool) -> Result<State, Refusal> {
    match (now, live) {
        (State::Live | State::Missing, true) => Ok(State::Live),
        (State::Live | State::Missing, false) => Ok(State::Missing),
        (State::Leaving | State::Gone, _) => Ok(now),
        (State::Waiting | State::Unknown | State::Rejected | State::Expired | State::Cancelled, _) => {
            Err(Refusal::new("not-out", format!("this post is `{}`: there is nothing to read back", now.name())))
        }
    }
}

/// A take-down begins: what is out leaves, what has not gone never goes.
pub fn take_down(now: State) -> State {
    match now {
        State::Waiting => State::Cancelled,
        // What may be out is looked for, and deleted when found.
        State::Unknown | State::Live | State::Leaving => State::Leaving,
        State::Missing | State::Gone => State::Gone,
        State::Rejected | State::Expired | State::Cancelled => now,
    }
}

/// The platform no longer has it: read back, not taken from its word.
pub fn taken_down(now: State) -> Result<State, Refusal> {
    match now {
        State::Leaving | State::Gone => Ok(State::Gone),
        _ => Err(Refusal::new("not-leaving", format!("this post is `{}`, nobody took it down", now.name()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_live_once_however_often_it_is_said() {
        assert_eq!(sent(State::Waiting, Came::Live, false), Ok(State::Live));
        assert_eq!(sent(State::Live, Came::Live, false), Ok(State::Live));
        assert_eq!(sent(State::Gone, Came::Live, false), Ok(State::Gone));
        assert!(sent(State::Live, Came::Rejected, false).is_err(), "a late refusal does not undo what is out");
    }

    #[test]
    fn what_comes_out_after_a_take_down_leaves_at_once() {
        assert_eq!(sent(State::Waiting, Came::Live, true), Ok(State::Leaving));
        assert_eq!(sent(State::Cancelled, Came::Live, true), Ok(State::Leaving));
        assert_eq!(take_down(State::Unknown), State::Leaving);
        assert_eq!(take_down(State::Waiting), State::Cancelled);
    }

    #[test]
    fn gone_is_proved_or_missing() {
        assert_eq!(taken_down(State::Leaving), Ok(State::Gone));
        assert!(taken_down(State::Live).is_err());
        assert_eq!(read_back(State::Live, false), Ok(State::Missing));
        assert_eq!(read_back(State::Leaving, true), Ok(State::Leaving));
        assert!(read_back(State::Waiting, true).is_err());
    }

    #[test]
    fn names_are_read_back() {
        for s in State::ALL {
            assert_eq!(State::parse(s.name()), Some(s));
        }
    }
}

//! Switches that make the platform misbehave, for tests and continuity exercises.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// A request is answered 500, and nothing was done.
    Error500,
    /// A request is answered 429 with `Retry-After: 30`.
    Limited,
    /// A request is answered by a web page.
    Html,
    /// A request is never answered, and nothing was done.
    Silence,
    /// A publish is done and never answered.
    LateSuccess,
    /// A publish is not held against what its key published before: whoever sends twice has posted twice.
    Forgetful,
    /// Every access token ends now; keys still give new ones.
    ExpiredToken,
    /// Keys are not taken.
    RevokedKey,
    /// A webhook is signed with another secret.
    WrongSignature,
    /// A webhook is sent a second time, byte for byte.
    Replay,
    /// An event goes out in a webhook twice at once.
    Twice,
    /// A webhook is held back until after the next one.
    OutOfOrder,
    /// A webhook is never sent: a gap that only the poll can fill.
    Undelivered,
}

#[derive(Default)]
pub struct Faults {
    left: Mutex<BTreeMap<Fault, u32>>,
    epoch: std::sync::atomic::AtomicU64,
}

impl Faults {
    pub fn set(&self, fault: Fault, times: u32) {
        if fault == Fault::ExpiredToken {
            self.epoch.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            return;
        }
        self.left().insert(fault, times);
    }

    /// Does it go wrong this time?
    pub fn strikes(&self, fault: Fault) -> bool {
        match self.left().get_mut(&fault) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    /// Tokens of an earlier epoch have ended.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(std::sync::atomic::Ordering::SeqCst)
    }

    fn left(&self) -> std::sync::MutexGuard<'_, BTreeMap<Fault, u32>> {
        self.left.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

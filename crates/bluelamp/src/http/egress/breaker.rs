//! Breakers: a host that keeps failing is left alone for a while, then asked once.

use crate::app::lock;
use std::collections::HashMap;
use std::sync::Mutex;

const SECOND: i64 = 1_000_000;
/// Failures in a row that open it.
const FAILURES: u32 = 8;
/// How long it stays open the first time; it doubles up to the longest.
const FIRST: i64 = 10 * SECOND;
const LONGEST: i64 = 300 * SECOND;

#[derive(Default)]
pub struct Breakers(Mutex<HashMap<String, State>>);

#[derive(Default)]
struct State {
    failures: u32,
    open_until: i64,
    opened: u32,
    /// Somebody is asking whether it is back; the others wait.
    probing: bool,
}

impl Breakers {
    /// May the host be asked? Otherwise: not before this instant.
    pub fn enter(&self, host: &str, now: i64) -> Result<(), i64> {
        let mut all = lock(&self.0);
        let state = all.entry(host.to_owned()).or_default();
        if state.open_until > now {
            return Err(state.open_until);
        }
        if state.opened > 0 {
            if state.probing {
                return Err(now + SECOND);
            }
            state.probing = true;
        }
        Ok(())
    }

    /// What was entered did not happen after all.
    pub fn leave(&self, host: &str) {
        if let Some(state) = lock(&self.0).get_mut(host) {
            state.probing = false;
        }
    }

    pub fn ended(&self, host: &str, failed: bool, now: i64) {
        let mut all = lock(&self.0);
        let state = all.entry(host.to_owned()).or_default();
        let probed = std::mem::take(&mut state.probing);
        if !failed {
            *state = State::default();
            return;
        }
        state.failures += 1;
        if probed || state.failures >= FAILURES {
            state.open_until = now + (FIRST << state.opened.min(8)).min(LONGEST);
            state.opened += 1;
            state.failures = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_host_is_left_alone_then_asked_once() {
        let b = Breakers::default();
        for _ in 0..FAILURES {
            b.enter("h", 0).unwrap();
            b.ended("h", true, 0);
        }
        assert_eq!(b.enter("h", 0), Err(FIRST));
        b.enter("other", 0).unwrap();
        b.enter("h", FIRST).unwrap();
        assert!(b.enter("h", FIRST).is_err(), "one asks, the others wait");
        b.ended("h", true, FIRST);
        assert_eq!(b.enter("h", FIRST), Err(FIRST + 2 * FIRST));
        b.enter("h", 3 * FIRST).unwrap();
        b.ended("h", false, 3 * FIRST);
        b.enter("h", 3 * FIRST).unwrap();
        b.enter("h", 3 * FIRST).unwrap();
    }
}

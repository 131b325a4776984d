//! How long a session lasts, and how fresh its second factor is (APP-SEC-14).

use crate::act::Refusal;
use crate::time::{DAY, HOUR, Instant, MINUTE};

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// It was not used for the pack's days.
    Idle,
    /// It lasted as long as any may.
    Age,
}

impl Over {
    pub fn code(self) -> &'static str {
        match self {
            Over::Idle => "idle",
            Over::Age => "age",
        }
    }
}

/// When a session that begins now ends at the latest.
pub fn ends_at(now: Instant, hours: i64) -> Instant {
    now.plus(hours.max(1) * HOUR)
}

/// Is it over, and why? At the very instant of its end it is.
pub fn over(seen_at: Instant, ends_at: Instant, idle_days: i64, now: Instant) -> Option<Over> {
    if ends_at <= now {
        Some(Over::Age)
    } else if seen_at.plus(idle_days.max(1) * DAY) <= now {
        Some(Over::Idle)
    } else {
        None
    }
}

/// A drastic act asks for a second factor used this recently.
pub const FRESH: i64 = 5 * MINUTE;

/// Was a second factor used within the last minutes? One used in the future (the clock was set back) does not count.
pub fn fresh(factor_at: Instant, now: Instant) -> Result<(), Refusal> {
    let age = now.0 - factor_at.0;
    if (0..=FRESH).contains(&age) {
        return Ok(());
    }
    Err(Refusal::new("prove-again", "this needs your second factor again: use your passkey or code, then do it within 5 minutes")
        .citing("APP-SEC-9"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Instant = Instant(1_000 * DAY);

    #[test]
    fn app_sec_14_a_session_ends_at_its_age_and_when_unused_to_the_microsecond() {
        let ends = ends_at(T, 12);
        assert_eq!(over(T, ends, 7, ends.plus(-1)), None);
        assert_eq!(over(T, ends, 7, ends), Some(Over::Age));
        let far = T.plus(100 * DAY);
        assert_eq!(over(T, far, 7, T.plus(7 * DAY - 1)), None);
        assert_eq!(over(T, far, 7, T.plus(7 * DAY)), Some(Over::Idle));
        // A clock set back ends nothing by itself.
        assert_eq!(over(T, ends, 7, T.plus(-DAY)), None);
    }

    #[test]
    fn app_sec_9_a_drastic_act_asks_for_a_fresh_factor() {
        assert!(fresh(T, T).is_ok());
        assert!(fresh(T, T.plus(FRESH)).is_ok());
        assert_eq!(fresh(T, T.plus(FRESH + 1)).unwrap_err().code, "prove-again");
        assert!(fresh(T, T.plus(-1)).is_err());
    }
}

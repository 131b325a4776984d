//! How often one may try to sign in: each failure past the first few doubles the wait, for the name and for the
//! address it comes from. Nobody is locked out for good, because that would let anyone lock anyone out.

use crate::time::{Instant, MINUTE, SECOND};

/// What is counted: tries against one name, or from one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    Name,
    /// A station's people share one, so more is let through before the wait begins.
    Address,
}

impl Counted {
    /// Failures that cost nothing.
    fn free(self) -> i64 {
        match self {
            Counted::Name => 4,
            Counted::Address => 20,
        }
    }
}

/// The longest wait.
pub const LONGEST: i64 = 15 * MINUTE;
/// Failures are forgotten after this long without one.
pub const FORGOTTEN: i64 = 60 * MINUTE;

/// How long to wait after so many failures.
pub fn delay(counted: Counted, failures: i64) -> i64 {
    let over = failures - counted.free();
    if over <= 0 { 0 } else { (SECOND << over.min(20)).min(LONGEST) }
}

/// What is still to wait, or nothing. A clock that was set back makes nobody wait longer than the delay itself.
pub fn waits(counted: Counted, failures: i64, last: Instant, now: Instant) -> Option<i64> {
    let delay = delay(counted, failures);
    let left = delay - (now.0 - last.0).abs();
    (left > 0).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_and_ends_at_a_quarter_of_an_hour() {
        let seconds = |n| delay(Counted::Name, n) / SECOND;
        assert_eq!([seconds(0), seconds(4), seconds(5), seconds(6), seconds(9), seconds(60)], [0, 0, 2, 4, 32, 900]);
        assert_eq!(delay(Counted::Address, 20), 0);
        assert_eq!(delay(Counted::Address, 21), 2 * SECOND);
    }

    #[test]
    fn a_clock_set_back_makes_nobody_wait_longer() {
        let last = Instant(1_000 * SECOND);
        assert_eq!(waits(Counted::Name, 6, last, last.plus(4 * SECOND)), None);
        assert_eq!(waits(Counted::Name, 6, last, last.plus(3 * SECOND)), Some(SECOND));
        assert_eq!(waits(Counted::Name, 6, last, Instant(0)), None);
        assert_eq!(waits(Counted::Name, 6, last, last.plus(-SECOND)), Some(3 * SECOND));
    }
}

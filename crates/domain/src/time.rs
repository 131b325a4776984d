//! Time as an argument. Instants are microseconds UTC; a force's "today" is its civil date in its own zone.

use jiff::{civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Instant(pub i64);

pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

impl Instant {
    pub fn plus(self, micros: i64) -> Instant {
        Instant(self.0.saturating_add(micros))
    }

    /// The civil date at this instant in `zone`. Instants outside jiff's range clamp to its ends.
    pub fn date_in(self, zone: &TimeZone) -> Date {
        self.timestamp().to_zoned(zone.clone()).date()
    }

    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX })
    }
}

impl From<jiff::Timestamp> for Instant {
    fn from(t: jiff::Timestamp) -> Self {
        Instant(t.as_microsecond())
    }
}

/// The moment of an act: its instant, the force's zone, and the ids it may give to new things. A rule run twice
/// with the same moment makes the same ids.
#[derive(Debug)]
pub struct Moment {
    pub at: Instant,
    pub zone: TimeZone,
    seed: u128,
    drawn: std::sync::atomic::AtomicU64,
}

impl Moment {
    /// `seed` is 128 random bits, drawn outside.
    pub fn new(at: Instant, zone: TimeZone, seed: u128) -> Self {
        Moment { at, zone, seed, drawn: std::sync::atomic::AtomicU64::new(0) }
    }

    /// The force's civil date.
    pub fn today(&self) -> Date {
        self.at.date_in(&self.zone)
    }

    /// The next new id: UUIDv7 of this moment, in the order drawn.
    pub fn id<I: From<Uuid>>(&self) -> I {
        let n = self.drawn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let millis = (self.at.0 / 1000).max(0) as u128;
        // 48 bits of time, version 7, a 12-bit counter so that ids of one moment sort as drawn, then 62 random bits.
        let counter = u128::from(n & 0xfff);
        let random = self.seed.wrapping_add(u128::from(n >> 12)) & ((1 << 62) - 1);
        I::from(Uuid::from_u128((millis & ((1 << 48) - 1)) << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | random))
    }
}

/// The same day `months` later; where the month is too short, its last day (29 February falls on 28).
pub fn months_after(date: Date, months: i64) -> Date {
    use jiff::ToSpan;
    date.saturating_add(months.months())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn ids_of_one_moment_sort_as_drawn_and_repeat() {
        let draw = || {
            let m = Moment::new(Instant(1_700_000_000_000_000), TimeZone::UTC, 42);
            [m.id::<Uuid>(), m.id(), m.id()]
        };
        let ids = draw();
        assert_eq!(ids, draw());
        assert!(ids[0] < ids[1] && ids[1] < ids[2]);
        assert_eq!(ids[0].get_version_num(), 7);
    }

    #[test]
    fn today_follows_the_clock_change_in_london() {
        let london = TimeZone::get("Europe/London").unwrap();
        // 23:30 UTC on 28 March 2026 is still the 28th; the clocks go forward at 01:00 on the 29th.
        let before = Instant::from("2026-03-28T23:30:00Z".parse::<jiff::Timestamp>().unwrap());
        assert_eq!(before.date_in(&london), date(2026, 3, 28));
        let after = Instant::from("2026-03-29T23:30:00Z".parse::<jiff::Timestamp>().unwrap());
        assert_eq!(after.date_in(&london), date(2026, 3, 30));
    }

    #[test]
    fn months_end_where_the_month_ends() {
        assert_eq!(months_after(date(2024, 2, 29), 24), date(2026, 2, 28));
        assert_eq!(months_after(date(2026, 8, 31), 6), date(2027, 2, 28));
    }
}

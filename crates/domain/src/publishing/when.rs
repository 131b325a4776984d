//! A time that a person wrote, in their force's zone, as an instant.
//!
//! Twice a year a wall clock is not enough: an hour that does not exist is refused with the reason, an hour that comes
//! twice means the first of the two, and the page says so.

use crate::act::Refusal;
use crate::time::Instant;
use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

/// An instant, and whether the clock shows that time twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    pub at: Instant,
    pub twice: bool,
}

/// `2026-11-21` and `14:30`, as the browser's fields give them.
pub fn at(date: &str, time: &str, zone: &TimeZone) -> Result<When, Refusal> {
    let day: Date = date.trim().parse().map_err(|_| Refusal::new("date", "enter the date as year-month-day, for example 2027-01-31"))?;
    let clock = match time.trim() {
        t if t.len() == 5 => format!("{t}:00"),
        t => t.to_owned(),
    };
    let clock: Time = clock.parse().map_err(|_| Refusal::new("time", "enter the time as hours and minutes, for example 14:30"))?;
    let civil = day.to_datetime(clock);
    let ambiguous = zone.to_ambiguous_timestamp(civil);
    let told = |_| Refusal::new("time", "this time cannot be reckoned with; choose another");
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => Ok(When { at: ambiguous.unambiguous().map_err(told)?.into(), twice: false }),
        AmbiguousOffset::Fold { .. } => Ok(When { at: ambiguous.earlier().map_err(told)?.into(), twice: true }),
        AmbiguousOffset::Gap { .. } => Err(Refusal::new(
            "no-such-time",
            format!("{clock} does not exist on {day}: the clocks go forward over it; choose another time"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn london(date: &str, time: &str) -> Result<String, String> {
        let zone = TimeZone::get("Europe/London").expect("the zone data has London");
        at(date, time, &zone).map(|w| format!("{}{}", w.at.timestamp(), if w.twice { " twice" } else { "" })).map_err(|r| r.code)
    }

    #[test]
    fn a_time_is_the_forces_own() {
        for (date, time, expected) in [
            ("2026-11-21", "14:30", Ok("2026-11-21T14:30:00Z")),
            ("2026-07-01", "14:30", Ok("2026-07-01T13:30:00Z")),
            ("2027-03-28", "01:30", Err("no-such-time")),
            ("2027-03-28", "02:00", Ok("2027-03-28T01:00:00Z")),
            ("2027-10-31", "01:30", Ok("2027-10-31T00:30:00Z twice")),
            ("2027-10-31", "02:30", Ok("2027-10-31T02:30:00Z")),
            ("31/12/2026", "10:00", Err("date")),
            ("2026-12-31", "ten", Err("time")),
            ("2026-12-31", "", Err("time")),
        ] {
            assert_eq!(london(date, time), expected.map(str::to_owned).map_err(str::to_owned), "{date} {time}");
        }
    }
}

//! The small values that the shared components draw: moments, choices, field errors, reasons of a refusal, pages of a
//! list. They carry words already chosen; no rule lives here.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// One instant in the force's zone: short for the eye, exact for the hover and the screen reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// `2026-11-21T14:32:07Z`
    pub iso: String,
    /// `14:32` today, `Tue 14:32` this week, `3 Nov 2026` else.
    pub short: String,
    /// `Saturday 21 November 2026 at 14:32:07 GMT`
    pub exact: String,
}

impl Moment {
    pub fn new(at: Timestamp, now: Timestamp, zone: &TimeZone) -> Self {
        let then = at.to_zoned(zone.clone());
        let today = now.to_zoned(zone.clone()).date();
        let days = today.since(then.date()).map_or(i32::MAX, |span| span.get_days());
        let form = match days {
            0 => "%H:%M",
            1..=6 => "%a %H:%M",
            // What is to come this week reads the same way; further off the time still matters.
            -6..=-1 => "%a %H:%M",
            i32::MIN..=-7 => "%-d %b %Y %H:%M",
            _ => "%-d %b %Y",
        };
        Self {
            iso: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            short: then.strftime(form).to_string(),
            exact: then.strftime("%A %-d %B %Y at %H:%M:%S %Z").to_string(),
        }
    }
}

/// A banner after an act. `tone` is `done`, `info` or `warning`; the heading says it in words as well.
#[derive(Clone, Debug)]
pub struct Notice {
    pub tone: &'static str,
    pub heading: String,
    pub text: String,
}

/// What is wrong with a form, field by field, in the order of the page.
#[derive(Clone, Debug, Default)]
pub struct FieldErrors(Vec<(String, String)>);

impl FieldErrors {
    pub fn add(&mut self, field: &str, sentence: impl Into<String>) {
        self.0.push((field.to_string(), sentence.into()));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first sentence about a field, or nothing.
    pub fn of(&self, field: &str) -> &str {
        self.0.iter().find(|(name, _)| name == field).map_or("", |(_, sentence)| sentence)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, sentence)| (field.as_str(), sentence.as_str()))
    }
}

/// One option of a select, a set of radios or a set of checkboxes.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub hint: String,
    pub chosen: bool,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), ..Self::default() }
    }
}

/// An act that the policy refused or held, with every reason at once.
#[derive(Clone, Debug)]
pub struct RefusalPanel {
    /// "This reply was not sent" or "This post waits for someone's agreement".
    pub heading: String,
    /// Held rather than refused: amber, and the panel says so.
    pub held: bool,
    pub reasons: Vec<ReasonLine>,
}

#[derive(Clone, Debug)]
pub struct ReasonLine {
    /// The fact and what to do about it, one or two sentences from the pack.
    pub sentence: String,
    /// Clause id, `SYSX-6.3`; empty when no clause stands behind it.
    pub clause: String,
    pub clause_href: String,
    /// Whom to ask: "An inspector can release this". Empty when nobody can.
    pub whom: String,
    /// Where a request to them is posted; empty draws no button.
    pub ask: String,
}

/// A row of a summary list. `action_href` empty draws no link.
#[derive(Clone, Debug, Default)]
pub struct SummaryRow {
    pub key: String,
    pub value: String,
    pub action: String,
    pub action_href: String,
}

/// A column of a sortable table. `href` empty means it does not sort.
#[derive(Clone, Debug, Default)]
pub struct Column {
    pub label: String,
    pub href: String,
    /// `ascending`, `descending` or `none`: the value of `aria-sort`.
    pub sort: &'static str,
    pub numeric: bool,
}

/// Pages of a list by cursor: addresses, or empty where there is none.
#[derive(Clone, Debug, Default)]
pub struct Paging {
    pub previous: String,
    pub next: String,
    /// "Rows 1 to 50 of 1,204", or "50 rows" where nobody counted.
    pub says: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(at: &str, now: &str) -> Moment {
        let zone = TimeZone::get("Europe/London").expect("the zone data has London");
        Moment::new(at.parse().unwrap(), now.parse().unwrap(), &zone)
    }

    #[test]
    fn a_moment_is_as_short_as_its_distance_allows() {
        for (at, short) in [
            ("2026-11-21T14:32:07Z", "14:32"),
            ("2026-11-21T00:00:00Z", "00:00"),
            ("2026-11-20T23:59:59Z", "Fri 23:59"),
            ("2026-11-15T09:00:00Z", "Sun 09:00"),
            ("2026-11-14T09:00:00Z", "14 Nov 2026"),
            ("2026-11-23T08:30:00Z", "Mon 08:30"),
            ("2026-12-24T08:30:00Z", "24 Dec 2026 08:30"),
            ("2025-01-03T08:30:00Z", "3 Jan 2025"),
        ] {
            assert_eq!(moment(at, "2026-11-21T16:00:00Z").short, short, "{at}");
        }
    }

    #[test]
    fn a_moment_is_told_in_the_forces_zone_and_kept_exact() {
        let summer = moment("2026-06-30T23:30:05Z", "2026-07-01T08:00:00Z");
        assert_eq!(summer.short, "00:30");
        assert_eq!(summer.exact, "Wednesday 1 July 2026 at 00:30:05 BST");
        assert_eq!(summer.iso, "2026-06-30T23:30:05Z");
    }

    #[test]
    fn a_field_without_an_error_says_nothing() {
        let mut errors = FieldErrors::default();
        errors.add("name", "Enter a name");
        errors.add("name", "Enter a longer name");
        assert_eq!((errors.of("name"), errors.of("other")), ("Enter a name", ""));
    }
}

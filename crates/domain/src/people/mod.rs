//! People: who works for the force, in which roles, on which accounts, trained until when.

use crate::act::Refusal;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Kinds of person: the superset of what the policies name (conflicts 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Officer,
    Staff,
    Pcso,
    Special,
    Volunteer,
    Cadet,
    Agency,
    Bank,
    Consultant,
    Temporary,
}

impl Kind {
    pub const ALL: [Kind; 10] = [
        Kind::Officer,
        Kind::Staff,
        Kind::Pcso,
        Kind::Special,
        Kind::Volunteer,
        Kind::Cadet,
        Kind::Agency,
        Kind::Bank,
        Kind::Consultant,
        Kind::Temporary,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Officer => "officer",
            Kind::Staff => "staff",
            Kind::Pcso => "pcso",
            Kind::Special => "special",
            Kind::Volunteer => "volunteer",
            Kind::Cadet => "cadet",
            Kind::Agency => "agency",
            Kind::Bank => "bank",
            Kind::Consultant => "consultant",
            Kind::Temporary => "temporary",
        }
    }

    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// The roles there are, with what each is for in the words of the page.
pub const ROLES: &[(&str, &str)] = &[
    ("administrator", "Runs the installation: people, settings, packs. Does not publish."),
    ("corporate-communications", "Owns the accounts and what is said on them; approves."),
    ("digital-media-team", "Manages accounts, advises on blocking, trains."),
    ("publisher", "Writes and publishes on the accounts given to them."),
    ("desk", "Works the digital desk: triage, assessment, replies, referrals."),
    ("desk-supervisor", "Runs the desk and reviews its decisions."),
    ("command", "Is told of danger, and decides."),
    ("local", "Answers for their own accounts and area."),
    ("information-security", "Looks after sessions, devices and credentials."),
    ("professional-standards", "Sees conduct matters."),
    ("records", "Looks after retention, exports and the ledger."),
    ("auditor", "Reads everything, changes nothing."),
];

pub fn is_role(name: &str) -> bool {
    ROLES.iter().any(|(r, _)| *r == name)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Invited,
    Active,
    Suspended,
    Left,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Invited => "invited",
            State::Active => "active",
            State::Suspended => "suspended",
            State::Left => "left",
        }
    }

    pub fn parse(name: &str) -> Option<State> {
        [State::Invited, State::Active, State::Suspended, State::Left].into_iter().find(|s| s.name() == name)
    }
}

/// A name and an e-mail address as typed, made fit to store.
pub fn identity(name: &str, email: &str) -> Result<(String, String), Refusal> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Refusal::new("name", "give a name of 1 to 100 characters"));
    }
    let email = email.trim().to_lowercase();
    let well_formed = email.len() <= 254
        && email
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.'))
        && !email.contains(char::is_whitespace);
    if !well_formed {
        return Err(Refusal::new("email", "give the person's force e-mail address, like name@force.example"));
    }
    Ok((name.to_owned(), email))
}

/// The last day on which training stands: `months` after it was completed; 29 February falls on 28 (LEICS-TRAIN-2).
pub fn trained_until(completed: Date, months: i64) -> Date {
    crate::time::months_after(completed, months)
}

/// Training is recorded for a day that has come, and not from before records begin.
pub fn training(completed: Date, today: Date) -> Result<Date, Refusal> {
    if completed > today {
        return Err(Refusal::new("training-in-future", format!("{completed} has not come yet; record training when it is done")));
    }
    if completed.year() < 2000 {
        return Err(Refusal::new("training-too-old", "training from before 2000 does not count"));
    }
    Ok(completed)
}

/// Days before training runs out on which its owner is reminded (LEICS-TRAIN-2).
pub const REMIND_DAYS: [i64; 3] = [90, 30, 7];

/// The reminder that is due on `today`, of training that stands until `until`, when those in `made` were made already. A
/// day that was missed is made up for, but only by the tightest reminder whose day has come: nobody gets three at once.
pub fn reminder_due(until: Date, today: Date, made: &[i64]) -> Option<i64> {
    let left = today.until(until).map(|s| i64::from(s.get_days())).ok().filter(|left| *left >= 0)?;
    let tightest = REMIND_DAYS.into_iter().filter(|days| left <= *days).min()?;
    (!made.iter().any(|days| *days <= tightest)).then_some(tightest)
}

/// What a task is: something owed by a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    /// Attend a refresher before training runs out (LEICS-TRAIN-2).
    Refresher,
    /// Sign a device out on the platforms themselves (APP-SEC-14).
    NativeLogOut,
}

impl TaskKind {
    pub const ALL: [TaskKind; 2] = [TaskKind::Refresher, TaskKind::NativeLogOut];

    pub fn name(self) -> &'static str {
        match self {
            TaskKind::Refresher => "refresher",
            TaskKind::NativeLogOut => "native-log-out",
        }
    }

    pub fn parse(name: &str) -> Option<TaskKind> {
        TaskKind::ALL.into_iter().find(|k| k.name() == name)
    }

    /// May a person say that it is done? A refresher is done when it is recorded, by somebody else.
    pub fn settled_by_hand(self) -> Result<(), Refusal> {
        match self {
            TaskKind::NativeLogOut => Ok(()),
            TaskKind::Refresher => {
                Err(Refusal::new("not-by-hand", "this is done when the digital media team records your refresher; book it with them")
                    .citing("LEICS-TRAIN-2"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn leics_train_2_refresher_lapses_at_two_years() {
        assert_eq!(trained_until(date(2024, 11, 21), 24), date(2026, 11, 21));
        assert_eq!(trained_until(date(2024, 2, 29), 24), date(2026, 2, 28));
    }

    #[test]
    fn leics_train_2_reminders_at_90_30_and_7_days() {
        // The last day, the first day of each reminder and the day before it: over a leap day, and over short months.
        for (until, at_90, at_30, at_7) in [
            (date(2026, 11, 21), date(2026, 8, 23), date(2026, 10, 22), date(2026, 11, 14)),
            (date(2028, 3, 1), date(2027, 12, 2), date(2028, 1, 31), date(2028, 2, 23)),
            (date(2027, 3, 1), date(2026, 12, 1), date(2027, 1, 30), date(2027, 2, 22)),
            (trained_until(date(2024, 2, 29), 24), date(2025, 11, 30), date(2026, 1, 29), date(2026, 2, 21)),
        ] {
            let before = |day: Date| day.yesterday().unwrap();
            assert_eq!(reminder_due(until, before(at_90), &[]), None, "{until}");
            assert_eq!(reminder_due(until, at_90, &[]), Some(90), "{until}");
            assert_eq!(reminder_due(until, at_90, &[90]), None, "{until}");
            assert_eq!(reminder_due(until, before(at_30), &[90]), None, "{until}");
            assert_eq!(reminder_due(until, at_30, &[90]), Some(30), "{until}");
            assert_eq!(reminder_due(until, before(at_7), &[90, 30]), None, "{until}");
            assert_eq!(reminder_due(until, at_7, &[90, 30]), Some(7), "{until}");
            assert_eq!(reminder_due(until, until, &[90, 30]), Some(7), "{until}");
            assert_eq!(reminder_due(until, until, &[90, 30, 7]), None, "{until}");
            assert_eq!(reminder_due(until, until.tomorrow().unwrap(), &[]), None, "what has lapsed is not reminded of");
        }
    }

    #[test]
    fn leics_train_2_missed_days_are_made_up_for_by_one_reminder() {
        let until = date(2026, 11, 21);
        assert_eq!(reminder_due(until, date(2026, 11, 18), &[]), Some(7), "not three at once");
        assert_eq!(reminder_due(until, date(2026, 11, 1), &[]), Some(30));
        assert_eq!(reminder_due(until, date(2026, 11, 1), &[7]), None, "a tighter one was made: the wider is past");
    }

    #[test]
    fn an_address_is_taken_as_meant_or_refused_with_a_sentence() {
        assert_eq!(identity(" Officer One ", "ONE@Force.Example").unwrap(), ("Officer One".into(), "one@force.example".into()));
        for bad in ["", "x", "@force.example", "a@b", "a b@force.example", "a@.example"] {
            assert_eq!(identity("One", bad).unwrap_err().code, "email", "{bad}");
        }
        assert_eq!(identity("", "a@force.example").unwrap_err().code, "name");
    }

    #[test]
    fn training_counts_from_today_back() {
        let today = date(2026, 11, 21);
        assert!(training(today, today).is_ok());
        assert_eq!(training(date(2026, 11, 22), today).unwrap_err().code, "training-in-future");
    }
}

//! What arrives: how soon it is due, what a revision makes of a message, and what is still an open question.
//!
//! Software raises and never lowers, never closes, never blocks (I3): see [`revise`].

use crate::figures::Figures;
use crate::time::{Instant, MINUTE};
use crate::triage::{Priority, Thrive, Triage, raise};

/// The number a queue sorts by: 0 is immediate.
pub const fn rank(priority: Priority) -> i64 {
    match priority {
        Priority::Immediate => 0,
        Priority::Look => 1,
        Priority::Priority => 2,
        Priority::Routine => 3,
    }
}

/// The priority of a rank.
pub fn priority(rank: i64) -> Option<Priority> {
    Priority::ALL.into_iter().find(|p| self::rank(*p) == rank)
}

/// When a person must have seen a message that came at `received`, by the pack's minutes.
pub fn due(priority: Priority, received: Instant, figures: &Figures) -> Instant {
    let minutes = match priority {
        Priority::Immediate => 0,
        Priority::Look => figures.look_minutes(),
        Priority::Priority => figures.priority_minutes(),
        Priority::Routine => figures.routine_minutes(),
    };
    received.plus(minutes.saturating_mul(MINUTE))
}

/// THRIVE as bits in the order of the word: 1 threat … 32 engagement.
pub fn thrive_bits(thrive: Thrive) -> i64 {
    thrive.iter().map(|d| 1i64 << d as u8).sum()
}

/// What a message carries of the desk's and the platform's doing that a new revision bears upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub closed: bool,
    pub due_at: Instant,
    /// When the newest revision that we hold was made, where the platform said so.
    pub newest_at: Option<Instant>,
}

/// What becomes of a message with a new revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revised {
    pub triage: Triage,
    pub due_at: Instant,
    /// The message shows this revision from now on; an older one that came late is only kept.
    pub shown: bool,
    /// It was closed and is open again: a person said nothing of these words yet.
    pub reopened: bool,
    /// It became immediate by this revision: an alarm is due.
    pub alarms: bool,
}

/// An edit. The maximum of what was ever said of the message stands (I3).
pub fn revise(old: &Triage, new: Triage, standing: &Standing, at: Option<Instant>, now: Instant, figures: &Figures) -> Revised {
    let shown = match (standing.newest_at, at) {
        (Some(newest), Some(at)) => at >= newest,
        _ => true,
    };
    let triage = raise(old, new);
    let due_at = standing.due_at.min(due(triage.priority, now, figures));
    let raised = triage.priority > old.priority;
    Revised {
        due_at,
        shown,
        reopened: standing.closed && (shown || raised),
        alarms: raised && triage.priority == Priority::Immediate,
        triage,
    }
}

/// How an event about a message that we do not hold is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// Its message may yet come: events arrive out of order.
    Wait,
    /// It never came: a person looks.
    Ask,
    /// Taking away what we never had changes nothing.
    Pass,
}

/// Minutes that an edit waits for the message it edits.
pub const ORPHAN_MINUTES: i64 = 10;

/// An edit or deletion of a message that we do not hold, received at `received`.
pub fn orphan(deletion: bool, received: Instant, now: Instant) -> Unknown {
    match (now < received.plus(ORPHAN_MINUTES * MINUTE), deletion) {
        (true, _) => Unknown::Wait,
        (false, true) => Unknown::Pass,
        (false, false) => Unknown::Ask,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::{Dimension, Language, Route, Signal};
    use proptest::prelude::*;

    fn said(priority: Priority, id: &str) -> Triage {
        let signal = Signal {
            id: id.into(),
            category: "example".into(),
            priority,
            route: Route::Fcr,
            thrive: Thrive::NONE.with(Dimension::Threat),
            spans: vec![],
            guarded: false,
            guard: None,
            says: "an example".into(),
            clauses: vec![],
            carried: false,
        };
        Triage::of(vec![signal], Route::Desk, Language::English, "1".into())
    }

    fn open() -> Standing {
        Standing { closed: false, due_at: Instant(5 * MINUTE), newest_at: None }
    }

    #[test]
    fn due_follows_the_packs_minutes() {
        let f = Figures { look_minutes: Some(15), priority_minutes: Some(60), routine_minutes: Some(100), ..Figures::default() };
        let at = |p| due(p, Instant(0), &f).0 / MINUTE;
        assert_eq!(Priority::ALL.map(at), [0, 15, 60, 100]);
    }

    #[test]
    fn thrive_is_a_bit_a_letter() {
        assert_eq!(thrive_bits(Thrive::NONE), 0);
        let all: Thrive = Dimension::ALL.into_iter().collect();
        assert_eq!(thrive_bits(all), 63);
        assert_eq!(thrive_bits(Thrive::NONE.with(Dimension::Engagement)), 32);
    }

    #[test]
    fn i3_an_edit_never_calms_what_was_written_first() {
        let calm = Triage::of(vec![], Route::Desk, Language::English, "2".into());
        let r = revise(&said(Priority::Immediate, "a"), calm, &open(), None, Instant(9 * MINUTE), &Figures::default());
        assert_eq!((r.triage.priority, r.due_at, r.alarms), (Priority::Immediate, Instant(5 * MINUTE), false));
    }

    #[test]
    fn an_edit_that_threatens_alarms_and_opens_a_closed_message() {
        let standing = Standing { closed: true, ..open() };
        let r = revise(&said(Priority::Routine, "a"), said(Priority::Immediate, "b"), &standing, None, Instant(0), &Figures::default());
        assert_eq!((r.reopened, r.alarms, r.due_at), (true, true, Instant(0)));
    }

    #[test]
    fn an_older_revision_that_comes_late_is_kept_and_not_shown() {
        let standing = Standing { newest_at: Some(Instant(50)), ..open() };
        let ask = |at| {
            revise(
                &said(Priority::Routine, "a"),
                said(Priority::Routine, "b"),
                &standing,
                Some(Instant(at)),
                Instant(60),
                &Figures::default(),
            )
        };
        assert!(!ask(49).shown);
        assert!(ask(50).shown);
    }

    #[test]
    fn an_edit_waits_for_its_message_and_then_asks_a_person() {
        let minute = |m| Instant(m * MINUTE);
        assert_eq!(orphan(false, minute(0), minute(9)), Unknown::Wait);
        assert_eq!(orphan(true, minute(0), minute(9)), Unknown::Wait);
        assert_eq!(orphan(false, minute(0), minute(10)), Unknown::Ask);
        assert_eq!(orphan(true, minute(0), minute(10)), Unknown::Pass);
    }

    proptest! {
        #[test]
        fn i3_no_run_of_edits_lowers_anything(priorities in proptest::collection::vec(0i64..4, 1..8)) {
            let mut now = said(Priority::Routine, "first");
            let mut due_at = Instant(i64::MAX / 4);
            for (n, p) in priorities.iter().enumerate() {
                let standing = Standing { closed: false, due_at, newest_at: None };
                let before = now.clone();
                let r = revise(&before, said(priority(*p).expect("0 to 3"), &format!("s{n}")), &standing, None, Instant(0), &Figures::default());
                prop_assert!(r.triage.priority >= before.priority);
                prop_assert!(r.due_at <= due_at);
                prop_assert_eq!(r.triage.thrive.union(before.thrive), r.triage.thrive);
                due_at = r.due_at;
                now = r.triage;
            }
        }
    }
}

//! Passing on what needs no immediate action: to an area's queue or one person, with a target, and back to the desk
//! when nobody answers by then (LEICS-TRIAGE-3).

use super::{NOTE_CHARS, bounded};
use crate::act::Refusal;
use crate::figures::Figures;
use crate::ids::PersonId;
use crate::time::{Instant, MINUTE};

/// Where a message goes. Neither area nor person: back to the desk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct To {
    pub area: String,
    pub person: Option<PersonId>,
}

impl To {
    pub fn is_desk(&self) -> bool {
        self.area.is_empty() && self.person.is_none()
    }
}

/// A message passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    pub to: To,
    pub note: String,
    /// When it falls back to the desk, unless it is answered or closed before; never for what is at the desk.
    pub target_at: Option<Instant>,
}

/// Why an area is suggested for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// The message names it.
    Place,
    /// It came in on that area's account.
    Account,
    /// Triage routes such messages to neighbourhood teams, and one area alone has a team.
    Topic,
}

impl Because {
    pub const fn says(self) -> &'static str {
        match self {
            Self::Place => "the message names it",
            Self::Account => "it came in on their account",
            Self::Topic => "triage sees a matter for a neighbourhood team",
        }
    }
}

/// Whose queue a message belongs to, by place, by account and by topic. A suggestion: a person passes it on.
pub fn suggested<'a>(text: &str, account: &str, local_topic: bool, areas: &'a [String]) -> Option<(&'a str, Because)> {
    let words = text.to_lowercase();
    let named = areas.iter().find(|a| stands_in(&words, &a.to_lowercase())).map(|a| (a.as_str(), Because::Place));
    let own = || areas.iter().find(|a| *a == account).map(|a| (a.as_str(), Because::Account));
    let only = || match areas {
        [one] if local_topic => Some((one.as_str(), Because::Topic)),
        _ => None,
    };
    named.or_else(own).or_else(only)
}

/// Do these words stand in the text as words of their own?
fn stands_in(text: &str, name: &str) -> bool {
    let free = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| free(text[..at].chars().next_back()) && free(text[at + name.len()..].chars().next()))
}

/// Passes a message on.
///
/// # Errors
/// When it is closed, the area is nobody's, or it lies there already.
pub fn route(closed: bool, now: &To, to: To, areas: &[String], note: &str, figures: &Figures, at: Instant) -> Result<Routed, Refusal> {
    if closed {
        return Err(Refusal::new("closed", "this message is closed; reopen it before passing it on"));
    }
    if !to.area.is_empty() && !areas.contains(&to.area) {
        return Err(Refusal::new("no-such-area", format!("nobody works for the area `{}`; choose one of the list", to.area)));
    }
    if to == *now {
        return Err(Refusal::new("there-already", "it lies there already"));
    }
    let note = bounded("the note", note, NOTE_CHARS)?;
    let target_at = (!to.is_desk()).then(|| at.plus(figures.routine_minutes().saturating_mul(MINUTE)));
    Ok(Routed { to, note, target_at })
}

/// Does a routing fall back now? Only one that is still open, at its target and not before.
pub fn falls_back(open: bool, target_at: Option<Instant>, at: Instant) -> bool {
    open && target_at.is_some_and(|t| at >= t)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(name: &str) -> To {
        To { area: name.into(), person: None }
    }

    #[test]
    fn leics_triage_3_a_routed_message_has_a_target_and_the_desk_none() {
        let figures = Figures { routine_minutes: Some(60), ..Figures::default() };
        let areas = ["Northfield".to_owned()];
        let r = route(false, &To::default(), area("Northfield"), &areas, "", &figures, Instant(0)).unwrap();
        assert_eq!(r.target_at, Some(Instant(60 * MINUTE)));
        let back = route(false, &area("Northfield"), To::default(), &areas, "", &figures, Instant(0)).unwrap();
        assert_eq!(back.target_at, None);
    }

    #[test]
    fn leics_triage_3_it_falls_back_at_its_target_and_not_before() {
        assert!(!falls_back(true, Some(Instant(60)), Instant(59)));
        assert!(falls_back(true, Some(Instant(60)), Instant(60)));
        assert!(!falls_back(false, Some(Instant(60)), Instant(99)));
        assert!(!falls_back(true, None, Instant(99)));
    }

    #[test]
    fn leics_triage_3_an_area_is_suggested_by_place_then_account_then_topic() {
        let areas = ["Northfield".to_owned(), "Ostlebury".to_owned()];
        let on = |text: &str, account: &str, local| suggested(text, account, local, &areas).map(|(a, b)| (a.to_owned(), b));
        let is = |area: &str, because| Some((area.to_owned(), because));
        assert_eq!(on("Quad bikes in NORTHFIELD again", "Ostlebury", false), is("Northfield", Because::Place));
        assert_eq!(on("the Northfields estate", "Ostlebury", false), is("Ostlebury", Because::Account));
        assert_eq!(on("the Northfields estate", "", true), None, "two areas: nobody guesses");
        assert_eq!(on("hello", "Atlantis", false), None);
        let one = ["Northfield".to_owned()];
        assert_eq!(suggested("when is the beat surgery?", "", true, &one), Some(("Northfield", Because::Topic)));
        assert_eq!(suggested("when is the beat surgery?", "", false, &one), None);
    }

    #[test]
    fn leics_triage_3_nothing_goes_where_nobody_works() {
        let f = Figures::default();
        assert_eq!(route(false, &To::default(), area("Atlantis"), &[], "", &f, Instant(0)).unwrap_err().code, "no-such-area");
        assert_eq!(route(true, &To::default(), To::default(), &[], "", &f, Instant(0)).unwrap_err().code, "closed");
        assert_eq!(route(false, &To::default(), To::default(), &[], "", &f, Instant(0)).unwrap_err().code, "there-already");
    }
}

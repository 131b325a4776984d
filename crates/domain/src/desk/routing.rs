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
    fn leics_triage_3_nothing_goes_where_nobody_works() {
        let f = Figures::default();
        assert_eq!(route(false, &To::default(), area("Atlantis"), &[], "", &f, Instant(0)).unwrap_err().code, "no-such-area");
        assert_eq!(route(true, &To::default(), To::default(), &[], "", &f, Instant(0)).unwrap_err().code, "closed");
        assert_eq!(route(false, &To::default(), To::default(), &[], "", &f, Instant(0)).unwrap_err().code, "there-already");
    }
}

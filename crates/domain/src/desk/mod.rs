//! The desk: who has a message in hand, what they decide of it, where it goes, how it ends, and the alarm that rings
//! until a person answers.
//!
//! What must never happen: software lowering what a person must see (I3), a message ending unread, an alarm that
//! fades away by itself (APP-ROLE-3). Read [`assess`] first, then [`outcome`], [`alert`], [`referral`], [`claim`].

pub mod alert;
pub mod assess;
pub mod claim;
pub mod evidence;
pub mod outcome;
pub mod referral;
pub mod reply;
pub mod routing;

use crate::act::Refusal;

/// Characters that a note, a reason or a reference may have; longer ones are sent back with a sentence.
pub const NOTE_CHARS: usize = 4_000;
pub const REFERENCE_CHARS: usize = 80;

/// A text of a form, tidied: NUL taken out, trimmed, bounded.
///
/// # Errors
/// When it is longer than `most` characters.
pub fn bounded(what: &str, text: &str, most: usize) -> Result<String, Refusal> {
    let tidy: String = text.chars().filter(|c| *c != '\0').collect();
    let tidy = tidy.trim();
    let length = tidy.chars().count();
    if length > most {
        return Err(Refusal::new("too-long", format!("{what} has {length} characters; {most} fit, so shorten it")));
    }
    Ok(tidy.to_owned())
}

/// As [`bounded`], and something must be said.
///
/// # Errors
/// When it is empty or too long.
pub fn said(what: &str, text: &str, most: usize) -> Result<String, Refusal> {
    let tidy = bounded(what, text, most)?;
    if tidy.is_empty() {
        return Err(Refusal::new("say-it", format!("{what} is empty: write it")));
    }
    Ok(tidy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_bounded_by_characters_not_bytes() {
        assert_eq!(bounded("the note", " \u{e9}\0\u{e9} ", 2), Ok("\u{e9}\u{e9}".into()));
        assert_eq!(bounded("the note", "abc", 2).unwrap_err().code, "too-long");
        assert_eq!(said("the note", " \0 ", 2).unwrap_err().code, "say-it");
    }
}

//! The pack's own words, found as whole words whatever their case.

use super::tokens::{Token, fold};
use super::{Found, Span, Weight};
use std::collections::HashMap;

/// A word or phrase with what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Term {
    pub word: String,
    pub instead: Option<String>,
    pub says: Option<String>,
}

/// The lists of a pack, as the detectors use them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WordLists {
    pub style: Vec<Term>,
    pub jargon: Vec<Term>,
    pub restricted: Vec<Term>,
    pub guilt: Vec<Term>,
    pub political: Vec<Term>,
    pub victim: Vec<Term>,
}

impl WordLists {
    fn lists(&self) -> [(&'static str, Weight, &'static str, &[Term]); 6] {
        [
            ("restricted-word", Weight::Sign, "Not for the public: ", &self.restricted),
            ("guilt-word", Weight::Sign, "Treats someone as guilty: ", &self.guilt),
            ("political", Weight::Sign, "Reads as political: ", &self.political),
            ("victim-word", Weight::Sign, "Speaks of a victim or witness: ", &self.victim),
            ("jargon", Weight::Sign, "The public may not know ", &self.jargon),
            ("style", Weight::Advice, "Not how we write: ", &self.style),
        ]
    }
}

pub(super) fn find(tokens: &[Token<'_>], words: &WordLists, found: &mut Vec<Found>) {
    let folded: Vec<String> = tokens.iter().map(Token::folded).collect();
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, word) in folded.iter().enumerate().filter(|(i, _)| !tokens[*i].in_code) {
        places.entry(word.as_str()).or_default().push(i);
    }
    for (sign, weight, opening, terms) in words.lists() {
        // The longest phrase of a list wins where several begin or lie at one place.
        let mut taken: Vec<(Span, &Term)> = Vec::new();
        for term in terms {
            let wanted: Vec<String> = super::tokens::tokens(&term.word).iter().map(|t| fold(t.text)).collect();
            let Some(first) = wanted.first() else { continue };
            for &i in places.get(first.as_str()).map_or(&[][..], Vec::as_slice) {
                let here = folded.len() >= i + wanted.len()
                    && folded[i..i + wanted.len()] == wanted[..]
                    && tokens[i + 1..i + wanted.len()].iter().all(|t| t.joined);
                if here {
                    taken.push((Span { from: tokens[i].from, to: tokens[i + wanted.len() - 1].to }, term));
                }
            }
        }
        let covered = |s: Span| taken.iter().any(|(o, _)| *o != s && o.from <= s.from && s.to <= o.to);
        for (span, term) in taken.iter().filter(|(s, _)| !covered(*s)) {
            let advice = match (&term.instead, &term.says) {
                (Some(instead), Some(says)) => format!("Write \u{201c}{instead}\u{201d}. {says}"),
                (Some(instead), None) => format!("Write \u{201c}{instead}\u{201d}."),
                (None, Some(says)) => says.clone(),
                (None, None) => "Find another word, or leave it out.".to_owned(),
            };
            found.push(Found { sign, weight, span: Some(*span), says: format!("{opening}\u{201c}{}\u{201d}.", term.word), advice });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn seen<'t>(text: &'t str, terms: &[&str]) -> Vec<&'t str> {
        let list = terms.iter().map(|w| Term { word: (*w).into(), ..Term::default() }).collect();
        let mut found = Vec::new();
        find(&tokens(text), &WordLists { guilt: list, ..WordLists::default() }, &mut found);
        found.iter().filter_map(|f| f.span).map(|s| &text[s.from..s.to]).collect()
    }

    #[test]
    fn words_are_found_whole_and_the_longest_alone() {
        assert_eq!(seen("The Killer fled", &["killer", "the killer"]), ["The Killer"]);
        assert_eq!(seen("painkillers help", &["killer"]), Vec::<&str>::new());
        assert_eq!(seen("by-election, by election", &["by-election"]), ["by-election", "by election"]);
        assert_eq!(seen("the. Killer", &["the killer"]), Vec::<&str>::new());
        assert_eq!(seen("#killer @killer", &["killer"]), Vec::<&str>::new());
    }
}

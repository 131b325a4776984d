//! What is known of single words: which spelling stands for which word, and which language a word speaks for.

use std::collections::HashMap;

use bluelamp_domain::triage::Language;

use crate::fold::Folded;

#[derive(Debug, Clone, Default)]
struct Entry {
    same: Option<Box<str>>,
    english: bool,
    welsh: bool,
}

/// Words by their folded spelling.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    words: HashMap<Box<str>, Entry>,
}

/// Fewer words than this tell nothing of a language.
const ENOUGH: usize = 4;

impl Lexicon {
    /// `spelling` is read as `word` from now on. False where it is already read as another.
    pub(crate) fn same(&mut self, spelling: &str, word: &str) -> bool {
        let entry = self.words.entry(spelling.into()).or_default();
        match &entry.same {
            Some(other) if **other != *word => false,
            _ => {
                entry.same = Some(word.into());
                entry.english = true;
                true
            }
        }
    }

    /// `word` is a word of `language`.
    pub(crate) fn speaks(&mut self, word: &str, language: Language) {
        let entry = self.words.entry(word.into()).or_default();
        match language {
            Language::English => entry.english = true,
            Language::Welsh => entry.welsh = true,
            Language::Other | Language::Undetermined => {}
        }
    }

    /// How `spelling` is read: itself, or the word it stands for.
    pub(crate) fn read<'a>(&'a self, spelling: &'a str) -> &'a str {
        self.words.get(spelling).and_then(|e| e.same.as_deref()).unwrap_or(spelling)
    }

    /// Whether `spelling` is a word of the pack.
    pub(crate) fn knows(&self, spelling: &str) -> bool {
        self.words.contains_key(spelling)
    }

    /// The language of a folded text, from the share of its words that each language knows.
    pub(crate) fn language(&self, folded: &Folded) -> Language {
        let (mut all, mut english, mut welsh) = (0usize, 0usize, 0usize);
        for word in folded.words().iter().filter(|w| w.plain) {
            all += 1;
            if let Some(e) = self.words.get(folded.word(word)) {
                english += usize::from(e.english);
                welsh += usize::from(e.welsh);
            }
        }
        // One word in five is what ordinary prose of a known language always exceeds: its small words.
        let known = |hits: usize| hits * 5 >= all;
        if welsh > english && known(welsh) {
            Language::Welsh
        } else if all >= ENOUGH && !known(english) {
            Language::Other
        } else if all == 0 || (all < ENOUGH && english == 0) {
            Language::Undetermined
        } else {
            Language::English
        }
    }
}

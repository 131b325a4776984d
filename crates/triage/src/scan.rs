//! One pass of one automaton over a folded text: every phrase of every signal and guard, overlapping ones too.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::fold::Folded;

/// What a phrase is for. Numbers are places in the engine's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// It fires this signal.
    Signal(u32),
    /// It is a second thing of a signal: which signal, which of its `with`.
    With(u32, u32),
    /// It makes a match doubtful.
    Guard(u32),
    /// A guard's words do not count inside it.
    Except(u32),
}

/// A phrase found, from word `first` to word `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    pub what: Use,
    pub first: usize,
    pub last: usize,
}

/// Above this many bytes of phrases the full table would cost too much memory for what it saves.
const DENSE: usize = 400_000;

/// The phrases of a pack, ready to be looked for.
#[derive(Debug)]
pub(crate) struct Scanner {
    automaton: AhoCorasick,
    /// For each phrase: how many words it has, and what it is for.
    phrases: Vec<(usize, Vec<Use>)>,
}

impl Scanner {
    /// `phrases` are folded and padded, with what each is for.
    pub(crate) fn new(phrases: Vec<(String, Vec<Use>)>) -> Result<Self, aho_corasick::BuildError> {
        let bytes: usize = phrases.iter().map(|(p, _)| p.len()).sum();
        let kind = if bytes <= DENSE { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
        let automaton =
            AhoCorasick::builder().kind(Some(kind)).match_kind(MatchKind::Standard).build(phrases.iter().map(|(p, _)| p.as_bytes()))?;
        let phrases = phrases.into_iter().map(|(p, u)| (p.split_ascii_whitespace().count(), u)).collect();
        Ok(Self { automaton, phrases })
    }

    pub(crate) fn len(&self) -> usize {
        self.phrases.len()
    }

    pub(crate) fn memory(&self) -> usize {
        self.automaton.memory_usage()
    }

    /// Every phrase found in `folded`, sorted by use and place.
    pub(crate) fn scan(&self, folded: &Folded) -> Vec<Hit> {
        let mut hits = Vec::new();
        for found in self.automaton.find_overlapping_iter(folded.text()) {
            let (words, uses) = &self.phrases[found.pattern().as_usize()];
            // A padded phrase starts on the space before a word, so there is one at the next byte.
            if let Some(first) = folded.word_at(found.start() + 1) {
                hits.extend(uses.iter().map(|&what| Hit { what, first, last: first + words - 1 }));
            }
        }
        hits.sort_unstable();
        hits
    }
}

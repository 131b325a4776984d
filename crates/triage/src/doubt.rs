//! Guards: when a match may not mean what it says. They ask for a look in place of an alarm, and nothing else.

use bluelamp_domain::triage::Guard;

use crate::compile::{Doubt, FARTHEST, LONGEST, Rule};
use crate::fold::Folded;
use crate::scan::{Hit, Use};

/// The guards found in one folded text.
pub(crate) struct Doubts<'a> {
    folded: &'a Folded,
    /// Sorted by kind and place, those inside an exception left out.
    found: Vec<(Guard, Doubt, Hit)>,
}

impl<'a> Doubts<'a> {
    pub(crate) fn new(folded: &'a Folded, hits: &[Hit], doubts: &[Doubt]) -> Self {
        let mut found = Vec::new();
        for hit in hits {
            if let Use::Guard(number) = hit.what
                && let Some(doubt) = doubts.get(number as usize)
                && !excepted(hits, number, hit)
            {
                found.push((doubt.kind, *doubt, *hit));
            }
        }
        found.sort_unstable_by_key(|(kind, _, hit)| (*kind, hit.first));
        Self { folded, found }
    }

    /// The first of the rule's guards that makes the match from word `first` to word `last` doubtful.
    pub(crate) fn about(&self, rule: &Rule, first: usize, last: usize) -> Option<Guard> {
        rule.guards.iter().copied().find(|guard| match guard {
            Guard::Quotation => self.folded.words().get(first..=last).is_some_and(|w| w.iter().all(|w| w.quoted)),
            kind => self.near(*kind, first, last).any(|(doubt, hit)| {
                // A pack's guards are for its own signals and those that extend it (I10).
                doubt.layer <= rule.layer && self.applies(*kind, doubt, &hit, first, last)
            }),
        })
    }

    /// The guards of that kind that could reach the match; the bounds keep the whole linear.
    fn near(&self, kind: Guard, first: usize, last: usize) -> impl Iterator<Item = (Doubt, Hit)> {
        let start = first.saturating_sub(FARTHEST + LONGEST);
        let from = self.found.partition_point(|(k, _, h)| (*k, h.first) < (kind, start));
        let to = self.found.partition_point(|(k, _, h)| (*k, h.first) <= (kind, last + FARTHEST));
        self.found[from..to].iter().map(|(_, doubt, hit)| (*doubt, *hit))
    }

    fn applies(&self, kind: Guard, doubt: Doubt, hit: &Hit, first: usize, last: usize) -> bool {
        let words = self.folded.words();
        let (Some(guard), Some(matched)) = (words.get(hit.last), words.get(first)) else {
            return false;
        };
        match kind {
            // What is denied stands after the denial, in the same clause.
            Guard::Negation => hit.last < first && first - hit.last <= doubt.within && guard.clause == matched.clause,
            // An idiom is the words themselves.
            Guard::Idiom => hit.first <= last && first <= hit.last,
            _ => {
                let apart = if hit.last < first { first - hit.last } else { hit.first.saturating_sub(last) };
                apart <= doubt.within && (doubt.across || guard.sentence == matched.sentence)
            }
        }
    }
}

/// Whether a guard's word stands inside one of its exceptions. `hits` are sorted by use and place.
fn excepted(hits: &[Hit], number: u32, hit: &Hit) -> bool {
    let what = Use::Except(number);
    let from = hits.partition_point(|h| h.what < what);
    let to = hits.partition_point(|h| h.what < what || (h.what == what && h.first <= hit.first));
    hits[from..to].iter().rev().take_while(|h| h.first + LONGEST > hit.first).any(|h| h.last >= hit.last)
}

//! Proving an export from the file alone, in one pass and little memory.
//!
//! The tree is built from the leaf hashes the place lines state, and each entry's bytes are held against
//! its own leaf. So when one entry was changed, the report names that one entry while the root still
//! vouches for all the others.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, Read};

use super::format::{MAX_LINE, Place, Value, Values, read_line};
use super::header::{Chain, Header};
use super::report::{Fault, Report, Whose};
use crate::Digest;
use crate::checkpoint::VerifierKey;
use crate::commit::commit;
use crate::entry::{Entry, Id};
use crate::tree::{Growing, leaf_hash};

/// What the reader already knows and holds the export against.
#[derive(Debug, Clone, Default)]
pub struct Expect {
    /// Keys the reader trusts; one of them must be in the export's chain of keys.
    pub keys: Vec<VerifierKey>,
    /// A checkpoint (signed note) seen earlier, which the export must extend.
    pub since: Option<String>,
}

/// Proves an export, or says what is wrong with it.
///
/// # Errors
/// Only when reading fails; a file that is wrong gives a report that says so.
pub fn verify<R: BufRead>(input: R, expect: &Expect) -> std::io::Result<Report> {
    let mut pass = Pass {
        lines: Lines { input, number: 0 },
        report: Report::default(),
        tree: Growing::default(),
        expected: 0,
        lost: false,
        whole: true,
        marks: BTreeMap::new(),
        force: None,
        seen: HashSet::new(),
        disposals: BTreeMap::new(),
    };
    pass.header(expect)?;
    while pass.place()? {}
    pass.end();
    Ok(pass.report)
}

/// A root that some signature vouches for, to be met on the way.
struct Mark {
    root: Digest,
    whose: Whose,
}

/// A value said to be disposed of, waiting for its disposal to be met.
struct Waiting {
    line: u64,
    index: u64,
    name: String,
}

struct Pass<R> {
    lines: Lines<R>,
    report: Report,
    tree: Growing,
    /// The index the next place line should say.
    expected: u64,
    /// The line before was no place line, so this one may be the entry that belonged to it.
    lost: bool,
    /// Every leaf so far was read; otherwise roots would only repeat what is already told.
    whole: bool,
    marks: BTreeMap<u64, Vec<Mark>>,
    force: Option<Id>,
    seen: HashSet<Id>,
    disposals: BTreeMap<Id, Vec<Waiting>>,
}

impl<R: BufRead> Pass<R> {
    fn fault(&mut self, index: Option<u64>, fault: Fault) {
        self.report.add(self.lines.number, index, fault);
    }

    fn header(&mut self, expect: &Expect) -> std::io::Result<()> {
        let line = match self.lines.next()? {
            Line::Whole(line) => line,
            Line::End => Vec::new(),
            Line::Wrong(fault) => {
                self.fault(None, fault);
                return Ok(());
            }
        };
        match Header::read_unchecked(&line).and_then(|header| header.chain()) {
            Ok(chain) => self.chain(chain, expect),
            Err(why) => self.fault(None, Fault::Header(why)),
        }
        Ok(())
    }

    fn chain(&mut self, chain: Chain, expect: &Expect) {
        self.report.trusted = expect.keys.iter().find(|key| chain.keys.contains(key)).cloned();
        if self.report.trusted.is_none() && !expect.keys.is_empty() {
            let newest = chain.keys[chain.keys.len() - 1].clone();
            self.fault(None, Fault::KeyNotInChain(newest));
        }
        for (n, rotation) in chain.rotations.iter().enumerate() {
            self.mark(rotation.head.size, rotation.head.root, Whose::Rotation(n));
        }
        if let Some(note) = &expect.since {
            match chain.open_earlier(note) {
                Ok(since) => {
                    self.mark(since.size, since.root, Whose::Since);
                    self.report.since = Some(since);
                }
                Err(why) => self.report.add(0, None, Fault::Since(why)),
            }
        }
        self.mark(chain.head.size, chain.head.root, Whose::Checkpoint);
        self.report.keys = chain.keys;
        self.report.head = Some(chain.head);
        self.compare();
    }

    fn mark(&mut self, size: u64, root: Digest, whose: Whose) {
        self.marks.entry(size).or_default().push(Mark { root, whose });
    }

    /// Holds the tree as it now stands against the roots signed for this size.
    fn compare(&mut self) {
        if !self.whole {
            return;
        }
        let size = self.tree.size();
        for mark in self.marks.remove(&size).unwrap_or_default() {
            let found = self.tree.root().ok();
            if found != Some(mark.root) {
                if mark.whose == Whose::Since {
                    self.report.since = None;
                }
                let found = found.unwrap_or(Digest([0; 32]));
                self.fault(None, Fault::Root { size, found, wanted: mark.root, whose: mark.whose });
            }
        }
    }

    /// One place and its entry; false at the end of the file.
    fn place(&mut self) -> std::io::Result<bool> {
        let line = match self.lines.next()? {
            Line::End => return Ok(false),
            Line::Wrong(fault) => {
                self.fault(None, fault);
                return Ok(false);
            }
            Line::Whole(line) => line,
        };
        let place: Place = match read_line(&line) {
            Ok(place) => place,
            Err(column) => {
                if !(self.lost && Entry::read(&line).is_ok()) {
                    self.fault(None, Fault::Place(column));
                    self.whole = false;
                    self.lost = true;
                }
                return Ok(true);
            }
        };
        let wanted = if self.lost && place.index > self.expected { self.expected + 1 } else { self.expected };
        if place.index != wanted {
            self.fault(Some(place.index), Fault::Order { found: place.index, wanted });
        }
        self.expected = place.index.saturating_add(1);
        self.lost = false;
        if let Some(values) = &place.values {
            self.shown(place.index, place.leaf, values)?;
        } else {
            self.report.sealed += 1;
        }
        if self.tree.push(place.leaf).is_ok() {
            self.compare();
        }
        Ok(true)
    }

    fn shown(&mut self, index: u64, wanted: Digest, values: &Values) -> std::io::Result<()> {
        let bytes = match self.lines.next()? {
            Line::Whole(bytes) => bytes,
            Line::End => {
                self.fault(Some(index), Fault::NoEntry);
                return Ok(());
            }
            Line::Wrong(fault) => {
                self.fault(Some(index), fault);
                return Ok(());
            }
        };
        self.report.shown += 1;
        let found = leaf_hash(&bytes);
        if found != wanted {
            self.fault(Some(index), Fault::Leaf { found, wanted });
        }
        match Entry::read(&bytes) {
            Ok(entry) => {
                self.entry(index, &entry);
                self.values(index, &entry, values);
            }
            Err(why) => self.fault(Some(index), Fault::Entry(why)),
        }
        Ok(())
    }

    fn entry(&mut self, index: u64, entry: &Entry) {
        let wanted = *self.force.get_or_insert(entry.force);
        if entry.force != wanted {
            self.fault(Some(index), Fault::OtherForce { found: entry.force, wanted });
        }
        if !self.seen.insert(entry.id) {
            self.fault(Some(index), Fault::Repeated(entry.id));
        }
        let (first, last) = self.report.span.unwrap_or((entry.at, entry.at));
        self.report.span = Some((first.min(entry.at), last.max(entry.at)));
        self.report.decisions[entry.decision as usize] += 1;
        for id in entry.ids.values().chain([&entry.id]) {
            let explained = self.disposals.remove(id).unwrap_or_default();
            self.report.values.disposed_by_act += explained.len() as u64;
        }
    }

    fn values(&mut self, index: u64, entry: &Entry, values: &Values) {
        let committed: BTreeMap<String, Digest> = entry.commits.iter().map(|(k, v)| (k.to_string(), *v)).collect();
        for name in committed.keys().filter(|k| !values.contains_key(*k)).chain(values.keys().filter(|k| !committed.contains_key(*k))) {
            self.fault(Some(index), Fault::ValueNames(name.clone()));
        }
        for (name, value) in values {
            let Some(wanted) = committed.get(name).copied() else {
                continue;
            };
            match value {
                Value::Held { random, value } => {
                    let found = commit(random, value);
                    if found == wanted {
                        self.report.values.held += 1;
                    } else {
                        self.fault(Some(index), Fault::Value { name: name.clone(), found, wanted });
                    }
                }
                Value::Disposed(None) => self.report.values.disposed += 1,
                Value::Disposed(Some(by)) => {
                    let waiting = Waiting { line: self.lines.number, index, name: name.clone() };
                    self.disposals.entry(*by).or_default().push(waiting);
                }
                Value::Withheld => self.report.values.withheld += 1,
            }
        }
    }

    /// What the end of the file leaves open.
    fn end(&mut self) {
        for (by, list) in std::mem::take(&mut self.disposals) {
            for Waiting { line, index, name } in list {
                self.report.add(line, Some(index), Fault::NoDisposal { name, by });
            }
        }
        if !self.whole {
            self.report.since = None;
            return;
        }
        let found = self.tree.size();
        for (wanted, marks) in std::mem::take(&mut self.marks) {
            for mark in marks {
                if mark.whose == Whose::Since {
                    self.report.since = None;
                }
                self.report.add(0, None, Fault::Size { found, wanted, whose: mark.whose });
            }
        }
        if let Some(head) = self.report.head.clone().filter(|head| found > head.size) {
            self.report.add(0, None, Fault::Size { found, wanted: head.size, whose: Whose::Checkpoint });
        }
    }
}

enum Line {
    Whole(Vec<u8>),
    Wrong(Fault),
    End,
}

/// Lines of bounded length, counted from 1.
struct Lines<R> {
    input: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> std::io::Result<Line> {
        let mut line = Vec::new();
        (&mut self.input).take(MAX_LINE as u64).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(Line::End);
        }
        self.number += 1;
        if line.pop_if(|last| *last == b'\n').is_some() {
            return Ok(Line::Whole(line));
        }
        Ok(Line::Wrong(if line.len() < MAX_LINE { Fault::CutOff } else { Fault::TooLong }))
    }
}

//! What a verification found, for people and for programs.

use std::fmt;

use crate::Digest;
use crate::checkpoint::{CheckpointError, Head, VerifierKey};
use crate::entry::{EntryError, Id};
use crate::export::HeaderError;

/// How many problems are told in full; the rest are counted.
const TOLD: usize = 100;

/// Which signed statement a root comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The export's own checkpoint.
    Checkpoint,
    /// The checkpoint the reader kept from before.
    Since,
    /// A rotation of keys, counted from 0.
    Rotation(usize),
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkpoint => f.write_str("the checkpoint"),
            Self::Since => f.write_str("the earlier checkpoint"),
            Self::Rotation(index) => write!(f, "key rotation {index}"),
        }
    }
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The header does not hold.
    #[error("{0}")]
    Header(HeaderError),
    /// None of the keys the reader trusts is in the chain.
    #[error("none of the keys you gave is a key of this export: `{0}` is its newest")]
    KeyNotInChain(VerifierKey),
    /// The earlier checkpoint does not hold.
    #[error("the earlier checkpoint does not hold: {0}")]
    Since(CheckpointError),
    /// The file ends in the middle of a line.
    #[error("the last line does not end with a line break: the file was cut off")]
    CutOff,
    /// The line is too long.
    #[error("the line is over 16 MiB, which no export has")]
    TooLong,
    /// Not a place line.
    #[error("not a place line in canonical form (column {0})")]
    Place(usize),
    /// A place out of order.
    #[error("place {found} stands where place {wanted} belongs: entries are missing, repeated or out of order")]
    Order {
        /// Which place the line says.
        found: u64,
        /// Which belongs here.
        wanted: u64,
    },
    /// A place with values but no entry after it.
    #[error("the entry's own line is missing")]
    NoEntry,
    /// The entry's bytes do not hash to the leaf.
    #[error("the entry was changed: its bytes hash to {found}, the ledger has {wanted}")]
    Leaf {
        /// What the bytes hash to.
        found: Digest,
        /// What the place line says.
        wanted: Digest,
    },
    /// The bytes are not an entry.
    #[error("not an entry: {0}")]
    Entry(EntryError),
    /// An entry of another force than the first.
    #[error("the entry is of force {found}, the ledger of force {wanted}")]
    OtherForce {
        /// Its force.
        found: Id,
        /// The ledger's force.
        wanted: Id,
    },
    /// The same entry twice.
    #[error("entry {0} stands on the ledger twice")]
    Repeated(Id),
    /// A value the entry does not commit to, or a commitment without a word on its value.
    #[error("value `{0}` stands on one side only: entry and values must name the same")]
    ValueNames(String),
    /// A value that is not what was committed to.
    #[error("value `{name}` was changed: it hashes to {found}, the entry committed to {wanted}")]
    Value {
        /// Its name.
        name: String,
        /// What it hashes to.
        found: Digest,
        /// What the entry committed to.
        wanted: Digest,
    },
    /// A value said to be disposed of by an act that is not there.
    #[error("value `{name}` is said to be disposed of by {by}, but no later entry in this export carries that id")]
    NoDisposal {
        /// The value's name.
        name: String,
        /// The disposal.
        by: Id,
    },
    /// The root is another.
    #[error("the root over {size} entries is {found}, but {whose} says {wanted}")]
    Root {
        /// Over how many entries.
        size: u64,
        /// What was calculated.
        found: Digest,
        /// What was signed.
        wanted: Digest,
        /// Where the signed root stands.
        whose: Whose,
    },
    /// Too few or too many entries.
    #[error("there are {found} places, but {whose} says {wanted}")]
    Size {
        /// How many places there are.
        found: u64,
        /// How many were signed.
        wanted: u64,
        /// Where the signed size stands.
        whose: Whose,
    },
}

/// A fault and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line of the file, from 1; 0 for the file as a whole.
    pub line: u64,
    /// The entry's place, where the fault is one entry's.
    pub index: Option<u64>,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.index, self.line) {
            (Some(index), line) => write!(f, "entry {index} (line {line}): {}", self.fault),
            (None, 0) => write!(f, "{}", self.fault),
            (None, line) => write!(f, "line {line}: {}", self.fault),
        }
    }
}

/// How many committed values are still held, and what became of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValueCounts {
    /// Held and as committed.
    pub held: u64,
    /// Disposed of by a disposal that stands on this ledger.
    pub disposed_by_act: u64,
    /// Disposed of, with no disposal named.
    pub disposed: u64,
    /// Held by the force but not in this export.
    pub withheld: u64,
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The signed head; absent when the header does not hold.
    pub head: Option<Head>,
    /// The keys of the chain, oldest first.
    pub keys: Vec<VerifierKey>,
    /// The trusted key the chain was held against; without one, only the export's own word says who signed.
    pub trusted: Option<VerifierKey>,
    /// The earlier checkpoint this ledger was proven to extend.
    pub since: Option<Head>,
    /// How many entries are shown.
    pub shown: u64,
    /// How many are kept by their hash alone.
    pub sealed: u64,
    /// How many shown entries were done, held, refused.
    pub decisions: [u64; 3],
    /// The earliest and the latest instant, in microseconds since 1970 UTC.
    pub span: Option<(i64, i64)>,
    /// What became of the values.
    pub values: ValueCounts,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// How many more problems there are.
    pub more: u64,
}

impl Report {
    /// Whether everything is proven.
    #[must_use]
    pub fn proven(&self) -> bool {
        self.problems.is_empty() && self.more == 0 && self.head.is_some()
    }

    pub(super) fn add(&mut self, line: u64, index: Option<u64>, fault: Fault) {
        if self.problems.len() < TOLD {
            self.problems.push(Problem { line, index, fault });
        } else {
            self.more += 1;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(head) = &self.head {
            writeln!(f, "ledger      {}", head.origin)?;
            writeln!(f, "checkpoint  {} entries, root {}", head.size, head.root)?;
        }
        for (n, key) in self.keys.iter().enumerate() {
            writeln!(f, "key {}       {key}", n + 1)?;
        }
        match &self.trusted {
            Some(_) => writeln!(f, "signature   by a chain of keys that holds the key you gave")?,
            None => writeln!(f, "signature   by the keys in the file itself; give --key to prove whose they are")?,
        }
        if let Some(since) = &self.since {
            writeln!(f, "since       extends the checkpoint of {} entries, nothing before it changed", since.size)?;
        }
        writeln!(f, "entries     {} shown, {} sealed", self.shown, self.sealed)?;
        let [done, held, refused] = self.decisions;
        writeln!(f, "decisions   {done} done, {held} held, {refused} refused")?;
        if let Some((first, last)) = self.span {
            writeln!(f, "from        {} to {}", instant(first), instant(last))?;
        }
        let v = &self.values;
        writeln!(
            f,
            "values      {} held and as committed, {} disposed of by an act on this ledger, {} disposed of with no act named, {} withheld",
            v.held, v.disposed_by_act, v.disposed, v.withheld
        )?;
        for problem in &self.problems {
            writeln!(f, "PROBLEM     {problem}")?;
        }
        if self.more > 0 {
            writeln!(f, "PROBLEM     and {} more", self.more)?;
        }
        writeln!(f, "{}", if self.proven() { "PROVEN" } else { "NOT PROVEN" })
    }
}

/// An instant as people write it; the verifier carries no time zones, so UTC.
fn instant(micros: i64) -> String {
    let (mut day, rest) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000) / 1_000_000);
    let mut year = 1970;
    let leap = |y: i64| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    while day >= 365 + i64::from(leap(year)) {
        day -= 365 + i64::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    for days in [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    format!("{year}-{month:02}-{:02} {:02}:{:02}:{:02} UTC", day + 1, rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    #[test]
    fn instants_read_as_dates() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_767_225_599, "2025-12-31 23:59:59 UTC"),
            (1_795_253_485, "2026-11-21 09:31:25 UTC"),
        ] {
            assert_eq!(super::instant(seconds * 1_000_000), text);
        }
    }
}

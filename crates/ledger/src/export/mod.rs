//! The export: a whole ledger in one file of text lines, and its proof.
//!
//! The form (`README.md` describes it for those who write their own verifier): a header line with keys,
//! rotations and the signed checkpoint; then for each entry a *place* line (index, leaf hash, values) and
//! the entry's own bytes, exactly. A place without values is *sealed*: the entry is left out of this
//! export and only its hash keeps its place, so that part of a ledger can be shown with the whole order
//! still proven. Every line is canonical JSON and every byte is bound by a hash or a signature.
//!
//! ```
//! use std::collections::BTreeMap;
//! use bluelamp_ledger::checkpoint::{Head, SigningKey, sign};
//! use bluelamp_ledger::entry::{By, Decision, Entry, Id, Word};
//! use bluelamp_ledger::export::{Expect, Header, Writer, verify};
//! use bluelamp_ledger::{Digest, tree};
//! let entry = Entry::new(Id([1; 16]), Id([2; 16]), Word::new("people.join")?, 0, By::actor("operator")?, Decision::Done, Digest([3; 32]))?;
//! let tree = tree::append(0, &[entry.leaf_hash()], &BTreeMap::new())?;
//! let key = SigningKey::from_seed("ledger.example.invalid/example", &[4; 32])?;
//! let head = Head { origin: key.origin().into(), size: tree.size, root: tree.root };
//! let header = Header::new(&[key.verifier_key()], &[], &sign(&head, &key)?)?;
//! let mut file = Writer::new(Vec::new(), &header)?;
//! file.entry(&entry.bytes(), &BTreeMap::new())?;
//! let bytes = file.finish()?;
//! let report = verify(&bytes[..], &Expect { keys: vec![key.verifier_key()], since: None })?;
//! assert!(report.proven(), "{report}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod format;
mod header;
mod report;
mod verify;
mod write;

pub use format::{FORMAT, MAX_LINE, Place, Value, Values};
pub use header::{Header, HeaderError, checkpoint_of};
pub use report::{Fault, Problem, Report, ValueCounts, Whose};
pub use verify::{Expect, verify};
pub use write::{WriteError, Writer};

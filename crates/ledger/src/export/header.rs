//! The header line: which ledger, the chain of its keys, and the signed checkpoint.

use serde::{Deserialize, Serialize};

use super::format::{FORMAT, read_line};
use crate::checkpoint::{self, CheckpointError, Head, Opened, VerifierKey};
use crate::rotation::{self, Rotation};

/// What is wrong with a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not a header line at all.
    #[error("the first line is not a header in canonical form (column {0})")]
    Line(usize),
    /// Another format or a newer version.
    #[error("the header does not say `bluelamp-ledger-export/1`: use the verifier that belongs to its version")]
    Format,
    /// Keys and rotations do not make one chain.
    #[error("the keys and rotations do not make one chain: rotation {0} does not join key {0} and the next")]
    Chain(usize),
    /// No key, or not one rotation between each two.
    #[error("{keys} keys need {need} rotations, there are {rotations}")]
    Count {
        /// How many keys.
        keys: usize,
        /// How many rotations they need.
        need: usize,
        /// How many there are.
        rotations: usize,
    },
    /// A rotation does not hold.
    #[error("rotation {index}: {why}")]
    Rotation {
        /// Which, from 0.
        index: usize,
        /// Why.
        why: CheckpointError,
    },
    /// A key does not hold.
    #[error("key {index}: {why}")]
    Key {
        /// Which, from 0.
        index: usize,
        /// Why.
        why: CheckpointError,
    },
    /// The checkpoint does not hold.
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint bears signatures the export does not explain.
    #[error("the checkpoint bears a signature that is not by the newest key: an export carries that one alone")]
    Signatures,
}

/// The header as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    format: String,
    origin: String,
    keys: Vec<String>,
    rotations: Vec<String>,
    checkpoint: String,
}

/// A header that holds.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub keys: Vec<VerifierKey>,
    pub rotations: Vec<Rotation>,
    pub head: Head,
}

impl Header {
    /// Makes a header from all keys the ledger ever had, oldest first, the notes that join them, and
    /// a checkpoint signed by the newest. Signatures by witnesses are dropped: they are not the
    /// force's to vouch for.
    ///
    /// # Errors
    /// When it would not verify.
    pub fn new(keys: &[VerifierKey], rotations: &[String], checkpoint: &str) -> Result<Self, HeaderError> {
        let newest = keys.last().ok_or(HeaderError::Count { keys: 0, need: 0, rotations: rotations.len() })?;
        let header = Self {
            format: FORMAT.to_owned(),
            origin: newest.origin().to_owned(),
            keys: keys.iter().map(ToString::to_string).collect(),
            rotations: rotations.to_vec(),
            checkpoint: checkpoint::keep_only(checkpoint, newest)?,
        };
        header.chain().map(|_| header)
    }

    /// Reads a header line, without its newline.
    ///
    /// # Errors
    /// When it is not a header or does not hold.
    pub fn read(line: &[u8]) -> Result<Self, HeaderError> {
        let header = Self::read_unchecked(line)?;
        header.chain().map(|_| header)
    }

    pub(super) fn read_unchecked(line: &[u8]) -> Result<Self, HeaderError> {
        let header: Self = read_line(line).map_err(HeaderError::Line)?;
        if header.format == FORMAT { Ok(header) } else { Err(HeaderError::Format) }
    }

    /// The ledger it says it is of.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The signed checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> &str {
        &self.checkpoint
    }

    /// Follows the keys from the oldest to the newest and opens the checkpoint with the newest.
    pub(super) fn chain(&self) -> Result<Chain, HeaderError> {
        let keys = self.keys.iter().enumerate().map(|(index, text)| {
            let key = VerifierKey::parse(text).map_err(|why| HeaderError::Key { index, why })?;
            checkpoint::same_origin(key.origin(), &self.origin).map_err(|why| HeaderError::Key { index, why })?;
            Ok(key)
        });
        let keys = keys.collect::<Result<Vec<_>, HeaderError>>()?;
        let Some(newest) = keys.last() else {
            return Err(HeaderError::Count { keys: 0, need: 0, rotations: self.rotations.len() });
        };
        if self.rotations.len() + 1 != keys.len() {
            return Err(HeaderError::Count { keys: keys.len(), need: keys.len() - 1, rotations: self.rotations.len() });
        }
        let mut rotations: Vec<Rotation> = Vec::new();
        for (index, note) in self.rotations.iter().enumerate() {
            let rotation = rotation::open(note).map_err(|why| HeaderError::Rotation { index, why })?;
            // A key that had ended never comes back: nobody could say which time it vouches for.
            let joins = rotation.old == keys[index] && rotation.new == keys[index + 1] && !keys[..=index].contains(&rotation.new);
            let forward = rotations.last().is_none_or(|before| before.head.size <= rotation.head.size);
            if !joins || !forward {
                return Err(HeaderError::Chain(index));
            }
            rotations.push(rotation);
        }
        let Opened { head, others, .. } = checkpoint::open(&self.checkpoint, std::slice::from_ref(newest))?;
        if others > 0 || checkpoint::signatures(&self.checkpoint) != 1 {
            return Err(HeaderError::Signatures);
        }
        checkpoint::same_origin(&head.origin, &self.origin)?;
        if rotations.last().is_some_and(|last| last.head.size > head.size) {
            return Err(HeaderError::Chain(rotations.len() - 1));
        }
        Ok(Chain { keys, rotations, head })
    }
}

impl Chain {
    /// Opens an earlier checkpoint of the same ledger: signed by the key that was in force at its size.
    pub fn open_earlier(&self, note: &str) -> Result<Head, CheckpointError> {
        let Opened { head, signed_by, .. } = checkpoint::open(note, &self.keys)?;
        checkpoint::same_origin(&head.origin, &self.head.origin)?;
        let in_force = |key: &VerifierKey| {
            self.rotations.iter().all(|r| (r.old != *key || head.size <= r.head.size) && (r.new != *key || head.size >= r.head.size))
        };
        if signed_by.iter().any(in_force) { Ok(head) } else { Err(CheckpointError::Unsigned) }
    }
}

/// The checkpoint in a file that is either a checkpoint itself or an export: what `--since` takes.
///
/// # Errors
/// When the file begins as an export but its header does not hold.
pub fn checkpoint_of(file: &str) -> Result<String, HeaderError> {
    if !file.starts_with('{') {
        return Ok(file.to_owned());
    }
    let line = file.split('\n').next().unwrap_or_default();
    Header::read(line.as_bytes()).map(|header| header.checkpoint)
}

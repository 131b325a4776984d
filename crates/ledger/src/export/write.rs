//! Writing an export, entry by entry, so that it can be streamed out of a database of any size.
//!
//! The writer judges nothing but the whole: a ledger that was tampered with must still be exportable,
//! or nobody could show that it was. [`Writer::finish`] says whether what went in is what was signed.

use std::io::Write;

use super::format::{MAX_LINE, Place, Values, line};
use super::header::{Header, HeaderError};
use crate::Digest;
use crate::checkpoint::Head;
use crate::tree::{Growing, TreeError, leaf_hash};

/// Why an export could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The output failed.
    #[error("the export could not be written: {0}")]
    Io(#[from] std::io::Error),
    /// The header does not hold.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The entries outgrew the tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// An entry with a line break in it, which no canonical entry has.
    #[error("entry {0} holds a line break, so it was not made by this program")]
    LineBreak(u64),
    /// A line beyond [`MAX_LINE`].
    #[error("entry {0} makes a line over 16 MiB: commit to the hash of large values and keep them in the object store")]
    TooLong(u64),
    /// What was written is not what the checkpoint signed.
    #[error(
        "wrote {size} entries with root {root}, but the checkpoint signed {signed_size} with root {signed_root}: the stored ledger was changed"
    )]
    NotAsSigned {
        /// How many were written.
        size: u64,
        /// Their root.
        root: Digest,
        /// How many were signed.
        signed_size: u64,
        /// The signed root.
        signed_root: Digest,
    },
}

/// Writes an export line by line.
pub struct Writer<W> {
    out: W,
    head: Head,
    tree: Growing,
}

impl<W: Write> Writer<W> {
    /// Begins an export.
    ///
    /// # Errors
    /// When the header does not hold or the output fails.
    pub fn new(mut out: W, header: &Header) -> Result<Self, WriteError> {
        let head = header.chain()?.head;
        put(&mut out, &line(header).map_err(std::io::Error::from)?)?;
        Ok(Self { out, head, tree: Growing::default() })
    }

    /// Writes the next entry: its stored bytes as they are, and the values it commits to.
    ///
    /// # Errors
    /// When the bytes hold a line break, a line is too long, or the output fails.
    pub fn entry(&mut self, bytes: &[u8], values: &Values) -> Result<(), WriteError> {
        if bytes.contains(&b'\n') {
            return Err(WriteError::LineBreak(self.tree.size()));
        }
        self.place(leaf_hash(bytes), Some(values.clone()))?;
        if bytes.len() >= MAX_LINE {
            return Err(WriteError::TooLong(self.tree.size() - 1));
        }
        Ok(put(&mut self.out, bytes)?)
    }

    /// Leaves the next entry out, keeping its place by its leaf hash.
    ///
    /// # Errors
    /// When the output fails.
    pub fn sealed(&mut self, leaf: Digest) -> Result<(), WriteError> {
        self.place(leaf, None)
    }

    fn place(&mut self, leaf: Digest, values: Option<Values>) -> Result<(), WriteError> {
        let index = self.tree.size();
        let bytes = line(&Place { index, leaf, values }).map_err(std::io::Error::from)?;
        if bytes.len() >= MAX_LINE {
            return Err(WriteError::TooLong(index));
        }
        put(&mut self.out, &bytes)?;
        Ok(self.tree.push(leaf)?)
    }

    /// Ends the export and returns the output.
    ///
    /// # Errors
    /// When what was written is not what the checkpoint signed, or the output fails.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.out.flush()?;
        let (size, root) = (self.tree.size(), self.tree.root()?);
        if (size, root) == (self.head.size, self.head.root) {
            return Ok(self.out);
        }
        Err(WriteError::NotAsSigned { size, root, signed_size: self.head.size, signed_root: self.head.root })
    }
}

fn put(out: &mut impl Write, line: &[u8]) -> std::io::Result<()> {
    out.write_all(line)?;
    out.write_all(b"\n")
}

//! Key rotation: a note in which the old key names the new one and the new key accepts.
//!
//! The note also binds the tree at that moment, so that both keys answer for the history up to there:
//!
//! ```text
//! ledger.example.invalid/example
//! key rotation
//! <old verifier key>
//! <new verifier key>
//! <size of the tree>
//! <root of the tree, hexadecimal>
//! ```
//!
//! The second line is not a number, so a rotation can never be taken for a checkpoint. Whoever holds any
//! key of the chain can follow it to the newest.

use crate::Digest;
use crate::checkpoint::{CheckpointError, Head, SigningKey, VerifierKey, open_note, same_origin};
use crate::tree::MAX_SIZE;

const TITLE: &str = "key rotation";

/// A rotation whose two signatures were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The ledger as it stood.
    pub head: Head,
    /// The key that ends; it signs checkpoints up to this size.
    pub old: VerifierKey,
    /// The key that begins; it signs checkpoints from this size.
    pub new: VerifierKey,
}

/// Makes the note by which `old` hands over to `new` when the ledger stands at `head`.
///
/// ```
/// use bluelamp_ledger::{Digest, checkpoint::{Head, SigningKey}, rotation::{open, rotate}};
/// let origin = "ledger.example.invalid/example";
/// let (old, new) = (SigningKey::from_seed(origin, &[1; 32])?, SigningKey::from_seed(origin, &[2; 32])?);
/// let head = Head { origin: origin.into(), size: 12, root: Digest([5; 32]) };
/// let rotation = open(&rotate(&head, &old, &new)?)?;
/// assert_eq!((rotation.old, rotation.new), (old.verifier_key(), new.verifier_key()));
/// # Ok::<(), bluelamp_ledger::checkpoint::CheckpointError>(())
/// ```
///
/// # Errors
/// When head and keys are not of one ledger, or the two keys are the same.
pub fn rotate(head: &Head, old: &SigningKey, new: &SigningKey) -> Result<String, CheckpointError> {
    same_origin(old.origin(), &head.origin)?;
    same_origin(new.origin(), &head.origin)?;
    if old.verifier_key() == new.verifier_key() {
        return Err(CheckpointError::Key);
    }
    new.sign_note(&text(head, &old.verifier_key(), &new.verifier_key()), &[old])
}

fn text(head: &Head, old: &VerifierKey, new: &VerifierKey) -> String {
    format!("{}\n{TITLE}\n{old}\n{new}\n{}\n{}\n", head.origin, head.size, head.root)
}

/// Opens a rotation and checks that both keys it names signed it, and nobody else.
///
/// # Errors
/// When it is malformed or one of the signatures is missing or wrong.
pub fn open(note: &str) -> Result<Rotation, CheckpointError> {
    let lines: Vec<&str> = note.split('\n').take(6).collect();
    let [origin, TITLE, old, new, size, root] = lines[..] else {
        return Err(CheckpointError::Malformed);
    };
    let (old, new) = (VerifierKey::parse(old)?, VerifierKey::parse(new)?);
    let size: u64 = size.parse().map_err(|_| CheckpointError::Malformed)?;
    let root = Digest::parse(root).map_err(|_| CheckpointError::Malformed)?;
    let head = Head { origin: origin.to_owned(), size, root };
    same_origin(old.origin(), origin)?;
    same_origin(new.origin(), origin)?;
    let (signed, signed_by, others) = open_note(note, &[old.clone(), new.clone()])?;
    if signed != text(&head, &old, &new) || others > 0 || size > MAX_SIZE {
        return Err(CheckpointError::Malformed);
    }
    if old == new || signed_by.len() != 2 {
        return Err(CheckpointError::Unsigned);
    }
    Ok(Rotation { head, old, new })
}

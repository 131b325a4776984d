//! Commitments: bind a value into the ledger without showing it.
//!
//! The ledger keeps `SHA-256(random ‖ value)`; the value and its 32 random bytes stand beside it.
//! When the value has to go (a retention rule, a right to erasure) both go, and what is left can
//! neither be read nor guessed, for the random bytes are as long as the hash, while the tree still
//! proves that something stood there. Never use the same random bytes for two values.

use crate::Digest;

/// The commitment to a value under 32 random bytes.
///
/// ```
/// use bluelamp_ledger::{Digest, commit::{commit, opens}};
/// let random = Digest([7; 32]); // the server passes fresh random bytes
/// let commitment = commit(&random, b"the road is closed");
/// assert!(opens(&commitment, &random, b"the road is closed"));
/// assert!(!opens(&commitment, &random, b"the road is open"));
/// ```
#[must_use]
pub fn commit(random: &Digest, value: &[u8]) -> Digest {
    Digest::of(&[&random.0, value])
}

/// Whether these random bytes and this value are what was committed to.
#[must_use]
pub fn opens(commitment: &Digest, random: &Digest, value: &[u8]) -> bool {
    commit(random, value) == *commitment
}

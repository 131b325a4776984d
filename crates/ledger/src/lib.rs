//! The ledger: the append-only, tamper-evident list of acts of one force.
//!
//! It exists so that nobody, the operators of the server included, can change what was recorded
//! without it showing. This crate is pure: no clock, no randomness, no database, no network. Random
//! bytes and instants are arguments; the server stores what is returned here and feeds it back.
//! An auditor can build the `verify` program from this crate alone, or write their own from its
//! `README.md`.
//!
//! Reading order: [`entry`] (what one act leaves behind), [`commit`] (how a value is bound without
//! being shown), [`tree`] (RFC 6962), [`checkpoint`] and [`rotation`] (who signed which tree),
//! [`export`] (the file an auditor receives, and its proof).
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod checkpoint;
pub mod commit;
mod digest;
pub mod entry;
pub mod export;
pub mod rotation;
pub mod tree;

pub use digest::{Digest, NotHex};

//! Records: the ledger's order and proofs, exports, disposal and legal holds.
//!
//! Everybody's facts flow here; nobody reads records to decide. Start with `sequencer.rs`.

pub mod acts;
pub mod export;
pub mod keys;
pub mod pages;
pub mod place;
pub mod sequencer;
pub mod store;
pub mod sweep;

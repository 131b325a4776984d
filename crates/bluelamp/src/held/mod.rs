//! Held acts: what waits for someone's agreement, whatever area it belongs to.
//!
//! One mechanism serves drafts, accounts, blocks, reveals and policy changes. A release is a fact; releasing replays
//! the act from its facts, so that nothing old is done under new circumstances.

pub mod decline;
pub mod pages;
pub mod release;

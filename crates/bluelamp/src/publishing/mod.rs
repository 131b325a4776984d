//! Publishing: from a draft to a post, and from a post to the proof that it is gone.
//!
//! Why: what a force says in public follows its policy, is agreed to by the right person, goes out once and at its time,
//! and can be taken back everywhere (LEICS-USE-3, LEICS-USE-4). What must never happen: a post sent twice, a post sent
//! late by itself, a release that outlives the words it was given for, a platform called inside a transaction (I4).
//! Reading order: `subject.rs` (what policy is asked about a draft), `acts/`, `outbox.rs` and `jobs.rs` (the way out and
//! back), `media.rs`, `store.rs`, then `pages/`.

pub mod acts;
pub mod input;
pub mod jobs;
pub mod media;
pub mod outbox;
pub mod pages;
pub mod store;
pub mod subject;
#[cfg(test)]
pub(crate) mod tests;

pub use input::{DraftInput, PictureInput};
pub use subject::{Subject, Target, word_lists};

//! Moderation: hide, delete, report, block, and looking again at each.
//!
//! Why it is built so: what the public writes on a force's page is theirs to write unless it breaks a standard the force
//! has published (APP-ROLE-5), and whoever was silenced may ask for the reason years later. So every measure names its
//! ground, and everything held of the message is sealed in the same transaction before the platform hears of it (I6).
//! What must never happen: a measure by software (I3), one that cannot be evidenced, one sent twice because the first
//! answer was lost.
//! Reading order: `acts/mod.rs` (a message and its question), `acts/hide.rs`, `acts/block.rs`, `jobs.rs`,
//! `acts/record_outcome.rs`, `pages.rs`, `public.rs`.

pub mod acts;
pub mod brief;
pub mod flagged;
pub mod jobs;
pub mod pages;
pub mod public;
pub mod store;
#[cfg(test)]
mod tests;
pub mod view;

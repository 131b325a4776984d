//! Assurance: which policy runs, and whether the force keeps it, clause by clause, on what evidence.
//!
//! `built.rs` is the one registry of what is built; `live.rs` measures the state now; `pages.rs` shows both.

pub mod acts;
pub mod built;
pub mod live;
pub mod pages;

//! The domain: types and rules, nothing else.
//!
//! A rule takes values and returns what should happen; somebody else makes it happen. There is no async, SQL,
//! HTTP, file, clock, randomness or log in this crate, and a test of the workspace keeps it so. Read
//! [`question`] and [`decision`] (what policy is asked and answers), [`act`] (what a rule returns), then the
//! areas in the order in which they may use each other.

pub mod accounts;
pub mod act;
pub mod community;
pub mod conduct;
pub mod decision;
pub mod desk;
pub mod figures;
pub mod held;
pub mod ids;
pub mod intake;
pub mod people;
pub mod publishing;
pub mod question;
pub mod records;
pub mod security;
pub mod time;
pub mod triage;

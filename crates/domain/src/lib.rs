//! domain

pub mod triage;

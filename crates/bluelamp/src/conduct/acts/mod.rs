//! What can be done about a breach: a file an act.

pub mod close_breach;
pub mod report_breach;

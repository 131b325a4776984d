//! Conduct: what somebody who works here did that the policy does not allow, from report to outcome.
//!
//! Anyone reports; professional standards alone see the cases and close them. Start with `acts/report_breach.rs`: the use of a
//! personal account for work (LEICS-MON-3) opens a breach case. What must never happen: a case on anybody else's page, or
//! its words in an entry.

pub mod acts;
pub mod pages;
pub mod store;

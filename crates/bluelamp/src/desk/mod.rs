//! The desk: the queue, the people who work it, and the alarm that rings until one of them answers.
//!
//! Why it is built so: software orders and flags, people decide. A message is claimed, assessed under THRIVE, answered,
//! referred or ended by someone; what looks dangerous alarms in the transaction that stores it. What must never happen:
//! a message lowered or ended by software (I3), an alarm that fades (APP-ROLE-3), a reply sent twice because its first
//! answer was lost, a word of a message in a mail or on the wall.
//! Reading order: `acts/mod.rs` (a message and its question), `acts/claim.rs`, `acts/assess.rs`, `acts/close.rs`,
//! `alarm.rs` with `acts/raise_alert.rs`, `jobs.rs`, then `pages/`.

pub mod acts;
pub mod alarm;
pub mod jobs;
pub mod pages;
pub mod store;
#[cfg(test)]
mod tests;

use bluelamp_domain::publishing::post;

/// Where a reply stands, as the conversation says it.
pub fn reply_state(state: post::State) -> &'static str {
    match state {
        post::State::Waiting => "on its way",
        post::State::Unknown => "sent, not confirmed: the platform is being asked",
        post::State::Live => "sent",
        post::State::Rejected | post::State::Expired | post::State::Cancelled => "not sent",
        post::State::Leaving => "being taken down",
        post::State::Gone => "taken down, proved gone",
        post::State::Missing => "no longer there, and not taken down by us",
    }
}

//! What comes in, from the platform's bytes to a message on the desk.
//!
//! Why it is built so: an acknowledged message is durable (I5). A body is committed as it came before the platform is
//! told that we have it; everything after that can be done again. What must never happen: a message lost, lowered or
//! closed by software (I3), a body stored before its signature was checked, a correspondent merged across platforms
//! (I9). What cannot be read, triaged or decided goes to quarantine, loudly.
//!
//! The raw body is the one governed row that is set down before an act: the act that makes something of it, or puts
//! it into quarantine, follows at once and commits to its digest in its entry; on start whatever was left goes first.
//!
//! Reading order: `hooks.rs`, `keep.rs` (bytes in), `process.rs` (bytes to messages), `acts/receive.rs`,
//! `worker.rs` (polls, streams, gaps), `media.rs`, `queue.rs` (what the desk reads).

pub mod acts;
pub mod hooks;
pub mod keep;
pub mod media;
pub mod pages;
pub mod process;
pub mod queue;
pub mod store;
#[cfg(test)]
pub(crate) mod tests;
pub mod worker;

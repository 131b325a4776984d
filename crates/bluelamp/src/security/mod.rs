//! Security: signing in, what one signs in with, sessions and tokens.
//!
//! Start with `door.rs`, where proved factors become a session, and `acts/sign_in.rs`, which records it. Before anybody
//! is signed in there is a visit (`visit.rs`) and its ceremony (`db/visits.rs`). No session stands without a second
//! factor (APP-SEC-9), a new device sends word (APP-SEC-10), and every session can be seen and ended (APP-SEC-14).

pub mod acts;
pub mod door;
pub mod jobs;
pub mod links;
pub mod pages;
pub mod passkeys;
pub mod slow_hash;
pub mod store;
pub mod totp;
pub mod visit;
pub mod watch;

/// A password as it is hashed: the same characters however the keyboard composes them.
pub fn normal(password: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    password.nfkc().collect()
}

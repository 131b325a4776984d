//! Security: what one signs in with, how often one may try, how long a session lasts, what a token may hold.
//!
//! Who may do what stands in the packs; here stands what can be done at all: a password that is no password, a last
//! way in that may not be removed, a session that is over.

pub mod credential;
pub mod limits;
pub mod password;
pub mod recovery;
pub mod session;
pub mod token;

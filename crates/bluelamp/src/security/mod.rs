//! Security: signing in, what one signs in with, sessions and tokens.

pub mod links;

//! What can be done about the policy itself.

pub mod adopt_pack;

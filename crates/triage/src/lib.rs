//! triage: the interface the program is built against until the crate itself lands.
pub struct Engine;

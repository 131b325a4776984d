//! Assurance: which policy runs, and whether the force keeps it, clause by clause, on what evidence.

pub mod acts;

//! What is built of the register of clauses: the one registry. A clause points at what keeps it; a test holds each
//! against a test named for it. Whether the force keeps it now comes from live state, never from here.

/// What keeps a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Rules of the pack, with their own cases; whichever rules the pack in force has for the clause.
    Rules,
    /// An act, by its name.
    Act(&'static str),
    /// A page, by its address.
    Page(&'static str),
    /// A job, by its kind.
    Job(&'static str),
}

/// How the state now is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// It cannot be otherwise while the program runs the pack: prevention and standing pages.
    Standing,
    /// By a measure of live state, by its name (`live.rs`).
    Live(&'static str),
}

/// One clause that is built.
#[derive(Debug, Clone, Copy)]
pub struct Built {
    pub clause: &'static str,
    pub by: &'static [By],
    pub watch: Watch,
}

const fn built(clause: &'static str, by: &'static [By], watch: Watch) -> Built {
    Built { clause, by, watch }
}

/// In the order of the register.
pub const BUILT: &[Built] = &[
    built("LEICS-TRAIN-1", &[By::Rules, By::Act("people.record_training")], Watch::Live("access-without-training")),
    built("LEICS-TRAIN-2", &[By::Rules, By::Act("people.record_training")], Watch::Live("access-without-training")),
];

pub fn of(clause: &str) -> Option<&'static Built> {
    BUILT.iter().find(|b| b.clause == clause)
}

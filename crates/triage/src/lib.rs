//! Text to [`Triage`]: what a message says that a police desk must not miss, and which words said it.
//!
//! Pure and deterministic: no clock, no network, no model. A pack's `triage/*.toml` is compiled once into an
//! [`Engine`]; after that a message costs a fold and one pass of an automaton, in time linear in its length.
//! Software may raise a priority and never lower one (I3), so every doubt here ends in a look by a person.
//!
//! Reading order: `pack` (what a supervisor writes), `fold` (what is compared), `compile`, `scan`, `doubt`
//! (guards), `engine`.

mod alphabet;
mod cases;
mod compile;
mod doubt;
mod emoji;
mod engine;
mod expand;
mod fold;
mod lexicon;
mod pack;
mod scan;

pub use bluelamp_domain::triage::{Dimension, Guard, Language, Priority, Route, Signal, Span, Thrive, Triage, raise};
pub use cases::{CaseFailure, Got};
pub use compile::CompileError;
pub use engine::{Context, Engine, MAX_BYTES};
pub use fold::{Folded, Form, Word};
pub use pack::{Case, Expect, GuardSpec, LanguageSpec, SignalFile, SignalSpec, With};
pub use scan::{Hit, Use};

//! Policies as folders of text: loaded, checked, explained, and asked.
//!
//! A pack is `pack.toml`, `rules/*.cedar` and the words, guidance, templates, triage signals and cases beside them; it
//! may extend another, adding rules and never taking any away (I10). [`load`] accepts a pack whole or says every
//! fault in it at once. [`Pack::ask`] answers one question: two evaluations, the permits and then the forbids, with
//! every reason, each citing its clause. Any error while deciding is a refusal.
//!
//! This is the only crate that names Cedar. It reads no file and no clock: bytes, dates and instants are arguments.
//! Start with [`Pack`] (`pack.rs`), then `ask.rs`; the form of a case stands in `README.md`.

mod ask;
mod cases;
mod check;
mod convert;
mod fault;
mod files;
#[cfg(test)]
mod i10;
mod model;
mod pack;
mod principals;
mod register;
mod rules;
mod says;
mod texts;
mod words;
mod world;

pub use cases::{Case, Expected};
pub use check::{CaseResult, Report};
pub use fault::Fault;
pub use files::{content_hash, files_of};
pub use model::{SCHEMA, context_attributes, entity_attributes, optional_attributes};
pub use pack::{Explanation, Pack, load};
pub use register::{Clause, clause, clauses};
pub use rules::{Effect, Rule};
pub use texts::{Guide, Template};
pub use words::{Code, Sign, Term, Words};

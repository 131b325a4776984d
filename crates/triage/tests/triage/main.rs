//! The engine with the national pack's own text: its cases, the desk's messages, the clauses, hostile text.

mod clauses;
mod hostile;
mod messages;
mod pack;

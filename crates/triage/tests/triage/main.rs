//! The engine with the national pack's own text: its cases, the desk's messages, hostile text.

mod pack;

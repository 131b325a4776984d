//! Publishing: what a draft may hold, which states follow which, and what becomes of each post.
//!
//! Policy says who may publish what; the rules here say what can be. Read [`state`] for a draft's life, [`post`] for one
//! post's, [`check`] for what the detectors see, [`when`] for times in the force's zone, [`case`] for what posts hang on.

pub mod case;
pub mod check;
pub mod content;
pub mod post;
pub mod state;
pub mod when;

pub use case::Stage;
pub use content::{Content, Kind, Picture};
pub use state::{Draft, State};

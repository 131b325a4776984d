//! What can be done about records.

pub mod dispose;
pub mod export_ledger;
pub mod lift_hold;
pub mod make_ledger_key;
pub mod place_hold;

use crate::act::{Env, force_entity};
use bluelamp_domain::question::Question;
use uuid::Uuid;

/// Acts on records are asked about the force as a whole.
fn about_records(act: &'static str, subject: impl Into<Uuid>, env: &Env<'_>) -> Question {
    Question::new(act, subject, force_entity(env.force, env.pack, env.app.live))
}

//! What can be done about people, a file an act.

pub mod accept_invite;
pub mod change_person;
pub mod grant_role;
pub mod invite;
pub mod leave;
pub mod open_task;
pub mod record_training;
pub mod remind_training;
pub mod revoke_role;
pub mod set_up_force;
pub mod settle_task;

use super::store::{self, PersonRecord};
use crate::act::{Env, Stop, not_found};
use crate::db::Tx;
use bluelamp_domain::ids::PersonId;

/// The colleague whom an act is about.
async fn someone(tx: &mut Tx, env: &Env<'_>, id: PersonId) -> Result<PersonRecord, Stop> {
    Ok(store::person(tx, env.force, id).await?.ok_or_else(|| not_found("person"))?)
}

//! What can be done about signing in, a file an act.
//!
//! Secrets are made by pages and the command line, never by an act: an act is given a hash or a sealed value, so that
//! nothing that is stored of an act can open anything (I7). Programs are not offered these acts (`http/openapi.rs`).

pub mod add_credential;
pub mod end_session;
pub mod issue_token;
pub mod make_link;
pub mod make_recovery_codes;
pub mod remove_credential;
pub mod revoke_token;
pub mod sign_in;

use super::store::{self, Credential};
use crate::act::{Env, Stop, not_found};
use crate::db::Tx;
use crate::people::store::PersonRecord;
use bluelamp_domain::act::Refusal;
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::security::session;
use bluelamp_domain::time::Instant;

/// The person whose credentials an act is about, with what they have.
pub struct Holder {
    pub person: PersonRecord,
    pub credentials: Vec<Credential>,
    /// When this session's person last proved themselves; `None` where there is no session (the command line, enrolment).
    pub factor_at: Option<Instant>,
}

async fn holder(tx: &mut Tx, env: &Env<'_>, id: PersonId) -> Result<Holder, Stop> {
    let person = crate::people::store::person(tx, env.force, id).await?.ok_or_else(|| not_found("person"))?;
    let credentials = store::credentials(tx, env.force, id).await?;
    Ok(Holder { person, credentials, factor_at: factor_at(tx, env).await? })
}

async fn factor_at(tx: &mut Tx, env: &Env<'_>) -> Result<Option<Instant>, Stop> {
    let Some(id) = env.session else { return Ok(None) };
    Ok(Some(store::session(tx, env.force, id).await?.map_or(Instant(0), |s| s.factor_at)))
}

/// A drastic act within a session asks for a second factor of the last minutes (step-up).
fn proved(factor_at: Option<Instant>, env: &Env<'_>) -> Result<(), Refusal> {
    factor_at.map_or(Ok(()), |at| session::fresh(at, env.at()))
}

//! What intake does that matters: a file an act. All but one are the system's own.

pub mod fill_gap;
pub mod keep_media;
pub mod note_complete;
pub mod open_gap;
pub mod quarantine;
pub mod receive;
pub mod resolve_quarantine;

use crate::accounts::acts::about;
use crate::accounts::store::{self as accounts, AccountRow};
use crate::act::{Env, Stop, not_found};
use crate::db::Tx;
use bluelamp_domain::ids::AccountId;

/// The account that something came to, where whoever acts may see it.
async fn account(tx: &mut Tx, env: &Env<'_>, id: AccountId) -> Result<AccountRow, Stop> {
    let row = accounts::account(tx, env.force, id).await?;
    row.filter(|a| env.scope.sees(a.id)).ok_or_else(|| not_found("account").into())
}

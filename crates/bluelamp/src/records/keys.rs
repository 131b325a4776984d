//! The keys that sign a force's ledger. The seed is sealed by the vault; a new key is vouched for by the old, at the
//! size the ledger had.

use super::store::{self, KeyRow};
use crate::act::Env;
use crate::app::App;
use crate::db::{DbError, Tx};
use crate::vault::Place;
use bluelamp_domain::ids::ForceId;
use bluelamp_ledger::checkpoint::{Head, SigningKey};
use bluelamp_ledger::{Digest, rotation};

/// `host/force`: what the ledger is called in checkpoints.
pub fn origin(app: &App, slug: &str) -> String {
    let origin = app.config.public.as_ref().map_or(&app.config.staff.origin, |p| &p.origin);
    let host = origin.split("://").nth(1).unwrap_or("localhost").split(':').next().unwrap_or("localhost");
    format!("{host}/{slug}")
}

fn place(force: ForceId, id: uuid::Uuid) -> Place {
    Place { force, table: "ledger_key", id, column: "sealed" }
}

/// A new key; `old` and the head it last signed vouch for it.
pub fn make(env: &Env<'_>, origin: &str, old: Option<(&KeyRow, Head)>) -> Result<KeyRow, String> {
    let seed: [u8; 32] = env.app.random();
    let id: uuid::Uuid = env.moment.id();
    let key = SigningKey::from_seed(origin, &seed).map_err(|e| e.to_string())?;
    let rotation = match old {
        Some((row, head)) => Some(rotation::rotate(&head, &open(env.app, env.force, origin, row)?, &key).map_err(|e| e.to_string())?),
        None => None,
    };
    let sealed = env.app.vault.seal(place(env.force, id), &seed, &env.app.random()).map_err(|e| e.to_string())?;
    Ok(KeyRow { id, verifier: key.verifier_key().to_string(), sealed, rotation })
}

/// Opens a stored key for signing.
pub fn open(app: &App, force: ForceId, origin: &str, row: &KeyRow) -> Result<SigningKey, String> {
    let seed = app.vault.open(place(force, row.id), &row.sealed).map_err(|e| e.to_string())?;
    let seed: [u8; 32] = seed.expose().try_into().map_err(|_| "the ledger's key has the wrong length".to_owned())?;
    SigningKey::from_seed(origin, &seed).map_err(|e| e.to_string())
}

/// The head of the ledger as it stands.
pub async fn head(app: &App, tx: &mut Tx, force: ForceId, slug: &str) -> Result<Head, DbError> {
    let size = u64::try_from(store::last_index(tx, force).await? + 1).unwrap_or(0);
    let nodes = super::place::nodes(tx, force, &bluelamp_ledger::tree::peaks(size)).await?;
    let root: Digest = bluelamp_ledger::tree::root(size, &nodes).map_err(|e| DbError::Other(e.to_string()))?;
    Ok(Head { origin: origin(app, slug), size, root })
}

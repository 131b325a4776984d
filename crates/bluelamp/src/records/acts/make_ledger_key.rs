//! `records.make_ledger_key`: a key to sign the force's ledger with; a new one is vouched for by the old.

use crate::act::{Act, Done, Env, Stop, force_entity};
use crate::db::{DbError, Tx};
use crate::people;
use crate::records::keys;
use crate::records::store::{self, KeyRow};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::question::Question;
use bluelamp_ledger::checkpoint::Head;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeLedgerKey {}

pub struct Facts {
    old: Option<KeyRow>,
    head: Head,
}

impl Act for MakeLedgerKey {
    const NAME: &'static str = "records.make_ledger_key";
    const SAYS: &'static str = "Make a new signing key for the force's ledger, signed by the one before.";
    type Facts = Facts;
    type Change = KeyRow;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let (slug, _) = people::store::force_title(tx, env.force).await?;
        Ok(Facts { old: store::keys(tx, env.force).await?.into_iter().next(), head: keys::head(env.app, tx, env.force, &slug).await? })
    }

    fn questions(&self, _facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, env.force, force_entity(env.force, env.pack, env.app.live))]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<KeyRow>, Refusal> {
        let key = keys::make(env, &facts.head.origin, facts.old.as_ref().map(|row| (row, facts.head.clone())))
            .map_err(|why| Refusal::new("key", why))?;
        let entry = Entry::default().id("key", key.id).value("verifier", &key.verifier);
        Ok(Step::to(key).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, key: &KeyRow) -> Result<Done, DbError> {
        store::insert_key(tx, env.force, key, env.at()).await?;
        Ok(Done::id(key.id))
    }
}

//! `assurance.adopt_pack`: another policy, or another version, runs from now on. A broken pack never replaces a good one.

use crate::act::{Act, Done, Env, Stop, force_entity};
use crate::db::{DbError, Tx};
use crate::people;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptPack {
    /// Content hash of the stored pack (`bluelamp pack store DIR` prints it).
    pub pack: String,
}

pub struct Facts {
    /// The pack, or why it cannot run.
    next: Result<Arc<bluelamp_policy::Pack>, String>,
}

impl Act for AdoptPack {
    const NAME: &'static str = "assurance.adopt_pack";
    const SAYS: &'static str = "Adopt a stored policy pack; it decides from the next act on.";
    type Facts = Facts;
    type Change = Arc<bluelamp_policy::Pack>;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        match env.app.stored_pack(tx, &self.pack).await {
            Ok(pack) => Ok(Facts { next: env.app.triage_of(&pack).map(|_| pack).map_err(|e| e.to_string()) }),
            Err(crate::act::Fault::Db(e)) => Err(e.into()),
            Err(e) => Ok(Facts { next: Err(e.to_string()) }),
        }
    }

    fn questions(&self, _facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, env.force, force_entity(env.force, env.pack, env.app.live)).resting_on(&self.pack)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Arc<bluelamp_policy::Pack>>, Refusal> {
        let next = facts
            .next
            .as_ref()
            .map_err(|why| Refusal::new("broken-pack", format!("this pack cannot run, so the one in force stays: {why}")))?;
        let entry = Entry::default()
            .id("force", env.force)
            .code("pack", next.hash())
            .code("pack-name", next.name())
            .code("before", env.pack.hash());
        Ok(Step::to(next.clone()).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, next: &Arc<bluelamp_policy::Pack>) -> Result<Done, DbError> {
        let id: uuid::Uuid = env.moment.id();
        people::store::insert_adoption(tx, env.force, id, next.hash(), next.name(), next.version(), &env.principal.code(), env.at())
            .await?;
        Ok(Done::id(id))
    }
}

//! `records.place_hold`: a legal hold stops the disposal of one thing, with its reason.

use super::about_records;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::records::store;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceHold {
    /// An entry, a message, a draft, an account: whatever may otherwise be disposed of.
    pub item: Uuid,
    pub reason: String,
}

impl Act for PlaceHold {
    const NAME: &'static str = "records.place_hold";
    const SAYS: &'static str = "Place a legal hold on something, so that it is not disposed of.";
    type Facts = ();
    type Change = Uuid;

    async fn facts(&self, _tx: &mut Tx, _env: &Env<'_>) -> Result<(), Stop> {
        Ok(())
    }

    fn questions(&self, (): &(), env: &Env<'_>) -> Vec<Question> {
        vec![about_records(Self::NAME, self.item, env)]
    }

    fn rule(&self, (): &(), _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Uuid>, Refusal> {
        let reason = bluelamp_domain::records::reason(&self.reason)?;
        let id: Uuid = env.moment.id();
        Ok(Step::to(id).entry(Entry::default().id("item", self.item).id("hold", id).value("reason", reason)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, id: &Uuid) -> Result<Done, DbError> {
        store::insert_hold(tx, env.force, *id, self.item, self.reason.trim(), &env.principal.code(), env.at()).await?;
        Ok(Done::id(*id))
    }
}

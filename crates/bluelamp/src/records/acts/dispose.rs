//! `records.dispose`: an entry's values go, the entry and its proof stay. A legal hold beats every retention rule.

use super::about_records;
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::records::store;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::EntryId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dispose {
    pub entry: EntryId,
    /// The retention rule or the right under which it goes, as a short code.
    pub rule: String,
}

pub struct Facts {
    held: bool,
}

impl Act for Dispose {
    const NAME: &'static str = "records.dispose";
    const SAYS: &'static str = "Dispose of the free text that a ledger entry commits to, leaving its proof.";
    type Facts = Facts;
    type Change = Uuid;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let entry = store::entry(tx, env.force, self.entry).await?.ok_or_else(|| not_found("entry"))?;
        Ok(Facts { held: store::is_held(tx, env.force, entry.id.0).await? })
    }

    fn questions(&self, _facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![about_records(Self::NAME, self.entry, env)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Uuid>, Refusal> {
        bluelamp_domain::records::may_dispose(facts.held, &self.rule)?;
        let id: Uuid = env.moment.id();
        Ok(Step::to(id).entry(Entry::default().id("disposal", id).id("entry", self.entry).code("rule", &self.rule)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, id: &Uuid) -> Result<Done, DbError> {
        let gone = store::dispose_values(tx, env.force, *id, &self.rule, self.entry, env.at()).await?;
        Ok(Done::id(*id).with(serde_json::json!({ "values": gone })))
    }
}

//! `publishing.open_case`: a legal matter or a search that posts will hang on.

use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::publishing::store::{self, CaseRow};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::CaseId;
use bluelamp_domain::publishing::{Stage, case};
use bluelamp_domain::question::{Entity, Question, Ref, Value};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenCase {
    /// An operation's name or a reference; no person's name.
    pub title: String,
    pub stage: Stage,
}

/// A case as policy sees it.
pub fn entity(env: &Env<'_>, id: CaseId, stage: Stage) -> Entity {
    Entity::new("Case", id).with("force", Ref::new("Force", env.force)).with("stage", Value::word("CaseStage", stage.name()))
}

impl Act for OpenCase {
    const NAME: &'static str = "publishing.open_case";
    const SAYS: &'static str = "Open a case that posts hang on.";
    type Facts = CaseId;
    type Change = CaseRow;

    async fn facts(&self, _tx: &mut Tx, env: &Env<'_>) -> Result<CaseId, Stop> {
        Ok(env.moment.id())
    }

    fn questions(&self, id: &CaseId, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, *id, entity(env, *id, self.stage))]
    }

    fn rule(&self, id: &CaseId, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<CaseRow>, Refusal> {
        let title = case::title(&self.title)?;
        let row = CaseRow { id: *id, title: title.clone(), stage: self.stage, opened_at: env.at(), stage_at: env.at() };
        Ok(Step::to(row).entry(Entry::default().id("case", *id).code("stage", self.stage.name()).value("title", title)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, row: &CaseRow) -> Result<Done, DbError> {
        store::put_case(tx, env.force, row).await?;
        Ok(Done::id(row.id))
    }
}

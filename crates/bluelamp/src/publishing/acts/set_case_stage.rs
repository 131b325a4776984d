//! `publishing.set_case_stage`: a case goes on. Whatever hangs on it is listed, and what has outlived it comes down
//! with the same act, all of it or none (LEICS-USE-4, APP-POL-7).

use super::open_case::entity;
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::publishing::store::{self, CaseRow};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::{CaseId, DraftId};
use bluelamp_domain::publishing::Stage;
use bluelamp_domain::publishing::case::{self, Linked};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCaseStage {
    pub case: CaseId,
    pub stage: Stage,
    #[serde(default)]
    pub note: String,
    /// Posts that come down with it, of those that hang on the case.
    #[serde(default)]
    pub take_down: Vec<DraftId>,
}

pub struct Facts {
    case: CaseRow,
    linked: Vec<Linked>,
}

pub struct Change {
    row: CaseRow,
    linked: Vec<Linked>,
}

impl Act for SetCaseStage {
    const NAME: &'static str = "publishing.set_case_stage";
    const SAYS: &'static str = "Say how far a case is; answers with every post that hangs on it.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let case = store::case(tx, env.force, self.case).await?.ok_or_else(|| not_found("case"))?;
        let linked = store::linked(tx, env.force, self.case).await?.into_iter().map(|(l, _)| l).collect();
        Ok(Facts { case, linked })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.case, entity(env, self.case, facts.case.stage))]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let stage = case::set_stage(facts.case.stage, self.stage, &facts.linked, &self.take_down)?;
        let row = CaseRow { stage, stage_at: env.at(), ..facts.case.clone() };
        let entry = Entry::default()
            .id("case", self.case)
            .code("from", facts.case.stage.name())
            .code("to", stage.name())
            .code("linked", facts.linked.len())
            .value("note", self.note.trim());
        let mut step = Step::to(Change { row, linked: facts.linked.clone() }).entry(entry);
        let note = self.note.trim();
        let reason = format!("{} ({}){}{note}", facts.case.title, stage.title(), if note.is_empty() { "" } else { ": " });
        for draft in &self.take_down {
            step = step.then(super::take_down::TakeDown::NAME, serde_json::json!({ "draft": draft, "reason": reason }));
        }
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Change) -> Result<Done, DbError> {
        store::put_case(tx, env.force, &change.row).await?;
        let outlived = case::outlived(change.row.stage, &change.linked);
        let list: Vec<_> = change
            .linked
            .iter()
            .map(|l| serde_json::json!({ "draft": l.draft, "kind": l.kind.name(), "state": l.state.name(), "outlived": outlived.contains(&l.draft) }))
            .collect();
        Ok(Done::id(self.case).with(serde_json::json!({ "linked": list })))
    }
}

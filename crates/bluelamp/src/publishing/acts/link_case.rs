//! `publishing.link_case`: a draft or a post is tied to its case, or no longer.

use super::entry_of;
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::publishing::store;
use crate::publishing::subject::Subject;
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::ids::{CaseId, DraftId};
use bluelamp_domain::publishing::{Draft, State};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkCase {
    pub draft: DraftId,
    /// Nothing unties it.
    #[serde(default)]
    pub case: Option<CaseId>,
    #[serde(default)]
    pub reason: String,
}

pub enum Change {
    /// What may be said depends on the case, so a draft gets a new revision and what was agreed to ends.
    Open(Draft),
    /// What is out stays as it went; only what it hangs on changes.
    Out,
}

impl Act for LinkCase {
    const NAME: &'static str = "publishing.link_case";
    const SAYS: &'static str = "Tie a draft or post to its case.";
    type Facts = Subject;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Subject, Stop> {
        if let Some(case) = self.case {
            store::case(tx, env.force, case).await?.ok_or_else(|| not_found("case"))?;
        }
        Ok(Subject::stored(tx, env, self.draft).await?.0)
    }

    fn questions(&self, facts: &Subject, env: &Env<'_>) -> Vec<Question> {
        let given = !self.reason.trim().is_empty();
        facts.questions(Self::NAME, env).into_iter().map(|q| q.given("reasonGiven", given)).collect()
    }

    fn rule(&self, facts: &Subject, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let entry = entry_of(facts).value("reason", self.reason.trim());
        let entry = match self.case {
            Some(case) => entry.id("case", case),
            None => entry.code("untied", "yes"),
        };
        let d = &facts.draft;
        let change = if d.state.is_open() {
            let mut next = d.clone();
            (next.state, next.revision, next.content.case) = (State::Editing, d.revision + 1, self.case);
            Change::Open(next)
        } else {
            Change::Out
        };
        Ok(Step::to(change).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Change) -> Result<Done, DbError> {
        match change {
            Change::Open(draft) => {
                store::update_draft(tx, env.force, draft, env.moment.id(), &env.principal.code(), env.at()).await?;
                crate::db::principal::void_held(tx, env.force, draft.id.0, env.at()).await?;
            }
            Change::Out => store::set_case(tx, env.force, self.draft, self.case, env.at()).await?,
        }
        Ok(Done::id(self.draft))
    }
}

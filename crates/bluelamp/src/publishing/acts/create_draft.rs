//! `publishing.create_draft`: words begin to become a post.

use super::entry_of;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::publishing::input::DraftInput;
use crate::publishing::store;
use crate::publishing::subject::Subject;
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::publishing::{Draft, State};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateDraft {
    pub content: DraftInput,
}

impl Act for CreateDraft {
    const NAME: &'static str = "publishing.create_draft";
    const SAYS: &'static str = "Begin a draft.";
    type Facts = Subject;
    type Change = Draft;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Subject, Stop> {
        let content = self.content.content(tx, env).await?;
        let author = env.person().unwrap_or(PersonId(Uuid::nil()));
        Subject::of(tx, env, Draft { id: env.moment.id(), state: State::Editing, revision: 1, author, content }).await
    }

    fn questions(&self, facts: &Subject, env: &Env<'_>) -> Vec<Question> {
        facts.questions(Self::NAME, env)
    }

    fn rule(&self, facts: &Subject, permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<Draft>, Refusal> {
        if permit.principal().person().is_none() {
            return Err(Refusal::new("no-author", "a draft has a person as its author"));
        }
        Ok(Step::to(facts.draft.clone()).entry(entry_of(facts).code("kind", facts.draft.content.kind.name())))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, draft: &Draft) -> Result<Done, DbError> {
        store::insert_draft(tx, env.force, draft, None, None, env.moment.id(), env.at()).await?;
        Ok(Done::id(draft.id).with(serde_json::json!({ "revision": draft.revision })))
    }
}

//! `publishing.edit_draft`: the words change, and with them everything that was agreed to ends.

use super::entry_of;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::publishing::input::DraftInput;
use crate::publishing::store;
use crate::publishing::subject::Subject;
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::ids::DraftId;
use bluelamp_domain::publishing::{Content, Draft, State, state};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditDraft {
    pub draft: DraftId,
    /// The revision that was edited: two at once do not overwrite each other.
    pub revision: i64,
    pub content: DraftInput,
}

pub struct Facts {
    before: Subject,
    after: Subject,
    content: Content,
}

impl Act for EditDraft {
    const NAME: &'static str = "publishing.edit_draft";
    const SAYS: &'static str = "Change a draft. Whatever was agreed to or scheduled ends, and is asked for again.";
    type Facts = Facts;
    type Change = Draft;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let (before, row) = Subject::stored(tx, env, self.draft).await?;
        let content = self.content.content(tx, env).await?;
        let after = Subject::of(tx, env, Draft { content: content.clone(), ..row.draft }).await?;
        Ok(Facts { before, after, content })
    }

    /// Of the accounts it went to and of those it is to go to: nobody takes a draft off an account that is not theirs.
    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        let mut all = facts.before.questions(Self::NAME, env);
        all.extend(facts.after.questions(Self::NAME, env));
        all
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<Draft>, Refusal> {
        let (state, revision, content) = state::edit(&facts.before.draft, self.revision, facts.content.clone())?;
        let draft = Draft { state, revision, content, ..facts.before.draft.clone() };
        let entry = entry_of(&Subject { draft: draft.clone(), ..facts.after.clone() });
        let entry = if matches!(facts.before.draft.state, State::Scheduled { .. }) { entry.code("unscheduled", "yes") } else { entry };
        Ok(Step::to(draft).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, draft: &Draft) -> Result<Done, DbError> {
        store::update_draft(tx, env.force, draft, env.moment.id(), &env.principal.code(), env.at()).await?;
        // A release rests on a revision; what waits for one of an older revision waits for nothing any more.
        crate::db::principal::void_held(tx, env.force, draft.id.0, env.at()).await?;
        Ok(Done::id(draft.id).with(serde_json::json!({ "revision": draft.revision })))
    }
}

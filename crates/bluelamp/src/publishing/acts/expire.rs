//! `publishing.expire`: a draft's time passed, or it was refused when its time came. It says so, and is never sent late.

use super::entry_of;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::publishing::store;
use crate::publishing::subject::Subject;
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::ids::DraftId;
use bluelamp_domain::publishing::{State, state};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

/// Why a draft did not go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    Late,
    Refused,
}

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Expire {
    pub draft: DraftId,
    pub revision: i64,
    pub cause: Cause,
    /// In a sentence, for its author.
    pub why: String,
}

impl Act for Expire {
    const NAME: &'static str = "publishing.expire";
    const SAYS: &'static str = "Note that a draft's time passed without it going out.";
    type Facts = Subject;
    type Change = State;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Subject, Stop> {
        Ok(Subject::stored(tx, env, self.draft).await?.0)
    }

    fn questions(&self, facts: &Subject, env: &Env<'_>) -> Vec<Question> {
        facts.questions(Self::NAME, env)
    }

    fn rule(&self, facts: &Subject, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<State>, Refusal> {
        let to = state::expire(&facts.draft, self.revision)?;
        let cause = match self.cause {
            Cause::Late => "late",
            Cause::Refused => "refused",
        };
        let mut step = Step::to(to).entry(entry_of(facts).code("cause", cause).value("why", self.why.trim()));
        // Loudly: those on duty hear of it, and its author by mail.
        if let (Some(hears), Some(target), true) =
            (crate::wiring::after("publishing.not_out"), facts.targets.first(), facts.draft.state != to)
        {
            step = step.then(hears, serde_json::json!({ "account": target.account.id, "draft": facts.draft.id, "kind": "post_failed" }));
        }
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, to: &State) -> Result<Done, DbError> {
        store::set_state(tx, env.force, self.draft, *to, self.why.trim(), env.at()).await?;
        Ok(Done::id(self.draft))
    }
}

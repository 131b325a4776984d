//! `publishing.record_read_back`: what the platform shows of a post, asked and not assumed.

use super::{PostFacts, Settled};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::ids::PostId;
use bluelamp_domain::publishing::post;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SeenAs {
    /// There, with our words.
    Same,
    /// There, with other words.
    Differs,
    Gone,
}

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordReadBack {
    pub post: PostId,
    pub seen: SeenAs,
}

impl Act for RecordReadBack {
    const NAME: &'static str = "publishing.record_read_back";
    const SAYS: &'static str = "Note what a platform shows of a post.";
    type Facts = PostFacts;
    type Change = Settled;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<PostFacts, Stop> {
        PostFacts::read(tx, env, self.post).await
    }

    fn questions(&self, facts: &PostFacts, env: &Env<'_>) -> Vec<Question> {
        facts.questions(Self::NAME, env)
    }

    fn rule(&self, facts: &PostFacts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Settled>, Refusal> {
        let to = post::read_back(facts.post.state, self.seen != SeenAs::Gone)?;
        let word = match self.seen {
            SeenAs::Same => "same",
            SeenAs::Differs => "differs",
            SeenAs::Gone => "gone",
        };
        let mut now = facts.post.clone();
        (now.state, now.read_back_at, now.read_back) = (to, Some(env.at()), Some(word.to_owned()));
        let posts = vec![now];
        let state = facts.draft_after(&posts);
        let change = Settled { draft: facts.draft.id, posts, state, was: facts.draft.state, why: String::new() };
        Ok(Step::to(change).entry(facts.entry().code("seen", word)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Settled) -> Result<Done, DbError> {
        change.write(tx, env).await?;
        Ok(Done::id(self.post))
    }
}

//! `publishing.record_taken_down`: the platform was asked, and no longer has the post. That is the proof.

use super::{PostFacts, Settled};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::ids::PostId;
use bluelamp_domain::publishing::post;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordTakenDown {
    pub post: PostId,
}

impl Act for RecordTakenDown {
    const NAME: &'static str = "publishing.record_taken_down";
    const SAYS: &'static str = "Note that a platform no longer has a post.";
    type Facts = PostFacts;
    type Change = Settled;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<PostFacts, Stop> {
        PostFacts::read(tx, env, self.post).await
    }

    fn questions(&self, facts: &PostFacts, env: &Env<'_>) -> Vec<Question> {
        facts.questions(Self::NAME, env)
    }

    fn rule(&self, facts: &PostFacts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Settled>, Refusal> {
        let to = post::taken_down(facts.post.state)?;
        let mut now = facts.post.clone();
        (now.state, now.gone_at) = (to, now.gone_at.or(Some(env.at())));
        (now.read_back_at, now.read_back) = (Some(env.at()), Some("gone".to_owned()));
        let posts = vec![now];
        let state = facts.draft_after(&posts);
        let change = Settled { draft: facts.draft.id, posts, state, was: facts.draft.state, why: String::new() };
        Ok(Step::to(change).entry(facts.entry().code("seen", "gone")))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Settled) -> Result<Done, DbError> {
        change.write(tx, env).await?;
        Ok(Done::id(self.post))
    }
}

//! `publishing.take_down`: a post comes down everywhere it went, with a reason; the record stays (LEICS-USE-4).

use super::entry_of;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::publishing::outbox;
use crate::publishing::store::{self, PostRow};
use crate::publishing::subject::Subject;
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::ids::DraftId;
use bluelamp_domain::publishing::{State, post, state};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeDown {
    pub draft: DraftId,
    /// New information, proceedings, an outcome, an error: kept with the post.
    #[serde(default)]
    pub reason: String,
}

pub struct Facts {
    subject: Subject,
    posts: Vec<PostRow>,
}

pub struct Change {
    state: State,
    posts: Vec<PostRow>,
    new: bool,
}

impl Act for TakeDown {
    const NAME: &'static str = "publishing.take_down";
    const SAYS: &'static str = "Take a post down everywhere it went, and prove that it is gone.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let (subject, _) = Subject::stored(tx, env, self.draft).await?;
        Ok(Facts { subject, posts: store::posts_of(tx, env.force, self.draft).await? })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        let given = !self.reason.trim().is_empty();
        facts.subject.questions(Self::NAME, env).into_iter().map(|q| q.given("reasonGiven", given)).collect()
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let d = &facts.subject.draft;
        let to = state::take_down(d, &self.reason)?;
        let new = !matches!(d.state, State::TakingDown | State::TakenDown);
        let mut changed = Vec::new();
        let mut step = Step::to(());
        for p in &facts.posts {
            // A post whose call was begun may be out, whatever we have heard of it.
            let now = if p.tried && p.state == post::State::Waiting { post::State::Unknown } else { p.state };
            let next = post::take_down(now);
            if next == post::State::Leaving && p.state != post::State::Leaving {
                step = step.job(outbox::take_down_job(p.id, &env.at().0.to_string(), env.at()));
            }
            if next != p.state {
                changed.push(PostRow { state: next, gone_at: (next == post::State::Gone).then_some(env.at()), ..p.clone() });
            }
        }
        let states: Vec<post::State> =
            facts.posts.iter().map(|p| changed.iter().find(|c| c.id == p.id).map_or(p.state, |c| c.state)).collect();
        let to = state::after(to, &states);
        let entry = entry_of(&facts.subject).code("posts", facts.posts.len()).value("reason", self.reason.trim());
        Ok(Step { change: Change { state: to, posts: changed, new }, entry, jobs: step.jobs, then: Vec::new(), also: Vec::new() })
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Change) -> Result<Done, DbError> {
        if change.new {
            store::insert_takedown(tx, env.force, env.moment.id(), self.draft, self.reason.trim(), &env.principal.code(), env.at()).await?;
        }
        for p in &change.posts {
            store::update_post(tx, env.force, p).await?;
        }
        store::set_state(tx, env.force, self.draft, change.state, self.reason.trim(), env.at()).await?;
        if change.state == State::TakenDown {
            store::prove_takedowns(tx, env.force, self.draft, env.at()).await?;
        }
        Ok(Done::id(self.draft))
    }
}

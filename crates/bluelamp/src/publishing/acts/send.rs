//! `publishing.send`: a draft's time has come. Decided again, on behalf of whoever published it; its posts get their keys.

use super::entry_of;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::publishing::outbox;
use crate::publishing::store::{self, PostRow};
use crate::publishing::subject::Subject;
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::ids::{DraftId, PersonId};
use bluelamp_domain::publishing::{State, content, state};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Send {
    pub draft: DraftId,
    pub revision: i64,
}

pub struct Facts {
    subject: Subject,
    sent_by: Option<PersonId>,
}

pub struct Change {
    state: State,
    posts: Vec<PostRow>,
}

impl Act for Send {
    const NAME: &'static str = "publishing.send";
    const SAYS: &'static str = "Send a draft whose time has come.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let (subject, row) = Subject::stored(tx, env, self.draft).await?;
        Ok(Facts { subject, sent_by: row.sent_by })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        facts.subject.questions(Self::NAME, env)
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let s = &facts.subject;
        let to = state::send(&s.draft, self.revision, &s.stops(), env.figures().post_expiry_minutes(), env.at())?;
        let due = s.draft.state.for_().unwrap_or(env.at());
        let mut step = Step::to(());
        let mut posts = Vec::new();
        for target in &s.targets {
            let parts = content::parts(s.draft.content.text_for(&target.limits.platform));
            let n = i64::try_from(parts.len()).unwrap_or(1);
            for (part, (_, text)) in (1..).zip(&parts) {
                let post = outbox::new_post(env.moment.id(), &s.draft, target.account.id, (part, n), env.moment.id(), text, due, env.at());
                // The parts of a thread follow one another, each when the one before it is live.
                if part == 1 {
                    step = step.job(outbox::deliver_job(post.id, env.at()));
                }
                posts.push(post);
            }
        }
        let entry = entry_of(s).code("posts", posts.len());
        let entry = match facts.sent_by {
            Some(person) => entry.id("behalf", person),
            None => entry,
        };
        Ok(Step { change: Change { state: to, posts }, entry, jobs: step.jobs, then: Vec::new(), also: Vec::new() })
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Change) -> Result<Done, DbError> {
        store::set_state(tx, env.force, self.draft, change.state, "", env.at()).await?;
        for post in &change.posts {
            store::insert_post(tx, env.force, post).await?;
        }
        Ok(Done::id(self.draft).with(serde_json::json!({ "posts": change.posts.iter().map(|p| p.id).collect::<Vec<_>>() })))
    }
}

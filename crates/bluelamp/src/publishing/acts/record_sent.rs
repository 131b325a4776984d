//! `publishing.record_sent`: what a call to publish came to. The remote id is stored at once.

use super::{PostFacts, Settled};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::publishing::outbox;
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::ids::PostId;
use bluelamp_domain::publishing::post::{self, Came};
use bluelamp_domain::publishing::{Kind, State};
use bluelamp_domain::question::Question;
use bluelamp_domain::time::SECOND;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordSent {
    pub post: PostId,
    pub came: Came,
    /// The platform's own id, when it is live.
    #[serde(default)]
    pub remote_id: Option<String>,
    #[serde(default)]
    pub url: String,
    #[serde(default)]
    pub extra: BTreeMap<String, String>,
    /// What the platform said.
    #[serde(default)]
    pub why: String,
}

impl Act for RecordSent {
    const NAME: &'static str = "publishing.record_sent";
    const SAYS: &'static str = "Note what a call to publish came to.";
    type Facts = PostFacts;
    type Change = Settled;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<PostFacts, Stop> {
        PostFacts::read(tx, env, self.post).await
    }

    fn questions(&self, facts: &PostFacts, env: &Env<'_>) -> Vec<Question> {
        facts.questions(Self::NAME, env)
    }

    fn rule(&self, facts: &PostFacts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Settled>, Refusal> {
        let (d, p) = (&facts.draft, &facts.post);
        if self.came == Came::Live && self.remote_id.as_deref().unwrap_or_default().is_empty() {
            return Err(Refusal::new("no-remote-id", "a live post has the platform's own id"));
        }
        let leaving = matches!(d.state, State::TakingDown | State::TakenDown);
        // Recorded as never out, and now the platform answers that it is: it leaves.
        let unheard = p.state == post::State::Gone && p.remote_id.is_none() && self.came == Came::Live;
        let to = if unheard { post::State::Leaving } else { post::sent(p.state, self.came, leaving)? };
        let mut now = p.clone();
        now.state = to;
        now.why = self.why.chars().take(500).collect();
        if self.came == Came::Live {
            (now.remote_id, now.url, now.extra) = (self.remote_id.clone(), self.url.clone(), self.extra.clone());
            now.live_at = now.live_at.or(Some(env.at()));
            now.why = String::new();
        }
        let mut posts = vec![now.clone()];
        if matches!(to, post::State::Rejected | post::State::Expired) {
            // A thread that breaks off stays as long as it got; the rest never goes.
            let rest = facts
                .all
                .iter()
                .filter(|o| o.account == p.account && o.revision == p.revision && o.part > p.part && o.state == post::State::Waiting);
            posts.extend(rest.cloned().map(|mut o| {
                o.state = post::State::Cancelled;
                o.why = "the part before it did not go out".into();
                o
            }));
        }
        let state = facts.draft_after(&posts);
        let entry = facts.entry().code("came", self.came.name()).value("why", now.why.clone());
        let entry = match &self.remote_id {
            Some(remote) => entry.value("remote", remote),
            None => entry,
        };
        let why = if state == State::Failed { now.why.clone() } else { String::new() };
        let mut step = Step::to(Settled { draft: d.id, posts, state, was: d.state, why }).entry(entry);
        if to == post::State::Live && p.state != post::State::Live {
            step = step.job(outbox::read_back_job(p.id, 1, env.at().plus(SECOND)));
            if let Some(next) = facts.all.iter().find(|o| o.account == p.account && o.revision == p.revision && o.part == p.part + 1) {
                step = step.job(outbox::deliver_job(next.id, env.at()));
            }
        }
        if to == post::State::Leaving && self.came == Came::Live {
            step = step.job(outbox::take_down_job(p.id, "late", env.at()));
        }
        // Somebody hears of it: the desk of every reply, those on duty of a post that did not go (it fails loudly).
        let settled = matches!(self.came, Came::Live | Came::Rejected | Came::Expired) && p.state.is_open();
        let event = match d.content.kind {
            Kind::Reply => "publishing.reply",
            _ => "publishing.not_out",
        };
        let heard = settled && (d.content.kind == Kind::Reply || self.came != Came::Live);
        if let Some(hears) = crate::wiring::after(event).filter(|_| heard) {
            let input = match d.content.kind {
                Kind::Reply => serde_json::json!({ "post": p.id, "came": self.came.name() }),
                _ => serde_json::json!({ "account": p.account, "draft": d.id, "kind": "post_failed" }),
            };
            step = step.then(hears, input);
        }
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Settled) -> Result<Done, DbError> {
        change.write(tx, env).await?;
        if let Some(live) = change.posts.first().filter(|p| p.state == post::State::Live) {
            crate::accounts::store::set_last_post(tx, env.force, live.account, env.at()).await?;
        }
        Ok(Done::id(self.post))
    }
}

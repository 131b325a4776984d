//! What can be done with drafts, posts and cases: one file an act.

pub mod create_draft;
pub mod edit_draft;
pub mod escalate;
pub mod expire;
pub mod link_case;
pub mod open_case;
pub mod publish;
pub mod record_read_back;
pub mod record_sent;
pub mod record_taken_down;
pub mod schedule;
pub mod send;
pub mod set_case_stage;
pub mod take_down;
pub mod unschedule;
pub mod withdraw_draft;

use super::store::{self, PostRow};
use super::subject::Subject;
use crate::act::{Env, Stop, not_found};
use crate::db::Tx;
use bluelamp_domain::act::{Entry, Job};
use bluelamp_domain::ids::{DraftId, PostId};
use bluelamp_domain::publishing::{Draft, State, post};
use bluelamp_domain::question::{Entity, Question, Ref, Value};
use bluelamp_domain::time::Instant;

/// A draft, and its account where it goes to one alone.
fn entry_of(subject: &Subject) -> Entry {
    let entry = Entry::default().id("draft", subject.draft.id).code("revision", subject.draft.revision);
    match subject.only_account() {
        Some(account) => entry.id("account", account),
        None => entry,
    }
}

/// The job that sends a draft when its time comes. One for each time of each revision.
fn send_job(draft: &Draft, for_: Instant) -> Job {
    Job {
        kind: "publishing.send",
        input: serde_json::json!({ "draft": draft.id, "revision": draft.revision }),
        not_before: for_,
        key: format!("send:{}:{}:{}", draft.id, draft.revision, for_.0),
    }
}

/// One post with the draft it came of, as the system's own acts need them.
pub struct PostFacts {
    pub post: PostRow,
    pub draft: Draft,
    /// The posts of the same sending, this one among them.
    pub all: Vec<PostRow>,
    account: crate::accounts::AccountRow,
}

impl PostFacts {
    async fn read(tx: &mut Tx, env: &Env<'_>, id: PostId) -> Result<PostFacts, Stop> {
        let post = store::post(tx, env.force, id).await?.ok_or_else(|| not_found("post"))?;
        let row = store::draft(tx, env.force, post.draft).await?.ok_or_else(|| not_found("draft"))?;
        let account = crate::accounts::store::account(tx, env.force, post.account).await?.ok_or_else(|| not_found("account"))?;
        let mut all = store::posts_of(tx, env.force, post.draft).await?;
        // An earlier sending of the same draft came to nothing and is over.
        all.retain(|o| o.revision == post.revision && o.due_at == post.due_at);
        Ok(PostFacts { all, draft: row.draft, account, post })
    }

    /// What became of a post is noted by the system, whatever its words: the signs play no part.
    fn questions(&self, action: &'static str, env: &Env<'_>) -> Vec<Question> {
        let d = &self.draft;
        let entity = Entity::new("Draft", format!("{}:{}", d.id, self.account.id))
            .with("force", Ref::new("Force", env.force))
            .with("account", Ref::new("Account", self.account.id))
            .with("author", Ref::new("Person", d.author))
            .with("isAuthor", env.person() == Some(d.author))
            .with("kind", Value::word("DraftKind", d.content.kind.name()))
            .with("purpose", d.content.purpose.as_str())
            .with("revision", d.revision)
            .with("signs", Value::Set(Vec::new()))
            .with("hasCase", d.content.case.is_some())
            .with("scheduled", matches!(d.state, State::Scheduled { .. }));
        let account = crate::accounts::entity(env.force, &self.account);
        vec![Question::new(action, d.id, entity).also(account).resting_on(d.revision)]
    }

    fn entry(&self) -> Entry {
        Entry::default().id("post", self.post.id).id("draft", self.draft.id).id("account", self.post.account)
    }

    /// Where the draft stands once this post, and those that fall with it, are as given.
    fn draft_after(&self, changed: &[PostRow]) -> State {
        let states: Vec<post::State> =
            self.all.iter().map(|p| changed.iter().find(|c| c.id == p.id).map_or(p.state, |c| c.state)).collect();
        bluelamp_domain::publishing::state::after(self.draft.state, &states)
    }
}

/// What the system's acts write: posts as they are now, and where their draft stands.
pub struct Settled {
    pub draft: DraftId,
    pub posts: Vec<PostRow>,
    pub state: State,
    pub was: State,
    pub why: String,
}

impl Settled {
    async fn write(&self, tx: &mut Tx, env: &Env<'_>) -> Result<(), crate::db::DbError> {
        for p in &self.posts {
            store::update_post(tx, env.force, p).await?;
        }
        if self.state != self.was {
            store::set_state(tx, env.force, self.draft, self.state, &self.why, env.at()).await?;
        }
        if self.state == State::TakenDown {
            store::prove_takedowns(tx, env.force, self.draft, env.at()).await?;
        }
        Ok(())
    }
}

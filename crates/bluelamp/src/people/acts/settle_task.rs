//! `people.settle_task`: what was owed is done, says whoever owed it.

use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::people::store::{self, Task};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::TaskId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleTask {
    pub task: TaskId,
    /// What was done; kept with the entry.
    #[serde(default)]
    pub note: String,
}

impl Act for SettleTask {
    const NAME: &'static str = "people.settle_task";
    const SAYS: &'static str = "Say that a task of one's own, or of one's role, is done.";
    type Facts = Task;
    type Change = ();

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Task, Stop> {
        let task = store::task(tx, env.force, self.task).await?;
        // Somebody else's task is not there (I2).
        let mine = |t: &Task| (t.owner.is_some() && t.owner == env.person()) || env.scope.has_role(&t.role);
        Ok(task.filter(mine).ok_or_else(|| not_found("task"))?)
    }

    fn questions(&self, task: &Task, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.task, crate::people::task(env, task.id, task.kind, task.owner, &task.role))]
    }

    fn rule(&self, task: &Task, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<()>, Refusal> {
        task.kind.settled_by_hand()?;
        let note = self.note.trim();
        if note.chars().count() > 1000 {
            return Err(Refusal::new("note", "the note has more than 1,000 characters; shorten it"));
        }
        let entry = Entry::default().id("task", self.task).id("about", task.subject).code("kind", task.kind.name());
        Ok(Step::to(()).entry(if note.is_empty() { entry } else { entry.value("note", note) }))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, (): &()) -> Result<Done, DbError> {
        store::settle_task(tx, env.force, self.task, env.person(), env.at()).await?;
        Ok(Done::id(self.task))
    }
}

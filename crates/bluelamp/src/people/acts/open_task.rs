//! `people.open_task`: somebody owes something by a date. It follows from other acts, by the system (`then`).

use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::people::store::{self, Task};
use bluelamp_domain::act::{Actor, Entry, Permit, Principal, Refusal, Step, Then};
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::people::{TaskKind, is_role};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenTask {
    pub kind: TaskKind,
    /// Who owes it; absent is whoever has the role.
    pub owner: Option<PersonId>,
    pub role: String,
    /// The person or account that it is about.
    pub subject: Uuid,
    pub clause: String,
    pub says: String,
    /// Days from today.
    pub days: i64,
}

impl OpenTask {
    /// As something that follows from another act.
    pub fn then(self) -> Then {
        Then { act: Self::NAME, input: serde_json::to_value(self).unwrap_or_default(), by: Some(Principal::System(Actor::Scheduler)) }
    }
}

impl Act for OpenTask {
    const NAME: &'static str = "people.open_task";
    const SAYS: &'static str = "Give a person, or those with a role, something to do by a date.";
    type Facts = ();
    type Change = Task;

    async fn facts(&self, _tx: &mut Tx, _env: &Env<'_>) -> Result<(), Stop> {
        Ok(())
    }

    fn questions(&self, (): &(), env: &Env<'_>) -> Vec<Question> {
        let task = crate::people::task(env, "new", self.kind, self.owner, &self.role);
        vec![Question::new(Self::NAME, self.subject, task)]
    }

    fn rule(&self, (): &(), _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Task>, Refusal> {
        if self.owner.is_none() && !is_role(&self.role) {
            return Err(Refusal::new("no-owner", "a task is owed by a person or by those with a role; name one"));
        }
        let today = env.moment.today();
        let due_on = today.saturating_add(jiff::Span::new().days(self.days.clamp(0, 366)));
        let task = Task {
            id: env.moment.id(),
            kind: self.kind,
            owner: self.owner,
            role: self.role.clone(),
            subject: self.subject,
            clause: self.clause.clone(),
            says: self.says.chars().take(1000).collect(),
            due_on,
            open: true,
            opened_at: env.at(),
        };
        let entry = Entry::default()
            .id("task", task.id)
            .id("about", self.subject)
            .code("kind", self.kind.name())
            .code("due", due_on)
            .value("says", &task.says);
        Ok(Step::to(task).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, task: &Task) -> Result<Done, DbError> {
        store::insert_task(tx, env.force, task).await?;
        Ok(Done::id(task.id))
    }
}

//! `people.remind_training`: training runs out soon; its owner gets a task and a mail, each reminder once (LEICS-TRAIN-2).

use super::someone;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::people::store::{self, PersonRecord, Task};
use bluelamp_domain::act::{Entry, Job, Permit, Refusal, Step};
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::people::{self, TaskKind};
use bluelamp_domain::question::Question;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemindTraining {
    pub person: PersonId,
}

pub struct Facts {
    person: PersonRecord,
    /// The last day on which their training stands.
    until: Option<Date>,
    /// The reminders of that day which were made.
    made: Vec<i64>,
    /// They have the task of it already.
    owed: bool,
}

/// What is due, and the task where this is the first reminder.
pub struct Change {
    until: Date,
    days: i64,
    task: Option<Task>,
}

impl Act for RemindTraining {
    const NAME: &'static str = "people.remind_training";
    const SAYS: &'static str = "Remind a person that their training runs out.";
    type Facts = Facts;
    type Change = Option<Change>;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let person = someone(tx, env, self.person).await?;
        let until = person.trained_on.map(|on| people::trained_until(on, env.figures().training_refresher_months()));
        let mut made = Vec::new();
        let mut owed = false;
        if let Some(until) = until {
            let all = store::reminders(tx, env.force, until).await?;
            made = all.into_iter().filter(|(p, day, _)| *p == self.person && *day == until).map(|(_, _, days)| days).collect();
            let tasks = store::tasks_of(tx, env.force, self.person, &[]).await?;
            owed = tasks.iter().any(|t| t.kind == TaskKind::Refresher && t.due_on == until);
        }
        Ok(Facts { person, until, made, owed })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.person, super::super::colleague(&facts.person, env))]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Option<Change>>, Refusal> {
        let entry = Entry::default().id("person", self.person);
        let until = facts.until.filter(|_| facts.person.state == "active");
        let due = until.and_then(|until| Some((until, people::reminder_due(until, env.moment.today(), &facts.made)?)));
        // Another node may have made it a moment ago: that is success, and no second mail.
        let Some((until, days)) = due else { return Ok(Step::to(None).entry(entry.code("due", "nothing"))) };
        let task = (!facts.owed).then(|| Task {
            id: env.moment.id(),
            kind: TaskKind::Refresher,
            owner: Some(self.person),
            role: String::new(),
            subject: self.person.0,
            clause: "LEICS-TRAIN-2".into(),
            says: "Attend a refresher of your social media training. Book it with the digital media team.".into(),
            due_on: until,
            open: true,
            opened_at: env.at(),
        });
        let job = Job {
            kind: "people.mail_reminder",
            input: serde_json::json!({ "person": self.person, "until": until }),
            not_before: env.at(),
            key: format!("training-{}-{until}-{days}", self.person),
        };
        let entry = entry.code("until", until).code("days", days);
        let entry = if let Some(task) = &task { entry.id("task", task.id) } else { entry };
        Ok(Step::to(Some(Change { until, days, task })).entry(entry).job(job))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Option<Change>) -> Result<Done, DbError> {
        let Some(change) = change else { return Ok(Done::nothing()) };
        store::insert_reminder(tx, env.force, self.person, change.until, change.days, env.at()).await?;
        if let Some(task) = &change.task {
            store::insert_task(tx, env.force, task).await?;
        }
        Ok(Done::id(self.person))
    }
}

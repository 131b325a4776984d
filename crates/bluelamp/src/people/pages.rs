//! `/tasks`: what one owes by a date, and what one's roles owe. People themselves stand in `security/pages/people.rs`.

use super::acts::settle_task::SettleTask;
use super::store;
use crate::act::Outcome;
use crate::act::{Ctx, Fault};
use crate::http::shell::{Density, Shell};
use crate::http::{self, Form, PageResult, Problem, moment, shell_for};
use axum::extract::{OriginalUri, Path};
use bluelamp_domain::ids::TaskId;
use bluelamp_domain::people::TaskKind;

pub struct TaskLine {
    pub id: String,
    pub says: String,
    pub whose: String,
    pub clause: String,
    pub due: String,
    pub late: bool,
    pub since: http::view::Moment,
    /// Settled here; otherwise by what it waits for.
    pub by_hand: bool,
}

#[derive(askama::Template)]
#[template(path = "people/templates/tasks.html")]
struct TasksPage {
    shell: Shell,
    tasks: Vec<TaskLine>,
}

/// `GET /tasks`.
pub async fn get_tasks(ctx: Ctx, OriginalUri(uri): OriginalUri) -> PageResult {
    let person = ctx.principal.person().ok_or_else(|| Fault::Broken("only people have tasks".into()))?;
    let shell = shell_for(&ctx, uri.path_and_query().map_or("/tasks", |p| p.as_str()), Density::Page).await?;
    let today = ctx.now().date_in(&ctx.zone);
    let tasks = { store::tasks_of(&mut ctx.read().await?, ctx.force, person, &ctx.scope.roles).await? };
    let line = |t: store::Task| TaskLine {
        id: t.id.to_string(),
        whose: if t.owner.is_some() { "Yours".into() } else { format!("Anyone in {}", t.role.replace('-', " ")) },
        says: t.says,
        clause: t.clause,
        due: t.due_on.strftime("%-d %b %Y").to_string(),
        late: t.due_on < today,
        since: moment(&ctx, t.opened_at),
        by_hand: t.kind != TaskKind::Refresher,
    };
    http::page(&TasksPage { shell, tasks: tasks.into_iter().map(line).collect() })
}

/// `POST /tasks/{task}/done`.
pub async fn post_done(Path(task): Path<TaskId>, Form(ctx, fields): Form) -> PageResult {
    Ok(match ctx.act(SettleTask { task, note: fields.text("note") }).await? {
        Outcome::Done(_) => http::see_other("/tasks?did=done"),
        Outcome::Held { .. } => http::see_other("/held?did=held"),
        Outcome::Refused { code, reasons } => Problem::refused(&code, &reasons).page(),
    })
}

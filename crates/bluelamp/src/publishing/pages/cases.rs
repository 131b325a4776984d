//! Cases: how far each is, and what hangs on it.

use super::form::Composed;
use super::list::tone;
use super::{first_line, panel};
use crate::act::{Ctx, Outcome};
use crate::http::shell::{Density, Shell};
use crate::http::view::{Choice, Moment, RefusalPanel};
use crate::http::{self, PageResult, Problem, moment, see_other, shell_for};
use crate::publishing::acts::open_case::OpenCase;
use crate::publishing::acts::set_case_stage::SetCaseStage;
use crate::publishing::store;
use axum::extract::{OriginalUri, Path};
use bluelamp_domain::ids::{CaseId, DraftId};
use bluelamp_domain::publishing::{Stage, State, case};

#[derive(askama::Template)]
#[template(path = "publishing/templates/cases.html")]
pub struct CasesPage {
    pub shell: Shell,
    pub refusal: Option<RefusalPanel>,
    pub rows: Vec<CaseLine>,
    pub stages: Vec<Choice>,
    pub typed: String,
}

pub struct CaseLine {
    pub href: String,
    pub title: String,
    pub stage: &'static str,
    pub at: Moment,
}

#[derive(askama::Template)]
#[template(path = "publishing/templates/case.html")]
pub struct CasePage {
    pub shell: Shell,
    pub refusal: Option<RefusalPanel>,
    pub id: String,
    pub title: String,
    pub stage: &'static str,
    pub since: Moment,
    pub stages: Vec<Choice>,
    /// What was typed, when the page comes back with a refusal.
    pub note: String,
    pub linked: Vec<LinkedLine>,
}

pub struct LinkedLine {
    pub id: String,
    pub line: String,
    pub kind: &'static str,
    pub state: &'static str,
    pub tone: &'static str,
    pub out: bool,
    /// Chosen to come down with this.
    pub chosen: bool,
    /// It asks for something that nobody needs any more once the case is closed.
    pub outlived: bool,
}

/// What was typed into the form of a case.
#[derive(Default)]
struct Typed {
    stage: Option<Stage>,
    note: String,
    take_down: Vec<DraftId>,
}

fn stages(now: Stage) -> Vec<Choice> {
    Stage::ALL.iter().map(|s| Choice { chosen: *s == now, ..Choice::new(s.name(), s.title()) }).collect()
}

/// `GET /publishing/cases`.
pub async fn get_cases(ctx: Ctx, OriginalUri(uri): OriginalUri) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.drafts").await? {
        return Ok(no);
    }
    list(&ctx, uri.path_and_query().map_or("/publishing/cases", |p| p.as_str()), None, String::new()).await
}

async fn list(ctx: &Ctx, here: &str, refusal: Option<RefusalPanel>, typed: String) -> PageResult {
    let shell = shell_for(ctx, here, Density::Page).await?;
    let mut tx = ctx.read().await?;
    let rows = store::cases(&mut tx, ctx.force).await?;
    let rows = rows.into_iter().map(|c| CaseLine {
        href: format!("/publishing/cases/{}", c.id),
        stage: c.stage.title(),
        at: moment(ctx, c.stage_at),
        title: c.title,
    });
    let status = if refusal.is_some() { 422 } else { 200 };
    http::page_with(status, &CasesPage { shell, refusal, rows: rows.collect(), stages: stages(Stage::Open), typed })
}

/// `POST /publishing/cases`.
pub async fn post_cases(Composed(ctx, fields, _): Composed) -> PageResult {
    let stage = Stage::parse(&fields.text("stage")).unwrap_or(Stage::Open);
    match ctx.act_keyed(OpenCase { title: fields.text("title"), stage }, ctx.form_key(&fields).as_deref()).await? {
        Outcome::Done(d) => Ok(see_other(&format!("/publishing/cases/{}?did=done", d.id.unwrap_or_default()))),
        Outcome::Held { reasons, .. } | Outcome::Refused { reasons, .. } => {
            list(&ctx, "/publishing/cases", Some(panel("The case was not opened", false, &reasons)), fields.text("title")).await
        }
    }
}

/// `GET /publishing/cases/{id}`.
pub async fn get_case(ctx: Ctx, Path(id): Path<CaseId>, OriginalUri(uri): OriginalUri) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.drafts").await? {
        return Ok(no);
    }
    show(&ctx, id, uri.path_and_query().map_or("/publishing/cases", |p| p.as_str()), None, Typed::default()).await
}

async fn show(ctx: &Ctx, id: CaseId, here: &str, refusal: Option<RefusalPanel>, typed: Typed) -> PageResult {
    let shell = shell_for(ctx, here, Density::Page).await?;
    let mut tx = ctx.read().await?;
    let Some(case) = store::case(&mut tx, ctx.force, id).await? else {
        return Ok(Problem::new(404, "not-found", "there is no such case, or it is not yours to see").page());
    };
    let mut linked = Vec::new();
    for (l, text) in store::linked(&mut tx, ctx.force, id).await? {
        // Of accounts that are not theirs to see they learn nothing here (I2).
        if !super::sees(ctx, &mut tx, l.draft).await? {
            continue;
        }
        linked.push(LinkedLine {
            id: l.draft.to_string(),
            line: first_line(&text),
            kind: l.kind.title(),
            state: l.state.title(),
            tone: tone(l.state),
            chosen: typed.take_down.contains(&l.draft),
            out: matches!(l.state, State::Live | State::PartlyLive | State::Sending { .. }),
            outlived: !case::outlived(Stage::Closed, &[l]).is_empty(),
        });
    }
    let status = if refusal.is_some() { 422 } else { 200 };
    let page = CasePage {
        shell,
        refusal,
        id: id.to_string(),
        title: case.title,
        stage: case.stage.title(),
        since: moment(ctx, case.stage_at),
        stages: stages(typed.stage.unwrap_or(case.stage)),
        note: typed.note,
        linked,
    };
    http::page_with(status, &page)
}

/// `POST /publishing/cases/{id}/stage`.
pub async fn post_stage(Path(id): Path<CaseId>, Composed(ctx, fields, _): Composed) -> PageResult {
    let Some(stage) = Stage::parse(&fields.text("stage")) else {
        return Ok(Problem::new(400, "malformed", "choose how far the case is").page());
    };
    let typed = Typed { stage: Some(stage), note: fields.text("note"), take_down: fields.ids("take-down") };
    match ctx.act(SetCaseStage { case: id, stage, note: typed.note.clone(), take_down: typed.take_down.clone() }).await? {
        Outcome::Done(_) => Ok(see_other(&format!("/publishing/cases/{id}?did=done"))),
        Outcome::Held { reasons, .. } | Outcome::Refused { reasons, .. } => {
            show(&ctx, id, &format!("/publishing/cases/{id}"), Some(panel("The case stays as it was", false, &reasons)), typed).await
        }
    }
}

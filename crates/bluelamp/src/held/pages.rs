//! What waits for someone's agreement, whatever area it belongs to: what was asked, in words, and every reason it waits.

use super::decline::Decline;
use super::release::{Release, principal_of};
use crate::act::{Ctx, Outcome};
use crate::db::principal::{self as rows, HeldRow};
use crate::db::{DbError, Tx};
use crate::http::shell::{Density, Shell};
use crate::http::view::{Moment, RefusalPanel};
use crate::http::{self, Form, PageResult, Problem, moment, see_other, shell_for};
use crate::people;
use crate::publishing::pages::{first_line, panel};
use crate::publishing::store as publishing;
use axum::extract::{OriginalUri, Path};
use bluelamp_domain::held::may_lift;
use bluelamp_domain::ids::{DraftId, HeldId, PersonId};
use bluelamp_domain::time::Instant;
use std::collections::HashMap;

#[derive(askama::Template)]
#[template(path = "held/templates/list.html")]
pub struct HeldList {
    pub shell: Shell,
    /// What this person may agree to.
    pub yours: Vec<HeldLine>,
    /// What this person asked for.
    pub asked: Vec<HeldLine>,
}

pub struct HeldLine {
    pub href: String,
    pub says: String,
    pub about: String,
    pub by: String,
    pub at: Moment,
    pub until: Moment,
    pub reasons: Vec<String>,
}

#[derive(askama::Template)]
#[template(path = "held/templates/held.html")]
pub struct HeldPage {
    pub shell: Shell,
    pub id: String,
    pub line: HeldLine,
    pub state: String,
    pub note: String,
    pub panel: RefusalPanel,
    pub refusal: Option<RefusalPanel>,
    pub words: Vec<(String, String)>,
    pub pictures: Vec<(String, String)>,
    pub may_release: bool,
    pub may_decline: bool,
    pub own: bool,
}

fn is_own(ctx: &Ctx, h: &HeldRow) -> bool {
    h.principal == ctx.principal.code()
}

fn lifts(ctx: &Ctx, h: &HeldRow) -> bool {
    h.reasons.iter().any(|r| may_lift(r, &ctx.scope.roles, is_own(ctx, h)))
}

/// Theirs to see: what they asked for, what they may agree to, and for those who check everything, everything.
fn sees(ctx: &Ctx, h: &HeldRow) -> bool {
    is_own(ctx, h) || lifts(ctx, h) || ctx.scope.has_role("auditor")
}

async fn line(ctx: &Ctx, tx: &mut Tx, h: &HeldRow, names: &HashMap<PersonId, String>) -> Result<HeldLine, DbError> {
    let draft = publishing::draft(tx, ctx.force, DraftId(h.subject)).await?;
    let by = match principal_of(&h.principal).and_then(|p| p.person()) {
        Some(person) => names.get(&person).cloned().unwrap_or_else(|| "someone no longer listed".into()),
        None => format!("the system ({})", h.principal),
    };
    Ok(HeldLine {
        href: format!("/held/{}", h.id),
        says: crate::wiring::act(&h.act).map_or_else(|| h.act.clone(), |a| a.says.trim_end_matches('.').to_owned()),
        about: draft.map(|d| first_line(&d.draft.content.text)).unwrap_or_default(),
        by,
        at: moment(ctx, h.held_at),
        until: moment(ctx, h.expires_at),
        reasons: h.reasons.iter().map(|r| r.says.clone()).collect(),
    })
}

/// `GET /held`.
pub async fn get_list(ctx: Ctx, OriginalUri(uri): OriginalUri) -> PageResult {
    let shell = shell_for(&ctx, uri.path_and_query().map_or("/held", |p| p.as_str()), Density::Page).await?;
    let mut tx = ctx.read().await?;
    let waiting = rows::held_waiting(&mut tx, ctx.force).await?;
    let names = people::store::names(&mut tx, ctx.force).await?;
    let (mut yours, mut asked) = (Vec::new(), Vec::new());
    for h in waiting.iter().filter(|h| sees(&ctx, h)) {
        let line = line(&ctx, &mut tx, h, &names).await?;
        if is_own(&ctx, h) { asked.push(line) } else { yours.push(line) }
    }
    http::page(&HeldList { shell, yours, asked })
}

/// `GET /held/{id}`.
pub async fn get_held(ctx: Ctx, Path(id): Path<HeldId>, OriginalUri(uri): OriginalUri) -> PageResult {
    show(&ctx, id, uri.path_and_query().map_or("/held", |p| p.as_str()), None, 200).await
}

async fn show(ctx: &Ctx, id: HeldId, here: &str, refusal: Option<RefusalPanel>, status: u16) -> PageResult {
    let shell = shell_for(ctx, here, Density::Page).await?;
    let mut tx = ctx.read().await?;
    let Some(h) = rows::held(&mut tx, ctx.force, id).await?.filter(|h| sees(ctx, h)) else {
        return Ok(Problem::new(404, "not-found", "nothing waits here, or it is not yours to see").page());
    };
    let names = people::store::names(&mut tx, ctx.force).await?;
    let line = line(ctx, &mut tx, &h, &names).await?;
    let (words, pictures) = in_words(ctx, &mut tx, &h).await?;
    let open = h.state == "waiting";
    let page = HeldPage {
        shell,
        id: id.to_string(),
        line,
        state: h.state.clone(),
        note: h.note.clone().unwrap_or_default(),
        panel: panel("Why it waits", true, &h.reasons),
        refusal,
        words,
        pictures,
        may_release: open && lifts(ctx, &h),
        may_decline: open && (lifts(ctx, &h) || is_own(ctx, &h)),
        own: is_own(ctx, &h),
    };
    http::page_with(status, &page)
}

type Words = (Vec<(String, String)>, Vec<(String, String)>);

/// What was asked, as a person reads it: a draft as it stands, anything else field by field.
async fn in_words(ctx: &Ctx, tx: &mut Tx, h: &HeldRow) -> Result<Words, DbError> {
    let mut words = Vec::new();
    let mut pictures = Vec::new();
    if let Some(row) = publishing::draft(tx, ctx.force, DraftId(h.subject)).await? {
        let c = &row.draft.content;
        let mut titles = Vec::new();
        for a in &c.accounts {
            titles.extend(crate::accounts::store::account(tx, ctx.force, *a).await?.map(|a| a.title));
        }
        words.push(("Words".into(), c.text.clone()));
        words.extend(c.texts.iter().map(|(p, t)| (format!("On {p}"), t.clone())));
        words.push(("Where".into(), titles.join(", ")));
        words.push(("What it is".into(), c.kind.title().into()));
        if row.draft.revision.to_string() != h.rests_on {
            words
                .push(("Changed since".into(), format!("it waits as revision {}, and is revision {} now", h.rests_on, row.draft.revision)));
        }
        pictures = c.pictures.iter().map(|p| (format!("/publishing/media/{}", p.object), p.alt.clone())).collect();
    }
    if let Some(at) = h.input.get("at").and_then(serde_json::Value::as_i64) {
        words.push(("When".into(), moment(ctx, Instant(at)).exact));
    }
    if pictures.is_empty() && words.is_empty() {
        let fields = h.input.as_object().into_iter().flatten();
        words.extend(fields.map(|(k, v)| (k.replace('_', " "), v.as_str().map_or_else(|| v.to_string(), str::to_owned))));
    }
    Ok((words, pictures))
}

/// `POST /held/{id}/release`.
pub async fn post_release(Path(id): Path<HeldId>, Form(ctx, fields): Form) -> PageResult {
    let outcome = ctx.act_keyed(Release { held: id, note: fields.text("note") }, ctx.form_key(&fields).as_deref()).await?;
    after(&ctx, id, "This was not done", outcome, "/held?did=released").await
}

/// `POST /held/{id}/decline`.
pub async fn post_decline(Path(id): Path<HeldId>, Form(ctx, fields): Form) -> PageResult {
    let outcome = ctx.act_keyed(Decline { held: id, note: fields.text("note") }, ctx.form_key(&fields).as_deref()).await?;
    after(&ctx, id, "This was not declined", outcome, "/held?did=declined").await
}

async fn after(ctx: &Ctx, id: HeldId, heading: &str, outcome: Outcome, to: &str) -> PageResult {
    let (status, reasons) = match outcome {
        Outcome::Done(_) => return Ok(see_other(to)),
        Outcome::Held { reasons, .. } => (422, reasons),
        Outcome::Refused { code, reasons } => (Problem::refused(&code, &reasons).status, reasons),
    };
    show(ctx, id, &format!("/held/{id}"), Some(panel(heading, false, &reasons)), status).await
}

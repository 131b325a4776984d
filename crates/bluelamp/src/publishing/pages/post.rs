//! A post's own page: where it is out, what the platforms showed when they were asked, and the proof that it is gone.

use super::form::Composed;
use super::list::tone;
use super::{panel, sees};
use crate::act::{Ctx, Outcome};
use crate::http::shell::{Density, Shell};
use crate::http::view::{Choice, Moment, RefusalPanel};
use crate::http::{self, PageResult, Problem, moment, see_other, shell_for};
use crate::people;
use crate::publishing::acts::escalate::Escalate;
use crate::publishing::acts::link_case::LinkCase;
use crate::publishing::acts::take_down::TakeDown;
use crate::publishing::store::{self, DraftRow, PostRow};
use axum::extract::Path;
use axum::response::Response;
use bluelamp_domain::ids::{DraftId, PersonId};
use bluelamp_domain::publishing::{State, content, post};
use std::collections::HashMap;

#[derive(askama::Template)]
#[template(path = "publishing/templates/post.html")]
pub struct PostPage {
    pub shell: Shell,
    pub id: String,
    pub title: String,
    pub state: &'static str,
    pub tone: &'static str,
    pub for_: Option<Moment>,
    pub why: String,
    pub refusal: Option<RefusalPanel>,
    /// What was typed, when the page comes back with a refusal.
    pub reason: String,
    pub note: String,
    pub waiting: Option<RefusalPanel>,
    pub held: String,
    pub parts: Vec<String>,
    pub others: Vec<(String, String)>,
    pub pictures: Vec<(String, String)>,
    pub facts: Vec<(&'static str, String)>,
    pub posts: Vec<PostLine>,
    pub takedowns: Vec<DownLine>,
    pub revisions: Vec<(i64, String, Moment)>,
    pub cases: Vec<Choice>,
    pub may_take_down: bool,
    pub may_escalate: bool,
    pub may_edit: bool,
    pub edit: String,
    pub scheduled: bool,
}

pub struct PostLine {
    pub account: String,
    pub part: String,
    pub state: &'static str,
    pub tone: &'static str,
    pub url: String,
    pub live: Option<Moment>,
    pub read: Option<Moment>,
    pub seen: &'static str,
    pub gone: Option<Moment>,
    pub why: String,
}

pub struct DownLine {
    pub reason: String,
    pub by: String,
    pub at: Moment,
    pub proved: Option<Moment>,
}

/// What was typed into the page's forms.
#[derive(Default)]
pub struct Typed {
    pub reason: String,
    pub note: String,
}

/// A link that may be followed: of the web, and nothing else.
fn web(url: &str) -> String {
    if url.starts_with("https://") || url.starts_with("http://") { url.to_owned() } else { String::new() }
}

fn line(ctx: &Ctx, p: &PostRow, titles: &HashMap<bluelamp_domain::ids::AccountId, String>) -> PostLine {
    PostLine {
        account: titles.get(&p.account).cloned().unwrap_or_default(),
        part: if p.parts > 1 { format!("{} of {}", p.part, p.parts) } else { String::new() },
        state: p.state.title(),
        tone: match p.state {
            post::State::Live | post::State::Gone => "done",
            post::State::Waiting | post::State::Unknown | post::State::Leaving => "routine",
            post::State::Rejected | post::State::Expired | post::State::Missing => "immediate",
            post::State::Cancelled => "quiet",
        },
        url: if p.state == post::State::Live { web(&p.url) } else { String::new() },
        live: p.live_at.map(|at| moment(ctx, at)),
        read: p.read_back_at.map(|at| moment(ctx, at)),
        seen: match p.read_back.as_deref() {
            Some("same") => "there, with our words",
            Some("differs") => "there, with other words",
            Some("gone") => "not there",
            _ => "",
        },
        gone: p.gone_at.map(|at| moment(ctx, at)),
        why: p.why.clone(),
    }
}

fn name(code: &str, names: &HashMap<PersonId, String>) -> String {
    match code.parse::<PersonId>() {
        Ok(id) => names.get(&id).cloned().unwrap_or_else(|| "someone no longer listed".into()),
        Err(_) => format!("the system ({code})"),
    }
}

/// Draws the page.
pub async fn show(ctx: &Ctx, row: DraftRow, here: &str, refusal: Option<(RefusalPanel, Typed)>) -> PageResult {
    let status = if refusal.is_some() { 422 } else { 200 };
    let (refusal, Typed { reason, note }) = refusal.map_or((None, Typed::default()), |(panel, typed)| (Some(panel), typed));
    let shell = shell_for(ctx, here, Density::Page).await?;
    let d = &row.draft;
    let mut tx = ctx.read().await?;
    let posts = store::posts_of(&mut tx, ctx.force, d.id).await?;
    let takedowns = store::takedowns(&mut tx, ctx.force, d.id).await?;
    let revisions = store::revisions(&mut tx, ctx.force, d.id).await?;
    let names = people::store::names(&mut tx, ctx.force).await?;
    let cases = store::cases(&mut tx, ctx.force).await?;
    let held = super::waits(&mut tx, ctx.force, d.id).await?;
    let mut titles = HashMap::new();
    for account in d.content.accounts.iter().chain(posts.iter().map(|p| &p.account)) {
        if let Some(a) = crate::accounts::store::account(&mut tx, ctx.force, *account).await? {
            titles.insert(*account, a.title);
        }
    }
    drop(tx);
    let out = matches!(d.state, State::Live | State::PartlyLive | State::Sending { .. } | State::TakingDown);
    let may_take_down =
        out && ctx.may(&TakeDown { draft: d.id, reason: "asked".into() }).await?.rating != bluelamp_domain::decision::Rating::Red;
    let escalate = Escalate { draft: d.id, note: String::new() };
    let may_escalate = !d.content.accounts.is_empty() && ctx.may(&escalate).await?.rating != bluelamp_domain::decision::Rating::Red;
    let case_now = d.content.case.map(|c| c.to_string()).unwrap_or_default();
    let choice = |value: &str, label: &str| Choice { chosen: value == case_now, ..Choice::new(value, label) };
    let mut accounts: Vec<String> = d.content.accounts.iter().filter_map(|a| titles.get(a).cloned()).collect();
    accounts.sort();
    let mut facts = vec![
        ("What it is", d.content.kind.title().to_owned()),
        ("Where", accounts.join(", ")),
        ("Written by", name(&d.author.to_string(), &names)),
    ];
    if let Some(by) = row.sent_by {
        facts.push(("Published by", name(&by.to_string(), &names)));
    }
    if let Some(purpose) = ctx.pack().await?.words().purpose(&d.content.purpose) {
        facts.push(("Purpose", purpose.title.clone()));
    }
    if !d.content.audience.is_empty() {
        facts.push(("Audience", d.content.audience.clone()));
    }
    let page = PostPage {
        id: d.id.to_string(),
        title: super::first_line(&d.content.text),
        state: if held.is_some() && d.state == State::Editing { "Waiting for agreement" } else { d.state.title() },
        tone: tone(d.state),
        for_: d.state.for_().or_else(|| held.as_ref().and_then(super::asked_for)).map(|at| moment(ctx, at)),
        why: row.why.clone(),
        refusal,
        reason,
        note,
        held: held.as_ref().map(|h| h.id.to_string()).unwrap_or_default(),
        waiting: held.map(|h| panel("This waits for someone's agreement", true, &h.reasons)),
        parts: content::parts(&d.content.text).iter().map(|(_, p)| (*p).to_owned()).collect(),
        others: d.content.texts.iter().map(|(p, t)| (p.clone(), t.clone())).collect(),
        pictures: d.content.pictures.iter().map(|p| (format!("/publishing/media/{}", p.object), p.alt.clone())).collect(),
        facts,
        posts: posts.iter().map(|p| line(ctx, p, &titles)).collect(),
        takedowns: takedowns
            .into_iter()
            .map(|t| DownLine {
                by: name(&t.by, &names),
                at: moment(ctx, t.at),
                proved: t.proved_at.map(|at| moment(ctx, at)),
                reason: t.reason,
            })
            .collect(),
        revisions: revisions.into_iter().map(|(n, by, at)| (n, name(&by, &names), moment(ctx, at))).collect(),
        cases: std::iter::once(choice("", "No case"))
            .chain(cases.iter().map(|c| choice(&c.id.to_string(), &format!("{} ({})", c.title, c.stage.title()))))
            .collect(),
        may_take_down,
        may_escalate,
        may_edit: d.state.is_open()
            && ["corporate-communications", "digital-media-team", "publisher", "local"].iter().any(|r| ctx.scope.has_role(r)),
        edit: format!("/publishing/{}?edit=1", d.id),
        scheduled: matches!(d.state, State::Scheduled { .. }),
        shell,
    };
    http::page_with(status, &page)
}

async fn theirs(ctx: &Ctx, id: DraftId) -> Result<Result<DraftRow, Response>, crate::db::DbError> {
    let mut tx = ctx.read().await?;
    let row = if sees(ctx, &mut tx, id).await? { store::draft(&mut tx, ctx.force, id).await? } else { None };
    Ok(row.ok_or_else(|| Problem::new(404, "not-found", "there is no such post, or it is not yours to see").page()))
}

async fn after(ctx: &Ctx, id: DraftId, heading: &str, typed: Typed, outcome: Outcome) -> PageResult {
    let (held, reasons) = match outcome {
        Outcome::Done(_) => return Ok(see_other(&format!("/publishing/{id}?did=done"))),
        Outcome::Held { reasons, .. } => (true, reasons),
        Outcome::Refused { reasons, .. } => (false, reasons),
    };
    match theirs(ctx, id).await? {
        Ok(row) => show(ctx, row, &format!("/publishing/{id}"), Some((panel(heading, held, &reasons), typed))).await,
        Err(no) => Ok(no),
    }
}

/// `POST /publishing/{id}/take-down`.
pub async fn post_take_down(Path(id): Path<DraftId>, Composed(ctx, fields, _): Composed) -> PageResult {
    if let Err(no) = theirs(&ctx, id).await? {
        return Ok(no);
    }
    let typed = Typed { reason: fields.text("reason"), ..Typed::default() };
    let outcome = ctx.act(TakeDown { draft: id, reason: typed.reason.clone() }).await?;
    after(&ctx, id, "This was not taken down", typed, outcome).await
}

/// `POST /publishing/{id}/escalate`.
pub async fn post_escalate(Path(id): Path<DraftId>, Composed(ctx, fields, _): Composed) -> PageResult {
    if let Err(no) = theirs(&ctx, id).await? {
        return Ok(no);
    }
    let typed = Typed { note: fields.text("note"), ..Typed::default() };
    let outcome = ctx.act(Escalate { draft: id, note: typed.note.clone() }).await?;
    after(&ctx, id, "No alarm was raised", typed, outcome).await
}

/// `POST /publishing/{id}/case`.
pub async fn post_case(Path(id): Path<DraftId>, Composed(ctx, fields, _): Composed) -> PageResult {
    if let Err(no) = theirs(&ctx, id).await? {
        return Ok(no);
    }
    let outcome = ctx.act(LinkCase { draft: id, case: fields.id("case"), reason: fields.text("reason") }).await?;
    after(&ctx, id, "This was not tied to its case", Typed::default(), outcome).await
}

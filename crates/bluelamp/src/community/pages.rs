//! Moderation's pages: one message with what can be done about it, what was done, what may need it, and a measure as an
//! evidence pack. Only what the platform can do and policy would let this person do is offered; what is not is said.

use super::acts::advise::Advise;
use super::acts::block::Block;
use super::acts::delete::Delete;
use super::acts::hide::Hide;
use super::acts::report::Report;
use super::acts::review::Review;
use super::acts::settle_prompt::SettlePrompt;
use super::acts::unblock::Unblock;
use super::acts::unhide::Unhide;
use super::store::{self, MeasureRow, Part};
use super::{flagged, view};
use crate::act::{Act, Ctx, Outcome};
use crate::http::shell::{Density, Shell};
use crate::http::view::{Choice, Moment, RefusalPanel};
use crate::http::{self, Fields, Form, PageResult, Problem, moment, shell_for};
use axum::extract::{OriginalUri, Path, Query};
use bluelamp_domain::community::{Manifest, Settled, Verdict};
use bluelamp_domain::ids::{MeasureId, MessageId};
use bluelamp_domain::time::Instant;
use serde::Deserialize;
use uuid::Uuid;

const PAGE: i64 = 50;

#[derive(askama::Template)]
#[template(path = "community/templates/message.html")]
pub struct MessagePage {
    pub shell: Shell,
    pub about: view::About,
    pub offers: Vec<view::Offer>,
    pub not_offered: Vec<String>,
    pub grounds: Vec<Choice>,
    pub block: Option<view::BlockForm>,
    pub undo: Vec<view::Offer>,
    pub may_advise: bool,
    pub notes: Vec<String>,
    pub done: Vec<view::Line>,
    pub typed: view::Typed,
    pub key: String,
    pub refusal: Option<RefusalPanel>,
}

/// `GET /community/messages/{id}`: what can be done about a message.
pub async fn get_message(ctx: Ctx, Path(id): Path<MessageId>, OriginalUri(uri): OriginalUri) -> PageResult {
    let here = uri.path_and_query().map_or("", |p| p.as_str()).to_owned();
    message(&ctx, id, &here, view::Typed::default(), None).await
}

async fn message(ctx: &Ctx, id: MessageId, here: &str, typed: view::Typed, refusal: Option<(u16, RefusalPanel)>) -> PageResult {
    if let Some(no) = http::refuse_reading(ctx, "read.moderation").await? {
        return Ok(no);
    }
    let Some(seen) = view::read(ctx, id).await? else { return Ok(gone("message")) };
    let offered = view::offers(ctx, &seen).await?;
    let pack = ctx.pack().await?;
    let grounds = pack.words().grounds.iter().map(|g| Choice {
        value: g.code.clone(),
        label: g.title.clone(),
        hint: format!("{} {}", g.says, g.clause),
        chosen: typed.ground == g.code,
    });
    let (status, refusal) = refusal.map_or((200, None), |(s, p)| (s, Some(p)));
    let mut about = view::about(ctx, &seen, pack.words());
    // Who moderates without the desk is not sent to a closed door.
    if ctx.may_read("read.desk").await?.rating != bluelamp_domain::decision::Rating::Green {
        about.desk.clear();
    }
    let page = MessagePage {
        shell: shell_for(ctx, here, Density::Page).await?,
        about,
        grounds: grounds.collect(),
        block: offered.block,
        undo: offered.undo,
        may_advise: offered.may_advise,
        offers: offered.acts,
        not_offered: offered.not,
        notes: seen.notes.clone(),
        done: view::lines(ctx, pack.words(), &seen.names, &seen.measures),
        key: Uuid::from_bytes(ctx.app.random()).to_string(),
        typed,
        refusal,
    };
    http::page_with(status, &page)
}

fn gone(what: &str) -> axum::response::Response {
    Problem::new(404, "not-found", format!("there is no such {what}, or it is not yours to see")).page()
}

/// Does an act of the form; its outcome leads to the measure, or back to the form with every reason and what was typed.
async fn acted<A: Act>(ctx: &Ctx, fields: &Fields, id: MessageId, act: A, heading: &str) -> PageResult {
    match ctx.act_keyed(act, ctx.form_key(fields).as_deref()).await? {
        Outcome::Done(done) if A::NAME == Advise::NAME => {
            let _ = done;
            Ok(http::see_other(&format!("/community/messages/{id}?did=saved")))
        }
        Outcome::Done(done) => {
            let measure = format!("/community/measures/{}?did=done", done.id.unwrap_or_default());
            Ok(http::see_other(http::back_to(fields.get("back"), &measure)))
        }
        Outcome::Held { .. } => Ok(http::see_other(&format!("/community/messages/{id}?did=held"))),
        Outcome::Refused { code, reasons } => {
            if code == "not-found" {
                return Ok(gone("message"));
            }
            let status = Problem::refused(&code, &reasons).status;
            let panel = view::panel(heading, reasons);
            message(ctx, id, &format!("/community/messages/{id}"), view::Typed::of(fields), Some((status, panel))).await
        }
    }
}

pub async fn post_hide(Path(id): Path<MessageId>, Form(ctx, f): Form) -> PageResult {
    let act = Hide { message: id, ground: f.text("ground"), reason: f.text("reason") };
    acted(&ctx, &f, id, act, "The comment was not hidden").await
}

pub async fn post_delete(Path(id): Path<MessageId>, Form(ctx, f): Form) -> PageResult {
    let act = Delete { message: id, ground: f.text("ground"), reason: f.text("reason") };
    acted(&ctx, &f, id, act, "The comment was not deleted").await
}

pub async fn post_report(Path(id): Path<MessageId>, Form(ctx, f): Form) -> PageResult {
    let act = Report { message: id, ground: f.text("ground"), reason: f.text("reason") };
    acted(&ctx, &f, id, act, "It was not reported").await
}

pub async fn post_block(Path(id): Path<MessageId>, Form(ctx, f): Form) -> PageResult {
    let act = Block { message: id, ground: f.text("ground"), reason: f.text("reason"), no_engagement: f.text("no_engagement") };
    acted(&ctx, &f, id, act, "Nobody was blocked").await
}

pub async fn post_unhide(Path(id): Path<MessageId>, Form(ctx, f): Form) -> PageResult {
    acted(&ctx, &f, id, Unhide { message: id, reason: f.text("reason") }, "The comment is still hidden").await
}

pub async fn post_unblock(Path(id): Path<MessageId>, Form(ctx, f): Form) -> PageResult {
    acted(&ctx, &f, id, Unblock { message: id, reason: f.text("reason") }, "They are still blocked").await
}

pub async fn post_advise(Path(id): Path<MessageId>, Form(ctx, f): Form) -> PageResult {
    let act = Advise { message: id, favours: f.text("favours") == "yes", says: f.text("says") };
    acted(&ctx, &f, id, act, "The advice was not recorded").await
}

#[derive(Debug, Default, Deserialize)]
pub struct Listed {
    #[serde(default)]
    show: String,
    /// `instant.id` of the last row shown.
    #[serde(default)]
    before: String,
}

#[derive(askama::Template)]
#[template(path = "community/templates/list.html")]
pub struct ListPage {
    pub shell: Shell,
    pub parts: Vec<(&'static str, &'static str, bool)>,
    pub prompts: Vec<view::PromptLine>,
    pub lines: Vec<view::Line>,
    pub next: String,
}

const PARTS: &[(&str, &str)] = &[
    ("", "Everything"),
    ("hidden", "Hidden now"),
    ("blocked", "Blocked now"),
    ("unsettled", "Not settled"),
    ("overdue", "Review overdue"),
];

fn cursor<I: std::str::FromStr>(text: &str) -> Option<(Instant, I)> {
    let (at, id) = text.split_once('.')?;
    Some((Instant(at.parse().ok()?), id.parse().ok()?))
}

/// `GET /community`: what was done, with what is hidden, blocked, unsettled or due to be looked at again.
pub async fn get_list(ctx: Ctx, OriginalUri(uri): OriginalUri, Query(asked): Query<Listed>) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.moderation").await? {
        return Ok(no);
    }
    let part = match asked.show.as_str() {
        "hidden" => Part::Hidden,
        "blocked" => Part::Blocked,
        "unsettled" => Part::Unsettled,
        "overdue" => Part::Overdue(ctx.now()),
        _ => Part::All,
    };
    let shell = shell_for(&ctx, uri.path_and_query().map_or("/community", |p| p.as_str()), Density::Page).await?;
    let pack = ctx.pack().await?;
    let mut tx = ctx.read().await?;
    let rows = store::measures(&mut tx, ctx.force, &ctx.scope, part, cursor(&asked.before), PAGE).await?;
    let prompts = store::open_prompts(&mut tx, ctx.force, &ctx.scope).await?;
    let names = view::Names::read(&ctx, &mut tx, &rows).await?;
    let next = match rows.last() {
        Some(m) if rows.len() == PAGE as usize => {
            format!("/community?show={}&before={}.{}", http::percent(&asked.show), m.taken_at.0, m.id)
        }
        _ => String::new(),
    };
    let parts = PARTS.iter().map(|(code, label)| (*code, *label, *code == asked.show)).collect();
    let prompts = prompts.into_iter().map(|p| view::prompt_line(&ctx, p)).collect();
    http::page(&ListPage { shell, parts, prompts, lines: view::lines(&ctx, pack.words(), &names, &rows), next })
}

#[derive(askama::Template)]
#[template(path = "community/templates/flagged.html")]
pub struct FlaggedPage {
    pub shell: Shell,
    pub rows: Vec<view::FlaggedLine>,
    pub next: String,
}

/// `GET /community/flagged`: comments that may meet a ground, with the words that say so (LEICS-MOD-1).
pub async fn get_flagged(ctx: Ctx, OriginalUri(uri): OriginalUri, Query(asked): Query<Listed>) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.moderation").await? {
        return Ok(no);
    }
    let shell = shell_for(&ctx, uri.path_and_query().map_or("/community/flagged", |p| p.as_str()), Density::Page).await?;
    let pack = ctx.pack().await?;
    let mut tx = ctx.read().await?;
    let rows = flagged::flagged(&ctx, &mut tx, pack.words(), cursor(&asked.before), PAGE).await?;
    let next = match rows.last() {
        Some(r) if rows.len() == PAGE as usize => format!("/community/flagged?before={}.{}", r.message.received_at.0, r.message.id),
        _ => String::new(),
    };
    let titles = view::account_titles(&ctx, &mut tx).await?;
    let rows = rows.iter().map(|r| view::flagged_line(&ctx, pack.words(), &titles, r)).collect();
    http::page(&FlaggedPage { shell, rows, next })
}

#[derive(askama::Template)]
#[template(path = "community/templates/measure.html")]
pub struct MeasurePage {
    pub shell: Shell,
    pub line: view::Line,
    pub standard: String,
    pub pack: String,
    pub reason: String,
    pub platform_said: String,
    pub engagement: String,
    pub advice: Option<view::AdviceLine>,
    pub manifest: Option<Manifest>,
    pub fingerprint: String,
    pub fingerprint_stands: bool,
    pub events: Vec<view::EventLine>,
    pub reviewed: Option<view::ReviewLine>,
    pub review_due: Option<Moment>,
    pub may_review: bool,
    pub prompts: Vec<view::PromptLine>,
    pub printed: Moment,
    pub refusal: Option<RefusalPanel>,
    pub note: String,
}

/// `GET /community/measures/{id}`: a measure with all that stands behind it; prints as an evidence pack (LEICS-BLOCK-1).
pub async fn get_measure(ctx: Ctx, Path(id): Path<MeasureId>, OriginalUri(uri): OriginalUri) -> PageResult {
    let here = uri.path_and_query().map_or("", |p| p.as_str()).to_owned();
    measure(&ctx, id, &here, String::new(), None).await
}

async fn measure(ctx: &Ctx, id: MeasureId, here: &str, note: String, refusal: Option<(u16, RefusalPanel)>) -> PageResult {
    if let Some(no) = http::refuse_reading(ctx, "read.moderation").await? {
        return Ok(no);
    }
    let shell = shell_for(ctx, here, Density::Page).await?;
    let pack = ctx.pack().await?;
    let mut tx = ctx.read().await?;
    let Some(m) = store::measure_seen(&mut tx, ctx.force, &ctx.scope, id).await? else { return Ok(gone("measure")) };
    let rows: Vec<MeasureRow> = vec![m.clone()];
    let names = view::Names::read(ctx, &mut tx, &rows).await?;
    let evidence = match m.evidence {
        Some(e) => store::evidence(&mut tx, ctx.force, e).await?,
        None => None,
    };
    let advice = match m.advice {
        Some(a) => store::advice(&mut tx, ctx.force, a).await?,
        None => None,
    };
    let events = store::events(&mut tx, ctx.force, id).await?;
    let prompts = store::open_prompts(&mut tx, ctx.force, &ctx.scope).await?;
    drop(tx);
    let asks = Review { measure: id, verdict: Verdict::Upheld, note: "looked at again".into() };
    let may_review = m.reviewed_at.is_none()
        && m.taken_by != ctx.principal.code()
        && ctx.may(&asks).await?.rating == bluelamp_domain::decision::Rating::Green;
    let (status, refusal) = refusal.map_or((200, None), |(s, p)| (s, Some(p)));
    let sealed = evidence.as_ref().map(|e| &e.sealed);
    let page = MeasurePage {
        shell,
        line: view::line(ctx, pack.words(), &names, &m),
        standard: m.standard.clone(),
        pack: m.pack.clone(),
        reason: m.reason.clone(),
        platform_said: m.why.clone(),
        engagement: view::engagement(&m),
        advice: advice.map(|a| view::advice_line(ctx, &names.people, &a)),
        manifest: sealed.and_then(|s| serde_json::from_str(&s.manifest).ok()),
        fingerprint: sealed.map_or_else(String::new, |s| s.sha256.clone()),
        fingerprint_stands: sealed.is_some_and(|s| crate::app::digest(s.manifest.as_bytes()) == s.sha256),
        events: events.iter().map(|e| view::event_line(ctx, &names.people, e)).collect(),
        reviewed: view::review_line(ctx, &names.people, &m),
        review_due: m.review_due_at.filter(|_| m.reviewed_at.is_none()).map(|at| moment(ctx, at)),
        may_review,
        prompts: prompts.into_iter().filter(|p| p.measure == id).map(|p| view::prompt_line(ctx, p)).collect(),
        printed: moment(ctx, ctx.now()),
        refusal,
        note,
    };
    http::page_with(status, &page)
}

/// `POST /community/measures/{id}/review`.
pub async fn post_review(Path(id): Path<MeasureId>, Form(ctx, f): Form) -> PageResult {
    let verdict = if f.text("verdict") == "overturned" { Verdict::Overturned } else { Verdict::Upheld };
    let act = Review { measure: id, verdict, note: f.text("note") };
    match ctx.act_keyed(act, ctx.form_key(&f).as_deref()).await? {
        Outcome::Done(_) => Ok(http::see_other(&format!("/community/measures/{id}?did=saved"))),
        Outcome::Held { .. } => Ok(http::see_other(&format!("/community/measures/{id}?did=held"))),
        Outcome::Refused { code, .. } if code == "not-found" => Ok(gone("measure")),
        Outcome::Refused { code, reasons } => {
            let status = Problem::refused(&code, &reasons).status;
            let panel = view::panel("The review was not recorded", reasons);
            measure(&ctx, id, &format!("/community/measures/{id}"), f.text("note"), Some((status, panel))).await
        }
    }
}

/// `POST /community/prompts/{id}`: what the public was told of many removals.
pub async fn post_prompt(Path(id): Path<Uuid>, Form(ctx, f): Form) -> PageResult {
    let how = if f.text("how") == "explained" { Settled::Explained } else { Settled::Declined };
    let act = SettlePrompt { prompt: id, how, note: f.text("note") };
    match ctx.act_keyed(act, ctx.form_key(&f).as_deref()).await? {
        Outcome::Done(_) => Ok(http::see_other("/community?did=saved")),
        Outcome::Held { .. } => Ok(http::see_other("/community?did=held")),
        Outcome::Refused { code, reasons } => Ok(Problem::refused(&code, &reasons).page()),
    }
}

//! What is being written, waits, is scheduled and is out.

use super::first_line;
use crate::act::Ctx;
use crate::db::principal as rows;
use crate::http::shell::{Density, Shell};
use crate::http::view::{Moment, Paging};
use crate::http::{self, PageResult, moment, shell_for};
use crate::people;
use crate::publishing::store::{self, DraftLine};
use axum::extract::{Query, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use bluelamp_domain::ids::DraftId;
use bluelamp_domain::publishing::State;
use bluelamp_domain::time::Instant;
use serde::Deserialize;
use std::collections::HashMap;
use uuid::Uuid;

#[derive(askama::Template)]
#[template(path = "publishing/templates/list.html")]
pub struct ListPage {
    pub shell: Shell,
    pub sections: Vec<Section>,
    pub days: Vec<Day>,
    pub paging: Paging,
}

/// Drafts of one standing.
pub struct Section {
    pub id: &'static str,
    pub title: &'static str,
    pub empty: &'static str,
    pub rows: Vec<Row>,
}

/// One day of the calendar.
pub struct Day {
    pub title: String,
    pub rows: Vec<Row>,
}

pub struct Row {
    pub href: String,
    pub line: String,
    pub kind: &'static str,
    pub accounts: String,
    pub author: String,
    pub state: &'static str,
    pub tone: &'static str,
    pub at: Moment,
    pub why: String,
}

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// `instant.id` of the last live post shown.
    #[serde(default)]
    before: String,
}

fn cursor(text: &str) -> (Instant, Uuid) {
    text.split_once('.')
        .and_then(|(at, id)| Some((Instant(at.parse().ok()?), id.parse().ok()?)))
        .unwrap_or((Instant(i64::MAX), Uuid::max()))
}

pub fn tone(state: State) -> &'static str {
    match state {
        State::Live => "done",
        State::Scheduled { .. } | State::Sending { .. } => "routine",
        State::PartlyLive | State::TakingDown => "priority",
        State::Failed | State::Expired => "immediate",
        State::Editing | State::Withdrawn | State::TakenDown => "quiet",
    }
}

const PAGE: i64 = 50;

/// `GET /publishing`.
pub async fn get_list(ctx: Ctx, Query(asked): Query<Asked>) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.drafts").await? {
        return Ok(no);
    }
    let shell = shell_for(&ctx, "/publishing", Density::Page).await?;
    let mut tx = ctx.read().await?;
    let scope = || (ctx.scope.every, ctx.scope.ids());
    let newest = (Instant(i64::MAX), Uuid::max());
    let mut lines: HashMap<&str, Vec<DraftLine>> = HashMap::new();
    for state in ["editing", "sending", "partly-live", "failed", "expired", "taking-down", "taken-down"] {
        lines.insert(state, store::drafts_in(&mut tx, ctx.force, scope(), state, newest, PAGE).await?);
    }
    let live = store::drafts_in(&mut tx, ctx.force, scope(), "live", cursor(&asked.before), PAGE).await?;
    let scheduled = store::scheduled(&mut tx, ctx.force, scope()).await?;
    let waiting: Vec<Uuid> = rows::held_waiting(&mut tx, ctx.force).await?.into_iter().map(|h| h.subject).collect();
    let names = people::store::names(&mut tx, ctx.force).await?;
    let ids = lines.values().flatten().chain(&live).chain(&scheduled).map(|l| l.id.0).collect();
    let accounts = store::account_titles(&mut tx, ctx.force, ids).await?;
    drop(tx);
    let row = |l: &DraftLine| Row {
        href: format!("/publishing/{}", l.id),
        line: first_line(&l.text),
        kind: l.kind.title(),
        accounts: accounts.get(&l.id).map(|a| a.join(", ")).unwrap_or_default(),
        author: names.get(&l.author).cloned().unwrap_or_default(),
        state: l.state.title(),
        tone: tone(l.state),
        at: moment(&ctx, l.state.for_().unwrap_or(l.changed_at)),
        why: l.why.clone(),
    };
    let of = |states: &[&str], keep: &dyn Fn(&DraftLine) -> bool| -> Vec<Row> {
        states.iter().flat_map(|s| lines.get(s).into_iter().flatten()).filter(|l| keep(l)).map(row).collect()
    };
    let held = |l: &DraftLine| waiting.contains(&l.id.0);
    let sections = vec![
        Section {
            id: "attention",
            title: "Needs attention",
            empty: "",
            rows: of(&["failed", "expired", "partly-live", "taking-down"], &|_| true),
        },
        Section { id: "waiting", title: "Waiting for agreement", empty: "", rows: of(&["editing"], &held) },
        Section { id: "drafts", title: "Drafts", empty: "Nobody is writing anything just now.", rows: of(&["editing"], &|l| !held(l)) },
        Section { id: "sending", title: "On their way", empty: "", rows: of(&["sending"], &|_| true) },
        Section {
            id: "live",
            title: "Live",
            empty: "What is published stands here, until it is taken down.",
            rows: live.iter().map(row).collect(),
        },
        Section { id: "down", title: "Taken down", empty: "", rows: of(&["taken-down"], &|_| true) },
    ];
    let next = match live.last() {
        Some(l) if live.len() as i64 == PAGE => format!("/publishing?before={}.{}#live", l.changed_at.0, l.id),
        _ => String::new(),
    };
    let paging = Paging { previous: String::new(), next, says: String::new() };
    http::page(&ListPage { days: days(&ctx, &scheduled, row), shell, sections, paging })
}

fn days(ctx: &Ctx, scheduled: &[DraftLine], row: impl Fn(&DraftLine) -> Row) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for l in scheduled {
        let Some(at) = l.state.for_() else { continue };
        let title = at.timestamp().to_zoned(ctx.zone.clone()).strftime("%A %-d %B %Y").to_string();
        match days.last_mut().filter(|d| d.title == title) {
            Some(day) => day.rows.push(row(l)),
            None => days.push(Day { title, rows: vec![row(l)] }),
        }
    }
    days
}

/// `GET /publishing/media/{object}`: a picture that was uploaded for a draft, and no other object.
pub async fn get_media(
    ctx: Ctx,
    axum::extract::Path(object): axum::extract::Path<String>,
    Shared(app): Shared<crate::app::App>,
) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.drafts").await? {
        return Ok(no);
    }
    let found = {
        let mut tx = ctx.read().await?;
        store::upload(&mut tx, ctx.force, &object).await?
    };
    let not_there = || Ok(http::Problem::new(404, "not-found", "there is no such picture").page());
    let Some(row) = found else { return not_there() };
    let Ok(bytes) = app.blobs.get(ctx.force, &row.object).await else { return not_there() };
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, row.mime), (header::CACHE_CONTROL, "private, max-age=86400, immutable".to_owned())], bytes)
        .into_response())
}

/// `GET /publishing/{id}`: the composer while words may change, the post's page afterwards.
pub async fn get_draft(ctx: Ctx, axum::extract::Path(id): axum::extract::Path<DraftId>, uri: axum::extract::OriginalUri) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.drafts").await? {
        return Ok(no);
    }
    let (row, waits) = {
        let mut tx = ctx.read().await?;
        let row = if super::sees(&ctx, &mut tx, id).await? { store::draft(&mut tx, ctx.force, id).await? } else { None };
        (row, super::waits(&mut tx, ctx.force, id).await?)
    };
    let Some(row) = row else {
        return Ok(http::Problem::new(404, "not-found", "there is no such draft, or it is not yours to see").page());
    };
    let asked_to_edit = uri.query().is_some_and(|q| q.split('&').any(|p| p == "edit=1"));
    let writes = ["corporate-communications", "digital-media-team", "publisher", "local"].iter().any(|r| ctx.scope.has_role(r));
    match row.draft.state {
        // What waits for someone's agreement is shown as it was asked: an edit voids it, so it is opened on purpose.
        State::Editing if writes && waits.is_none() => super::composer::compose(&ctx, row, None).await,
        s if s.is_open() && writes && asked_to_edit => super::composer::compose(&ctx, row, waits.and_then(|h| super::asked_for(&h))).await,
        _ => super::post::show(&ctx, row, uri.path_and_query().map_or("/publishing", |p| p.as_str()), None).await,
    }
}

//! The ledger's pages: what was done, by whom, under which clause; exports; the checkpoint for anyone.

use super::acts::export_ledger::ExportLedger;
use super::{export, store};
use crate::act::{Ctx, Outcome};
use crate::app::App;
use crate::http::shell::{Density, Shell};
use crate::http::view::{Moment, ReasonLine, RefusalPanel};
use crate::http::{self, Form, PageResult, moment, shell_for};
use crate::people;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use bluelamp_domain::ids::{EntryId, PersonId};
use bluelamp_domain::time::Instant;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    act: String,
    /// `instant.id` of the last row shown.
    #[serde(default)]
    before: String,
}

pub struct Row {
    pub index: String,
    pub id: String,
    pub at: Moment,
    pub act: String,
    /// What the act does, in its own sentence.
    pub says: String,
    pub decision: String,
    pub who: String,
    /// Each rule, and the clause it belongs to.
    pub rules: Vec<(String, String)>,
}

#[derive(askama::Template)]
#[template(path = "records/templates/ledger.html")]
pub struct LedgerPage {
    pub shell: Shell,
    pub rows: Vec<Row>,
    /// Each act, and what it does.
    pub acts: Vec<(&'static str, &'static str)>,
    pub act: String,
    pub size: i64,
    pub note: String,
    pub keys: Vec<String>,
    pub next: String,
    pub may_export: bool,
    pub refusal: Option<RefusalPanel>,
}

fn cursor(text: &str) -> Option<(Instant, EntryId)> {
    let (at, id) = text.split_once('.')?;
    Some((Instant(at.parse().ok()?), id.parse().ok()?))
}

/// `GET /records`.
pub async fn get_ledger(ctx: Ctx, OriginalUri(uri): OriginalUri, Query(asked): Query<Asked>) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.ledger").await? {
        return Ok(no);
    }
    let here = uri.path_and_query().map_or("/records", |p| p.as_str());
    ledger(&ctx, here, asked, None).await
}

async fn ledger(ctx: &Ctx, here: &str, asked: Asked, refusal: Option<RefusalPanel>) -> PageResult {
    let shell = shell_for(ctx, here, Density::Page).await?;
    let mut tx = ctx.read().await?;
    let names = people::store::names(&mut tx, ctx.force).await?;
    let entries = store::entries(&mut tx, ctx.force, &asked.act, cursor(&asked.before), 100).await?;
    let next = match entries.last() {
        Some(e) if entries.len() == 100 => format!("/records?act={}&before={}.{}", http::percent(&asked.act), e.at.0, e.id),
        _ => String::new(),
    };
    let rows = entries.iter().map(|e| row(ctx, e, &names)).collect();
    let (size, note) = store::checkpoint(&mut tx, ctx.force).await?.unwrap_or((0, String::new()));
    let keys = store::keys(&mut tx, ctx.force).await?.into_iter().map(|k| k.verifier).collect();
    let may_export = ctx.may(&ExportLedger { reason: "asked".into() }).await?.rating == bluelamp_domain::decision::Rating::Green;
    let acts = crate::wiring::acts().iter().map(|a| (a.name, a.says.trim_end_matches('.'))).collect();
    http::page_with(
        if refusal.is_some() { 422 } else { 200 },
        &LedgerPage { shell, rows, acts, act: asked.act, size, note, keys, next, may_export, refusal },
    )
}

/// A person's name for a code of the ledger, or the system's own actor.
fn who(code: &str, names: &std::collections::HashMap<PersonId, String>) -> String {
    match code.parse::<PersonId>() {
        Ok(id) => names.get(&id).cloned().unwrap_or_else(|| "someone no longer listed".into()),
        Err(_) => format!("the system ({code})"),
    }
}

/// `APP-ROLE-2.receive` is a rule of the clause `APP-ROLE-2`.
fn clause_of(rule: &str) -> &str {
    rule.split('.').next().unwrap_or(rule)
}

fn row(ctx: &Ctx, e: &store::EntryLine, names: &std::collections::HashMap<PersonId, String>) -> Row {
    let body: serde_json::Value = serde_json::from_slice(&e.body).unwrap_or_default();
    let rules = body
        .get("rules")
        .and_then(|r| r.as_array())
        .map(|r| r.iter().filter_map(|v| v.as_str()).map(|r| (r.to_owned(), clause_of(r).to_owned())).collect())
        .unwrap_or_default();
    Row {
        index: e.index.map_or_else(|| "–".into(), |i| i.to_string()),
        id: e.id.to_string(),
        at: moment(ctx, e.at),
        says: crate::wiring::act(&e.act).map_or(e.act.as_str(), |a| a.says).trim_end_matches('.').to_owned(),
        act: e.act.clone(),
        decision: e.decision.clone(),
        who: who(&e.principal, names),
        rules,
    }
}

#[derive(askama::Template)]
#[template(path = "records/templates/entry.html")]
pub struct EntryPage {
    pub shell: Shell,
    pub row: Row,
    pub values: Vec<(String, String)>,
    pub body: String,
}

/// `GET /records/{entry}`: one entry, with the values that are still held.
pub async fn get_entry(ctx: Ctx, Path(id): Path<EntryId>, OriginalUri(uri): OriginalUri) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.ledger").await? {
        return Ok(no);
    }
    let mut tx = ctx.read().await?;
    let Some(e) = store::entry(&mut tx, ctx.force, id).await? else {
        return Ok(http::Problem::new(404, "not-found", "there is no such entry").page());
    };
    let names = people::store::names(&mut tx, ctx.force).await?;
    let values = store::values(&mut tx, ctx.force, id).await?.into_iter().map(|(name, value, _)| (name, value)).collect();
    let parsed: serde_json::Value = serde_json::from_slice(&e.body).unwrap_or_default();
    let body = serde_json::to_string_pretty(&parsed).unwrap_or_default();
    let shell = shell_for(&ctx, uri.path(), Density::Page).await?;
    http::page(&EntryPage { shell, row: row(&ctx, &e, &names), values, body })
}

/// `POST /records/export`: the export is recorded, then written.
pub async fn post_export(Form(ctx, fields): Form) -> PageResult {
    let act = ExportLedger { reason: fields.text("reason") };
    match ctx.act(act).await? {
        Outcome::Done(_) => {
            // The export's own entry belongs into it: it is sequenced before the copy is made.
            while super::sequencer::sequence(&ctx.app, ctx.force).await.unwrap_or(0) > 0 {}
            let bytes = export::write(&ctx, Vec::new()).await?;
            let name = format!("attachment; filename=\"ledger-{}.jsonl\"", ctx.now().date_in(&ctx.zone));
            Ok(([(header::CONTENT_TYPE, "application/jsonl".to_owned()), (header::CONTENT_DISPOSITION, name)], bytes).into_response())
        }
        Outcome::Refused { reasons, .. } | Outcome::Held { reasons, .. } => {
            let lines = reasons.into_iter().map(|r| ReasonLine {
                clause_href: format!("/assurance/clauses/{}", r.clause),
                sentence: r.says,
                clause: r.clause,
                whom: String::new(),
                ask: String::new(),
            });
            let panel = RefusalPanel { heading: "The ledger was not exported".into(), held: false, reasons: lines.collect() };
            ledger(&ctx, "/records", Asked::default(), Some(panel)).await
        }
    }
}

/// `GET /public/{force}/checkpoint`: the signed head of the ledger, for witnesses and anyone else.
pub async fn get_checkpoint(State(app): State<App>, Path(slug): Path<String>) -> PageResult {
    let Some(force) = crate::db::doors::forces(&app.db).await?.into_iter().find(|f| f.slug == slug) else {
        return Ok(http::Problem::new(404, "not-found", "there is no such force here").page());
    };
    let mut tx = app.db.read(force.id).await?;
    match store::checkpoint(&mut tx, force.id).await? {
        Some((_, note)) => Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response()),
        None => Ok(http::Problem::new(404, "not-found", "this ledger has no signed head yet").page()),
    }
}

//! What the public is told of removals: how many, on which ground, and nothing that points at anybody (APP-COMM-2).

use super::store;
use crate::app::App;
use crate::db::doors::{self, ForceRow};
use crate::http::view::Moment;
use crate::http::{self, PageResult, Problem};
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use bluelamp_domain::community::Kind;
use bluelamp_domain::time::DAY;
use serde::Serialize;

/// One ground with its counts over the last year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    pub code: String,
    pub ground: String,
    pub meaning: String,
    /// Comments hidden or deleted.
    pub removed: i64,
    /// People blocked.
    pub blocked: i64,
}

#[derive(askama::Template)]
#[template(path = "community/templates/removals.html")]
pub struct RemovalsPage {
    pub force: String,
    pub assets: http::assets::Assets,
    pub counts: Vec<Count>,
    pub removed: i64,
    pub blocked: i64,
    pub guidelines: String,
    pub json: String,
    pub back: String,
    pub at: Moment,
}

async fn force(app: &App, slug: &str) -> Result<Option<ForceRow>, http::PageFault> {
    Ok(doors::forces(&app.db).await?.into_iter().find(|f| f.slug == slug))
}

fn no_force() -> axum::response::Response {
    Problem::new(404, "not-found", "there is no such force here").page()
}

/// Counts of the last 365 days, in the order of the policy's grounds; a ground that the policy has no more comes last.
pub async fn counts(app: &App, force: &ForceRow) -> Result<Vec<Count>, crate::act::Fault> {
    let mut tx = app.db.read(force.id).await?;
    let pack = app.pack_of(&mut tx, force.id).await?;
    let rows = store::counts(&mut tx, force.id, app.clock.now().plus(-365 * DAY)).await?;
    let grounds = &pack.words().grounds;
    let count = |code: &str, title: &str, says: &str| {
        let of = |wanted: fn(Kind) -> bool| rows.iter().filter(|(k, g, _)| g == code && wanted(*k)).map(|(.., n)| n).sum();
        Count {
            code: code.into(),
            ground: title.into(),
            meaning: says.into(),
            removed: of(Kind::removes),
            blocked: of(|k| k == Kind::Block),
        }
    };
    let mut out: Vec<Count> = grounds.iter().map(|g| count(&g.code, &g.title, &g.says)).collect();
    let mut former: Vec<&str> = rows.iter().map(|(_, g, _)| g.as_str()).filter(|g| !grounds.iter().any(|x| x.code == *g)).collect();
    former.dedup();
    out.extend(former.into_iter().map(|code| count(code, "A ground of an earlier policy", "")));
    Ok(out)
}

/// `GET /public/{force}/removals`.
pub async fn get_removals(State(app): State<App>, Path(slug): Path<String>) -> PageResult {
    let Some(force) = force(&app, &slug).await? else { return Ok(no_force()) };
    let counts = counts(&app, &force).await?;
    let zone = jiff::tz::TimeZone::get(&force.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let now = app.clock.now().timestamp();
    http::page(&RemovalsPage {
        removed: counts.iter().map(|c| c.removed).sum(),
        blocked: counts.iter().map(|c| c.blocked).sum(),
        force: force.title,
        assets: app.assets.clone(),
        counts,
        guidelines: format!("/public/{slug}/guidelines"),
        json: format!("/public/{slug}/removals.json"),
        back: format!("/public/{slug}"),
        at: Moment::new(now, now, &zone),
    })
}

/// `GET /public/{force}/removals.json`.
pub async fn get_removals_json(State(app): State<App>, Path(slug): Path<String>) -> PageResult {
    let Some(force) = force(&app, &slug).await? else { return Ok(no_force()) };
    let grounds = counts(&app, &force).await?;
    Ok(axum::Json(serde_json::json!({ "force": force.title, "days": 365, "grounds": grounds })).into_response())
}

//! What the public is told of removals: how many, on which ground, and nothing that points at anybody (APP-COMM-2).

use super::store;
use crate::app::App;
use crate::db::doors::{self, ForceRow};
use crate::db::{DbError, Tx};
use crate::http::view::Moment;
use crate::http::{self, PageResult, Problem};
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use bluelamp_domain::ids::ForceId;
use bluelamp_domain::time::{DAY, Instant};
use bluelamp_policy::Words;
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

/// How far back the counts go.
const YEAR: i64 = 365 * DAY;

/// Counts of the last 365 days, in the order of the policy's grounds; a ground that the policy has no more comes last.
pub async fn counts(tx: &mut Tx, words: &Words, force: ForceId, now: Instant) -> Result<Vec<Count>, DbError> {
    let rows = store::counts(tx, force, now.plus(-YEAR)).await?;
    let count = |code: &str, title: &str, says: &str| {
        let row = rows.iter().find(|r| r.ground == code);
        Count {
            code: code.into(),
            ground: title.into(),
            meaning: says.into(),
            removed: row.map_or(0, |r| r.removed),
            blocked: row.map_or(0, |r| r.blocked),
        }
    };
    let mut out: Vec<Count> = words.grounds.iter().map(|g| count(&g.code, &g.title, &g.says)).collect();
    let former = rows.iter().filter(|r| words.ground(&r.ground).is_none());
    out.extend(former.map(|r| count(&r.ground, "A ground of an earlier policy", "")));
    Ok(out)
}

/// As [`counts`], for the force's own pages.
async fn counted(app: &App, force: &ForceRow) -> Result<Vec<Count>, http::PageFault> {
    let mut tx = app.db.read(force.id).await?;
    let pack = app.pack_of(&mut tx, force.id).await?;
    Ok(counts(&mut tx, pack.words(), force.id, app.clock.now()).await?)
}

/// `GET /public/{force}/removals`.
pub async fn get_removals(State(app): State<App>, Path(slug): Path<String>) -> PageResult {
    let Some(force) = force(&app, &slug).await? else { return Ok(no_force()) };
    let counts = counted(&app, &force).await?;
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
    let grounds = counted(&app, &force).await?;
    Ok(axum::Json(serde_json::json!({ "force": force.title, "days": 365, "grounds": grounds })).into_response())
}

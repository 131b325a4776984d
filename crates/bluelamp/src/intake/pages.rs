//! Pages of intake itself: what stands in quarantine, and the pictures that came with messages.

use super::acts::resolve_quarantine::{Resolution, ResolveQuarantine};
use super::{keep, queue, store};
use crate::act::{Ctx, Outcome};
use crate::http::shell::{Density, Shell};
use crate::http::view::{Moment, ReasonLine, RefusalPanel};
use crate::http::{self, Form, PageResult, Problem, moment, shell_for};
use axum::extract::{OriginalUri, Path};
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use bluelamp_domain::ids::MediaId;

/// Characters of a body that the page shows.
const SHOWN: usize = 4_000;

#[derive(askama::Template)]
#[template(path = "intake/templates/quarantine.html")]
pub struct QuarantinePage {
    pub shell: Shell,
    pub rows: Vec<Row>,
    /// Bodies that wait because nothing could be decided about them.
    pub stuck: i64,
    pub refusal: Option<RefusalPanel>,
}

pub struct Row {
    pub id: String,
    pub at: Moment,
    pub account: String,
    pub code: &'static str,
    pub why: String,
    pub size: i64,
    pub body: String,
}

/// `GET /intake/quarantine`: what could not be read, triaged or decided.
pub async fn get_quarantine(ctx: Ctx, OriginalUri(uri): OriginalUri) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.desk").await? {
        return Ok(no);
    }
    page(&ctx, uri.path_and_query().map_or("/intake/quarantine", |p| p.as_str()), None).await
}

async fn page(ctx: &Ctx, here: &str, refusal: Option<RefusalPanel>) -> PageResult {
    let shell = shell_for(ctx, here, Density::Page).await?;
    let mut tx = ctx.read().await?;
    let waiting = store::quarantine_waiting(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await?;
    let stuck = if ctx.scope.every { store::stuck(&mut tx, ctx.force).await? } else { 0 };
    let mut rows = Vec::with_capacity(waiting.len());
    for q in waiting {
        let account = crate::accounts::store::account(&mut tx, ctx.force, q.account).await?;
        let raw = store::raw(&mut tx, ctx.force, q.raw).await?;
        let (size, body) = match &raw {
            Some(raw) => (raw.size, keep::body_of(&ctx.app, ctx.force, raw).await.unwrap_or_else(|e| e.to_string().into_bytes())),
            None => (0, Vec::new()),
        };
        rows.push(Row {
            id: q.id.to_string(),
            at: moment(ctx, q.at),
            account: account.map_or_else(String::new, |a| a.title),
            code: words(&q.code),
            why: q.why,
            size,
            body: String::from_utf8_lossy(&body).chars().take(SHOWN).collect(),
        });
    }
    drop(tx);
    http::page_with(if refusal.is_some() { 422 } else { 200 }, &QuarantinePage { shell, rows, stuck, refusal })
}

fn words(code: &str) -> &'static str {
    match code {
        "unreadable" => "Could not be read",
        "untriageable" => "Could not be triaged",
        "edit-of-unknown" => "Edits a message that never came",
        _ => "Could not be decided",
    }
}

/// `POST /intake/quarantine/{id}`.
pub async fn post_quarantine(Path(quarantine): Path<uuid::Uuid>, Form(ctx, fields): Form) -> PageResult {
    let resolution = if fields.get("resolution") == Some("again") { Resolution::Again } else { Resolution::Dismissed };
    let outcome = ctx.act(ResolveQuarantine { quarantine, resolution, note: fields.text("note") }).await?;
    let reasons = match outcome {
        Outcome::Done(_) => {
            if resolution == Resolution::Again {
                // Tried by intake's own worker, which may do what this person may not.
                ctx.app.stir_jobs.notify_one();
            }
            return Ok(http::see_other("/intake/quarantine?did=done"));
        }
        Outcome::Held { reasons, .. } | Outcome::Refused { reasons, .. } => reasons,
    };
    let line = |r: bluelamp_domain::decision::Reason| ReasonLine {
        clause_href: if r.clause.is_empty() { String::new() } else { format!("/assurance/clauses/{}", r.clause) },
        sentence: r.says,
        clause: r.clause,
        whom: String::new(),
        ask: String::new(),
    };
    let panel = RefusalPanel { heading: "It stays in quarantine".into(), held: false, reasons: reasons.into_iter().map(line).collect() };
    page(&ctx, "/intake/quarantine", Some(panel)).await
}

/// `GET /media/{id}`: the copy for showing, made of pixels alone.
pub async fn get_copy(ctx: Ctx, Path(id): Path<MediaId>) -> PageResult {
    let Some(row) = seen(&ctx, id).await? else { return Ok(missing()) };
    let (Some(copy), Some(mime)) = (row.copy, row.copy_mime) else { return Ok(missing()) };
    let bytes = ctx.app.blobs.get(ctx.force, &copy).await.map_err(|e| crate::act::Fault::Broken(e.to_string()))?;
    Ok(([(header::CONTENT_TYPE, mime), (header::CACHE_CONTROL, "private, max-age=600".to_owned())], bytes).into_response())
}

/// `GET /media/{id}/original`: the evidence as it came, by download only and never opened here.
pub async fn get_original(ctx: Ctx, Path(id): Path<MediaId>) -> PageResult {
    let Some(row) = seen(&ctx, id).await? else { return Ok(missing()) };
    let Some(object) = row.object else { return Ok(missing()) };
    let bytes = ctx.app.blobs.get(ctx.force, &object).await.map_err(|e| crate::act::Fault::Broken(e.to_string()))?;
    let name = format!("attachment; filename=\"{}.bin\"", row.id);
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (HeaderName::from_static("x-sha256"), object),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

fn missing() -> axum::response::Response {
    Problem::new(404, "not-found", "there is no such picture, or it is not yours to see").page()
}

/// A medium of a message that this person may see.
async fn seen(ctx: &Ctx, id: MediaId) -> Result<Option<store::MediaRow>, http::PageFault> {
    let mut tx = ctx.read().await?;
    let Some(row) = store::medium(&mut tx, ctx.force, id).await? else { return Ok(None) };
    Ok(queue::store::message(&mut tx, ctx.force, &ctx.scope, row.message).await?.map(|_| row))
}

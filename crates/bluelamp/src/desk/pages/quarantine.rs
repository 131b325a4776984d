//! `/desk/quarantine`: what came and could not be read, triaged or decided. A person looks at each, because danger may
//! stand in it; the body is shown as it came, and nothing of it is lost whatever they say (I5).

use super::{panel, platform_title};
use crate::act::{Ctx, Outcome};
use crate::http::problem::Problem;
use crate::http::shell::{Density, Shell};
use crate::http::view::{Moment, RefusalPanel};
use crate::http::{self, Form, PageResult, moment, see_other, shell_for};
use crate::intake::acts::resolve_quarantine::{Resolution, ResolveQuarantine};
use crate::intake::{keep, store as intake};
use axum::extract::Path;
use uuid::Uuid;

/// Characters of a body that the page shows.
const SHOWN: usize = 4_000;

#[derive(askama::Template)]
#[template(path = "desk/templates/quarantine.html")]
pub struct QuarantinePage {
    pub shell: Shell,
    pub rows: Vec<QuarantineItem>,
    /// Bodies that wait because nothing could be decided about them.
    pub stuck: i64,
    pub refusal: Option<RefusalPanel>,
}

pub struct QuarantineItem {
    pub id: String,
    pub at: Moment,
    pub account: String,
    pub what: &'static str,
    /// What to do about it, in a sentence.
    pub advice: &'static str,
    pub why: String,
    pub size: i64,
    pub body: String,
    /// The body goes on beyond what is shown.
    pub cut: bool,
    pub action: String,
    /// What was typed before a refusal.
    pub note: String,
}

/// What happened, and what whoever looks does next.
fn words(code: &str) -> (&'static str, &'static str) {
    match code {
        "unreadable" => (
            "Could not be read",
            "Read it below yourself. If somebody is in danger, tell the control room now. Then tell whoever runs Bluelamp, and read it again after an update.",
        ),
        "untriageable" => (
            "Could not be triaged",
            "Nothing has looked for danger in it: read it below yourself, and tell the control room now if somebody is in danger. Then read it again.",
        ),
        "edit-of-unknown" => (
            "Edits a message that never came",
            "Read the new words below. If the first message has come in meanwhile, read it again; otherwise say that nothing is to be made of it.",
        ),
        _ => (
            "Could not be decided",
            "The policy pack stood in its way. Read it below yourself, tell the administrator, and read it again when the pack is mended.",
        ),
    }
}

/// `GET /desk/quarantine`.
pub async fn get_quarantine(ctx: Ctx) -> PageResult {
    draw(&ctx, None, None).await
}

async fn draw(ctx: &Ctx, refused: Option<(u16, RefusalPanel)>, typed: Option<(Uuid, String)>) -> PageResult {
    if let Some(no) = http::refuse_reading(ctx, "read.desk").await? {
        return Ok(no);
    }
    let shell = shell_for(ctx, "/desk/quarantine", Density::Page).await?;
    let mut tx = ctx.read().await?;
    let accounts = crate::accounts::store::accounts(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await?;
    let waiting = intake::quarantine_waiting(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await?;
    let stuck = if ctx.scope.every { intake::stuck(&mut tx, ctx.force).await? } else { 0 };
    let mut raws = Vec::with_capacity(waiting.len());
    for q in waiting {
        let raw = intake::raw(&mut tx, ctx.force, q.raw).await?;
        raws.push((q, raw));
    }
    drop(tx);
    let mut rows = Vec::with_capacity(raws.len());
    for (q, raw) in raws {
        let (size, body) = match &raw {
            Some(raw) => (raw.size, keep::body_of(&ctx.app, ctx.force, raw).await.unwrap_or_else(|e| e.to_string().into_bytes())),
            None => (0, Vec::new()),
        };
        let text = String::from_utf8_lossy(&body);
        let account = accounts.iter().find(|a| a.id == q.account);
        let (what, advice) = words(&q.code);
        rows.push(QuarantineItem {
            action: format!("/desk/quarantine/{}", q.id),
            note: typed.as_ref().filter(|(id, _)| *id == q.id).map(|(_, note)| note.clone()).unwrap_or_default(),
            id: q.id.to_string(),
            at: moment(ctx, q.at),
            account: account.map_or_else(String::new, |a| format!("{} · {}", platform_title(ctx, &a.platform), a.title)),
            what,
            advice,
            why: q.why,
            size,
            cut: text.chars().nth(SHOWN).is_some(),
            body: text.chars().take(SHOWN).collect(),
        });
    }
    let (status, refusal) = refused.map_or((200, None), |(status, panel)| (status, Some(panel)));
    http::page_with(status, &QuarantinePage { shell, rows, stuck, refusal })
}

/// `POST /desk/quarantine/{id}`.
pub async fn post_quarantine(Path(id): Path<String>, Form(ctx, f): Form) -> PageResult {
    let gone = || Problem::new(404, "not-found", "there is no such body in quarantine, or it is not yours to see").page();
    let Ok(id) = id.parse::<Uuid>() else { return Ok(gone()) };
    let resolution = if f.text("resolution") == "dismissed" { Resolution::Dismissed } else { Resolution::Again };
    match ctx.act(ResolveQuarantine { quarantine: id, resolution, note: f.text("note") }).await? {
        Outcome::Done(_) => {
            if resolution == Resolution::Again {
                // Tried by intake's own worker, which may do what this person may not.
                ctx.app.stir_jobs.notify_one();
            }
            Ok(see_other("/desk/quarantine?did=done"))
        }
        Outcome::Held { .. } => Ok(see_other("/desk/quarantine?did=held")),
        Outcome::Refused { code, .. } if code == "not-found" => Ok(gone()),
        Outcome::Refused { code, reasons } => {
            let status = Problem::refused(&code, &reasons).status;
            draw(&ctx, Some((status, panel("It stays in quarantine", false, &reasons))), Some((id, f.text("note")))).await
        }
    }
}

//! `/security/sessions`: every session of the force, for information security (APP-SEC-14), and what was new of late
//! (APP-SEC-10).

use super::me::{NewMark, SessionLine, mark_line, session_line, why};
use super::{leads, only_who_may};
use crate::act::Ctx;
use crate::http::shell::{Density, Shell};
use crate::http::view::Column;
use crate::http::{self, Form, PageResult, shell_for};
use crate::security::acts::end_session::EndSession;
use crate::security::store;
use axum::extract::{OriginalUri, Path};
use bluelamp_domain::ids::SessionId;
use bluelamp_domain::time::DAY;

#[derive(askama::Template)]
#[template(path = "security/templates/sessions.html")]
struct SessionsPage {
    shell: Shell,
    columns: Vec<Column>,
    sessions: Vec<SessionLine>,
    marks: Vec<NewMark>,
}

/// `GET /security/sessions`.
pub async fn get_sessions(ctx: Ctx, OriginalUri(uri): OriginalUri) -> PageResult {
    if let Some(no) = only_who_may(&ctx, "read.sessions").await? {
        return Ok(no);
    }
    let shell = shell_for(&ctx, uri.path_and_query().map_or("/security/sessions", |p| p.as_str()), Density::Page).await?;
    let mut tx = ctx.read().await?;
    let names = crate::people::store::names(&mut tx, ctx.force).await?;
    let name = |id| names.get(&id).cloned().unwrap_or_default();
    let rows = store::sessions(&mut tx, ctx.force).await?;
    let marks = store::new_marks(&mut tx, ctx.force, None, ctx.now().plus(-30 * DAY)).await?;
    let column = |label: &str| Column { label: label.into(), ..Column::default() };
    http::page(&SessionsPage {
        shell,
        columns: ["Person", "Device", "Address", "Began", "Last used", "Ends", ""].map(column).into(),
        sessions: rows
            .into_iter()
            .map(|s| {
                let n = name(s.person);
                session_line(&ctx, s, n)
            })
            .collect(),
        marks: marks
            .into_iter()
            .map(|m| {
                let n = name(m.person);
                mark_line(&ctx, m, n)
            })
            .collect(),
    })
}

/// `POST /security/sessions/{id}/end`.
pub async fn post_end(Path(session): Path<SessionId>, Form(ctx, fields): Form) -> PageResult {
    Ok(leads(&ctx.act(EndSession { session, why: why(&fields) }).await?, "/security/sessions?did=done"))
}

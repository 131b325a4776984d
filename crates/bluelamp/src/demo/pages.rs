//! The chooser of personas: stands in for sign-in, in the demonstration alone.

use super::only_here;
use crate::app::App;
use crate::http::session::{COOKIE, secret_hash, set_cookie};
use crate::http::{self, Fields, PageResult};
use crate::people;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bluelamp_domain::ids::{PersonId, SessionId};
use bluelamp_domain::time::HOUR;

pub struct Persona {
    pub id: PersonId,
    pub name: String,
    pub job: String,
    pub roles: String,
}

#[derive(askama::Template)]
#[template(path = "demo/templates/chooser.html")]
pub struct Chooser {
    pub force: String,
    pub personas: Vec<Persona>,
    pub assets: crate::http::assets::Assets,
}

/// `GET /demo`.
pub async fn get_chooser(State(app): State<App>) -> PageResult {
    if let Err(p) = only_here(&app) {
        return Ok(p.page());
    }
    let Some(force) = crate::db::doors::forces(&app.db).await?.into_iter().next() else {
        return Ok(http::Problem::new(503, "not-ready", "the demonstration is still being made; try again in a moment").page());
    };
    let mut tx = app.db.read(force.id).await?;
    let people = people::store::people(&mut tx, force.id).await?;
    let personas = people
        .into_iter()
        .filter(|p| p.state == "active")
        .map(|p| Persona { id: p.id, name: p.name, job: p.job_title, roles: p.roles.join(", ").replace('-', " ") })
        .collect();
    http::page(&Chooser { force: force.title, personas, assets: app.assets.clone() })
}

/// `POST /demo/as`: become someone. No CSRF token is asked for because there is no session yet; the Origin is.
pub async fn post_as(State(app): State<App>, headers: HeaderMap, body: axum::body::Bytes) -> Response {
    if let Err(p) = only_here(&app) {
        return p.page();
    }
    if let Err(no) = http::form::same_origin(&headers, &app) {
        return no;
    }
    match become_someone(&app, &Fields::parse(&body)).await {
        Ok(r) => r,
        Err(e) => e.into_response(),
    }
}

async fn become_someone(app: &App, fields: &Fields) -> PageResult {
    let (Some(force), Some(person)) = (crate::db::doors::forces(&app.db).await?.into_iter().next(), fields.id::<PersonId>("person")) else {
        return Ok(http::Problem::new(404, "not-found", "there is no such persona").page());
    };
    let Some(ctx) = http::session::context(app, force.id, person, &force.zone, None, None).await? else {
        return Ok(http::Problem::new(404, "not-found", "there is no such persona").page());
    };
    let secret = hex::encode(app.random::<32>());
    let now = app.clock.now();
    let session = crate::db::doors::NewSession {
        id: app.moment(jiff::tz::TimeZone::UTC).id::<SessionId>(),
        force: force.id,
        person,
        secret: secret_hash(&secret),
        second_factor: true,
        device: "the demonstration".into(),
        device_hash: secret_hash("the demonstration"),
        address: "127.0.0.1".into(),
        ends_at: now.plus(12 * HOUR),
    };
    crate::db::doors::insert_session(&app.db, &session, now).await?;
    let to = http::back_to(fields.get("next"), http::frame::home(&ctx)).to_owned();
    Ok(([(header::SET_COOKIE, set_cookie(app, COOKIE, Some(&secret), 12 * 3600))], http::see_other(&to)).into_response())
}

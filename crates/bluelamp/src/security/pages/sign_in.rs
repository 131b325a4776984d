//! `/sign-in`: a passkey first; a password and a code below it. Known and unknown names are answered alike, and wait
//! alike.

use super::{asked, door_words};
use crate::act::{Ctx, Fault, Outcome};
use crate::db::visits::{self, Ceremony};
use crate::http::session::{COOKIE, set_cookie};
use crate::http::view::{FieldErrors, Moment};
use crate::http::{self, Form, PageResult, Problem, assets::Assets};
use crate::security::acts::end_session::{EndSession, Why};
use crate::security::acts::sign_in::Way;
use crate::security::door::{self, Entered, Known};
use crate::security::store::Credential;
use crate::security::visit::{Said, Visit, VisitForm, with_cookies};
use crate::security::{passkeys, slow_hash, store, totp};
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::security::credential::Kind;
use bluelamp_domain::security::recovery;

pub struct OpenSession {
    pub device: String,
    pub place: String,
    pub last: Moment,
    pub this: bool,
}

#[derive(askama::Template)]
#[template(path = "people/templates/sign_in.html")]
pub struct SignInPage {
    pub force: String,
    pub assets: Assets,
    pub csrf: String,
    pub step: &'static str,
    pub name: String,
    pub errors: FieldErrors,
    pub monitoring: String,
    pub password: String,
    pub code: String,
    pub single_sign_on: String,
    pub sso_label: String,
    pub back: String,
    pub signed_out: String,
    pub sessions: Vec<OpenSession>,
}

async fn sign_in_page(
    visit: &Visit,
    step: &'static str,
    name: &str,
    back: &str,
    errors: FieldErrors,
    sessions: Vec<OpenSession>,
    status: u16,
) -> PageResult {
    let (force, monitoring) = door_words(&visit.app).await?;
    let answer = http::page_with(
        status,
        &SignInPage {
            force,
            assets: visit.app.assets.clone(),
            csrf: visit.csrf(),
            step,
            name: name.to_owned(),
            errors,
            monitoring,
            password: "/sign-in/password".into(),
            code: "/sign-in/code".into(),
            single_sign_on: String::new(),
            sso_label: String::new(),
            back: http::back_to(Some(back), "/").to_owned(),
            signed_out: String::new(),
            sessions,
        },
    )?;
    Ok(visit.keep(answer))
}

/// `GET /sign-in`. Whoever is signed in already goes on.
pub async fn get_sign_in(visit: Visit, ctx: Result<Ctx, http::session::NoCtx>, RawQuery(query): RawQuery) -> PageResult {
    let next = asked(query.as_deref(), "next").unwrap_or_else(|| "/".into());
    if ctx.is_ok() {
        return Ok(http::see_other(http::back_to(Some(&next), "/")));
    }
    sign_in_page(&visit, "start", "", &next, FieldErrors::default(), Vec::new(), 200).await
}

fn one_error(field: &str, says: impl Into<String>) -> FieldErrors {
    let mut errors = FieldErrors::default();
    errors.add(field, says);
    errors
}

/// `POST /sign-in/password`: the first factor. Nobody is signed in by it.
pub async fn post_password(VisitForm(visit, fields): VisitForm) -> PageResult {
    let (name, back) = (fields.text("name"), fields.text("back"));
    if let Some(wait) = door::must_wait(&visit, &name).await? {
        return sign_in_page(&visit, "start", &name, &back, one_error("name", wait), Vec::new(), 429).await;
    }
    let known = door::by_email(&visit.app, &name).await?;
    let hash = known.as_ref().and_then(|k| k.credentials.iter().find(|c| c.kind == Kind::Password)).map(|c| c.data.clone());
    let typed = crate::security::normal(&fields.text("password"));
    let right = slow_hash::right(&typed, hash).await?;
    let Some(known) = known.filter(|_| right) else {
        door::failed(&visit, &name).await?;
        let says = "That e-mail address and password do not go together. Try again, or ask an administrator for a new link.";
        return sign_in_page(&visit, "start", &name, &back, one_error("name", says), Vec::new(), 422).await;
    };
    let ceremony = Ceremony {
        kind: "code".into(),
        force: Some(known.force.id),
        person: Some(known.person.id),
        state: serde_json::json!({ "name": name }),
    };
    visits::begin(&visit.app.db, &visit.key(), &ceremony, visit.app.clock.now()).await?;
    let sessions = open_sessions(&visit, &known).await?;
    sign_in_page(&visit, "code", "", &back, FieldErrors::default(), sessions, 200).await
}

/// Where the person is signed in: shown once the first factor is right.
async fn open_sessions(visit: &Visit, known: &Known) -> Result<Vec<OpenSession>, Fault> {
    let mut tx = visit.app.db.read(known.force.id).await?;
    let zone = jiff::tz::TimeZone::get(&known.force.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let now = visit.app.clock.now();
    let rows = store::sessions_of(&mut tx, known.force.id, known.person.id).await?;
    Ok(rows
        .into_iter()
        .filter(|s| s.ends_at > now)
        .map(|s| OpenSession {
            device: s.device,
            place: s.address,
            last: Moment::new(s.seen_at.timestamp(), now.timestamp(), &zone),
            this: false,
        })
        .collect())
}

/// Which way a typed code proves the second factor, if it does: the app's, or a recovery code.
pub async fn way_of_code(
    visit: &Visit,
    force: bluelamp_domain::ids::ForceId,
    person: PersonId,
    credentials: &[Credential],
    typed: &str,
) -> Result<Option<Way>, Fault> {
    let app = &visit.app;
    for c in credentials.iter().filter(|c| c.kind == Kind::Totp) {
        let secret = totp::open(app, force, c.id, c.sealed.as_deref().unwrap_or_default())?;
        if let Some(step) = totp::step(&secret, typed, app.clock.now())? {
            return Ok(Some(Way::Code { credential: c.id, step }));
        }
    }
    if let Some((place, code)) = recovery::parse(typed) {
        let hash = { store::recovery_code(&mut app.db.read(force).await?, force, person, place).await? };
        if slow_hash::right(&code, hash).await? {
            return Ok(Some(Way::Recovery { place }));
        }
    }
    Ok(None)
}

/// `POST /sign-in/code`: the second factor, and the session.
pub async fn post_code(VisitForm(visit, fields): VisitForm) -> PageResult {
    let back = fields.text("back");
    let now = visit.app.clock.now();
    let begun = visits::under_way(&visit.app.db, &visit.key(), "code", now).await?;
    let Some((force, person, name)) = begun.and_then(|c| Some((c.force?, c.person?, c.state["name"].as_str()?.to_owned()))) else {
        return sign_in_page(
            &visit,
            "start",
            "",
            &back,
            one_error("name", "This took too long. Start again with your password."),
            Vec::new(),
            422,
        )
        .await;
    };
    if let Some(wait) = door::must_wait(&visit, &name).await? {
        return sign_in_page(&visit, "code", "", &back, one_error("code", wait), Vec::new(), 429).await;
    }
    let credentials = { store::credentials(&mut visit.app.db.read(force).await?, force, person).await? };
    let way = way_of_code(&visit, force, person, &credentials, &fields.text("code")).await?;
    let (Some(way), Some(ctx)) = (way, door::proven(&visit.app, force, person).await?) else {
        door::failed(&visit, &name).await?;
        return sign_in_page(
            &visit,
            "code",
            "",
            &back,
            one_error("code", "That code is not right. Use the one that your app shows now."),
            Vec::new(),
            422,
        )
        .await;
    };
    match door::enter(&visit, &ctx, way).await? {
        Entered::In { cookies } => {
            visits::take(&visit.app.db, &visit.key(), "code", now).await?;
            door::succeeded(&visit, &name).await?;
            let to = http::back_to(Some(&back).filter(|b| *b != "/").map(String::as_str), http::frame::home(&ctx)).to_owned();
            Ok(with_cookies(http::see_other(&to), &cookies))
        }
        Entered::No(no) => {
            door::failed(&visit, &name).await?;
            sign_in_page(&visit, "code", "", &back, one_error("code", says(&no)), Vec::new(), 422).await
        }
    }
}

/// Every reason of a refusal in one line.
pub fn says(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(_) => String::new(),
        Outcome::Held { reasons, .. } | Outcome::Refused { reasons, .. } => {
            reasons.iter().map(|r| r.says.as_str()).collect::<Vec<_>>().join(" ")
        }
    }
}

fn no_passkey() -> Response {
    Problem::new(422, "passkey", "this passkey is not known here; use another way, or ask an administrator for a new link").into_response()
}

/// `POST /sign-in/passkey/start`.
pub async fn post_passkey_start(said: Said) -> PageResult {
    let started = passkeys::start_using(&said.visit.app)?;
    let ceremony = Ceremony { kind: "passkey".into(), force: None, person: None, state: started.kept };
    visits::begin(&said.visit.app.db, &key(&said), &ceremony, said.visit.app.clock.now()).await?;
    Ok(axum::Json(started.told).into_response())
}

/// Within a session the ceremony hangs on it, so that a proof belongs to the session that asked for it.
fn key(said: &Said) -> Vec<u8> {
    match said.ctx.as_ref().and_then(|c| c.session) {
        Some(session) => http::session::secret_hash(&format!("prove {session}")),
        None => http::session::secret_hash(&format!("passkey {}", said.visit.value)),
    }
}

/// `POST /sign-in/passkey/finish`: both factors in one. Within a session it proves its person again.
pub async fn post_passkey_finish(said: Said) -> PageResult {
    let app = said.visit.app.clone();
    let Some(begun) = visits::take(&app.db, &key(&said), "passkey", app.clock.now()).await? else {
        return Ok(Problem::new(422, "too-late", "this took too long; try again").into_response());
    };
    let Some((person, handle)) = passkeys::claimed(&app, &said.json)? else { return Ok(no_passkey()) };
    let known = door::by_passkey(&app, PersonId(person), &handle).await?;
    let Some((known, data)) = known.and_then(|k| {
        let proved = passkeys::finish_using(&app, begun.state, &said.json, &k.credentials[0].data).ok().flatten()?;
        Some((k, proved))
    }) else {
        door::failed(&said.visit, &hex::encode(&handle)).await?;
        return Ok(no_passkey());
    };
    let way = Way::Passkey { credential: known.credentials[0].id, data };
    let within = said.ctx.filter(|c| c.principal.person() == Some(known.person.id) && c.force == known.force.id);
    let ctx = match within {
        Some(ctx) => ctx,
        None => match door::proven(&app, known.force.id, known.person.id).await? {
            Some(ctx) => ctx,
            None => return Ok(no_passkey()),
        },
    };
    match door::enter(&said.visit, &ctx, way).await? {
        Entered::In { cookies } => {
            // Where the page meant to go stands on the page itself.
            Ok(with_cookies(axum::Json(serde_json::json!({})).into_response(), &cookies))
        }
        Entered::No(Outcome::Refused { code, reasons }) => Ok(Problem::refused(&code, &reasons).into_response()),
        Entered::No(_) => Ok(no_passkey()),
    }
}

/// `POST /sign-out`.
pub async fn post_sign_out(Form(ctx, _): Form) -> PageResult {
    if let Some(session) = ctx.session {
        ctx.act(EndSession { session, why: Why::SignedOut }).await?;
    }
    let to = if ctx.app.live { "/sign-in" } else { "/" };
    Ok(with_cookies(http::see_other(to), &[set_cookie(&ctx.app, COOKIE, None, 0)]))
}

//! `/invite/{secret}`: the first time somebody comes in, or the first time again. The link works once; nothing of it is
//! used up until two factors are proved, so that one may start over.

use super::{as_errors, door_words};
use crate::act::{Ctx, Fault, Outcome};
use crate::db::doors;
use crate::db::visits::{self, Ceremony};
use crate::http::html::Html;
use crate::http::session::secret_hash;
use crate::http::view::FieldErrors;
use crate::http::{self, PageResult, Problem, assets::Assets};
use crate::people::acts::accept_invite::AcceptInvite;
use crate::people::store::PersonRecord;
use crate::security::acts::add_credential::AddCredential;
use crate::security::acts::make_recovery_codes::MakeRecoveryCodes;
use crate::security::acts::sign_in::Way;
use crate::security::door::{self, Entered};
use crate::security::visit::{Visit, VisitForm, with_cookies};
use crate::security::{passkeys, slow_hash, store, totp};
use crate::vault::Secret;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use bluelamp_domain::ids::{CredentialId, ForceId, PersonId};
use bluelamp_domain::security::credential::Kind;
use bluelamp_domain::security::{password, recovery};

#[derive(askama::Template)]
#[template(path = "security/templates/enrol.html")]
struct EnrolPage {
    force: String,
    assets: Assets,
    csrf: String,
    /// `start`, `app` (a password is chosen; an authenticator app is due), `codes` (done: the recovery codes, once).
    step: &'static str,
    person: String,
    email: String,
    link: String,
    errors: FieldErrors,
    monitoring: String,
    picture: Html,
    typed: String,
    codes: Vec<String>,
}

fn spent() -> Response {
    let mut p = Problem::new(
        404,
        "link-over",
        "this link was used already, was replaced by a newer one, or is older than a day; ask an administrator for a new one",
    );
    p.title = "This link no longer works".into();
    p.page()
}

/// Whom a link is for, while it works.
async fn owner(visit: &Visit, secret: &str) -> Result<Option<(ForceId, PersonRecord)>, Fault> {
    let Some((force, person)) = doors::link(&visit.app.db, &secret_hash(secret), visit.app.clock.now()).await? else { return Ok(None) };
    let found = crate::people::store::person(&mut visit.app.db.read(force).await?, force, person).await?;
    Ok(found.filter(|p| ["invited", "active"].contains(&p.state.as_str())).map(|p| (force, p)))
}

async fn enrol_page(
    visit: &Visit,
    person: &PersonRecord,
    link: &str,
    step: &'static str,
    errors: FieldErrors,
    app: Option<&Secret>,
    codes: Vec<String>,
) -> PageResult {
    let (force, monitoring) = door_words(&visit.app).await?;
    let status = if errors.is_empty() { 200 } else { 422 };
    let page = EnrolPage {
        picture: app.map(|s| totp::picture(s, &person.email, &force)).unwrap_or_default(),
        typed: app.map(totp::typed).unwrap_or_default(),
        force,
        assets: visit.app.assets.clone(),
        csrf: visit.csrf(),
        step,
        person: person.name.clone(),
        email: person.email.clone(),
        link: link.to_owned(),
        errors,
        monitoring,
        codes,
    };
    Ok(visit.keep(http::page_with(status, &page)?))
}

/// `GET /invite/{secret}`.
pub async fn get_invite(visit: Visit, Path(secret): Path<String>) -> PageResult {
    let Some((force, person)) = owner(&visit, &secret).await? else { return Ok(spent()) };
    // From here on the passkey's script knows whom it enrols, by the visit's cookie alone.
    let ceremony = Ceremony {
        kind: "enrol".into(),
        force: Some(force),
        person: Some(person.id),
        state: serde_json::json!({ "link": hex::encode(secret_hash(&secret)) }),
    };
    visits::begin(&visit.app.db, &visit.key(), &ceremony, visit.app.clock.now()).await?;
    enrol_page(&visit, &person, &secret, "start", FieldErrors::default(), None, Vec::new()).await
}

/// The words that a person's password may not be made of.
pub fn known_words(person: &PersonRecord, force: &str) -> Vec<String> {
    vec![force.to_owned(), person.name.clone(), person.email.clone(), "Bluelamp".into()]
}

/// Checks what was typed twice; answers the password to be hashed.
pub fn chosen(first: &str, second: &str, person: &PersonRecord, force: &str) -> Result<String, FieldErrors> {
    let mut errors = FieldErrors::default();
    let typed = crate::security::normal(first);
    let words = known_words(person, force);
    if let Err(no) = password::check(&typed, &words.iter().map(String::as_str).collect::<Vec<_>>()) {
        errors.add("password", no.says);
    } else if typed != crate::security::normal(second) {
        errors.add("again", "the two are not the same; type the password again");
    }
    if errors.is_empty() { Ok(typed) } else { Err(errors) }
}

/// `POST /invite/{secret}/password`: a password is chosen; the authenticator app is next.
pub async fn post_password(Path(secret): Path<String>, VisitForm(visit, fields): VisitForm) -> PageResult {
    let Some((force, person)) = owner(&visit, &secret).await? else { return Ok(spent()) };
    let (title, _) = door_words(&visit.app).await?;
    let typed = match chosen(&fields.text("password"), &fields.text("again"), &person, &title) {
        Ok(typed) => typed,
        Err(errors) => return enrol_page(&visit, &person, &secret, "start", errors, None, Vec::new()).await,
    };
    let app = &visit.app;
    let id: CredentialId = app.moment(jiff::tz::TimeZone::UTC).id();
    let key = totp::new_secret(app);
    let state = serde_json::json!({
        "link": hex::encode(secret_hash(&secret)),
        "hash": slow_hash::hash(app, &typed).await?,
        "app": id,
        "sealed": hex::encode(totp::seal(app, force, id, &key)?),
    });
    let ceremony = Ceremony { kind: "enrol".into(), force: Some(force), person: Some(person.id), state };
    visits::begin(&app.db, &visit.key(), &ceremony, app.clock.now()).await?;
    enrol_page(&visit, &person, &secret, "app", FieldErrors::default(), Some(&key), Vec::new()).await
}

/// `POST /invite/{secret}/code`: the app's first code proves it; the person is in.
pub async fn post_code(Path(secret): Path<String>, VisitForm(visit, fields): VisitForm) -> PageResult {
    let app = visit.app.clone();
    let Some((force, person)) = owner(&visit, &secret).await? else { return Ok(spent()) };
    let begun = visits::under_way(&app.db, &visit.key(), "enrol", app.clock.now()).await?;
    let state = begun.filter(|c| c.person == Some(person.id) && c.force == Some(force)).map(|c| c.state).unwrap_or_default();
    let text = |name: &str| state[name].as_str().unwrap_or_default().to_owned();
    let (Ok(id), Ok(sealed)) = (text("app").parse::<CredentialId>(), hex::decode(text("sealed"))) else {
        let mut errors = FieldErrors::default();
        errors.add("password", "this took too long; choose your password again");
        return enrol_page(&visit, &person, &secret, "start", errors, None, Vec::new()).await;
    };
    let key = totp::open(&app, force, id, &sealed)?;
    let Some(step) = totp::step(&key, &fields.text("code"), app.clock.now())? else {
        let mut errors = FieldErrors::default();
        errors.add("code", "that code is not right; use the one that your app shows now, and check that your phone's clock is right");
        return enrol_page(&visit, &person, &secret, "app", errors, Some(&key), Vec::new()).await;
    };
    let moment = app.moment(jiff::tz::TimeZone::UTC);
    let password = AddCredential {
        person: person.id,
        id: moment.id(),
        kind: Kind::Password,
        name: "Password".into(),
        handle: None,
        data: text("hash"),
        sealed: None,
        step: 0,
    };
    let authenticator = AddCredential {
        person: person.id,
        id,
        kind: Kind::Totp,
        name: "Authenticator app".into(),
        handle: None,
        data: String::new(),
        sealed: Some(text("sealed")),
        step: 0,
    };
    let codes: Vec<String> = (0..recovery::COUNT).map(|place| recovery::code(place, app.random())).collect();
    let begin =
        Begin { force, person: person.id, link: secret_hash(&secret), credentials: vec![password, authenticator], codes: codes.clone() };
    match first_sign_in(&visit, begin, Way::Code { credential: id, step }).await? {
        Entered::In { cookies } => {
            let page = enrol_page(&visit, &person, &secret, "codes", FieldErrors::default(), None, codes).await?;
            Ok(with_cookies(page, &cookies))
        }
        Entered::No(no) => enrol_page(&visit, &person, &secret, "start", as_errors(&no), None, Vec::new()).await,
    }
}

/// What somebody comes in with.
struct Begin {
    force: ForceId,
    person: PersonId,
    link: Vec<u8>,
    credentials: Vec<AddCredential>,
    codes: Vec<String>,
}

/// The invitation accepted, the credentials added, the link used up, the session begun. Each is an act of its own; the
/// link goes before the session does, so that it never opens the door twice, and after the credentials, so that a
/// failure in between costs nothing.
async fn first_sign_in(visit: &Visit, begin: Begin, way: Way) -> Result<Entered, Fault> {
    let app = &visit.app;
    let newcomer: Ctx = door::invited(app, begin.force, begin.person).await?;
    let accepted = newcomer.act(AcceptInvite { person: begin.person }).await?;
    if !matches!(accepted, Outcome::Done(_)) {
        return Ok(Entered::No(accepted));
    }
    for credential in begin.credentials {
        let outcome = newcomer.act(credential).await?;
        if !matches!(outcome, Outcome::Done(_)) {
            return Ok(Entered::No(outcome));
        }
    }
    if !begin.codes.is_empty() {
        let plain = begin.codes.iter().filter_map(|c| recovery::parse(c).map(|(_, p)| p)).collect();
        let outcome = newcomer.act(MakeRecoveryCodes { person: begin.person, hashes: slow_hash::hashes(app, plain).await? }).await?;
        if !matches!(outcome, Outcome::Done(_)) {
            return Ok(Entered::No(outcome));
        }
    }
    let mut tx = app.db.write(begin.force, crate::db::Isolation::ReadCommitted).await?;
    let first = store::use_link(&mut tx, begin.force, &begin.link, app.clock.now()).await?;
    tx.commit().await?;
    if !first {
        return Err(Fault::Contended);
    }
    let ctx = door::proven(app, begin.force, begin.person).await?.ok_or_else(|| Fault::Broken("whoever came in is not active".into()))?;
    door::enter(visit, &ctx, way).await
}

/// `POST /me/passkeys/start` of an invited person: see [`super::me::post_passkey_start`].
pub async fn passkey_start(visit: &Visit) -> Result<Option<Response>, Fault> {
    let app = &visit.app;
    let Some(begun) = visits::under_way(&app.db, &visit.key(), "enrol", app.clock.now()).await? else { return Ok(None) };
    let (Some(force), Some(person)) = (begun.force, begun.person) else { return Ok(None) };
    let Some(record) = crate::people::store::person(&mut app.db.read(force).await?, force, person).await? else { return Ok(None) };
    let started = passkeys::start_making(app, person.0, &record.email, &record.name, Vec::new())?;
    let state = serde_json::json!({ "link": begun.state["link"], "passkey": started.kept });
    visits::begin(&app.db, &visit.key(), &Ceremony { state, ..begun }, app.clock.now()).await?;
    Ok(Some(axum::Json(started.told).into_response()))
}

/// `POST /me/passkeys/finish` of an invited person.
pub async fn passkey_finish(visit: &Visit, answer: &serde_json::Value) -> Result<Option<Response>, Fault> {
    let app = &visit.app;
    let Some(begun) = visits::take(&app.db, &visit.key(), "enrol", app.clock.now()).await? else { return Ok(None) };
    let (Some(force), Some(person), Ok(link)) = (begun.force, begun.person, hex::decode(begun.state["link"].as_str().unwrap_or_default()))
    else {
        return Ok(None);
    };
    // The link may have been replaced while the ceremony ran.
    if doors::link(&app.db, &link, app.clock.now()).await? != Some((force, person)) {
        return Ok(None);
    }
    let Some(made) = passkeys::finish_making(app, begun.state["passkey"].clone(), answer)? else { return Ok(None) };
    let id: CredentialId = app.moment(jiff::tz::TimeZone::UTC).id();
    let passkey = AddCredential {
        person,
        id,
        kind: Kind::Passkey,
        name: format!("Passkey of {}", visit.browser),
        handle: Some(hex::encode(&made.handle)),
        data: made.data,
        sealed: None,
        step: 0,
    };
    let begin = Begin { force, person, link, credentials: vec![passkey], codes: Vec::new() };
    Ok(Some(match first_sign_in(visit, begin, Way::Passkey { credential: id, data: None }).await? {
        Entered::In { cookies } => with_cookies(axum::Json(serde_json::json!({ "location": "/me?did=done" })).into_response(), &cookies),
        Entered::No(Outcome::Refused { code, reasons }) => Problem::refused(&code, &reasons).into_response(),
        Entered::No(_) => return Ok(None),
    }))
}

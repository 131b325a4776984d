//! `/me`: what one signs in with, where one is signed in, one's tokens. Everything drastic asks for the second factor
//! again.

use super::{leads, panel};
use crate::act::{Ctx, Fault, Outcome};
use crate::db::visits::{self, Ceremony};
use crate::http::html::Html;
use crate::http::shell::{Density, Shell};
use crate::http::view::{Choice, FieldErrors, Moment, RefusalPanel};
use crate::http::{self, Fields, Form, PageResult, Problem, moment, shell_for};
use crate::security::acts::add_credential::AddCredential;
use crate::security::acts::end_session::{EndSession, Why};
use crate::security::acts::make_recovery_codes::MakeRecoveryCodes;
use crate::security::acts::remove_credential::RemoveCredential;
use crate::security::visit::Said;
use crate::security::{passkeys, slow_hash, store, totp};
use crate::vault::Secret;
use axum::extract::{OriginalUri, Path};
use axum::response::IntoResponse;
use bluelamp_domain::ids::{CredentialId, PersonId, SessionId};
use bluelamp_domain::security::credential::Kind;
use bluelamp_domain::security::recovery;
use bluelamp_domain::time::DAY;

pub struct CredentialLine {
    pub id: String,
    pub name: String,
    pub kind: &'static str,
    pub added: Moment,
    pub used: Option<Moment>,
}

pub struct SessionLine {
    pub id: String,
    pub person: String,
    pub device: String,
    pub address: String,
    pub began: Moment,
    pub used: Moment,
    pub ends: Moment,
    pub this: bool,
}

pub struct TokenLine {
    pub id: String,
    pub name: String,
    pub acts: usize,
    pub ends: Moment,
    pub state: &'static str,
}

pub struct NewMark {
    pub person: String,
    pub what: &'static str,
    pub says: String,
    pub when: Moment,
}

/// What was made and is shown once.
#[derive(Default)]
pub struct Once {
    pub codes: Vec<String>,
    pub token: String,
    pub picture: Html,
    pub typed: String,
    /// What was typed of a token that could not be made.
    pub token_name: String,
    pub token_days: String,
}

/// Days that a new token stands, unless another number is typed.
const TOKEN_DAYS: &str = "90";

#[derive(askama::Template)]
#[template(path = "security/templates/me.html")]
struct MePage {
    shell: Shell,
    credentials: Vec<CredentialLine>,
    codes_left: usize,
    has_password: bool,
    sessions: Vec<SessionLine>,
    tokens: Vec<TokenLine>,
    acts: Vec<Choice>,
    accounts: Vec<Choice>,
    marks: Vec<NewMark>,
    once: Once,
    token_days: String,
    errors: FieldErrors,
    refusal: Option<RefusalPanel>,
}

pub fn session_line(ctx: &Ctx, s: store::Session, person: String) -> SessionLine {
    SessionLine {
        this: ctx.session == Some(s.id),
        id: s.id.to_string(),
        person,
        device: s.device,
        address: s.address,
        began: moment(ctx, s.created_at),
        used: moment(ctx, s.seen_at),
        ends: moment(ctx, s.ends_at),
    }
}

pub fn mark_line(ctx: &Ctx, m: store::Mark, person: String) -> NewMark {
    NewMark { person, what: if m.kind == "device" { "New device" } else { "New place" }, says: m.says, when: moment(ctx, m.first_at) }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Passkey => "Passkey",
        Kind::Password => "Password",
        Kind::Totp => "Authenticator app",
    }
}

/// The person of a page: programs and the system have none.
fn me(ctx: &Ctx) -> Result<PersonId, Fault> {
    ctx.principal.person().ok_or_else(|| Fault::Broken("only people have a page of their own".into()))
}

/// The page, with what was made just now or refused.
pub async fn me_page(ctx: &Ctx, here: &str, once: Once, errors: FieldErrors, refusal: Option<RefusalPanel>) -> PageResult {
    let person = me(ctx)?;
    let shell = shell_for(ctx, here, Density::Page).await?;
    let own = { crate::people::store::person(&mut ctx.read().await?, ctx.force, person).await? };
    let accounts = match &own {
        Some(own) => crate::wiring::authorisations(ctx, own).await?.given,
        None => Vec::new(),
    };
    let mut tx = ctx.read().await?;
    let rows = store::credentials(&mut tx, ctx.force, person).await?;
    let now = ctx.now();
    let tokens = store::tokens_of(&mut tx, ctx.force, person).await?;
    let page = MePage {
        has_password: rows.iter().any(|c| c.kind == Kind::Password),
        credentials: rows
            .into_iter()
            .map(|c| CredentialLine {
                id: c.id.to_string(),
                name: c.name,
                kind: word(c.kind),
                added: moment(ctx, c.added_at),
                used: c.used_at.map(|at| moment(ctx, at)),
            })
            .collect(),
        codes_left: store::recovery_left(&mut tx, ctx.force, person).await?,
        sessions: store::sessions_of(&mut tx, ctx.force, person)
            .await?
            .into_iter()
            .filter(|s| s.ends_at > now)
            .map(|s| session_line(ctx, s, String::new()))
            .collect(),
        tokens: tokens
            .into_iter()
            .map(|t| TokenLine {
                state: if t.revoked_at.is_some() {
                    "Taken back"
                } else if t.ends_at <= now {
                    "Ended"
                } else {
                    "Stands"
                },
                id: t.id.to_string(),
                name: t.name,
                acts: t.acts.len(),
                ends: moment(ctx, t.ends_at),
            })
            .collect(),
        acts: http::openapi::for_programs()
            .map(|a| Choice { value: a.name.into(), label: a.name.into(), hint: a.says.into(), chosen: false })
            .collect(),
        accounts: accounts.into_iter().map(|a| Choice::new(a.account, format!("{} ({})", a.title, a.platform))).collect(),
        marks: store::new_marks(&mut tx, ctx.force, Some(person), now.plus(-30 * DAY))
            .await?
            .into_iter()
            .map(|m| mark_line(ctx, m, String::new()))
            .collect(),
        shell,
        token_days: if once.token_days.is_empty() { TOKEN_DAYS.to_owned() } else { once.token_days.clone() },
        once,
        errors,
        refusal,
    };
    let status = if page.errors.is_empty() && page.refusal.is_none() { 200 } else { 422 };
    http::page_with(status, &page)
}

/// `GET /me`.
pub async fn get_me(ctx: Ctx, OriginalUri(uri): OriginalUri) -> PageResult {
    let here = uri.path_and_query().map_or("/me", |p| p.as_str()).to_owned();
    me_page(&ctx, &here, Once::default(), FieldErrors::default(), None).await
}

/// What came of an act of this page: back to it, to the second factor, or the page with every reason.
pub async fn answer(ctx: &Ctx, outcome: Outcome, to: &str) -> PageResult {
    match &outcome {
        Outcome::Refused { code, .. } if code != "prove-again" => {
            me_page(ctx, "/me", Once::default(), FieldErrors::default(), panel("This was not done", &outcome)).await
        }
        other => Ok(leads(other, to)),
    }
}

/// `POST /me/sessions/{id}/end`.
pub async fn post_end_session(Path(session): Path<SessionId>, Form(ctx, fields): Form) -> PageResult {
    let outcome = ctx.act(EndSession { session, why: why(&fields) }).await?;
    answer(&ctx, outcome, "/me?did=done").await
}

/// Which of the two buttons ended it.
pub fn why(fields: &Fields) -> Why {
    if fields.get("why") == Some("unknown") { Why::Unknown } else { Why::Redundant }
}

/// `POST /me/credentials/{id}/remove`.
pub async fn post_remove(Path(credential): Path<CredentialId>, Form(ctx, _): Form) -> PageResult {
    let outcome = ctx.act(RemoveCredential { person: me(&ctx)?, credential }).await?;
    answer(&ctx, outcome, "/me?did=done").await
}

/// `POST /me/password`: a new password in place of the old one.
pub async fn post_password(Form(ctx, fields): Form) -> PageResult {
    let person = me(&ctx)?;
    let record = { crate::people::store::person(&mut ctx.read().await?, ctx.force, person).await? };
    let (_, force) = { crate::people::store::force_title(&mut ctx.read().await?, ctx.force).await? };
    let record = record.ok_or_else(|| Fault::Broken("whoever asks is not a person of this force".into()))?;
    let typed = match super::enrol::chosen(&fields.text("password"), &fields.text("again"), &record, &force) {
        Ok(typed) => typed,
        Err(errors) => return me_page(&ctx, "/me", Once::default(), errors, None).await,
    };
    let data = slow_hash::hash(&ctx.app, &typed).await?;
    let add = AddCredential {
        person,
        id: new_id(&ctx),
        kind: Kind::Password,
        name: "Password".into(),
        handle: None,
        data,
        sealed: None,
        step: 0,
    };
    let outcome = ctx.act(add).await?;
    answer(&ctx, outcome, "/me?did=saved").await
}

fn new_id(ctx: &Ctx) -> CredentialId {
    ctx.app.moment(ctx.zone.clone()).id()
}

fn ceremony_key(ctx: &Ctx) -> Vec<u8> {
    http::session::secret_hash(&format!("me {}", ctx.session.map(|s| s.to_string()).unwrap_or_default()))
}

fn app_shown(ctx: &Ctx, key: &Secret) -> Once {
    Once { picture: totp::picture(key, &ctx.scope.name, "account"), typed: totp::typed(key), ..Once::default() }
}

/// `POST /me/app`: a new authenticator app, shown as a picture; its first code makes it stand.
pub async fn post_app(Form(ctx, _): Form) -> PageResult {
    let (id, key) = (new_id(&ctx), totp::new_secret(&ctx.app));
    let state = serde_json::json!({ "app": id, "sealed": hex::encode(totp::seal(&ctx.app, ctx.force, id, &key)?) });
    let ceremony = Ceremony { kind: "app".into(), force: Some(ctx.force), person: ctx.principal.person(), state };
    visits::begin(&ctx.app.db, &ceremony_key(&ctx), &ceremony, ctx.now()).await?;
    let once = app_shown(&ctx, &key);
    me_page(&ctx, "/me", once, FieldErrors::default(), None).await
}

/// `POST /me/app/code`.
pub async fn post_app_code(Form(ctx, fields): Form) -> PageResult {
    let begun = visits::under_way(&ctx.app.db, &ceremony_key(&ctx), "app", ctx.now()).await?;
    let state = begun.map(|c| c.state).unwrap_or_default();
    let sealed = state["sealed"].as_str().unwrap_or_default().to_owned();
    let Ok(id) = state["app"].as_str().unwrap_or_default().parse::<CredentialId>() else { return Ok(http::see_other("/me")) };
    let key = totp::open(&ctx.app, ctx.force, id, &hex::decode(&sealed).unwrap_or_default())?;
    let Some(step) = totp::step(&key, &fields.text("code"), ctx.now())? else {
        let mut errors = FieldErrors::default();
        errors.add("code", "that code is not right; use the one that your app shows now");
        return me_page(&ctx, "/me", app_shown(&ctx, &key), errors, None).await;
    };
    let add = AddCredential {
        person: me(&ctx)?,
        id,
        kind: Kind::Totp,
        name: "Authenticator app".into(),
        handle: None,
        data: String::new(),
        sealed: Some(sealed),
        step,
    };
    let outcome = ctx.act(add).await?;
    answer(&ctx, outcome, "/me?did=saved").await
}

/// `POST /me/recovery-codes`: ten new ones, shown once.
pub async fn post_recovery_codes(Form(ctx, _): Form) -> PageResult {
    let codes: Vec<String> = (0..recovery::COUNT).map(|place| recovery::code(place, ctx.app.random())).collect();
    let plain = codes.iter().filter_map(|c| recovery::parse(c).map(|(_, p)| p)).collect();
    let outcome = ctx.act(MakeRecoveryCodes { person: me(&ctx)?, hashes: slow_hash::hashes(&ctx.app, plain).await? }).await?;
    match outcome {
        Outcome::Done(_) => me_page(&ctx, "/me", Once { codes, ..Once::default() }, FieldErrors::default(), None).await,
        no => answer(&ctx, no, "/me").await,
    }
}

/// `POST /me/passkeys/start`: within a session another passkey; of an invited person the first.
pub async fn post_passkey_start(said: Said) -> PageResult {
    let Some(ctx) = said.ctx else {
        return Ok(super::enrol::passkey_start(&said.visit).await?.unwrap_or_else(too_late));
    };
    let person = me(&ctx)?;
    let mut tx = ctx.read().await?;
    let record = crate::people::store::person(&mut tx, ctx.force, person).await?;
    let known = store::credentials(&mut tx, ctx.force, person).await?.into_iter().filter_map(|c| c.handle).collect();
    drop(tx);
    let record = record.ok_or_else(|| Fault::Broken("whoever asks is not a person of this force".into()))?;
    let started = passkeys::start_making(&ctx.app, person.0, &record.email, &record.name, known)?;
    let ceremony = Ceremony { kind: "passkey".into(), force: Some(ctx.force), person: Some(person), state: started.kept };
    visits::begin(&ctx.app.db, &ceremony_key(&ctx), &ceremony, ctx.now()).await?;
    Ok(axum::Json(started.told).into_response())
}

fn too_late() -> axum::response::Response {
    Problem::new(422, "too-late", "this took too long, or the passkey was not what was asked for; open the page again and try once more")
        .into_response()
}

/// `POST /me/passkeys/finish`.
pub async fn post_passkey_finish(said: Said) -> PageResult {
    let Some(ctx) = said.ctx else {
        return Ok(super::enrol::passkey_finish(&said.visit, &said.json).await?.unwrap_or_else(too_late));
    };
    let Some(begun) = visits::take(&ctx.app.db, &ceremony_key(&ctx), "passkey", ctx.now()).await? else { return Ok(too_late()) };
    let Some(made) = passkeys::finish_making(&ctx.app, begun.state, &said.json)? else { return Ok(too_late()) };
    let name = format!("Passkey of {}", said.visit.browser);
    let add = AddCredential {
        person: me(&ctx)?,
        id: new_id(&ctx),
        kind: Kind::Passkey,
        name,
        handle: Some(hex::encode(&made.handle)),
        data: made.data,
        sealed: None,
        step: 0,
    };
    Ok(match ctx.act(add).await? {
        Outcome::Refused { code, .. } if code == "prove-again" => {
            axum::Json(serde_json::json!({ "location": "/me/prove?next=/me" })).into_response()
        }
        Outcome::Refused { code, reasons } => Problem::refused(&code, &reasons).into_response(),
        _ => axum::Json(serde_json::json!({ "location": "/me?did=saved" })).into_response(),
    })
}

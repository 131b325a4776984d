//! `/people` and `/people/{id}`: who works here, what they may do, until when, and by which link they come in. They
//! stand in this area because a page that invites also makes the link; the acts and the tables are those of people.

use crate::act::{Ctx, Fault, Outcome};
use crate::http::shell::{Density, Shell};
use crate::http::view::{Choice, Column, FieldErrors, Moment, RefusalPanel, SummaryRow};
use crate::http::{self, Fields, Form, PageResult, Problem, shell_for};
use crate::people::acts::change_person::ChangePerson;
use crate::people::acts::grant_role::GrantRole;
use crate::people::acts::invite::Invite;
use crate::people::acts::leave::Leave;
use crate::people::acts::record_training::RecordTraining;
use crate::people::acts::revoke_role::RevokeRole;
use crate::people::store::{self, PersonRecord};
use crate::security::links::{self, Given};
use axum::extract::{OriginalUri, Path};
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::people::{Kind, ROLES, trained_until};

pub struct PersonLine {
    pub id: String,
    pub name: String,
    pub job: String,
    pub roles: String,
    pub areas: String,
    pub trained: String,
    pub lapsed: bool,
    pub state: String,
}

#[derive(askama::Template)]
#[template(path = "people/templates/people.html")]
struct PeoplePage {
    shell: Shell,
    columns: Vec<Column>,
    people: Vec<PersonLine>,
    may_invite: bool,
}

/// What was typed about a person, kept when the form is wrong.
#[derive(Default)]
pub struct Typed {
    pub name: String,
    pub email: String,
    pub level: String,
    pub job_title: String,
    pub areas: String,
    pub kinds: Vec<Choice>,
    pub roles: Vec<Choice>,
}

#[derive(askama::Template)]
#[template(path = "people/templates/new.html")]
struct NewPage {
    shell: Shell,
    typed: Typed,
    errors: FieldErrors,
    refusal: Option<RefusalPanel>,
}

#[derive(askama::Template)]
#[template(path = "people/templates/person.html")]
struct PersonPage {
    shell: Shell,
    id: String,
    name: String,
    state: String,
    rows: Vec<SummaryRow>,
    roles: Vec<(String, String)>,
    more_roles: Vec<Choice>,
    typed: Typed,
    errors: FieldErrors,
    refusal: Option<RefusalPanel>,
    /// A one-time link, shown once.
    link: String,
    /// It went by mail.
    mailed: bool,
    /// Today, or as typed.
    completed_on: String,
    course: String,
    authorised: Authorisations,
    may: May,
}

/// Which forms whoever looks has.
pub struct May {
    pub change: bool,
    pub roles: bool,
    pub train: bool,
    pub leave: bool,
    pub link: bool,
}

async fn may(ctx: &Ctx, p: &PersonRecord) -> Result<May, Fault> {
    let person = p.id;
    let kind = Kind::parse(&p.kind).unwrap_or(Kind::Staff);
    let change = ChangePerson {
        person,
        name: p.name.clone(),
        email: p.email.clone(),
        kind,
        level: p.level,
        job_title: p.job_title.clone(),
        areas: p.areas.clone(),
    };
    let on = ctx.now().date_in(&ctx.zone);
    Ok(May {
        change: super::gives(ctx, &change).await?,
        roles: super::gives(ctx, &GrantRole { person, role: "publisher".into() }).await?,
        train: super::gives(ctx, &RecordTraining { person, completed_on: on, course: String::new() }).await?,
        leave: super::gives(ctx, &Leave { person, suspended: false }).await?,
        link: super::gives(ctx, &crate::security::acts::make_link::MakeLink { person, secret: String::new(), sealed: None }).await?,
    })
}

/// What somebody is authorised for by name, and what they could be; later areas know both.
#[derive(Default)]
pub struct Authorisations {
    pub given: Vec<GivenLine>,
    /// Accounts that whoever looks may authorise them for.
    pub more: Vec<Choice>,
    pub may_withdraw: bool,
    /// How many there are that whoever looks does not see.
    pub unseen: usize,
}

pub struct GivenLine {
    pub account: String,
    pub title: String,
    pub platform: String,
    pub since: Moment,
    pub by: String,
}

fn words(kind: &str) -> String {
    if kind == "pcso" { "PCSO".into() } else { kind[..1].to_uppercase() + &kind[1..] }
}

fn kinds(chosen: &str) -> Vec<Choice> {
    Kind::ALL.iter().map(|k| Choice { chosen: k.name() == chosen, ..Choice::new(k.name(), words(k.name())) }).collect()
}

fn roles(chosen: &[String]) -> Vec<Choice> {
    ROLES
        .iter()
        .map(|(name, says)| Choice {
            hint: (*says).into(),
            chosen: chosen.iter().any(|c| c == name),
            ..Choice::new(*name, role_words(name))
        })
        .collect()
}

fn role_words(role: &str) -> String {
    let text = role.replace('-', " ");
    text[..1].to_uppercase() + &text[1..]
}

/// Areas as typed: one a line, or with commas between.
fn areas(text: &str) -> Vec<String> {
    text.split([',', '\n']).map(str::trim).filter(|a| !a.is_empty()).map(str::to_owned).collect()
}

async fn until(ctx: &Ctx, p: &PersonRecord) -> Result<Option<jiff::civil::Date>, Fault> {
    let months = ctx.pack().await?.figures().training_refresher_months();
    Ok(p.trained_on.map(|d| trained_until(d, months)))
}

/// `GET /people`.
pub async fn get_people(ctx: Ctx, OriginalUri(uri): OriginalUri) -> PageResult {
    if let Some(no) = super::only_who_may(&ctx, "read.people").await? {
        return Ok(no);
    }
    let shell = shell_for(&ctx, uri.path_and_query().map_or("/people", |p| p.as_str()), Density::Page).await?;
    let people = { store::people(&mut ctx.read().await?, ctx.force).await? };
    let today = ctx.now().date_in(&ctx.zone);
    let months = ctx.pack().await?.figures().training_refresher_months();
    let lines = people.into_iter().map(|p| {
        let until = p.trained_on.map(|d| trained_until(d, months));
        PersonLine {
            id: p.id.to_string(),
            name: p.name,
            job: p.job_title,
            roles: p.roles.iter().map(|r| role_words(r)).collect::<Vec<_>>().join(", "),
            areas: p.areas.join(", "),
            trained: until.map_or_else(|| "Not recorded".into(), |d| d.strftime("%-d %b %Y").to_string()),
            lapsed: until.is_none_or(|d| d < today),
            state: words(&p.state),
        }
    });
    let column = |label: &str| Column { label: label.into(), ..Column::default() };
    let may_invite = ctx.scope.has_role("administrator");
    http::page(&PeoplePage {
        shell,
        columns: ["Name", "Job", "Roles", "Areas", "Trained until", "State"].map(column).into(),
        people: lines.collect(),
        may_invite,
    })
}

async fn new_page(ctx: &Ctx, typed: Typed, errors: FieldErrors, refusal: Option<RefusalPanel>) -> PageResult {
    let status = if errors.is_empty() && refusal.is_none() { 200 } else { 422 };
    let shell = shell_for(ctx, "/people/new", Density::Page).await?;
    http::page_with(status, &NewPage { shell, typed, errors, refusal })
}

/// `GET /people/new`.
pub async fn get_new(ctx: Ctx) -> PageResult {
    if let Some(no) = super::only_who_may(&ctx, "read.people").await? {
        return Ok(no);
    }
    new_page(&ctx, Typed { level: "0".into(), kinds: kinds("staff"), roles: roles(&[]), ..Typed::default() }, FieldErrors::default(), None)
        .await
}

fn typed(fields: &Fields) -> Typed {
    Typed {
        name: fields.text("name"),
        email: fields.text("email"),
        level: fields.text("level"),
        job_title: fields.text("job_title"),
        areas: fields.text("areas"),
        kinds: kinds(&fields.text("kind")),
        roles: roles(&fields.all("roles")),
    }
}

/// A rule's refusal is said beside its field; a policy's in the panel.
fn why(heading: &str, outcome: &Outcome) -> (FieldErrors, Option<RefusalPanel>) {
    const FIELDS: &[(&str, &str)] = &[
        ("name", "name"),
        ("email", "email"),
        ("email-taken", "email"),
        ("level", "level"),
        ("no-such-role", "roles"),
        ("training-in-future", "completed_on"),
        ("training-too-old", "completed_on"),
    ];
    let mut errors = FieldErrors::default();
    if let Outcome::Refused { code, reasons } = outcome
        && let Some((_, field)) = FIELDS.iter().find(|(c, _)| c == code)
    {
        reasons.iter().for_each(|r| errors.add(field, r.says.clone()));
        return (errors, None);
    }
    (errors, super::panel(heading, outcome))
}

/// `POST /people/new`: invites, and makes the one-time link.
pub async fn post_new(Form(ctx, fields): Form) -> PageResult {
    let (Some(kind), Ok(level)) = (Kind::parse(&fields.text("kind")), fields.text("level").trim().parse()) else {
        let mut errors = FieldErrors::default();
        errors.add("level", "the level is a number from 0 to 9");
        return new_page(&ctx, typed(&fields), errors, None).await;
    };
    let invite = Invite {
        name: fields.text("name"),
        email: fields.text("email"),
        kind,
        level,
        job_title: fields.text("job_title"),
        areas: areas(&fields.text("areas")),
        roles: fields.all("roles"),
    };
    let outcome = ctx.act_keyed(invite, ctx.form_key(&fields).as_deref()).await?;
    let Outcome::Done(done) = &outcome else {
        let (errors, refusal) = why("Nobody was invited", &outcome);
        return new_page(&ctx, typed(&fields), errors, refusal).await;
    };
    let person = PersonId(done.id.unwrap_or_default());
    match links::give(&ctx, person).await? {
        Ok(link) => person_page(&ctx, person, Shown { link: Some(link), ..Shown::default() }).await,
        Err(no) => {
            let refusal = super::panel("They are invited, but no link was made", &no);
            person_page(&ctx, person, Shown { refusal, ..Shown::default() }).await
        }
    }
}

/// What the page shows besides the person: what was made, refused or typed just now.
#[derive(Default)]
pub struct Shown {
    pub link: Option<Given>,
    pub errors: FieldErrors,
    pub refusal: Option<RefusalPanel>,
    pub kept: Option<Typed>,
    /// The day and the course, as typed.
    pub training: Option<(String, String)>,
}

/// The page of one person; the accounts area shows it too, when an authorisation was refused.
pub async fn person_page(ctx: &Ctx, id: PersonId, shown: Shown) -> PageResult {
    let Shown { link, errors, refusal, kept, training } = shown;
    if let Some(no) = super::only_who_may(ctx, "read.people").await? {
        return Ok(no);
    }
    let shell = shell_for(ctx, &format!("/people/{id}"), Density::Page).await?;
    let mut tx = ctx.read().await?;
    let Some(p) = store::person(&mut tx, ctx.force, id).await? else {
        return Ok(Problem::new(404, "not-found", "there is no such person, or they are not yours to see").page());
    };
    drop(tx);
    let (completed_on, course) = training.unwrap_or_else(|| (ctx.now().date_in(&ctx.zone).to_string(), String::new()));
    let authorised = crate::wiring::authorisations(ctx, &p).await?;
    let until = until(ctx, &p).await?;
    let may = may(ctx, &p).await?;
    let row = |key: &str, value: String| SummaryRow {
        key: key.into(),
        value: if value.is_empty() { "–".into() } else { value },
        ..SummaryRow::default()
    };
    let status = if errors.is_empty() && refusal.is_none() { 200 } else { 422 };
    let page = PersonPage {
        shell,
        id: id.to_string(),
        rows: vec![
            row("Work e-mail", p.email.clone()),
            row("Kind", words(&p.kind)),
            row("Level", p.level.to_string()),
            row("Job", p.job_title.clone()),
            row("Areas", p.areas.join(", ")),
            row("Trained until", until.map(|d| d.strftime("%-d %b %Y").to_string()).unwrap_or_else(|| "No training is recorded".into())),
        ],
        roles: p.roles.iter().map(|r| (r.clone(), role_words(r))).collect(),
        more_roles: ROLES
            .iter()
            .filter(|(r, _)| !p.roles.iter().any(|own| own == r))
            .map(|(r, _)| Choice::new(*r, role_words(r)))
            .collect(),
        typed: kept.unwrap_or_else(|| Typed {
            name: p.name.clone(),
            email: p.email.clone(),
            level: p.level.to_string(),
            job_title: p.job_title.clone(),
            areas: p.areas.join(", "),
            kinds: kinds(&p.kind),
            roles: Vec::new(),
        }),
        name: p.name,
        state: words(&p.state),
        may,
        errors,
        refusal,
        mailed: link == Some(Given::Mailed),
        link: match link {
            Some(Given::Shown(link)) => link,
            Some(Given::Mailed) | None => String::new(),
        },
        completed_on,
        course,
        authorised,
    };
    http::page_with(status, &page)
}

/// `GET /people/{person}`.
pub async fn get_person(ctx: Ctx, Path(id): Path<PersonId>) -> PageResult {
    person_page(&ctx, id, Shown::default()).await
}

/// Done: the page again. Refused: the page with why, and what was typed.
async fn answer(ctx: &Ctx, id: PersonId, outcome: Outcome, kept: Option<Typed>) -> PageResult {
    if let Outcome::Done(_) = outcome {
        return Ok(http::see_other(&format!("/people/{id}?did=saved")));
    }
    let (errors, refusal) = why("This was not done", &outcome);
    person_page(ctx, id, Shown { errors, refusal, kept, ..Shown::default() }).await
}

/// `POST /people/{person}`.
pub async fn post_change(Path(person): Path<PersonId>, Form(ctx, fields): Form) -> PageResult {
    let (Some(kind), Ok(level)) = (Kind::parse(&fields.text("kind")), fields.text("level").trim().parse()) else {
        let mut errors = FieldErrors::default();
        errors.add("level", "the level is a number from 0 to 9");
        return person_page(&ctx, person, Shown { errors, kept: Some(typed(&fields)), ..Shown::default() }).await;
    };
    let change = ChangePerson {
        person,
        name: fields.text("name"),
        email: fields.text("email"),
        kind,
        level,
        job_title: fields.text("job_title"),
        areas: areas(&fields.text("areas")),
    };
    let outcome = ctx.act(change).await?;
    answer(&ctx, person, outcome, Some(typed(&fields))).await
}

/// `POST /people/{person}/roles`.
pub async fn post_grant(Path(person): Path<PersonId>, Form(ctx, fields): Form) -> PageResult {
    let outcome = ctx.act(GrantRole { person, role: fields.text("role") }).await?;
    answer(&ctx, person, outcome, None).await
}

/// `POST /people/{person}/roles/revoke`.
pub async fn post_revoke(Path(person): Path<PersonId>, Form(ctx, fields): Form) -> PageResult {
    let outcome = ctx.act(RevokeRole { person, role: fields.text("role") }).await?;
    answer(&ctx, person, outcome, None).await
}

fn training(fields: &Fields) -> (String, String) {
    (fields.text("completed_on"), fields.text("course"))
}

/// `POST /people/{person}/training`.
pub async fn post_training(Path(person): Path<PersonId>, Form(ctx, fields): Form) -> PageResult {
    let Ok(completed_on) = fields.text("completed_on").trim().parse() else {
        let mut errors = FieldErrors::default();
        errors.add("completed_on", "give the day on which the training was completed");
        return person_page(&ctx, person, Shown { errors, training: Some(training(&fields)), ..Shown::default() }).await;
    };
    let outcome = ctx.act(RecordTraining { person, completed_on, course: fields.text("course") }).await?;
    if let Outcome::Done(_) = outcome {
        return answer(&ctx, person, outcome, None).await;
    }
    let (errors, refusal) = why("This was not recorded", &outcome);
    person_page(&ctx, person, Shown { errors, refusal, training: Some(training(&fields)), ..Shown::default() }).await
}

/// `POST /people/{person}/leave`: leaves, or is suspended.
pub async fn post_leave(Path(person): Path<PersonId>, Form(ctx, fields): Form) -> PageResult {
    let outcome = ctx.act(Leave { person, suspended: fields.text("how") == "suspended" }).await?;
    answer(&ctx, person, outcome, None).await
}

/// `POST /people/{person}/link`: a one-time link, mailed or shown once.
pub async fn post_link(Path(person): Path<PersonId>, Form(ctx, _): Form) -> PageResult {
    match links::give(&ctx, person).await? {
        Ok(link) => person_page(&ctx, person, Shown { link: Some(link), ..Shown::default() }).await,
        Err(no) => answer(&ctx, person, no, None).await,
    }
}

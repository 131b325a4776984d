//! The composer: words, pictures and plan on the left; what the check says and how it will look on the right.
//!
//! It never loses a word: what is typed is kept as scratch (machinery) by person and draft, and gone once it is saved.

use super::form::{Composed, Typed};
use super::{panel, sees};
use crate::accounts::AccountRow;
use crate::accounts::store as register;
use crate::act::{Ctx, Fault, Outcome};
use crate::db::{DbError, Isolation, Tx};
use crate::http::shell::{Density, Shell};
use crate::http::view::{Choice, FieldErrors, RefusalPanel};
use crate::http::{self, PageResult, Problem, see_other, shell_for};
use crate::publishing::acts::create_draft::CreateDraft;
use crate::publishing::acts::edit_draft::EditDraft;
use crate::publishing::acts::publish::Publish;
use crate::publishing::acts::schedule::Schedule;
use crate::publishing::acts::unschedule::Unschedule;
use crate::publishing::acts::withdraw_draft::WithdrawDraft;
use crate::publishing::input::{DraftInput, PictureInput};
use crate::publishing::media;
use crate::publishing::store::{self, DraftRow};
use crate::publishing::subject::{self, Ground, Subject, limits_of};
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use bluelamp_domain::accounts::AccountState;
use bluelamp_domain::act::Refusal;
use bluelamp_domain::decision::{Rating, Reason};
use bluelamp_domain::ids::{DraftId, PersonId};
use bluelamp_domain::publishing::check::{self, Limits, Place, Remark, Weight};
use bluelamp_domain::publishing::{Content, Kind, Picture, State, content};
use bluelamp_domain::time::Instant;
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(askama::Template)]
#[template(path = "publishing/templates/composer.html")]
pub struct ComposerPage {
    pub shell: Shell,
    pub title: String,
    pub state: String,
    pub draft: String,
    pub revision: i64,
    pub key: String,
    pub action: String,
    pub autosave: String,
    pub check_url: String,
    pub upload: String,
    pub saved: String,
    pub errors: FieldErrors,
    pub refusal: Option<RefusalPanel>,
    pub text: String,
    pub differs: Vec<PlatformText>,
    pub media: Vec<MediaLine>,
    pub accounts: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub purposes: Vec<Choice>,
    pub cases: Vec<Choice>,
    pub audiences: Vec<Choice>,
    pub at_once: bool,
    pub date: String,
    pub clock: String,
    pub zone: String,
    pub approver: String,
    pub acts: Vec<FormButton>,
    pub check: CheckView,
    pub previews: Vec<Preview>,
}

#[derive(askama::Template)]
#[template(path = "publishing/templates/check.html")]
pub struct CheckFragment {
    pub check: CheckView,
    pub previews: Vec<Preview>,
}

pub struct PlatformText {
    pub key: String,
    pub platform: String,
    pub text: String,
    pub limit: usize,
}

pub struct MediaLine {
    pub id: String,
    pub src: String,
    pub name: String,
    pub alt: String,
    pub error: String,
}

pub struct FormButton {
    pub label: String,
    pub action: String,
    pub name: String,
    pub value: String,
    pub kind: &'static str,
}

pub struct CheckView {
    pub rating: &'static str,
    pub says: String,
    pub remarks: Vec<RemarkLine>,
}

pub struct RemarkLine {
    pub rating: &'static str,
    pub sentence: String,
    pub words: String,
    pub advice: String,
    pub clause: String,
    pub clause_href: String,
    pub field: String,
}

pub struct Preview {
    pub platform: String,
    pub platform_key: String,
    pub account: String,
    pub handle: String,
    pub initials: String,
    pub parts: Vec<String>,
    pub pictures: Vec<(String, String)>,
    pub count: usize,
    pub limit: usize,
    pub notes: Vec<String>,
}

/// What an answer adds to the page: what went wrong, or what was refused.
#[derive(Default)]
struct Said {
    errors: FieldErrors,
    refusal: Option<RefusalPanel>,
}

fn author(ctx: &Ctx) -> PersonId {
    ctx.principal.person().unwrap_or(PersonId(Uuid::nil()))
}

fn place_of(draft: Option<DraftId>) -> String {
    draft.map_or_else(|| "new".to_owned(), |d| d.to_string())
}

/// `GET /publishing/new`.
pub async fn get_new(ctx: Ctx) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.drafts").await? {
        return Ok(no);
    }
    let kept = kept(&ctx, None).await?;
    render(&ctx, None, kept.unwrap_or_default(), Said::default(), 200).await
}

/// The composer of a draft whose words may still change; `asked` is the time that waits for someone's agreement.
pub async fn compose(ctx: &Ctx, row: DraftRow, asked: Option<Instant>) -> PageResult {
    let stored = Typed { content: DraftInput::of(&row.draft.content), ..later_of(ctx, row.draft.state.for_().or(asked)) };
    let typed = kept(ctx, Some((row.draft.id, row.draft.revision))).await?.unwrap_or(stored);
    render(ctx, Some(row), typed, Said::default(), 200).await
}

fn later_of(ctx: &Ctx, at: Option<Instant>) -> Typed {
    let Some(at) = at else { return Typed::default() };
    let there = at.timestamp().to_zoned(ctx.zone.clone());
    Typed { later: true, date: there.strftime("%Y-%m-%d").to_string(), clock: there.strftime("%H:%M").to_string(), ..Typed::default() }
}

/// What this person typed and did not save: of the same revision alone.
async fn kept(ctx: &Ctx, of: Option<(DraftId, i64)>) -> Result<Option<Typed>, DbError> {
    let Some(person) = ctx.principal.person() else { return Ok(None) };
    let mut tx = ctx.read().await?;
    let kept = store::scratch(&mut tx, ctx.force, person, &place_of(of.map(|o| o.0))).await?;
    Ok(kept.filter(|(revision, ..)| *revision == of.map_or(0, |o| o.1)).and_then(|(_, body, _)| serde_json::from_str(&body).ok()))
}

async fn keep(ctx: &Ctx, draft: Option<DraftId>, revision: i64, typed: &Typed) -> Result<(), Fault> {
    let Some(person) = ctx.principal.person() else { return Ok(()) };
    let body = serde_json::to_string(typed).map_err(|e| Fault::Broken(e.to_string()))?;
    let mut tx = ctx.app.db.write(ctx.force, Isolation::ReadCommitted).await?;
    store::put_scratch(&mut tx, ctx.force, person, &place_of(draft), revision, &body, ctx.now()).await?;
    Ok(tx.commit().await?)
}

async fn forget(ctx: &Ctx, draft: Option<DraftId>) -> Result<(), Fault> {
    let Some(person) = ctx.principal.person() else { return Ok(()) };
    let mut tx = ctx.app.db.write(ctx.force, Isolation::ReadCommitted).await?;
    store::drop_scratch(&mut tx, ctx.force, person, &place_of(draft)).await?;
    Ok(tx.commit().await?)
}

/// A draft this person may see, or the page that says that there is none.
async fn theirs(ctx: &Ctx, id: DraftId) -> Result<Result<DraftRow, Response>, Fault> {
    let mut tx = ctx.read().await?;
    let row = if sees(ctx, &mut tx, id).await? { store::draft(&mut tx, ctx.force, id).await? } else { None };
    Ok(row.ok_or_else(|| Problem::new(404, "not-found", "there is no such draft, or it is not yours to see").page()))
}

/// `POST /publishing/new/autosave`.
pub async fn post_autosave_new(Composed(ctx, fields, _): Composed) -> PageResult {
    keep(&ctx, None, 0, &Typed::of(&fields)).await?;
    Ok(axum::Json(serde_json::json!({ "saved": true })).into_response())
}

/// `POST /publishing/{id}/autosave`: 409 when the draft was changed by someone else meanwhile.
pub async fn post_autosave(Path(id): Path<DraftId>, Composed(ctx, fields, _): Composed) -> PageResult {
    let row = match theirs(&ctx, id).await? {
        Ok(row) => row,
        Err(no) => return Ok(no),
    };
    if fields.get("revision").and_then(|r| r.parse::<i64>().ok()) != Some(row.draft.revision) {
        return Ok(Problem::new(409, "changed-meanwhile", "this draft was changed meanwhile; copy your words, then look at it again")
            .into_response());
    }
    keep(&ctx, Some(id), row.draft.revision, &Typed::of(&fields)).await?;
    Ok(axum::Json(serde_json::json!({ "saved": true, "revision": row.draft.revision })).into_response())
}

/// `POST /publishing/check`: what the check says of what stands in the form now.
pub async fn post_check(Composed(ctx, fields, _): Composed) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.drafts").await? {
        return Ok(no);
    }
    let seen = look(&ctx, None, &Typed::of(&fields)).await?;
    http::page(&CheckFragment { check: seen.check, previews: seen.previews })
}

/// `POST /publishing/new/upload`.
pub async fn post_upload_new(Composed(ctx, fields, files): Composed) -> PageResult {
    upload(&ctx, None, Typed::of(&fields), files).await
}

/// `POST /publishing/{id}/upload`.
pub async fn post_upload(Path(id): Path<DraftId>, Composed(ctx, fields, files): Composed) -> PageResult {
    match theirs(&ctx, id).await? {
        Ok(row) => upload(&ctx, Some(row), Typed::of(&fields), files).await,
        Err(no) => Ok(no),
    }
}

async fn upload(ctx: &Ctx, row: Option<DraftRow>, mut typed: Typed, files: Vec<(String, Vec<u8>)>) -> PageResult {
    if let Some(no) = http::refuse_reading(ctx, "read.drafts").await? {
        return Ok(no);
    }
    let mut said = Said::default();
    if files.is_empty() {
        said.errors.add("media", "Choose a picture first");
    }
    for (name, bytes) in files.into_iter().take(content::MAX_PICTURES) {
        match media::take(ctx, bytes).await? {
            Ok(made) if typed.content.pictures.iter().all(|p| p.object != made.object) => {
                typed.content.pictures.push(PictureInput {
                    object: made.object,
                    name: name.chars().take(120).collect(),
                    alt: String::new(),
                });
            }
            Ok(_) => said.errors.add("media", format!("{name} is in this draft already")),
            Err(why) => said.errors.add("media", format!("{name}: {why}")),
        }
    }
    let (id, revision) = row.as_ref().map_or((None, 0), |r| (Some(r.draft.id), r.draft.revision));
    keep(ctx, id, revision, &typed).await?;
    if said.errors.is_empty() {
        let to = id.map_or_else(|| "/publishing/new".to_owned(), |d| format!("/publishing/{d}"));
        return Ok(see_other(&format!("{to}?did=saved")));
    }
    render(ctx, row, typed, said, 422).await
}

/// `POST /publishing/new`: saves the first words.
pub async fn post_new(Composed(ctx, fields, _): Composed) -> PageResult {
    save(&ctx, None, &fields, false).await
}

/// `POST /publishing/new/publish`.
pub async fn post_new_publish(Composed(ctx, fields, _): Composed) -> PageResult {
    save(&ctx, None, &fields, true).await
}

/// `POST /publishing/{id}`: saves a new revision.
pub async fn post_draft(Path(id): Path<DraftId>, Composed(ctx, fields, _): Composed) -> PageResult {
    match theirs(&ctx, id).await? {
        Ok(row) => save(&ctx, Some(row), &fields, false).await,
        Err(no) => Ok(no),
    }
}

/// `POST /publishing/{id}/publish`: saves what changed, then publishes now or at the time chosen.
pub async fn post_publish(Path(id): Path<DraftId>, Composed(ctx, fields, _): Composed) -> PageResult {
    match theirs(&ctx, id).await? {
        Ok(row) => save(&ctx, Some(row), &fields, true).await,
        Err(no) => Ok(no),
    }
}

async fn save(ctx: &Ctx, row: Option<DraftRow>, fields: &http::Fields, go: bool) -> PageResult {
    let typed = Typed::of(fields);
    let at = match typed.at(&ctx.zone) {
        Ok(at) => at,
        Err(refusal) => return with_error(ctx, row, typed, "date", &refusal).await,
    };
    if typed.content.accounts.is_empty() {
        let no = Refusal::new("no-account", "Choose at least one account for it to go to");
        return with_error(ctx, row, typed, "accounts", &no).await;
    }
    let seen: i64 = fields.get("revision").and_then(|r| r.parse().ok()).unwrap_or_default();
    let unchanged = row.as_ref().is_some_and(|r| {
        r.draft.revision == seen
            && DraftInput::of(&r.draft.content) == DraftInput { language: r.draft.content.language.clone(), ..typed.content.clone() }
    });
    let (id, revision) = match &row {
        Some(r) if unchanged => (r.draft.id, r.draft.revision),
        Some(r) => match ctx.act(EditDraft { draft: r.draft.id, revision: seen, content: typed.content.clone() }).await? {
            Outcome::Done(_) => (r.draft.id, seen + 1),
            other => return refused(ctx, row, typed, "This was not saved", other).await,
        },
        None => match ctx.act_keyed(CreateDraft { content: typed.content.clone() }, ctx.form_key(fields).as_deref()).await? {
            Outcome::Done(d) => (DraftId(d.id.unwrap_or_default()), 1),
            other => return refused(ctx, None, typed, "This was not saved", other).await,
        },
    };
    forget(ctx, row.as_ref().map(|r| r.draft.id)).await?;
    if !go {
        return Ok(see_other(&format!("/publishing/{id}?did=saved")));
    }
    let outcome = match at {
        None => ctx.act(Publish { draft: id, revision }).await?,
        Some(at) => ctx.act(Schedule { draft: id, revision, at }).await?,
    };
    match outcome {
        Outcome::Done(_) => Ok(see_other(&format!("/publishing/{id}?did=published"))),
        Outcome::Held { .. } => Ok(see_other(&format!("/publishing/{id}?did=held"))),
        no => {
            let mut tx = ctx.read().await?;
            let row = store::draft(&mut tx, ctx.force, id).await?;
            drop(tx);
            refused(ctx, row, typed, "This was saved, and not published", no).await
        }
    }
}

async fn with_error(ctx: &Ctx, row: Option<DraftRow>, typed: Typed, field: &str, refusal: &Refusal) -> PageResult {
    let mut said = Said::default();
    said.errors.add(field, refusal.says.clone());
    render(ctx, row, typed, said, 422).await
}

async fn refused(ctx: &Ctx, row: Option<DraftRow>, typed: Typed, heading: &str, outcome: Outcome) -> PageResult {
    let (status, held, reasons) = match outcome {
        Outcome::Refused { code, reasons } => (Problem::refused(&code, &reasons).status.max(403), false, reasons),
        Outcome::Held { reasons, .. } => (422, true, reasons),
        Outcome::Done(_) => (200, false, Vec::new()),
    };
    render(ctx, row, typed, Said { refusal: Some(panel(heading, held, &reasons)), ..Said::default() }, status).await
}

/// `POST /publishing/{id}/unschedule`.
pub async fn post_unschedule(Path(id): Path<DraftId>, Composed(ctx, fields, _): Composed) -> PageResult {
    let row = match theirs(&ctx, id).await? {
        Ok(row) => row,
        Err(no) => return Ok(no),
    };
    match ctx.act(Unschedule { draft: id, reason: fields.text("reason") }).await? {
        Outcome::Done(_) => Ok(see_other(&format!("/publishing/{id}?did=done"))),
        no => refused(&ctx, Some(row), Typed::of(&fields), "It stays on the schedule", no).await,
    }
}

/// `POST /publishing/{id}/withdraw`.
pub async fn post_withdraw(Path(id): Path<DraftId>, Composed(ctx, fields, _): Composed) -> PageResult {
    let row = match theirs(&ctx, id).await? {
        Ok(row) => row,
        Err(no) => return Ok(no),
    };
    match ctx.act(WithdrawDraft { draft: id, reason: fields.text("reason") }).await? {
        Outcome::Done(_) => {
            forget(&ctx, Some(id)).await?;
            Ok(see_other(&format!("/publishing/{id}?did=done")))
        }
        no => refused(&ctx, Some(row), Typed::of(&fields), "This was not withdrawn", no).await,
    }
}

/// What the check and the previews show.
struct Seen {
    check: CheckView,
    previews: Vec<Preview>,
}

/// Looks at what stands in the form, saved or not, and records nothing.
async fn look(ctx: &Ctx, row: Option<&DraftRow>, typed: &Typed) -> Result<Seen, Fault> {
    let pack = ctx.pack().await?;
    let mut tx = ctx.read().await?;
    let mine = choosable(ctx, &mut tx).await?;
    let content = lenient(ctx, &mut tx, typed, &mine).await?;
    let id = row.map_or(DraftId(Uuid::nil()), |r| r.draft.id);
    // A release counts for the words as they were saved; others have none.
    let same = row.is_some_and(|r| r.draft.content == content);
    let revision = row.map_or(0, |r| if same { r.draft.revision } else { 0 });
    let draft = subject::unsaved(id, row.map_or(author(ctx), |r| r.draft.author), revision, content);
    let ground = Ground::page(ctx, &pack);
    let subject = match Subject::on(&mut tx, ground, draft).await {
        Ok(subject) => subject,
        Err(crate::act::Stop::Db(e)) => return Err(e.into()),
        Err(crate::act::Stop::No(no)) => return Err(Fault::Broken(no.says)),
    };
    drop(tx);
    let questions = subject.questions_on(Publish::NAME_OF, ground);
    let (rating, reasons) = if questions.is_empty() {
        (Rating::Red, Vec::new())
    } else {
        let d = ctx.ask(questions).await?;
        (d.rating, d.reasons)
    };
    let previews = subject.targets.iter().map(|t| preview(&t.account, &t.limits, &subject.draft.content)).collect();
    Ok(Seen { check: check_view(&pack, &subject, rating, &reasons), previews })
}

impl Publish {
    /// The act that the check asks about.
    const NAME_OF: &'static str = <Publish as crate::act::Act>::NAME;
}

/// The content as far as it goes: what is wrong with it is for the check to say, not for an error.
async fn lenient(ctx: &Ctx, tx: &mut Tx, typed: &Typed, mine: &[AccountRow]) -> Result<Content, DbError> {
    let c = &typed.content;
    let mut pictures = Vec::new();
    for p in &c.pictures {
        if let Some(u) = store::upload(tx, ctx.force, &p.object).await? {
            pictures.push(Picture {
                object: u.object,
                mime: u.mime,
                width: u.width,
                height: u.height,
                size: u.size,
                name: p.name.clone(),
                alt: p.alt.trim().to_owned(),
                had_metadata: u.had_metadata,
            });
        }
    }
    let case = match c.case {
        Some(id) => store::case(tx, ctx.force, id).await?.map(|c| c.id),
        None => None,
    };
    let content = Content {
        kind: if c.kind == Kind::Reply { Kind::Post } else { c.kind },
        purpose: c.purpose.clone(),
        audience: c.audience.clone(),
        text: c.text.chars().take(content::MAX_TEXT).collect(),
        texts: c.texts.clone(),
        language: c.language.clone(),
        pictures,
        accounts: c.accounts.iter().copied().filter(|a| mine.iter().any(|m| m.id == *a)).collect(),
        case,
    };
    Ok(content.clone().tidied().unwrap_or(content))
}

/// Accounts that someone could publish on: theirs to see, and with a platform that takes posts.
async fn choosable(ctx: &Ctx, tx: &mut Tx) -> Result<Vec<AccountRow>, DbError> {
    let all = register::accounts(tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await?;
    Ok(all.into_iter().filter(|a| a.state != AccountState::Closed && ctx.app.connector(&a.platform).is_some()).collect())
}

fn check_view(pack: &bluelamp_policy::Pack, subject: &Subject, rating: Rating, reasons: &[Reason]) -> CheckView {
    let stops = subject.remarks.iter().any(|r| r.weight == Weight::Stop);
    let nowhere = subject.targets.is_empty();
    let rating = if stops || nowhere { Rating::Red } else { rating };
    let says = match rating {
        _ if nowhere => "Choose at least one account for it to go to.".to_owned(),
        Rating::Green => "It may go as it is.".to_owned(),
        Rating::Amber => format!("Someone else must agree before it goes: {}.", approvers(reasons)),
        Rating::Red => "It cannot go as it is.".to_owned(),
    };
    let mut remarks: Vec<RemarkLine> = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for r in reasons {
        let text = pack.rules().iter().find(|rule| rule.id == r.rule).map_or("", |rule| rule.text.as_str());
        let meant: Vec<&Remark> =
            subject.remarks.iter().filter(|m| m.weight == Weight::Sign && text.contains(&format!("\"{}\"", m.sign))).collect();
        told.extend(meant.iter().map(|m| m.sign));
        let words = meant.iter().filter_map(|m| words_of(m, &subject.draft.content)).collect::<Vec<_>>().join(", ");
        let field = meant.first().map_or_else(String::new, |m| field_of(m, &subject.draft.content));
        remarks.push(RemarkLine {
            rating: r.rating.name(),
            sentence: r.says.clone(),
            words,
            advice: r.approver.as_deref().map(super::whom).unwrap_or_default(),
            clause: r.clause.clone(),
            clause_href: format!("/assurance/clauses/{}", r.clause),
            field,
        });
    }
    for m in subject.remarks.iter().filter(|m| !told.contains(&m.sign)) {
        remarks.push(RemarkLine {
            rating: if m.weight == Weight::Stop { "red" } else { "info" },
            sentence: m.says.clone(),
            words: words_of(m, &subject.draft.content).unwrap_or_default(),
            advice: m.advice.clone(),
            clause: String::new(),
            clause_href: String::new(),
            field: field_of(m, &subject.draft.content),
        });
    }
    CheckView { rating: rating.name(), says, remarks }
}

fn approvers(reasons: &[Reason]) -> String {
    let mut roles: Vec<String> = reasons
        .iter()
        .filter_map(|r| r.approver.clone())
        .map(|r| if r == "self" { "you, by saying so".into() } else { r.replace('-', " ") })
        .collect();
    roles.sort();
    roles.dedup();
    roles.join(", ")
}

fn words_of(m: &Remark, c: &Content) -> Option<String> {
    let span = m.span?;
    let text = match &m.place {
        Place::Text => &c.text,
        Place::Platform(p) => c.texts.get(p)?,
        Place::Picture(_) | Place::Whole => return None,
    };
    text.get(span.from..span.to).map(|w| w.chars().take(80).collect())
}

fn field_of(m: &Remark, c: &Content) -> String {
    match &m.place {
        Place::Text => "text".into(),
        Place::Platform(p) => format!("text-{p}"),
        Place::Picture(n) => c.pictures.get(*n).map_or_else(String::new, |p| format!("alt-{}", media_id(*n, &p.object))),
        Place::Whole => String::new(),
    }
}

fn media_id(nth: usize, object: &str) -> String {
    format!("{nth:02}-{object}")
}

fn preview(account: &AccountRow, limits: &Limits, c: &Content) -> Preview {
    let parts = content::parts(c.text_for(&limits.platform));
    let longest = parts.iter().map(|(_, p)| check::count(p, limits)).max().unwrap_or(0);
    let mut notes = Vec::new();
    if parts.len() > 1 {
        notes.push(format!("A thread of {} parts; the count is of the longest.", parts.len()));
    }
    if !account.connected {
        notes.push("This account is not connected: nothing can go out on it.".to_owned());
    }
    Preview {
        platform: limits.title.clone(),
        platform_key: limits.platform.clone(),
        account: account.title.clone(),
        handle: account.handle.clone(),
        initials: account.title.split_whitespace().filter_map(|w| w.chars().next()).take(2).collect::<String>().to_uppercase(),
        parts: parts.iter().map(|(_, p)| (*p).to_owned()).collect(),
        pictures: c.pictures.iter().map(|p| (format!("/publishing/media/{}", p.object), p.alt.clone())).collect(),
        count: longest,
        limit: limits.max_graphemes,
        notes,
    }
}

async fn render(ctx: &Ctx, row: Option<DraftRow>, typed: Typed, said: Said, status: u16) -> PageResult {
    let here = row.as_ref().map_or_else(|| "/publishing/new".to_owned(), |r| format!("/publishing/{}", r.draft.id));
    let seen = look(ctx, row.as_ref(), &typed).await?;
    let shell = shell_for(ctx, &here, Density::Page).await?;
    let pack = ctx.pack().await?;
    let mut tx = ctx.read().await?;
    let mine = choosable(ctx, &mut tx).await?;
    let cases = store::cases(&mut tx, ctx.force).await?;
    drop(tx);
    let c = &typed.content;
    let chosen = |value: &str, label: &str, now: &str| Choice { chosen: value == now, ..Choice::new(value, label) };
    let mut differs = BTreeMap::new();
    for a in mine.iter().filter(|a| c.accounts.contains(&a.id)) {
        let l = limits_of(&ctx.app, a, None);
        differs.entry(a.platform.clone()).or_insert(PlatformText {
            key: a.platform.clone(),
            platform: l.title,
            text: c.texts.get(&a.platform).cloned().unwrap_or_default(),
            limit: l.max_graphemes,
        });
    }
    let media = c.pictures.iter().enumerate().map(|(n, p)| MediaLine {
        id: media_id(n, &p.object),
        src: format!("/publishing/media/{}", p.object),
        name: p.name.clone(),
        alt: p.alt.clone(),
        error: String::new(),
    });
    let accounts = mine.iter().map(|a| Choice {
        value: a.id.to_string(),
        label: a.title.clone(),
        hint: format!("{} · {}", ctx.app.connector(&a.platform).map_or(a.platform.as_str(), |c| c.capabilities().title.as_str()), a.handle),
        chosen: c.accounts.contains(&a.id),
    });
    let kinds = Kind::ALL.iter().filter(|k| **k != Kind::Reply).map(|k| chosen(k.name(), k.title(), c.kind.name()));
    let purposes = std::iter::once(chosen("", "Choose what it is for", &c.purpose))
        .chain(pack.words().purposes.iter().map(|p| chosen(&p.code, &p.title, &c.purpose)));
    let case_now = c.case.map(|c| c.to_string()).unwrap_or_default();
    let cases = std::iter::once(chosen("", "No case", &case_now))
        .chain(cases.iter().map(|k| chosen(&k.id.to_string(), &format!("{} ({})", k.title, k.stage.title()), &case_now)));
    let audiences = ["", "Everyone", "Young people", "Drivers", "Businesses", "Victims and witnesses", "One neighbourhood"];
    let audiences = audiences.iter().map(|a| chosen(a, if a.is_empty() { "Not said" } else { a }, &c.audience));
    let title = if row.is_some() { "Edit post" } else { "New post" };
    let state =
        row.as_ref().map_or_else(|| "Not saved yet".to_owned(), |r| format!("{}, revision {}", r.draft.state.title(), r.draft.revision));
    let approver = if seen.check.rating == "amber" { seen.check.says.clone() } else { String::new() };
    let acts = buttons(&here, row.as_ref());
    let page = ComposerPage {
        title: title.into(),
        state,
        draft: place_of(row.as_ref().map(|r| r.draft.id)),
        revision: row.as_ref().map_or(0, |r| r.draft.revision),
        key: hex::encode(ctx.app.random::<16>()),
        autosave: format!("{here}/autosave"),
        check_url: "/publishing/check".into(),
        upload: format!("{here}/upload"),
        action: here,
        saved: String::new(),
        errors: said.errors,
        refusal: said.refusal,
        text: c.text.clone(),
        differs: differs.into_values().collect(),
        media: media.collect(),
        accounts: accounts.collect(),
        kinds: kinds.collect(),
        purposes: purposes.collect(),
        cases: cases.collect(),
        audiences: audiences.collect(),
        at_once: !typed.later,
        date: typed.date.clone(),
        clock: typed.clock.clone(),
        zone: ctx.zone.iana_name().unwrap_or("UTC").replace('_', " "),
        approver,
        acts,
        check: seen.check,
        previews: seen.previews,
        shell,
    };
    http::page_with(status, &page)
}

fn buttons(here: &str, row: Option<&DraftRow>) -> Vec<FormButton> {
    let button = |label: &str, to: &str, kind| FormButton {
        label: label.into(),
        action: format!("{here}{to}"),
        name: "act".into(),
        value: label.to_lowercase(),
        kind,
    };
    let mut all = vec![button("Publish", "/publish", ""), button("Save", "", "quiet")];
    if let Some(row) = row {
        if matches!(row.draft.state, State::Scheduled { .. }) {
            all.push(button("Take off the schedule", "/unschedule", "quiet"));
        }
        all.push(button("Withdraw", "/withdraw", "ghost"));
    }
    all
}

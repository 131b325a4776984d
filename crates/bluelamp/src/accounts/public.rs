//! What anyone may read: the force's official accounts as page, JSON and a piece to embed, the answer to "is this account
//! real?", and the community guidelines (APP-SEC-5, APP-COMM-1).
//!
//! Everything is drawn at the moment it is asked for and may be kept for half a minute, so the list is right within a
//! minute of a change. A look-up meets our own register alone: nothing is asked of any platform (I9).

use super::store::{self, AccountRow};
use crate::app::App;
use crate::db::doors::{self, ForceRow};
use crate::http::assets::Assets;
use crate::http::view::Moment;
use crate::http::{self, PageResult, Problem};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use bluelamp_domain::accounts::{AccountState, asked_for, fold_handle};
use serde::{Deserialize, Serialize};

/// How long anybody may keep what they were told.
const KEEP: &str = "public, max-age=30";

#[derive(askama::Template)]
#[template(path = "accounts/templates/public.html")]
pub struct PublicPage {
    pub force: String,
    pub assets: Assets,
    pub words: String,
    pub answer: Option<IsItReal>,
    pub action: String,
    pub groups: Vec<PublicGroup>,
    pub contact: Vec<ContactWay>,
    pub guidelines: String,
    pub guidelines_version: String,
    pub removed: Removed,
    pub removals: String,
    pub checkpoint: String,
    pub json: String,
    pub at: Moment,
}

/// What later areas took from the public's sight in the last 12 months, and why (APP-COMM-2).
#[derive(Debug, Default)]
pub struct Removed {
    /// Ground, and how many comments.
    pub by_ground: Vec<(String, i64)>,
    pub blocked: i64,
}

pub struct IsItReal {
    pub real: bool,
    pub heading: String,
    pub says: String,
    pub href: String,
}

pub struct PublicGroup {
    pub label: String,
    pub accounts: Vec<PublicAccount>,
}

#[derive(Clone)]
pub struct PublicAccount {
    pub platform: String,
    pub name: String,
    pub handle: String,
    pub href: String,
    pub says: String,
}

pub struct ContactWay {
    pub when: String,
    pub how: String,
    pub href: String,
    pub urgent: bool,
}

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    account: String,
}

async fn force_of(app: &App, slug: &str) -> Result<ForceRow, Response> {
    let all = doors::forces(&app.db).await.map_err(|e| http::PageFault::from(e).into_response())?;
    all.into_iter().find(|f| f.slug == slug).ok_or_else(|| Problem::new(404, "not-found", "there is no such force here").page())
}

fn keep(response: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, KEEP)], response).into_response()
}

/// `GET /public`: the one force, or the list of them.
pub async fn get_forces(State(app): State<App>) -> PageResult {
    let all = doors::forces(&app.db).await?;
    if let [only] = all.as_slice() {
        return Ok(http::see_other(&format!("/public/{}", only.slug)));
    }
    http::page(&ForcesPage {
        force: "Bluelamp".into(),
        assets: app.assets.clone(),
        forces: all.into_iter().map(|f| (f.slug, f.title)).collect(),
    })
}

/// `GET /public` on the staff listener: where the public's pages are.
pub async fn to_public(State(app): State<App>) -> Response {
    match &app.config.public {
        Some(public) => http::see_other(&format!("{}/public", public.origin)),
        None => Problem::new(404, "not-found", "this installation has no public listener: set [public] in its configuration").page(),
    }
}

#[derive(askama::Template)]
#[template(path = "accounts/templates/forces.html")]
pub struct ForcesPage {
    pub force: String,
    pub assets: Assets,
    pub forces: Vec<(String, String)>,
}

/// `GET /public/{force}`.
pub async fn get_public(State(app): State<App>, Path(slug): Path<String>, Query(asked): Query<Asked>) -> PageResult {
    let force = match force_of(&app, &slug).await {
        Ok(force) => force,
        Err(no) => return Ok(no),
    };
    let mut tx = app.db.read(force.id).await?;
    let listed = store::public_accounts(&mut tx, force.id).await?;
    let pack = app.pack_of(&mut tx, force.id).await?;
    let removed = crate::wiring::removed(&mut tx, &pack, force.id, app.clock.now()).await?;
    drop(tx);
    let zone = jiff::tz::TimeZone::get(&force.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let now = app.clock.now().timestamp();
    let answer = (!asked.account.trim().is_empty()).then(|| is_it_real(&listed, &asked.account, &force.title));
    let page = PublicPage {
        force: force.title.clone(),
        assets: app.assets.clone(),
        words: asked.account.chars().take(300).collect(),
        answer,
        action: format!("/public/{slug}"),
        groups: groups(&app, &listed),
        contact: contact(),
        guidelines: format!("/public/{slug}/guidelines"),
        guidelines_version: format!("version {}", pack.version()),
        removed,
        removals: format!("/public/{slug}/removals"),
        checkpoint: format!("/public/{slug}/checkpoint"),
        json: format!("/public/{slug}/accounts.json"),
        at: Moment::new(now, now, &zone),
    };
    Ok(keep(http::page(&page)?))
}

/// Ways to reach the police that hold everywhere in England and Wales, the emergency first.
fn contact() -> Vec<ContactWay> {
    let way = |when: &str, how: &str, href: &str, urgent| ContactWay { when: when.into(), how: how.into(), href: href.into(), urgent };
    vec![
        way("In an emergency, call", "999", "tel:999", true),
        way("Cannot speak? From a mobile call 999, then press", "55", "", true),
        way("Deaf or speech impaired, textphone", "18000", "tel:18000", true),
        way("Not an emergency, call", "101", "tel:101", false),
        way("Textphone, not an emergency", "18001 101", "", false),
    ]
}

fn shown(app: &App, a: &AccountRow) -> PublicAccount {
    let title = app.connector(&a.platform).map_or_else(|| capital(&a.platform), |c| c.capabilities().title.clone());
    let says = match (a.state, a.hours.as_str()) {
        (AccountState::Frozen, _) => "Not in use at present".to_owned(),
        (AccountState::Dormant, _) => "Seldom used".to_owned(),
        (_, "") => "Not watched day and night; in an emergency call 999".to_owned(),
        (_, hours) => hours.to_owned(),
    };
    PublicAccount { platform: title, name: a.title.clone(), handle: a.handle.clone(), href: a.url.clone(), says }
}

fn capital(word: &str) -> String {
    word.get(..1).map_or_else(String::new, |first| first.to_uppercase() + &word[1..])
}

/// The force's own first, then by area.
fn groups(app: &App, listed: &[AccountRow]) -> Vec<PublicGroup> {
    let mut groups: Vec<PublicGroup> = Vec::new();
    let mut order: Vec<&AccountRow> = listed.iter().collect();
    order.sort_by(|a, b| {
        (!a.area.is_empty(), a.area.to_lowercase(), a.title.to_lowercase()).cmp(&(
            !b.area.is_empty(),
            b.area.to_lowercase(),
            b.title.to_lowercase(),
        ))
    });
    for a in order {
        let label = if a.area.is_empty() { "The whole force".to_owned() } else { a.area.clone() };
        match groups.last_mut() {
            Some(group) if group.label == label => group.accounts.push(shown(app, a)),
            _ => groups.push(PublicGroup { label, accounts: vec![shown(app, a)] }),
        }
    }
    groups
}

/// Against our own register, and nothing else. An account that is not ours may still be harmless; that is not said.
fn is_it_real(listed: &[AccountRow], words: &str, force: &str) -> IsItReal {
    let asked = asked_for(words);
    let address = |url: &str| asked_for(url).into_iter().next().unwrap_or_default();
    let is_address = words.contains("://");
    // An address must be the account's own; a name alone may stand on several platforms.
    let ours = listed.iter().find(|a| {
        if is_address && !a.url.is_empty() {
            Some(&address(&a.url)) == asked.first()
        } else {
            asked.contains(&fold_handle(&a.handle)) && (!is_address || a.url.is_empty())
        }
    });
    if let Some(a) = ours {
        return IsItReal {
            real: true,
            heading: "Yes, this is ours.".into(),
            says: format!("{} on {}.", a.title, capital(&a.platform)),
            href: a.url.clone(),
        };
    }
    let same_name = listed.iter().find(|a| asked.contains(&fold_handle(&a.handle)));
    IsItReal {
        real: false,
        heading: "This is not one of our accounts.".into(),
        says: match same_name {
            Some(a) => format!("We use that name on {} only, at another address.", capital(&a.platform)),
            None => format!("It is not an official account of {force}. Do not give it any details."),
        },
        href: same_name.map_or_else(String::new, |a| a.url.clone()),
    }
}

/// The list for other programs.
#[derive(Serialize)]
struct Feed {
    force: String,
    drawn_at: String,
    accounts: Vec<FeedAccount>,
}

#[derive(Serialize)]
struct FeedAccount {
    platform: String,
    name: String,
    handle: String,
    url: String,
    area: String,
    watched: String,
    state: &'static str,
}

/// `GET /public/{force}/accounts.json`: for anybody's page or program.
pub async fn get_feed(State(app): State<App>, Path(slug): Path<String>) -> PageResult {
    let force = match force_of(&app, &slug).await {
        Ok(force) => force,
        Err(no) => return Ok(no),
    };
    let mut tx = app.db.read(force.id).await?;
    let accounts = store::public_accounts(&mut tx, force.id)
        .await?
        .into_iter()
        .map(|a| FeedAccount {
            platform: a.platform,
            name: a.title,
            handle: a.handle,
            url: a.url,
            area: a.area,
            watched: a.hours,
            state: a.state.name(),
        })
        .collect();
    let feed = Feed { force: force.title, drawn_at: app.clock.now().timestamp().to_string(), accounts };
    Ok(keep((
        [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin")],
        axum::Json(feed),
    )))
}

#[derive(askama::Template)]
#[template(path = "accounts/templates/embed.html")]
pub struct EmbedPage {
    pub force: String,
    pub assets: Assets,
    pub groups: Vec<PublicGroup>,
    pub whole: String,
}

/// `GET /public/{force}/embed`: the list as a frame for the force's own website; any site may frame it.
pub async fn get_embed(State(app): State<App>, Path(slug): Path<String>) -> PageResult {
    let force = match force_of(&app, &slug).await {
        Ok(force) => force,
        Err(no) => return Ok(no),
    };
    let mut tx = app.db.read(force.id).await?;
    let listed = store::public_accounts(&mut tx, force.id).await?;
    let page =
        EmbedPage { force: force.title, assets: app.assets.clone(), groups: groups(&app, &listed), whole: format!("/public/{slug}") };
    let csp = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *";
    Ok(keep(([(header::CONTENT_SECURITY_POLICY, csp)], http::page(&page)?)))
}

#[derive(askama::Template)]
#[template(path = "accounts/templates/guidelines.html")]
pub struct GuidelinesPage {
    pub force: String,
    pub assets: Assets,
    pub title: String,
    pub version: String,
    pub blocks: Vec<Block>,
    pub back: String,
}

/// A piece of a plain text: what `#`, `-`, `1.`, `**` and blank lines mean, and nothing more.
#[derive(Debug, PartialEq, Eq)]
pub enum Block {
    Heading(String),
    /// Words, and whether they stand out.
    Paragraph(Vec<(String, bool)>),
    List(Vec<String>),
    Numbered(Vec<String>),
}

/// What stands between two pairs of stars stands out.
fn emphasised(text: &str) -> Vec<(String, bool)> {
    let parts = text.split("**").enumerate().map(|(place, part)| (part.to_owned(), place % 2 == 1));
    parts.filter(|(part, _)| !part.is_empty()).collect()
}

/// An item of a list, and whether the list is numbered.
fn item(line: &str) -> Option<(&str, bool)> {
    if let Some(item) = line.strip_prefix("- ") {
        return Some((item, false));
    }
    let (number, item) = line.split_once(". ")?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some((item, true))
}

/// `GET /public/{force}/guidelines`: the pack's own text, in the version that is in force.
pub async fn get_guidelines(State(app): State<App>, Path(slug): Path<String>) -> PageResult {
    let force = match force_of(&app, &slug).await {
        Ok(force) => force,
        Err(no) => return Ok(no),
    };
    let mut tx = app.db.read(force.id).await?;
    let pack = app.pack_of(&mut tx, force.id).await?;
    let Some(guide) = pack.guide("community-guidelines") else {
        return Ok(Problem::new(404, "not-found", "this force has published no guidelines yet").page());
    };
    let page = GuidelinesPage {
        force: force.title,
        assets: app.assets.clone(),
        title: guide.title.clone(),
        version: format!("{} {}", pack.title(), pack.version()),
        blocks: blocks(&guide.text),
        back: format!("/public/{slug}"),
    };
    Ok(keep(http::page(&page)?))
}

fn blocks(text: &str) -> Vec<Block> {
    let mut out = Vec::new();
    for part in text.split("\n\n").map(str::trim).filter(|p| !p.is_empty()) {
        let mut lines: Vec<&str> = part.lines().map(str::trim).collect();
        if let Some(heading) = lines[0].strip_prefix('#') {
            out.push(Block::Heading(heading.trim_start_matches('#').trim().to_owned()));
            lines.remove(0);
        }
        let mut items: Vec<String> = Vec::new();
        let mut words: Vec<&str> = Vec::new();
        let mut numbered = false;
        for line in lines.into_iter().filter(|l| !l.is_empty()) {
            match item(line) {
                Some((item, by_number)) => {
                    numbered = by_number;
                    items.push(item.to_owned());
                }
                None if items.is_empty() => words.push(line),
                None => {
                    if let Some(last) = items.last_mut() {
                        last.push(' ');
                        last.push_str(line);
                    }
                }
            }
        }
        if !words.is_empty() {
            out.push(Block::Paragraph(emphasised(&words.join(" "))));
        }
        if !items.is_empty() {
            out.push(if numbered { Block::Numbered(items) } else { Block::List(items) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_text_becomes_headings_paragraphs_and_lists() {
        let got = blocks("One\ntwo.\n\n## Rules\n- a\n  b\n- c\n\n1. x\n2. y\n\n**Not here.** End.");
        let plain = |text: &str| (text.to_owned(), false);
        assert_eq!(
            got,
            [
                Block::Paragraph(vec![plain("One two.")]),
                Block::Heading("Rules".into()),
                Block::List(vec!["a b".into(), "c".into()]),
                Block::Numbered(vec!["x".into(), "y".into()]),
                Block::Paragraph(vec![("Not here.".into(), true), plain(" End.")]),
            ]
        );
    }
}

//! The list of accounts, its CSV, and the form that enters a new one.

use super::{Extra, label, panel, posture, state_tone};
use crate::accounts::acts::register::{KNOWN, Register};
use crate::accounts::store::{self, AccountRow};
use crate::act::{Ctx, Outcome};
use crate::http::html::{Html, sparkline};
use crate::http::shell::{Density, Shell};
use crate::http::view::{Choice, Column, Moment, Paging, RefusalPanel};
use crate::http::{self, Fields, Form, PageResult, moment, shell_for};
use axum::extract::{OriginalUri, Query};
use axum::http::header;
use axum::response::IntoResponse;
use bluelamp_domain::accounts::{AccountKind, AccountState, Monitor};
use bluelamp_domain::ids::PersonId;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(askama::Template)]
#[template(path = "accounts/templates/register.html")]
pub struct RegisterPage {
    pub shell: Shell,
    pub says: String,
    pub filter: RegisterFilter,
    pub columns: Vec<Column>,
    pub groups: Vec<RegisterGroup>,
    pub csv: String,
    pub request: String,
    pub paging: Paging,
}

pub struct RegisterFilter {
    pub action: String,
    pub words: String,
    pub group: Vec<Choice>,
    pub state: Vec<Choice>,
    pub platform: Vec<Choice>,
}

pub struct RegisterGroup {
    pub label: String,
    pub rows: Vec<RegisterRow>,
}

pub struct RegisterRow {
    pub href: String,
    pub platform: String,
    pub name: String,
    pub handle: String,
    pub kind: String,
    pub area: String,
    pub owner: String,
    pub monitors: String,
    pub last_post: Option<Moment>,
    pub weeks: Html,
    pub weeks_say: String,
    pub unanswered: u64,
    pub posture: String,
    pub posture_tone: &'static str,
    pub findings: u64,
    pub state: String,
    pub state_tone: &'static str,
    pub complete: String,
}

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    words: String,
    #[serde(default)]
    platform: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    sort: String,
}

/// `GET /accounts`.
pub async fn get_register(ctx: Ctx, OriginalUri(uri): OriginalUri, Query(asked): Query<Asked>) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.register").await? {
        return Ok(no);
    }
    let here = uri.path_and_query().map_or("/accounts", |p| p.as_str());
    let shell = shell_for(&ctx, here, Density::Desk).await?;
    let (all, extras) = read(&ctx).await?;
    let shown: Vec<&AccountRow> = sorted(all.iter().filter(|a| asked.wants(a)).collect(), &extras, &asked.sort);
    let mut groups: Vec<RegisterGroup> = Vec::new();
    for a in &shown {
        let label = asked.group_of(a);
        let row = row(&ctx, a, &extras.get(&a.id).cloned().unwrap_or_default());
        match groups.iter_mut().find(|g| g.label == label) {
            Some(group) => group.rows.push(row),
            None => groups.push(RegisterGroup { label, rows: vec![row] }),
        }
    }
    groups.sort_by(|a, b| a.label.cmp(&b.label));
    let broken = all.iter().filter(|a| findings(a) > 0).count();
    let says = format!(
        "{}, {}",
        count(shown.len(), all.len()),
        if broken == 0 { "none with findings".into() } else { format!("{broken} with findings") }
    );
    let may_ask = ctx.may(&blank()).await?.rating != bluelamp_domain::decision::Rating::Red;
    http::page(&RegisterPage {
        filter: filter(&asked, &all),
        columns: columns(&asked),
        groups,
        csv: "/accounts.csv".into(),
        request: if may_ask { "/accounts/new".into() } else { String::new() },
        paging: Paging { says: format!("{} rows", shown.len()), ..Paging::default() },
        says,
        shell,
    })
}

fn count(shown: usize, all: usize) -> String {
    if shown == all { format!("{all} accounts") } else { format!("{shown} of {all} accounts") }
}

async fn read(ctx: &Ctx) -> Result<(Vec<AccountRow>, BTreeMap<bluelamp_domain::ids::AccountId, Extra>), http::PageFault> {
    let mut tx = ctx.read().await?;
    let all = store::accounts(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await?;
    let extras = crate::wiring::register_extras(ctx, &mut tx).await?;
    Ok((all, extras))
}

fn blank() -> Register {
    Register {
        platform: String::new(),
        handle: String::new(),
        title: String::new(),
        kind: AccountKind::Team,
        area: String::new(),
        owner: None,
        purpose: String::new(),
        url: String::new(),
        monitored_by: Vec::new(),
        hours: String::new(),
        public_listed: false,
        in_use: false,
        investigative: false,
        role_allows_individual: false,
    }
}

impl Asked {
    fn wants(&self, a: &AccountRow) -> bool {
        let words = self.words.trim().to_lowercase();
        let text =
            format!("{} {} {} {} {}", a.title, a.handle, a.area, a.purpose, a.owner_name.as_deref().unwrap_or_default()).to_lowercase();
        words.split_whitespace().all(|w| text.contains(w))
            && (self.platform.is_empty() || self.platform == a.platform)
            && match self.state.as_str() {
                "" => a.state != AccountState::Closed,
                "all" => true,
                state => a.state.name() == state,
            }
    }

    fn group_of(&self, a: &AccountRow) -> String {
        match self.group.as_str() {
            "area" if a.area.is_empty() => "Whole force".into(),
            "area" => a.area.clone(),
            "kind" => label(a.kind.name()),
            "platform" => label(&a.platform),
            _ => String::new(),
        }
    }

    fn address(&self, sort: &str) -> String {
        let p = http::percent;
        format!(
            "/accounts?words={}&platform={}&state={}&group={}&sort={}",
            p(&self.words),
            p(&self.platform),
            p(&self.state),
            p(&self.group),
            p(sort)
        )
    }
}

/// Columns that sort, by the word in the address.
const SORTS: &[(&str, &str, bool)] = &[
    ("Platform", "platform", false),
    ("Account", "name", false),
    ("Kind", "kind", false),
    ("Area", "area", false),
    ("Owner", "owner", false),
    ("Watched by", "", false),
    ("Last post", "last", false),
    ("13 weeks", "", false),
    ("Unanswered", "unanswered", true),
    ("Connection", "connection", false),
    ("Findings", "findings", true),
    ("State", "state", false),
    ("Intake", "", false),
];

fn columns(asked: &Asked) -> Vec<Column> {
    SORTS
        .iter()
        .map(|(label, sort, numeric)| Column {
            label: (*label).into(),
            href: if sort.is_empty() {
                String::new()
            } else if asked.sort == *sort {
                asked.address(&format!("-{sort}"))
            } else {
                asked.address(sort)
            },
            sort: if sort.is_empty() {
                "none"
            } else if asked.sort == *sort {
                "ascending"
            } else if asked.sort.strip_prefix('-') == Some(sort) {
                "descending"
            } else {
                "none"
            },
            numeric: *numeric,
        })
        .collect()
}

fn sorted<'a>(mut rows: Vec<&'a AccountRow>, extras: &BTreeMap<bluelamp_domain::ids::AccountId, Extra>, sort: &str) -> Vec<&'a AccountRow> {
    let (by, down) = sort.strip_prefix('-').map_or((sort, false), |s| (s, true));
    let key = |a: &AccountRow| -> (String, i64) {
        match by {
            "platform" => (a.platform.clone(), 0),
            "kind" => (a.kind.name().into(), 0),
            "area" => (a.area.to_lowercase(), 0),
            "owner" => (a.owner_name.clone().unwrap_or_default().to_lowercase(), 0),
            "last" => (String::new(), a.last_post_at.map_or(0, |t| -t.0)),
            "unanswered" => (String::new(), extras.get(&a.id).map_or(0, |e| -i64::try_from(e.unanswered).unwrap_or(i64::MAX))),
            "connection" => (posture(a.connection_state.as_deref()).0.into(), 0),
            "findings" => (String::new(), -(findings(a) as i64)),
            "state" => (String::new(), a.state as i64),
            _ => (a.title.to_lowercase(), 0),
        }
    };
    rows.sort_by_cached_key(|a| key(a));
    if down {
        rows.reverse();
    }
    rows
}

/// What is not as it should be with an account, as far as the register knows.
fn findings(a: &AccountRow) -> u64 {
    let in_use = matches!(a.state, AccountState::Live | AccountState::Trial);
    u64::from(in_use && a.owner.is_none())
        + u64::from(in_use && a.monitored_by.is_empty())
        + u64::from(a.connected && a.connection_state.as_deref() != Some("working"))
        + u64::from(in_use && a.protection.as_ref().is_none_or(|p| !p.two_factor || !p.login_alerts || !p.unknown_devices.is_empty()))
        + u64::from(in_use && a.can.iter().any(|c| c == "read-private") && a.private_decision.is_empty())
}

fn row(ctx: &Ctx, a: &AccountRow, extra: &Extra) -> RegisterRow {
    let (posture, posture_tone) = posture(a.connection_state.as_deref());
    let posts: u32 = extra.weeks.iter().sum();
    RegisterRow {
        href: format!("/accounts/{}", a.id),
        platform: platform_title(ctx, &a.platform),
        name: a.title.clone(),
        handle: a.handle.clone(),
        kind: label(a.kind.name()),
        area: if a.area.is_empty() { "Whole force".into() } else { a.area.clone() },
        owner: a.owner_name.clone().unwrap_or_else(|| "nobody".into()),
        monitors: monitors(&a.monitored_by),
        last_post: a.last_post_at.map(|at| moment(ctx, at)),
        weeks: sparkline(&extra.weeks),
        weeks_say: format!("{posts} posts in 13 weeks"),
        unanswered: extra.unanswered,
        posture: posture.into(),
        posture_tone,
        findings: findings(a),
        state: label(a.state.name()),
        state_tone: state_tone(a.state),
        complete: complete(ctx, extra),
    }
}

pub(super) fn complete(ctx: &Ctx, extra: &Extra) -> String {
    match (extra.gap_from, extra.complete_since) {
        (Some(from), _) => format!("Gap since {}", moment(ctx, from).short),
        (None, Some(since)) => format!("Complete since {}", moment(ctx, since).short),
        (None, None) => "Not read yet".into(),
    }
}

pub(super) fn platform_title(ctx: &Ctx, platform: &str) -> String {
    ctx.app.connector(platform).map_or_else(|| label(platform), |c| c.capabilities().title.clone())
}

pub(super) fn monitors(all: &[Monitor]) -> String {
    if all.is_empty() {
        return "nobody".into();
    }
    let word = |m: &Monitor| match m {
        Monitor::Contact => "digital desk",
        Monitor::Corporate => "corporate communications",
        Monitor::Local => "local team",
    };
    all.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn filter(asked: &Asked, all: &[AccountRow]) -> RegisterFilter {
    let choose = |value: &str, label: &str, now: &str| Choice {
        value: value.into(),
        label: label.into(),
        hint: String::new(),
        chosen: value == now,
    };
    let mut platforms: Vec<&str> = all.iter().map(|a| a.platform.as_str()).collect();
    platforms.sort_unstable();
    platforms.dedup();
    let states = [("", "Not closed"), ("all", "Every state")].into_iter().chain(AccountState::ALL.iter().map(|s| (s.name(), s.name())));
    RegisterFilter {
        action: "/accounts".into(),
        words: asked.words.clone(),
        group: [("", "Not grouped"), ("area", "By area"), ("kind", "By kind"), ("platform", "By platform")]
            .iter()
            .map(|(v, l)| choose(v, l, &asked.group))
            .collect(),
        state: states.map(|(v, l)| choose(v, &label(l), &asked.state)).collect(),
        platform: std::iter::once(("", "Every platform".to_owned()))
            .chain(platforms.into_iter().map(|p| (p, label(p))))
            .map(|(v, l)| choose(v, &l, &asked.platform))
            .collect(),
    }
}

/// `GET /accounts.csv`: the register as a table for other programs.
pub async fn get_csv(ctx: Ctx) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.register").await? {
        return Ok(no);
    }
    let (all, extras) = read(&ctx).await?;
    let mut csv =
        String::from("platform,name,handle,kind,area,owner,watched_by,state,connection,unanswered,last_post,intake,address,id\r\n");
    for a in &all {
        let extra = extras.get(&a.id).cloned().unwrap_or_default();
        let fields = [
            a.platform.clone(),
            a.title.clone(),
            a.handle.clone(),
            a.kind.name().into(),
            a.area.clone(),
            a.owner_name.clone().unwrap_or_default(),
            monitors(&a.monitored_by),
            a.state.name().into(),
            posture(a.connection_state.as_deref()).0.into(),
            extra.unanswered.to_string(),
            a.last_post_at.map_or_else(String::new, |t| t.timestamp().to_string()),
            complete(&ctx, &extra),
            a.url.clone(),
            a.id.to_string(),
        ];
        csv.push_str(&fields.map(|f| http::csv_field(&f)).join(","));
        csv.push_str("\r\n");
    }
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"accounts.csv\"")], csv)
        .into_response())
}

#[derive(askama::Template)]
#[template(path = "accounts/templates/new.html")]
pub struct NewPage {
    pub shell: Shell,
    pub refusal: Option<RefusalPanel>,
    pub platforms: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub monitors: Vec<Choice>,
    pub owners: Vec<Choice>,
    pub typed: Fields,
}

impl NewPage {
    fn value(&self, name: &str) -> &str {
        self.typed.get(name).unwrap_or_default()
    }

    fn ticked(&self, name: &str) -> bool {
        self.typed.has(name)
    }
}

/// `GET /accounts/new`.
pub async fn get_new(ctx: Ctx) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.register").await? {
        return Ok(no);
    }
    new_page(&ctx, Fields::default(), None).await
}

async fn new_page(ctx: &Ctx, typed: Fields, refusal: Option<RefusalPanel>) -> PageResult {
    let shell = shell_for(ctx, "/accounts/new", Density::Page).await?;
    let owners = {
        let mut tx = ctx.read().await?;
        store::owners(&mut tx, ctx.force).await?
    };
    let chosen = |name: &str, value: &str| typed.all(name).iter().any(|v| v == value);
    let choice =
        |name: &str, value: &str, label: String| Choice { value: value.into(), label, hint: String::new(), chosen: chosen(name, value) };
    let mut platforms: Vec<&str> = ctx.app.connectors.keys().map(String::as_str).chain(KNOWN.iter().copied()).collect();
    platforms.sort_unstable();
    platforms.dedup();
    let status = if refusal.is_some() { 422 } else { 200 };
    let page = NewPage {
        platforms: platforms.iter().map(|p| choice("platform", p, platform_title(ctx, p))).collect(),
        kinds: AccountKind::ALL.iter().map(|k| choice("kind", k.name(), label(k.name()))).collect(),
        monitors: monitor_choices(&typed.all("monitored_by")),
        owners: std::iter::once(Choice::new("", "Nobody yet"))
            .chain(owners.iter().map(|(id, name)| choice("owner", &id.to_string(), name.clone())))
            .collect(),
        shell,
        refusal,
        typed,
    };
    http::page_with(status, &page)
}

pub(super) fn monitor_choices(now: &[String]) -> Vec<Choice> {
    Monitor::ALL
        .iter()
        .map(|m| Choice {
            value: m.name().into(),
            label: label(&monitors(&[*m])),
            hint: String::new(),
            chosen: now.iter().any(|n| n == m.name()),
        })
        .collect()
}

/// `POST /accounts`.
pub async fn post_register(Form(ctx, fields): Form) -> PageResult {
    let act = Register {
        platform: fields.text("platform"),
        handle: fields.text("handle"),
        title: fields.text("title"),
        kind: fields.get("kind").and_then(AccountKind::parse).unwrap_or(AccountKind::Team),
        area: fields.text("area"),
        owner: fields.id::<PersonId>("owner"),
        purpose: fields.text("purpose"),
        url: fields.text("url"),
        monitored_by: fields.all("monitored_by").iter().filter_map(|m| Monitor::parse(m)).collect(),
        hours: fields.text("hours"),
        public_listed: fields.has("public_listed"),
        in_use: fields.has("in_use"),
        investigative: fields.has("investigative"),
        role_allows_individual: fields.has("role_allows_individual"),
    };
    let key = ctx.form_key(&fields);
    match ctx.act_keyed(act, key.as_deref()).await? {
        Outcome::Done(done) => Ok(http::see_other(&format!("/accounts/{}?did=saved", done.id.unwrap_or_default()))),
        other => new_page(&ctx, fields, panel("The account was not entered", other)).await,
    }
}

//! `/desk`: the queues, the list, and the open conversation where one is asked for.

use super::view::*;
use super::{open, platform_title};
use crate::accounts::AccountRow;
use crate::act::{Ctx, Scope};
use crate::db::Tx;
use crate::db::words::{self, Wanted};
use crate::desk::store;
use crate::http::shell::Density;
use crate::http::view::{Choice, FieldErrors, Paging, RefusalPanel};
use crate::http::{self, PageFault, PageResult, Problem, moment, percent, shell_for};
use crate::intake::queue::{After, Asked as Page, Part, QueueRow as Row, store as queue};
use crate::people;
use axum::extract::{OriginalUri, Path, Query};
use axum::response::IntoResponse;
use bluelamp_domain::accounts::Monitor;
use bluelamp_domain::desk::{claim, evidence};
use bluelamp_domain::ids::*;
use bluelamp_domain::time::{Instant, MINUTE};
use bluelamp_domain::triage::{Dimension as Thrive, Priority};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    pub queue: String,
    #[serde(default)]
    pub open: String,
    #[serde(default)]
    pub words: String,
    #[serde(default)]
    pub platform: String,
    /// An account's id; `all` for those that others watch, too.
    #[serde(default)]
    pub account: String,
    #[serde(default)]
    pub after: String,
}

/// `GET /desk`.
pub async fn get_desk(ctx: Ctx, OriginalUri(uri): OriginalUri, Query(asked): Query<Asked>) -> PageResult {
    let here = uri.path_and_query().map_or("/desk", |p| p.as_str());
    let open = asked.open.parse().ok();
    draw(&ctx, here, asked, open, None, Typed::default()).await
}

/// `GET /desk/messages/{id}`: the same page with this message open; alone on a phone.
pub async fn get_message(ctx: Ctx, OriginalUri(uri): OriginalUri, Path(id): Path<String>, Query(asked): Query<Asked>) -> PageResult {
    let Ok(id) = id.parse::<MessageId>() else { return Ok(gone()) };
    let here = uri.path_and_query().map_or("/desk", |p| p.as_str());
    draw(&ctx, here, asked, Some(id), None, Typed::default()).await
}

pub fn gone() -> axum::response::Response {
    Problem::new(404, "not-found", "there is no such message, or it is not yours to see").page()
}

/// The desk with a message open, a refusal beside it where an act was just refused, and what was typed kept.
pub async fn draw(
    ctx: &Ctx,
    here: &str,
    asked: Asked,
    id: Option<MessageId>,
    refused: Option<(u16, RefusalPanel)>,
    typed: Typed,
) -> PageResult {
    if let Some(no) = http::refuse_reading(ctx, "read.desk").await? {
        return Ok(no);
    }
    let shell = shell_for(ctx, here, Density::Desk).await?;
    // Asked before the transaction begins: a page holds one connection at a time.
    let may = match id {
        Some(id) => Some(open::May::ask(ctx, id).await?),
        None => None,
    };
    let mut tx = ctx.read().await?;
    let names = people::store::names(&mut tx, ctx.force).await?;
    let accounts = crate::accounts::store::accounts(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await?;
    let open = match id.zip(may) {
        None => None,
        Some((id, may)) => match open::conversation(ctx, &mut tx, id, &names, &asked, may, typed).await? {
            Some(open) => Some(open),
            None => return Ok(gone()),
        },
    };
    let scope = own(ctx, &accounts, &asked);
    let list = List { ctx, accounts: &accounts, names: &names, asked: &asked, open: id, scope };
    let (sections, next) = list.sections(&mut tx).await?;
    let page = DeskPage {
        queues: list.queues(&mut tx).await?,
        health: health(&accounts),
        wall: ctx.scope.every,
        heading: list.heading(),
        filter: list.filter(),
        sections,
        paging: Paging { next, ..Paging::default() },
        open,
        errors: FieldErrors::default(),
        shell,
        refusal: None,
    };
    drop(tx);
    if let Some(id) = id {
        seen(ctx, id).await;
    }
    let (status, refusal) = refused.map_or((200, None), |(status, panel)| (status, Some(panel)));
    Ok(http::page_with(status, &DeskPage { refusal, ..page })?.into_response())
}

/// Notes that somebody opened a message. Presence: a page does not fail over it.
async fn seen(ctx: &Ctx, id: MessageId) {
    let Some(me) = ctx.principal.person() else { return };
    let noted = async {
        let mut tx = ctx.read().await?;
        if store::seen(&mut tx, ctx.force, &[id]).await?.contains(&id) {
            return Ok(());
        }
        drop(tx);
        let mut tx = ctx.app.db.write(ctx.force, crate::db::Isolation::ReadCommitted).await?;
        store::note_seen(&mut tx, ctx.force, id, me, ctx.now()).await?;
        tx.commit().await
    };
    if let Err(e) = noted.await {
        tracing::warn!(error = %e, "that a message was opened could not be noted");
    }
}

/// The accounts that are this desk's own (APP-ROLE-2): the contact centre's for the desk, corporate communications' for
/// them, one's own for local teams; those that others watch are one choice away, and alarms come from every account.
fn own(ctx: &Ctx, accounts: &[AccountRow], asked: &Asked) -> Scope {
    let contact = ["desk", "desk-supervisor"].iter().any(|r| ctx.scope.has_role(r));
    let corporate = ["corporate-communications", "digital-media-team"].iter().any(|r| ctx.scope.has_role(r));
    let mine = |a: &AccountRow| {
        (contact && a.monitored_by.contains(&Monitor::Contact)) || (corporate && a.monitored_by.contains(&Monitor::Corporate))
    };
    if !ctx.scope.every || !(contact || corporate) || !asked.account.is_empty() {
        return (*ctx.scope).clone();
    }
    let own = accounts.iter().filter(|a| mine(a)).map(|a| a.id).collect();
    Scope { every: false, accounts: own, ..(*ctx.scope).clone() }
}

struct List<'a> {
    ctx: &'a Ctx,
    accounts: &'a [AccountRow],
    names: &'a HashMap<PersonId, String>,
    asked: &'a Asked,
    open: Option<MessageId>,
    scope: Scope,
}

const QUEUES: &[(&str, &str, &str)] = &[
    ("", "Everything open", ""),
    ("immediate", "Immediate", "immediate"),
    ("priority", "Look and priority", "priority"),
    ("routine", "Routine", "routine"),
    ("mine", "Mine", ""),
    ("waiting", "Waiting for them", ""),
];

impl List<'_> {
    fn part(&self) -> Part {
        match (self.asked.queue.as_str(), self.ctx.principal.person()) {
            ("immediate", _) => Part::Immediate,
            ("priority", _) => Part::Priority,
            ("routine", _) => Part::Routine,
            ("waiting", _) => Part::Waiting,
            ("mine", Some(me)) => Part::Mine(me),
            _ => Part::Open,
        }
    }

    fn heading(&self) -> String {
        if !self.asked.words.is_empty() {
            return "Messages that hold these words, the newest first".to_owned();
        }
        QUEUES.iter().find(|(q, ..)| *q == self.asked.queue).map_or("Everything open", |(_, label, _)| label).to_owned()
    }

    /// The address of this list with one thing changed.
    fn href(&self, queue: &str, open: Option<MessageId>, after: &str) -> String {
        let mut parts = vec![format!("queue={}", percent(queue))];
        for (name, value) in [("words", &self.asked.words), ("platform", &self.asked.platform), ("account", &self.asked.account)] {
            if !value.is_empty() {
                parts.push(format!("{name}={}", percent(value)));
            }
        }
        if let Some(id) = open {
            parts.push(format!("open={id}"));
        }
        if !after.is_empty() {
            parts.push(format!("after={after}"));
        }
        format!("/desk?{}", parts.join("&"))
    }

    async fn queues(&self, tx: &mut Tx) -> Result<Vec<QueueLine>, PageFault> {
        let c = queue::counts(tx, self.ctx.force, &self.scope, self.ctx.principal.person(), self.ctx.now()).await?;
        let count = |name: &str| match name {
            "immediate" => c.immediate,
            "priority" => c.priority,
            "routine" => c.routine,
            "mine" => c.mine,
            "waiting" => c.waiting,
            _ => c.immediate + c.priority + c.routine,
        };
        let line = |(name, label, word): &(&str, &str, &'static str)| QueueLine {
            label: (*label).to_owned(),
            href: self.href(name, None, ""),
            count: u64::try_from(count(name)).unwrap_or(0),
            current: self.asked.words.is_empty() && self.asked.queue == *name,
            word,
        };
        let mut lines: Vec<QueueLine> = QUEUES.iter().map(line).collect();
        let extra = |label: &str, href: &str, count: i64, word| QueueLine {
            label: label.into(),
            href: href.into(),
            count: u64::try_from(count).unwrap_or(0),
            current: false,
            word,
        };
        lines.push(extra("Quarantine", "/desk/quarantine", c.quarantine, if c.quarantine > 0 { "immediate" } else { "" }));
        lines.push(extra("Past their time", "/desk/unanswered", c.overdue, ""));
        Ok(lines)
    }

    fn filter(&self) -> DeskFilter {
        let chosen = |value: &str, label: &str, now: &str| Choice { chosen: value == now, ..Choice::new(value, label) };
        let mut platforms = vec![Choice::new("", "Every platform")];
        let mut accounts =
            vec![chosen("", "Accounts watched here", &self.asked.account), chosen("all", "Every account", &self.asked.account)];
        for a in self.accounts {
            if !platforms.iter().any(|p| p.value == a.platform) {
                platforms.push(chosen(&a.platform, &platform_title(self.ctx, &a.platform), &self.asked.platform));
            }
            accounts.push(chosen(&a.id.to_string(), &a.title, &self.asked.account));
        }
        DeskFilter { action: "/desk".into(), words: self.asked.words.clone(), platforms, accounts }
    }

    async fn rows(&self, tx: &mut Tx) -> Result<(Vec<Row>, String), PageFault> {
        let force = self.ctx.force;
        let words: String = self.asked.words.trim().chars().take(200).collect();
        if !words.is_empty() {
            let mut found = Vec::new();
            let wanted = Wanted::parse(force, &words);
            let ids = match &wanted {
                Some(wanted) => words::find(tx, &self.scope, wanted, 100).await?,
                None => Vec::new(),
            };
            for id in ids {
                let Some(message) = queue::message(tx, force, &self.scope, id).await? else { continue };
                let them = queue::correspondent(tx, force, message.correspondent).await?;
                let (handle, name) = them.map(|c| (c.handle, c.name)).unwrap_or_default();
                found.push(Row { message, handle, name, media: 0 });
            }
            return Ok((found, String::new()));
        }
        let limit = if self.asked.platform.is_empty() { 60 } else { 200 };
        let page = Page { part: self.part(), account: self.asked.account.parse().ok(), after: cursor(&self.asked.after), limit };
        let rows = queue::queue(tx, force, &self.scope, &page).await?;
        let next = match rows.last() {
            Some(last) if i64::try_from(rows.len()).unwrap_or(0) == limit => {
                let a = last.after();
                self.href(&self.asked.queue, None, &format!("{}.{}.{}", a.priority, a.due_at.0, a.id))
            }
            _ => String::new(),
        };
        Ok((rows, next))
    }

    async fn sections(&self, tx: &mut Tx) -> Result<(Vec<QueueSection>, String), PageFault> {
        let (mut rows, next) = self.rows(tx).await?;
        if !self.asked.platform.is_empty() {
            rows.retain(|r| self.accounts.iter().any(|a| a.id == r.message.account && a.platform == self.asked.platform));
        }
        let ids: Vec<MessageId> = rows.iter().map(|r| r.message.id).collect();
        let seen = store::seen(tx, self.ctx.force, &ids).await?;
        let mut sections = Vec::new();
        for priority in Priority::ALL {
            let here: Vec<&Row> = rows.iter().filter(|r| crate::desk::acts::intake_priority(r.message.priority) == priority).collect();
            let Some(oldest) = here.iter().map(|r| r.message.received_at).min() else { continue };
            sections.push(QueueSection {
                word: priority.name(),
                label: label(priority).into(),
                count: here.len() as u64,
                oldest: http::frame::waiting(oldest, self.ctx.now()),
                rows: here.into_iter().map(|r| self.row(r, seen.contains(&r.message.id))).collect(),
            });
        }
        Ok((sections, next))
    }

    fn row(&self, r: &Row, seen: bool) -> QueueRow {
        let m = &r.message;
        let now = self.ctx.now();
        let account = self.accounts.iter().find(|a| a.id == m.account);
        let holder = claim::holder(m.claimed_by.zip(m.claimed_until).map(|(by, until)| claim::Claim { by, until }), now);
        let (due, late) = due(self.ctx, m.due_at, now);
        let thrive = store::thrive_of(m.thrive);
        QueueRow {
            id: m.id.to_string(),
            href: self.href(&self.asked.queue, Some(m.id), &self.asked.after),
            current: self.open == Some(m.id),
            word: crate::desk::acts::intake_priority(m.priority).name(),
            at: moment(self.ctx, m.sent_at),
            platform: account.map_or_else(String::new, |a| platform_title(self.ctx, &a.platform)),
            account: account.map_or_else(|| m.area.clone(), |a| a.title.clone()),
            kind: kind(&m.kind).into(),
            author: if r.name.is_empty() { r.handle.clone() } else { r.name.clone() },
            excerpt: evidence::excerpt(&m.text, &evidence::spans(&m.triage), 150),
            thrive: Thrive::ALL.into_iter().map(|d| (letter(d), title(d), thrive.has(d))).collect(),
            claimed: match holder {
                Some(p) if Some(p) == self.ctx.principal.person() => "you".into(),
                Some(p) => self.names.get(&p).cloned().unwrap_or_else(|| "a colleague".into()),
                None => String::new(),
            },
            due: if m.state == "closed" { "ended".into() } else { due },
            late: late && m.state != "closed",
            unread: !seen,
            pictures: match r.media {
                0 => String::new(),
                1 => "1 picture".into(),
                n => format!("{n} pictures"),
            },
            for_you: self.ctx.scope.messages.contains(&m.id),
        }
    }
}

fn cursor(text: &str) -> Option<After> {
    let mut parts = text.splitn(3, '.');
    Some(After { priority: parts.next()?.parse().ok()?, due_at: Instant(parts.next()?.parse().ok()?), id: parts.next()?.parse().ok()? })
}

/// "due 15:10", or how late it is.
pub fn due(ctx: &Ctx, at: Instant, now: Instant) -> (String, bool) {
    if now < at {
        return (format!("due {}", moment(ctx, at).short), false);
    }
    let minutes = (now.0 - at.0) / MINUTE;
    let words = match minutes {
        0 => "due now".to_owned(),
        1..120 => format!("{minutes} min late"),
        _ => format!("{} h late", minutes / 60),
    };
    (words, true)
}

fn label(p: Priority) -> &'static str {
    match p {
        Priority::Immediate => "Immediate",
        Priority::Look => "Look",
        Priority::Priority => "Priority",
        Priority::Routine => "Routine",
    }
}

pub fn kind(kind: &str) -> &'static str {
    match kind {
        "private" => "private message",
        "mention" => "mention",
        "review" => "review",
        _ => "comment",
    }
}

pub fn letter(d: Thrive) -> char {
    d.name().chars().next().unwrap_or('?').to_ascii_uppercase()
}

pub fn title(d: Thrive) -> String {
    let name = d.name();
    name[..1].to_uppercase() + &name[1..]
}

/// Every account in a line: how many are well, and each that is not.
fn health(accounts: &[AccountRow]) -> Vec<HealthLine> {
    let connected: Vec<&AccountRow> = accounts.iter().filter(|a| a.connected).collect();
    let well = connected.iter().filter(|a| a.connection_state.as_deref() == Some("working")).count();
    let mut lines = vec![HealthLine { mark: "✓", tone: "done", label: format!("{well} ok"), href: "/accounts".into() }];
    for a in connected {
        let (mark, tone, what) = match a.connection_state.as_deref() {
            Some("needs-person") => ("✕", "immediate", "needs a person"),
            Some("failing") => ("⚠", "priority", "does not answer"),
            _ => continue,
        };
        lines.push(HealthLine { mark, tone, label: format!("{}: {what}", a.title), href: format!("/accounts/{}", a.id) });
    }
    lines.truncate(30);
    lines
}

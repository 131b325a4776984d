//! What is watched: the wall, the alarms and how long they waited, what nobody has answered.

use super::{median, platform_title, took};
use crate::accounts::AccountRow;
use crate::act::Ctx;
use crate::desk::store;
use crate::http::problem::Problem;
use crate::http::shell::{Density, Shell};
use crate::http::view::Moment;
use crate::http::{self, PageResult, moment, shell_for};
use axum::extract::{OriginalUri, Query};
use axum::http::header;
use axum::response::IntoResponse;
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::time::{DAY, HOUR, Instant, MINUTE};
use serde::Deserialize;

fn title(accounts: &[AccountRow], id: AccountId) -> String {
    accounts.iter().find(|a| a.id == id).map_or_else(|| "an account".into(), |a| a.title.clone())
}

#[derive(askama::Template)]
#[template(path = "desk/templates/wall.html")]
pub struct WallPage {
    pub shell: Shell,
    pub at: Moment,
    pub immediate: u64,
    pub oldest: String,
    pub oldest_since: String,
    pub queues: Vec<WallQueue>,
    pub answers: Vec<WallAnswer>,
    pub cover: Vec<WallHour>,
    pub channels: Vec<WallChannel>,
    pub surge: Vec<String>,
}

pub struct WallQueue {
    pub word: &'static str,
    pub count: u64,
    pub late: u64,
}

pub struct WallAnswer {
    pub label: String,
    pub value: String,
    pub target: String,
    pub kept: bool,
}

pub struct WallHour {
    pub hour: String,
    pub people: u32,
    pub now: bool,
}

pub struct WallChannel {
    pub name: String,
    pub state: String,
    pub tone: &'static str,
    pub mark: &'static str,
}

/// `GET /desk/wall`: figures alone, nothing personal.
pub async fn get_wall(ctx: Ctx, OriginalUri(uri): OriginalUri) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.desk").await? {
        return Ok(no);
    }
    // Figures of the whole force: only for those who see every account.
    if !ctx.scope.every {
        return Ok(Problem::new(403, "refused", "the wall shows the whole force; your own accounts are on the desk").page());
    }
    let shell = shell_for(&ctx, uri.path(), Density::Desk).await?;
    let (mut tx, now) = (ctx.read().await?, ctx.now());
    let figures = ctx.app.pack_of(&mut tx, ctx.force).await?.figures().clone();
    let ranks = store::by_rank(&mut tx, ctx.force, now).await?;
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    let queues: Vec<WallQueue> = (0..4)
        .map(|rank| {
            let (n, late) = ranks.iter().find(|r| r.0 == rank).map_or((0, 0), |r| (r.1, r.2));
            let word = crate::desk::acts::intake_priority(rank).name();
            WallQueue { word, count: count(n), late: count(late) }
        })
        .collect();
    let oldest = ranks.iter().find(|r| r.0 == 0).and_then(|r| r.3);
    let acknowledged = median(&store::acknowledge_times(&mut tx, ctx.force, now.plus(-DAY), now).await?);
    let answered = median(&store::answer_times(&mut tx, ctx.force, now.plus(-DAY)).await?);
    let answer = |label: &str, value: Option<i64>, target: i64| WallAnswer {
        label: label.into(),
        value: value.map_or_else(|| "–".into(), took),
        target: took(target),
        kept: value.is_none_or(|v| v <= target),
    };
    let duties = store::duties_since(&mut tx, ctx.force, now.plus(-DAY)).await?;
    let accounts = crate::accounts::store::accounts(&mut tx, ctx.force, true, ctx.scope.ids()).await?;
    let page = WallPage {
        at: moment(&ctx, now),
        immediate: queues[0].count,
        oldest: oldest.map_or_else(String::new, |at| http::frame::waiting(at, now)),
        oldest_since: oldest.map_or_else(String::new, |at| moment(&ctx, at).iso),
        answers: vec![
            answer("Alerts acknowledged, half within", acknowledged, figures.alert_escalation_minutes() * MINUTE),
            answer("Answered or ended, half within", answered, figures.routine_minutes() * MINUTE),
        ],
        queues,
        cover: cover(&ctx, &duties, now),
        channels: accounts.iter().filter(|a| a.connected).map(|a| channel(&ctx, a)).collect(),
        surge: surge(&ctx, &mut tx, now).await?,
        shell,
    };
    http::page(&page)
}

/// People on duty in each of the last 24 hours.
fn cover(ctx: &Ctx, duties: &[(bluelamp_domain::ids::PersonId, Instant, Option<Instant>)], now: Instant) -> Vec<WallHour> {
    (0..24)
        .rev()
        .map(|back| {
            let to = now.plus(-back * HOUR);
            let from = to.plus(-HOUR);
            let mut people: Vec<_> =
                duties.iter().filter(|(_, began, ended)| *began < to && ended.is_none_or(|e| e > from)).map(|d| d.0).collect();
            people.sort_unstable();
            people.dedup();
            let hour = to.timestamp().to_zoned(ctx.zone.clone()).strftime("%H").to_string();
            WallHour { hour, people: u32::try_from(people.len()).unwrap_or(0), now: back == 0 }
        })
        .collect()
}

fn channel(ctx: &Ctx, a: &AccountRow) -> WallChannel {
    let name = format!("{} · {}", platform_title(ctx, &a.platform), a.title);
    let (state, tone, mark) = match a.connection_state.as_deref() {
        Some("working") => ("ok", "done", "✓"),
        Some("needs-person") => ("needs a person", "immediate", "✕"),
        _ => ("does not answer", "priority", "⚠"),
    };
    WallChannel { name, state: state.into(), tone, mark }
}

/// The last hour beside the mean hour of the day before it.
async fn surge(ctx: &Ctx, tx: &mut crate::db::Tx, now: Instant) -> Result<Vec<String>, crate::db::DbError> {
    let hour = store::arrived(tx, ctx.force, now.plus(-HOUR), now).await?;
    let day = store::arrived(tx, ctx.force, now.plus(-25 * HOUR), now.plus(-HOUR)).await?;
    let usual = day / 24;
    let much = hour >= 20 && hour > 3 * usual.max(1);
    Ok(if much { vec![format!("{hour} messages in the last hour; {usual} is usual")] } else { Vec::new() })
}

#[derive(askama::Template)]
#[template(path = "desk/templates/alerts.html")]
pub struct AlertsPage {
    pub shell: Shell,
    pub median: String,
    pub target: String,
    pub rows: Vec<AlertItem>,
    pub next: String,
}

pub struct AlertItem {
    pub kind: String,
    /// What a colleague said who raised it.
    pub note: String,
    pub place: String,
    pub href: String,
    pub at: Moment,
    pub state: String,
    pub told: String,
    pub acknowledge: String,
}

#[derive(Debug, Default, Deserialize)]
pub struct Before {
    before: Option<i64>,
}

/// `GET /desk/alerts`: every alarm of one's accounts, and how long each waited.
pub async fn get_alerts(ctx: Ctx, OriginalUri(uri): OriginalUri, Query(asked): Query<Before>) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.desk").await? {
        return Ok(no);
    }
    let shell = shell_for(&ctx, uri.path(), Density::Page).await?;
    let drafts = ctx.may_read("read.drafts").await?.rating == bluelamp_domain::decision::Rating::Green;
    let (mut tx, now) = (ctx.read().await?, ctx.now());
    let accounts = crate::accounts::store::accounts(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await?;
    let names = crate::people::store::names(&mut tx, ctx.force).await?;
    let before = asked.before.map_or(now.plus(1), Instant);
    let alerts = store::alerts_before(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids(), before).await?;
    let mut rows = Vec::with_capacity(alerts.len());
    for a in &alerts {
        let told = store::notices(&mut tx, ctx.force, a.id).await?.iter().filter(|n| n.2 == "screen").count();
        let state = match (a.acknowledged_at, a.acknowledged_by) {
            (Some(at), Some(by)) => {
                format!("{} after {}", names.get(&by).map_or("someone", String::as_str), took(at.0 - a.raised_at.0))
            }
            _ => format!("rings; next: {} at {}", a.contact.next().title(), moment(&ctx, a.next_at).short),
        };
        rows.push(AlertItem {
            kind: a.kind.title().into(),
            note: a.note.clone(),
            place: title(&accounts, a.account),
            href: match a.draft {
                Some(draft) if drafts => format!("/publishing/{draft}"),
                // Who sees no drafts tells those who do.
                Some(_) => String::new(),
                None => crate::desk::alarm::href(a),
            },
            at: moment(&ctx, a.raised_at),
            state,
            told: format!("{told} in {} rounds", a.round + 1),
            acknowledge: if a.acknowledged_at.is_none() { format!("/desk/alerts/{}/acknowledge", a.id) } else { String::new() },
        });
    }
    let times = store::acknowledge_times(&mut tx, ctx.force, now.plus(-30 * DAY), now).await?;
    let minutes = ctx.app.pack_of(&mut tx, ctx.force).await?.figures().alert_escalation_minutes();
    let next = match alerts.last() {
        Some(a) if alerts.len() == 100 => format!("/desk/alerts?before={}", a.raised_at.0),
        _ => String::new(),
    };
    let median = median(&times).map_or_else(|| "no time at all: none rang".into(), took);
    http::page(&AlertsPage { shell, median, target: format!("{minutes} minutes"), rows, next })
}

#[derive(askama::Template)]
#[template(path = "desk/templates/unanswered.html")]
pub struct UnansweredPage {
    pub shell: Shell,
    pub rows: Vec<UnansweredRow>,
}

pub struct UnansweredRow {
    pub account: String,
    pub href: String,
    pub unread: i64,
    pub unanswered: i64,
    pub hour: i64,
    pub day: i64,
    pub days: i64,
    pub older: i64,
    pub oldest: Option<Moment>,
}

/// `GET /desk/unanswered`: unread and unanswered messages by account and age (LEICS-USE-1).
pub async fn get_unanswered(ctx: Ctx, OriginalUri(uri): OriginalUri) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.desk").await? {
        return Ok(no);
    }
    let shell = shell_for(&ctx, uri.path(), Density::Page).await?;
    let rows = waiting(&ctx).await?;
    let rows = rows
        .into_iter()
        .map(|(account, w)| UnansweredRow {
            account,
            href: format!("/desk?account={}", w.account),
            unread: w.unread,
            unanswered: w.unanswered,
            hour: w.ages[0],
            day: w.ages[1],
            days: w.ages[2],
            older: w.ages[3],
            oldest: w.oldest_at.map(|at| moment(&ctx, at)),
        })
        .collect();
    http::page(&UnansweredPage { shell, rows })
}

async fn waiting(ctx: &Ctx) -> Result<Vec<(String, store::Waiting)>, crate::db::DbError> {
    let mut tx = ctx.read().await?;
    let accounts = crate::accounts::store::accounts(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await?;
    let waiting = store::waiting_by_account(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids(), ctx.now()).await?;
    Ok(waiting.into_iter().map(|w| (title(&accounts, w.account), w)).collect())
}

/// `GET /desk/unanswered.csv`: the same for other programs.
pub async fn get_unanswered_csv(ctx: Ctx) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.desk").await? {
        return Ok(no);
    }
    let mut csv = String::from("account,unread,unanswered,under_an_hour,under_a_day,under_three_days,older,oldest,id\r\n");
    for (account, w) in waiting(&ctx).await? {
        let oldest = w.oldest_at.map_or_else(String::new, |t| t.timestamp().to_string());
        let [hour, day, days, older] = w.ages;
        let numbers = [w.unread, w.unanswered, hour, day, days, older].map(|n| n.to_string());
        let fields = [&[account][..], &numbers, &[oldest, w.account.to_string()]].concat();
        csv.push_str(&fields.iter().map(|f| http::csv_field(f)).collect::<Vec<_>>().join(","));
        csv.push_str("\r\n");
    }
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"unanswered.csv\"")];
    Ok((headers, csv).into_response())
}

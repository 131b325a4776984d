//! What surrounds a page for the person who asks for it: who they are, their duty, what alarms, where they can go.

use super::PageFault;
use super::shell::{AlertLine, Density, Duty, NavItem, PersonLine, Shell};
use super::view::{Moment, Notice};
use crate::act::Ctx;
use crate::people;
use bluelamp_domain::time::Instant;

/// An instant as this force's people read it.
pub fn moment(ctx: &Ctx, at: Instant) -> Moment {
    Moment::new(at.timestamp(), ctx.now().timestamp(), &ctx.zone)
}

/// Minutes and seconds since, `00:41`; hours where it has come to that.
pub fn waiting(since: Instant, now: Instant) -> String {
    let s = ((now.0 - since.0) / 1_000_000).max(0);
    if s >= 3600 { format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60) } else { format!("{:02}:{:02}", s / 60, s % 60) }
}

/// Where a person can go: label, address, and the roles it is for.
const NAV: &[(&str, &str, &[&str])] = &[
    ("Desk", "/desk", &["desk", "desk-supervisor", "command", "local", "corporate-communications", "digital-media-team", "auditor"]),
    ("Publishing", "/publishing", &["publisher", "local", "corporate-communications", "digital-media-team", "auditor"]),
    ("Moderation", "/community", &["desk", "desk-supervisor", "corporate-communications", "digital-media-team", "auditor"]),
    (
        "Waiting",
        "/held",
        &["corporate-communications", "digital-media-team", "publisher", "local", "desk-supervisor", "administrator", "desk"],
    ),
    (
        "Accounts",
        "/accounts",
        &["corporate-communications", "digital-media-team", "information-security", "administrator", "auditor", "publisher", "local"],
    ),
    ("People", "/people", &["administrator", "corporate-communications", "digital-media-team", "information-security", "auditor"]),
    ("Sessions", "/security/sessions", &["information-security", "administrator", "auditor"]),
    (
        "Compliance",
        "/assurance",
        &["administrator", "corporate-communications", "professional-standards", "records", "auditor", "information-security", "command"],
    ),
    ("Conduct", "/conduct", &["professional-standards"]),
    ("Ledger", "/records", &["records", "auditor", "information-security", "professional-standards"]),
];

/// The first page of a person: the one that is theirs.
pub fn home(ctx: &Ctx) -> &'static str {
    if ["desk", "desk-supervisor", "command"].iter().any(|r| ctx.scope.has_role(r)) {
        return "/desk";
    }
    NAV.iter().find(|(_, _, roles)| roles.iter().any(|r| ctx.scope.has_role(r))).map_or("/me", |(_, to, _)| to)
}

/// The shell of a page. `here` is its path and query.
pub async fn shell_for(ctx: &Ctx, here: &str, density: Density) -> Result<Shell, PageFault> {
    let mut tx = ctx.read().await?;
    let (_, title) = people::store::force_title(&mut tx, ctx.force).await?;
    let works_desk = ["desk", "desk-supervisor", "command", "local", "corporate-communications"].iter().any(|r| ctx.scope.has_role(r));
    let duty = match ctx.principal.person() {
        Some(person) if works_desk => people::store::open_duty(&mut tx, ctx.force, person)
            .await?
            .map_or(Duty::Off, |(_, since)| Duty::On { since: moment(ctx, since) }),
        _ => Duty::NotTheirs,
    };
    let alerts = crate::wiring::alerts(ctx, &mut tx).await?;
    let waiting = crate::db::principal::held_waiting(&mut tx, ctx.force).await?;
    let mine = waiting
        .iter()
        .filter(|h| h.reasons.iter().any(|r| bluelamp_domain::held::may_lift(r, &ctx.scope.roles, h.principal == ctx.principal.code())))
        .count();
    let path = here.split('?').next().unwrap_or(here);
    let tasks = match ctx.principal.person() {
        Some(person) => people::store::tasks_of(&mut tx, ctx.force, person, &ctx.scope.roles).await?.len() as u64,
        None => 0,
    };
    let mut nav: Vec<NavItem> = NAV
        .iter()
        .filter(|(_, _, roles)| roles.iter().any(|r| ctx.scope.has_role(r)))
        .map(|(label, to, _)| NavItem {
            label: (*label).to_owned(),
            href: (*to).to_owned(),
            current: path == *to || path.starts_with(&format!("{to}/")),
            count: if *to == "/held" { mine as u64 } else { 0 },
        })
        .collect();
    // Most people owe nothing most of the time: the way to what is owed appears with it.
    if tasks > 0 || path == "/tasks" {
        nav.push(NavItem { label: "Tasks".into(), href: "/tasks".into(), current: path == "/tasks", count: tasks });
    }
    Ok(Shell {
        force: title,
        person: Some(PersonLine { name: ctx.scope.name.clone(), role: role_line(ctx) }),
        duty,
        nav,
        alerts: alerts.into_iter().map(|a| alert_line(ctx, a)).collect(),
        csrf: ctx.csrf(),
        demo: !ctx.app.live,
        density,
        notice: ctx.did.as_deref().and_then(notice),
        here: here.to_owned(),
        assets: ctx.app.assets.clone(),
    })
}

/// An alert that nobody has acknowledged, as the bar on top of every page shows it.
pub struct OpenAlert {
    pub id: String,
    pub sentence: String,
    pub href: String,
    pub raised_at: Instant,
    pub next: String,
}

fn alert_line(ctx: &Ctx, a: OpenAlert) -> AlertLine {
    AlertLine {
        acknowledge: format!("/desk/alerts/{}/acknowledge", a.id),
        waiting: waiting(a.raised_at, ctx.now()),
        since: moment(ctx, a.raised_at),
        id: a.id,
        sentence: a.sentence,
        href: a.href,
        next: a.next,
    }
}

fn role_line(ctx: &Ctx) -> String {
    let roles: Vec<String> = ctx.scope.roles.iter().map(|r| r.replace('-', " ")).collect();
    let mut line = roles.join(", ");
    if let Some(first) = line.get(..1) {
        line = first.to_uppercase() + &line[1..];
    }
    if ctx.scope.areas.is_empty() { line } else { format!("{line}; {}", ctx.scope.areas.join(", ")) }
}

/// What an act before this page did, by its code in the address: never free text from it.
fn notice(code: &str) -> Option<Notice> {
    const SAID: &[(&str, &str, &str, &str)] = &[
        ("saved", "done", "Saved", "Your changes are kept."),
        ("published", "done", "On its way", "It is being published; this page shows when it is live."),
        ("held", "info", "Waiting for agreement", "Someone else must agree before this goes. They have been shown it."),
        ("released", "done", "Released", "The held act was done."),
        ("declined", "done", "Declined", "Its author sees your note."),
        ("sent", "done", "Sent", "Your reply is on its way."),
        ("closed", "done", "Closed", "The message is closed with its outcome."),
        ("referred", "done", "Referred", "The referral is recorded with its reference."),
        ("done", "done", "Done", "It is done and recorded."),
        ("reported", "done", "Reported", "Professional standards have it. Nobody else sees what you wrote."),
        ("duty-on", "done", "On duty", "You are on duty. The sound is armed."),
        ("duty-off", "done", "Off duty", "Your duty has ended."),
    ];
    SAID.iter().find(|(c, ..)| *c == code).map(|(_, tone, heading, text)| Notice {
        tone,
        heading: (*heading).to_owned(),
        text: (*text).to_owned(),
    })
}

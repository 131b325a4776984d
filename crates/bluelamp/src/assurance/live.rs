//! Live state: measures that say whether a clause is kept now, on what evidence.

use crate::act::Ctx;
use crate::db::{DbError, Tx, Val};
use crate::{accounts, desk, intake, people};
use bluelamp_domain::time::Instant;
use std::collections::BTreeMap;

/// What a measure found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub state: State,
    /// The evidence in words, and where to see it.
    pub says: String,
    pub href: String,
    pub since: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Kept,
    AtRisk,
    Broken,
    /// Not part of the pack in force.
    Unused,
    Unbuilt,
}

impl State {
    pub const ALL: [State; 5] = [State::Kept, State::AtRisk, State::Broken, State::Unbuilt, State::Unused];

    pub fn name(self) -> &'static str {
        match self {
            State::Kept => "kept",
            State::AtRisk => "at-risk",
            State::Broken => "broken",
            State::Unbuilt => "not-built",
            State::Unused => "not-in-use",
        }
    }

    /// Label, class and mark: colour never stands alone.
    pub fn look(self) -> (&'static str, &'static str, &'static str) {
        match self {
            State::Kept => ("Kept", "is-kept", "✓"),
            State::AtRisk => ("At risk", "is-risk", "▲"),
            State::Broken => ("Broken", "is-broken", "✕"),
            State::Unbuilt => ("Not built yet", "is-unbuilt", "◌"),
            State::Unused => ("Not in use", "is-unused", "–"),
        }
    }
}

fn found(broken: usize, risk: usize, kept: &str, wrong: impl Fn(usize) -> String, href: &str) -> Found {
    let (state, says) = match (broken, risk) {
        (0, 0) => (State::Kept, kept.to_owned()),
        (0, n) => (State::AtRisk, wrong(n)),
        (n, _) => (State::Broken, wrong(n)),
    };
    Found { state, says, href: href.to_owned(), since: None }
}

/// Every measure there is, taken now.
pub async fn measures(ctx: &Ctx, tx: &mut Tx) -> Result<BTreeMap<&'static str, Found>, DbError> {
    let mut out = BTreeMap::new();
    let now = ctx.now();
    let today = now.date_in(&ctx.zone);
    let everyone = people::store::people(tx, ctx.force).await?;
    let months = crate::act::Ctx::pack(ctx).await.map(|p| p.figures().training_refresher_months()).unwrap_or(24);
    let mut lapsed = 0;
    for p in everyone.iter().filter(|p| p.state == "active") {
        let stands = p.trained_on.is_some_and(|d| today <= bluelamp_domain::people::trained_until(d, months));
        if !stands && !people::store::accounts_of(tx, ctx.force, p.id).await?.is_empty() {
            lapsed += 1;
        }
    }
    out.insert(
        "access-without-training",
        found(
            0,
            lapsed,
            "Everyone authorised for an account has training that stands.",
            |n| format!("{n} authorised without training that stands; their use is refused until it is recorded."),
            "/people",
        ),
    );
    let yesterday = today.yesterday().unwrap_or(today);
    // What should have been said by yesterday and was not: the hourly look has failed for a day.
    let missed = people::watch::owed(tx, ctx.force, months, &everyone, yesterday).await?.len();
    let ran_out = |p: &&people::store::PersonRecord| {
        p.state == "active" && p.trained_on.is_some_and(|d| bluelamp_domain::people::trained_until(d, months) < today)
    };
    let refresher = everyone.iter().filter(ran_out).count();
    out.insert(
        "training-reminders",
        found(
            missed,
            refresher,
            "Everyone whose training runs out within 90 days has been reminded, and nobody's has run out.",
            |n| {
                if missed > 0 {
                    format!("{n} were not reminded in time that their training runs out.")
                } else {
                    format!("{n} need a refresher; their use of accounts is refused until it is recorded.")
                }
            },
            "/people",
        ),
    );
    let devices = people::store::tasks_open(tx, ctx.force, bluelamp_domain::people::TaskKind::NativeLogOut).await?;
    let late = devices.iter().filter(|t| t.due_on < today).count();
    out.insert(
        "native-devices",
        found(
            late,
            devices.len(),
            "Every device marked unknown or unused has been signed out on the platforms too.",
            |n| format!("{n} still to be signed out on the platforms themselves{}.", if late > 0 { ", past the day" } else { "" }),
            "/tasks",
        ),
    );
    let accounts = accounts::store::accounts(tx, ctx.force, true, Val::Ids(Vec::new())).await?;
    let open = accounts.iter().filter(|a| a.connected && a.monitored_by.is_empty()).count();
    out.insert(
        "accounts-nobody-watches",
        found(
            open,
            0,
            "Every connected account says who watches it.",
            |n| format!("{n} connected without anyone named to watch them."),
            "/accounts",
        ),
    );
    let there: Vec<_> = accounts.iter().filter(|a| a.state.is_on_its_platform()).collect();
    let unseen = there.iter().filter(|a| a.protection.is_none()).count();
    for (measure, what) in [("native-two-factor", "two-factor"), ("native-login-alerts", "login alerts")] {
        let on = |p: &accounts::store::Protection| if what == "two-factor" { p.two_factor } else { p.login_alerts };
        let off = there.iter().filter(|a| a.protection.as_ref().is_some_and(|p| !on(p))).count();
        out.insert(
            measure,
            found(
                off,
                unseen,
                &format!(
                    "A person has confirmed on every account's own platform that {what} {} on.",
                    if what == "two-factor" { "is" } else { "are" }
                ),
                |n| {
                    if off > 0 {
                        format!("{n} {} {what} off on its own platform.", if n == 1 { "account has" } else { "accounts have" })
                    } else {
                        format!("Nobody has looked on the platform of {n} {} yet.", if n == 1 { "account" } else { "accounts" })
                    }
                },
                "/accounts",
            ),
        );
    }
    let ringing = desk::store::open_alerts(tx, ctx.force, true, Val::Ids(Vec::new())).await?;
    let late = ringing.iter().filter(|a| a.next_at <= now).count();
    out.insert(
        "alerts-unanswered",
        found(late, ringing.len(), "No alert waits for anyone.", |n| format!("{n} not acknowledged yet."), "/desk"),
    );
    let overdue: i64 = desk::store::by_rank(tx, ctx.force, now).await?.iter().map(|(_, _, late, _)| late).sum();
    out.insert(
        "messages-overdue",
        found(
            0,
            usize::try_from(overdue).unwrap_or(0),
            "Every message is read and answered in its time.",
            |n| format!("{n} past their time."),
            "/desk",
        ),
    );
    let untriaged = intake::store::quarantine_waiting(tx, ctx.force, true, Val::Ids(Vec::new())).await?.len();
    out.insert(
        "messages-without-triage",
        found(
            0,
            untriaged,
            "Every message was triaged as it came in.",
            |n| format!("{n} in quarantine: they could not be read or decided."),
            "/desk",
        ),
    );
    let unexplained = crate::community::store::open_prompts(tx, ctx.force, &ctx.scope).await?.len();
    out.insert(
        "removals-unexplained",
        found(
            0,
            unexplained,
            "Wherever many comments of one post were removed, the public was told why.",
            |n| {
                format!(
                    "Under {n} {} many comments were removed and the public has not been told why.",
                    if n == 1 { "post" } else { "posts" }
                )
            },
            "/community",
        ),
    );
    Ok(out)
}

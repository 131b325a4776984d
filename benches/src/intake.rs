//! Messages from raw bytes to the desk, beside the bare insertion of the very rows that this wrote.

use crate::installation::{self, Installation, ZONE};
use crate::report::{Line, Met, Report, thousands};
use crate::stopwatch::{Stopwatch, per_second};
use crate::{Failure, live, many};
use bluelamp::intake::keep::{self, Source};
use bluelamp::intake::process;
use bluelamp_platforms::Raw;
use std::path::Path;
use std::time::Duration;

const BATCH: usize = 100;
/// Each with an installation of its own; the one in the middle counts.
const ROUNDS: usize = 3;

/// What intake writes, parents first; what an alarm writes is part of it.
const TABLES: &[&str] = &[
    "intake_raw",
    "correspondent",
    "conversation",
    "message",
    "message_search",
    "message_revision",
    "alert",
    "alert_notice",
    "job",
    "ledger_entry",
    "ledger_value",
    "ledger_pending",
];

/// An event of the rehearsal platform: somebody wrote.
pub fn event(n: usize, text: &str) -> serde_json::Value {
    serde_json::json!({
        "seq": n, "account": "a-main", "at": "2026-11-21T11:59:00Z", "type": "message.created",
        "message": {
            "id": format!("m{n}"), "revision": 1, "kind": "comment", "text": text, "sent_at": "2026-11-21T11:58:00Z",
            "author": { "id": format!("u{}", n % 997), "handle": format!("person{}", n % 997), "name": format!("Person {}", n % 997) },
        },
    })
}

pub fn raw(n: usize, text: &str) -> Raw {
    Raw { kind: "event".into(), body: event(n, text).to_string().into_bytes() }
}

struct Round {
    ours: Duration,
    bare: Duration,
    rows: i64,
    alarms: i64,
}

impl Round {
    fn ratio(&self) -> f64 {
        self.bare.as_secs_f64() / self.ours.as_secs_f64()
    }
}

pub async fn measure(report: &mut Report, messages: &[(String, bool)], folder: &Path) -> Result<(), Failure> {
    let raws: Vec<Raw> = messages.iter().enumerate().map(|(n, (text, _))| raw(n, text)).collect();
    let mut rounds = Vec::new();
    for n in 0..ROUNDS {
        let place = folder.join(n.to_string());
        let on = installation::make(&place).await?;
        rounds.push(round(&on, &raws, &place).await?);
        on.app.db.close().await;
    }
    rounds.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    let (least, most) = (rounds[0].ratio(), rounds[ROUNDS - 1].ratio());
    let Round { ours, bare, rows, alarms } = rounds.swap_remove(ROUNDS / 2);
    let (ratio, rate) = (bare.as_secs_f64() / ours.as_secs_f64(), per_second(raws.len(), ours));
    report.line(Line {
        what: format!("intake, durable, triaged, decided and recorded: {} messages", thousands(raws.len() as f64)),
        ours: format!("{} messages/s", thousands(rate)),
        beside: format!("bare insert of the same {} rows: {} messages/s", thousands(rows as f64), thousands(per_second(raws.len(), bare))),
        ratio: format!("{ratio:.2} × ({least:.2} to {most:.2} in {ROUNDS} rounds)"),
        target: "≥ ⅓",
        met: Met::Ratio(ratio >= 1.0 / 3.0),
    });
    report.note(format!(
        "Of the {} messages, {} rang an alarm; a desk's day has far fewer.",
        thousands(raws.len() as f64),
        thousands(alarms as f64)
    ));
    let on = installation::make(&folder.join("live")).await?;
    live::measure(report, &on, rate.min(1_000.0)).await?;
    on.app.db.close().await;
    Ok(())
}

async fn round(on: &Installation, raws: &[Raw], folder: &Path) -> Result<Round, Failure> {
    let ctx = process::ctx(&on.app, on.force, ZONE);
    let before = many::counts(&on.app, TABLES).await?;
    let watch = Stopwatch::start();
    for batch in raws.chunks(BATCH) {
        keep::keep(&on.app, on.force, on.account, Source::Replay, batch, on.app.clock.now()).await?;
        process::account(&ctx, on.account).await?;
    }
    let ours = watch.elapsed();
    let after = many::counts(&on.app, TABLES).await?;
    let of = |t: &str| after[t] - before[t];
    if of("message") != i64::try_from(raws.len())? {
        return Err(format!("{} bodies became {} messages; quarantine is no benchmark", raws.len(), of("message")).into());
    }
    let bare = many::again(&on.app, TABLES, &folder.join("bare.sqlite3"), raws.len().div_ceil(BATCH)).await?;
    Ok(Round { ours, bare, rows: TABLES.iter().map(|t| of(t)).sum(), alarms: of("alert") })
}

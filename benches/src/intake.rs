//! Messages from raw bytes to the desk, beside the bare insertion of the very rows that this wrote; and how long one
//! takes from the platform's call to the event that open pages hear.

use crate::installation::{self, Installation, ZONE};
use crate::report::{Line, Report, millis, thousands};
use crate::stopwatch::{Stopwatch, per_second, percentile};
use crate::{Failure, many};
use bluelamp::intake::keep::{self, Source};
use bluelamp::intake::process;
use bluelamp_platforms::Raw;
use std::path::Path;
use std::time::Duration;

const BATCH: usize = 100;

/// What intake writes, parents first.
const TABLES: &[&str] =
    &["intake_raw", "correspondent", "conversation", "message", "message_revision", "ledger_entry", "ledger_value", "ledger_pending"];

pub fn raw(n: usize, text: &str) -> Raw {
    let body = serde_json::json!({
        "seq": n, "account": "a-main", "at": "2026-11-21T11:59:00Z", "type": "message.created",
        "message": {
            "id": format!("m{n}"), "revision": 1, "kind": "comment", "text": text, "sent_at": "2026-11-21T11:58:00Z",
            "author": { "id": format!("u{}", n % 997), "handle": format!("person{}", n % 997), "name": format!("Person {}", n % 997) },
        },
    });
    Raw { kind: "event".into(), body: body.to_string().into_bytes() }
}

pub async fn measure(report: &mut Report, messages: &[(String, bool)], folder: &Path) -> Result<(), Failure> {
    let on = installation::make(folder).await?;
    let ctx = process::ctx(&on.app, on.force, ZONE);
    let raws: Vec<Raw> = messages.iter().enumerate().map(|(n, (text, _))| raw(n, text)).collect();
    let before = many::counts(&on.app, TABLES).await?;
    let watch = Stopwatch::start();
    for batch in raws.chunks(BATCH) {
        keep::keep(&on.app, on.force, on.account, Source::Replay, batch, on.app.clock.now()).await?;
        process::account(&ctx, on.account).await?;
    }
    let took = watch.elapsed();
    let after = many::counts(&on.app, TABLES).await?;
    let of = |t: &str| after[t] - before[t];
    if of("message") != i64::try_from(raws.len())? {
        return Err(format!("{} bodies became {} messages; quarantine is no benchmark", raws.len(), of("message")).into());
    }
    let rows: i64 = TABLES.iter().map(|t| of(t)).sum();
    let bare = many::again(&on.app, TABLES, &folder.join("bare.sqlite3"), raws.len().div_ceil(BATCH)).await?;
    let ratio = bare.as_secs_f64() / took.as_secs_f64();
    report.line(Line {
        what: format!("intake, durable, triaged, decided and recorded: {} messages", thousands(raws.len() as f64)),
        ours: format!("{} messages/s", thousands(per_second(raws.len(), took))),
        beside: format!("bare insert of the same {} rows: {} messages/s", thousands(rows as f64), thousands(per_second(raws.len(), bare))),
        ratio: format!("{ratio:.2} ×"),
        target: "≥ ⅓",
        met: Some(ratio >= 1.0 / 3.0),
    });
    latency(report, &on, per_second(raws.len(), took).min(1_000.0), raws.len()).await?;
    on.app.db.close().await;
    Ok(())
}

/// Bodies handed in one at a time at a steady rate, as a webhook does, with the sequencer running.
async fn latency(report: &mut Report, on: &Installation, rate: f64, from: usize) -> Result<(), Failure> {
    // Everything so far gets its place first: what is measured is a running desk, not the morning after an import.
    while bluelamp::records::sequencer::sequence(&on.app, on.force).await? > 0 {}
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let sequencer = tokio::spawn(bluelamp::records::sequencer::run(on.app.clone(), stopped));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let n = (rate * 5.0).clamp(50.0, 5_000.0) as usize;
    let every = Duration::from_secs_f64(1.0 / rate);
    let mut heard = on.app.events.listen();
    let listener = tokio::spawn(async move {
        let mut at = Vec::with_capacity(n);
        while at.len() < n {
            match tokio::time::timeout(Duration::from_secs(20), heard.recv()).await {
                Ok(Ok(event)) if event.kind == "intake.receive" => at.push(Stopwatch::start()),
                Ok(Ok(_)) => {}
                Ok(Err(tokio::sync::broadcast::error::RecvError::Lagged(_))) => {}
                Ok(Err(_)) | Err(_) => break,
            }
        }
        at
    });
    let mut sent = Vec::with_capacity(n);
    let began = Stopwatch::start();
    let mut working = tokio::task::JoinSet::new();
    for k in 0..n {
        let due = every * u32::try_from(k)?;
        if let Some(wait) = due.checked_sub(began.elapsed()) {
            tokio::time::sleep(wait).await;
        }
        sent.push(Stopwatch::start());
        let (app, force, account) = (on.app.clone(), on.force, on.account);
        working.spawn(async move {
            let body = raw(from + k, "is the desk at Marlbrook open on Sunday");
            keep::keep(&app, force, account, Source::Webhook, &[body], app.clock.now()).await?;
            process::account(&process::ctx(&app, force, ZONE), account).await.map(|_| ())
        });
    }
    while let Some(ended) = working.join_next().await {
        ended??;
    }
    let heard = listener.await?;
    let _ = stop.send(true);
    sequencer.await?;
    if heard.len() < n {
        report.note(format!("of {n} messages handed in at {rate:.0}/s, {} were heard of in time", heard.len()));
    }
    // First in, first heard: the k-th event belongs to the k-th body, give or take those of one batch.
    let mut took: Vec<Duration> = sent.iter().zip(&heard).map(|(s, h)| s.elapsed().saturating_sub(h.elapsed())).collect();
    let (half, worst) = (percentile(&mut took, 0.5), percentile(&mut took, 0.99));
    report.line(Line {
        what: format!("received to an open desk, at {rate:.0} messages/s"),
        ours: format!("{} 99th of a hundred, {} median", millis(worst), millis(half)),
        beside: "the limit of 1 s".into(),
        ratio: format!("{:.2} of it", worst.as_secs_f64()),
        target: "p99 < 1 s",
        met: Some(worst < Duration::from_secs(1) && heard.len() == n),
    });
    Ok(())
}

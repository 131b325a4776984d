//! What a page takes with few messages and with many, through the router, signed in at the desk; and what the program
//! needs to start beside them.

use crate::installation::{self, Installation, ZONE};
use crate::report::{Line, Met, Report, millis, thousands};
use crate::stopwatch::{Stopwatch, percentile};
use crate::{Failure, intake, many};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use bluelamp::intake::keep::{self, Source};
use bluelamp::intake::process;
use http_body_util::BodyExt as _;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tower::ServiceExt as _;

const ROUNDS: usize = 60;

pub async fn measure(report: &mut Report, small: u64, large: u64, folder: &Path) -> Result<(), Failure> {
    let few = at_size(report, small, &folder.join("few")).await?;
    let many = at_size(report, large, &folder.join("many")).await?;
    let mut tried = 0;
    for (path, large_took) in &many {
        let Some(small_took) = few.get(path) else { continue };
        tried += 1;
        let ratio = large_took.as_secs_f64() / small_took.as_secs_f64().max(1e-9);
        report.line(Line {
            what: format!("`{path}` at {} messages", thousands(large as f64)),
            ours: format!("{} 99th of a hundred", millis(*large_took)),
            beside: format!("{} at {}", millis(*small_took), thousands(small as f64)),
            ratio: format!("{ratio:.2} ×"),
            target: if large >= 10_000_000 { "≤ 1.2 × of 1 million" } else { "p99 < 50 ms" },
            met: match large {
                10_000_000.. => Met::Ratio(ratio <= 1.2),
                1_000_000.. => Met::Figure(*large_took < Duration::from_millis(50)),
                _ => Met::Unasked,
            },
        });
    }
    if tried == 0 {
        return Err("no page was measured".into());
    }
    Ok(())
}

async fn at_size(report: &mut Report, n: u64, folder: &Path) -> Result<BTreeMap<String, Duration>, Failure> {
    let on = installation::make(folder).await?;
    let ctx = process::ctx(&on.app, on.force, ZONE);
    let one = intake::raw(0, "is the desk at Marlbrook open on Sunday");
    keep::keep(&on.app, on.force, on.account, Source::Replay, &[one], on.app.clock.now()).await?;
    process::account(&ctx, on.account).await?;
    let watch = Stopwatch::start();
    many::fill(&on.app, n).await?;
    eprintln!("{} rows made in {:.0} s", thousands(n as f64), watch.elapsed().as_secs_f64());
    while bluelamp::records::sequencer::sequence(&on.app, on.force).await? > 0 {}
    on.app.db.close().await;
    let Installation { force, desk, trainer, account, .. } = on;
    let watch = Stopwatch::start();
    let app = installation::open(folder).await?;
    let on = Installation { app, force, desk, trainer, account };
    let (router, cookie) = on.pages().await?;
    get(&router, "/", &cookie).await?;
    let started = watch.elapsed();
    let memory = memory_mb();
    if n >= 1_000_000 {
        report.line(Line {
            what: format!("start to the first page, with {} messages", thousands(n as f64)),
            ours: format!("{:.2} s, {memory:.0} MB in memory", started.as_secs_f64()),
            beside: "the limits of 2 s and 300 MB".into(),
            ratio: format!("{:.2} and {:.2} of them", started.as_secs_f64() / 2.0, memory / 300.0),
            target: "< 2 s, < 300 MB",
            met: Met::Figure(started < Duration::from_secs(2) && memory < 300.0),
        });
    }
    let mut out = BTreeMap::new();
    for route in bluelamp::http::router::staff().iter().filter(|r| r.method == "GET" && r.act.starts_with("read.") && r.path != "/events") {
        let Some(path) = concrete(route.path) else { continue };
        let status = get(&router, &path, &cookie).await?;
        if status != 200 {
            if status >= 500 {
                return Err(format!("{path} answered {status}").into());
            }
            continue;
        }
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let watch = Stopwatch::start();
            get(&router, &path, &cookie).await?;
            times.push(watch.elapsed());
        }
        out.insert(route.path.to_owned(), percentile(&mut times, 0.99));
    }
    on.app.db.close().await;
    Ok(out)
}

/// Pages without a parameter, and one conversation: the message with the number 1000.
fn concrete(path: &str) -> Option<String> {
    if !path.contains('{') {
        return Some(path.to_owned());
    }
    let message = path.starts_with("/desk/") && path.matches('{').count() == 1;
    let (before, rest) = path.split_once('{')?;
    let after = rest.split_once('}')?.1;
    message.then(|| format!("{before}01900000-0000-0000-7000-0000000003e8{after}"))
}

async fn get(router: &Router, path: &str, cookie: &str) -> Result<u16, Failure> {
    let request = Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, cookie).body(Body::empty())?;
    let answer = router.clone().oneshot(request).await?;
    let status = answer.status().as_u16();
    answer.into_body().collect().await?;
    Ok(status)
}

/// Resident memory of this process, which is the program and the benchmark together.
fn memory_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).and_then(|v| v.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kb.unwrap_or(0.0) / 1024.0
}

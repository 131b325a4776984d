//! How long a message takes from the platform's call to every open desk: signed webhooks of one message each, at a
//! steady rate, through the public router; the desks hear of it on their streams and draw themselves again as the page's
//! script does.

use crate::installation::{Installation, ZONE};
use crate::report::{Line, Met, Report, millis};
use crate::stopwatch::{Stopwatch, percentile};
use crate::{Failure, intake, many};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use bluelamp::accounts::connection;
use bluelamp::http::router;
use bluelamp::intake::process;
use bluelamp_platforms::rehearsal::{sign::sign, wire::SIGNATURE};
use http_body_util::BodyExt as _;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt as _;
use uuid::Uuid;

/// Desks that are open.
const DESKS: usize = 5;
const SECONDS: f64 = 5.0;
/// A page draws itself again at most this often.
const REDRAW: Duration = Duration::from_secs(2);
/// One message in so many is a cry for help.
const URGENT: usize = 100;

pub async fn measure(report: &mut Report, on: &Installation, rate: f64) -> Result<(), Failure> {
    while bluelamp::records::sequencer::sequence(&on.app, on.force).await? > 0 {}
    let (stop, stopped) = watch::channel(false);
    let sequencer = tokio::spawn(bluelamp::records::sequencer::run(on.app.clone(), stopped.clone()));
    let n = (rate * SECONDS).clamp(50.0, 5_000.0) as usize;
    let (staff, cookie) = on.pages().await?;
    let mut desks = JoinSet::new();
    let mut drawing = JoinSet::new();
    for _ in 0..DESKS {
        let stream = ask(&staff, "/events", &cookie).await?;
        desks.spawn(hear(stream.into_body(), n));
        drawing.spawn(redraw(staff.clone(), cookie.clone(), stopped.clone()));
    }
    let (sent, refused) = send(on, n, rate).await?;
    let mut heard = Vec::new();
    while let Some(desk) = desks.join_next().await {
        heard.push(desk?);
    }
    let _ = stop.send(true);
    sequencer.await?;
    let mut drawn = Vec::new();
    while let Some(times) = drawing.join_next().await {
        drawn.extend(times??);
    }
    let numbers: HashMap<Uuid, usize> = many::remote_ids(&on.app)
        .await?
        .into_iter()
        .filter_map(|(id, remote)| Some((id, remote.strip_prefix('m')?.parse().ok()?)))
        .collect();
    let mut took = Vec::new();
    for (id, at) in heard.iter().flatten() {
        let Some(sent) = numbers.get(id).and_then(|k| sent.get(*k)) else { continue };
        took.push(sent.elapsed().saturating_sub(at.elapsed()));
    }
    let missed = n * DESKS - took.len();
    if missed > 0 || refused > 0 {
        report
            .note(format!("At {rate:.0}/s {refused} webhooks were refused, and {missed} of {} events were not heard in time.", n * DESKS));
    }
    let (half, worst) = (percentile(&mut took, 0.5), percentile(&mut took, 0.99));
    let draw = percentile(&mut drawn, 0.99);
    report.line(Line {
        what: format!("received by webhook to {DESKS} open desks, at {rate:.0} messages/s"),
        ours: format!("{} 99th of a hundred, {} median; the desk's page meanwhile {}", millis(worst), millis(half), millis(draw)),
        beside: "the limit of 1 s".into(),
        ratio: format!("{:.2} of it", worst.as_secs_f64()),
        target: "p99 < 1 s",
        met: Met::Figure(worst < Duration::from_secs(1) && missed == 0 && refused == 0),
    });
    Ok(())
}

async fn ask(router: &Router, path: &str, cookie: &str) -> Result<axum::response::Response, Failure> {
    let request = Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, cookie).body(Body::empty())?;
    let answer = router.clone().oneshot(request).await?;
    if answer.status() != 200 {
        return Err(format!("{path} answered {}", answer.status()).into());
    }
    Ok(answer)
}

/// The messages that one stream told of, each with its moment, until there were `n` or no more came.
async fn hear(mut stream: Body, n: usize) -> Vec<(Uuid, Stopwatch)> {
    let mut heard = Vec::with_capacity(n);
    let mut text = String::new();
    while heard.len() < n {
        let Ok(Some(Ok(frame))) = tokio::time::timeout(Duration::from_secs(20), stream.frame()).await else { break };
        text.push_str(&String::from_utf8_lossy(frame.data_ref().map_or(&[][..], |d| d.as_ref())));
        while let Some((line, rest)) = text.split_once('\n') {
            let event = line.strip_prefix("data:").and_then(|d| serde_json::from_str::<serde_json::Value>(d.trim()).ok());
            if let Some(event) = event.filter(|e| e["kind"] == "intake.receive")
                && let Some(id) = event["id"].as_str().and_then(|id| id.parse().ok())
            {
                heard.push((id, Stopwatch::start()));
            }
            text = rest.to_owned();
        }
    }
    heard
}

/// Fetches the desk as often as its script would while messages come in.
async fn redraw(router: Router, cookie: String, stop: watch::Receiver<bool>) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::new();
    while !*stop.borrow() {
        let watch = Stopwatch::start();
        ask(&router, "/desk", &cookie).await?.into_body().collect().await?;
        times.push(watch.elapsed());
        tokio::time::sleep(REDRAW).await;
    }
    Ok(times)
}

/// Sends `n` signed webhooks at a steady rate; answers when each was sent and how many were not taken.
async fn send(on: &Installation, n: usize, rate: f64) -> Result<(Vec<Stopwatch>, usize), Failure> {
    let public = router::router(on.app.clone(), router::public());
    let ctx = process::ctx(&on.app, on.force, ZONE);
    let (path, secret) = connection::hook_of(&ctx, on.account).await?.ok_or("the account has no webhook")?;
    let every = Duration::from_secs_f64(1.0 / rate);
    let mut sent = Vec::with_capacity(n);
    let mut calls = JoinSet::new();
    let began = Stopwatch::start();
    for k in 0..n {
        let text = if k % URGENT == 0 { "he has a knife and says he will kill me" } else { "is the desk at Marlbrook open on Sunday" };
        let body = serde_json::json!({ "account": "a-main", "events": [intake::event(k, text)] }).to_string();
        let signature = sign(secret.expose(), on.app.clock.now().0 / 1_000_000, body.as_bytes());
        let request = Request::post(&path)
            .header(header::HOST, "public.localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .header(SIGNATURE, signature)
            .body(Body::from(body))?;
        if let Some(wait) = (every * u32::try_from(k)?).checked_sub(began.elapsed()) {
            tokio::time::sleep(wait).await;
        }
        sent.push(Stopwatch::start());
        let public = public.clone();
        calls.spawn(async move { public.oneshot(request).await.map(|a| a.status()) });
    }
    let mut refused = 0;
    while let Some(status) = calls.join_next().await {
        refused += usize::from(status?? != 200);
    }
    Ok((sent, refused))
}

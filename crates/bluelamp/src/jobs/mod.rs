//! The runner: claims due jobs with a lease and a fencing token, runs each by its kind, tries again with back-off, and
//! gives up loudly. A job may run twice; what it changes it changes through acts, with a key of its own.

use crate::act::{Ctx, Fault};
use crate::app::App;
use crate::db::doors::{self, Claimed, Finish};
use bluelamp_domain::act::{Actor, Principal};
use bluelamp_domain::ids::ForceId;
use bluelamp_domain::time::{Instant, SECOND};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// How a run of a job ended.
#[derive(Debug)]
pub enum Ran {
    Done,
    /// Not an error: the work is for later (a rate limit, a platform that asks to wait).
    Later {
        at: Instant,
        why: String,
    },
    /// Trying again cannot help.
    GiveUp {
        why: String,
    },
}

/// A kind of job, in the registry of `wiring.rs`.
pub struct JobInfo {
    pub kind: &'static str,
    /// The act that it ends in; stands in the golden list (I12).
    pub act: &'static str,
    /// How often it is tried before it is given up, loudly.
    pub attempts: i64,
    /// Seconds that one run may take at most.
    pub most_s: i64,
    pub run: fn(Ctx, Claimed) -> BoxFuture<'static, Result<Ran, Fault>>,
}

/// The system's own context in a force.
pub fn system(app: &App, force: ForceId, zone: &str, actor: Actor) -> Ctx {
    Ctx {
        app: app.clone(),
        force,
        principal: Principal::System(actor),
        zone: jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC),
        session: None,
        second_factor: true,
        token: None,
        scope: Arc::new(crate::act::Scope { every: true, name: actor.name().into(), ..Default::default() }),
        did: None,
    }
}

/// How long a claim lasts without a sign of life: when a program is killed, this much later another has its job.
const LEASE: i64 = 20 * SECOND;
/// Between two signs of life of a running job.
const BEAT: Duration = Duration::from_secs(5);
/// Jobs at once on one node.
const AT_ONCE: usize = 16;

/// Runs until `stop` fires; then finishes what is in hand. A job that takes long keeps no other waiting.
pub async fn run(app: App, mut stop: tokio::sync::watch::Receiver<bool>) {
    let mut running = tokio::task::JoinSet::new();
    loop {
        while let Some(ended) = running.try_join_next() {
            fell(ended);
        }
        let began = match begin(&app, AT_ONCE - running.len(), &mut running).await {
            Ok(n) => n,
            Err(e) => {
                tracing::warn!(error = %e, "jobs could not be claimed");
                0
            }
        };
        if *stop.borrow() {
            break;
        }
        if began > 0 && running.len() < AT_ONCE {
            continue;
        }
        let wait = match doors::next_job_at(&app.db).await {
            Ok(Some(at)) => u64::try_from((at.0 - app.clock.now().0) / 1000).unwrap_or(0).clamp(5, 1000),
            _ => 1000,
        };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(wait)) => {}
            () = app.stir_jobs.notified() => {}
            Some(ended) = running.join_next() => fell(ended),
            _ = stop.changed() => break,
        }
    }
    while let Some(ended) = running.join_next().await {
        fell(ended);
    }
}

/// One round: claims what is due and runs it side by side. Answers how many.
pub async fn round(app: &App) -> Result<usize, crate::db::DbError> {
    let mut running = tokio::task::JoinSet::new();
    let n = begin(app, AT_ONCE, &mut running).await?;
    while let Some(ended) = running.join_next().await {
        fell(ended);
    }
    Ok(n)
}

fn fell(ended: Result<(), tokio::task::JoinError>) {
    if let Err(e) = ended {
        tracing::error!(error = %e, "a job fell over; its lease will bring it back");
    }
}

/// Claims up to `most` of what is due and sets it running.
async fn begin(app: &App, most: usize, running: &mut tokio::task::JoinSet<()>) -> Result<usize, crate::db::DbError> {
    if most == 0 {
        return Ok(0);
    }
    let now = app.clock.now();
    if !doors::any_job_due(&app.db, now).await? {
        return Ok(0);
    }
    let claimed = doors::claim_jobs(&app.db, now, now.plus(LEASE), i64::try_from(most).unwrap_or(1)).await?;
    let n = claimed.len();
    let forces = if n > 0 { doors::forces(&app.db).await? } else { Vec::new() };
    for job in claimed {
        let zone = forces.iter().find(|f| f.id == job.force).map_or("Europe/London", |f| f.zone.as_str()).to_owned();
        let app = app.clone();
        running.spawn(async move { one(app, zone, job).await });
    }
    Ok(n)
}

/// Keeps the lease of a running job. Ends when it is lost: somebody else may have the job, so this run must stop.
async fn lost(app: &App, job: &Claimed) {
    let mut until = app.clock.now().plus(LEASE);
    loop {
        tokio::time::sleep(BEAT).await;
        let now = app.clock.now();
        match doors::renew_job(&app.db, job, now.plus(LEASE)).await {
            Ok(true) => until = now.plus(LEASE),
            Ok(false) => return,
            Err(_) if app.clock.now() >= until => return,
            // The database is away; until the lease ends, nobody else can have the job.
            Err(_) => {}
        }
    }
}

async fn one(app: App, zone: String, job: Claimed) {
    let finish = match crate::wiring::job(&job.kind) {
        None => Finish::GivenUp { why: format!("no job is called `{}`", job.kind) },
        Some(info) => {
            let ctx = system(&app, job.force, &zone, Actor::Scheduler);
            let within = Duration::from_secs(u64::try_from(info.most_s).unwrap_or(60));
            let ran = tokio::select! {
                ran = tokio::time::timeout(within, (info.run)(ctx, job.clone())) => ran,
                () = lost(&app, &job) => {
                    tracing::warn!(kind = job.kind, job = %job.id, "the lease was lost while the job ran; it is stopped here");
                    return;
                }
            };
            let again = |why: String| {
                if job.attempts >= info.attempts {
                    Finish::GivenUp { why }
                } else {
                    Finish::Again { at: back_off(app.clock.now(), job.attempts, app.random::<1>()[0]), why }
                }
            };
            match ran {
                Ok(Ok(Ran::Done)) => Finish::Done,
                Ok(Ok(Ran::Later { at, why })) => Finish::Again { at, why },
                Ok(Ok(Ran::GiveUp { why })) => Finish::GivenUp { why },
                Ok(Err(e)) => again(e.to_string()),
                Err(_) => again("it took too long".into()),
            }
        }
    };
    if let Finish::GivenUp { why } = &finish {
        tracing::error!(kind = job.kind, job = %job.id, why, "a job was given up");
        metrics::counter!("jobs_given_up", "kind" => job.kind.clone()).increment(1);
    }
    match doors::finish_job(&app.db, &job, &finish, app.clock.now()).await {
        Ok(true) => {}
        Ok(false) => tracing::warn!(job = %job.id, "the lease was lost while the job ran"),
        Err(e) => tracing::warn!(job = %job.id, error = %e, "a job's end could not be written; its lease will bring it back"),
    }
    app.stir_jobs.notify_one();
}

/// 2, 4, 8 … seconds to ten minutes, with up to a quarter of jitter.
fn back_off(now: Instant, attempts: i64, jitter: u8) -> Instant {
    let seconds = (1i64 << attempts.clamp(1, 9)).min(600);
    now.plus(seconds * SECOND + seconds * SECOND / 4 * i64::from(jitter) / 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_grows_and_is_capped() {
        let at = |n| back_off(Instant(0), n, 0).0 / SECOND;
        assert_eq!((at(1), at(2), at(5), at(30)), (2, 4, 32, 512));
        assert!(back_off(Instant(0), 3, 255).0 <= 10 * SECOND);
    }
}

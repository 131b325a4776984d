//! `community.moderate`: a decided measure goes to its platform. The line "about to be asked" is written before the
//! call; where it is found again without an answer, the platform is asked before anything is sent a second time.

use super::acts::record_outcome::RecordOutcome;
use super::store::{self, MeasureRow};
use crate::accounts::connection::{self, Line, NoLine};
use crate::accounts::jobs::{Renewed, renew_now};
use crate::act::{Ctx, Fault, Outcome as Acted};
use crate::db::doors::Claimed;
use crate::intake::queue::store as queue;
use crate::intake::store as intake;
use crate::jobs::Ran;
use bluelamp_domain::community::{Ask, Came, Kind, State, after_silence};
use bluelamp_domain::ids::MeasureId;
use bluelamp_domain::time::{Instant, MINUTE, SECOND};
use bluelamp_platforms::{Moderation, Outcome, Seen, Subject};
use futures_util::future::BoxFuture;

/// How often the platform is asked before somebody is told that it will not answer.
pub const ATTEMPTS: i64 = 20;

pub fn moderate(ctx: Ctx, job: Claimed) -> BoxFuture<'static, Result<Ran, Fault>> {
    Box::pin(async move {
        let Some(id) = job.input["measure"].as_str().and_then(|s| s.parse::<MeasureId>().ok()) else {
            return Ok(Ran::GiveUp { why: "the job names no measure".into() });
        };
        let last = job.attempts >= ATTEMPTS;
        let mut tx = ctx.read().await?;
        let Some(measure) = store::measure(&mut tx, ctx.force, id).await? else {
            return Ok(Ran::GiveUp { why: "the measure is not there".into() });
        };
        let Some(subject) = subject(&ctx, &mut tx, &measure).await? else {
            return Ok(Ran::GiveUp { why: "the message is not there".into() });
        };
        drop(tx);
        if !measure.state.under_way() {
            return Ok(Ran::Done);
        }
        let line = match connection::line_of(&ctx, measure.account).await {
            Ok(line) => line,
            Err(NoLine::Fault(f)) => return Err(f),
            Err(no) => return ended(&ctx, &measure, Came::Rejected, no.to_string()).await,
        };
        let silent = matches!(measure.state, State::Sent | State::Unknown);
        if silent && let Some(ran) = ask_first(&ctx, &measure, &line, &subject, last).await? {
            return Ok(ran);
        }
        match record(&ctx, &measure, Came::Sending, String::new()).await? {
            Acted::Done(_) => {}
            // The evidence does not stand: nothing is sent (I6).
            Acted::Refused { reasons, .. } | Acted::Held { reasons, .. } => {
                let why = reasons.into_iter().map(|r| r.says).collect::<Vec<_>>().join(" ");
                return ended(&ctx, &measure, Came::Rejected, why).await;
            }
        }
        let said = line.connector.moderate(&*line.net, &line.connection, call(measure.kind), &subject, ctx.now().0).await;
        answered(&ctx, &measure, &line, said, silent, last).await
    })
}

/// A call before this one had no answer. `Some` where there is nothing more to send now.
async fn ask_first(ctx: &Ctx, m: &MeasureRow, line: &Line, subject: &Subject, last: bool) -> Result<Option<Ran>, Fault> {
    match after_silence(m.kind) {
        Ask::SetAgain => Ok(None),
        Ask::Person => {
            let why = "the platform gave no answer and cannot be asked whether it arrived; report it again if it matters";
            Ok(Some(ended(ctx, m, Came::Unknown, why.into()).await?))
        }
        Ask::ReadBack => match line.connector.read_back(&*line.net, &line.connection, &subject.remote_id).await {
            Outcome::Done(Seen::Gone) => Ok(Some(ended(ctx, m, Came::Done, "found gone when the platform was asked".into()).await?)),
            // Still to be seen: not done, or done in a way that leaves it standing. Setting the state again is harmless.
            Outcome::Done(Seen::Live { .. }) => Ok(None),
            Outcome::Limited { until } => Ok(Some(Ran::Later { at: Instant(until), why: "the platform asks to wait".into() })),
            Outcome::Unauthorised { .. } => Ok(None),
            Outcome::Rejected { why } | Outcome::Unknown { why } | Outcome::Broken { why } => {
                if last {
                    return Ok(Some(ended(ctx, m, Came::Unknown, why).await?));
                }
                Ok(Some(Ran::Later { at: wait(ctx, m), why }))
            }
        },
    }
}

/// What the platform said, put on record. `silent`: an earlier call had no answer, so that "not done now" proves nothing.
async fn answered(ctx: &Ctx, m: &MeasureRow, line: &Line, said: Outcome<()>, silent: bool, last: bool) -> Result<Ran, Fault> {
    match said {
        Outcome::Done(()) => ended(ctx, m, Came::Done, String::new()).await,
        Outcome::Rejected { why } => ended(ctx, m, Came::Rejected, why).await,
        Outcome::Limited { until } => again(ctx, m, not_now(silent), "the platform asks to wait".into(), Instant(until), last).await,
        Outcome::Broken { why } => again(ctx, m, not_now(silent), why, wait(ctx, m), last).await,
        Outcome::Unknown { why } if after_silence(m.kind) == Ask::Person => ended(ctx, m, Came::Unknown, why).await,
        Outcome::Unknown { why } => again(ctx, m, Came::Unknown, why, wait(ctx, m), last).await,
        Outcome::Unauthorised { why } => match renew_now(ctx, m.account, Some(line.row.version)).await? {
            Renewed::Fresh | Renewed::NotNeeded => {
                let at = if m.attempts == 0 { ctx.now() } else { wait(ctx, m) };
                again(ctx, m, not_now(silent), why, at, last).await
            }
            Renewed::Later { at, why } => again(ctx, m, not_now(silent), why, at, last).await,
            // The renewal has marked the connection already.
            Renewed::NeedsPerson => {
                let why = format!("the platform no longer takes the account's credentials ({why}); connect it again, then try once more");
                ended(ctx, m, Came::Rejected, why).await
            }
        },
    }
}

fn not_now(silent: bool) -> Came {
    if silent { Came::Unknown } else { Came::Later }
}

async fn record(ctx: &Ctx, m: &MeasureRow, came: Came, why: String) -> Result<Acted, Fault> {
    ctx.act(RecordOutcome { measure: m.id, came, why }).await
}

/// It has ended, well or not.
async fn ended(ctx: &Ctx, m: &MeasureRow, came: Came, why: String) -> Result<Ran, Fault> {
    record(ctx, m, came, why).await?;
    Ok(Ran::Done)
}

/// It is tried again, or, after the last try, ended loudly as it stands.
async fn again(ctx: &Ctx, m: &MeasureRow, came: Came, why: String, at: Instant, last: bool) -> Result<Ran, Fault> {
    if !last {
        record(ctx, m, came, why.clone()).await?;
        return Ok(Ran::Later { at, why });
    }
    let came = if came == Came::Later { Came::Rejected } else { came };
    record(ctx, m, came, why.clone()).await?;
    Ok(Ran::GiveUp { why })
}

/// 2, 4, 8 … seconds to ten minutes.
fn wait(ctx: &Ctx, m: &MeasureRow) -> Instant {
    ctx.now().plus((SECOND << m.attempts.clamp(1, 9)).min(10 * MINUTE))
}

fn call(kind: Kind) -> Moderation {
    match kind {
        Kind::Hide => Moderation::Hide,
        Kind::Unhide => Moderation::Unhide,
        Kind::Delete => Moderation::Delete,
        Kind::Report => Moderation::Report,
        Kind::Block => Moderation::Block,
        Kind::Unblock => Moderation::Unblock,
    }
}

/// The message and its author as the connector needs them. The ground goes in the pack's words, never who decided.
async fn subject(ctx: &Ctx, tx: &mut crate::db::Tx, m: &MeasureRow) -> Result<Option<Subject>, Fault> {
    let Some(message) = intake::message(tx, ctx.force, m.message).await? else { return Ok(None) };
    let Some(author) = queue::correspondent(tx, ctx.force, m.correspondent).await? else { return Ok(None) };
    let pack = ctx.app.pack_of(tx, ctx.force).await?;
    let title = pack.words().ground(&m.ground).map_or_else(String::new, |g| g.title.clone());
    // A platform is told the reason only where it is asked to judge: what is written for a block stays with the force.
    let reason = match m.kind {
        Kind::Report if !m.reason.is_empty() => format!("{title}. {}", m.reason),
        _ => title,
    };
    Ok(Some(Subject { remote_id: message.remote_id, author_id: author.remote_id, extra: message.extra, ground: m.ground.clone(), reason }))
}

//! The jobs of publishing: the time of a draft has come, a post goes out, is read back, is taken down.
//!
//! INVARIANT: a call to publish is written down before it is made. Whatever follows, a killed program, a silent platform,
//! a lost lease, the platform is asked whether the item is there before it is sent again; so nothing goes out twice.

use super::acts::expire::{Cause, Expire};
use super::acts::record_read_back::{RecordReadBack, SeenAs};
use super::acts::record_sent::RecordSent;
use super::acts::record_taken_down::RecordTakenDown;
use super::acts::send::Send;
use super::store::{self, AttemptRow, DraftRow, PostRow};
use crate::accounts::connection::{self, Line, NoLine};
use crate::accounts::jobs::again_after;
use crate::act::{Ctx, Fault, Outcome as Done};
use crate::db::doors::Claimed;
use crate::db::{DbError, Isolation};
use crate::jobs::Ran;
use bluelamp_domain::decision::Rating;
use bluelamp_domain::ids::{DraftId, PersonId, PostId};
use bluelamp_domain::publishing::post::{self, Came};
use bluelamp_domain::publishing::state::{self, Due};
use bluelamp_domain::time::{HOUR, Instant, MINUTE, SECOND};
use bluelamp_platforms::{Image, Outcome, Outgoing, Receipt, ReplyTo, Seen};
use futures_util::future::BoxFuture;

/// Longer than any lease without a sign of life: a call begun that long ago has no runner behind it that may go on.
const CALL_MAY_RUN: i64 = 30 * SECOND;

fn id<T: std::str::FromStr>(job: &Claimed, name: &str) -> Option<T> {
    job.input[name].as_str().and_then(|s| s.parse().ok())
}

/// `publishing.send`: a draft's time has come.
pub fn send(ctx: Ctx, job: Claimed) -> BoxFuture<'static, Result<Ran, Fault>> {
    Box::pin(async move {
        let (Some(draft), Some(revision)) = (id::<DraftId>(&job, "draft"), job.input["revision"].as_i64()) else {
            return Ok(Ran::GiveUp { why: "the job names no draft".into() });
        };
        let figures = ctx.pack().await?.figures().clone();
        let row = {
            let mut tx = ctx.read().await?;
            store::draft(&mut tx, ctx.force, draft).await?
        };
        let Some(row) = row else { return Ok(Ran::GiveUp { why: "the draft is not there".into() }) };
        let expires = row.draft.state.for_().unwrap_or(ctx.now()).plus(figures.post_expiry_minutes() * MINUTE);
        match state::due(&row.draft, revision, figures.post_expiry_minutes(), ctx.now()) {
            Due::Settled => return Ok(Ran::Done),
            Due::NotYet { until } => return Ok(Ran::Later { at: until, why: "its time has not come".into() }),
            Due::TooLate => {
                return expire(
                    &ctx,
                    draft,
                    revision,
                    Cause::Late,
                    "its time passed before it could go out; it is never sent late by itself",
                )
                .await;
            }
            Due::Go => {}
        }
        let act = Send { draft, revision };
        if let Some(why) = against(&ctx, row.sent_by.unwrap_or(row.draft.author), &act).await? {
            return expire(&ctx, draft, revision, Cause::Refused, &why).await;
        }
        match ctx.act_keyed(act, Some(&format!("{}:{}", job.key, job.attempts))).await? {
            Done::Done(_) => Ok(Ran::Done),
            Done::Refused { reasons, .. } => {
                let why = reasons.iter().map(|r| r.says.as_str()).collect::<Vec<_>>().join(" ");
                expire(&ctx, draft, revision, Cause::Refused, &why).await
            }
            // Someone may still agree in time; otherwise it expires, and says so.
            Done::Held { .. } => Ok(Ran::Later { at: expires.plus(1), why: "someone must agree before it goes".into() }),
        }
    })
}

/// Whoever published it may have lost their training, their account or their post since: then nothing goes in their name.
async fn against(ctx: &Ctx, person: PersonId, act: &Send) -> Result<Option<String>, Fault> {
    let zone = ctx.zone.iana_name().unwrap_or("UTC");
    let Some(theirs) = crate::http::session::context(&ctx.app, ctx.force, person, zone, None, None).await? else {
        return Ok(Some("whoever published it has left; someone else has to publish it".into()));
    };
    let decision = Ctx { second_factor: true, ..theirs }.may(act).await?;
    if decision.rating != Rating::Red {
        return Ok(None);
    }
    Ok(Some(decision.reasons.iter().filter(|r| r.rating == Rating::Red).map(|r| r.says.as_str()).collect::<Vec<_>>().join(" ")))
}

async fn expire(ctx: &Ctx, draft: DraftId, revision: i64, cause: Cause, why: &str) -> Result<Ran, Fault> {
    tracing::error!(%draft, "a post was not sent at its time and has expired");
    metrics::counter!("posts_expired").increment(1);
    ctx.act(Expire { draft, revision, cause, why: why.to_owned() }).await?;
    Ok(Ran::Done)
}

/// Everything a call about a post needs, read before it and closed before it (I4).
struct Errand {
    post: PostRow,
    draft: DraftRow,
    last: Option<AttemptRow>,
    before: Option<PostRow>,
    line: Result<Line, NoLine>,
    expires: Instant,
}

async fn errand(ctx: &Ctx, post: PostId) -> Result<Option<Errand>, Fault> {
    let expiry = ctx.pack().await?.figures().post_expiry_minutes() * MINUTE;
    let mut tx = ctx.read().await?;
    let Some(post) = store::post(&mut tx, ctx.force, post).await? else { return Ok(None) };
    let Some(draft) = store::draft(&mut tx, ctx.force, post.draft).await? else { return Ok(None) };
    let last = store::last_attempt(&mut tx, ctx.force, post.id).await?;
    let before = if post.part > 1 {
        let all = store::posts_of(&mut tx, ctx.force, post.draft).await?;
        all.into_iter()
            .find(|o| o.account == post.account && o.due_at == post.due_at && o.revision == post.revision && o.part == post.part - 1)
    } else {
        None
    };
    let line = connection::line(&ctx.app, &mut tx, ctx.force, post.account).await;
    // The parts of a thread follow the first; their time runs from when the one before them went out.
    let from = before.as_ref().and_then(|b| b.live_at).unwrap_or(post.due_at).max(post.due_at);
    let expires = from.plus(expiry);
    Ok(Some(Errand { post, draft, last, before, line, expires }))
}

/// `publishing.deliver`: one post goes out, once.
pub fn deliver(ctx: Ctx, job: Claimed) -> BoxFuture<'static, Result<Ran, Fault>> {
    Box::pin(async move {
        let Some(post) = id::<PostId>(&job, "post") else { return Ok(Ran::GiveUp { why: "the job names no post".into() }) };
        let Some(e) = errand(&ctx, post).await? else { return Ok(Ran::GiveUp { why: "the post is not there".into() }) };
        if !matches!(e.post.state, post::State::Waiting | post::State::Unknown) {
            return Ok(Ran::Done);
        }
        // The answer came and could not be recorded: it is recorded now, and nothing is sent.
        if let Some(receipt) = e.last.as_ref().and_then(|a| a.receipt.as_deref()).and_then(|r| serde_json::from_str::<Receipt>(r).ok()) {
            return record_live(&ctx, &e, receipt).await;
        }
        let line = match &e.line {
            Ok(line) => line,
            Err(NoLine::Fault(f)) => return Err(Fault::Broken(f.to_string())),
            Err(no) => return unconnected(&ctx, &e, &no.to_string(), job.attempts).await,
        };
        let item = match outgoing(&ctx, &e).await? {
            Ok(item) => item,
            Err(why) => return record(&ctx, &e, Came::Rejected, &why).await,
        };
        if doubtful(e.last.as_ref()) {
            if still_running(e.last.as_ref(), ctx.now()) {
                return Ok(later(&ctx, 1, "another runner may be at it"));
            }
            match line.connector.find(&*line.net, &line.connection, &item).await {
                Outcome::Done(Some(receipt)) => {
                    keep(&ctx, &e, e.last.as_ref().map_or(1, |a| a.nth), Came::Live, Some(&receipt), "found").await?;
                    return record_live(&ctx, &e, receipt).await;
                }
                // It did not get through: it may be tried again.
                Outcome::Done(None) => {
                    if let Some(a) = &e.last {
                        keep(&ctx, &e, a.nth, Came::Rejected, None, "asked: not there").await?;
                    }
                }
                Outcome::Unauthorised { why } => return unauthorised(&ctx, &e, line, &why, job.attempts).await,
                Outcome::Limited { until } => return Ok(Ran::Later { at: Instant(until), why: "the platform asks to wait".into() }),
                Outcome::Rejected { why } | Outcome::Unknown { why } | Outcome::Broken { why } => {
                    return Ok(later(&ctx, job.attempts, &format!("asked whether it is out, no answer: {why}")));
                }
            }
        }
        if !line.account.state.speaks() || !line.account.connected {
            return record(&ctx, &e, Came::Rejected, "the account was stopped or closed meanwhile, so nothing goes out on it").await;
        }
        if ctx.now() > e.expires {
            tracing::error!(post = %e.post.id, "a post could not be sent in time and has expired");
            metrics::counter!("posts_expired").increment(1);
            return record(
                &ctx,
                &e,
                Came::Expired,
                "its time passed before the platform could be reached; it is never sent late by itself",
            )
            .await;
        }
        let nth = e.last.as_ref().map_or(1, |a| a.nth + 1);
        if !begin(&ctx, &e, nth).await? {
            return Ok(later(&ctx, 1, "another runner is at it"));
        }
        let came = line.connector.publish(&*line.net, &line.connection, &item).await;
        answered(&ctx, &e, line, nth, came, job.attempts).await
    })
}

/// Was a call begun whose end nobody knows?
fn doubtful(last: Option<&AttemptRow>) -> bool {
    last.is_some_and(|a| a.ended_at.is_none() || a.came.as_deref() == Some(Came::Unknown.name()))
}

fn still_running(last: Option<&AttemptRow>, now: Instant) -> bool {
    last.is_some_and(|a| a.ended_at.is_none() && now < a.started_at.plus(CALL_MAY_RUN) && now >= a.started_at)
}

async fn answered(ctx: &Ctx, e: &Errand, line: &Line, nth: i64, came: Outcome<Receipt>, tries: i64) -> Result<Ran, Fault> {
    match came {
        Outcome::Done(receipt) => {
            keep(ctx, e, nth, Came::Live, Some(&receipt), "").await?;
            record_live(ctx, e, receipt).await
        }
        Outcome::Rejected { why } => {
            keep(ctx, e, nth, Came::Rejected, None, &why).await?;
            record(ctx, e, Came::Rejected, &why).await
        }
        Outcome::Unknown { why } => {
            keep(ctx, e, nth, Came::Unknown, None, &why).await?;
            record(ctx, e, Came::Unknown, &why).await?;
            Ok(later(ctx, 1, "sent, no answer: the platform is asked next"))
        }
        Outcome::Limited { until } => {
            keep(ctx, e, nth, Came::Limited, None, "").await?;
            if e.post.why != LIMITED {
                record(ctx, e, Came::Limited, LIMITED).await?;
            }
            Ok(Ran::Later { at: Instant(until).min(e.expires.plus(SECOND)).max(ctx.now().plus(SECOND)), why: LIMITED.into() })
        }
        Outcome::Unauthorised { why } => {
            keep(ctx, e, nth, Came::Unauthorised, None, &why).await?;
            unauthorised(ctx, e, line, &why, tries).await
        }
        Outcome::Broken { why } => {
            // Nothing was done there: the next try is a new call, not a question.
            keep(ctx, e, nth, Came::Limited, None, &why).await?;
            Ok(later(ctx, tries, &why))
        }
    }
}

const LIMITED: &str = "the platform asks to wait";

/// The credential was refused: with a fresh one it is tried again. Where none is to be had the account is marked by now,
/// and the post waits for a person until its time has passed.
async fn unauthorised(ctx: &Ctx, e: &Errand, line: &Line, why: &str, tries: i64) -> Result<Ran, Fault> {
    match again_after(ctx, line).await? {
        Some(at) => Ok(renewed(ctx, at, tries, why)),
        None => unconnected(ctx, e, why, 5).await,
    }
}

/// The first refusal is tried again as soon as the credential is fresh; one that keeps being refused, ever later.
fn renewed(ctx: &Ctx, at: Instant, tries: i64, why: &str) -> Ran {
    match later(ctx, tries, why) {
        Ran::Later { at: paced, why } => Ran::Later { at: if tries <= 1 { at } else { at.max(paced) }, why },
        other => other,
    }
}

async fn unconnected(ctx: &Ctx, e: &Errand, why: &str, tries: i64) -> Result<Ran, Fault> {
    if ctx.now() > e.expires && !doubtful(e.last.as_ref()) {
        tracing::error!(post = %e.post.id, "a post could not be sent for want of a connection and has expired");
        return record(ctx, e, Came::Expired, why).await;
    }
    if e.post.why != why {
        record(ctx, e, Came::Unauthorised, why).await?;
    }
    let Ran::Later { at, why } = later(ctx, tries, why) else { return Ok(Ran::Done) };
    Ok(Ran::Later { at: if doubtful(e.last.as_ref()) { at } else { at.min(e.expires.plus(SECOND)).max(ctx.now().plus(SECOND)) }, why })
}

fn later(ctx: &Ctx, tries: i64, why: &str) -> Ran {
    let seconds = (2i64 << tries.clamp(0, 8)).min(300);
    Ran::Later { at: ctx.now().plus(seconds * SECOND), why: why.to_owned() }
}

async fn record_live(ctx: &Ctx, e: &Errand, r: Receipt) -> Result<Ran, Fault> {
    let act =
        RecordSent { post: e.post.id, came: Came::Live, remote_id: Some(r.remote_id), url: r.url, extra: r.extra, why: String::new() };
    settle(ctx.act(act).await?)
}

async fn record(ctx: &Ctx, e: &Errand, came: Came, why: &str) -> Result<Ran, Fault> {
    let act = RecordSent { post: e.post.id, came, remote_id: None, url: String::new(), extra: Default::default(), why: why.to_owned() };
    settle(ctx.act(act).await?)
}

/// What was refused because it stands already needs nothing more.
fn settle(outcome: Done) -> Result<Ran, Fault> {
    match outcome {
        Done::Done(_) => Ok(Ran::Done),
        Done::Refused { code, .. } if code == "settled" || code == "not-leaving" || code == "not-out" => Ok(Ran::Done),
        Done::Refused { code, reasons } => Err(Fault::Broken(format!(
            "what became of a post could not be recorded ({code}): {}",
            reasons.iter().map(|r| r.says.as_str()).collect::<Vec<_>>().join(" ")
        ))),
        Done::Held { .. } => Err(Fault::Broken("what became of a post was held; the policy must let the system record it".into())),
    }
}

/// Writes the attempt before the call. False when another runner wrote it first.
async fn begin(ctx: &Ctx, e: &Errand, nth: i64) -> Result<bool, Fault> {
    let mut tx = ctx.app.db.write(ctx.force, Isolation::ReadCommitted).await?;
    match store::begin_attempt(&mut tx, ctx.force, e.post.id, nth, ctx.now()).await {
        Ok(()) => tx.commit().await?,
        Err(DbError::Constraint(_)) => return Ok(false),
        Err(other) => return Err(other.into()),
    }
    Ok(true)
}

/// Writes what an attempt came to: the platform's own id before anything else is done with it.
async fn keep(ctx: &Ctx, e: &Errand, nth: i64, came: Came, receipt: Option<&Receipt>, detail: &str) -> Result<(), Fault> {
    let receipt = receipt.map(serde_json::to_string).transpose().map_err(|e| Fault::Broken(e.to_string()))?;
    let detail: String = detail.chars().take(300).collect();
    let mut tx = ctx.app.db.write(ctx.force, Isolation::ReadCommitted).await?;
    store::end_attempt(&mut tx, ctx.force, e.post.id, nth, came.name(), receipt, &detail, ctx.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// The item as the platform gets it, the same on every attempt. `Err` says why there is none.
async fn outgoing(ctx: &Ctx, e: &Errand) -> Result<Result<Outgoing, String>, Fault> {
    let c = &e.draft.draft.content;
    let mut images = Vec::new();
    // Pictures go with the first part.
    for p in c.pictures.iter().filter(|_| e.post.part == 1) {
        let bytes = match ctx.app.blobs.get(ctx.force, &p.object).await {
            Ok(bytes) => bytes,
            Err(crate::db::blobs::BlobError::Store(why)) => return Err(Fault::Broken(why)),
            Err(gone) => return Ok(Err(gone.to_string())),
        };
        // Released without a description: said so, because no platform takes a picture without one from here.
        let alt = match (p.alt.is_empty(), c.language.as_str()) {
            (false, _) => p.alt.clone(),
            (true, "cy") => "Dim disgrifiad".to_owned(),
            (true, _) => "No description".to_owned(),
        };
        images.push(Image { bytes, mime: p.mime.clone(), alt, width: p.width, height: p.height });
    }
    let reply_to = match (&e.before, &e.draft.reply_to) {
        (Some(before), _) => {
            let (Some(remote_id), Ok(line)) = (before.remote_id.clone(), &e.line) else {
                return Ok(Err("the part before it is not out".into()));
            };
            Some(ReplyTo {
                remote_id,
                extra: before.extra.clone(),
                private: false,
                author_id: line.connection.remote_account.clone(),
                author_handle: line.connection.handle.clone(),
            })
        }
        (None, Some(json)) => {
            Some(serde_json::from_str(json).map_err(|e| Fault::Broken(format!("where a reply belongs cannot be read: {e}")))?)
        }
        (None, None) => None,
    };
    Ok(Ok(Outgoing {
        text: e.post.text.clone(),
        language: c.language.clone(),
        images,
        reply_to,
        created_at: e.post.decided_at.0,
        key: e.post.key.to_string(),
    }))
}

/// `publishing.read_back`: what does the platform show?
pub fn read_back(ctx: Ctx, job: Claimed) -> BoxFuture<'static, Result<Ran, Fault>> {
    Box::pin(async move {
        let Some(post) = id::<PostId>(&job, "post") else { return Ok(Ran::GiveUp { why: "the job names no post".into() }) };
        let Some(e) = errand(&ctx, post).await? else { return Ok(Ran::GiveUp { why: "the post is not there".into() }) };
        let (Some(remote), true) = (&e.post.remote_id, matches!(e.post.state, post::State::Live | post::State::Missing)) else {
            return Ok(Ran::Done);
        };
        let Ok(line) = &e.line else { return Ok(later(&ctx, 8, "the account is not connected")) };
        let seen = match line.connector.read_back(&*line.net, &line.connection, remote).await {
            Outcome::Done(Seen::Live { text }) => {
                if same_words(&text, &e.post.text) {
                    SeenAs::Same
                } else {
                    SeenAs::Differs
                }
            }
            // A platform may show a new post a little late: three looks before we say that it is not there.
            Outcome::Done(Seen::Gone) if job.attempts < 3 => return Ok(later(&ctx, job.attempts + 1, "not shown yet")),
            Outcome::Done(Seen::Gone) => {
                tracing::error!(post = %e.post.id, "a post is not there although nobody took it down");
                SeenAs::Gone
            }
            Outcome::Unauthorised { why } => {
                return Ok(match again_after(&ctx, line).await? {
                    Some(at) => renewed(&ctx, at, job.attempts, &why),
                    None => later(&ctx, 8, "the connection no longer works"),
                });
            }
            Outcome::Limited { until } => return Ok(Ran::Later { at: Instant(until), why: LIMITED.into() }),
            Outcome::Rejected { why } => return Ok(Ran::GiveUp { why }),
            Outcome::Unknown { why } | Outcome::Broken { why } => return Err(Fault::Broken(why)),
        };
        settle(ctx.act(RecordReadBack { post, seen }).await?)
    })
}

/// Platforms tidy blanks and shorten links; words are what is compared.
fn same_words(theirs: &str, ours: &str) -> bool {
    theirs.split_whitespace().eq(ours.split_whitespace())
}

/// `publishing.take_down`: delete, then look. What is read back as gone is gone.
pub fn take_down(ctx: Ctx, job: Claimed) -> BoxFuture<'static, Result<Ran, Fault>> {
    Box::pin(async move {
        let Some(post) = id::<PostId>(&job, "post") else { return Ok(Ran::GiveUp { why: "the job names no post".into() }) };
        let Some(e) = errand(&ctx, post).await? else { return Ok(Ran::GiveUp { why: "the post is not there".into() }) };
        if e.post.state != post::State::Leaving {
            return Ok(Ran::Done);
        }
        let line = match &e.line {
            Ok(line) => line,
            Err(NoLine::Fault(f)) => return Err(Fault::Broken(f.to_string())),
            Err(no) => {
                tracing::error!(post = %e.post.id, why = %no, "a post cannot be taken down");
                return Ok(later(&ctx, 5, &no.to_string()));
            }
        };
        let remote = match e.post.remote_id.clone().or_else(|| kept_id(e.last.as_ref())) {
            Some(remote) => remote,
            // Nobody knows whether it went out: it is looked for.
            None => {
                if still_running(e.last.as_ref(), ctx.now()) {
                    return Ok(later(&ctx, 3, "a call is still under way"));
                }
                let item = match outgoing(&ctx, &e).await? {
                    Ok(item) => item,
                    Err(_) => return settle(ctx.act(RecordTakenDown { post }).await?),
                };
                match line.connector.find(&*line.net, &line.connection, &item).await {
                    Outcome::Done(Some(receipt)) => receipt.remote_id,
                    Outcome::Done(None) => return settle(ctx.act(RecordTakenDown { post }).await?),
                    other => return not_down(&ctx, &e, line, other.map(drop), job.attempts).await,
                }
            }
        };
        match line.connector.delete(&*line.net, &line.connection, &remote).await {
            // A refusal or no answer decides nothing: the look does.
            Outcome::Done(()) | Outcome::Unknown { .. } | Outcome::Rejected { .. } => {}
            other => return not_down(&ctx, &e, line, other, job.attempts).await,
        }
        match line.connector.read_back(&*line.net, &line.connection, &remote).await {
            Outcome::Done(Seen::Gone) => settle(ctx.act(RecordTakenDown { post }).await?),
            Outcome::Done(Seen::Live { .. }) => {
                tracing::warn!(post = %e.post.id, "deleted, and still shown");
                Ok(later(&ctx, job.attempts, "deleted, and still shown"))
            }
            other => not_down(&ctx, &e, line, other.map(drop), job.attempts).await,
        }
    })
}

fn kept_id(last: Option<&AttemptRow>) -> Option<String> {
    let receipt = last?.receipt.as_deref()?;
    serde_json::from_str::<Receipt>(receipt).ok().map(|r| r.remote_id)
}

async fn not_down(ctx: &Ctx, e: &Errand, line: &Line, came: Outcome<()>, tries: i64) -> Result<Ran, Fault> {
    match came {
        Outcome::Unauthorised { why } => Ok(match again_after(ctx, line).await? {
            Some(at) => renewed(ctx, at, tries, &why),
            None => later(ctx, 5, &why),
        }),
        Outcome::Limited { until } => Ok(Ran::Later { at: Instant(until).min(ctx.now().plus(HOUR)), why: LIMITED.into() }),
        Outcome::Rejected { why } | Outcome::Unknown { why } | Outcome::Broken { why } => {
            tracing::error!(post = %e.post.id, why, "a post is not down yet");
            Ok(later(ctx, tries, &why))
        }
        Outcome::Done(()) => Ok(later(ctx, 1, "looked at again")),
    }
}

//! What the desk's acts cause: replies sent, alarms passed on and mailed, claims that ran out, messages that nobody
//! answered. Each ends in an act; each may run twice.

use super::acts::{escalate_alert::EscalateAlert, record_reply_sent::RecordReplySent, release_claim::ReleaseClaim, route::Route};
use super::store::{self, ReplyRow};
use crate::accounts::connection::{self, Line, NoLine};
use crate::act::{Ctx, Fault, Outcome};
use crate::db::Isolation;
use crate::db::doors::Claimed;
use crate::intake;
use crate::jobs::Ran;
use bluelamp_domain::desk::reply::State;
use bluelamp_domain::ids::{AlertId, MessageId, PersonId};
use bluelamp_domain::time::{Instant, SECOND};
use bluelamp_platforms::{Outcome as Came, Outgoing, Receipt, ReplyTo};
use uuid::Uuid;

fn input<T: serde::de::DeserializeOwned>(job: &Claimed, name: &str) -> Result<T, Fault> {
    serde_json::from_value(job.input.get(name).cloned().unwrap_or_default()).map_err(|e| Fault::Broken(format!("a job's `{name}`: {e}")))
}

/// An act whose time has passed is no fault: somebody was quicker.
fn settled(outcome: Outcome, fine: &[&str]) -> Result<Ran, Fault> {
    match outcome {
        Outcome::Done(_) => Ok(Ran::Done),
        Outcome::Refused { code, .. } if fine.contains(&code.as_str()) => Ok(Ran::Done),
        Outcome::Refused { code, reasons } => {
            let says: Vec<String> = reasons.into_iter().map(|r| r.says).collect();
            Err(Fault::Broken(format!("{code}: {}", says.join(" "))))
        }
        Outcome::Held { .. } => Err(Fault::Broken("the system's own act waits for agreement".into())),
    }
}

/// `desk.escalate_alert`: on the pack's minute, unless somebody answered.
pub async fn escalate(ctx: Ctx, job: Claimed) -> Result<Ran, Fault> {
    let (alert, round): (AlertId, i64) = (input(&job, "alert")?, input(&job, "round")?);
    let row = store::alert(&mut ctx.read().await?, ctx.force, alert).await?;
    match row {
        Some(a) if a.acknowledged_at.is_none() && a.round == round => {}
        _ => return Ok(Ran::Done),
    }
    settled(ctx.act(EscalateAlert { alert, round }).await?, &["acknowledged", "passed-on", "too-early"])
}

/// `desk.expire_claim`: takes back what ran out; a renewed claim has a later time.
pub async fn expire_claim(ctx: Ctx, job: Claimed) -> Result<Ran, Fault> {
    let id: MessageId = input(&job, "message")?;
    let Some(message) = intake::store::message(&mut ctx.read().await?, ctx.force, id).await? else { return Ok(Ran::Done) };
    match message.claimed_until.filter(|_| message.claimed_by.is_some()) {
        None => Ok(Ran::Done),
        Some(until) if until > ctx.now() => Ok(Ran::Later { at: until, why: "the claim was renewed".into() }),
        Some(_) => settled(ctx.act(ReleaseClaim { message: id }).await?, &["claim-stands"]),
    }
}

/// `desk.fall_back`: nobody answered what was passed on; the desk has it again (LEICS-TRIAGE-3).
pub async fn fall_back(ctx: Ctx, job: Claimed) -> Result<Ran, Fault> {
    let (id, routing): (MessageId, Uuid) = (input(&job, "message")?, input(&job, "routing")?);
    let (open, message) = {
        let mut tx = ctx.read().await?;
        (store::open_routing(&mut tx, ctx.force, id).await?, intake::store::message(&mut tx, ctx.force, id).await?)
    };
    if open.is_none_or(|r| r.id != routing) {
        return Ok(Ran::Done);
    }
    // Somebody works on it this minute: their claim runs out, or they answer.
    if let Some(until) = message.and_then(|m| m.claimed_until).filter(|until| *until > ctx.now()) {
        return Ok(Ran::Later { at: until, why: "somebody has it in hand".into() });
    }
    let back = Route { message: id, area: String::new(), person: None, note: String::new() };
    settled(ctx.act(back).await?, &["not-overdue", "closed", "there-already"])
}

/// `desk.mail_alert`: an alarm by mail, without a word of the message.
pub async fn mail_alert(ctx: Ctx, job: Claimed) -> Result<Ran, Fault> {
    let (alert, person, notice): (AlertId, PersonId, Uuid) = (input(&job, "alert")?, input(&job, "person")?, input(&job, "notice")?);
    let Some(mail) = ctx.app.config.mail.clone() else { return Ok(Ran::GiveUp { why: "no mail is set up".into() }) };
    let (row, account, to) = {
        let mut tx = ctx.read().await?;
        let Some(row) = store::alert(&mut tx, ctx.force, alert).await? else { return Ok(Ran::Done) };
        let account = crate::accounts::store::account(&mut tx, ctx.force, row.account).await?;
        (row, account, store::email(&mut tx, ctx.force, person).await?)
    };
    // Who left meanwhile is told nothing; what was answered needs no mail.
    let (Some(to), Some(account)) = (to, account) else { return Ok(Ran::Done) };
    if row.acknowledged_at.is_some() {
        return Ok(Ran::Done);
    }
    let place = format!("{}, {}", super::alarm::title_of(&ctx, &account.platform), account.title);
    let link = super::alarm::href(&row);
    let letter = crate::mail::Letter {
        to,
        subject: format!("Bluelamp alarm: {} ({place})", row.kind.title().to_lowercase()),
        body: format!(
            "{}: {place}.\n\nRaised at {}. Nobody has acknowledged it yet.\n\nOpen it, and acknowledge it there:\n{}{link}\n",
            row.kind.title(),
            crate::http::moment(&ctx, row.raised_at).exact,
            ctx.app.config.staff.origin
        ),
        id: notice,
    };
    match crate::mail::send(&mail, letter).await {
        Ok(()) => Ok(Ran::Done),
        Err(e) => Err(Fault::Broken(format!("the alarm could not be mailed: {e}"))),
    }
}

/// `desk.send_reply`: puts a reply on the wire once, and asks before it ever tries again.
pub async fn send_reply(ctx: Ctx, job: Claimed) -> Result<Ran, Fault> {
    let id: Uuid = input(&job, "reply")?;
    let Some(reply) = store::reply(&mut ctx.read().await?, ctx.force, id).await?.filter(|r| r.state.is_under_way()) else {
        return Ok(Ran::Done);
    };
    let line = match connection::line_of(&ctx, reply.account).await {
        Ok(line) => line,
        Err(NoLine::Fault(fault)) => return Err(fault),
        Err(no) => return failed(&ctx, &reply, &no.to_string()).await,
    };
    let (item, last) = {
        let mut tx = ctx.read().await?;
        (outgoing(&ctx, &mut tx, &reply).await?, store::last_attempt(&mut tx, ctx.force, id).await?)
    };
    let Some(item) = item else { return failed(&ctx, &reply, "the message that it answers is no longer here").await };
    let nth = last.as_ref().map_or(1, |(n, _)| n + 1);
    if last.is_some_and(|(_, came)| came.as_deref().is_none_or(|c| c == "unknown")) {
        match line.connector.find(&*line.net, &line.connection, &item).await {
            Came::Done(Some(receipt)) => return sent(&ctx, &reply, receipt).await,
            Came::Done(None) => {}
            Came::Limited { until } => return Ok(Ran::Later { at: Instant(until), why: "the platform asks to wait".into() }),
            Came::Unauthorised { why } | Came::Rejected { why } | Came::Unknown { why } | Came::Broken { why } => {
                return ask_later(&ctx, &reply, &why).await;
            }
        }
    }
    if !speaks(&line) {
        return failed(&ctx, &reply, "the account was stopped or closed meanwhile").await;
    }
    attempt(&ctx, nth, &reply, &line, &item).await
}

fn speaks(line: &Line) -> bool {
    ["trial", "live", "dormant"].contains(&line.account.state.name()) && line.account.connected
}

async fn attempt(ctx: &Ctx, nth: i64, reply: &ReplyRow, line: &Line, item: &Outgoing) -> Result<Ran, Fault> {
    // Set down before anything leaves: should we fall over now, the next run asks first.
    let mut tx = ctx.app.db.write(ctx.force, Isolation::ReadCommitted).await?;
    store::begin_attempt(&mut tx, ctx.force, reply.id, nth, ctx.now()).await?;
    tx.commit().await?;
    let came = line.connector.publish(&*line.net, &line.connection, item).await;
    let word = match &came {
        Came::Done(_) => "done",
        Came::Unauthorised { .. } => "unauthorised",
        Came::Limited { .. } => "limited",
        Came::Rejected { .. } => "rejected",
        Came::Unknown { .. } => "unknown",
        Came::Broken { .. } => "broken",
    };
    // A success is recorded by the act before the attempt is closed: between the two, the next run finds it.
    let ran = match came {
        Came::Done(receipt) => sent(ctx, reply, receipt).await?,
        Came::Rejected { why } | Came::Unauthorised { why } => failed(ctx, reply, &why).await?,
        Came::Limited { until } => Ran::Later { at: Instant(until), why: "the platform asks to wait".into() },
        Came::Unknown { why } => ask_later(ctx, reply, &why).await?,
        Came::Broken { why } => Ran::Later { at: ctx.now().plus(20 * SECOND), why },
    };
    let mut tx = ctx.app.db.write(ctx.force, Isolation::ReadCommitted).await?;
    store::end_attempt(&mut tx, ctx.force, reply.id, nth, word, ctx.now()).await?;
    tx.commit().await?;
    Ok(ran)
}

/// The reply as the platform takes it; the same on every attempt.
async fn outgoing(ctx: &Ctx, tx: &mut crate::db::Tx, reply: &ReplyRow) -> Result<Option<Outgoing>, Fault> {
    let reply_to = match reply.message {
        None => None,
        Some(id) => {
            let Some(m) = intake::store::message(tx, ctx.force, id).await? else { return Ok(None) };
            let Some(them) = intake::queue::store::correspondent(tx, ctx.force, m.correspondent).await? else { return Ok(None) };
            Some(ReplyTo {
                remote_id: m.remote_id,
                extra: m.extra,
                private: reply.private,
                author_id: them.remote_id,
                author_handle: them.handle,
            })
        }
    };
    Ok(Some(Outgoing {
        text: reply.text.clone(),
        language: "en".into(),
        images: Vec::new(),
        reply_to,
        created_at: reply.at.0,
        key: reply.key.clone(),
    }))
}

fn news(reply: &ReplyRow, state: State, why: &str) -> RecordReplySent {
    RecordReplySent { reply: reply.id, state, why: why.to_owned(), remote_id: None, url: None, extra: Default::default() }
}

async fn sent(ctx: &Ctx, reply: &ReplyRow, receipt: Receipt) -> Result<Ran, Fault> {
    let act = RecordReplySent {
        remote_id: Some(receipt.remote_id),
        url: Some(receipt.url),
        extra: receipt.extra,
        ..news(reply, State::Sent, "")
    };
    settled(ctx.act(act).await?, &[])
}

async fn failed(ctx: &Ctx, reply: &ReplyRow, why: &str) -> Result<Ran, Fault> {
    settled(ctx.act(news(reply, State::Failed, why)).await?, &["sent-already"])
}

async fn ask_later(ctx: &Ctx, reply: &ReplyRow, why: &str) -> Result<Ran, Fault> {
    settled(ctx.act(news(reply, State::Unknown, why)).await?, &["sent-already", "failed-already"])?;
    Ok(Ran::Later { at: ctx.now().plus(15 * SECOND), why: format!("nobody knows whether it went out: {why}") })
}

//! What the desk's acts cause: alarms passed on and mailed, claims that ran out, messages that nobody answered. Each
//! ends in an act; each may run twice. Replies go out by publishing's own jobs.

use super::acts::{escalate_alert::EscalateAlert, release_claim::ReleaseClaim, route::Route};
use super::store;
use crate::act::{Ctx, Fault, Outcome};
use crate::db::doors::Claimed;
use crate::intake;
use crate::jobs::Ran;
use bluelamp_domain::ids::{AlertId, MessageId, PersonId};
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
    // Whoever wrote it is led to it; the others to the alarm, because not everyone on duty sees drafts.
    let link = match row.draft {
        Some(draft) if input(&job, "wrote").unwrap_or(false) => format!("/publishing/{draft}"),
        _ => super::alarm::href(&row),
    };
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

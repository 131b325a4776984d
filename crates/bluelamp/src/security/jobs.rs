//! Mail of security: word of a sign-in from a new device or place, to the person and to information security (APP-SEC-10);
//! and the one-time link by which an invited person comes in.

use crate::act::{Ctx, Fault};
use crate::db::doors::Claimed;
use crate::jobs::Ran;
use crate::mail::{self, Letter};
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::time::Instant;
use futures_util::future::BoxFuture;
use serde::Deserialize;

#[derive(Deserialize)]
struct Told {
    /// Who is told.
    to: PersonId,
    /// Who signed in.
    person: PersonId,
    device: String,
    address: String,
    new_device: bool,
    at: Instant,
}

/// `security.tell_new_device`.
pub fn tell_new_device(ctx: Ctx, job: Claimed) -> BoxFuture<'static, Result<Ran, Fault>> {
    Box::pin(async move {
        let told: Told = serde_json::from_value(job.input.clone()).map_err(|e| Fault::Broken(e.to_string()))?;
        let mut tx = ctx.read().await?;
        let to = crate::people::store::person(&mut tx, ctx.force, told.to).await?;
        let who = crate::people::store::person(&mut tx, ctx.force, told.person).await?;
        drop(tx);
        let (Some(to), Some(who), Some(server)) = (to.filter(|p| p.state == "active"), who, &ctx.app.config.mail) else {
            // Without a mail server the pages say it alone.
            return Ok(Ran::Done);
        };
        let when = crate::http::moment(&ctx, told.at).exact;
        let what = if told.new_device { "a device" } else { "a place" };
        let origin = &ctx.app.config.staff.origin;
        let (subject, body) = if told.to == told.person {
            let next = format!(
                "If this was you, there is nothing to do. If it was not, end the session at {origin}/me and tell information security at once."
            );
            (
                format!("Bluelamp: you signed in from {what} not seen before"),
                format!("You signed in on {when} with {} from the address {}.\n\n{next}\n", told.device, told.address),
            )
        } else {
            let next = format!("Who it was, and every session, can be seen and ended at {origin}/security/sessions.");
            (
                format!("Bluelamp: a sign-in from {what} not seen before"),
                format!("Somebody ({}) signed in on {when} from {what} not seen before.\n\n{next}\n", who.id),
            )
        };
        mail::sent(mail::send(server, Letter { to: to.email, subject, body, id: job.id.0 }).await)
    })
}

#[derive(Deserialize)]
struct Link {
    person: PersonId,
    sealed: String,
}

/// `security.mail_link`.
pub fn mail_link(ctx: Ctx, job: Claimed) -> BoxFuture<'static, Result<Ran, Fault>> {
    Box::pin(async move {
        let link: Link = serde_json::from_value(job.input.clone()).map_err(|e| Fault::Broken(e.to_string()))?;
        let mut tx = ctx.read().await?;
        let to = crate::people::store::person(&mut tx, ctx.force, link.person).await?;
        let (_, force) = crate::people::store::force_title(&mut tx, ctx.force).await?;
        drop(tx);
        let Some(server) = &ctx.app.config.mail else {
            return Ok(Ran::GiveUp { why: "mail was configured when the link was made and is no longer; make a new link".into() });
        };
        let Some(to) = to.filter(|p| ["invited", "active"].contains(&p.state.as_str())) else { return Ok(Ran::Done) };
        let address = super::links::unsealed(&ctx, link.person, &link.sealed)?;
        let body = format!(
            "{force} invites you to Bluelamp. Open this address within 24 hours of its making and choose how you will sign in. It works once, for you alone; do not pass it on.\n\n{address}\n\nIf it has stopped working, ask an administrator for a new one.\n"
        );
        mail::sent(mail::send(server, Letter { to: to.email, subject: "Bluelamp: your way in".into(), body, id: job.id.0 }).await)
    })
}

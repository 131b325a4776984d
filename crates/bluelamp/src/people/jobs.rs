//! Mail of people: a reminder that training runs out (LEICS-TRAIN-2).

use crate::act::{Ctx, Fault};
use crate::db::doors::Claimed;
use crate::jobs::Ran;
use crate::mail::{self, Letter};
use bluelamp_domain::ids::PersonId;
use futures_util::future::BoxFuture;
use jiff::civil::Date;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reminder {
    person: PersonId,
    until: Date,
}

/// `people.mail_reminder`.
pub fn mail_reminder(ctx: Ctx, job: Claimed) -> BoxFuture<'static, Result<Ran, Fault>> {
    Box::pin(async move {
        let reminder: Reminder = serde_json::from_value(job.input.clone()).map_err(|e| Fault::Broken(e.to_string()))?;
        let to = { super::store::person(&mut ctx.read().await?, ctx.force, reminder.person).await? };
        // Without a mail server the task says it alone.
        let (Some(to), Some(server)) = (to.filter(|p| p.state == "active"), &ctx.app.config.mail) else { return Ok(Ran::Done) };
        let until = reminder.until.strftime("%-d %B %Y").to_string();
        let letter = Letter {
            to: to.email,
            subject: format!("Bluelamp: your training stands until {until}"),
            body: format!(
                "Your social media training stands until {until}. From the day after, you cannot use the force's accounts until a refresher is recorded.\n\nBook a refresher with the digital media team. Your tasks: {}/tasks\n",
                ctx.app.config.staff.origin
            ),
            id: job.id.0,
        };
        mail::sent(mail::send(server, letter).await)
    })
}

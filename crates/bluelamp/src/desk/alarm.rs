//! Whom an alarm tells, and how: on every page they have open, and by mail where mail is set up. A mail says what kind
//! of alarm, which account and where to look; never a word of a message, a name or a handle.

use super::store::{AlertRow, NoticeRow};
use crate::act::{Ctx, Env};
use crate::db::{DbError, Tx};
use crate::http::frame::OpenAlert;
use bluelamp_domain::act::Job;
use bluelamp_domain::desk::alert::{self, Person};
use bluelamp_domain::ids::PersonId;

/// The notices of an alarm's round, and the jobs that mail them and pass it on. `author` wrote what it is about: they
/// hear of it by mail, and answering the alarm is not theirs.
pub fn tell(env: &Env<'_>, alert: &AlertRow, people: &[Person], author: Option<PersonId>) -> (Vec<NoticeRow>, Vec<Job>) {
    let mut notices = Vec::new();
    let mut jobs = vec![Job {
        kind: "desk.escalate_alert",
        input: serde_json::json!({ "alert": alert.id, "round": alert.round }),
        not_before: alert.next_at,
        key: format!("alert-{}-{}", alert.id, alert.round),
    }];
    let told = alert::told(alert.contact, people);
    notices.extend(told.iter().map(|person| NoticeRow { id: env.moment.id(), person: *person, round: alert.round, how: "screen" }));
    if env.app.config.mail.is_some() {
        for person in told.iter().copied().chain(author.filter(|a| !told.contains(a))) {
            let notice = NoticeRow { id: env.moment.id(), person, round: alert.round, how: "mail" };
            jobs.push(Job {
                kind: "desk.mail_alert",
                input: serde_json::json!({ "alert": alert.id, "person": person, "notice": notice.id, "wrote": author == Some(person) }),
                not_before: env.at(),
                key: format!("alert-mail-{}", notice.id),
            });
            notices.push(notice);
        }
    }
    (notices, jobs)
}

/// The alarms that stand on top of every page of this person: those of accounts they see, when they are on duty or
/// were told.
pub async fn open(ctx: &Ctx, tx: &mut Tx) -> Result<Vec<OpenAlert>, DbError> {
    let Some(me) = ctx.principal.person() else { return Ok(Vec::new()) };
    let mut bar = Vec::new();
    for alert in super::store::open_alerts(tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await? {
        if !ctx.scope.on_duty && !super::store::was_told(tx, ctx.force, alert.id, me).await? {
            continue;
        }
        let place = match crate::accounts::store::account(tx, ctx.force, alert.account).await? {
            Some(account) => format!("{}, {}", title_of(ctx, &account.platform), account.title),
            None => String::new(),
        };
        let at = crate::http::moment(ctx, alert.next_at).short;
        bar.push(OpenAlert {
            id: alert.id.to_string(),
            sentence: format!("{}: {place}", alert.kind.title()),
            href: href(&alert),
            raised_at: alert.raised_at,
            next: format!("goes to {} at {at}", alert.contact.next().title()),
        });
    }
    Ok(bar)
}

/// Where an alarm leads.
pub fn href(alert: &AlertRow) -> String {
    match (alert.message, alert.kind) {
        (Some(message), _) => format!("/desk/messages/{message}"),
        (None, alert::Kind::Quarantine) => "/desk/quarantine".to_owned(),
        (None, _) => "/desk/alerts".to_owned(),
    }
}

/// A platform's name for people.
pub fn title_of(ctx: &Ctx, platform: &str) -> String {
    ctx.app.connector(platform).map_or_else(|| platform.to_owned(), |c| c.capabilities().title.clone())
}

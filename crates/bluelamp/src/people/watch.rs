//! Training is looked at every hour: whoever's runs out in 90, 30 or 7 days is reminded, each time once (LEICS-TRAIN-2).

use super::acts::remind_training::RemindTraining;
use super::store::{self, PersonRecord};
use crate::act::{Fault, Outcome};
use crate::app::App;
use crate::db::{DbError, Tx, doors};
use bluelamp_domain::act::Actor;
use bluelamp_domain::ids::{ForceId, PersonId};
use bluelamp_domain::people::{reminder_due, trained_until};
use jiff::civil::Date;
use std::collections::HashMap;
use std::time::Duration;

/// Who is owed a reminder on a day, of these people, whose training lasts so many months.
pub async fn owed(tx: &mut Tx, force: ForceId, months: i64, people: &[PersonRecord], on: Date) -> Result<Vec<PersonId>, DbError> {
    let mut made = HashMap::<(PersonId, Date), Vec<i64>>::new();
    let all = store::reminders(tx, force, on).await?;
    for (person, until, days) in all {
        made.entry((person, until)).or_default().push(days);
    }
    let due = |p: &&PersonRecord| {
        p.trained_on.filter(|_| p.state == "active").is_some_and(|trained| {
            let until = trained_until(trained, months);
            reminder_due(until, on, made.get(&(p.id, until)).map_or(&[], Vec::as_slice)).is_some()
        })
    };
    Ok(people.iter().filter(due).map(|p| p.id).collect())
}

/// Reminds everyone who is owed it. Answers how many.
pub async fn sweep(app: &App) -> Result<usize, Fault> {
    let mut reminded = 0;
    for force in doors::forces(&app.db).await? {
        let system = crate::jobs::system(app, force.id, &force.zone, Actor::Scheduler);
        let months = system.pack().await?.figures().training_refresher_months();
        let today = system.now().date_in(&system.zone);
        let mut tx = system.read().await?;
        let people = store::people(&mut tx, force.id).await?;
        let owed = owed(&mut tx, force.id, months, &people, today).await?;
        drop(tx);
        for person in owed {
            match system.act(RemindTraining { person }).await? {
                Outcome::Done(_) => reminded += 1,
                no => tracing::warn!(?no, "a reminder of training was not made"),
            }
        }
    }
    Ok(reminded)
}

/// Every hour, for as long as the program runs: a new day is noticed in its first hour.
pub async fn run(app: App, mut stop: tokio::sync::watch::Receiver<bool>) {
    loop {
        if let Err(e) = sweep(&app).await {
            tracing::warn!(error = %e, "reminders of training could not be made");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(3600)) => {}
            _ = stop.changed() => return,
        }
    }
}

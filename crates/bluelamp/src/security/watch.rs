//! Sessions that are over are ended by the system, each by an act (APP-SEC-14): a clock set back later brings none to life.

use super::acts::end_session::{EndSession, Why};
use super::store;
use crate::act::Fault;
use crate::app::App;
use crate::db::doors::{self, SessionRow};
use bluelamp_domain::act::Actor;
use bluelamp_domain::security::session::{self, Over};
use bluelamp_domain::time::DAY;
use std::time::Duration;

fn why(over: Over) -> Why {
    match over {
        Over::Idle => Why::Idle,
        Over::Age => Why::Age,
    }
}

/// A request came with a session that is over.
pub async fn end(app: &App, row: &SessionRow, over: Over) -> Result<(), Fault> {
    let system = crate::jobs::system(app, row.force, &row.zone, Actor::Retention);
    system.act(EndSession { session: row.id, why: why(over) }).await?;
    Ok(())
}

/// Ends all that are over. Answers how many.
pub async fn sweep(app: &App) -> Result<usize, Fault> {
    let now = app.clock.now();
    let mut ended = 0;
    for force in doors::forces(&app.db).await? {
        let system = crate::jobs::system(app, force.id, &force.zone, Actor::Retention);
        let days = system.pack().await?.figures().session_idle_days();
        let rows = { store::sessions_over(&mut system.read().await?, force.id, now.plus(-days.max(1) * DAY), now).await? };
        for row in rows {
            if let Some(over) = session::over(row.seen_at, row.ends_at, days, now) {
                system.act(EndSession { session: row.id, why: why(over) }).await?;
                ended += 1;
            }
        }
    }
    Ok(ended)
}

/// Every few minutes, for as long as the program runs.
pub async fn run(app: App, mut stop: tokio::sync::watch::Receiver<bool>) {
    loop {
        if let Err(e) = sweep(&app).await {
            tracing::warn!(error = %e, "sessions that are over could not be ended");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(300)) => {}
            _ = stop.changed() => return,
        }
    }
}

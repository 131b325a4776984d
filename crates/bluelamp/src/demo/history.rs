//! A day of history, made by acts with a clock that began yesterday: what the public wrote, received as it would have
//! been, and worked by the desk.

use super::DemoClock;
use super::cast::People;
use crate::app::{App, Clock};
use crate::cli::Failure;
use crate::intake::keep::{self, Source};
use crate::intake::process;
use bluelamp_domain::ids::{AccountId, ForceId};
use bluelamp_domain::time::{Instant, MINUTE};
use bluelamp_platforms::Raw;
use bluelamp_platforms::rehearsal::{server, wire};
use std::sync::Arc;

/// Minutes of history that are received in one batch.
const STEP: i64 = 30;

pub async fn make(
    app: &App,
    clock: &Arc<DemoClock>,
    force: ForceId,
    _people: &People,
    accounts: &[(AccountId, String)],
    public: &server::Handle,
) -> Result<(), Failure> {
    let from = clock.now();
    let until = from.plus(bluelamp_domain::time::DAY);
    let events = public.history(from.0, until.0)?;
    let mut next = events.into_iter().peekable();
    let mut at = from;
    while at < until {
        at = at.plus(STEP * MINUTE);
        clock.set(at.min(until));
        let mut batch: Vec<(AccountId, wire::Event)> = Vec::new();
        while let Some(event) = next.next_if(|e| happened(e) <= at) {
            if let Some((id, _)) = accounts.iter().find(|(_, handle)| event.account == format!("a-{handle}")) {
                batch.push((*id, event));
            }
        }
        for (id, handle) in accounts {
            let raws: Vec<Raw> = batch
                .iter()
                .filter(|(a, _)| a == id)
                .map(|(_, e)| serde_json::to_vec(e).map(|body| Raw { kind: "event".into(), body }))
                .collect::<Result<_, _>>()?;
            if raws.is_empty() {
                continue;
            }
            keep::keep(app, force, *id, Source::Replay, &raws, clock.now())
                .await
                .map_err(|e| format!("the history of `{handle}` could not be kept: {e}"))?;
            process::account(&process::ctx(app, force, "Europe/London"), *id).await?;
        }
    }
    Ok(())
}

/// When an event happened; one whose time cannot be read comes first.
fn happened(event: &wire::Event) -> Instant {
    event.at.parse::<jiff::Timestamp>().map_or(Instant(0), Instant::from)
}

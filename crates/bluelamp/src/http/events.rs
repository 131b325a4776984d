//! `GET /events`: the live stream of one browser. Events carry kind, id and account; it closes when the session ends.

use crate::act::Ctx;
use crate::live::Event;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Sse, KeepAlive, Sse as Stream};
use bluelamp_domain::ids::AccountId;
use futures_util::stream::{self, StreamExt};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// Events that this person may hear of, from now on, or from `Last-Event-ID` where the browser names one.
pub async fn get_events(
    ctx: Ctx,
    headers: HeaderMap,
) -> Result<Stream<impl futures_util::Stream<Item = Result<Sse, Infallible>>>, super::PageFault> {
    let listening = ctx.app.events.listen();
    let since: Option<i64> = headers.get("last-event-id").and_then(|h| h.to_str().ok()).and_then(|t| t.parse().ok());
    let missed = match since {
        Some(index) => crate::records::sequencer::events_after(&ctx.app.db, ctx.force, index).await?,
        None => Vec::new(),
    };
    let last = missed.last().map_or(since.unwrap_or(-1), |e| e.index);
    let heard = stream::unfold((listening, ctx.clone(), last, ctx.now()), |(mut listening, ctx, mut last, mut checked)| async move {
        loop {
            // The session may have ended meanwhile; then the stream does too.
            let now = ctx.now();
            if now.0 - checked.0 > 15_000_000 {
                checked = now;
                if !still_signed_in(&ctx).await {
                    return None;
                }
            }
            match tokio::time::timeout(Duration::from_secs(15), listening.recv()).await {
                Err(_) => continue,
                Ok(Err(RecvError::Closed)) => return None,
                // Too far behind: the page reads again.
                Ok(Err(RecvError::Lagged(_))) => {
                    return Some((Sse::default().event("again").data("{}"), (listening, ctx, last, checked)));
                }
                Ok(Ok(event)) if event.force == ctx.force && event.index > last && may_hear(&ctx, &event) => {
                    last = event.index;
                    return Some((frame(&event), (listening, ctx, last, checked)));
                }
                Ok(Ok(_)) => {}
            }
        }
    });
    let may: Vec<Sse> = missed.iter().filter(|e| may_hear(&ctx, e)).map(frame).collect();
    let all = stream::iter(may).chain(heard).map(Ok);
    Ok(Stream::new(all).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

fn frame(event: &Event) -> Sse {
    Sse::default().id(event.index.to_string()).data(serde_json::to_string(event).unwrap_or_default())
}

fn may_hear(ctx: &Ctx, event: &Event) -> bool {
    match event.account {
        Some(account) => ctx.scope.sees(AccountId(account)) || !ctx.scope.areas.is_empty(),
        None => true,
    }
}

async fn still_signed_in(ctx: &Ctx) -> bool {
    match ctx.session {
        Some(id) => crate::db::doors::session_stands(&ctx.app.db, id, ctx.now()).await.unwrap_or(false),
        None => true,
    }
}

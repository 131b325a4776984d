//! An account's stream: what it brings is kept at once, and each connect asks for a poll of what was missed before it.

use super::{Node, glance, hold, poll_soon};
use crate::accounts::connection::{self, Line};
use crate::act::{Ctx, Fault};
use crate::intake::{keep, process, store};
use bluelamp_domain::ids::AccountId;
use bluelamp_platforms::{Inbound, Raw};
use std::time::Duration;

/// Listens for as long as this node holds the account's lease. Where there is no stream, looks often instead, if the
/// platform needs that; else it ends, and is begun again by a later poll.
pub(super) async fn listen(ctx: Ctx, account: AccountId, node: Node) {
    let mut wait = Duration::from_secs(1);
    loop {
        match once(&ctx, account, &node).await {
            Ok(Heard::NoStream) => return without(&ctx, account, &node).await,
            Ok(Heard::Ended { frames }) if frames > 0 => wait = Duration::from_secs(1),
            Ok(Heard::Ended { .. }) => {}
            Err(e) => tracing::warn!(%account, error = %e, "an account's stream ended"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(120));
    }
}

async fn without(ctx: &Ctx, account: AccountId, node: &Node) {
    let pause = match connection::line_of(ctx, account).await {
        Ok(line) => line.connector.glance(&line.connection, 1),
        Err(_) => None,
    };
    match pause {
        Some(pause) => {
            if let Err(e) = glance::look(ctx, account, node, pause).await {
                tracing::warn!(%account, error = %e, "an account could not be looked at; its poll goes on");
                tokio::time::sleep(Duration::from_secs(15)).await;
            }
        }
        // Looked at again when the account is connected anew; asking seldom costs nothing.
        None => tokio::time::sleep(Duration::from_secs(300)).await,
    }
}

enum Heard {
    NoStream,
    Ended { frames: usize },
}

async fn once(ctx: &Ctx, account: AccountId, node: &Node) -> Result<Heard, Fault> {
    let Ok(line) = connection::line_of(ctx, account).await else { return Ok(Heard::NoStream) };
    let Some(request) = line.connector.stream(&line.connection) else { return Ok(Heard::NoStream) };
    if hold(ctx, account, &node.holder).await?.is_none() {
        return Ok(Heard::Ended { frames: 0 });
    }
    let mut socket = match line.net.open(request).await {
        Ok(socket) => socket,
        Err(e) => {
            tracing::info!(%account, error = %e, "an account's stream could not be opened; its poll goes on");
            return Ok(Heard::Ended { frames: 0 });
        }
    };
    // Whatever came before the stream opened is the poll's to fetch.
    poll_soon(&ctx.app, ctx.force, account, ctx.now()).await?;
    node.bell.notify_one();
    let mut frames = 0;
    while let Ok(Some(frame)) = socket.next().await {
        frames += 1;
        let raws = ours(ctx, &line, line.connector.frame(&frame)).await?;
        if raws.is_empty() {
            continue;
        }
        let new = keep::keep(&ctx.app, ctx.force, account, keep::Source::Stream, &raws, ctx.now()).await?;
        if new > 0 {
            // Before the next frame: an edit or deletion right behind its message is ours only once the message stands.
            process::account(ctx, account).await?;
        }
    }
    Ok(Heard::Ended { frames })
}

/// A stream also tells what people whom the account follows edit and delete. That is nobody's message to us, so it is not
/// kept (I9). An edit that outruns its message is not lost: the poll brings the message as it then is.
async fn ours(ctx: &Ctx, line: &Line, raws: Vec<Raw>) -> Result<Vec<Raw>, Fault> {
    let mut kept = Vec::with_capacity(raws.len());
    for raw in raws {
        let Ok(items) = line.connector.map(&raw, &line.connection.remote_account) else {
            kept.push(raw);
            continue;
        };
        let mut wanted = false;
        for item in &items {
            wanted |= match item {
                Inbound::Message(_) => true,
                Inbound::Ignored { .. } => false,
                Inbound::Edited { remote_id, .. } | Inbound::Deleted { remote_id, .. } => {
                    let mut tx = ctx.read().await?;
                    !store::by_remote(&mut tx, ctx.force, line.account.id, vec![remote_id.clone()]).await?.is_empty()
                }
            };
        }
        if wanted {
            kept.push(raw);
        }
    }
    Ok(kept)
}

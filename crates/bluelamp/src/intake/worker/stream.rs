//! An account's stream: what it brings is kept at once, and each connect asks for a poll of what was missed before it.

use super::{hold, poll_soon};
use crate::accounts::connection;
use crate::act::{Ctx, Fault};
use crate::intake::{keep, process};
use bluelamp_domain::ids::AccountId;
use std::time::Duration;

/// Listens for as long as this node holds the account's lease; ends at once where the account has no stream.
pub async fn listen(ctx: Ctx, account: AccountId, holder: String) {
    let mut wait = Duration::from_secs(1);
    loop {
        match once(&ctx, account, &holder).await {
            Ok(Heard::NoStream) => {
                // Looked at again when the account is connected anew; asking seldom costs nothing.
                tokio::time::sleep(Duration::from_secs(300)).await;
                return;
            }
            Ok(Heard::Ended { frames }) if frames > 0 => wait = Duration::from_secs(1),
            Ok(Heard::Ended { .. }) => {}
            Err(e) => tracing::warn!(%account, error = %e, "an account's stream ended"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(120));
    }
}

enum Heard {
    NoStream,
    Ended { frames: usize },
}

async fn once(ctx: &Ctx, account: AccountId, holder: &str) -> Result<Heard, Fault> {
    let Ok(line) = connection::line_of(ctx, account).await else { return Ok(Heard::NoStream) };
    let Some(request) = line.connector.stream(&line.connection) else { return Ok(Heard::NoStream) };
    if hold(ctx, account, holder).await?.is_none() {
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
    let mut frames = 0;
    while let Ok(Some(frame)) = socket.next().await {
        frames += 1;
        let raws = line.connector.frame(&frame);
        if raws.is_empty() {
            continue;
        }
        let new = keep::keep(&ctx.app, ctx.force, account, keep::Source::Stream, &raws, ctx.now()).await?;
        if new > 0 {
            // The next frame does not wait for it.
            process::soon(ctx.clone(), account);
        }
    }
    Ok(Heard::Ended { frames })
}

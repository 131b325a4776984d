//! Gaps: when one is suspected, and when it is filled.

use crate::accounts::connection::Line;
use crate::act::{Ctx, Fault};
use crate::intake::acts::{fill_gap::FillGap, note_complete::NoteComplete, open_gap::OpenGap};
use crate::intake::store;
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::time::{Instant, MINUTE};

/// Before a poll: has the account been silent for longer than the pack allows? Then a gap is open until it is filled.
pub async fn suspect(ctx: &Ctx, account: AccountId) -> Result<(), Fault> {
    let (good_at, trouble, complete) = {
        let mut tx = ctx.read().await?;
        let cursor = store::cursor(&mut tx, ctx.force, account).await?;
        let complete = store::spans(&mut tx, ctx.force, account).await?.into_iter().any(|s| s.kind == "complete" && s.to_at.is_none());
        (cursor.as_ref().and_then(|c| c.good_at), cursor.and_then(|c| c.trouble), complete)
    };
    let Some(good_at) = good_at.filter(|_| complete) else { return Ok(()) };
    let patience = ctx.pack().await?.figures().intake_gap_minutes() * MINUTE;
    if good_at.plus(patience) <= ctx.now() {
        let why = trouble.unwrap_or_else(|| "nobody was reading the account".into());
        ctx.act(OpenGap { account, from: good_at, why }).await?;
    }
    Ok(())
}

/// After a poll that reached the present: completeness is stated, or a gap is filled as far back as the pages reach.
/// A poll that went on from its cursor overlaps what was read before, so it reaches as far back as needed unless the
/// platform says that it does not.
pub async fn reached(ctx: &Ctx, line: &Line, back_to: Option<Instant>, resumed: bool) -> Result<(), Fault> {
    let account = line.account.id;
    let spans = {
        let mut tx = ctx.read().await?;
        store::spans(&mut tx, ctx.force, account).await?
    };
    if let Some(gap) = spans.iter().find(|s| s.kind == "gap" && s.to_at.is_none()) {
        let reaches = match back_to {
            Some(back) if !resumed || back > gap.from_at => back,
            _ if resumed => gap.from_at,
            _ => ctx.now(),
        };
        ctx.act(FillGap { account, reaches_back_to: reaches }).await?;
    } else if !spans.iter().any(|s| s.to_at.is_none()) {
        // Where the whole of it was read, nothing is claimed of the time before we were connected.
        let from = back_to.filter(|back| back.0 > 0).unwrap_or(line.row.connected_at);
        ctx.act(NoteComplete { account, from }).await?;
    }
    Ok(())
}

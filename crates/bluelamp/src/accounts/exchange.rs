//! Connecting: what a person gives is exchanged for credentials, in the request and outside any transaction (the one
//! exception of I4), sealed, and stored by the act.

use super::acts::connect::Connect;
use super::{connection, store};
use crate::act::{Ctx, Fault, Outcome};
use crate::app::EgressUse;
use base64::Engine;
use bluelamp_domain::decision::Rating;
use bluelamp_domain::ids::AccountId;
use bluelamp_platforms::{Asked, Given, Outcome as Answer};

/// What came of it.
#[derive(Debug)]
pub enum Exchanged {
    /// What the act came to: done, held or refused.
    Acted(Outcome),
    /// The platform did not give credentials, in words for the person who tried.
    Not(String),
}

/// What the account's platform asks of whoever connects it.
pub async fn asks(ctx: &Ctx, account: AccountId) -> Result<Option<Vec<Asked>>, Fault> {
    let mut tx = ctx.read().await?;
    let row = store::account(&mut tx, ctx.force, account).await?;
    Ok(row.and_then(|a| ctx.app.connector(&a.platform).map(|c| c.asks())))
}

/// Exchanges what was given and connects the account.
pub async fn connect(ctx: &Ctx, account: AccountId, given: &Given) -> Result<Exchanged, Fault> {
    let row = {
        let mut tx = ctx.read().await?;
        store::account(&mut tx, ctx.force, account).await?.filter(|a| ctx.scope.sees(a.id))
    };
    // Whoever may not connect gives no password away to find that out; the refusal is recorded.
    let nothing = Connect { account, sealed: String::new() };
    let Some(row) = row else { return Ok(Exchanged::Acted(ctx.act(nothing).await?)) };
    if ctx.may(&nothing).await?.rating == Rating::Red {
        return Ok(Exchanged::Acted(ctx.act(nothing).await?));
    }
    let Some(connector) = ctx.app.connector(&row.platform).cloned() else {
        return Ok(Exchanged::Not(format!("this installation has no connector for `{}`", row.platform)));
    };
    let net = (ctx.app.egress)(&EgressUse { account: String::new(), app: row.platform.clone(), hosts: None });
    let answer = connector.connect(&*net, given, ctx.now().0).await;
    let made = match answer {
        Answer::Done(made) => made,
        Answer::Unauthorised { why } | Answer::Rejected { why } | Answer::Unknown { why } | Answer::Broken { why } => {
            return Ok(Exchanged::Not(why));
        }
        Answer::Limited { until } => {
            let minutes = (until - ctx.now().0) / 60_000_000 + 1;
            return Ok(Exchanged::Not(format!("the platform takes no more attempts just now; try again in {minutes} minutes")));
        }
    };
    let sealed = connection::seal(&ctx.app, ctx.force, account, &made)?;
    let sealed = base64::engine::general_purpose::STANDARD.encode(sealed);
    Ok(Exchanged::Acted(ctx.act(Connect { account, sealed }).await?))
}

//! The pages of publishing: what is written, waiting, scheduled and out (`list.rs`); the composer (`composer.rs`, with
//! `form.rs` for what it sends); a post's own page with its proof (`post.rs`); cases (`cases.rs`).

pub mod cases;
pub mod composer;
pub mod form;
pub mod list;
pub mod post;

use super::acts::schedule::Schedule;
use super::store;
use crate::act::{Act, Ctx};
use crate::db::principal::{self, HeldRow};
use crate::db::{DbError, Tx};
use crate::http::view::{ReasonLine, RefusalPanel};
use bluelamp_domain::decision::Reason;
use bluelamp_domain::ids::{DraftId, ForceId};
use bluelamp_domain::time::Instant;

/// Reasons as a page shows them, each with whom to ask.
pub fn panel(heading: &str, held: bool, reasons: &[Reason]) -> RefusalPanel {
    let line = |r: &Reason| ReasonLine {
        sentence: r.says.clone(),
        clause: r.clause.clone(),
        clause_href: if r.clause.is_empty() { String::new() } else { format!("/assurance/clauses/{}", r.clause) },
        whom: r.approver.as_deref().map(whom).unwrap_or_default(),
        ask: String::new(),
    };
    RefusalPanel { heading: heading.into(), held, reasons: reasons.iter().map(line).collect() }
}

/// Who may agree, in words.
pub fn whom(approver: &str) -> String {
    match approver {
        "self" => "You can agree to this yourself, by saying so.".into(),
        role => format!("Someone of {} can agree to this.", role.replace('-', " ")),
    }
}

/// May this person see the draft (I2)?
async fn sees(ctx: &Ctx, tx: &mut Tx, id: DraftId) -> Result<bool, DbError> {
    store::sees(tx, ctx.force, (ctx.scope.every, ctx.scope.ids()), ctx.principal.person(), id).await
}

/// What waits for someone's agreement about this draft.
async fn waits(tx: &mut Tx, force: ForceId, id: DraftId) -> Result<Option<HeldRow>, DbError> {
    Ok(principal::held_of(tx, force, id.0).await?.into_iter().find(|h| h.state == "waiting"))
}

/// The time that a held act asks for, where it is to go later.
fn asked_for(held: &HeldRow) -> Option<Instant> {
    (held.act == Schedule::NAME).then(|| held.input.get("at").and_then(serde_json::Value::as_i64).map(Instant)).flatten()
}

/// The first line of a text, bounded.
pub fn first_line(text: &str) -> String {
    let line = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("(no words yet)").trim();
    let short: String = line.chars().take(120).collect();
    if short.len() < line.len() { format!("{short}…") } else { short }
}

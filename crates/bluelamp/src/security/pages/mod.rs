//! The pages of signing in: the door (`sign_in.rs`), the first time (`enrol.rs`), one's own (`me.rs`, `prove.rs`,
//! `tokens.rs`), and every session of the force (`sessions.rs`).

pub mod enrol;
pub mod me;
pub mod people;
pub mod prove;
pub mod sessions;
pub mod sign_in;
pub mod tokens;

use crate::act::{Ctx, Fault, Outcome};
use crate::app::App;
use crate::http::view::{FieldErrors, ReasonLine, RefusalPanel};
use crate::http::{Problem, see_other};
use axum::response::Response;

/// The monitoring notice's first sentence, from the pack's guidance (SYSX-10.2).
pub fn monitoring(pack: &bluelamp_policy::Pack) -> String {
    let text = pack.guide("monitoring-notice").map(|g| g.text.trim()).unwrap_or_default();
    let first = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    if first.is_empty() { "What you do here is recorded.".to_owned() } else { first }
}

/// The title of the only force, or the product's name where several share the door; and its monitoring notice.
pub async fn door_words(app: &App) -> Result<(String, String), Fault> {
    let forces = crate::db::doors::forces(&app.db).await?;
    let Some(first) = forces.first() else { return Ok(("Bluelamp".into(), "What you do here is recorded.".into())) };
    let mut tx = app.db.read(first.id).await?;
    let notice = monitoring(&*app.pack_of(&mut tx, first.id).await?);
    Ok((if forces.len() == 1 { first.title.clone() } else { "Bluelamp".into() }, notice))
}

/// What was refused, as the panel that every page shows.
pub fn panel(heading: &str, outcome: &Outcome) -> Option<RefusalPanel> {
    let (held, reasons) = match outcome {
        Outcome::Done(_) => return None,
        Outcome::Held { reasons, .. } => (true, reasons),
        Outcome::Refused { reasons, .. } => (false, reasons),
    };
    let line = |r: &bluelamp_domain::decision::Reason| ReasonLine {
        sentence: r.says.clone(),
        clause: r.clause.clone(),
        clause_href: if r.clause.is_empty() { String::new() } else { format!("/assurance/clauses/{}", r.clause) },
        whom: String::new(),
        ask: String::new(),
    };
    Some(RefusalPanel { heading: heading.to_owned(), held, reasons: reasons.iter().map(line).collect() })
}

/// A rule's refusal as what is wrong with a form: the code is the field where there is one of that name.
pub fn as_errors(outcome: &Outcome) -> FieldErrors {
    let mut errors = FieldErrors::default();
    if let Outcome::Refused { code, reasons } = outcome {
        for r in reasons {
            errors.add(code, r.says.clone());
        }
    }
    errors
}

/// Where an act's outcome leads: on, to the second factor, or to a plain page with every reason.
pub fn leads(outcome: &Outcome, to: &str) -> Response {
    match outcome {
        Outcome::Done(_) => see_other(to),
        Outcome::Held { .. } => see_other("/held?did=held"),
        Outcome::Refused { code, .. } if code == "prove-again" => {
            see_other(&format!("/me/prove?next={}", crate::http::percent(to.split('?').next().unwrap_or("/me"))))
        }
        Outcome::Refused { code, reasons } => Problem::refused(code, reasons).page(),
    }
}

/// A query's value.
pub fn asked(query: Option<&str>, name: &str) -> Option<String> {
    crate::http::Fields::parse(query.unwrap_or_default().as_bytes()).get(name).map(str::to_owned)
}

/// Does a rule give whoever asks this act at all? What refuses it besides is said when it is tried.
pub async fn gives<A: crate::act::Act>(ctx: &Ctx, act: &A) -> Result<bool, Fault> {
    Ok(!ctx.may(act).await?.reasons.iter().any(|r| r.rule == "no-rule-gives-this"))
}

/// A person may not have this page.
pub async fn only_who_may(ctx: &Ctx, action: &'static str) -> Result<Option<Response>, Fault> {
    let decision = ctx.may_read(action).await?;
    if decision.rating == bluelamp_domain::decision::Rating::Green {
        return Ok(None);
    }
    Ok(Some(Problem::refused("refused", &decision.reasons).page()))
}

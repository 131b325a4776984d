//! The desk's pages. `list.rs` draws the queue, `open.rs` the conversation beside it, `post.rs` takes the forms,
//! `watch.rs` the wall, the alarms and what is unanswered,
//! `quarantine.rs` what could not be read, `organisations.rs` those who may be written to first.

mod list;
mod open;
mod organisations;
mod post;
mod quarantine;
mod view;
mod watch;

pub use list::{get_desk, get_message};
pub use organisations::{get_organisations, post_organisation, post_remove_organisation};
pub use post::*;
pub use quarantine::{get_quarantine, post_quarantine};
pub use watch::{get_alerts, get_unanswered, get_unanswered_csv, get_wall};

use crate::act::Ctx;
use crate::http::view::{ReasonLine, RefusalPanel};
use bluelamp_domain::decision::Reason;

/// Every reason of a refusal or a hold, each with its clause and whom to ask.
pub fn panel(heading: &str, held: bool, reasons: &[Reason]) -> RefusalPanel {
    let line = |r: &Reason| ReasonLine {
        sentence: sentence(&r.says),
        clause: r.clause.clone(),
        clause_href: if r.clause.is_empty() { String::new() } else { format!("/assurance/clauses/{}", r.clause) },
        whom: r.approver.as_deref().map_or_else(String::new, |a| format!("Someone who can agree: {}", a.replace('-', " "))),
        ask: String::new(),
    };
    RefusalPanel { heading: heading.to_owned(), held, reasons: reasons.iter().map(line).collect() }
}

/// Our rules speak in lower case without a full stop; a page speaks in sentences.
fn sentence(says: &str) -> String {
    let mut out = says.to_owned();
    if let Some(first) = out.get(..1) {
        out = first.to_uppercase() + &out[1..];
    }
    if !out.ends_with(['.', '!', '?']) {
        out.push('.');
    }
    out
}

/// Minutes and seconds, or hours and minutes, as people say them.
pub fn took(micros: i64) -> String {
    let s = (micros / 1_000_000).max(0);
    match s {
        0..=59 => format!("{s} s"),
        60..=3599 => format!("{} min {} s", s / 60, s % 60),
        3600..=86_399 => format!("{} h {} min", s / 3600, s / 60 % 60),
        _ => format!("{} days", s / 86_400),
    }
}

/// The middle of values that are sorted.
pub fn median(sorted: &[i64]) -> Option<i64> {
    sorted.get(sorted.len() / 2).copied()
}

pub fn platform_title(ctx: &Ctx, platform: &str) -> String {
    super::alarm::title_of(ctx, platform)
}

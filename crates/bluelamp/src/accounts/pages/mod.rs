//! The register (`/accounts`): seventy rows on one screen, each account's life as a timeline, and the forms that change it.

mod account;
mod authorised;
mod protection;
mod register;

pub use account::{get_account, post_change, post_close, post_connect, post_disconnect, post_freeze, post_monitoring, post_thaw};
pub use authorised::{authorisations, post_authorise, post_withdraw};
pub use protection::post_protection;
pub use register::{get_csv, get_new, get_register, post_register};

use register::platform_title;

use crate::act::Outcome;
use crate::http::view::{ReasonLine, RefusalPanel};
use bluelamp_domain::time::Instant;

/// What later areas know of an account that the register shows; `wiring.rs` gathers it.
#[derive(Debug, Clone, Default)]
pub struct Extra {
    pub unanswered: u64,
    /// From when its intake is complete, or since when there is a gap.
    pub complete_since: Option<Instant>,
    pub gap_from: Option<Instant>,
    /// Posts in each of the last 13 weeks, oldest first.
    pub weeks: Vec<u32>,
}

/// A held or refused outcome as the panel above the form.
fn panel(what_not: &str, outcome: Outcome) -> Option<RefusalPanel> {
    let (held, reasons) = match outcome {
        Outcome::Done(_) => return None,
        Outcome::Held { reasons, .. } => (true, reasons),
        Outcome::Refused { reasons, .. } => (false, reasons),
    };
    let heading = if held { "This waits for someone's agreement".to_owned() } else { what_not.to_owned() };
    let reasons = reasons
        .into_iter()
        .map(|r| ReasonLine {
            clause_href: if r.clause.is_empty() { String::new() } else { format!("/assurance/clauses/{}", r.clause) },
            sentence: sentence(&r.says),
            clause: r.clause,
            whom: r.approver.filter(|_| held).map_or_else(String::new, |a| format!("Can be released by: {}", a.replace('-', " "))),
            ask: String::new(),
        })
        .collect();
    Some(RefusalPanel { heading, held, reasons })
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

/// How a connection stands, in a word and its tone.
fn posture(state: Option<&str>) -> (&'static str, &'static str) {
    match state {
        Some("working") => ("Connected", "done"),
        Some("failing") => ("Failing", "priority"),
        Some(_) => ("Needs a person", "immediate"),
        None => ("Not connected", "quiet"),
    }
}

fn state_tone(state: bluelamp_domain::accounts::AccountState) -> &'static str {
    use bluelamp_domain::accounts::AccountState::*;
    match state {
        Live => "done",
        Trial | Approved => "routine",
        Frozen => "immediate",
        Dormant | Closing => "priority",
        Requested | Closed => "quiet",
    }
}

/// A word with a capital.
fn label(word: &str) -> String {
    word.get(..1).map_or_else(String::new, |first| first.to_uppercase() + &word[1..])
}

//! What the desk's template draws: plain values, already in words.

use crate::community::brief::Brief;
use crate::http::shell::Shell;
use crate::http::view::{Choice, FieldErrors, Moment, Paging, RefusalPanel};

#[derive(askama::Template)]
#[template(path = "desk/templates/desk.html")]
pub struct DeskPage {
    pub shell: Shell,
    pub queues: Vec<QueueLine>,
    pub health: Vec<HealthLine>,
    /// The wall shows the whole force.
    pub wall: bool,
    pub heading: String,
    pub filter: DeskFilter,
    pub sections: Vec<QueueSection>,
    pub paging: Paging,
    pub open: Option<OpenConversation>,
    pub refusal: Option<RefusalPanel>,
    pub errors: FieldErrors,
}

pub struct QueueLine {
    pub label: String,
    pub href: String,
    pub count: u64,
    pub current: bool,
    pub word: &'static str,
}

pub struct HealthLine {
    pub mark: &'static str,
    pub tone: &'static str,
    pub label: String,
    pub href: String,
}

pub struct DeskFilter {
    pub action: String,
    pub words: String,
    pub platforms: Vec<Choice>,
    pub accounts: Vec<Choice>,
}

pub struct QueueSection {
    pub word: &'static str,
    pub label: String,
    pub count: u64,
    pub oldest: String,
    pub rows: Vec<QueueRow>,
}

pub struct QueueRow {
    pub id: String,
    pub href: String,
    pub current: bool,
    pub word: &'static str,
    pub at: Moment,
    pub platform: String,
    pub account: String,
    pub kind: String,
    pub author: String,
    pub excerpt: Vec<(String, bool)>,
    pub thrive: Vec<(char, String, bool)>,
    pub claimed: String,
    pub due: String,
    pub late: bool,
    pub unread: bool,
    /// "2 pictures", or empty.
    pub pictures: String,
    /// Passed on to whoever looks, by name.
    pub for_you: bool,
}

pub struct OpenConversation {
    pub id: String,
    pub back: String,
    pub author: String,
    pub handle: String,
    pub contact: String,
    pub word: &'static str,
    pub platform: String,
    pub account: String,
    pub kind: String,
    pub permalink: String,
    pub claim: Claim,
    pub items: Vec<Item>,
    pub why: Vec<Why>,
    /// The pack and version whose rules read it.
    pub read_by: String,
    pub dimensions: Vec<Dimension>,
    pub assessed: String,
    pub priorities: Vec<Choice>,
    pub assess: String,
    pub typed: Typed,
    /// "Answered at 14:36", or empty while it is open.
    pub ended: String,
    pub reopen: String,
    pub escalate: String,
    pub route: RouteForm,
    pub reply: ReplyForm,
    pub refer: ReferForm,
    pub moderation: Option<Brief>,
    pub close: CloseForm,
    pub note: String,
    pub history: Vec<HistoryLine>,
}

/// What was typed, kept after a refusal.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub text: String,
    pub note: String,
    pub reference: String,
    pub reason: String,
    pub private: bool,
}

pub struct Claim {
    pub says: String,
    pub label: String,
    pub action: String,
}

pub struct Item {
    pub id: String,
    pub ours: bool,
    pub author: String,
    pub kind: String,
    pub at: Moment,
    pub spans: Vec<(String, bool)>,
    pub state: String,
    pub pictures: Vec<Picture>,
    /// Of a reply: where it stands on the platform, and where its own page is, for who may see that.
    pub permalink: String,
    pub href: String,
}

/// A picture that came with a message: its re-encoded copy, or why there is none.
pub struct Picture {
    pub id: String,
    /// The copy's address; empty where there is none to show.
    pub src: String,
    /// What its author says it shows, or that they do not.
    pub alt: String,
    pub described: bool,
    /// Blurred until somebody asks for it, because triage sees harm in the message.
    pub veiled: bool,
    /// The original's address, for download; empty where it is not kept.
    pub original: String,
    /// Why it cannot be seen here.
    pub says: String,
}

pub struct Why {
    /// The rule's id in the pack.
    pub rule: String,
    pub signal: String,
    pub words: Vec<String>,
    pub says: String,
    pub word: &'static str,
}

pub struct Dimension {
    pub letter: char,
    pub key: String,
    pub name: String,
    pub chosen: bool,
    pub because: String,
}

pub struct ReplyForm {
    pub action: String,
    pub check: String,
    pub text: String,
    pub limit: usize,
    pub public: bool,
    pub may_choose: bool,
    pub templates: Vec<(String, String)>,
}

pub struct RouteForm {
    pub action: String,
    pub areas: Vec<Choice>,
    /// "Northfield: the message names it", or empty.
    pub suggested: String,
    pub people: Vec<Choice>,
}

pub struct ReferForm {
    pub action: String,
    pub routes: Vec<Choice>,
    pub incident: String,
}

pub struct CloseForm {
    pub action: String,
    pub outcomes: Vec<Choice>,
}

pub struct HistoryLine {
    pub at: Moment,
    pub who: String,
    pub what: String,
    pub detail: String,
    pub clause: String,
    pub clause_href: String,
}

//! Moderation of what the public writes on the force's accounts: measures, their grounds, the evidence before them.
//!
//! Policy says who may take a measure and on which ground; this says what can be done from where. What must never
//! happen: a removal of which no evidence was kept first (I6), a block by software (I3), a measure sent again while
//! nobody knows whether it was taken. Reading order: here ([`take`], [`undo`]), `evidence.rs`, `sending.rs`,
//! `mass_removal.rs`, `review.rs`.

mod evidence;
mod mass_removal;
mod review;
mod sending;
#[cfg(test)]
mod tests;

pub use evidence::{Manifest, Medium, MediumState, RevisionKept, Sealed, complete, seal};
pub use mass_removal::{Removals, calls_for_explanation};
pub use review::{Settled, Verdict, due, review, settle_prompt};
pub use sending::{Ask, Came, after_silence, came, may_send};

use crate::act::{Principal, Refusal};
use crate::figures::Figures;
use crate::ids::{AccountId, ConversationId, CorrespondentId, MeasureId, MessageId};
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What is done about a message or its author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Hide,
    Unhide,
    Delete,
    Report,
    Block,
    Unblock,
}

impl Kind {
    pub const ALL: [Kind; 6] = [Kind::Hide, Kind::Unhide, Kind::Delete, Kind::Report, Kind::Block, Kind::Unblock];

    /// The word used in rows, capabilities, ledger and routes.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Hide => "hide",
            Kind::Unhide => "unhide",
            Kind::Delete => "delete",
            Kind::Report => "report",
            Kind::Block => "block",
            Kind::Unblock => "unblock",
        }
    }

    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.name() == name)
    }

    /// As a finished act: `hidden`.
    pub const fn done(self) -> &'static str {
        match self {
            Kind::Hide => "hidden",
            Kind::Unhide => "shown again",
            Kind::Delete => "deleted",
            Kind::Report => "reported",
            Kind::Block => "blocked",
            Kind::Unblock => "unblocked",
        }
    }

    /// It takes something from the public's sight, or somebody's voice: evidence comes first (I6).
    pub const fn takes_away(self) -> bool {
        matches!(self, Kind::Hide | Kind::Delete | Kind::Block)
    }

    /// It removes a comment: what LEICS-MOD-3 counts.
    pub const fn removes(self) -> bool {
        matches!(self, Kind::Hide | Kind::Delete)
    }

    /// What takes it back, where the platform can.
    pub const fn undone_by(self) -> Option<Kind> {
        match self {
            Kind::Hide => Some(Kind::Unhide),
            Kind::Block => Some(Kind::Unblock),
            Kind::Unhide | Kind::Delete | Kind::Report | Kind::Unblock => None,
        }
    }

    /// What it takes back.
    pub fn undoes(self) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.undone_by() == Some(self))
    }
}

/// Where a measure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Decided; the platform has not been asked yet, or certainly did nothing.
    Requested,
    /// The platform is being asked.
    Sent,
    Done,
    /// Asked, and no answer: nobody knows.
    Unknown,
    /// The platform will not do it.
    Rejected,
    /// Done, and taken back since.
    Undone,
}

impl State {
    pub const ALL: [State; 6] = [State::Requested, State::Sent, State::Done, State::Unknown, State::Rejected, State::Undone];

    pub const fn name(self) -> &'static str {
        match self {
            State::Requested => "requested",
            State::Sent => "sent",
            State::Done => "done",
            State::Unknown => "unknown",
            State::Rejected => "rejected",
            State::Undone => "undone",
        }
    }

    pub fn parse(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|s| s.name() == name)
    }

    /// Still to come, or come: another of the same kind would be the same measure twice.
    pub const fn stands(self) -> bool {
        matches!(self, State::Requested | State::Sent | State::Done | State::Unknown)
    }

    /// On its way: nothing of it can be taken back yet.
    pub const fn under_way(self) -> bool {
        matches!(self, State::Requested | State::Sent | State::Unknown)
    }
}

/// A measure as rules need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    pub id: MeasureId,
    pub kind: Kind,
    pub state: State,
}

/// The message, its author and its account, as far as a measure turns on them.
#[derive(Debug, Clone)]
pub struct Subject {
    pub message: MessageId,
    pub account: AccountId,
    pub conversation: ConversationId,
    pub correspondent: CorrespondentId,
    /// Others can read it.
    pub public: bool,
    /// Its author or the platform took it away already.
    pub gone: bool,
    /// The account has a working line to its platform.
    pub connected: bool,
    /// What the platform lets us do, by the words of [`Kind::name`].
    pub can: Vec<String>,
    /// The newest measure of this kind on this message (on this author, for a block).
    pub earlier: Option<Earlier>,
    /// What else was removed under the same post so far.
    pub removals: Removals,
}

/// What must stand before a block, beside ground and evidence (LEICS-BLOCK-1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastResort {
    /// The message of theirs that the force answered.
    pub engaged_with: Option<MessageId>,
    /// Why there was no effort to engage.
    pub no_engagement: String,
    /// The advice on record that nobody has used for a block yet.
    pub advice: Option<Uuid>,
}

impl LastResort {
    pub fn engaged(&self) -> bool {
        self.engaged_with.is_some() || !self.no_engagement.trim().is_empty()
    }
}

/// A measure as it is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    pub kind: Kind,
    pub ground: String,
    /// The published standard that the ground belongs to, with its version.
    pub standard: String,
    pub reason: String,
    pub last_resort: LastResort,
}

/// A measure to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    pub id: MeasureId,
    pub kind: Kind,
    pub message: MessageId,
    pub account: AccountId,
    pub conversation: ConversationId,
    pub correspondent: CorrespondentId,
    pub ground: String,
    pub standard: String,
    pub reason: String,
    pub last_resort: LastResort,
    pub evidence: Option<Uuid>,
    pub undoes: Option<MeasureId>,
    pub taken_by: Principal,
    pub taken_at: Instant,
    pub review_due_at: Option<Instant>,
}

/// What a request for a measure comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// Somebody did the same before: theirs stands, nothing is sent twice.
    Already(MeasureId),
    New {
        measure: Box<Measure>,
        evidence: Option<Sealed>,
        /// With this one so many comments of one post are removed: the public is owed a word (LEICS-MOD-3).
        explain: Option<usize>,
    },
}

/// Characters that a reason may have.
pub const REASON: usize = 2000;

fn no(code: &str, says: impl Into<String>) -> Refusal {
    Refusal::new(code, says)
}

/// A reason in words, trimmed; `needed` where an empty one will not do.
pub fn reason(text: &str, needed: bool) -> Result<String, Refusal> {
    let text: String = text.trim().chars().filter(|c| !c.is_control() || *c == '\n').collect();
    let n = text.chars().count();
    if needed && n == 0 {
        return Err(no("say-why", "say why in your own words; the reasoning is kept and may be asked for"));
    }
    if n > REASON {
        return Err(no("too-long", format!("the reason has {n} characters; at most {REASON} fit")));
    }
    Ok(text)
}

/// Can this be done to this message on its platform? Asked by pages and by [`take`] and [`undo`].
pub fn possible(kind: Kind, s: &Subject) -> Result<(), Refusal> {
    if !s.connected {
        return Err(no("not-connected", "the account is not connected to its platform just now; connect it again first"));
    }
    if kind.removes() && !s.public {
        return Err(no("private", "a private message is seen by nobody else, so there is nothing to hide or delete"));
    }
    if kind == Kind::Unhide && !s.public {
        return Err(no("private", "a private message was never hidden"));
    }
    if kind.removes() && s.gone {
        return Err(no("gone", "this was taken away by its author or the platform already; what we hold of it stays"));
    }
    if !s.can.iter().any(|c| c == kind.name()) {
        return Err(match kind {
            Kind::Unhide | Kind::Unblock => no("one-way", "this platform cannot take that back"),
            _ => no("cannot", format!("this platform does not let the force {} anything; choose what is offered", kind.name()))
                .citing("LEICS-MOD-2"),
        });
    }
    Ok(())
}

/// Hide, delete, report or block. `manifest` is all that is held of the message now; it is sealed as evidence in the
/// same change, before anything is sent (I6).
pub fn take(
    asked: Asked,
    subject: &Subject,
    manifest: &Manifest,
    by: Principal,
    figures: &Figures,
    moment: &crate::time::Moment,
    digest: impl Fn(&[u8]) -> String,
) -> Result<Taken, Refusal> {
    let kind = asked.kind;
    if kind.undoes().is_some() {
        return Err(no("not-this-way", "showing again and unblocking take a measure back; they have their own way"));
    }
    // INVARIANT: software never takes a measure, and above all blocks nobody (I3).
    if by.person().is_none() {
        return Err(no("a-person-decides", "a person decides on moderation; software never does"));
    }
    if let Some(earlier) = subject.earlier.as_ref().filter(|e| e.kind == kind && stands_in_the_way(e)) {
        return Ok(Taken::Already(earlier.id));
    }
    possible(kind, subject)?;
    if asked.ground.is_empty() {
        return Err(no("no-ground", "give the ground on which this is done").citing("APP-ROLE-5"));
    }
    let why = reason(&asked.reason, kind == Kind::Block)?;
    let no_engagement = reason(&asked.last_resort.no_engagement, false)?;
    let evidence = match (kind.takes_away(), complete(manifest)) {
        (true, Err(refusal)) => return Err(refusal),
        // A report removes nothing, so what is still on its way does not stop it.
        (false, Err(_)) => None,
        (_, Ok(())) => Some(seal(manifest, moment.id(), digest)?),
    };
    let measure = Measure {
        id: moment.id(),
        kind,
        message: subject.message,
        account: subject.account,
        conversation: subject.conversation,
        correspondent: subject.correspondent,
        ground: asked.ground,
        standard: asked.standard,
        reason: why,
        last_resort: LastResort { no_engagement, ..asked.last_resort },
        evidence: evidence.as_ref().map(|e| e.id),
        undoes: None,
        taken_by: by,
        taken_at: moment.at,
        review_due_at: kind.takes_away().then(|| due(moment.at, figures)),
    };
    let explain = kind.removes().then(|| calls_for_explanation(&subject.removals, moment.at, figures)).flatten();
    Ok(Taken::New { measure: Box::new(measure), evidence, explain })
}

/// A report of which nobody knows whether it arrived may be made again by a person: nobody can be asked (see
/// [`after_silence`]).
fn stands_in_the_way(earlier: &Earlier) -> bool {
    earlier.state.stands() && !(earlier.kind == Kind::Report && earlier.state == State::Unknown)
}

/// Show again or unblock. `original` is the measure that is taken back, `subject.earlier` an undoing under way.
pub fn undo(
    kind: Kind,
    why: &str,
    subject: &Subject,
    original: Option<&Earlier>,
    by: Principal,
    moment: &crate::time::Moment,
) -> Result<Taken, Refusal> {
    let Some(undoes) = kind.undoes() else {
        return Err(no("not-this-way", "this takes nothing back"));
    };
    if let Some(earlier) = subject.earlier.as_ref().filter(|e| e.kind == kind && e.state.under_way()) {
        return Ok(Taken::Already(earlier.id));
    }
    let Some(original) = original.filter(|o| o.kind == undoes && o.state.stands()) else {
        return Err(no("nothing-to-undo", format!("this is not {} by the force, so there is nothing to take back", undoes.done())));
    };
    if matches!(original.state, State::Requested | State::Sent) {
        return Err(no("under-way", "the platform is being asked this moment; take it back when it has answered"));
    }
    possible(kind, subject)?;
    let measure = Measure {
        id: moment.id(),
        kind,
        message: subject.message,
        account: subject.account,
        conversation: subject.conversation,
        correspondent: subject.correspondent,
        ground: String::new(),
        standard: String::new(),
        reason: reason(why, true)?,
        last_resort: LastResort::default(),
        evidence: None,
        undoes: Some(original.id),
        taken_by: by,
        taken_at: moment.at,
        review_due_at: None,
    };
    Ok(Taken::New { measure: Box::new(measure), evidence: None, explain: None })
}

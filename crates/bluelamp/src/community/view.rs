//! What moderation's pages draw, in words already chosen. Nothing is decided here: policy is asked which acts it would let
//! this person do, the rules which are possible.

use super::acts::{advise::Advise, block::Block, hide::Hide, report::Report, unblock::Unblock, unhide::Unhide};
use super::flagged;
use super::store::{self, AdviceRow, EventRow, MeasureRow, PromptRow};
use crate::accounts::{self, AccountRow};
use crate::act::{Act, Ctx, Fault};
use crate::db::{DbError, Tx};
use crate::http::view::{Moment, ReasonLine, RefusalPanel};
use crate::http::{Fields, moment};
use crate::intake::queue::{self, QueueRow, Whole};
use crate::people;
use bluelamp_domain::act::Principal;
use bluelamp_domain::community::{self, Earlier, Kind, Removals, State, Subject};
use bluelamp_domain::decision::Reason;
use bluelamp_domain::ids::*;
use bluelamp_policy::Words;
use std::collections::HashMap;

type People = HashMap<PersonId, String>;

/// A message as its page needs it.
pub struct Seen {
    pub whole: Whole,
    pub account: AccountRow,
    pub platform: String,
    pub notes: Vec<String>,
    pub names: Names,
    pub measures: Vec<MeasureRow>,
    pub advice: Option<AdviceRow>,
    pub engaged: bool,
    /// The newest hide and the newest block of their author.
    pub hide: Option<Earlier>,
    pub block: Option<Earlier>,
}

/// Reads a message; `None` where this person may not see it.
pub async fn read(ctx: &Ctx, id: MessageId) -> Result<Option<Seen>, Fault> {
    let mut tx = ctx.read().await?;
    let Some(whole) = queue::store::whole(&mut tx, ctx.force, &ctx.scope, id, ctx.now()).await? else { return Ok(None) };
    let (account, who) = (whole.message.account, whole.message.correspondent);
    let Some(account) = accounts::store::account(&mut tx, ctx.force, account).await? else { return Ok(None) };
    let measures = store::measures_of(&mut tx, ctx.force, id).await?;
    let names = Names::read(ctx, &mut tx, &measures).await?;
    let hide = store::newest(&mut tx, ctx.force, Kind::Hide, account.id, id, who).await?;
    let block = store::newest(&mut tx, ctx.force, Kind::Block, account.id, id, who).await?;
    let advice = store::unused_advice(&mut tx, ctx.force, account.id, who).await?;
    let engaged = queue::store::engaged_with(&mut tx, ctx.force, account.id, who).await?.is_some();
    let capabilities = ctx.app.connector(&account.platform).map(|c| c.capabilities());
    let platform = capabilities.map_or_else(|| account.platform.clone(), |c| c.title.clone());
    let notes = capabilities.map_or_else(Vec::new, |c| c.notes.clone());
    Ok(Some(Seen { whole, account, platform, notes, names, measures, advice, engaged, hide, block }))
}

/// The head of a message's page.
pub struct About {
    pub id: String,
    pub account: String,
    pub platform: String,
    pub author: String,
    pub handle: String,
    pub kind: &'static str,
    pub sent: Moment,
    pub edited: Option<Moment>,
    pub pieces: Vec<(String, bool)>,
    /// Each ground that triage's words suggest, and what triage says of it.
    pub may_meet: Vec<(String, String)>,
    pub state: Vec<&'static str>,
    pub revisions: i64,
    pub media: String,
    pub href: String,
    pub desk: String,
}

pub fn about(ctx: &Ctx, seen: &Seen, words: &Words) -> About {
    let m = &seen.whole.message;
    let meets = flagged::meets(words, &m.triage);
    let signals: Vec<_> = meets.iter().map(|x| x.signal).collect();
    let kept = seen.whole.media.iter().filter(|x| x.object.is_some()).count();
    let media = match seen.whole.media.len() {
        0 => String::new(),
        n => format!("{n} with this message, {kept} kept as evidence"),
    };
    let mut state = Vec::new();
    if m.hidden {
        state.push("Not visible to the public");
    }
    if m.deleted_at.is_some() {
        state.push("Taken away by its author or the platform");
    }
    About {
        id: m.id.to_string(),
        account: seen.account.title.clone(),
        platform: seen.platform.clone(),
        author: seen.whole.correspondent.name.clone(),
        handle: seen.whole.correspondent.handle.clone(),
        kind: kind_word(&m.kind),
        sent: moment(ctx, m.sent_at),
        edited: m.edited_at.map(|at| moment(ctx, at)),
        pieces: flagged::marked(&m.text, &signals),
        may_meet: meets.iter().map(|x| (x.ground.title.clone(), x.signal.says.clone())).collect(),
        state,
        revisions: m.revisions,
        media,
        href: m.url.clone().filter(|u| u.starts_with("https://") || u.starts_with("http://")).unwrap_or_default(),
        desk: format!("/desk?open={}", m.id),
    }
}

fn kind_word(kind: &str) -> &'static str {
    match kind {
        "comment" => "comment",
        "mention" => "mention",
        "private" => "private message",
        "review" => "review",
        _ => "message",
    }
}

/// One act that is offered.
pub struct Offer {
    pub act: &'static str,
    pub label: &'static str,
    pub says: &'static str,
    pub kind: &'static str,
}

/// The block's own form.
pub struct BlockForm {
    pub engaged: bool,
    pub advice: Option<AdviceLine>,
    pub reversible: bool,
}

#[derive(Default)]
pub struct Offers {
    pub acts: Vec<Offer>,
    /// What is not offered, each in a sentence that says why.
    pub not: Vec<String>,
    pub block: Option<BlockForm>,
    pub undo: Vec<Offer>,
    pub may_advise: bool,
}

/// The message as the rules of what is possible see it.
pub fn subject(m: &crate::intake::store::MessageRow, account: &AccountRow) -> Subject {
    Subject {
        message: m.id,
        account: m.account,
        conversation: m.conversation,
        correspondent: m.correspondent,
        public: !m.is_private(),
        gone: m.deleted_at.is_some(),
        connected: account.connected,
        can: account.can.clone(),
        earlier: None,
        removals: Removals::default(),
    }
}

/// What removes or reports, mildest first: the act, its button, what it does, how the button looks.
pub const MEASURES: [(Kind, &str, &str, &str); 3] = [
    (Kind::Hide, "Hide", "Only its author and the force see it then.", ""),
    (Kind::Delete, "Delete", "It is gone for good and cannot be shown again.", "danger"),
    (Kind::Report, "Report to the platform", "The platform decides what becomes of it.", "quiet"),
];

/// Does the policy give this person the act at all? What else stands in its way is said when they try.
pub async fn given<A: Act>(ctx: &Ctx, act: &A) -> Result<bool, Fault> {
    Ok(!ctx.may(act).await?.reasons.iter().any(|r| r.rule == "no-rule-gives-this" || r.rule == "not-found"))
}

/// What can be done about this message, by this person.
pub async fn offers(ctx: &Ctx, seen: &Seen) -> Result<Offers, Fault> {
    let id = seen.whole.message.id;
    let s = subject(&seen.whole.message, &seen.account);
    let ground = ctx.pack().await?.words().grounds.first().map_or_else(String::new, |g| g.code.clone());
    let why = || "to be shown".to_owned();
    let mut out = Offers { may_advise: given(ctx, &Advise { message: id, favours: true, says: why() }).await?, ..Offers::default() };
    let moderates = given(ctx, &Hide { message: id, ground: ground.clone(), reason: String::new() }).await?;
    let reports = given(ctx, &Report { message: id, ground: ground.clone(), reason: String::new() }).await?;
    let blocks = given(ctx, &Block { message: id, ground, reason: why(), no_engagement: String::new() }).await?;
    let standing = |e: &Option<Earlier>| e.as_ref().is_some_and(|e| e.state.stands());
    for (kind, label, says, look) in MEASURES {
        let permitted = if kind == Kind::Report { reports } else { moderates };
        match community::possible(kind, &s) {
            Err(no) => out.not.push(format!("{label}: {}.", no.says)),
            Ok(()) if !permitted => out.not.push(format!("{label}: your role does not moderate; ask the desk or the digital media team.")),
            Ok(()) if kind == Kind::Hide && (standing(&seen.hide) || seen.whole.message.hidden) => {}
            Ok(()) => out.acts.push(Offer { act: kind.name(), label, says, kind: look }),
        }
    }
    match community::possible(Kind::Block, &s) {
        Err(no) => out.not.push(format!("Block: {}.", no.says)),
        Ok(()) if standing(&seen.block) => {}
        Ok(()) if !blocks => {
            out.not.push("Block: a desk supervisor, corporate communications or the digital media team decides on it.".into())
        }
        Ok(()) => {
            out.block = Some(BlockForm {
                engaged: seen.engaged,
                advice: seen.advice.as_ref().map(|a| advice_line(ctx, &seen.names.people, a)),
                reversible: s.can.iter().any(|c| c == Kind::Unblock.name()),
            });
        }
    }
    let shows = given(ctx, &Unhide { message: id, reason: why() }).await?;
    let unblocks = given(ctx, &Unblock { message: id, reason: why() }).await?;
    for (kind, original, permitted, label, says) in [
        (Kind::Unhide, &seen.hide, shows, "Show again", "Everybody sees it again."),
        (Kind::Unblock, &seen.block, unblocks, "Unblock", "They can take part again."),
    ] {
        let done = original.as_ref().is_some_and(|e| matches!(e.state, State::Done | State::Unknown));
        if done && permitted {
            match community::possible(kind, &s) {
                Ok(()) => out.undo.push(Offer { act: kind.name(), label, says, kind: "quiet" }),
                Err(no) => out.not.push(format!("{label}: {}.", no.says)),
            }
        }
    }
    Ok(out)
}

/// What was typed, to be shown again after a refusal.
#[derive(Default)]
pub struct Typed {
    pub ground: String,
    pub reason: String,
    pub no_engagement: String,
    pub says: String,
}

impl Typed {
    pub fn of(f: &Fields) -> Typed {
        Typed { ground: f.text("ground"), reason: f.text("reason"), no_engagement: f.text("no_engagement"), says: f.text("says") }
    }
}

/// The panel of a refusal: every reason, each with its clause.
pub fn panel(heading: &str, reasons: Vec<Reason>) -> RefusalPanel {
    let line = |r: Reason| ReasonLine {
        clause_href: if r.clause.is_empty() { String::new() } else { format!("/assurance/clauses/{}", r.clause) },
        sentence: r.says,
        clause: r.clause,
        whom: String::new(),
        ask: String::new(),
    };
    RefusalPanel { heading: heading.to_owned(), held: false, reasons: reasons.into_iter().map(line).collect() }
}

/// Names and messages that lines of a list speak of.
pub struct Names {
    pub people: People,
    accounts: HashMap<AccountId, String>,
    messages: HashMap<MessageId, QueueRow>,
}

impl Names {
    pub async fn read(ctx: &Ctx, tx: &mut Tx, rows: &[MeasureRow]) -> Result<Names, DbError> {
        let ids = rows.iter().map(|m| m.message.0).collect();
        let messages = queue::store::by_ids(tx, ctx.force, ids).await?.into_iter().map(|r| (r.message.id, r)).collect();
        Ok(Names { people: people::store::names(tx, ctx.force).await?, accounts: account_titles(ctx, tx).await?, messages })
    }
}

pub async fn account_titles(ctx: &Ctx, tx: &mut Tx) -> Result<HashMap<AccountId, String>, DbError> {
    let all = accounts::store::accounts(tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await?;
    Ok(all.into_iter().map(|a| (a.id, a.title)).collect())
}

pub fn who(people: &People, code: &str) -> String {
    match super::acts::principal(code) {
        Some(Principal::Person(id)) => people.get(&id).cloned().unwrap_or_else(|| "someone no longer listed".into()),
        _ => "the system".into(),
    }
}

/// A measure as a row.
pub struct Line {
    pub id: String,
    pub href: String,
    pub message: String,
    pub kind: &'static str,
    pub ground: String,
    pub state: &'static str,
    pub tone: &'static str,
    pub who: String,
    pub at: Moment,
    pub account: String,
    pub author: String,
    pub excerpt: String,
    pub review: &'static str,
}

/// What a state means, in words of the page.
pub fn state_words(state: State) -> (&'static str, &'static str) {
    match state {
        State::Requested => ("On its way", "routine"),
        State::Sent => ("Asking the platform", "routine"),
        State::Done => ("Done", "done"),
        State::Unknown => ("Nobody knows yet", "priority"),
        State::Rejected => ("The platform would not", "immediate"),
        State::Undone => ("Taken back", "quiet"),
    }
}

pub fn kind_label(kind: Kind) -> &'static str {
    match kind {
        Kind::Hide => "Hide",
        Kind::Unhide => "Show again",
        Kind::Delete => "Delete",
        Kind::Report => "Report",
        Kind::Block => "Block",
        Kind::Unblock => "Unblock",
    }
}

pub fn line(ctx: &Ctx, words: &Words, names: &Names, m: &MeasureRow) -> Line {
    let (state, tone) = state_words(m.state);
    let message = names.messages.get(&m.message);
    let excerpt: String = message.map_or_else(String::new, |r| r.message.text.chars().take(160).collect());
    Line {
        id: m.id.to_string(),
        href: format!("/community/measures/{}", m.id),
        message: format!("/community/messages/{}", m.message),
        kind: kind_label(m.kind),
        ground: words.ground(&m.ground).map_or_else(|| m.ground.clone(), |g| g.title.clone()),
        state,
        tone,
        who: who(&names.people, &m.taken_by),
        at: moment(ctx, m.taken_at),
        account: names.accounts.get(&m.account).cloned().unwrap_or_default(),
        author: message.map_or_else(String::new, |r| r.handle.clone()),
        excerpt,
        review: match (m.verdict.as_deref(), m.review_due_at) {
            (Some("overturned"), _) => "Overturned",
            (Some(_), _) => "Upheld",
            (None, Some(due)) if due < ctx.now() && !matches!(m.state, State::Rejected | State::Undone) => "Overdue",
            (None, _) => "",
        },
    }
}

pub fn lines(ctx: &Ctx, words: &Words, names: &Names, rows: &[MeasureRow]) -> Vec<Line> {
    rows.iter().map(|m| line(ctx, words, names, m)).collect()
}

/// A comment that may meet a ground.
pub struct FlaggedLine {
    pub href: String,
    pub account: String,
    pub author: String,
    pub at: Moment,
    pub priority: &'static str,
    pub pieces: Vec<(String, bool)>,
    pub may_meet: Vec<(String, String)>,
}

pub fn flagged_line(ctx: &Ctx, words: &Words, titles: &HashMap<AccountId, String>, r: &QueueRow) -> FlaggedLine {
    let meets = flagged::meets(words, &r.message.triage);
    let signals: Vec<_> = meets.iter().map(|x| x.signal).collect();
    FlaggedLine {
        href: format!("/community/messages/{}", r.message.id),
        account: titles.get(&r.message.account).cloned().unwrap_or_default(),
        author: r.handle.clone(),
        at: moment(ctx, r.message.received_at),
        priority: r.message.priority_name(),
        pieces: flagged::marked(&r.message.text, &signals),
        may_meet: meets.iter().map(|x| (x.ground.title.clone(), x.signal.says.clone())).collect(),
    }
}

pub struct AdviceLine {
    pub favours: bool,
    pub says: String,
    pub who: String,
    pub at: Moment,
}

pub fn advice_line(ctx: &Ctx, people: &People, a: &AdviceRow) -> AdviceLine {
    AdviceLine { favours: a.favours, says: a.says.clone(), who: who(people, &a.given_by), at: moment(ctx, a.given_at) }
}

pub struct EventLine {
    pub at: Moment,
    pub says: String,
    pub why: String,
}

pub fn event_line(ctx: &Ctx, people: &People, e: &EventRow) -> EventLine {
    let says = match e.came.as_str() {
        "sending" => "The platform was asked".to_owned(),
        "done" => "Done".to_owned(),
        "later" => "Not done yet; tried again later".to_owned(),
        "rejected" => "Not done".to_owned(),
        _ => "No answer: nobody knows whether it was done".to_owned(),
    };
    let by = who(people, &e.by);
    EventLine { at: moment(ctx, e.at), says: if by == "the system" { says } else { format!("{says} ({by})") }, why: e.why.clone() }
}

pub struct ReviewLine {
    pub verdict: String,
    pub who: String,
    pub at: Moment,
    pub note: String,
}

pub fn review_line(ctx: &Ctx, people: &People, m: &MeasureRow) -> Option<ReviewLine> {
    let (verdict, by, at) = (m.verdict.as_deref()?, m.reviewed_by.as_deref()?, m.reviewed_at?);
    let verdict = if verdict == "overturned" { "Overturned" } else { "Upheld" };
    Some(ReviewLine { verdict: verdict.into(), who: who(people, by), at: moment(ctx, at), note: m.review_note.clone().unwrap_or_default() })
}

/// How it was tried to engage before a block, in a sentence; empty for other measures.
pub fn engagement(m: &MeasureRow) -> String {
    match (m.kind, m.engaged_with, m.no_engagement.is_empty()) {
        (Kind::Block, Some(_), true) => "The force answered them on this account before.".into(),
        (Kind::Block, Some(_), false) => format!("The force answered them on this account before. Also stated: {}", m.no_engagement),
        (Kind::Block, None, _) => format!("No effort to engage, because: {}", m.no_engagement),
        _ => String::new(),
    }
}

/// Many removals that wait for a word to the public.
pub struct PromptLine {
    pub id: String,
    pub count: i64,
    pub text: String,
    pub at: Moment,
    pub measure: String,
}

pub fn prompt_line(ctx: &Ctx, p: PromptRow) -> PromptLine {
    PromptLine {
        id: p.id.to_string(),
        count: p.count,
        text: p.text,
        at: moment(ctx, p.raised_at),
        measure: format!("/community/measures/{}", p.measure),
    }
}

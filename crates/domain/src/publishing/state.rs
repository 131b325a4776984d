//! A draft's life: which states there are, and what may be done in each.
//!
//! Waiting for someone's agreement is no state of its own: the held act says so, and it rests on the draft's revision.
//! INVARIANT: every edit makes a new revision, so whatever was agreed to an older one counts no more.

use super::content::Content;
use super::post;
use crate::act::Refusal;
use crate::ids::{DraftId, PersonId};
use crate::time::{DAY, Instant, MINUTE};

/// Where a draft stands. Each carries exactly what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Editing,
    /// Goes out at this time, if policy still allows it then.
    Scheduled {
        for_: Instant,
    },
    /// Its posts are on their way.
    Sending {
        for_: Instant,
    },
    Live,
    /// On some of its accounts; on others it could not be published.
    PartlyLive,
    /// Nowhere: every platform turned it down.
    Failed,
    /// Its time passed before it could go. It is never sent late by itself.
    Expired,
    Withdrawn,
    /// Being taken down, not proved gone everywhere yet.
    TakingDown,
    /// Proved gone everywhere it went.
    TakenDown,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Editing => "editing",
            State::Scheduled { .. } => "scheduled",
            State::Sending { .. } => "sending",
            State::Live => "live",
            State::PartlyLive => "partly-live",
            State::Failed => "failed",
            State::Expired => "expired",
            State::Withdrawn => "withdrawn",
            State::TakingDown => "taking-down",
            State::TakenDown => "taken-down",
        }
    }

    /// As a page says it.
    pub fn title(self) -> &'static str {
        match self {
            State::Editing => "Draft",
            State::Scheduled { .. } => "Scheduled",
            State::Sending { .. } => "Being published",
            State::Live => "Live",
            State::PartlyLive => "Not live everywhere",
            State::Failed => "Not published",
            State::Expired => "Expired, not sent",
            State::Withdrawn => "Withdrawn",
            State::TakingDown => "Being taken down",
            State::TakenDown => "Taken down",
        }
    }

    /// As stored: a name, and its time where it has one.
    pub fn parse(name: &str, for_: Option<Instant>) -> Option<State> {
        Some(match (name, for_) {
            ("editing", _) => State::Editing,
            ("scheduled", Some(for_)) => State::Scheduled { for_ },
            ("sending", Some(for_)) => State::Sending { for_ },
            ("live", _) => State::Live,
            ("partly-live", _) => State::PartlyLive,
            ("failed", _) => State::Failed,
            ("expired", _) => State::Expired,
            ("withdrawn", _) => State::Withdrawn,
            ("taking-down", _) => State::TakingDown,
            ("taken-down", _) => State::TakenDown,
            _ => return None,
        })
    }

    pub fn for_(self) -> Option<Instant> {
        match self {
            State::Scheduled { for_ } | State::Sending { for_ } => Some(for_),
            State::Editing
            | State::Live
            | State::PartlyLive
            | State::Failed
            | State::Expired
            | State::Withdrawn
            | State::TakingDown
            | State::TakenDown => None,
        }
    }

    /// May its words still change? What is out, or was, stays as it went.
    pub fn is_open(self) -> bool {
        match self {
            State::Editing | State::Scheduled { .. } | State::Expired | State::Failed => true,
            State::Sending { .. } | State::Live | State::PartlyLive | State::Withdrawn | State::TakingDown | State::TakenDown => false,
        }
    }
}

/// A draft as rules see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub id: DraftId,
    pub state: State,
    pub revision: i64,
    pub author: PersonId,
    pub content: Content,
}

fn not_now(d: &Draft, what: &str) -> Refusal {
    Refusal::new("wrong-state", format!("this draft is `{}`, so it cannot be {what}", d.state.name()))
}

/// The revision that the person saw must be the one that stands.
fn seen(d: &Draft, revision: i64) -> Result<(), Refusal> {
    if d.revision == revision {
        return Ok(());
    }
    Err(Refusal::new(
        "changed-meanwhile",
        format!("this draft was changed meanwhile (revision {}, you saw {revision}); look at it again", d.revision),
    ))
}

/// An edit: back to a draft, one revision on. Nothing that was agreed or scheduled stands.
pub fn edit(d: &Draft, revision: i64, content: Content) -> Result<(State, i64, Content), Refusal> {
    if !d.state.is_open() {
        return Err(not_now(d, "edited; take it down or write a new one"));
    }
    seen(d, revision)?;
    if d.content.kind == super::Kind::Reply || content.kind == super::Kind::Reply {
        return Err(Refusal::new("reply", "a reply is written at the desk, beside the message it answers"));
    }
    Ok((State::Editing, d.revision + 1, content.tidied()?))
}

pub fn withdraw(d: &Draft) -> Result<State, Refusal> {
    match d.state {
        State::Withdrawn => Ok(State::Withdrawn),
        s if s.is_open() => Ok(State::Withdrawn),
        _ => Err(not_now(d, "withdrawn; take it down instead")),
    }
}

/// Out as soon as it may: scheduled for now, so that one way leads out.
pub fn publish(d: &Draft, revision: i64, stops: &[String], at: Instant) -> Result<State, Refusal> {
    seen(d, revision)?;
    can_go(d, stops)?;
    match d.state {
        State::Editing | State::Failed | State::Expired => Ok(State::Scheduled { for_: at }),
        State::Scheduled { .. } => Err(not_now(d, "published by hand; take it off the schedule first")),
        State::Sending { .. } | State::Live | State::PartlyLive | State::Withdrawn | State::TakingDown | State::TakenDown => {
            Err(not_now(d, "published"))
        }
    }
}

/// A year ahead is a slip of the pen.
const FURTHEST: i64 = 366 * DAY;

pub fn schedule(d: &Draft, revision: i64, for_: Instant, stops: &[String], at: Instant) -> Result<State, Refusal> {
    seen(d, revision)?;
    can_go(d, stops)?;
    if for_ <= at {
        return Err(Refusal::new("in-the-past", "the time to publish at is past; choose another, or publish now"));
    }
    if for_ > at.plus(FURTHEST) {
        return Err(Refusal::new("too-far", "this is more than a year ahead; choose an earlier time"));
    }
    match d.state {
        State::Editing | State::Failed | State::Expired | State::Scheduled { .. } => Ok(State::Scheduled { for_ }),
        State::Sending { .. } | State::Live | State::PartlyLive | State::Withdrawn | State::TakingDown | State::TakenDown => {
            Err(not_now(d, "scheduled"))
        }
    }
}

/// What is to go out now needs accounts that can speak now. What is scheduled may be connected until its time.
pub fn heard(silent: &[String]) -> Result<(), Refusal> {
    if silent.is_empty() {
        return Ok(());
    }
    let who = silent.join(", ");
    Err(Refusal::new(
        "not-connected",
        format!("the platform takes nothing from {who} just now; connect it again on the account's page first"),
    ))
}

/// What no platform would take is refused before anything leaves, so that a half-made thread never stands.
fn can_go(d: &Draft, stops: &[String]) -> Result<(), Refusal> {
    if d.content.kind == super::Kind::Reply {
        return Err(Refusal::new("reply", "a reply goes out from the desk, beside the message it answers; write it again there"));
    }
    if d.content.accounts.is_empty() {
        return Err(Refusal::new("no-account", "choose at least one account for it to go to"));
    }
    if stops.is_empty() { Ok(()) } else { Err(Refusal::new("does-not-fit", stops.join(" "))) }
}

pub fn unschedule(d: &Draft) -> Result<State, Refusal> {
    match d.state {
        State::Scheduled { .. } | State::Editing => Ok(State::Editing),
        State::Sending { .. }
        | State::Live
        | State::PartlyLive
        | State::Failed
        | State::Expired
        | State::Withdrawn
        | State::TakingDown
        | State::TakenDown => Err(not_now(d, "taken off the schedule")),
    }
}

/// What the scheduler finds when a draft's time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Go,
    /// Not scheduled for this any more: nothing to do.
    Settled,
    NotYet {
        until: Instant,
    },
    /// Later than the pack allows: it expires, loudly.
    TooLate,
}

pub fn due(d: &Draft, revision: i64, expiry_minutes: i64, at: Instant) -> Due {
    match d.state {
        State::Scheduled { for_ } if d.revision == revision => {
            if at < for_ {
                Due::NotYet { until: for_ }
            } else if at > for_.plus(expiry_minutes * MINUTE) {
                Due::TooLate
            } else {
                Due::Go
            }
        }
        _ => Due::Settled,
    }
}

/// The send itself: only at its time, and never late.
pub fn send(d: &Draft, revision: i64, stops: &[String], expiry_minutes: i64, at: Instant) -> Result<State, Refusal> {
    match due(d, revision, expiry_minutes, at) {
        Due::Go => {
            can_go(d, stops)?;
            Ok(State::Sending { for_: d.state.for_().unwrap_or(at) })
        }
        Due::Settled => Err(not_now(d, "sent")),
        Due::NotYet { .. } => Err(Refusal::new("too-early", "its time has not come")),
        Due::TooLate => Err(Refusal::new("too-late", "its time has passed; schedule it again if it is still wanted")),
    }
}

pub fn expire(d: &Draft, revision: i64) -> Result<State, Refusal> {
    match d.state {
        State::Scheduled { .. } if d.revision == revision => Ok(State::Expired),
        State::Expired => Ok(State::Expired),
        _ => Err(not_now(d, "expired")),
    }
}

/// Everywhere it went, with a reason (LEICS-USE-4).
pub fn take_down(d: &Draft, reason: &str) -> Result<State, Refusal> {
    if reason.trim().is_empty() {
        return Err(Refusal::new("no-reason", "say why it comes down; the record keeps the reason with the post").citing("LEICS-USE-4"));
    }
    match d.state {
        State::Live | State::PartlyLive | State::Sending { .. } | State::TakingDown => Ok(State::TakingDown),
        State::TakenDown => Ok(State::TakenDown),
        State::Editing | State::Scheduled { .. } | State::Failed | State::Expired | State::Withdrawn => {
            Err(not_now(d, "taken down: it is not out; withdraw it"))
        }
    }
}

/// Where a draft stands once one of its posts has come to something.
pub fn after(now: State, posts: &[post::State]) -> State {
    let open = posts.iter().any(|p| p.is_open());
    let out = posts.iter().any(|p| p.is_out());
    let lost = posts.iter().any(|p| !p.is_out() && !p.is_open());
    match now {
        State::TakingDown | State::TakenDown => {
            if open || out {
                State::TakingDown
            } else {
                State::TakenDown
            }
        }
        State::Sending { .. } | State::Live | State::PartlyLive | State::Failed => match (open, out, lost) {
            (true, ..) => now,
            (false, true, false) => State::Live,
            (false, true, true) => State::PartlyLive,
            // It was out and is no longer, and nobody here took it down: not the same as never having been out.
            (false, false, _) if posts.contains(&post::State::Missing) => State::PartlyLive,
            (false, false, _) => State::Failed,
        },
        State::Editing | State::Scheduled { .. } | State::Expired | State::Withdrawn => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AccountId;
    use uuid::Uuid;

    const NOW: Instant = Instant(1_000 * DAY);

    fn draft(state: State) -> Draft {
        let content = Content { text: "Road closed".into(), accounts: vec![AccountId(Uuid::nil())], ..Content::default() };
        Draft { id: DraftId(Uuid::nil()), state, revision: 3, author: PersonId(Uuid::nil()), content }
    }

    const ALL: [State; 10] = [
        State::Editing,
        State::Scheduled { for_: NOW },
        State::Sending { for_: NOW },
        State::Live,
        State::PartlyLive,
        State::Failed,
        State::Expired,
        State::Withdrawn,
        State::TakingDown,
        State::TakenDown,
    ];

    /// Every state against every act: the table that reviewers read.
    #[test]
    fn each_act_leads_from_each_state_to_one_place_or_nowhere() {
        let to = |r: Result<State, Refusal>| r.map_or("-", State::name);
        let mut table = String::new();
        for s in ALL {
            let d = draft(s);
            let line = [
                to(edit(&d, 3, d.content.clone()).map(|e| e.0)),
                to(withdraw(&d)),
                to(publish(&d, 3, &[], NOW)),
                to(schedule(&d, 3, NOW.plus(1), &[], NOW)),
                to(unschedule(&d)),
                to(send(&d, 3, &[], 30, NOW)),
                to(expire(&d, 3)),
                to(take_down(&d, "proceedings")),
            ];
            table.push_str(&format!("{}: {}\n", s.name(), line.join(" ")));
        }
        assert_eq!(
            table,
            "editing: editing withdrawn scheduled scheduled editing - - -\n\
             scheduled: editing withdrawn - scheduled editing sending expired -\n\
             sending: - - - - - - - taking-down\n\
             live: - - - - - - - taking-down\n\
             partly-live: - - - - - - - taking-down\n\
             failed: editing withdrawn scheduled scheduled - - - -\n\
             expired: editing withdrawn scheduled scheduled - - expired -\n\
             withdrawn: - withdrawn - - - - - -\n\
             taking-down: - - - - - - - taking-down\n\
             taken-down: - - - - - - - taken-down\n"
        );
    }

    #[test]
    fn states_are_stored_and_read_back() {
        for s in ALL {
            assert_eq!(State::parse(s.name(), s.for_()), Some(s));
        }
        assert_eq!(State::parse("scheduled", None), None);
    }

    #[test]
    fn a_post_goes_at_its_time_and_never_late() {
        let d = draft(State::Scheduled { for_: NOW });
        assert_eq!(due(&d, 3, 30, NOW.plus(-1)), Due::NotYet { until: NOW });
        assert_eq!(due(&d, 3, 30, NOW), Due::Go);
        assert_eq!(due(&d, 3, 30, NOW.plus(30 * MINUTE)), Due::Go);
        assert_eq!(due(&d, 3, 30, NOW.plus(30 * MINUTE + 1)), Due::TooLate);
        assert_eq!(due(&d, 2, 30, NOW), Due::Settled, "a job of an older revision does nothing");
        assert_eq!(send(&d, 3, &[], 30, NOW.plus(31 * MINUTE)).unwrap_err().code, "too-late");
    }

    #[test]
    fn an_edit_is_a_new_revision_and_an_old_one_cannot_be_published() {
        let d = draft(State::Scheduled { for_: NOW });
        let (state, revision, _) = edit(&d, 3, d.content.clone()).unwrap();
        assert_eq!((state, revision), (State::Editing, 4));
        assert_eq!(publish(&draft(State::Editing), 2, &[], NOW).unwrap_err().code, "changed-meanwhile");
        assert_eq!(edit(&d, 2, d.content.clone()).unwrap_err().code, "changed-meanwhile");
    }

    #[test]
    fn what_does_not_fit_stays_here() {
        let d = draft(State::Editing);
        assert_eq!(publish(&d, 3, &["Too long.".into()], NOW).unwrap_err().says, "Too long.");
        let nowhere = Draft { content: Content { accounts: vec![], ..d.content.clone() }, ..d };
        assert_eq!(publish(&nowhere, 3, &[], NOW).unwrap_err().code, "no-account");
    }

    #[test]
    fn leics_use_4_a_take_down_says_why() {
        let no = take_down(&draft(State::Live), "  ").unwrap_err();
        assert_eq!((no.code.as_str(), no.clause.as_deref()), ("no-reason", Some("LEICS-USE-4")));
    }

    #[test]
    fn a_draft_is_what_its_posts_are() {
        use post::State::*;
        let s = State::Sending { for_: NOW };
        for (posts, name) in [
            (&[Live, Waiting][..], "sending"),
            (&[Live, Unknown], "sending"),
            (&[Live, Live], "live"),
            (&[Live, Rejected], "partly-live"),
            (&[Rejected, Expired], "failed"),
            (&[Missing, Live], "partly-live"),
            (&[Missing], "partly-live"),
        ] {
            assert_eq!(after(s, posts).name(), name, "{posts:?}");
        }
        assert_eq!(after(State::TakingDown, &[Gone, Leaving]).name(), "taking-down");
        assert_eq!(after(State::TakingDown, &[Gone, Rejected]).name(), "taken-down");
    }
}

//! The alarm: raised in the transaction that stores a dangerous message, it rings until a person acknowledges it and
//! goes to the next contact at the pack's minutes (APP-ROLE-3, APP-COMM-4).

use crate::act::Refusal;
use crate::ids::PersonId;
use crate::time::{Instant, MINUTE};
use serde::{Deserialize, Serialize};

/// Why it rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Triage called a message immediate.
    Immediate,
    /// A person raised it.
    Escalated,
    /// Something came that could not be read or triaged.
    Quarantine,
    /// What an account hears has stopped.
    Gap,
    /// A reply did not go out.
    ReplyFailed,
    /// A post's time passed, or its platform turned it down: it is not out.
    PostFailed,
}

impl Kind {
    pub const ALL: [Self; 6] = [Self::Immediate, Self::Escalated, Self::Quarantine, Self::Gap, Self::ReplyFailed, Self::PostFailed];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::Escalated => "escalated",
            Self::Quarantine => "quarantine",
            Self::Gap => "gap",
            Self::ReplyFailed => "reply_failed",
            Self::PostFailed => "post_failed",
        }
    }

    /// What the bar says before the account; never a word of the message, because it stands on every page.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Immediate => "Immediate message",
            Self::Escalated => "Raised by a colleague",
            Self::Quarantine => "A message could not be read",
            Self::Gap => "An account is not heard",
            Self::ReplyFailed => "A reply did not go out",
            Self::PostFailed => "A post did not go out",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// Whom it has reached: each contact after the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Contact {
    /// Everyone on duty at the desk, and the command and communications contacts on duty.
    OnDuty,
    Supervisor,
    Command,
    CorporateCommunications,
    /// All of them, again and again.
    Everyone,
}

impl Contact {
    pub const ALL: [Self; 5] = [Self::OnDuty, Self::Supervisor, Self::Command, Self::CorporateCommunications, Self::Everyone];

    pub const fn name(self) -> &'static str {
        match self {
            Self::OnDuty => "on_duty",
            Self::Supervisor => "supervisor",
            Self::Command => "command",
            Self::CorporateCommunications => "corporate_communications",
            Self::Everyone => "everyone",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::OnDuty => "those on duty",
            Self::Supervisor => "desk supervisors",
            Self::Command => "command",
            Self::CorporateCommunications => "corporate communications",
            Self::Everyone => "everyone again",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }

    /// Who is next when nobody answers. The last is asked again for ever.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::OnDuty => Self::Supervisor,
            Self::Supervisor => Self::Command,
            Self::Command => Self::CorporateCommunications,
            Self::CorporateCommunications | Self::Everyone => Self::Everyone,
        }
    }
}

/// Somebody who can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    pub roles: Vec<String>,
    pub on_duty: bool,
}

impl Person {
    fn is(&self, role: &str) -> bool {
        self.roles.iter().any(|r| r == role)
    }
}

/// Who of these people is told when the alarm reaches `contact`. Where a step finds nobody, everyone of the next steps
/// is told now: an alarm without ears is worse than one with too many (APP-ROLE-3).
pub fn told(contact: Contact, people: &[Person]) -> Vec<PersonId> {
    let of = |contact: Contact| -> Vec<PersonId> {
        let hears = |p: &&Person| match contact {
            Contact::OnDuty => p.on_duty && ["desk", "desk-supervisor", "command", "corporate-communications"].iter().any(|r| p.is(r)),
            Contact::Supervisor => p.is("desk-supervisor"),
            Contact::Command => p.is("command"),
            Contact::CorporateCommunications => p.is("corporate-communications"),
            Contact::Everyone => {
                ["desk-supervisor", "command", "corporate-communications"].iter().any(|r| p.is(r)) || (p.on_duty && p.is("desk"))
            }
        };
        people.iter().filter(hears).map(|p| p.id).collect()
    };
    let mut step = contact;
    loop {
        let ids = of(step);
        if !ids.is_empty() || step == Contact::Everyone {
            return ids;
        }
        step = step.next();
    }
}

/// When the alarm goes on, if nobody answers.
pub fn next_at(told_at: Instant, minutes: i64) -> Instant {
    told_at.plus(minutes.max(1).saturating_mul(MINUTE))
}

/// An alarm as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert {
    pub contact: Contact,
    pub next_at: Instant,
    pub acknowledged: bool,
}

/// Passes it on: on the minute, not before, and never once somebody answered.
///
/// # Errors
/// When it was acknowledged, or its minute has not come.
pub fn escalate(a: Alert, at: Instant, minutes: i64) -> Result<(Contact, Instant), Refusal> {
    if a.acknowledged {
        return Err(Refusal::new("acknowledged", "somebody answered this alarm; it rings no more"));
    }
    if at < a.next_at {
        return Err(Refusal::new("too-early", "its minutes have not passed yet"));
    }
    Ok((a.contact.next(), next_at(at, minutes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn person(n: u128, role: &str, on_duty: bool) -> Person {
        Person { id: PersonId(Uuid::from_u128(n)), roles: vec![role.into()], on_duty }
    }

    fn ids(ids: &[u128]) -> Vec<PersonId> {
        ids.iter().map(|n| PersonId(Uuid::from_u128(*n))).collect()
    }

    #[test]
    fn app_role_3_the_chain_reaches_each_contact_in_turn() {
        let all = [
            person(1, "desk", true),
            person(2, "desk", false),
            person(3, "desk-supervisor", false),
            person(4, "command", true),
            person(5, "command", false),
            person(6, "corporate-communications", true),
            person(7, "publisher", true),
        ];
        assert_eq!(told(Contact::OnDuty, &all), ids(&[1, 4, 6]));
        assert_eq!(told(Contact::Supervisor, &all), ids(&[3]));
        assert_eq!(told(Contact::Command, &all), ids(&[4, 5]));
        assert_eq!(told(Contact::CorporateCommunications, &all), ids(&[6]));
        assert_eq!(told(Contact::Everyone, &all), ids(&[1, 3, 4, 5, 6]));
    }

    #[test]
    fn app_role_3_with_nobody_on_duty_it_goes_on_at_once() {
        assert_eq!(told(Contact::OnDuty, &[person(1, "desk", false), person(5, "command", false)]), ids(&[5]));
        assert_eq!(told(Contact::OnDuty, &[]), ids(&[]));
    }

    #[test]
    fn app_role_3_it_escalates_on_the_minute_and_not_before() {
        let a = Alert { contact: Contact::OnDuty, next_at: next_at(Instant(0), 3), acknowledged: false };
        assert_eq!(escalate(a, Instant(3 * MINUTE - 1), 3).unwrap_err().code, "too-early");
        assert_eq!(escalate(a, Instant(3 * MINUTE), 3), Ok((Contact::Supervisor, Instant(6 * MINUTE))));
        assert_eq!(escalate(Alert { acknowledged: true, ..a }, Instant(9 * MINUTE), 3).unwrap_err().code, "acknowledged");
    }

    #[test]
    fn app_comm_4_the_last_contact_is_asked_for_ever() {
        let mut contact = Contact::OnDuty;
        let mut seen = vec![contact];
        for _ in 0..6 {
            contact = contact.next();
            seen.push(contact);
        }
        assert_eq!(seen[..5], Contact::ALL);
        assert_eq!(seen[5..], [Contact::Everyone; 2]);
    }
}

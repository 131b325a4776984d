//! How a message ends: a closed list, each end with what must be true first. Every message ends read, with an outcome
//! (LEICS-USE-1); software ends none (I3).

use super::referral::Kind as Referral;
use super::{NOTE_CHARS, bounded};
use crate::act::Refusal;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Answered,
    IncidentRaised,
    Referred,
    Moderated,
    /// The sender was told where else to turn.
    Signposted,
    /// The same is worked on elsewhere.
    Duplicate,
    Spam,
    /// The sender took it away and nothing more is to be done.
    Withdrawn,
    NoActionNeeded,
}

impl Outcome {
    pub const ALL: [Self; 9] = [
        Self::Answered,
        Self::IncidentRaised,
        Self::Referred,
        Self::Moderated,
        Self::Signposted,
        Self::Duplicate,
        Self::Spam,
        Self::Withdrawn,
        Self::NoActionNeeded,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::IncidentRaised => "incident_raised",
            Self::Referred => "referred",
            Self::Moderated => "moderated",
            Self::Signposted => "signposted",
            Self::Duplicate => "duplicate",
            Self::Spam => "spam",
            Self::Withdrawn => "withdrawn",
            Self::NoActionNeeded => "no_action_needed",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Answered => "Answered",
            Self::IncidentRaised => "Incident raised",
            Self::Referred => "Referred",
            Self::Moderated => "Moderated",
            Self::Signposted => "Told where else to turn",
            Self::Duplicate => "The same as another",
            Self::Spam => "Spam",
            Self::Withdrawn => "Taken away by the sender",
            Self::NoActionNeeded => "No action needed",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.name() == name)
    }
}

/// What was done with a message so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    pub closed: Option<Outcome>,
    /// A reply has gone out.
    pub answered: bool,
    /// A reply is on its way and has not been confirmed.
    pub sending: bool,
    pub assessed: bool,
    /// A measure of moderation stands on it: on its way or done, and not taken back.
    pub moderated: bool,
    /// The sender deleted it.
    pub deleted: bool,
    pub referrals: Vec<Referral>,
}

/// Ends a message. The note comes back tidied; `None` means that it ended so already.
///
/// # Errors
/// When the outcome says something that did not happen, or needs a sentence that is missing.
pub fn close(record: &Record, outcome: Outcome, note: &str) -> Result<Option<String>, Refusal> {
    if record.closed == Some(outcome) {
        return Ok(None);
    }
    if let Some(was) = record.closed {
        return Err(Refusal::new("closed", format!("this was closed already: {}; reopen it first", was.title().to_lowercase())));
    }
    if record.sending {
        return Err(Refusal::new("reply-under-way", "a reply is on its way; close it when the platform has confirmed"));
    }
    let note = bounded("the note", note, NOTE_CHARS)?;
    let no = |code: &str, says: &str| Err(Refusal::new(code, says).citing("LEICS-USE-1"));
    match outcome {
        Outcome::Answered if !record.answered => no("not-answered", "no reply has gone out; reply first, or choose another outcome"),
        Outcome::IncidentRaised if !record.referrals.contains(&Referral::Incident) => {
            no("no-incident", "no incident is recorded; raise it first, with the control room's number")
        }
        Outcome::Referred if record.referrals.is_empty() => {
            no("not-referred", "it went to nobody; refer it first, or choose another outcome")
        }
        Outcome::Moderated if !record.moderated => {
            no("not-moderated", "no measure stands on it; hide, delete, report or block first, or choose another outcome")
        }
        Outcome::Withdrawn if !record.deleted => no("not-withdrawn", "the message still stands on the platform; choose another outcome"),
        Outcome::NoActionNeeded if !record.assessed => {
            Err(Refusal::new("assess-first", "that nothing is to be done is a person's decision: confirm the assessment first")
                .citing("LEICS-TRIAGE-2"))
        }
        Outcome::Signposted | Outcome::Duplicate if note.is_empty() => {
            Err(Refusal::new("say-it", "say in the note where they were sent, or which message is the same"))
        }
        Outcome::Answered
        | Outcome::IncidentRaised
        | Outcome::Referred
        | Outcome::Moderated
        | Outcome::Signposted
        | Outcome::Duplicate
        | Outcome::Spam
        | Outcome::Withdrawn
        | Outcome::NoActionNeeded => Ok(Some(note)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leics_use_1_each_end_says_only_what_happened() {
        let nothing = Record::default();
        let all = Record {
            answered: true,
            assessed: true,
            moderated: true,
            deleted: true,
            referrals: vec![Referral::Incident],
            ..Record::default()
        };
        let codes: Vec<(&str, String)> =
            Outcome::ALL.into_iter().map(|o| (o.name(), close(&nothing, o, "").map_or_else(|r| r.code, |_| "may".into()))).collect();
        let expected = [
            ("answered", "not-answered"),
            ("incident_raised", "no-incident"),
            ("referred", "not-referred"),
            ("moderated", "not-moderated"),
            ("signposted", "say-it"),
            ("duplicate", "say-it"),
            ("spam", "may"),
            ("withdrawn", "not-withdrawn"),
            ("no_action_needed", "assess-first"),
        ];
        assert_eq!(codes, expected.map(|(o, c)| (o, c.to_owned())));
        for o in Outcome::ALL {
            assert!(close(&all, o, "a note").is_ok(), "{}", o.name());
        }
    }

    #[test]
    fn twice_the_same_is_success_and_another_end_is_not() {
        let r = Record { closed: Some(Outcome::Spam), ..Record::default() };
        assert_eq!(close(&r, Outcome::Spam, ""), Ok(None));
        assert_eq!(close(&r, Outcome::Withdrawn, "").unwrap_err().code, "closed");
    }

    #[test]
    fn nothing_is_closed_while_a_reply_is_on_its_way() {
        let r = Record { sending: true, ..Record::default() };
        assert_eq!(close(&r, Outcome::Spam, "").unwrap_err().code, "reply-under-way");
    }
}

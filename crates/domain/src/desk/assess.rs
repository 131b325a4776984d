//! The assessment: a person answers all six questions of THRIVE and says how soon something must be done
//! (LEICS-TRIAGE-2).
//!
//! It begins pre-filled with what triage said. It is the only thing that may lower a message, and whoever lowers says
//! why (I3). Each new assessment stands beside the earlier ones; the newest counts (re-THRIVE).

use super::{NOTE_CHARS, bounded};
use crate::act::Refusal;
use crate::triage::{Dimension, Priority, Thrive, Triage};
use serde::{Deserialize, Serialize};

/// How soon, as a person decides it. `None` is a person's word alone: software cannot say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decided {
    None,
    Routine,
    Priority,
    Look,
    Immediate,
}

impl Decided {
    pub const ALL: [Self; 5] = [Self::Immediate, Self::Look, Self::Priority, Self::Routine, Self::None];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::Look => "look",
            Self::Priority => "priority",
            Self::Routine => "routine",
            Self::None => "none",
        }
    }

    /// As a form says it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Immediate => "Immediate",
            Self::Look => "Look soon",
            Self::Priority => "Priority",
            Self::Routine => "Routine",
            Self::None => "No action needed",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.name() == name)
    }

    /// Where it stands in the queue until it is closed.
    pub const fn queue(self) -> Priority {
        match self {
            Self::Immediate => Priority::Immediate,
            Self::Look => Priority::Look,
            Self::Priority => Priority::Priority,
            Self::Routine | Self::None => Priority::Routine,
        }
    }
}

impl From<Priority> for Decided {
    fn from(p: Priority) -> Self {
        match p {
            Priority::Immediate => Self::Immediate,
            Priority::Look => Self::Look,
            Priority::Priority => Self::Priority,
            Priority::Routine => Self::Routine,
        }
    }
}

/// One of the six answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub dimension: Dimension,
    pub yes: bool,
    /// Why; pre-filled with what triage saw.
    #[serde(default)]
    pub why: String,
}

/// What triage would answer: the form as it opens.
pub fn prefilled(triage: &Triage) -> Vec<Answer> {
    Dimension::ALL
        .into_iter()
        .map(|dimension| {
            let mut says: Vec<&str> = triage.signals.iter().filter(|s| s.thrive.has(dimension)).map(|s| s.says.as_str()).collect();
            says.dedup();
            Answer { dimension, yes: triage.thrive.has(dimension), why: says.join("; ") }
        })
        .collect()
}

/// A finished assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessed {
    pub answers: Vec<Answer>,
    pub thrive: Thrive,
    pub decided: Decided,
    pub reason: String,
    /// It says less than software did.
    pub lowers: bool,
}

/// A person's assessment of a message of which `triage` was said and which now stands in the queue at `now`.
///
/// # Errors
/// When a question is unanswered or answered twice, or when it lowers and does not say why.
pub fn assess(triage: &Triage, now: Priority, answers: &[Answer], decided: Decided, reason: &str) -> Result<Assessed, Refusal> {
    let mut whole = Vec::with_capacity(6);
    for dimension in Dimension::ALL {
        let mut given = answers.iter().filter(|a| a.dimension == dimension);
        let (Some(one), None) = (given.next(), given.next()) else {
            return Err(Refusal::new("all-six", format!("answer each of the six questions once: `{}` is not", dimension.name()))
                .citing("LEICS-TRIAGE-2"));
        };
        whole.push(Answer { why: bounded("the reason for an answer", &one.why, NOTE_CHARS)?, ..one.clone() });
    }
    let reason = bounded("the reason", reason, NOTE_CHARS)?;
    let thrive: Thrive = whole.iter().filter(|a| a.yes).map(|a| a.dimension).collect();
    let gone = |d: Dimension| triage.thrive.has(d) && !thrive.has(d);
    let less_safe = [Dimension::Threat, Dimension::Harm, Dimension::Vulnerability].into_iter().any(gone);
    let lowers = decided < Decided::from(now.max(triage.priority)) || less_safe;
    if (lowers || decided == Decided::None) && reason.is_empty() {
        let says = "this says less than triage did, or that nothing is to be done: write in a sentence why";
        return Err(Refusal::new("say-why", says).citing("LEICS-TRIAGE-2"));
    }
    Ok(Assessed { answers: whole, thrive, decided, reason, lowers })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::{Language, Route, Signal};

    fn triage(priority: Priority, dimensions: &[Dimension]) -> Triage {
        let signal = Signal {
            id: "weapons.seen".into(),
            category: "weapons".into(),
            priority,
            route: Route::Fcr,
            thrive: dimensions.iter().copied().collect(),
            spans: vec![],
            guarded: false,
            guard: None,
            says: "a weapon is spoken of".into(),
            clauses: vec![],
            carried: false,
        };
        Triage::of(vec![signal], Route::Desk, Language::English, "1".into())
    }

    fn six(yes: &[Dimension]) -> Vec<Answer> {
        Dimension::ALL.into_iter().map(|dimension| Answer { dimension, yes: yes.contains(&dimension), why: String::new() }).collect()
    }

    #[test]
    fn leics_triage_2_the_form_opens_with_what_triage_said() {
        let filled = prefilled(&triage(Priority::Immediate, &[Dimension::Threat]));
        assert_eq!(filled.len(), 6);
        assert!(filled[0].yes && filled[0].why == "a weapon is spoken of");
        assert!(filled[1..].iter().all(|a| !a.yes && a.why.is_empty()));
    }

    #[test]
    fn leics_triage_2_every_question_is_answered_once() {
        let t = triage(Priority::Look, &[]);
        let mut answers = six(&[]);
        answers.pop();
        assert_eq!(assess(&t, Priority::Look, &answers, Decided::Look, "").unwrap_err().code, "all-six");
        answers.push(answers[0].clone());
        assert_eq!(assess(&t, Priority::Look, &answers, Decided::Look, "").unwrap_err().code, "all-six");
    }

    #[test]
    fn i3_only_a_person_who_says_why_lowers() {
        let t = triage(Priority::Immediate, &[Dimension::Threat]);
        let ask = |yes: &[Dimension], decided, reason: &str| assess(&t, Priority::Immediate, &six(yes), decided, reason);
        assert!(!ask(&[Dimension::Threat], Decided::Immediate, "").unwrap().lowers);
        assert_eq!(ask(&[Dimension::Threat], Decided::Priority, " ").unwrap_err().code, "say-why");
        assert_eq!(ask(&[], Decided::Immediate, "").unwrap_err().code, "say-why");
        assert!(ask(&[], Decided::None, "a lyric; spoke to the sender").unwrap().lowers);
    }

    #[test]
    fn i3_a_second_look_does_not_forget_what_software_said_first() {
        // The first assessment lowered it to routine; the next is still measured by the triage.
        let t = triage(Priority::Immediate, &[Dimension::Threat]);
        assert_eq!(assess(&t, Priority::Routine, &six(&[Dimension::Threat]), Decided::Routine, "").unwrap_err().code, "say-why");
    }

    #[test]
    fn none_is_decided_and_always_with_a_reason() {
        let t = triage(Priority::Routine, &[]);
        assert_eq!(assess(&t, Priority::Routine, &six(&[]), Decided::None, "").unwrap_err().code, "say-why");
        assert_eq!(assess(&t, Priority::Routine, &six(&[]), Decided::None, "thanks only").unwrap().decided.queue(), Priority::Routine);
        assert!(assess(&t, Priority::Routine, &six(&[Dimension::Harm]), Decided::Look, "").is_ok(), "raising needs no reason");
    }
}

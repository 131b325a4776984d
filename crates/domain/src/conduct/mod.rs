//! Breach cases: from report to outcome. Policy says who may; this says what can be done from where.

use crate::act::Refusal;
use serde::{Deserialize, Serialize};

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    NoBreach,
    Advice,
    Referred,
    Misconduct,
}

impl Outcome {
    pub const ALL: [Outcome; 4] = [Outcome::NoBreach, Outcome::Advice, Outcome::Referred, Outcome::Misconduct];

    /// The word used in rows and routes.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::NoBreach => "no-breach",
            Outcome::Advice => "advice",
            Outcome::Referred => "referred",
            Outcome::Misconduct => "misconduct",
        }
    }

    /// In the words of the page.
    pub fn says(self) -> &'static str {
        match self {
            Outcome::NoBreach => "No breach",
            Outcome::Advice => "Advice given",
            Outcome::Referred => "Referred on",
            Outcome::Misconduct => "Dealt with as misconduct",
        }
    }

    pub fn parse(name: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|o| o.name() == name)
    }
}

/// What was typed, made fit to store.
pub fn words(what: &str, text: &str, most: usize) -> Result<String, Refusal> {
    let text: String = text.trim().chars().filter(|c| !c.is_control() || *c == '\n').collect();
    match text.chars().count() {
        0 => Err(Refusal::new("too-short", format!("say the {what}"))),
        n if n > most => Err(Refusal::new("too-long", format!("the {what} has {n} characters; at most {most} fit"))),
        _ => Ok(text),
    }
}

/// May a case be closed: it is open, and not about or by whoever closes it.
pub fn closes(closed: bool, concerned: bool) -> Result<(), Refusal> {
    if closed {
        return Err(Refusal::new("closed-already", "this case is closed already"));
    }
    if concerned {
        return Err(Refusal::new("concerned", "nobody closes a case that they reported or that is about them; ask a colleague"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leics_mon_3_a_case_is_closed_once_and_by_nobody_it_concerns() {
        assert!(closes(false, false).is_ok());
        assert_eq!(closes(true, false).unwrap_err().code, "closed-already");
        assert_eq!(closes(false, true).unwrap_err().code, "concerned");
        assert_eq!(words("reason", "  \u{7} ", 10).unwrap_err().code, "too-short");
        assert_eq!(words("reason", "elevenchars", 10).unwrap_err().code, "too-long");
        assert_eq!(words("reason", " fine\n", 10).unwrap(), "fine");
    }
}

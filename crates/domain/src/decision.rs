//! What policy answers: green, amber or red, with every reason at once, each citing its clause.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Rating {
    /// May go.
    Green,
    /// Someone must agree first.
    Amber,
    /// Refused.
    Red,
}

impl Rating {
    pub fn name(self) -> &'static str {
        match self {
            Rating::Green => "green",
            Rating::Amber => "amber",
            Rating::Red => "red",
        }
    }
}

/// One rule that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reason {
    /// The rule's id in the pack, `SYSX-6.3.duty`; `no-rule-gives-this` where nothing permits the act.
    pub rule: String,
    /// The clause of the register it serves; empty for `no-rule-gives-this`.
    pub clause: String,
    /// The fact and what to do about it, for the person refused.
    pub says: String,
    pub rating: Rating,
    /// Who may release a hold: a role, or `self` where a declaration is enough.
    pub approver: Option<String>,
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Decision {
    pub rating: Rating,
    /// Sorted by clause, then rule.
    pub reasons: Vec<Reason>,
    /// The rules that gave the permission.
    pub granted_by: Vec<String>,
    /// The content hash of the pack that decided.
    pub pack: String,
    /// Set when deciding failed: the rating is then red (I10), and whoever runs the system must know.
    pub fault: Option<String>,
}

impl Decision {
    pub fn clauses(&self) -> Vec<String> {
        let mut all: Vec<String> = self.reasons.iter().map(|r| r.clause.clone()).filter(|c| !c.is_empty()).collect();
        all.dedup();
        all
    }

    /// Refused because deciding failed.
    pub fn failed(pack: &str, why: impl ToString) -> Self {
        Decision {
            rating: Rating::Red,
            reasons: vec![Reason {
                rule: "could-not-decide".into(),
                clause: String::new(),
                says: "The policy could not be applied, so this was refused. Tell your administrator; nothing was changed.".into(),
                rating: Rating::Red,
                approver: None,
            }],
            granted_by: Vec::new(),
            pack: pack.to_owned(),
            fault: Some(why.to_string()),
        }
    }
}

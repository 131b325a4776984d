//! Looking again at what was done: by somebody who did not do it, within the pack's days.

use super::{no, reason};
use crate::act::{Principal, Refusal};
use crate::figures::Figures;
use crate::time::{DAY, Instant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody who looked again says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It was right.
    Upheld,
    /// It was not; whoever can takes it back.
    Overturned,
}

impl Verdict {
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Upheld => "upheld",
            Verdict::Overturned => "overturned",
        }
    }
}

/// When a measure must have been looked at again.
pub fn due(taken_at: Instant, figures: &Figures) -> Instant {
    taken_at.plus(figures.measure_review_days().saturating_mul(DAY))
}

/// A second look. Answers the note as it is kept.
pub fn review(by: Principal, taken_by: Principal, verdict: Verdict, note: &str) -> Result<String, Refusal> {
    if by == taken_by {
        return Err(no("own-measure", "you took this measure, so somebody else looks at it again"));
    }
    // To overturn is to say that a colleague was wrong about a member of the public: both are owed the reason.
    reason(note, verdict == Verdict::Overturned)
}

/// What somebody who was asked to explain many removals did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Settled {
    /// The explanation stands under the post.
    Explained,
    /// It does not, for a reason.
    Declined,
}

impl Settled {
    pub const fn name(self) -> &'static str {
        match self {
            Settled::Explained => "explained",
            Settled::Declined => "declined",
        }
    }
}

/// The end of a prompt. Answers the note as it is kept.
pub fn settle_prompt(open: bool, how: Settled, note: &str) -> Result<String, Refusal> {
    if !open {
        return Err(no("settled", "somebody has settled this already"));
    }
    reason(note, how == Settled::Declined)
}

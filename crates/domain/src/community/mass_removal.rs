//! Many removals on one post call for an explanation, once (LEICS-MOD-3).

use crate::figures::Figures;
use crate::time::{HOUR, Instant};

/// What was removed on one post so far, the comment in hand apart.
#[derive(Debug, Clone, Default)]
pub struct Removals {
    /// When each comment was removed: one instant a comment, however often it was acted on.
    pub at: Vec<Instant>,
    /// When somebody was last asked to explain, on this post.
    pub prompted_at: Option<Instant>,
}

/// Does one more removal now reach the pack's count within its hours? Answers how many there are then. A removal exactly
/// so many hours ago still counts. Whoever was asked within these hours is not asked again.
pub fn calls_for_explanation(before: &Removals, now: Instant, figures: &Figures) -> Option<usize> {
    let from = now.plus(-figures.mass_removal_hours().saturating_mul(HOUR));
    let count = before.at.iter().filter(|at| **at >= from && **at <= now).count() + 1;
    let asked = before.prompted_at.is_some_and(|at| at >= from);
    let reached = i64::try_from(count).unwrap_or(i64::MAX) >= figures.mass_removal_count();
    (reached && !asked).then_some(count)
}

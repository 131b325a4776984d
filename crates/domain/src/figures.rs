//! The figures a policy sets. A pack's `[figures]` table is read into this type; unknown keys are errors.
//! Each field names the clause or the line of `conflicts.md` that it comes from.

use serde::{Deserialize, Serialize};

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident = $default:expr),+ $(,)?) => {
        /// What a pack may set, each with its unit. A pack says only what it changes.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Figures { $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<i64>),+ }

        impl Figures {
            /// `self` where it speaks, else `base`.
            pub fn over(&self, base: &Figures) -> Figures {
                Figures { $($name: self.$name.or(base.$name)),+ }
            }

            $($(#[$doc])* pub fn $name(&self) -> i64 { self.$name.unwrap_or($default) })+

            /// Every figure by name, for the policy engine and the pages.
            pub fn all(&self) -> Vec<(&'static str, i64)> {
                vec![$((stringify!($name), self.$name())),+]
            }
        }
    };
}

figures! {
    /// Months that training lasts (LEICS-TRAIN-2).
    training_refresher_months = 24,
    /// Minutes until an unacknowledged alert goes to the next contact (APP-ROLE-3).
    alert_escalation_minutes = 3,
    /// Minutes within which a person looks at a guarded or uncertain message (conflicts 20).
    look_minutes = 15,
    /// Minutes within which a priority message is assessed.
    priority_minutes = 60,
    /// Minutes within which a routine message is answered (72 hours, the neighbourhood guarantee).
    routine_minutes = 4320,
    /// Minutes that a claim lasts without a sign of life.
    claim_minutes = 10,
    /// Minutes after its time at which a post that has not gone expires.
    post_expiry_minutes = 30,
    /// Hours that a held act waits for its release.
    held_hours = 72,
    /// Removals on one post that call for an explanation (LEICS-MOD-3), and the hours they are counted in.
    mass_removal_count = 10,
    mass_removal_hours = 24,
    /// Days within which somebody else looks again at what was hidden, deleted or blocked.
    measure_review_days = 28,
    /// Contacts in a month that make a repeat contact (LEICS-REPEAT-1).
    repeat_contact_threshold = 5,
    /// The level from which a person may approve (SYSX-4.3).
    approving_level = 4,
    /// Months without use before an account is dormant (SYSX-6.6).
    dormancy_months = 3,
    /// Days after which an unused session ends by itself (APP-SEC-14).
    session_idle_days = 7,
    /// Hours a session lasts at most.
    session_hours = 12,
    /// Months after which a published post is looked at again.
    post_review_months = 6,
    /// Minutes of silence on a connected account before a gap is suspected.
    intake_gap_minutes = 10,
}

//! Official accounts: their kinds and states, and what can follow what.
//!
//! Policy says who may; this says what can be done from where. No state is skipped (APP-POL-4), and a connection
//! hangs on an account that may be used.

use crate::act::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every one, in the order of the word list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in rows, rules and pages.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The one of that name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|x| x.name() == name)
            }
        }
    };
}

words! {
    /// What an account stands for.
    AccountKind {
        /// The force as a whole.
        Main = "main",
        /// An area.
        Local = "local",
        /// A team or a service.
        Team = "team",
        /// A person in their role (LEICS-MON-3).
        Individual = "individual",
    }
}

words! {
    /// Where an account is in its life.
    AccountState {
        Requested = "requested",
        Approved = "approved",
        Trial = "trial",
        Live = "live",
        Frozen = "frozen",
        Dormant = "dormant",
        Closing = "closing",
        Closed = "closed",
    }
}

words! {
    /// Who watches an account (APP-ROLE-2).
    Monitor {
        /// The digital desk of the contact centre.
        Contact = "contact",
        /// Corporate communications, in their hours.
        Corporate = "corporate",
        /// The team whose account it is.
        Local = "local",
    }
}

impl AccountState {
    /// Can it be connected and read?
    pub const fn may_connect(self) -> bool {
        matches!(self, Self::Approved | Self::Trial | Self::Live | Self::Dormant | Self::Closing)
    }

    /// Does it exist on its platform, so that somebody can sign in there?
    pub const fn is_on_its_platform(self) -> bool {
        matches!(self, Self::Trial | Self::Live | Self::Frozen | Self::Dormant | Self::Closing)
    }

    /// Does the public hear of it?
    /// Something may still go out on it: what is stopped or ended says nothing more.
    pub const fn speaks(self) -> bool {
        matches!(self, Self::Trial | Self::Live | Self::Dormant)
    }

    pub const fn is_public(self) -> bool {
        matches!(self, Self::Trial | Self::Live | Self::Frozen | Self::Dormant)
    }

    /// The next step of its life, where nothing is skipped: request, approval, trial, live.
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Requested => Some(Self::Approved),
            Self::Approved => Some(Self::Trial),
            Self::Trial | Self::Dormant => Some(Self::Live),
            Self::Live | Self::Frozen | Self::Closing | Self::Closed => None,
        }
    }
}

fn no(code: &str, says: String) -> Refusal {
    Refusal::new(code, says)
}

/// The state after a connection is made: an approved account begins its trial.
pub fn connect(state: AccountState) -> Result<AccountState, Refusal> {
    match state {
        AccountState::Approved => Ok(AccountState::Trial),
        s if s.may_connect() => Ok(s),
        s => Err(no("not-connectable", format!("a {} account cannot be connected; it has to be approved, on trial or live", s.name()))),
    }
}

/// Stops all use at once. What is frozen already stays so.
pub fn freeze(state: AccountState) -> Result<AccountState, Refusal> {
    match state {
        AccountState::Trial | AccountState::Live | AccountState::Dormant | AccountState::Frozen => Ok(AccountState::Frozen),
        s => Err(no("not-in-use", format!("a {} account is not in use, so there is nothing to freeze", s.name()))),
    }
}

/// Back to what it was before it was frozen.
pub fn thaw(state: AccountState, before: Option<AccountState>) -> Result<AccountState, Refusal> {
    match state {
        AccountState::Frozen => Ok(before.unwrap_or(AccountState::Live)),
        s => Err(no("not-frozen", format!("this account is not frozen, it is {}", s.name()))),
    }
}

/// Closing begins, or ends: an account that was never used closes at once.
pub fn close(state: AccountState) -> Result<AccountState, Refusal> {
    match state {
        AccountState::Requested | AccountState::Approved | AccountState::Closing | AccountState::Closed => Ok(AccountState::Closed),
        AccountState::Trial | AccountState::Live | AccountState::Frozen | AccountState::Dormant => Ok(AccountState::Closing),
    }
}

/// A step forward in its life, asked for by name: nothing is skipped (APP-POL-4).
pub fn step(state: AccountState, to: AccountState) -> Result<AccountState, Refusal> {
    if state == to || state.next() == Some(to) || (state == AccountState::Live && to == AccountState::Dormant) {
        return Ok(to);
    }
    Err(Refusal::new(
        "step-skipped",
        format!("an account does not go from {} to {}; its steps are requested, approved, trial, live", state.name(), to.name()),
    )
    .citing("APP-POL-4"))
}

/// How handles are compared: without the leading @, in lower case. `@Force.Example` and `force.example` are one.
pub fn fold_handle(handle: &str) -> String {
    handle.trim().trim_start_matches('@').to_lowercase()
}

/// What somebody pasted to ask whether an account is real, as words to compare: a handle, or the last parts of an
/// address. Longest first; an address also gives its host and path as one, for accounts registered by their address.
pub fn asked_for(words: &str) -> Vec<String> {
    let words = words.trim();
    let rest = words.split_once("://").map(|(_, rest)| rest);
    let Some(rest) = rest else { return vec![fold_handle(words)].into_iter().filter(|w| !w.is_empty()).collect() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_lowercase();
    let rest = rest.strip_prefix("www.").unwrap_or(&rest);
    let mut out = vec![rest.to_owned()];
    let mut parts: Vec<&str> = rest.split('/').collect();
    let host = if parts.len() > 1 { parts.remove(0) } else { "" };
    for part in parts.iter().rev().filter(|p| !p.is_empty()) {
        let handle = fold_handle(part);
        // On networks of many servers the handle's full form carries its host.
        if !host.is_empty() {
            out.push(format!("{handle}@{host}"));
        }
        out.push(handle);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use AccountState::*;

    #[test]
    fn app_pol_4_no_step_of_a_life_can_be_skipped() {
        let mut table = String::new();
        for from in AccountState::ALL {
            for to in AccountState::ALL {
                table.push(if step(*from, *to).is_ok() { 'y' } else { '.' });
            }
            table.push('\n');
        }
        let lines = ["yy......", ".yy.....", "..yy....", "...y.y..", "....y...", "...y.y..", "......y.", ".......y"];
        assert_eq!(table, lines.join("\n") + "\n");
        assert_eq!(step(Requested, Live).unwrap_err().clause.as_deref(), Some("APP-POL-4"));
    }

    #[test]
    fn every_state_says_what_freeze_thaw_close_and_connect_make_of_it() {
        let name = |r: Result<AccountState, Refusal>| r.map_or("-", AccountState::name);
        let rows: Vec<[&str; 5]> = AccountState::ALL
            .iter()
            .map(|s| [s.name(), name(connect(*s)), name(freeze(*s)), name(thaw(*s, Some(Trial))), name(close(*s))])
            .collect();
        assert_eq!(
            rows,
            [
                ["requested", "-", "-", "-", "closed"],
                ["approved", "trial", "-", "-", "closed"],
                ["trial", "trial", "frozen", "-", "closing"],
                ["live", "live", "frozen", "-", "closing"],
                ["frozen", "-", "frozen", "trial", "closing"],
                ["dormant", "dormant", "frozen", "-", "closing"],
                ["closing", "closing", "-", "-", "closed"],
                ["closed", "-", "-", "-", "closed"],
            ]
        );
    }

    #[test]
    fn a_pasted_address_is_compared_by_its_parts() {
        assert_eq!(asked_for(" @Force.Example "), ["force.example"]);
        assert_eq!(asked_for("https://www.Social.example/@Force/?utm=1"), ["social.example/@force", "force@social.example", "force"]);
        assert!(asked_for("   ").is_empty());
    }
}

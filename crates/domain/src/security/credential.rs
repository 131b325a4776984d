//! The ways to prove who one is, and which of them together make two factors (APP-SEC-9).

use crate::act::Refusal;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something one has, unlocked by something one knows or is: two factors in one.
    Passkey,
    Password,
    /// An authenticator app's six digits.
    Totp,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Passkey => "passkey",
            Kind::Password => "password",
            Kind::Totp => "totp",
        }
    }

    pub fn parse(name: &str) -> Option<Kind> {
        [Kind::Passkey, Kind::Password, Kind::Totp].into_iter().find(|k| k.name() == name)
    }

    /// One of its kind is enough, and a new one takes the old one's place.
    pub fn single(self) -> bool {
        match self {
            Kind::Passkey => false,
            Kind::Password | Kind::Totp => true,
        }
    }
}

/// Do these prove two factors? A passkey does alone; a password needs an authenticator app beside it.
pub fn two_factors(kinds: &[Kind]) -> bool {
    kinds.contains(&Kind::Passkey) || (kinds.contains(&Kind::Password) && kinds.contains(&Kind::Totp))
}

/// A credential may go when what stays still opens the door with two factors.
pub fn may_remove(rest: &[Kind]) -> Result<(), Refusal> {
    if two_factors(rest) {
        return Ok(());
    }
    Err(Refusal::new(
        "last-credential",
        "this is your last way to sign in with two factors; add a passkey, or a password with an authenticator app, before you remove it",
    )
    .citing("APP-SEC-9"))
}

/// A name one gives to a passkey, a device or a token.
pub fn label(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(Refusal::new("name", "give it a name of 1 to 60 characters, so that you know it again"));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Kind::*;
    use super::*;

    #[test]
    fn app_sec_9_only_two_factors_open_the_door() {
        for (kinds, opens) in [
            (&[][..], false),
            (&[Password][..], false),
            (&[Totp][..], false),
            (&[Password, Totp][..], true),
            (&[Passkey][..], true),
            (&[Password, Passkey][..], true),
        ] {
            assert_eq!(two_factors(kinds), opens, "{kinds:?}");
            assert_eq!(may_remove(kinds).is_ok(), opens, "{kinds:?}");
        }
    }

    #[test]
    fn a_label_is_short_and_printable() {
        assert_eq!(label("  Desk phone ").unwrap(), "Desk phone");
        for bad in ["", "  ", "a\u{0}b", &"x".repeat(61)] {
            assert_eq!(label(bad).unwrap_err().code, "name");
        }
    }
}

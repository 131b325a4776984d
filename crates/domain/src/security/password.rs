//! What makes a password one: length above all, and not what anyone would guess first. No rules about symbols, which
//! make passwords worse (NCSC guidance; ASVS 5.0 6.2).

use crate::act::Refusal;

pub const SHORTEST: usize = 12;
/// Longer ones only cost time to hash.
pub const LONGEST: usize = 128;

/// Beginnings and words that guessers try first, folded: a password that is one of these, or one of these with digits
/// and signs around it, is refused.
const GUESSED: &[&str] = &[
    "password",
    "passwordpassword",
    "letmein",
    "letmeinplease",
    "qwertyuiop",
    "qwertyuiopasdf",
    "qwerty",
    "asdfghjkl",
    "administrator",
    "changeme",
    "changemenow",
    "welcome",
    "welcomewelcome",
    "iloveyou",
    "football",
    "liverpool",
    "arsenal",
    "manchester",
    "police",
    "policepolice",
    "bluelamp",
    "bluelampbluelamp",
    "summer",
    "autumn",
    "winter",
    "spring",
    "monday",
    "november",
    "december",
    "january",
    "abcdefghijkl",
    "correcthorsebatterystaple",
    "trustno",
    "sunshine",
    "princess",
    "dragon",
    "monkey",
    "superman",
    "batman",
    "secret",
    "socialmedia",
];

/// `known` are words that belong to this person and place: their name, their address, the force.
pub fn check(password: &str, known: &[&str]) -> Result<(), Refusal> {
    let no = |says: String| Err(Refusal::new("password", says));
    let length = password.chars().count();
    if length < SHORTEST {
        return no(format!("a password has at least {SHORTEST} characters; three words that do not belong together make a good one"));
    }
    if length > LONGEST {
        return no(format!("a password has at most {LONGEST} characters"));
    }
    let folded = fold(password);
    // As typed, and with the digits that stand for letters undone: both are guessed.
    let plain = password.to_lowercase();
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
    let different = folded.chars().collect::<std::collections::BTreeSet<_>>().len();
    if different < 5 || ordered(&plain) {
        return no("this repeats or counts up, which guessers try first; use words that do not belong together".into());
    }
    if [letters(&folded), letters(&plain)].iter().any(|l| GUESSED.iter().any(|g| repeats(l, g))) {
        return no("this is among the first that guessers try; use words that do not belong together".into());
    }
    // What is left beside the words that belong here must be a password of its own kind.
    let mut rest = folded;
    for word in known.iter().flat_map(|w| w.split(|c: char| !c.is_alphanumeric())).map(fold).filter(|w| w.chars().count() >= 4) {
        rest = rest.replace(&word, "");
    }
    let meant = rest.chars().filter(|c| c.is_alphanumeric()).count();
    if meant < SHORTEST - 4 && rest.chars().count() < length {
        return no("this is mostly your name, your address or the force's name, which anyone would guess; use words that have nothing to do with them".into());
    }
    Ok(())
}

/// Small letters, and the digits and signs that stand for letters undone.
fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '0' => 'o',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            other => other,
        })
        .collect()
}

fn repeats(text: &str, word: &str) -> bool {
    !text.is_empty() && text.len().is_multiple_of(word.len()) && text.as_bytes().chunks(word.len()).all(|c| c == word.as_bytes())
}

/// One character after another, up or down, almost all the way.
fn ordered(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let steps = codes.windows(2).filter(|w| (w[1] - w[0]).abs() <= 1).count();
    steps + 2 >= codes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_long_guessed_and_known_passwords_are_refused() {
        let known = ["Exampleshire Police", "exampleshire", "officer.one", "Officer"];
        for bad in [
            "elevenchars",
            "password1234",
            "P@ssw0rd!!!!",
            "passwordpassword",
            "policepolice",
            "aaaaaaaaaaaa",
            "abcdefghijklm",
            "123456789012",
            "exampleshire1",
            "Exampleshire-Police-26",
            "officer.one2026",
            &"x y z w v ".repeat(20),
        ] {
            assert_eq!(check(bad, &known).map_err(|r| r.code), Err("password".to_owned()), "{bad}");
        }
        for good in ["marmalade tractor eleven", "wq8-Trellis-43-pond", "the exampleshire heron sings quietly"] {
            assert_eq!(check(good, &known), Ok(()), "{good}");
        }
    }

    #[test]
    fn the_boundary_is_twelve_characters_not_bytes() {
        assert!(check("éèêëàâäôöûü", &[]).is_err());
        assert!(check("éèêëàâäôöûüç", &[]).is_ok());
    }
}

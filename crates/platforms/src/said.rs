//! What a platform said, made safe to show and keep: bounded, on one line, and with none of our secrets in it (I7).

/// The longest sentence of a platform that we repeat.
const LONGEST: usize = 300;

/// `text` without line breaks, controls or any of `secrets`.
pub fn said<'a>(text: &str, secrets: impl IntoIterator<Item = &'a String>) -> String {
    let mut safe = text.to_owned();
    for secret in secrets {
        // A very short value is no secret and would tear words apart.
        if secret.len() >= 6 {
            safe = safe.replace(secret.as_str(), "[removed]");
        }
    }
    let line: String = safe.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut short: String = line.trim().chars().take(LONGEST).collect();
    if short.len() < line.trim().len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_sent_back_is_not_repeated() {
        let secrets = ["abcdef-token".to_owned(), "ab".to_owned()];
        assert_eq!(said("bad abcdef-token\nin ab\u{0}", &secrets), "bad [removed] in ab");
        assert_eq!(said(&"x".repeat(400), &[]).chars().count(), 301);
    }
}

//! A reply: written by a person, sent by publishing's way out, like everything else that leaves.

use crate::act::Refusal;

/// A reply's words as they go: bounded by what the platform takes.
///
/// # Errors
/// When nothing is written or the platform takes less.
pub fn words(text: &str, length: usize, most: usize, platform: &str) -> Result<String, Refusal> {
    let tidy: String = text.chars().filter(|c| *c != '\0').collect();
    let tidy = tidy.trim().to_owned();
    if tidy.is_empty() {
        return Err(Refusal::new("say-it", "the reply is empty: write it"));
    }
    if length > most {
        return Err(Refusal::new("too-long", format!("{platform} takes {most} characters and this has {length}: shorten it")));
    }
    Ok(tidy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_says_something_and_fits() {
        assert_eq!(words(" \0", 1, 10, "Example").unwrap_err().code, "say-it");
        assert_eq!(words("long", 4, 3, "Example").unwrap_err().code, "too-long");
        assert_eq!(words(" ok ", 2, 3, "Example"), Ok("ok".into()));
    }
}

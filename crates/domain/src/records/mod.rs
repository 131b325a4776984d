//! Records: why they are kept, and when they may go.

use crate::act::Refusal;

/// A reason in words, fit to keep.
pub fn reason(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::new("say-why", "say what it is for; the reason is kept"));
    }
    if text.chars().count() > 2000 {
        return Err(Refusal::new("too-long", "keep the reason under 2,000 characters"));
    }
    Ok(text.to_owned())
}

/// A legal hold beats every retention rule.
pub fn may_dispose(held: bool, rule: &str) -> Result<(), Refusal> {
    if held {
        return Err(Refusal::new("legal-hold", "a legal hold stands on this; nothing of it can be disposed of until the hold is lifted"));
    }
    let fits =
        (1..=60).contains(&rule.len()) && rule.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.');
    if fits { Ok(()) } else { Err(Refusal::new("rule", "name the retention rule by its code, such as routine-2-years")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legal_hold_beats_a_retention_rule() {
        assert!(may_dispose(false, "routine-2-years").is_ok());
        assert_eq!(may_dispose(true, "routine-2-years").unwrap_err().code, "legal-hold");
        assert_eq!(may_dispose(false, "Somebody's name").unwrap_err().code, "rule");
    }
}

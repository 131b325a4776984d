//! Webhook signatures: HMAC-SHA256 over the time, a full stop and the body.
//!
//! The time is inside what is signed, so that an old request cannot be dressed up as a new one; a request
//! outside the window is refused even when its signature holds. Replays inside the window are caught by
//! intake, which knows what it has already stored.

use crate::contract::{Micros, WebhookError};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// How far a request's time may be from ours, either way.
pub const WINDOW_S: i64 = 300;

/// The value of the signature header for `body` sent at `at_s` (seconds since 1970).
pub fn sign(secret: &[u8], at_s: i64, body: &[u8]) -> String {
    format!("t={at_s},v1={}", hex::encode(keyed(secret, at_s, body).finalize().into_bytes()))
}

/// Is `header` the signature of `body` under `secret`, made within the window around `at`?
pub fn verify(secret: &[u8], header: Option<&str>, body: &[u8], at: Micros) -> Result<(), WebhookError> {
    let header = header.ok_or(WebhookError::Forged)?;
    let part = |name: &str| header.split(',').find_map(|p| p.trim().strip_prefix(name)?.strip_prefix('='));
    let at_s: i64 = part("t").and_then(|t| t.parse().ok()).ok_or(WebhookError::Forged)?;
    let given = part("v1").and_then(|v| hex::decode(v).ok()).ok_or(WebhookError::Forged)?;
    // `verify_slice` compares in constant time; an empty secret would let anybody sign.
    if secret.is_empty() || keyed(secret, at_s, body).verify_slice(&given).is_err() {
        return Err(WebhookError::Forged);
    }
    let age_s = at.div_euclid(1_000_000).saturating_sub(at_s);
    if !(-WINDOW_S..=WINDOW_S).contains(&age_s) {
        return Err(WebhookError::Stale { age_s, limit_s: WINDOW_S });
    }
    Ok(())
}

fn keyed(secret: &[u8], at_s: i64, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(at_s.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_800_000_000;

    fn check(header: Option<&str>, body: &[u8], age_s: i64) -> Result<(), WebhookError> {
        verify(b"secret", header, body, (AT + age_s) * 1_000_000 + 999_999)
    }

    #[test]
    fn a_true_signature_holds_within_the_window_and_not_beyond() {
        let header = sign(b"secret", AT, b"body");
        for age in [0, 1, 300, -300] {
            assert_eq!(check(Some(&header), b"body", age), Ok(()), "age {age}");
        }
        for age in [301, -301, 86_400] {
            assert_eq!(check(Some(&header), b"body", age), Err(WebhookError::Stale { age_s: age, limit_s: 300 }), "age {age}");
        }
    }

    #[test]
    fn anything_changed_is_a_forgery() {
        let header = sign(b"secret", AT, b"body");
        let moved = header.replace(&AT.to_string(), &(AT + 1).to_string());
        let other_key = sign(b"other", AT, b"body");
        let short = &header[..header.len() - 2];
        for (name, header, body) in [
            ("missing", None, &b"body"[..]),
            ("another body", Some(header.as_str()), b"bodY"),
            ("a longer body", Some(&header), b"body "),
            ("another time", Some(&moved), b"body"),
            ("another key", Some(&other_key), b"body"),
            ("cut short", Some(short), b"body"),
            ("no time", Some("v1=00"), b"body"),
            ("no signature", Some("t=1800000000"), b"body"),
            ("not hex", Some("t=1800000000,v1=zz"), b"body"),
            ("empty", Some(""), b"body"),
        ] {
            assert_eq!(check(header, body, 0), Err(WebhookError::Forged), "{name}");
        }
    }

    #[test]
    fn an_empty_secret_verifies_nothing() {
        let header = sign(b"", AT, b"body");
        assert_eq!(verify(b"", Some(&header), b"body", AT * 1_000_000), Err(WebhookError::Forged));
    }
}

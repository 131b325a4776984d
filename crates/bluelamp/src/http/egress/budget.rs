//! Budgets: so many calls an account, so many an application, and not one more than the platform says is left.

use crate::app::{EgressUse, lock};
use bluelamp_platforms::Response;
use std::collections::HashMap;
use std::sync::Mutex;

const SECOND: i64 = 1_000_000;
/// Tokens of a full bucket, and microseconds until one comes back.
const ACCOUNT: (i64, i64) = (300, SECOND / 4);
const APP: (i64, i64) = (3_000, SECOND / 40);
/// The longest that a platform's own word keeps an account away.
const LONGEST: i64 = 24 * 3600 * SECOND;

#[derive(Default)]
pub struct Budgets(Mutex<HashMap<String, Bucket>>);

struct Bucket {
    tokens: i64,
    filled_at: i64,
    /// The platform said: not before.
    closed_until: i64,
}

impl Bucket {
    fn fill(&mut self, (most, every): (i64, i64), now: i64) {
        let come = (now - self.filled_at).max(0) / every;
        self.tokens = (self.tokens + come).min(most);
        self.filled_at = if self.tokens == most { now } else { self.filled_at + come * every };
    }
}

impl Budgets {
    /// Takes a token of the account and of the application; answers when to come back where one has none.
    pub fn take(&self, who: &EgressUse, host: &str, now: i64) -> Result<(), i64> {
        let mut all = lock(&self.0);
        let keys = keys(who, host);
        for (key, size) in &keys {
            let bucket = all.entry(key.clone()).or_insert(Bucket { tokens: size.0, filled_at: now, closed_until: 0 });
            bucket.fill(*size, now);
            if bucket.closed_until > now {
                return Err(bucket.closed_until);
            }
            if bucket.tokens < 1 {
                return Err(bucket.filled_at + size.1);
            }
        }
        for (key, _) in &keys {
            if let Some(bucket) = all.get_mut(key) {
                bucket.tokens -= 1;
            }
        }
        Ok(())
    }

    /// Reads what the platform says of its own limits.
    pub fn heed(&self, who: &EgressUse, host: &str, answer: &Response) {
        let header = |name: &str| answer.header(&format!("x-ratelimit-{name}")).or_else(|| answer.header(&format!("ratelimit-{name}")));
        let spent = header("remaining").and_then(|r| r.trim().parse::<i64>().ok()).is_some_and(|left| left <= 0);
        let until = if answer.status == 429 {
            answer.retry_after().or_else(|| reset(header("reset"), answer.at)).or(Some(answer.at + 60 * SECOND))
        } else if spent {
            reset(header("reset"), answer.at)
        } else {
            None
        };
        let Some(until) = until else { return };
        let mut all = lock(&self.0);
        if let Some((key, _)) = keys(who, host).first()
            && let Some(bucket) = all.get_mut(key)
        {
            bucket.closed_until = until.min(answer.at + LONGEST);
        }
    }
}

/// The account's bucket first; before an account has its own, the application's stands in.
fn keys(who: &EgressUse, host: &str) -> Vec<(String, (i64, i64))> {
    let mut out = Vec::with_capacity(2);
    if !who.account.is_empty() {
        out.push((format!("account|{}|{host}", who.account), ACCOUNT));
    }
    out.push((format!("app|{}|{host}", who.app), APP));
    out
}

/// A reset as seconds since 1970, as seconds from now, or as an RFC 3339 time.
fn reset(text: Option<&str>, now: i64) -> Option<i64> {
    let text = text?.trim();
    if let Ok(n) = text.parse::<i64>() {
        let far = 1_000_000_000;
        return Some(if n > far { n.saturating_mul(SECOND) } else { now.saturating_add(n.max(0).saturating_mul(SECOND)) });
    }
    text.parse::<jiff::Timestamp>().ok().map(|t| t.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(account: &str) -> EgressUse {
        EgressUse { account: account.into(), app: "example".into(), hosts: None }
    }

    fn answer(status: u16, headers: &[(&str, &str)]) -> Response {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Response { status, headers, body: Vec::new(), at: 1_000 * SECOND }
    }

    #[test]
    fn an_account_that_spent_its_budget_waits_and_others_do_not() {
        let budgets = Budgets::default();
        for _ in 0..ACCOUNT.0 {
            budgets.take(&who("one"), "h", 0).unwrap();
        }
        let until = budgets.take(&who("one"), "h", 0).unwrap_err();
        assert_eq!(until, ACCOUNT.1);
        budgets.take(&who("two"), "h", 0).unwrap();
        budgets.take(&who("one"), "h", until).unwrap();
    }

    #[test]
    fn the_platforms_own_word_is_heeded() {
        for (said, until) in [
            (answer(200, &[("ratelimit-remaining", "0"), ("ratelimit-reset", "2000000000")]), 2_000_000_000 * SECOND),
            (answer(200, &[("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "1970-01-01T00:20:00Z")]), 1_200 * SECOND),
            (answer(429, &[("retry-after", "7")]), 1_007 * SECOND),
            (answer(429, &[]), 1_060 * SECOND),
        ] {
            let budgets = Budgets::default();
            budgets.take(&who("one"), "h", 1_000 * SECOND).unwrap();
            budgets.heed(&who("one"), "h", &said);
            assert_eq!(budgets.take(&who("one"), "h", 1_001 * SECOND), Err(until.min(1_000 * SECOND + LONGEST)));
            budgets.take(&who("two"), "h", 1_001 * SECOND).unwrap();
        }
        let budgets = Budgets::default();
        budgets.take(&who("one"), "h", 0).unwrap();
        budgets.heed(&who("one"), "h", &answer(200, &[("ratelimit-remaining", "12"), ("ratelimit-reset", "2000000000")]));
        budgets.take(&who("one"), "h", 0).unwrap();
    }
}

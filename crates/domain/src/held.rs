//! Who may lift which hold.

use crate::act::Refusal;
use crate::decision::Reason;
use crate::time::Instant;

/// A hold names a role that may release it, or `self` where the author's declaration is enough.
pub fn may_lift(reason: &Reason, roles: &[String], is_own: bool) -> bool {
    match reason.approver.as_deref() {
        Some("self") => is_own,
        Some(role) => !is_own && roles.iter().any(|r| r == role),
        None => false,
    }
}

/// The rules that this person lifts. Nobody lifts anything of an act that no longer waits.
pub fn lifted(
    reasons: &[Reason],
    state: &str,
    expires_at: Instant,
    roles: &[String],
    is_own: bool,
    at: Instant,
) -> Result<Vec<String>, Refusal> {
    if state != "waiting" {
        return Err(Refusal::new("not-waiting", format!("this was already {state}")));
    }
    if expires_at <= at {
        return Err(Refusal::new("expired", "this waited too long and has expired; ask its author to send it again"));
    }
    let rules: Vec<String> = reasons.iter().filter(|r| may_lift(r, roles, is_own)).map(|r| r.rule.clone()).collect();
    if rules.is_empty() {
        return Err(Refusal::new("not-yours-to-release", "none of these holds is yours to release"));
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Rating;

    fn hold(approver: &str) -> Reason {
        Reason {
            rule: format!("X.{approver}"),
            clause: "X".into(),
            says: "x".into(),
            rating: Rating::Amber,
            approver: Some(approver.into()),
        }
    }

    #[test]
    fn author_cannot_release_own_act_but_may_declare() {
        let roles = vec!["approver".to_owned()];
        assert!(!may_lift(&hold("approver"), &roles, true));
        assert!(may_lift(&hold("approver"), &roles, false));
        assert!(may_lift(&hold("self"), &roles, true));
        assert!(!may_lift(&hold("self"), &roles, false));
    }

    #[test]
    fn a_hold_expires_on_the_instant() {
        let ask = |at| lifted(&[hold("approver")], "waiting", Instant(100), &["approver".into()], false, Instant(at));
        assert!(ask(99).is_ok());
        assert_eq!(ask(100).unwrap_err().code, "expired");
    }
}

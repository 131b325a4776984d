//! A claim: one person has a message in hand, until it runs out without a sign of life.

use crate::act::Refusal;
use crate::ids::PersonId;
use crate::time::{Instant, MINUTE};

/// Who has a message in hand, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    pub by: PersonId,
    pub until: Instant,
}

impl Claim {
    /// It runs out at its instant, not after it.
    pub fn stands(self, at: Instant) -> bool {
        at < self.until
    }
}

/// The person whose claim stands at this instant.
pub fn holder(claim: Option<Claim>, at: Instant) -> Option<PersonId> {
    claim.filter(|c| c.stands(at)).map(|c| c.by)
}

/// Takes a message, or keeps it. Policy has said whether a colleague's may be taken over.
pub fn claim(me: PersonId, at: Instant, minutes: i64) -> Claim {
    Claim { by: me, until: at.plus(minutes.saturating_mul(MINUTE)) }
}

/// What any act on a message does to its claim: the holder's shows life, anybody else's changes nothing.
pub fn renewed(claim: Option<Claim>, by: Option<PersonId>, at: Instant, minutes: i64) -> Option<Claim> {
    match (claim, by) {
        (Some(c), Some(me)) if c.by == me && c.stands(at) => Some(self::claim(me, at, minutes)),
        (c, _) => c,
    }
}

/// Gives a message back. Nobody's is success; the system takes back only what has run out.
///
/// # Errors
/// When the claim still stands and is not the releaser's, unless `over` says that they may take it from others.
pub fn release(claim: Option<Claim>, by: Option<PersonId>, over: bool, at: Instant) -> Result<Option<PersonId>, Refusal> {
    match claim {
        None => Ok(None),
        Some(c) if !c.stands(at) || by == Some(c.by) || over => Ok(Some(c.by)),
        Some(_) if by.is_none() => Err(Refusal::new("claim-stands", "the claim was renewed and has not run out")),
        Some(_) => Err(Refusal::new("not-yours", "a colleague has this message in hand; ask them, or a desk supervisor")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const ME: PersonId = PersonId(Uuid::from_u128(1));
    const YOU: PersonId = PersonId(Uuid::from_u128(2));

    #[test]
    fn a_claim_stands_until_its_minute_and_not_at_it() {
        let c = claim(ME, Instant(0), 10);
        assert_eq!(holder(Some(c), Instant(10 * MINUTE - 1)), Some(ME));
        assert_eq!(holder(Some(c), Instant(10 * MINUTE)), None);
    }

    #[test]
    fn only_the_holders_own_acts_renew_it() {
        let c = Some(claim(ME, Instant(0), 10));
        let at = Instant(5 * MINUTE);
        assert_eq!(renewed(c, Some(ME), at, 10).unwrap().until, Instant(15 * MINUTE));
        assert_eq!(renewed(c, Some(YOU), at, 10), c);
        assert_eq!(renewed(c, None, at, 10), c);
        // A late sign of life brings nothing back: somebody else may have looked meanwhile.
        assert_eq!(renewed(c, Some(ME), Instant(10 * MINUTE), 10), c);
    }

    #[test]
    fn nobody_gives_away_what_a_colleague_holds() {
        let c = Some(claim(ME, Instant(0), 10));
        assert_eq!(release(c, Some(ME), false, Instant(1)), Ok(Some(ME)));
        assert_eq!(release(c, Some(YOU), false, Instant(1)).unwrap_err().code, "not-yours");
        assert_eq!(release(c, Some(YOU), true, Instant(1)), Ok(Some(ME)));
        assert_eq!(release(c, None, false, Instant(1)).unwrap_err().code, "claim-stands");
        assert_eq!(release(c, None, false, Instant(10 * MINUTE)), Ok(Some(ME)));
        assert_eq!(release(None, Some(YOU), false, Instant(1)), Ok(None));
    }
}

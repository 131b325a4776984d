//! `intake.fill_gap`: what was missing of an account has been fetched, as far back as the platform still gives it.

use super::{about, account};
use crate::accounts::store::AccountRow;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::intake::store::{self, SpanRow};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::question::Question;
use bluelamp_domain::time::Instant;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FillGap {
    pub account: AccountId,
    /// How far back the fetched pages are known to reach.
    pub reaches_back_to: Instant,
}

pub struct Facts {
    account: AccountRow,
    gap: Option<SpanRow>,
}

pub struct Change {
    gap: Option<(uuid::Uuid, &'static str, Instant)>,
    then: Vec<SpanRow>,
}

impl Act for FillGap {
    const NAME: &'static str = "intake.fill_gap";
    const SAYS: &'static str = "Note how much of a gap in an account's intake has been filled.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let account = account(tx, env, self.account).await?;
        let gap = store::spans(tx, env.force, self.account).await?.into_iter().find(|s| s.kind == "gap" && s.to_at.is_none());
        Ok(Facts { account, gap })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, &facts.account, env)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let entry = Entry::default().id("account", self.account);
        let Some(gap) = &facts.gap else {
            return Ok(Step::to(Change { gap: None, then: Vec::new() }).entry(entry.code("stands", "no-gap")));
        };
        let span = |kind: &str, from: Instant, to: Option<Instant>, why: &str| SpanRow {
            id: env.moment.id(),
            account: self.account,
            kind: kind.into(),
            from_at: from,
            to_at: to,
            why: why.into(),
        };
        let (from, now) = (gap.from_at, env.at());
        let change = if self.reaches_back_to <= from {
            // Whole: the statement of completeness runs on from where it stopped.
            Change { gap: Some((gap.id, "filled", now)), then: vec![span("complete", from, None, "")] }
        } else {
            let reached = Instant(self.reaches_back_to.0.min(now.0));
            tracing::error!(account = %self.account, "part of a gap in an account's intake cannot be filled");
            Change { gap: Some((gap.id, "lost", reached)), then: vec![span("complete", reached, None, "")] }
        };
        let outcome = change.gap.map_or("", |(_, kind, _)| kind);
        Ok(Step::to(change).entry(entry.code("outcome", outcome).code("from", from.0).code("reached", self.reaches_back_to.0)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        if let Some((id, kind, to)) = c.gap {
            store::end_span(tx, env.force, id, kind, to).await?;
        }
        for span in &c.then {
            store::insert_span(tx, env.force, span, env.at()).await?;
        }
        Ok(Done::id(self.account))
    }
}

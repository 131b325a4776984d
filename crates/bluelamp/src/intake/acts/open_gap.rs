//! `intake.open_gap`: since this instant, something may be missing of an account; a loud entry.

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
pub struct OpenGap {
    pub account: AccountId,
    /// The last instant up to which everything is here.
    pub from: Instant,
    pub why: String,
}

pub struct Facts {
    account: AccountRow,
    spans: Vec<SpanRow>,
}

pub struct Change {
    ends: Option<(uuid::Uuid, Instant)>,
    gap: Option<SpanRow>,
}

impl Act for OpenGap {
    const NAME: &'static str = "intake.open_gap";
    const SAYS: &'static str = "Note that something of an account may be missing from an instant on.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let account = account(tx, env, self.account).await?;
        let spans = store::spans(tx, env.force, self.account).await?;
        Ok(Facts { account, spans })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, &facts.account, env)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let why: String = self.why.chars().filter(|c| !c.is_control()).take(300).collect();
        let entry = Entry::default().id("account", self.account).code("from", self.from.0);
        if facts.spans.iter().any(|s| s.kind == "gap" && s.to_at.is_none()) {
            return Ok(Step::to(Change { ends: None, gap: None }).entry(entry.code("stands", "already")));
        }
        let complete = facts.spans.iter().find(|s| s.kind == "complete" && s.to_at.is_none());
        let from = Instant(self.from.0.clamp(complete.map_or(i64::MIN, |c| c.from_at.0), env.at().0));
        let gap = SpanRow { id: env.moment.id(), account: self.account, kind: "gap".into(), from_at: from, to_at: None, why: why.clone() };
        tracing::error!(account = %self.account, "a gap opened in an account's intake");
        let mut step = Step::to(Change { ends: complete.map(|c| (c.id, from)), gap: Some(gap) }).entry(entry.value("why", why));
        if let Some(alarm) = crate::wiring::after("intake.gap") {
            step = step.then(alarm, serde_json::json!({ "account": self.account, "kind": "gap" }));
        }
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        if let Some((id, to)) = c.ends {
            store::end_span(tx, env.force, id, "complete", to).await?;
        }
        if let Some(gap) = &c.gap {
            store::insert_span(tx, env.force, gap, env.at()).await?;
        }
        Ok(Done::id(self.account))
    }
}

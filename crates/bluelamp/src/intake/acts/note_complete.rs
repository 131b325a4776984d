//! `intake.note_complete`: from this instant on, everything that the platform gives of an account is here.

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
pub struct NoteComplete {
    pub account: AccountId,
    pub from: Instant,
}

pub struct Facts {
    account: AccountRow,
    spans: Vec<SpanRow>,
}

impl Act for NoteComplete {
    const NAME: &'static str = "intake.note_complete";
    const SAYS: &'static str = "State from when on an account's intake is complete.";
    type Facts = Facts;
    type Change = Option<SpanRow>;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let account = account(tx, env, self.account).await?;
        let spans = store::spans(tx, env.force, self.account).await?;
        Ok(Facts { account, spans })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, &facts.account, env)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Option<SpanRow>>, Refusal> {
        let entry = Entry::default().id("account", self.account).code("from", self.from.0);
        // Said already: nothing changes. A gap is ended by its own act.
        if facts.spans.iter().any(|s| s.to_at.is_none()) {
            return Ok(Step::to(None).entry(entry.code("stands", "already")));
        }
        let span = SpanRow {
            id: env.moment.id(),
            account: self.account,
            kind: "complete".into(),
            from_at: Instant(self.from.0.min(env.at().0)),
            to_at: None,
            why: String::new(),
        };
        Ok(Step::to(Some(span)).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, span: &Option<SpanRow>) -> Result<Done, DbError> {
        if let Some(span) = span {
            store::insert_span(tx, env.force, span, env.at()).await?;
        }
        Ok(Done::id(self.account))
    }
}

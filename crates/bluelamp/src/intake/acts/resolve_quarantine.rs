//! `intake.resolve_quarantine`: a person has a body tried again, or says with a reason that nothing is to be made of it.

use super::{about, account};
use crate::accounts::acts::typed;
use crate::accounts::store::AccountRow;
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::intake::store::{self, QuarantineRow};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

/// What is to become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Resolution {
    /// Read it again: the cause is mended.
    Again,
    /// A person looked and nothing is to be made of it. The body stays as evidence.
    Dismissed,
}

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveQuarantine {
    pub quarantine: uuid::Uuid,
    pub resolution: Resolution,
    pub note: String,
}

pub struct Facts {
    account: AccountRow,
    row: QuarantineRow,
}

pub struct Change {
    row: QuarantineRow,
    state: &'static str,
    note: String,
}

impl Act for ResolveQuarantine {
    const NAME: &'static str = "intake.resolve_quarantine";
    const SAYS: &'static str = "Have a quarantined body tried again, or say why nothing is to be made of it.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let row = store::quarantined(tx, env.force, self.quarantine).await?.ok_or_else(|| not_found("quarantined body"))?;
        let account = account(tx, env, row.account).await?;
        Ok(Facts { account, row })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, &facts.account, env)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        if facts.row.state != "waiting" {
            return Err(Refusal::new("settled", "somebody dealt with this already"));
        }
        let note = typed("note", &self.note, 1, 1000)?;
        let state = match self.resolution {
            Resolution::Again => "again",
            Resolution::Dismissed => "dismissed",
        };
        let entry = Entry::default()
            .id("quarantine", facts.row.id)
            .id("account", facts.row.account)
            .id("raw", facts.row.raw)
            .code("resolution", state)
            .value("note", &note);
        Ok(Step::to(Change { row: facts.row.clone(), state, note }).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        let by = env.principal.code();
        store::settle_quarantine(tx, env.force, c.row.id, c.state, &by, &c.note, env.at()).await?;
        if c.state == "again" {
            // The body itself is evidence and keeps the time at which it came.
            let todo = store::Todo { raw: c.row.raw, account: c.row.account, received_at: env.at(), from: env.at() };
            store::insert_todos(tx, env.force, &[todo]).await?;
        }
        Ok(Done::id(c.row.id))
    }
}

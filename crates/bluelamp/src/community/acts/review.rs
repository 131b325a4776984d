//! `community.review`: somebody who did not take a measure looks at it again.

use super::{OnMessage, on_message, principal};
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::community::store::{self, MeasureRow};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Actor, Entry, Permit, Principal, Refusal, Step};
use bluelamp_domain::community::{self, LastResort, Verdict};
use bluelamp_domain::ids::MeasureId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Review {
    pub measure: MeasureId,
    pub verdict: Verdict,
    /// Why; needed to overturn.
    #[serde(default)]
    pub note: String,
}

pub struct Facts {
    measure: MeasureRow,
    on: OnMessage,
}

impl Act for Review {
    const NAME: &'static str = "community.review";
    const SAYS: &'static str = "Look again at a measure that somebody else took, and uphold or overturn it.";
    type Facts = Facts;
    type Change = MeasureRow;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let measure = store::measure_seen(tx, env.force, env.scope, self.measure).await?.ok_or_else(|| not_found("measure"))?;
        let on = on_message(tx, env, measure.message, measure.kind).await?;
        Ok(Facts { measure, on })
    }

    fn questions(&self, f: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![f.on.question(Self::NAME, env, f.measure.kind, &f.measure.ground, &LastResort::default())]
    }

    fn rule(&self, f: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<MeasureRow>, Refusal> {
        let taken_by = principal(&f.measure.taken_by).unwrap_or(Principal::System(Actor::Operator));
        let note = community::review(env.principal, taken_by, self.verdict, &self.note)?;
        let mut entry = Entry::default().id("message", f.measure.message).id("account", f.measure.account).id("measure", f.measure.id);
        entry = entry.code("verdict", self.verdict.name());
        if !note.is_empty() {
            entry = entry.value("note", &note);
        }
        let row = MeasureRow {
            reviewed_by: Some(env.principal.code()),
            reviewed_at: Some(env.at()),
            verdict: Some(self.verdict.name().to_owned()),
            review_note: Some(note),
            ..f.measure.clone()
        };
        Ok(Step::to(row).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, row: &MeasureRow) -> Result<Done, DbError> {
        store::set_reviewed(tx, env.force, row).await?;
        Ok(Done::id(row.id))
    }
}

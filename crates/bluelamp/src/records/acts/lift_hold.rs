//! `records.lift_hold`: the matter is over; disposal may go on.

use super::about_records;
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::records::store;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftHold {
    pub hold: Uuid,
    pub reason: String,
}

impl Act for LiftHold {
    const NAME: &'static str = "records.lift_hold";
    const SAYS: &'static str = "Lift a legal hold.";
    type Facts = ();
    type Change = ();

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<(), Stop> {
        let open = store::open_holds(tx, env.force).await?;
        open.iter().any(|(id, ..)| *id == self.hold).then_some(()).ok_or_else(|| not_found("open legal hold").into())
    }

    fn questions(&self, (): &(), env: &Env<'_>) -> Vec<Question> {
        vec![about_records(Self::NAME, self.hold, env)]
    }

    fn rule(&self, (): &(), _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<()>, Refusal> {
        let reason = bluelamp_domain::records::reason(&self.reason)?;
        Ok(Step::to(()).entry(Entry::default().id("hold", self.hold).value("reason", reason)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, (): &()) -> Result<Done, DbError> {
        store::lift_hold(tx, env.force, self.hold, &env.principal.code(), env.at()).await?;
        Ok(Done::id(self.hold))
    }
}

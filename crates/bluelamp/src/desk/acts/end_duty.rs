//! `desk.end_duty`: a person leaves the desk; alarms reach them no more as one on duty (APP-ROLE-2).

use super::person;
use crate::act::{Act, Done, Env, Stop, force_entity};
use crate::db::{DbError, Tx};
use crate::people::store;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::DutyId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndDuty {}

impl Act for EndDuty {
    const NAME: &'static str = "desk.end_duty";
    const SAYS: &'static str = "End duty.";
    type Facts = Option<DutyId>;
    type Change = Option<DutyId>;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Option<DutyId>, Stop> {
        let me = person(env)?;
        Ok(store::open_duty(tx, env.force, me).await?.map(|(id, _)| id))
    }

    fn questions(&self, _open: &Option<DutyId>, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, env.force, force_entity(env.force, env.pack, env.app.live))]
    }

    fn rule(&self, open: &Option<DutyId>, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Option<DutyId>>, Refusal> {
        let mut entry = Entry::default();
        if let Some(duty) = open {
            entry = entry.id("duty", *duty);
        }
        Ok(Step::to(*open).entry(entry.id("person", person(env)?)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, open: &Option<DutyId>) -> Result<Done, DbError> {
        if let Some(duty) = open {
            store::end_duty(tx, env.force, *duty, env.at()).await?;
        }
        Ok(open.map_or_else(Done::nothing, Done::id))
    }
}

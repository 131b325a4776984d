//! `desk.start_duty`: a person is at the desk from now on; alarms reach them (APP-ROLE-2).

use super::person;
use crate::act::{Act, Done, Env, Stop, force_entity};
use crate::db::{DbError, Tx};
use crate::people::store;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::{DutyId, PersonId};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartDuty {}

pub struct Change {
    person: PersonId,
    duty: DutyId,
    new: bool,
}

impl Act for StartDuty {
    const NAME: &'static str = "desk.start_duty";
    const SAYS: &'static str = "Start duty: alarms reach you from now on.";
    type Facts = Option<DutyId>;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Option<DutyId>, Stop> {
        let me = person(env)?;
        Ok(store::open_duty(tx, env.force, me).await?.map(|(id, _)| id))
    }

    fn questions(&self, _open: &Option<DutyId>, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, env.force, force_entity(env.force, env.pack, env.app.live))]
    }

    fn rule(&self, open: &Option<DutyId>, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let person = person(env)?;
        let duty = open.unwrap_or_else(|| env.moment.id());
        let entry = Entry::default().id("duty", duty).id("person", person);
        Ok(Step::to(Change { person, duty, new: open.is_none() }).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        if c.new {
            store::start_duty(tx, env.force, c.duty, c.person, env.at()).await?;
        }
        Ok(Done::id(c.duty))
    }
}

//! `people.record_training`: training was completed; access stands until it runs out (LEICS-TRAIN-1, LEICS-TRAIN-2).

use super::someone;
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::people::store::{self, PersonRecord};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::people;
use bluelamp_domain::question::Question;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordTraining {
    pub person: PersonId,
    /// The day it was completed.
    #[schema(value_type = String, format = Date)]
    pub completed_on: Date,
    /// Which course.
    #[serde(default)]
    pub course: String,
}

impl Act for RecordTraining {
    const NAME: &'static str = "people.record_training";
    const SAYS: &'static str = "Record that a person completed their training.";
    type Facts = PersonRecord;
    type Change = Date;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<PersonRecord, Stop> {
        someone(tx, env, self.person).await
    }

    fn questions(&self, person: &PersonRecord, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.person, super::super::colleague(person, env)).given("completedOn", self.completed_on)]
    }

    fn rule(&self, _person: &PersonRecord, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Date>, Refusal> {
        let on = people::training(self.completed_on, env.moment.today())?;
        let entry = Entry::default().id("person", self.person).code("completed", on);
        Ok(Step::to(on).entry(if self.course.is_empty() { entry } else { entry.value("course", &self.course) }))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, on: &Date) -> Result<Done, DbError> {
        store::set_trained(tx, env.force, self.person, *on).await?;
        let until = people::trained_until(*on, env.figures().training_refresher_months());
        store::settle_refreshers(tx, env.force, self.person, until, env.at()).await?;
        Ok(Done::id(self.person))
    }
}

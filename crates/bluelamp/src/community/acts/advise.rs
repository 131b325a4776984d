//! `community.advise`: the managing team's word on whether somebody should be blocked (LEICS-BLOCK-1).

use super::{OnMessage, on_message};
use crate::act::{Act, Done, Env, Stop};
use crate::community::store::{self, AdviceRow};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::community::{self, Kind};
use bluelamp_domain::ids::MessageId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Advise {
    /// A message of the person whom it is about.
    pub message: MessageId,
    /// Whether blocking is advised.
    pub favours: bool,
    pub says: String,
}

impl Act for Advise {
    const NAME: &'static str = "community.advise";
    const SAYS: &'static str = "Put advice on record about blocking the author of a message.";
    type Facts = OnMessage;
    type Change = AdviceRow;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<OnMessage, Stop> {
        on_message(tx, env, self.message, Kind::Block).await
    }

    fn questions(&self, on: &OnMessage, env: &Env<'_>) -> Vec<Question> {
        vec![on.about(Self::NAME, env)]
    }

    fn rule(&self, on: &OnMessage, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<AdviceRow>, Refusal> {
        let advice = AdviceRow {
            id: env.moment.id(),
            message: on.message.id,
            account: on.account.id,
            correspondent: on.message.correspondent,
            favours: self.favours,
            says: community::reason(&self.says, true)?,
            given_by: env.principal.code(),
            given_at: env.at(),
        };
        let entry = Entry::default().id("message", advice.message).id("account", advice.account).id("advice", advice.id);
        let entry = entry.code("favours", if advice.favours { "block" } else { "no-block" }).value("says", &advice.says);
        Ok(Step::to(advice).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, advice: &AdviceRow) -> Result<Done, DbError> {
        store::insert_advice(tx, env.force, advice).await?;
        Ok(Done::id(advice.id))
    }
}

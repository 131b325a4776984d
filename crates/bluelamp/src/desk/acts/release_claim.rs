//! `desk.release_claim`: a message is given back; the scheduler takes back what ran out without a sign of life.

use super::{OnMessage, on_message, save};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::intake::store::MessageRow;
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::desk::claim;
use bluelamp_domain::ids::MessageId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseClaim {
    pub message: MessageId,
}

impl Act for ReleaseClaim {
    const NAME: &'static str = "desk.release_claim";
    const SAYS: &'static str = "Give a message back to the queue.";
    type Facts = OnMessage;
    type Change = MessageRow;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<OnMessage, Stop> {
        on_message(tx, env, self.message).await
    }

    fn questions(&self, f: &OnMessage, env: &Env<'_>) -> Vec<Question> {
        vec![f.question(Self::NAME, env)]
    }

    fn rule(&self, f: &OnMessage, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<MessageRow>, Refusal> {
        let over = env.scope.has_role("desk-supervisor");
        let was = claim::release(f.claim(), env.person(), over, env.at())?;
        let mut entry = f.entry();
        if let Some(was) = was {
            entry = entry.id("person", was);
        }
        Ok(Step::to(MessageRow { claimed_by: None, claimed_until: None, ..f.message.clone() }).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, m: &MessageRow) -> Result<Done, DbError> {
        save(tx, env, m).await?;
        Ok(Done::id(m.id))
    }
}

//! `desk.claim`: a person takes a message in hand, or keeps it; the claim runs out without a sign of life.

use super::{OnMessage, on_message, person, save};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::intake::store::MessageRow;
use bluelamp_domain::act::{Job, Permit, Refusal, Step};
use bluelamp_domain::desk::claim;
use bluelamp_domain::ids::MessageId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimMessage {
    pub message: MessageId,
}

impl Act for ClaimMessage {
    const NAME: &'static str = "desk.claim";
    const SAYS: &'static str = "Take a message in hand, or keep it for longer.";
    type Facts = OnMessage;
    type Change = MessageRow;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<OnMessage, Stop> {
        on_message(tx, env, self.message).await
    }

    fn questions(&self, f: &OnMessage, env: &Env<'_>) -> Vec<Question> {
        vec![f.question(Self::NAME, env)]
    }

    fn rule(&self, f: &OnMessage, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<MessageRow>, Refusal> {
        let me = person(env)?;
        if f.closed() {
            return Err(Refusal::new("closed", "this message is closed; reopen it first"));
        }
        let claim = claim::claim(me, env.at(), env.figures().claim_minutes());
        let message = MessageRow { claimed_by: Some(claim.by), claimed_until: Some(claim.until), ..f.message.clone() };
        let expiry = Job {
            kind: "desk.expire_claim",
            input: serde_json::json!({ "message": self.message }),
            not_before: claim.until,
            key: format!("claim-{}-{}", self.message, claim.until.0),
        };
        Ok(Step::to(message).entry(f.entry().id("person", me).code("until", claim.until.0)).job(expiry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, m: &MessageRow) -> Result<Done, DbError> {
        save(tx, env, m).await?;
        Ok(Done::id(m.id))
    }
}

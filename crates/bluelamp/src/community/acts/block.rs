//! `community.block`: the last resort, after an effort to engage and the managing team's advice (LEICS-BLOCK-1).

use super::{Change, OnMessage, on_message, take, write};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::community::Kind;
use bluelamp_domain::ids::MessageId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Block {
    pub message: MessageId,
    /// A code of the policy's grounds.
    #[serde(default)]
    pub ground: String,
    /// The reasoning, which an answer to a complaint rests on.
    #[serde(default)]
    pub reason: String,
    /// Why there was no effort to engage; needed where nothing of theirs was answered on this account.
    #[serde(default)]
    pub no_engagement: String,
}

impl Act for Block {
    const NAME: &'static str = "community.block";
    const SAYS: &'static str = "Block the author of a message: the last resort, after an effort to engage and with advice on record.";
    type Facts = OnMessage;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<OnMessage, Stop> {
        on_message(tx, env, self.message, Kind::Block).await
    }

    fn questions(&self, on: &OnMessage, env: &Env<'_>) -> Vec<Question> {
        vec![on.question(Self::NAME, env, Kind::Block, &self.ground, &on.last_resort(&self.no_engagement))]
    }

    fn rule(&self, on: &OnMessage, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        take(on, env, Kind::Block, &self.ground, &self.reason, on.last_resort(&self.no_engagement))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Change) -> Result<Done, DbError> {
        write(tx, env, change).await
    }
}

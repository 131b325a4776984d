//! `community.unblock`: somebody who was blocked can take part again.

use super::{Change, OnMessage, on_message, undo, write};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::community::{Kind, LastResort};
use bluelamp_domain::ids::MessageId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unblock {
    pub message: MessageId,
    /// Why it is taken back.
    pub reason: String,
}

impl Act for Unblock {
    const NAME: &'static str = "community.unblock";
    const SAYS: &'static str = "Unblock the author of a message, where the platform can.";
    type Facts = OnMessage;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<OnMessage, Stop> {
        on_message(tx, env, self.message, Kind::Unblock).await
    }

    fn questions(&self, on: &OnMessage, env: &Env<'_>) -> Vec<Question> {
        vec![on.question(Self::NAME, env, Kind::Unblock, "", &LastResort::default())]
    }

    fn rule(&self, on: &OnMessage, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        undo(on, env, Kind::Unblock, &self.reason)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Change) -> Result<Done, DbError> {
        write(tx, env, change).await
    }
}

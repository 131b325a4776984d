//! `community.unhide`: a hidden comment is shown again.

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
pub struct Unhide {
    pub message: MessageId,
    /// Why it is taken back.
    pub reason: String,
}

impl Act for Unhide {
    const NAME: &'static str = "community.unhide";
    const SAYS: &'static str = "Show a hidden comment again, where the platform can.";
    type Facts = OnMessage;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<OnMessage, Stop> {
        on_message(tx, env, self.message, Kind::Unhide).await
    }

    fn questions(&self, on: &OnMessage, env: &Env<'_>) -> Vec<Question> {
        vec![on.question(Self::NAME, env, Kind::Unhide, "", &LastResort::default())]
    }

    fn rule(&self, on: &OnMessage, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        undo(on, env, Kind::Unhide, &self.reason)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Change) -> Result<Done, DbError> {
        write(tx, env, change).await
    }
}

//! `community.hide`: a comment leaves the public's sight, its evidence kept first (I6).

use super::{Change, OnMessage, on_message, take, write};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::community::{Kind, LastResort};
use bluelamp_domain::ids::MessageId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hide {
    pub message: MessageId,
    /// A code of the policy's grounds.
    #[serde(default)]
    pub ground: String,
    /// What is to be remembered of why it meets the ground.
    #[serde(default)]
    pub reason: String,
}

impl Act for Hide {
    const NAME: &'static str = "community.hide";
    const SAYS: &'static str = "Hide a comment on a ground of the policy; its evidence is kept first.";
    type Facts = OnMessage;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<OnMessage, Stop> {
        on_message(tx, env, self.message, Kind::Hide).await
    }

    fn questions(&self, on: &OnMessage, env: &Env<'_>) -> Vec<Question> {
        vec![on.question(Self::NAME, env, Kind::Hide, &self.ground, &LastResort::default())]
    }

    fn rule(&self, on: &OnMessage, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        take(on, env, Kind::Hide, &self.ground, &self.reason, LastResort::default())
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Change) -> Result<Done, DbError> {
        write(tx, env, change).await
    }
}

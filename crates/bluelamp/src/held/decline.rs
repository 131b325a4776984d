//! `act.decline`: someone who could agree does not, and says why; or the author takes it back.

use super::release::{Facts, held_entity, held_facts};
use crate::act::{Act, Done, Env, Stop};
use crate::db::principal as rows;
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::HeldId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decline {
    pub held: HeldId,
    /// What its author should do instead.
    pub note: String,
}

impl Act for Decline {
    const NAME: &'static str = "act.decline";
    const SAYS: &'static str = "Decline a held act, with a note to its author; or take one's own back.";
    type Facts = Facts;
    type Change = ();

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        held_facts(tx, env, self.held).await
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.held, held_entity(facts, env))]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<()>, Refusal> {
        if facts.held.state != "waiting" {
            return Err(Refusal::new("not-waiting", format!("this was already {}", facts.held.state)));
        }
        if self.note.trim().is_empty() && !facts.is_own {
            return Err(Refusal::new("say-why", "say what the author should do instead"));
        }
        Ok(Step::to(()).entry(
            Entry::default()
                .id("held", facts.held.id)
                .id("subject", facts.held.subject)
                .code("act", &facts.held.act)
                .value("note", &self.note),
        ))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, (): &()) -> Result<Done, DbError> {
        rows::settle_held(tx, env.force, self.held, "declined", &env.principal.code(), &self.note, env.at()).await?;
        Ok(Done::id(self.held))
    }
}

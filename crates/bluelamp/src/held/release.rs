//! `act.release`: someone agrees, and the held act is done from its facts as they are now.

use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::principal::{self as rows, HeldRow};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Actor, Entry, Permit, Principal, Refusal, Step};
use bluelamp_domain::held;
use bluelamp_domain::ids::{HeldId, PersonId};
use bluelamp_domain::question::{Entity, Question, Ref, Value};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    pub held: HeldId,
    /// Why it may go; kept with the release.
    #[serde(default)]
    pub note: String,
}

pub struct Facts {
    pub held: HeldRow,
    pub by: Principal,
    pub is_own: bool,
}

pub struct Change {
    held: HeldRow,
    rules: Vec<String>,
    all: bool,
}

/// Reads a held act and whether it is the principal's own.
pub async fn held_facts(tx: &mut Tx, env: &Env<'_>, id: HeldId) -> Result<Facts, Stop> {
    let held = rows::held(tx, env.force, id).await?.ok_or_else(|| not_found("held act"))?;
    let by = principal_of(&held.principal).ok_or_else(|| not_found("held act"))?;
    let is_own = by == env.principal;
    Ok(Facts { held, by, is_own })
}

/// The held act as policy sees it.
pub fn held_entity(facts: &Facts, env: &Env<'_>) -> Entity {
    let approvers: Vec<&str> = facts.held.reasons.iter().filter_map(|r| r.approver.as_deref()).collect();
    let matched = facts.held.reasons.iter().any(|r| held::may_lift(r, &env.scope.roles, facts.is_own));
    Entity::new("Held", facts.held.id)
        .with("force", Ref::new("Force", env.force))
        .with("by", Ref::new("Person", facts.by.code()))
        .with("isOwn", facts.is_own)
        .with("act", facts.held.act.as_str())
        .with("approvers", Value::texts(approvers))
        .with("approversMatched", matched)
}

/// The principal that an entry's or a held act's code names.
pub fn principal_of(code: &str) -> Option<Principal> {
    if let Ok(id) = code.parse::<PersonId>() {
        return Some(Principal::Person(id));
    }
    [Actor::Intake, Actor::Scheduler, Actor::Retention, Actor::Sequencer, Actor::Operator]
        .into_iter()
        .find(|a| a.name() == code)
        .map(Principal::System)
}

impl Act for Release {
    const NAME: &'static str = "act.release";
    const SAYS: &'static str = "Agree to a held act; it is done from its facts as they are now.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        held_facts(tx, env, self.held).await
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.held, held_entity(facts, env))]
    }

    fn rule(&self, facts: &Facts, permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let h = &facts.held;
        let rules = held::lifted(&h.reasons, &h.state, h.expires_at, &env.scope.roles, facts.is_own, env.at())?;
        let all = h.reasons.iter().all(|r| rules.contains(&r.rule));
        let entry = Entry::default().id("held", h.id).id("subject", h.subject).code("act", &h.act).code("by", permit.principal().code());
        let mut step = Step::to(Change { held: h.clone(), rules, all }).entry(if self.note.is_empty() {
            entry
        } else {
            entry.value("note", &self.note)
        });
        if all {
            // INVARIANT: the name is one of the registry's; a held act was stored by the door itself.
            let name =
                crate::wiring::act(&h.act).map(|a| a.name).ok_or_else(|| Refusal::new("gone", "this kind of act no longer exists"))?;
            step = step.then_by(facts.by, name, h.input.clone());
        }
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Change) -> Result<Done, DbError> {
        let by = env.principal.code();
        for rule in &change.rules {
            rows::insert_release(tx, env.force, env.moment.id(), &change.held, rule, &by, env.at()).await?;
        }
        if change.all {
            rows::settle_held(tx, env.force, change.held.id, "released", &by, &self.note, env.at()).await?;
        }
        Ok(Done::id(change.held.subject))
    }
}

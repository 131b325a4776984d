//! `desk.route`: what needs no immediate action is passed to an area's queue or one person, with a target; the
//! scheduler brings it back to the desk when nobody answers by then (LEICS-TRIAGE-3).

use super::{OnMessage, on_message, save};
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::desk::store;
use crate::intake::store::MessageRow;
use crate::people;
use bluelamp_domain::act::{Actor, Job, Permit, Principal, Refusal, Step};
use bluelamp_domain::desk::routing::{self, Routed, To};
use bluelamp_domain::ids::{MessageId, PersonId};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    pub message: MessageId,
    /// The area whose queue gets it; empty with no person: back to the desk.
    #[serde(default)]
    pub area: String,
    #[serde(default)]
    pub person: Option<PersonId>,
    #[serde(default)]
    pub note: String,
}

pub struct Facts {
    on: OnMessage,
    areas: Vec<String>,
}

pub struct Change {
    id: uuid::Uuid,
    routed: Routed,
    message: MessageRow,
    how: &'static str,
}

impl Act for Route {
    const NAME: &'static str = "desk.route";
    const SAYS: &'static str = "Pass a message to an area or a person, or back to the desk.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let on = on_message(tx, env, self.message).await?;
        if let Some(person) = self.person {
            people::store::person(tx, env.force, person).await?.filter(|p| p.state == "active").ok_or_else(|| not_found("person"))?;
        }
        Ok(Facts { on, areas: store::areas(tx, env.force).await? })
    }

    fn questions(&self, f: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![f.on.question(Self::NAME, env)]
    }

    fn rule(&self, f: &Facts, permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let back = permit.principal() == Principal::System(Actor::Scheduler);
        let now = To {
            area: f.on.routing.as_ref().map(|r| r.area.clone()).unwrap_or_default(),
            person: f.on.routing.as_ref().and_then(|r| r.person),
        };
        let target = f.on.routing.as_ref().and_then(|r| r.target_at);
        if back && !routing::falls_back(f.on.routing.is_some() && !f.on.closed(), target, env.at()) {
            return Err(Refusal::new("not-overdue", "it was answered, moved on, or its target has not come"));
        }
        let to = To { area: self.area.trim().to_owned(), person: self.person };
        let routed = routing::route(f.on.closed(), &now, to, &f.areas, &self.note, env.figures(), env.at())?;
        let id: uuid::Uuid = env.moment.id();
        // What goes back unanswered is due now; nothing that is passed on is due later than it was (I3).
        let due_at = if back { f.on.message.due_at.min(env.at()) } else { f.on.message.due_at };
        let area = if routed.to.area.is_empty() { f.on.account.area.clone() } else { routed.to.area.clone() };
        let message = MessageRow { area, due_at, claimed_by: None, claimed_until: None, state: "open".into(), ..f.on.message.clone() };
        let mut entry = f.on.entry().id("routing", id).code("to-desk", routed.to.is_desk()).code("fell-back", back);
        if let Some(person) = routed.to.person {
            entry = entry.id("person", person);
        }
        for (name, text) in [("area", &routed.to.area), ("note", &routed.note)] {
            if !text.is_empty() {
                entry = entry.value(name, text);
            }
        }
        let fallback = routed.target_at.map(|at| Job {
            kind: "desk.fall_back",
            input: serde_json::json!({ "message": self.message, "routing": id }),
            not_before: at,
            key: format!("routing-{id}"),
        });
        let how = if back { "fell-back" } else { "passed-on" };
        let mut step = Step::to(Change { id, routed, message, how }).entry(entry);
        step.jobs.extend(fallback);
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        store::end_routing(tx, env.force, self.message, c.how, env.at()).await?;
        if !c.routed.to.is_desk() {
            let by = env.principal.code();
            store::insert_routing(tx, env.force, c.id, self.message, c.message.account, &by, env.at(), &c.routed).await?;
        }
        save(tx, env, &c.message).await?;
        Ok(Done::id(c.id))
    }
}

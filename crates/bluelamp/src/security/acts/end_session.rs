//! `security.end_session`: a session ends; its next request is refused (APP-SEC-14).

use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::people::store::PersonRecord;
use crate::security::store;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::SessionId;
use bluelamp_domain::question::{Entity, Question, Ref};
use serde::{Deserialize, Serialize};

/// Why it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    SignedOut,
    /// Unknown, lost or no longer used.
    Redundant,
    /// Unused for the pack's days.
    Idle,
    /// As old as a session may become.
    Age,
}

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndSession {
    pub session: SessionId,
    pub why: Why,
}

pub struct Facts {
    person: PersonRecord,
}

impl Act for EndSession {
    const NAME: &'static str = "security.end_session";
    const SAYS: &'static str = "End a session; its next request is refused.";
    type Facts = Facts;
    type Change = ();

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let session = store::session(tx, env.force, self.session).await?.ok_or_else(|| not_found("session"))?;
        let person = crate::people::store::person(tx, env.force, session.person).await?.ok_or_else(|| not_found("session"))?;
        Ok(Facts { person })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        let session = Entity::new("Session", self.session)
            .with("force", Ref::new("Force", env.force))
            .with("person", Ref::new("Colleague", facts.person.id))
            .with("own", env.person() == Some(facts.person.id));
        vec![Question::new(Self::NAME, self.session, session).also(crate::people::colleague(&facts.person, env))]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<()>, Refusal> {
        let why = serde_json::to_value(self.why).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        Ok(Step::to(()).entry(Entry::default().id("session", self.session).id("person", facts.person.id).code("why", why)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, (): &()) -> Result<Done, DbError> {
        store::delete_session(tx, env.force, self.session).await?;
        Ok(Done::id(self.session))
    }
}

//! `security.end_session`: a session ends; its next request is refused (APP-SEC-14).

use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::people::acts::open_task::OpenTask;
use crate::people::store::PersonRecord;
use crate::security::store;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::SessionId;
use bluelamp_domain::people::TaskKind;
use bluelamp_domain::question::{Entity, Question, Ref};
use serde::{Deserialize, Serialize};

/// Why it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    SignedOut,
    /// Lost or no longer used.
    Redundant,
    /// Nobody knows it: it may be somebody else's.
    Unknown,
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
    device: String,
}

impl EndSession {
    /// A device that is unknown or no longer used is signed out on the platforms too, by somebody, by hand.
    fn native_log_out(&self, facts: &Facts, env: &Env<'_>) -> Option<OpenTask> {
        let (owner, role, days, what) = match self.why {
            Why::SignedOut | Why::Idle | Why::Age => return None,
            Why::Redundant => (Some(facts.person.id), "", 7, "no longer used"),
            Why::Unknown => (None, "information-security", 1, "unknown"),
        };
        let own = owner.is_some() && owner == env.person();
        let whose = if own { "your".to_owned() } else { format!("{}'s", facts.person.name) };
        Some(OpenTask {
            kind: TaskKind::NativeLogOut,
            owner,
            role: role.into(),
            subject: facts.person.id.0,
            clause: "APP-SEC-14".into(),
            says: format!(
                "A device on {whose} list was {what}: {}. Sign it out on the platforms themselves too, wherever it could reach the force's accounts.",
                facts.device
            ),
            days,
        })
    }
}

impl Act for EndSession {
    const NAME: &'static str = "security.end_session";
    const SAYS: &'static str = "End a session; its next request is refused.";
    type Facts = Facts;
    type Change = ();

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let session = store::session(tx, env.force, self.session).await?.ok_or_else(|| not_found("session"))?;
        let person = crate::people::store::person(tx, env.force, session.person).await?.ok_or_else(|| not_found("session"))?;
        Ok(Facts { person, device: session.device })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        let session = Entity::new("Session", self.session)
            .with("force", Ref::new("Force", env.force))
            .with("person", Ref::new("Colleague", facts.person.id))
            .with("own", env.person() == Some(facts.person.id));
        vec![Question::new(Self::NAME, self.session, session).also(crate::people::colleague(&facts.person, env))]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<()>, Refusal> {
        let why = serde_json::to_value(self.why).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        let mut step = Step::to(()).entry(Entry::default().id("session", self.session).id("person", facts.person.id).code("why", why));
        step.then.extend(self.native_log_out(facts, env).map(OpenTask::then));
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, (): &()) -> Result<Done, DbError> {
        store::delete_session(tx, env.force, self.session).await?;
        Ok(Done::id(self.session))
    }
}

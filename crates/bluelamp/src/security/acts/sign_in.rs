//! `security.sign_in`: a person has proved two factors and gets a session, or proves themselves again within one.
//!
//! A session's secret is new at every sign-in and at every proof, so that one known before is worth nothing. A new
//! device or place sends word to the person and to information security (APP-SEC-10).

use super::{Holder, holder};
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::security::store::{self, NewSession};
use bluelamp_domain::act::{Entry, Job, Permit, Refusal, Step};
use bluelamp_domain::ids::{CredentialId, PersonId, SessionId};
use bluelamp_domain::question::Question;
use bluelamp_domain::security::session;
use serde::{Deserialize, Serialize};

/// How the two factors were proved.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Way {
    /// A passkey with user verification; its public data as they are now.
    Passkey { credential: CredentialId, data: Option<String> },
    /// A password, and a code of the authenticator app for this time step.
    Code { credential: CredentialId, step: i64 },
    /// A password, and the recovery code at this place.
    Recovery { place: usize },
}

impl Way {
    fn name(&self) -> &'static str {
        match self {
            Way::Passkey { .. } => "passkey",
            Way::Code { .. } => "code",
            Way::Recovery { .. } => "recovery",
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub person: PersonId,
    pub way: Way,
    /// SHA-256 of the session cookie's value, in hexadecimal.
    pub secret: String,
    /// SHA-256 of the device cookie's value, in hexadecimal.
    pub device: String,
    /// What the browser says it is.
    pub device_says: String,
    pub address: String,
    /// The network that the address is of: a new one is a new place.
    pub place: String,
    /// Proves again within this session instead of beginning one.
    #[serde(default)]
    pub again: bool,
}

pub struct Facts {
    holder: Holder,
    known: bool,
    known_place: bool,
    recovery: bool,
    /// Who is told of a new device: the person, and information security.
    told: Vec<PersonId>,
}

pub struct Change {
    new: Option<NewSession>,
    renew: Option<SessionId>,
    secret: Vec<u8>,
}

impl Act for SignIn {
    const NAME: &'static str = "security.sign_in";
    const SAYS: &'static str = "Sign in with two factors, or prove oneself again.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let holder = holder(tx, env, self.person).await?;
        let known = store::has_mark(tx, env.force, self.person, "device", &self.device).await?;
        let known_place = store::has_mark(tx, env.force, self.person, "place", &self.place).await?;
        let recovery = match self.way {
            Way::Recovery { place } => store::recovery_code(tx, env.force, self.person, place).await?.is_some(),
            Way::Passkey { credential, .. } | Way::Code { credential, .. } => {
                if !holder.credentials.iter().any(|c| c.id == credential) {
                    return Err(not_found("way to sign in").into());
                }
                false
            }
        };
        let mut told = crate::people::store::in_role(tx, env.force, "information-security").await?;
        told.retain(|p| *p != self.person);
        told.insert(0, self.person);
        Ok(Facts { holder, known, known_place, recovery, told })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        let new_device = !facts.known || !facts.known_place;
        vec![
            Question::new(Self::NAME, self.person, crate::people::colleague(&facts.holder.person, env))
                .given("secondFactor", env.second_factor)
                .given("newDevice", new_device),
        ]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        match self.way {
            Way::Code { credential, step } if facts.holder.credentials.iter().any(|c| c.id == credential && step <= c.last_step) => {
                return Err(
                    Refusal::new("code-used", "this code was used already; wait for the next one, at most 30 seconds").citing("APP-SEC-9")
                );
            }
            Way::Recovery { .. } if !facts.recovery => {
                return Err(Refusal::new(
                    "code-used",
                    "this recovery code was used already; use another, or ask an administrator for a new link",
                )
                .citing("APP-SEC-9"));
            }
            Way::Passkey { .. } | Way::Code { .. } | Way::Recovery { .. } => {}
        }
        let bytes = |hex: &str| {
            hex::decode(hex).ok().filter(|b| b.len() == 32).ok_or_else(|| Refusal::new("secret", "a session's secret is given by its hash"))
        };
        let (secret, device_hash) = (bytes(&self.secret)?, bytes(&self.device)?);
        let renew = env.session.filter(|_| self.again);
        let id = renew.unwrap_or_else(|| env.moment.id());
        let new = renew.is_none().then(|| NewSession {
            id,
            person: self.person,
            secret: secret.clone(),
            device: self.device_says.clone(),
            device_hash,
            address: self.address.clone(),
            ends_at: session::ends_at(env.at(), env.figures().session_hours()),
        });
        let entry = Entry::default()
            .id("person", self.person)
            .id("session", id)
            .code("way", self.way.name())
            .code("device", if facts.known { "known" } else { "new" })
            .code("place", if facts.known_place { "known" } else { "new" })
            .value("address", &self.address)
            .value("browser", &self.device_says);
        let mut step = Step::to(Change { new, renew, secret }).entry(entry);
        if !facts.known || !facts.known_place {
            for to in &facts.told {
                step = step.job(Job {
                    kind: "security.tell_new_device",
                    input: serde_json::json!({ "to": to, "person": self.person, "device": self.device_says, "address": self.address, "new_device": !facts.known, "at": env.at() }),
                    not_before: env.at(),
                    key: format!("new-device-{id}-{}-{to}", env.at().0),
                });
            }
        }
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Change) -> Result<Done, DbError> {
        match &self.way {
            Way::Passkey { credential, data } => store::used_credential(tx, env.force, *credential, 0, data.as_deref(), env.at()).await?,
            Way::Code { credential, step } => store::used_credential(tx, env.force, *credential, *step, None, env.at()).await?,
            Way::Recovery { place } => store::use_recovery_code(tx, env.force, self.person, *place, env.at()).await?,
        }
        store::keep_mark(tx, env.force, env.moment.id(), self.person, "device", &self.device, &self.device_says, env.at()).await?;
        store::keep_mark(tx, env.force, env.moment.id(), self.person, "place", &self.place, &self.address, env.at()).await?;
        if let Some(new) = &change.new {
            store::insert_session(tx, env.force, new, env.at()).await?;
            return Ok(Done::id(new.id));
        }
        if let Some(id) = change.renew {
            store::renew_session(tx, env.force, id, &change.secret, env.at()).await?;
            return Ok(Done::id(id));
        }
        Ok(Done::nothing())
    }
}

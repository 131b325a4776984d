//! `security.add_credential`: a person adds a way to prove who they are.

use super::{Holder, holder, proved};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::security::store::{self, Credential};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::{CredentialId, PersonId};
use bluelamp_domain::question::Question;
use bluelamp_domain::security::credential::{self, Kind};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddCredential {
    pub person: PersonId,
    pub id: CredentialId,
    pub kind: Kind,
    /// What its owner calls it.
    pub name: String,
    /// A passkey's own id, in hexadecimal.
    pub handle: Option<String>,
    /// A passkey's public data, or a password's hash.
    pub data: String,
    /// An authenticator app's secret, sealed for its place, in hexadecimal.
    pub sealed: Option<String>,
    /// The time step of the code that proved it.
    #[serde(default)]
    pub step: i64,
}

pub struct Change {
    new: Credential,
    old: Vec<CredentialId>,
}

impl Act for AddCredential {
    const NAME: &'static str = "security.add_credential";
    const SAYS: &'static str = "Add a passkey, a password or an authenticator app of one's own.";
    type Facts = Holder;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Holder, Stop> {
        holder(tx, env, self.person).await
    }

    fn questions(&self, facts: &Holder, env: &Env<'_>) -> Vec<Question> {
        vec![
            Question::new(Self::NAME, self.person, crate::people::colleague(&facts.person, env))
                .given("secondFactor", env.second_factor)
                .given("newDevice", false),
        ]
    }

    fn rule(&self, facts: &Holder, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        proved(facts.factor_at, env)?;
        let name = credential::label(&self.name)?;
        if facts.credentials.len() >= 20 {
            return Err(Refusal::new("too-many", "you have twenty ways to sign in; remove one that you no longer use first"));
        }
        let bytes = |hex: &Option<String>| hex.as_deref().and_then(|h| hex::decode(h).ok());
        let new = Credential {
            id: self.id,
            person: self.person,
            kind: self.kind,
            name: name.clone(),
            handle: bytes(&self.handle),
            data: self.data.clone(),
            sealed: bytes(&self.sealed),
            last_step: self.step,
            added_at: env.at(),
            used_at: None,
        };
        let old = facts.credentials.iter().filter(|c| c.kind == self.kind && self.kind.single()).map(|c| c.id).collect();
        let entry = Entry::default().id("person", self.person).id("credential", self.id).code("kind", self.kind.name()).value("name", name);
        Ok(Step::to(Change { new, old }).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Change) -> Result<Done, DbError> {
        for old in &change.old {
            store::delete_credential(tx, env.force, *old).await?;
        }
        store::insert_credential(tx, env.force, &change.new).await?;
        Ok(Done::id(self.id))
    }
}

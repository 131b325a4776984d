//! What can be done to the register and its connections: a file an act.

pub mod allow_host;
pub mod authorise;
pub mod change;
pub mod close;
pub mod connect;
pub mod disconnect;
pub mod freeze;
pub mod mark_connection;
pub mod record_protection;
pub mod register;
pub mod renew_connection;
pub mod set_monitoring;
pub mod thaw;
pub mod withdraw_authorisation;

use super::store::{self, AccountRow};
use crate::act::{Env, Stop, not_found};
use crate::db::Tx;
use crate::people::store::PersonRecord;
use bluelamp_domain::act::{Entry, Refusal};
use bluelamp_domain::ids::{AccountId, PersonId};
use bluelamp_domain::question::{Question, Ref};

/// The account, where whoever acts may see it.
pub async fn seen(tx: &mut Tx, env: &Env<'_>, id: AccountId) -> Result<AccountRow, Stop> {
    let row = store::account(tx, env.force, id).await?;
    row.filter(|a| env.scope.sees(a.id)).ok_or_else(|| not_found("account").into())
}

/// A person and an account: what giving and withdrawing an authorisation rest on.
pub struct Pair {
    person: PersonRecord,
    account: AccountRow,
}

impl Pair {
    pub async fn of(tx: &mut Tx, env: &Env<'_>, person: PersonId, account: AccountId) -> Result<Pair, Stop> {
        let person = crate::people::store::person(tx, env.force, person).await?.ok_or_else(|| not_found("person"))?;
        Ok(Pair { person, account: seen(tx, env, account).await? })
    }

    pub fn question(&self, action: &'static str, env: &Env<'_>) -> Question {
        about(action, &self.account, env)
            .given("person", Ref::new("Colleague", self.person.id))
            .also(crate::people::colleague(&self.person, env))
    }

    pub fn entry(&self) -> Entry {
        Entry::default().id("person", self.person.id).id("account", self.account.id)
    }
}

/// The question that an act on an account asks.
pub fn about(action: &'static str, account: &AccountRow, env: &Env<'_>) -> Question {
    Question::new(action, account.id, super::entity(env.force, account))
}

/// A text that a person typed: trimmed, not too long, without control characters.
pub fn typed(what: &str, text: &str, min: usize, max: usize) -> Result<String, Refusal> {
    let text: String = text.trim().chars().filter(|c| !c.is_control() || *c == '\n').collect();
    let n = text.chars().count();
    if n < min {
        return Err(Refusal::new("too-short", format!("enter the {what}")));
    }
    if n > max {
        return Err(Refusal::new("too-long", format!("the {what} has {n} characters; at most {max} fit")));
    }
    Ok(text)
}

/// An address that the public may follow: https, or http on this computer for rehearsals.
pub fn web_address(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let fine = text.is_empty()
        || text.starts_with("https://")
        || ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|p| text.starts_with(p));
    if fine && text.len() <= 500 && !text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Ok(text.to_owned());
    }
    Err(Refusal::new("not-an-address", "the account's address must begin with https:// and have no spaces"))
}

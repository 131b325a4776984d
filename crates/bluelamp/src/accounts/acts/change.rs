//! `accounts.change`: what the register says of an account, and its next step in life.

use super::{about, seen, typed, web_address};
use crate::accounts::store::{self, AccountRow};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use bluelamp_domain::accounts::{self as rules, AccountKind, AccountState};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::{AccountId, PersonId};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

/// What is absent stays as it is.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub account: AccountId,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub handle: Option<String>,
    #[serde(default)]
    pub kind: Option<AccountKind>,
    #[serde(default)]
    pub area: Option<String>,
    #[serde(default)]
    pub owner: Option<PersonId>,
    #[serde(default)]
    pub purpose: Option<String>,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub public_listed: Option<bool>,
    /// Whether private messages are read on it, and why (APP-COMM-7).
    #[serde(default)]
    pub private_decision: Option<String>,
    /// The next step: approved, trial, live, dormant.
    #[serde(default)]
    pub state: Option<AccountState>,
    #[serde(default)]
    pub role_allows_individual: bool,
}

impl Change {
    /// A change of nothing yet.
    pub fn of(account: AccountId) -> Self {
        Change {
            account,
            title: None,
            handle: None,
            kind: None,
            area: None,
            owner: None,
            purpose: None,
            url: None,
            public_listed: None,
            private_decision: None,
            state: None,
            role_allows_individual: false,
        }
    }
}

pub struct Facts {
    account: AccountRow,
    taken: bool,
    owner_is_ours: bool,
}

impl Act for Change {
    const NAME: &'static str = "accounts.change";
    const SAYS: &'static str = "Change what the register says of an account, or take it to its next step.";
    type Facts = Facts;
    type Change = AccountRow;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let account = seen(tx, env, self.account).await?;
        let taken = match &self.handle {
            Some(h) => store::by_handle(tx, env.force, &account.platform, h).await?.is_some_and(|other| other != self.account),
            None => false,
        };
        let owner_is_ours = match self.owner {
            Some(p) => crate::db::principal::person(tx, env.force, p).await?.is_some(),
            None => true,
        };
        Ok(Facts { account, taken, owner_is_ours })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        // Policy sees the account as it would be, so that a forbidden kind cannot be entered by a change.
        let mut after = facts.account.clone();
        after.kind = self.kind.unwrap_or(after.kind);
        let rests_on = crate::app::digest(serde_json::to_string(self).unwrap_or_default().as_bytes());
        vec![about(Self::NAME, &after, env).given("roleAllowsIndividual", self.role_allows_individual).resting_on(rests_on)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<AccountRow>, Refusal> {
        let mut a = facts.account.clone();
        if a.state == AccountState::Closed {
            return Err(Refusal::new("closed", "this account is closed; its record stays as it was"));
        }
        if facts.taken {
            return Err(Refusal::new("already-registered", "that handle is in the register already"));
        }
        if !facts.owner_is_ours {
            return Err(Refusal::new("no-such-owner", "the owner is not a person of this force"));
        }
        let mut entry = Entry::default().id("account", a.id);
        let mut set = |name: &'static str, to: &mut String, from: Result<String, Refusal>| -> Result<(), Refusal> {
            let from = from?;
            if *to != from {
                entry = std::mem::take(&mut entry).value(name, &from);
                *to = from;
            }
            Ok(())
        };
        if let Some(t) = &self.title {
            set("title", &mut a.title, typed("name", t, 1, 200))?;
        }
        if let Some(t) = &self.handle {
            set("handle", &mut a.handle, typed("handle", t, 1, 300))?;
        }
        if let Some(t) = &self.area {
            set("area", &mut a.area, typed("area", t, 0, 100))?;
        }
        if let Some(t) = &self.purpose {
            set("purpose", &mut a.purpose, typed("purpose", t, 1, 2000))?;
        }
        if let Some(t) = &self.url {
            set("url", &mut a.url, web_address(t))?;
        }
        if let Some(t) = &self.private_decision {
            set("private_decision", &mut a.private_decision, typed("decision on private messages", t, 0, 2000))?;
        }
        if let Some(kind) = self.kind {
            a.kind = kind;
            entry = entry.code("kind", kind.name());
        }
        if let Some(owner) = self.owner {
            a.owner = Some(owner);
            entry = entry.id("owner", owner);
        }
        if let Some(listed) = self.public_listed {
            a.public_listed = listed;
            entry = entry.code("public_listed", listed);
        }
        if let Some(state) = self.state {
            a.state = rules::step(a.state, state)?;
            entry = entry.code("state", a.state.name());
        }
        Ok(Step::to(a).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, row: &AccountRow) -> Result<Done, DbError> {
        store::update_account(tx, env.force, row, env.at()).await?;
        Ok(Done::id(row.id))
    }
}

//! `accounts.register`: an official account enters the register (APP-POL-2).

use super::{typed, web_address};
use crate::accounts::entity;
use crate::accounts::store::{self, AccountRow};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use bluelamp_domain::accounts::{AccountKind, AccountState, Monitor};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::{AccountId, PersonId};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    pub platform: String,
    pub handle: String,
    pub title: String,
    pub kind: AccountKind,
    /// Empty: the whole force.
    #[serde(default)]
    pub area: String,
    #[serde(default)]
    pub owner: Option<PersonId>,
    pub purpose: String,
    #[serde(default)]
    pub url: String,
    #[serde(default)]
    pub monitored_by: Vec<Monitor>,
    /// When it is watched, in words for the public.
    #[serde(default)]
    pub hours: String,
    #[serde(default)]
    pub public_listed: bool,
    /// It is in use already and only enters the register; a new one begins as a request (APP-POL-4).
    #[serde(default)]
    pub in_use: bool,
    /// Meant for investigation or intelligence, which has no place here (APP-POL-11).
    #[serde(default)]
    pub investigative: bool,
    /// Its owner is a chief officer or commands a neighbourhood area (LEICS-MON-3).
    #[serde(default)]
    pub role_allows_individual: bool,
}

pub struct Facts {
    id: AccountId,
    taken: Option<AccountId>,
    owner_is_ours: bool,
}

impl Register {
    fn row(&self, id: AccountId, env: &Env<'_>) -> AccountRow {
        AccountRow {
            id,
            platform: self.platform.clone(),
            handle: self.handle.trim().to_owned(),
            title: self.title.clone(),
            kind: self.kind,
            state: if self.in_use { AccountState::Live } else { AccountState::Requested },
            state_before: None,
            area: self.area.trim().to_owned(),
            owner: self.owner,
            owner_name: None,
            purpose: self.purpose.clone(),
            url: self.url.clone(),
            monitored_by: self.monitored_by.clone(),
            hours: self.hours.clone(),
            public_listed: self.public_listed,
            private_decision: String::new(),
            connected: false,
            remote_account: String::new(),
            last_post_at: None,
            created_at: env.at(),
            changed_at: env.at(),
            contributors: 0,
            can: Vec::new(),
            connection_state: None,
            connection_why: None,
            protection: None,
        }
    }
}

impl Act for Register {
    const NAME: &'static str = "accounts.register";
    const SAYS: &'static str = "Enter an official account in the register.";
    type Facts = Facts;
    type Change = AccountRow;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let taken = store::by_handle(tx, env.force, &self.platform, &self.handle).await?;
        let owner_is_ours = match self.owner {
            Some(p) => crate::db::principal::person(tx, env.force, p).await?.is_some(),
            None => true,
        };
        Ok(Facts { id: env.moment.id(), taken, owner_is_ours })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![
            Question::new(Self::NAME, facts.id, entity(env.force, &self.row(facts.id, env)))
                .given("investigative", self.investigative)
                .given("roleAllowsIndividual", self.role_allows_individual)
                // A release is for this very account, whatever id the repeat gives it.
                .resting_on(crate::app::digest(format!("{}|{}|{}", self.platform, self.handle, self.purpose).as_bytes())),
        ]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<AccountRow>, Refusal> {
        if facts.taken.is_some() {
            return Err(Refusal::new(
                "already-registered",
                format!("`{}` on this platform is in the register already", self.handle.trim()),
            ));
        }
        if !facts.owner_is_ours {
            return Err(Refusal::new("no-such-owner", "the owner is not a person of this force"));
        }
        if env.app.connector(&self.platform).is_none() && !KNOWN.contains(&self.platform.as_str()) {
            return Err(Refusal::new("unknown-platform", format!("`{}` is not a platform that the register knows", self.platform)));
        }
        let mut row = self.row(facts.id, env);
        row.handle = typed("handle", &self.handle, 1, 300)?;
        row.title = typed("name", &self.title, 1, 200)?;
        row.area = typed("area", &self.area, 0, 100)?;
        row.purpose = typed("purpose", &self.purpose, 1, 2000)?;
        row.hours = typed("hours", &self.hours, 0, 300)?;
        row.url = web_address(&self.url)?;
        row.monitored_by.sort_unstable();
        row.monitored_by.dedup();
        let entry = Entry::default()
            .id("account", row.id)
            .code("platform", &row.platform)
            .code("kind", row.kind.name())
            .code("state", row.state.name())
            .value("handle", &row.handle)
            .value("title", &row.title);
        Ok(Step::to(row).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, row: &AccountRow) -> Result<Done, DbError> {
        store::insert_account(tx, env.force, row).await?;
        Ok(Done::id(row.id))
    }
}

/// Platforms whose accounts can stand in the register although no connector speaks to them yet.
pub const KNOWN: &[&str] = &[
    "bluesky",
    "facebook",
    "flickr",
    "instagram",
    "linkedin",
    "mastodon",
    "messenger",
    "nextdoor",
    "pinterest",
    "reddit",
    "snapchat",
    "telegram",
    "threads",
    "tiktok",
    "whatsapp",
    "x",
    "youtube",
];

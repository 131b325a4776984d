//! `accounts.allow_host`: a host named by the platform's own authenticated answer joins those an account may reach.

use super::{about, seen};
use crate::accounts::store::{self, AccountRow};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

/// A platform's pictures come from a few hosts; an account that collects more is being led astray.
const MOST: usize = 50;

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowHost {
    pub account: AccountId,
    pub host: String,
}

pub struct Facts {
    account: AccountRow,
    hosts: Vec<String>,
}

impl Act for AllowHost {
    const NAME: &'static str = "accounts.allow_host";
    const SAYS: &'static str = "Let an account reach a host that its platform named.";
    type Facts = Facts;
    type Change = String;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let account = seen(tx, env, self.account).await?;
        let hosts = store::hosts(tx, env.force, self.account).await?;
        Ok(Facts { account, hosts })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, &facts.account, env)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<String>, Refusal> {
        let host = self.host.trim().to_lowercase();
        let fine = (1..=253).contains(&host.len()) && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c));
        if !fine {
            return Err(Refusal::new("not-a-host", "that is not a host's name"));
        }
        if facts.hosts.len() >= MOST && !facts.hosts.contains(&host) {
            return Err(Refusal::new("too-many-hosts", format!("the account reaches {MOST} hosts already; have its connection looked at")));
        }
        let entry = Entry::default().id("account", facts.account.id).value("host", &host);
        Ok(Step::to(host).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, host: &String) -> Result<Done, DbError> {
        store::insert_host(tx, env.force, self.account, host, env.at()).await?;
        Ok(Done::id(self.account))
    }
}

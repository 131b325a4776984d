//! `accounts.record_protection`: somebody looked on the platform itself and says how the account is protected there: two-factor,
//! login alerts, who else can sign in, devices that nobody knows or needs (APP-SEC-9, APP-SEC-10, APP-SEC-14).

use super::{about, seen, typed};
use crate::accounts::store::{self, AccountRow, Protection};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::people::acts::open_task::OpenTask;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::people::TaskKind;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordProtection {
    pub account: AccountId,
    /// The platform's own two-factor is on.
    pub two_factor: bool,
    /// The platform tells of new sign-ins.
    pub login_alerts: bool,
    /// Who else can sign in there; empty when nobody can.
    #[serde(default)]
    pub others: String,
    /// Devices signed in there that are unknown or no longer used; empty when there are none.
    #[serde(default)]
    pub unknown_devices: String,
}

impl RecordProtection {
    pub fn of(account: AccountId) -> Self {
        RecordProtection { account, two_factor: false, login_alerts: false, others: String::new(), unknown_devices: String::new() }
    }
}

impl Act for RecordProtection {
    const NAME: &'static str = "accounts.record_protection";
    const SAYS: &'static str = "Record how an account is protected on its own platform, as found there.";
    type Facts = AccountRow;
    type Change = Protection;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<AccountRow, Stop> {
        seen(tx, env, self.account).await
    }

    fn questions(&self, facts: &AccountRow, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, facts, env)]
    }

    fn rule(&self, facts: &AccountRow, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Protection>, Refusal> {
        if !facts.state.is_on_its_platform() {
            return Err(Refusal::new(
                "not-there-yet",
                format!("the account is {}; look at its protection once it exists on its platform", facts.state.name()),
            ));
        }
        let checked_by = env.person().ok_or_else(|| Refusal::new("no-person", "only a person can look at an account on its platform"))?;
        let protection = Protection {
            two_factor: self.two_factor,
            login_alerts: self.login_alerts,
            others: typed("list of who else can sign in", &self.others, 0, 1000)?,
            unknown_devices: typed("list of devices", &self.unknown_devices, 0, 500)?,
            checked_at: env.at(),
            checked_by,
            checked_by_name: String::new(),
        };
        let word = |on: bool| if on { "on" } else { "off" };
        let entry = Entry::default()
            .id("account", self.account)
            .code("two-factor", word(self.two_factor))
            .code("login-alerts", word(self.login_alerts))
            .code("others", if protection.others.is_empty() { "none" } else { "some" })
            .code("unknown-devices", if protection.unknown_devices.is_empty() { "none" } else { "some" })
            .value("who-else", &protection.others)
            .value("devices", &protection.unknown_devices);
        let mut step = Step::to(protection).entry(entry);
        if !step.change.unknown_devices.is_empty() {
            step.then.push(
                OpenTask {
                    kind: TaskKind::NativeLogOut,
                    owner: None,
                    role: "information-security".into(),
                    subject: self.account.0,
                    clause: "APP-SEC-14".into(),
                    says: format!(
                        "Sign out on the platform of “{}”: {}. Then look there again and record it.",
                        facts.title, step.change.unknown_devices
                    ),
                    days: 1,
                }
                .then(),
            );
        }
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, protection: &Protection) -> Result<Done, DbError> {
        store::put_protection(tx, env.force, self.account, protection).await?;
        Ok(Done::id(self.account))
    }
}

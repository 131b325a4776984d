//! `desk.acknowledge_alert`: a person answers an alarm; it rings no more and goes to nobody else (APP-ROLE-3). How long
//! it took is what the wall reports.

use super::person;
use crate::accounts::{self, AccountRow};
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::desk::store::{self, AlertRow};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::{AlertId, PersonId};
use bluelamp_domain::question::Question;
use bluelamp_domain::time::SECOND;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeAlert {
    pub alert: AlertId,
}

pub struct Facts {
    alert: AlertRow,
    account: AccountRow,
}

impl Act for AcknowledgeAlert {
    const NAME: &'static str = "desk.acknowledge_alert";
    const SAYS: &'static str = "Answer an alarm: you have seen it and act on it.";
    type Facts = Facts;
    type Change = PersonId;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let alert =
            store::alert(tx, env.force, self.alert).await?.filter(|a| env.scope.sees(a.account)).ok_or_else(|| not_found("alert"))?;
        let account = accounts::store::account(tx, env.force, alert.account).await?.ok_or_else(|| not_found("account"))?;
        Ok(Facts { alert, account })
    }

    fn questions(&self, f: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.alert, accounts::entity(env.force, &f.account))]
    }

    fn rule(&self, f: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<PersonId>, Refusal> {
        let by = person(env)?;
        let took = (f.alert.acknowledged_at.unwrap_or(env.at()).0 - f.alert.raised_at.0) / SECOND;
        let mut entry = Entry::default().id("alert", f.alert.id).id("account", f.alert.account).code("seconds", took);
        if f.alert.acknowledged_by.is_some_and(|p| p != by) {
            entry = entry.code("answered", "before");
        }
        Ok(Step::to(by).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, by: &PersonId) -> Result<Done, DbError> {
        store::acknowledge(tx, env.force, self.alert, *by, env.at()).await?;
        Ok(Done::id(self.alert))
    }
}

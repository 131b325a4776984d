//! `desk.escalate_alert`: nobody answered, so the alarm goes to the next contact: on the pack's minute and not before
//! (APP-ROLE-3, APP-COMM-4).

use crate::accounts::{self, AccountRow};
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::desk::alarm;
use crate::desk::store::{self, AlertRow, NoticeRow};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::desk::alert::{Alert, Person, escalate};
use bluelamp_domain::ids::AlertId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalateAlert {
    pub alert: AlertId,
    /// The round that nobody answered.
    pub round: i64,
}

pub struct Facts {
    alert: AlertRow,
    account: AccountRow,
    people: Vec<Person>,
}

pub struct Change {
    alert: AlertRow,
    notices: Vec<NoticeRow>,
}

impl Act for EscalateAlert {
    const NAME: &'static str = "desk.escalate_alert";
    const SAYS: &'static str = "Pass an alarm on to the next contact.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let alert = store::alert(tx, env.force, self.alert).await?.ok_or_else(|| not_found("alert"))?;
        let account = accounts::store::account(tx, env.force, alert.account).await?.ok_or_else(|| not_found("account"))?;
        Ok(Facts { alert, account, people: store::reachable(tx, env.force).await? })
    }

    fn questions(&self, f: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, self.alert, accounts::entity(env.force, &f.account))]
    }

    fn rule(&self, f: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let a = &f.alert;
        if a.round != self.round {
            return Err(Refusal::new("passed-on", "this alarm was passed on already"));
        }
        let stands = Alert { contact: a.contact, next_at: a.next_at, acknowledged: a.acknowledged_at.is_some() };
        let (contact, next_at) = escalate(stands, env.at(), env.figures().alert_escalation_minutes())?;
        let alert = AlertRow { contact, next_at, round: a.round + 1, ..a.clone() };
        let (notices, jobs) = alarm::tell(env, &alert, &f.people, None);
        let entry = Entry::default()
            .id("alert", a.id)
            .id("account", a.account)
            .code("to", contact.name())
            .code("round", alert.round)
            .code("told", notices.len());
        let mut step = Step::to(Change { alert, notices }).entry(entry);
        step.jobs = jobs;
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        store::pass_on(tx, env.force, c.alert.id, c.alert.contact, c.alert.round, c.alert.next_at).await?;
        let notices: Vec<_> = c.notices.iter().map(|n| (c.alert.id, n.clone())).collect();
        store::insert_notices(tx, env.force, &notices, env.at()).await?;
        Ok(Done::id(c.alert.id))
    }
}

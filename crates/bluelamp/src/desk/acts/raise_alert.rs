//! `desk.raise_alert`: an alarm rings from now on, in the transaction of what it is about (APP-ROLE-3). One message
//! rings once: a second cause finds it ringing.

use crate::accounts::{self, AccountRow};
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::desk::alarm;
use crate::desk::store::{self, AlertRow, NoticeRow};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::desk::alert::{Contact, Kind, Person, next_at};
use bluelamp_domain::ids::{AccountId, DraftId, MessageId, PersonId};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RaiseAlert {
    pub account: AccountId,
    #[serde(default)]
    pub message: Option<MessageId>,
    /// The draft whose post did not go out.
    #[serde(default)]
    pub draft: Option<DraftId>,
    #[serde(default = "immediate")]
    pub kind: Kind,
}

fn immediate() -> Kind {
    Kind::Immediate
}

pub struct Facts {
    account: AccountRow,
    ringing: Option<AlertRow>,
    people: Vec<Person>,
    /// Who wrote what did not go out.
    author: Option<PersonId>,
}

pub struct Change {
    alert: AlertRow,
    notices: Vec<NoticeRow>,
    new: bool,
}

impl Act for RaiseAlert {
    const NAME: &'static str = "desk.raise_alert";
    const SAYS: &'static str = "Ring until a person answers.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let account = accounts::store::account(tx, env.force, self.account).await?.ok_or_else(|| not_found("account"))?;
        let mut author = None;
        let ringing = match (self.message, self.draft) {
            (Some(message), _) => {
                // A message of another account, or of another force, is not there.
                let of = crate::intake::store::message(tx, env.force, message).await?.filter(|m| m.account == self.account);
                of.ok_or_else(|| not_found("message"))?;
                store::ringing(tx, env.force, message).await?
            }
            (None, Some(draft)) => {
                let row = crate::publishing::store::draft(tx, env.force, draft).await?.ok_or_else(|| not_found("draft"))?;
                author = Some(row.draft.author);
                store::ringing_for(tx, env.force, draft).await?
            }
            (None, None) => store::open_alerts(tx, env.force, true, crate::db::Val::Ids(Vec::new()))
                .await?
                .into_iter()
                .find(|a| a.account == self.account && a.kind == self.kind && a.message.is_none() && a.draft.is_none()),
        };
        Ok(Facts { account, ringing, people: store::reachable(tx, env.force).await?, author })
    }

    fn questions(&self, f: &Facts, env: &Env<'_>) -> Vec<Question> {
        let subject = self.message.map(|m| m.0).or(self.draft.map(|d| d.0)).unwrap_or(self.account.0);
        vec![Question::new(Self::NAME, subject, accounts::entity(env.force, &f.account))]
    }

    fn rule(&self, f: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let about = |mut entry: Entry| {
            if let Some(message) = self.message {
                entry = entry.id("message", message);
            }
            if let Some(draft) = self.draft {
                entry = entry.id("draft", draft);
            }
            entry.id("account", self.account).code("kind", self.kind.name())
        };
        if let Some(alert) = &f.ringing {
            let entry = about(Entry::default().id("alert", alert.id)).code("rings", "already");
            return Ok(Step::to(Change { alert: alert.clone(), notices: Vec::new(), new: false }).entry(entry));
        }
        let alert = AlertRow {
            id: env.moment.id(),
            account: self.account,
            message: self.message,
            draft: self.draft,
            kind: self.kind,
            raised_at: env.at(),
            contact: Contact::OnDuty,
            round: 0,
            next_at: next_at(env.at(), env.figures().alert_escalation_minutes()),
            acknowledged_at: None,
            acknowledged_by: None,
        };
        let (notices, jobs) = alarm::tell(env, &alert, &f.people, f.author);
        let entry = about(Entry::default().id("alert", alert.id)).code("told", notices.len());
        let mut step = Step::to(Change { alert, notices, new: true }).entry(entry);
        step.jobs = jobs;
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        if c.new {
            store::insert_alert(tx, env.force, &c.alert, &env.principal.code()).await?;
            for notice in &c.notices {
                store::insert_notice(tx, env.force, c.alert.id, notice, env.at()).await?;
            }
        }
        Ok(Done::id(c.alert.id))
    }
}

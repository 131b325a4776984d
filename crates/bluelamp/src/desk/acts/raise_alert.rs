//! `desk.raise_alert`: an alarm rings from now on, in the transaction of what it is about (APP-ROLE-3). One message
//! rings once: a second cause finds it ringing.

use crate::accounts::{self, AccountRow};
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::desk::alarm;
use crate::desk::store::{self, AlertRow, NoticeRow};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::desk::alert::{Contact, Kind, Person, next_at};
use bluelamp_domain::ids::{AccountId, AlertId, DraftId, MessageId, PersonId};
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
    /// More messages of the account that ring, each by itself: those of one batch of intake.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<MessageId>,
    #[serde(default = "immediate")]
    pub kind: Kind,
    /// What a colleague said who raised it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

fn immediate() -> Kind {
    Kind::Immediate
}

pub struct Facts {
    account: AccountRow,
    /// What rings, each with the alarm that rings already.
    causes: Vec<(Option<MessageId>, Option<AlertRow>)>,
    people: Vec<Person>,
    /// Who wrote what did not go out.
    author: Option<PersonId>,
}

#[derive(Default)]
pub struct Change {
    /// The first alarm of all, new or ringing already.
    first: Option<AlertId>,
    alerts: Vec<AlertRow>,
    notices: Vec<(AlertId, NoticeRow)>,
}

impl RaiseAlert {
    fn messages(&self) -> Vec<MessageId> {
        self.message.iter().chain(&self.messages).copied().collect()
    }

    /// The draft that an alarm is about, where it is not about a message.
    fn draft_of(&self, message: Option<MessageId>) -> Option<DraftId> {
        self.draft.filter(|_| message.is_none())
    }

    fn alert(&self, message: Option<MessageId>, env: &Env<'_>) -> AlertRow {
        AlertRow {
            id: env.moment.id(),
            account: self.account,
            message,
            draft: self.draft_of(message),
            kind: self.kind,
            note: self.note.clone(),
            raised_at: env.at(),
            contact: Contact::OnDuty,
            round: 0,
            next_at: next_at(env.at(), env.figures().alert_escalation_minutes()),
            acknowledged_at: None,
            acknowledged_by: None,
        }
    }
}

impl Act for RaiseAlert {
    const NAME: &'static str = "desk.raise_alert";
    const SAYS: &'static str = "Ring until a person answers.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let account = accounts::store::account(tx, env.force, self.account).await?.ok_or_else(|| not_found("account"))?;
        let messages = self.messages();
        let mut author = None;
        let causes = match self.draft {
            _ if !messages.is_empty() => {
                // A message of another account, or of another force, is not there.
                let there = crate::intake::store::of_account(tx, env.force, self.account, &messages).await?;
                if messages.iter().any(|m| !there.contains(m)) {
                    return Err(not_found("message").into());
                }
                let ringing = store::ringing_of(tx, env.force, &messages).await?;
                messages.into_iter().map(|m| (Some(m), ringing.iter().find(|a| a.message == Some(m)).cloned())).collect()
            }
            Some(draft) => {
                let row = crate::publishing::store::draft(tx, env.force, draft).await?.ok_or_else(|| not_found("draft"))?;
                author = Some(row.draft.author);
                // What did not go out and what a colleague raises are two alarms.
                let ringing = store::ringing_for(tx, env.force, draft, self.kind).await?;
                vec![(None, ringing)]
            }
            None => {
                let same = |a: &AlertRow| a.account == self.account && a.kind == self.kind && a.message.is_none() && a.draft.is_none();
                let open = store::open_alerts(tx, env.force, true, crate::db::Val::Ids(Vec::new())).await?;
                vec![(None, open.into_iter().find(same))]
            }
        };
        Ok(Facts { account, causes, people: store::reachable(tx, env.force).await?, author })
    }

    fn questions(&self, f: &Facts, env: &Env<'_>) -> Vec<Question> {
        let message = self.messages().first().map(|m| m.0);
        let subject = message.or(self.draft.map(|d| d.0)).unwrap_or(self.account.0);
        vec![Question::new(Self::NAME, subject, accounts::entity(env.force, &f.account))]
    }

    fn rule(&self, f: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let mut change = Change::default();
        let (mut entries, mut jobs) = (Vec::new(), Vec::new());
        for (message, ringing) in &f.causes {
            // A second cause finds its message ringing, be it since this very batch.
            let same = |a: &&AlertRow| message.is_some() && a.message == *message;
            let ringing = ringing.as_ref().or_else(|| change.alerts.iter().find(same)).map(|a| a.id);
            let (alert, code, value) = match ringing {
                Some(alert) => (alert, "rings", "already".to_owned()),
                None => {
                    let alert = self.alert(*message, env);
                    let (notices, more) = alarm::tell(env, &alert, &f.people, f.author);
                    let (id, told) = (alert.id, notices.len());
                    change.notices.extend(notices.into_iter().map(|n| (id, n)));
                    change.alerts.push(alert);
                    jobs.extend(more);
                    (id, "told", told.to_string())
                }
            };
            change.first = change.first.or(Some(alert));
            let entry = Entry::default().id("alert", alert);
            let entry = message.iter().fold(entry, |e, m| e.id("message", *m));
            let entry = self.draft_of(*message).iter().fold(entry, |e, d| e.id("draft", *d));
            entries.push(entry.id("account", self.account).code("kind", self.kind.name()).code(code, value));
        }
        let mut entries = entries.into_iter();
        let mut step = Step::to(change).entry(entries.next().unwrap_or_default());
        step.also = entries.collect();
        step.jobs = jobs;
        Ok(step)
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        store::insert_alerts(tx, env.force, &c.alerts, &env.principal.code()).await?;
        store::insert_notices(tx, env.force, &c.notices, env.at()).await?;
        Ok(Done { id: c.first.map(|a| a.0), ..Done::default() })
    }
}

//! What can be done at the desk, a file an act; and what every act on a message has in common: the message with its
//! account, and the question that policy is asked of it.

pub mod acknowledge_alert;
pub mod assess;
pub mod claim;
pub mod close;
pub mod contact;
pub mod end_duty;
pub mod escalate;
pub mod escalate_alert;
pub mod list_organisation;
pub mod note;
pub mod raise_alert;
pub mod record_reply_sent;
pub mod refer;
pub mod release_claim;
pub mod reopen;
pub mod reply;
pub mod route;
pub mod start_duty;

use super::store;
use crate::accounts::{self, AccountRow};
use crate::act::{Env, Stop, not_found};
use crate::community;
use crate::db::{DbError, Tx};
use crate::intake;
use crate::intake::store::MessageRow;
use crate::publishing::outbox::{self, Replied};
use bluelamp_domain::act::{Entry, Refusal};
use bluelamp_domain::desk::claim::{self as claims, Claim};
use bluelamp_domain::desk::outcome::{Outcome, Record};
use bluelamp_domain::ids::*;
use bluelamp_domain::publishing::post;
use bluelamp_domain::question::{Entity, Question, Ref, Value};
use bluelamp_domain::triage::{Priority, Thrive};

/// A message as acts at the desk see it.
pub struct OnMessage {
    pub message: MessageRow,
    pub account: AccountRow,
    pub assessments: Vec<store::AssessmentRow>,
    pub referrals: Vec<store::ReferralRow>,
    pub replies: Vec<Replied>,
    /// A measure of moderation stands on it: on its way or done, and not taken back.
    pub moderated: bool,
    pub routing: Option<store::RoutingRow>,
}

/// Reads a message and what was done with it. What the principal may not see is not there (I2).
pub async fn on_message(tx: &mut Tx, env: &Env<'_>, id: MessageId) -> Result<OnMessage, Stop> {
    let message = intake::store::message(tx, env.force, id).await?.ok_or_else(|| not_found("message"))?;
    let routing = store::open_routing(tx, env.force, id).await?;
    let mine = routing.as_ref().is_some_and(|r| r.person.is_some() && r.person == env.person());
    if !(env.scope.sees(message.account) || (!message.area.is_empty() && env.scope.areas.contains(&message.area)) || mine) {
        return Err(not_found("message").into());
    }
    let account = accounts::store::account(tx, env.force, message.account).await?.ok_or_else(|| not_found("account"))?;
    Ok(OnMessage {
        assessments: store::assessments(tx, env.force, id).await?,
        referrals: store::referrals(tx, env.force, id).await?,
        replies: outbox::replies_to(tx, env.force, id).await?,
        moderated: community::store::measures_of(tx, env.force, id).await?.iter().any(|m| m.state.stands() && m.kind.undoes().is_none()),
        routing,
        message,
        account,
    })
}

impl OnMessage {
    pub fn claim(&self) -> Option<Claim> {
        let m = &self.message;
        m.claimed_by.zip(m.claimed_until).map(|(by, until)| Claim { by, until })
    }

    /// What stands of THRIVE: a person's newest assessment, unless a later revision asks for another.
    pub fn thrive(&self) -> Thrive {
        match (self.message.assessed_at, self.assessments.first()) {
            (Some(_), Some(a)) => a.thrive,
            _ => store::thrive_of(self.message.thrive),
        }
    }

    pub fn priority(&self) -> Priority {
        // A rank that is none of ours cannot be stored; read wrongly it is the highest.
        intake_priority(self.message.priority)
    }

    /// What was done with it so far, as its end is judged by.
    pub fn record(&self) -> Record {
        Record {
            closed: (self.message.state == "closed").then(|| self.message.outcome.as_deref().and_then(Outcome::parse)).flatten(),
            answered: self.message.answered_at.is_some(),
            sending: self.replies.iter().any(|r| matches!(r.state, post::State::Waiting | post::State::Unknown)),
            moderated: self.moderated,
            assessed: self.message.assessed_at.is_some(),
            deleted: self.message.deleted_at.is_some(),
            referrals: self.referrals.iter().map(|r| r.kind).collect(),
        }
    }

    /// The message as policy sees it.
    pub fn entity(&self, env: &Env<'_>) -> Entity {
        let m = &self.message;
        let holder = claims::holder(self.claim(), env.at());
        let me = env.person();
        Entity::new("Message", m.id)
            .with("force", Ref::new("Force", env.force))
            .with("account", Ref::new("Account", m.account))
            .with("area", m.area.as_str())
            .with("private", m.is_private())
            .with("priority", Value::word("Priority", self.priority().name()))
            .with("claimedByMe", holder.is_some() && holder == me)
            .with("claimedByOther", holder.is_some() && holder != me)
            .with("assessed", m.assessed_at.is_some())
            .with("thrive", Value::texts(self.thrive().iter().map(|d| d.name())))
            .with("addressedToMe", self.routing.as_ref().is_some_and(|r| r.person.is_some() && r.person == me))
    }

    pub fn question(&self, act: &'static str, env: &Env<'_>) -> Question {
        Question::new(act, self.message.id, self.entity(env)).also(accounts::entity(env.force, &self.account))
    }

    /// The entry's first ids: the message is the subject, the account says who may hear of it.
    pub fn entry(&self) -> Entry {
        Entry::default().id("message", self.message.id).id("account", self.message.account)
    }

    /// The message after a sign of life of whoever acts: their claim is renewed.
    pub fn alive(&self, env: &Env<'_>) -> MessageRow {
        let claim = claims::renewed(self.claim(), env.person(), env.at(), env.figures().claim_minutes());
        MessageRow { claimed_by: claim.map(|c| c.by), claimed_until: claim.map(|c| c.until), ..self.message.clone() }
    }

    pub fn closed(&self) -> bool {
        self.message.state == "closed"
    }
}

/// The priority of a stored rank.
pub fn intake_priority(rank: i64) -> Priority {
    bluelamp_domain::intake::priority(rank).unwrap_or(Priority::Immediate)
}

/// Writes what the desk made of a message.
pub async fn save(tx: &mut Tx, env: &Env<'_>, m: &MessageRow) -> Result<(), DbError> {
    intake::queue::store::update_desk(tx, env.force, m).await
}

/// An act that only a person does: the record names them.
pub fn person(env: &Env<'_>) -> Result<PersonId, Refusal> {
    env.person().ok_or_else(|| Refusal::new("a-person", "a person does this, not the system"))
}

//! The desk on both databases, with messages from a real rehearsal server.

mod alarms;
mod pages;
mod replies;
mod scope;
mod working;

use crate::act::{Ctx, Fault, Outcome};
use crate::desk::acts::assess::Assess;
use crate::desk::store;
use crate::intake::store::MessageRow;
use crate::intake::tests::{Bench, THREAT, benches, wrote};
use crate::testing::{does, refused};
use bluelamp_domain::desk::assess::{Answer, Decided};
use bluelamp_domain::ids::MessageId;
use bluelamp_domain::triage::{Dimension, Triage};

/// A message of this text has come in.
pub async fn came(b: &Bench, id: &str, kind: &str, text: &str) -> MessageRow {
    b.take(wrote(id, 1, kind, text).to_string()).await;
    let all = b.messages().await;
    all.into_iter().find(|m| m.remote_id.ends_with(id)).expect("the message is in the queue")
}

pub async fn again(b: &Bench, id: MessageId) -> MessageRow {
    crate::intake::store::message(&mut b.ctx().read().await.unwrap(), b.world.force, id).await.unwrap().unwrap()
}

/// The assessment that confirms what triage said.
pub fn confirming(m: &MessageRow) -> Assess {
    let answers = bluelamp_domain::desk::assess::prefilled(&m.triage);
    Assess { message: m.id, answers, decided: m.triage.priority.into(), reason: String::new() }
}

pub fn six(triage: &Triage, decided: Decided, message: MessageId, reason: &str) -> Assess {
    let answers = Dimension::ALL.into_iter().map(|dimension| Answer { dimension, yes: false, why: String::new() }).collect();
    let _ = triage;
    Assess { message, answers, decided, reason: reason.into() }
}

pub fn code(outcome: Result<Outcome, Fault>) -> String {
    match outcome {
        Ok(Outcome::Refused { code, .. }) => code,
        other => panic!("should have been refused, was {other:#?}"),
    }
}

pub async fn desk(b: &Bench) -> Ctx {
    b.world.ctx("desk").await
}

//! Another force's ids, and a colleague's area, are not there (I2, APP-ROLE-9).

use super::*;
use crate::desk::acts::{
    acknowledge_alert::AcknowledgeAlert, claim::ClaimMessage, close::Close, contact::Contact, escalate::Escalate, note::Note, refer::Refer,
    release_claim::ReleaseClaim, reopen::Reopen, reply::Reply, route::Route,
};
use crate::people::acts::invite::Invite;
use bluelamp_domain::desk::outcome::Outcome as End;
use bluelamp_domain::desk::referral::Kind;
use bluelamp_domain::people::Kind as PersonKind;

/// Someone who works every role at the desk of another force in the same database.
pub async fn stranger(b: &Bench) -> Ctx {
    let other = crate::setup::force(&b.world.app, "othershire", "Othershire Police", "Europe/London", "leicestershire").await.unwrap();
    let roles = ["desk", "desk-supervisor", "corporate-communications", "command"];
    let invite = Invite {
        name: "Person other".into(),
        email: "desk@othershire.example".into(),
        kind: PersonKind::Staff,
        level: 5,
        job_title: String::new(),
        areas: vec![],
        roles: roles.iter().map(|r| (*r).to_owned()).collect(),
    };
    let id = crate::setup::person(&b.world.app, other, "Europe/London", invite).await.unwrap();
    let session = Some(bluelamp_domain::ids::SessionId(uuid::Uuid::from_u128(9)));
    crate::http::session::context(&b.world.app, other, id, "Europe/London", session, None).await.unwrap().unwrap()
}

#[tokio::test]
async fn i2_every_act_on_another_forces_message_answers_that_there_is_none() {
    for b in benches().await {
        let m = came(&b, "m-1", "private", THREAT).await;
        let alert = store::ringing(&mut b.ctx().read().await.unwrap(), b.world.force, m.id).await.unwrap().unwrap().id;
        let them = stranger(&b).await;
        let text = || "hello".to_owned();
        let codes = [
            code(them.act(ClaimMessage { message: m.id }).await),
            code(them.act(ReleaseClaim { message: m.id }).await),
            code(them.act(confirming(&m)).await),
            code(them.act(Note { message: m.id, note: text() }).await),
            code(them.act(Refer { message: m.id, kind: Kind::Foi, reference: String::new(), note: text() }).await),
            code(them.act(Route { message: m.id, area: String::new(), person: None, note: text() }).await),
            code(them.act(Escalate { message: m.id, note: text() }).await),
            code(them.act(Close { message: m.id, outcome: End::Spam, note: text() }).await),
            code(them.act(Reopen { message: m.id, note: text() }).await),
            code(them.act(Reply { message: m.id, text: text(), private: true }).await),
            code(them.act(Contact { account: b.account, handle: "wren".into(), text: text() }).await),
            code(them.act(AcknowledgeAlert { alert }).await),
        ];
        assert!(codes.iter().all(|c| c == "not-found"), "{}: {codes:?}", b.world.database);
        assert_eq!(again(&b, m.id).await.priority, 0);
    }
}

#[tokio::test]
async fn a_person_of_another_force_is_nobody_to_pass_a_message_to() {
    for b in benches().await {
        let m = came(&b, "m-1", "comment", "is the road open again?").await;
        let them = stranger(&b).await.principal.person();
        let route = Route { message: m.id, area: String::new(), person: them, note: String::new() };
        assert_eq!(code(desk(&b).await.act(route).await), "not-found", "{}", b.world.database);
    }
}

//! Alarms: raised with what they are about, passed on at the pack's minute, silent once a person answered.

use super::*;
use crate::desk::acts::{acknowledge_alert::AcknowledgeAlert, raise_alert::RaiseAlert, start_duty::StartDuty};
use bluelamp_domain::desk::alert::{Contact, Kind};
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::time::MINUTE;
use std::collections::BTreeSet;

async fn told(b: &Bench, alert: bluelamp_domain::ids::AlertId, round: i64) -> BTreeSet<PersonId> {
    let notices = store::notices(&mut b.ctx().read().await.unwrap(), b.world.force, alert).await.unwrap();
    notices.into_iter().filter(|(_, r, ..)| *r == round).map(|(p, ..)| p).collect()
}

async fn on_duty(b: &Bench, names: &[&str]) {
    for name in names {
        does(&b.world.ctx(name).await, StartDuty {}).await;
    }
}

#[tokio::test]
async fn app_role_3_an_immediate_message_alarms_in_its_own_transaction_and_tells_those_on_duty() {
    for b in benches().await {
        on_duty(&b, &["desk", "command", "corporate-communications"]).await;
        let m = came(&b, "m-1", "private", THREAT).await;
        let mut tx = b.ctx().read().await.unwrap();
        let alert = store::ringing(&mut tx, b.world.force, m.id).await.unwrap().expect("it rings");
        assert_eq!((alert.raised_at, alert.kind, alert.account), (m.received_at, Kind::Immediate, b.account), "{}", b.world.database);
        let expected = ["desk", "command", "corporate-communications"].map(|p| b.world.id_of(p)).into();
        assert_eq!(told(&b, alert.id, 0).await, expected);
        // A second cause finds it ringing: one message, one alarm.
        drop(tx);
        does(&b.ctx(), RaiseAlert { account: b.account, message: Some(m.id), kind: Kind::Immediate }).await;
        let mut tx = b.ctx().read().await.unwrap();
        assert_eq!(store::alerts_of(&mut tx, b.world.force, m.id).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn app_role_3_unanswered_it_goes_to_the_next_contact_on_the_minute_and_not_before() {
    for b in benches().await {
        on_duty(&b, &["desk"]).await;
        let m = came(&b, "m-1", "private", THREAT).await;
        let alert = || async { store::ringing(&mut b.ctx().read().await.unwrap(), b.world.force, m.id).await.unwrap().unwrap() };
        let raised = alert().await;
        let chain = [
            (Contact::Supervisor, "desk-supervisor"),
            (Contact::Command, "command"),
            (Contact::CorporateCommunications, "corporate-communications"),
        ];
        for (n, (contact, who)) in chain.into_iter().enumerate() {
            let round = i64::try_from(n).unwrap() + 1;
            b.world.clock.set(raised.raised_at.plus(3 * MINUTE * round - 1));
            b.world.run_jobs().await;
            assert_eq!(alert().await.round, round - 1, "{}: not before its minute", b.world.database);
            b.world.clock.forward(1);
            b.world.run_jobs().await;
            let now = alert().await;
            assert_eq!((now.round, now.contact), (round, contact), "{}", b.world.database);
            assert_eq!(told(&b, raised.id, round).await, [b.world.id_of(who)].into());
        }
        for round in 4..7 {
            b.world.clock.set(raised.raised_at.plus(3 * MINUTE * round));
            b.world.run_jobs().await;
            assert_eq!((alert().await.round, alert().await.contact), (round, Contact::Everyone), "it rings on");
        }
    }
}

#[tokio::test]
async fn app_role_3_answered_it_stops_and_how_long_it_took_is_known() {
    for b in benches().await {
        on_duty(&b, &["desk"]).await;
        let m = came(&b, "m-1", "private", THREAT).await;
        let alert = store::ringing(&mut b.ctx().read().await.unwrap(), b.world.force, m.id).await.unwrap().unwrap();
        b.world.clock.forward(2 * MINUTE);
        assert_eq!(refused(b.world.ctx("publisher").await.act(AcknowledgeAlert { alert: alert.id }).await).len(), 1);
        does(&desk(&b).await, AcknowledgeAlert { alert: alert.id }).await;
        b.world.clock.forward(60 * MINUTE);
        b.world.run_jobs().await;
        let mut tx = b.ctx().read().await.unwrap();
        let after = store::alert(&mut tx, b.world.force, alert.id).await.unwrap().unwrap();
        assert_eq!((after.round, after.acknowledged_by), (0, Some(b.world.id_of("desk"))), "{}", b.world.database);
        let times = store::acknowledge_times(&mut tx, b.world.force, alert.raised_at, b.world.app.clock.now()).await.unwrap();
        assert_eq!(times, [2 * MINUTE]);
        drop(tx);
        // Who answers second changes nothing.
        does(&b.world.ctx("command").await, AcknowledgeAlert { alert: alert.id }).await;
        let after = store::alert(&mut b.ctx().read().await.unwrap(), b.world.force, alert.id).await.unwrap().unwrap();
        assert_eq!(after.acknowledged_by, Some(b.world.id_of("desk")));
    }
}

#[tokio::test]
async fn app_role_3_the_bar_shows_it_to_those_on_duty_until_someone_answers_and_holds_no_words_of_it() {
    for b in benches().await {
        on_duty(&b, &["desk"]).await;
        let m = came(&b, "m-1", "private", THREAT).await;
        let ctx = desk(&b).await;
        let bar = || async { crate::wiring::alerts(&ctx, &mut ctx.read().await.unwrap()).await.unwrap() };
        let shown = bar().await;
        assert_eq!(shown.len(), 1, "{}", b.world.database);
        assert_eq!(shown[0].href, format!("/desk/messages/{}", m.id));
        assert!(!shown[0].sentence.contains("knife") && shown[0].sentence.contains("Account main"), "{}", shown[0].sentence);
        let id = shown[0].id.parse().unwrap();
        does(&ctx, AcknowledgeAlert { alert: id }).await;
        assert!(bar().await.is_empty());
    }
}

#[tokio::test]
async fn a_person_does_not_raise_an_alarm_past_their_own_act() {
    for b in benches().await {
        let raise = RaiseAlert { account: b.account, message: None, kind: Kind::Gap };
        assert_eq!(refused(desk(&b).await.act(raise).await), ["no-rule-gives-this"], "{}", b.world.database);
    }
}

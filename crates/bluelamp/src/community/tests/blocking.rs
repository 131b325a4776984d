//! Blocking: the last resort (LEICS-BLOCK-1), and never by software (I3).

use super::*;
use crate::community::acts::unblock::Unblock;
use crate::intake::store::MessageRow;
use bluelamp_domain::act::Actor;

fn block(message: MessageId) -> Block {
    Block {
        message,
        ground: "threat-abuse-hate".into(),
        reason: "the third threat after two warnings".into(),
        no_engagement: String::new(),
    }
}

fn advice(message: MessageId) -> Advise {
    Advise { message, favours: true, says: "nothing milder is left".into() }
}

/// Their message counts as answered.
async fn answered(b: &Bench, id: MessageId) {
    let mut tx = b.world.app.db.write(b.world.force, crate::db::Isolation::Serializable).await.unwrap();
    let m = intake::message(&mut tx, b.world.force, id).await.unwrap().unwrap();
    let m = MessageRow { answered_at: Some(b.world.app.clock.now()), ..m };
    queue::store::update_desk(&mut tx, b.world.force, &m).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn leics_block_1_a_block_needs_engagement_advice_a_ground_and_evidence() {
    for b in benches().await {
        let (supervisor, team) = (b.world.ctx("desk-supervisor").await, b.world.ctx("digital-media-team").await);
        let (_, id) = comment(&b, "I will find you all").await;
        let groundless = Block { ground: String::new(), ..block(id) };
        let rules = refused(supervisor.act(groundless).await);
        let all = ["APP-POL-6.ground", "APP-ROLE-5.standard", "LEICS-BLOCK-1.advice", "LEICS-BLOCK-1.engage"];
        assert_eq!(rules, all, "every reason at once");
        assert_eq!(refused(supervisor.act(block(id)).await), ["LEICS-BLOCK-1.advice", "LEICS-BLOCK-1.engage"]);
        // The desk asks for advice and does not give it.
        assert_eq!(refused(supervisor.act(advice(id)).await), ["no-rule-gives-this"]);
        does(&team, advice(id)).await;
        assert_eq!(refused(supervisor.act(block(id)).await), ["LEICS-BLOCK-1.engage"]);
        answered(&b, id).await;
        assert_eq!(refused(supervisor.act(Block { reason: " ".into(), ..block(id) }).await), ["say-why"]);
        let taken = takes(&supervisor, block(id)).await;
        assert!(!b.server.is_blocked("main", "u-heron"));
        b.world.run_jobs().await;
        assert!(b.server.is_blocked("main", "u-heron"), "{}", b.world.database);
        let m = measure(&b, taken).await;
        assert_eq!((m.state, m.engaged_with), (State::Done, Some(id)));
        assert!(m.evidence.is_some() && m.advice.is_some());

        takes(&supervisor, Unblock { message: id, reason: "they apologised".into() }).await;
        b.world.run_jobs().await;
        assert!(!b.server.is_blocked("main", "u-heron"));
        assert_eq!(measure(&b, taken).await.state, State::Undone);
        // One word of advice, one block.
        assert_eq!(refused(supervisor.act(block(id)).await), ["LEICS-BLOCK-1.advice"]);
    }
}

#[tokio::test]
async fn leics_block_1_a_stated_reason_stands_in_for_engagement() {
    for b in benches().await {
        let team = b.world.ctx("digital-media-team").await;
        let (_, id) = comment(&b, "I will find you all").await;
        does(&team, advice(id)).await;
        let taken = takes(&team, Block { no_engagement: "they threaten to kill; an answer would feed it".into(), ..block(id) }).await;
        assert_eq!(measure(&b, taken).await.no_engagement, "they threaten to kill; an answer would feed it");
    }
}

#[tokio::test]
async fn i3_software_blocks_nobody() {
    for b in benches().await {
        let (_, id) = comment(&b, "I will find you all").await;
        does(&b.world.ctx("digital-media-team").await, advice(id)).await;
        answered(&b, id).await;
        for actor in [Actor::Intake, Actor::Scheduler, Actor::Retention, Actor::Sequencer, Actor::Operator] {
            for act in ["community.block", "community.hide", "community.delete"] {
                let input = serde_json::json!({ "message": id, "ground": "spam", "reason": "a threat" });
                let rules = refused(b.world.system(actor).act_named(act, input, None).await);
                assert!(rules.contains(&"no-rule-gives-this".to_owned()), "{actor:?} {act}: {rules:?}");
            }
        }
        b.world.run_jobs().await;
        assert!(!b.server.is_blocked("main", "u-heron"));
    }
}

#[tokio::test]
async fn a_desk_officer_asks_for_a_block_and_does_not_take_it() {
    for b in benches().await {
        let (_, id) = comment(&b, "I will find you all").await;
        does(&b.world.ctx("digital-media-team").await, advice(id)).await;
        answered(&b, id).await;
        assert_eq!(refused(b.world.ctx("desk").await.act(block(id)).await), ["no-rule-gives-this"]);
    }
}

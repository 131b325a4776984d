//! Replies and measures of the desk: answered once, reported, blocked, and what the platform cannot do refused.

use super::*;
use crate::community::acts::{advise::Advise, block::Block, hide::Hide, report::Report, unblock::Unblock};
use crate::desk::acts::reply::Reply;
use crate::testing::refused;
use bluelamp_domain::ids::MessageId;

async fn answered(b: &Bench, id: MessageId) {
    until("the answer is out", || async {
        let mut tx = b.living.system().read().await.unwrap();
        intake::message(&mut tx, b.living.world.force, id).await.unwrap().unwrap().answered_at.is_some()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_answered_and_a_private_one_in_private() {
    for b in benches().await {
        let desk = b.living.world.ctx("desk").await;
        let asked = b.said("wren@elsewhere.example", "when does the front counter open?");
        let (m, _) = b.arrives(&asked).await;
        does(&desk, Reply { message: m.id, text: "Good morning. It opens at nine.".into(), private: false }).await;
        answered(&b, m.id).await;
        assert_eq!(b.server.standing(), ["@wren@elsewhere.example Good morning. It opens at nine."]);
        let asked = b.server.say("heron@elsewhere.example", &format!("@{FORCE} is this private?"), "direct", None);
        let (m, _) = b.arrives(&asked).await;
        does(&desk, Reply { message: m.id, text: "Good morning. It is.".into(), private: true }).await;
        answered(&b, m.id).await;
        let ours = b.server.answers_to(&asked);
        assert_eq!(ours.iter().map(|id| b.server.visibility_of(id).unwrap()).collect::<Vec<_>>(), ["direct"]);
        b.living.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leics_mod_2_a_message_is_reported_its_author_blocked_and_let_in_again() {
    for b in benches().await {
        let (desk, team) = (b.living.world.ctx("desk").await, b.living.world.ctx("digital-media-team").await);
        let abuse = b.said("heron@elsewhere.example", "I will find you all");
        let (m, _) = b.arrives(&abuse).await;
        let hide = Hide { message: m.id, ground: "spam".into(), reason: String::new() };
        assert_eq!(refused(desk.act(hide).await), ["LEICS-MOD-2.cannot"], "nobody hides another's post on this platform");
        let report = Report { message: m.id, ground: "threat-abuse-hate".into(), reason: "it names officers".into() };
        does(&desk, report).await;
        until("it is reported", || async { b.server.reports().len() == 1 }).await;
        let report = b.server.reports().remove(0);
        assert_eq!((report["category"].as_str(), report["forward"].as_bool()), (Some("legal"), Some(true)), "{report}");
        assert_eq!(report["status_ids"][0].as_str(), Some(abuse.as_str()));

        does(&team, Advise { message: m.id, favours: true, says: "nothing milder is left".into() }).await;
        let block = Block {
            message: m.id,
            ground: "threat-abuse-hate".into(),
            reason: "a threat to officers".into(),
            no_engagement: "an answer would feed it".into(),
        };
        let blocked = does(&team, block).await;
        b.living.measured(blocked.id).await;
        let author = report["account_id"].as_str().unwrap().to_owned();
        assert!(b.server.is_blocked(&author), "{}", b.living.world.database);
        does(&team, Unblock { message: m.id, reason: "they apologised".into() }).await;
        until("they are let in", || async { !b.server.is_blocked(&author) }).await;
        b.living.end().await;
    }
}

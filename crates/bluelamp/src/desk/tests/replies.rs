//! Replies: checked like a post, sent once, their fate known before anything is tried again; and whom nobody writes to.

use super::*;
use crate::desk::acts::{close::Close, contact::Contact, list_organisation::ListOrganisation, reply::Reply};
use crate::intake::worker::poll;
use crate::testing::held;
use bluelamp_domain::desk::outcome::Outcome as End;
use bluelamp_domain::desk::reply::State;
use bluelamp_domain::time::SECOND;
use bluelamp_platforms::rehearsal::server::Saying;
use bluelamp_platforms::rehearsal::wire::Where;

/// Somebody of the rehearsal public writes, and it has come in.
async fn written(b: &Bench, kind: Where, text: &str) -> MessageRow {
    b.server.say(&Saying { to: "main".into(), kind, text: text.into(), language: None, parent: None, by: None }).unwrap().unwrap();
    poll(&b.ctx(), b.account, "this node").await.unwrap();
    crate::intake::process::account(&b.ctx(), b.account).await.unwrap();
    b.messages().await.into_iter().find(|m| m.text == text).expect("it came in")
}

async fn replies(b: &Bench, m: &MessageRow) -> Vec<store::ReplyRow> {
    store::replies(&mut b.ctx().read().await.unwrap(), b.world.force, m.id).await.unwrap()
}

#[tokio::test]
async fn a_reply_goes_out_once_and_the_message_waits_for_them() {
    for b in benches().await {
        let m = written(&b, Where::Mention, "when does the front counter open?").await;
        let ctx = desk(&b).await;
        does(&ctx, Reply { message: m.id, text: "Good morning. It opens at nine.".into(), private: false }).await;
        assert_eq!(code(ctx.act(Close { message: m.id, outcome: End::Spam, note: String::new() }).await), "reply-under-way");
        b.world.run_jobs().await;
        b.world.run_jobs().await;
        let sent = replies(&b, &m).await;
        assert_eq!((sent.len(), sent[0].state), (1, State::Sent), "{}: {sent:?}", b.world.database);
        assert!(sent[0].remote_id.is_some());
        let now = again(&b, m.id).await;
        assert_eq!((now.state.as_str(), now.answered_at.is_some()), ("waiting", true));
        does(&ctx, Close { message: m.id, outcome: End::Answered, note: String::new() }).await;
        assert_eq!(b.entries("desk.record_reply_sent").await, 1);
    }
}

#[tokio::test]
async fn a_reply_whose_first_attempt_nobody_knows_of_is_asked_for_before_it_is_sent() {
    for b in benches().await {
        let m = written(&b, Where::Mention, "when does the front counter open?").await;
        let ctx = desk(&b).await;
        let id = does(&ctx, Reply { message: m.id, text: "It opens at nine.".into(), private: false }).await.id.unwrap();
        // The program fell over after the wire and before the answer: the attempt has begun and has no end.
        let begin = || async {
            let mut tx = b.world.app.db.write(b.world.force, crate::db::Isolation::ReadCommitted).await.unwrap();
            store::begin_attempt(&mut tx, b.world.force, id, 1, b.world.app.clock.now()).await.unwrap();
            tx.commit().await.unwrap();
        };
        begin().await;
        b.world.run_jobs().await;
        let sent = replies(&b, &m).await;
        assert_eq!(sent[0].state, State::Sent, "{}: {sent:?}", b.world.database);
        let (nth, came) = store::last_attempt(&mut b.ctx().read().await.unwrap(), b.world.force, id).await.unwrap().unwrap();
        assert_eq!((nth, came.as_deref()), (2, Some("done")), "asked, not there, and then sent");
    }
}

#[tokio::test]
async fn a_reply_that_cannot_go_alarms_instead_of_fading() {
    for b in benches().await {
        let m = written(&b, Where::Mention, "when does the front counter open?").await;
        let ctx = desk(&b).await;
        does(&ctx, Reply { message: m.id, text: "It opens at nine.".into(), private: false }).await;
        let corporate = b.world.ctx("corporate-communications").await;
        does(&corporate, crate::accounts::acts::freeze::Freeze { account: b.account, reason: "taken over".into() }).await;
        b.world.run_jobs().await;
        assert_eq!(replies(&b, &m).await[0].state, State::Failed, "{}", b.world.database);
        let alert = store::ringing(&mut b.ctx().read().await.unwrap(), b.world.force, m.id).await.unwrap().expect("it rings");
        assert_eq!(alert.kind, bluelamp_domain::desk::alert::Kind::ReplyFailed);
    }
}

#[tokio::test]
async fn a_public_reply_that_names_a_number_waits_for_a_supervisor_and_other_words_ask_again() {
    for b in benches().await {
        let m = written(&b, Where::Mention, "who do I ring about my bike?").await;
        let ctx = desk(&b).await;
        let act = Reply { message: m.id, text: "Ring the owner on 07700 900123 please".into(), private: false };
        let (id, rules) = held(ctx.act(act.clone()).await);
        assert_eq!(rules, ["APP-POL-13.reply-in-public"], "{}", b.world.database);
        assert!(replies(&b, &m).await.is_empty());
        does(&b.world.ctx("desk-supervisor").await, crate::held::release::Release { held: id, note: String::new() }).await;
        assert_eq!(replies(&b, &m).await.len(), 1);
        held(ctx.act(Reply { text: "Ring the owner on 07700 900124 please".into(), ..act }).await);
        assert_eq!(code(ctx.act(Reply { message: m.id, text: "x".repeat(5_000), private: false }).await), "too-long");
        assert_eq!(code(ctx.act(Reply { message: m.id, text: " ".into(), private: false }).await), "say-it");
        b.world.clock.forward(SECOND);
    }
}

#[tokio::test]
async fn app_comm_10_nobody_is_written_to_who_was_not_in_touch_on_this_channel() {
    for b in benches().await {
        let m = written(&b, Where::Private, "I saw what happened on the bridge").await;
        let them = crate::intake::queue::store::correspondent(&mut b.ctx().read().await.unwrap(), b.world.force, m.correspondent)
            .await
            .unwrap()
            .unwrap();
        let ctx = desk(&b).await;
        let to = |handle: &str| Contact { account: b.account, handle: handle.into(), text: "May we ask you more?".into() };
        assert!(refused(ctx.act(to("somebody-else")).await).contains(&"APP-COMM-10.first-contact".to_owned()), "{}", b.world.database);
        // One earlier message by them on this channel counts; the force's own pack still wants a supervisor's word.
        let (_, rules) = held(ctx.act(to(&them.handle)).await);
        assert_eq!(rules, ["LEICS-IM-5.one-to-one"]);
        // Contact on another account is another channel.
        let corporate = b.world.ctx("corporate-communications").await;
        let north = bluelamp_domain::ids::AccountId(does(&corporate, crate::intake::tests::register("north")).await.id.unwrap());
        crate::intake::tests::connect(&corporate, &b.server, north, "north").await;
        let elsewhere = Contact { account: north, ..to(&them.handle) };
        assert!(refused(ctx.act(elsewhere).await).contains(&"APP-COMM-10.first-contact".to_owned()));
        // An organisation of the list is not caught; who keeps the list is a rule of its own.
        let list =
            ListOrganisation { platform: "rehearsal".into(), handle: "@Council".into(), title: "The borough council".into(), listed: true };
        assert_eq!(refused(ctx.act(list.clone()).await), ["no-rule-gives-this"]);
        does(&corporate, list.clone()).await;
        does(&ctx, to("council")).await;
        does(&corporate, ListOrganisation { listed: false, ..list }).await;
        assert!(refused(ctx.act(to("council")).await).contains(&"APP-COMM-10.first-contact".to_owned()));
    }
}

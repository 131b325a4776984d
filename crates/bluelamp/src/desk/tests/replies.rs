//! Replies: checked like a post, sent once, their fate known before anything is tried again; and whom nobody writes to.

use super::*;
use crate::desk::acts::{claim::ClaimMessage, close::Close, contact::Contact, list_organisation::ListOrganisation, reply::Reply};
use crate::intake::worker::poll;
use crate::publishing::DraftInput;
use crate::publishing::acts::{create_draft::CreateDraft, publish::Publish};
use crate::publishing::outbox::{self, Replied};
use crate::publishing::store as publishing;
use crate::testing::held;
use bluelamp_domain::desk::outcome::Outcome as End;
use bluelamp_domain::ids::{DraftId, PostId};
use bluelamp_domain::publishing::post::State;
use bluelamp_domain::time::{HOUR, MINUTE, SECOND};
use bluelamp_platforms::rehearsal::server::Fault;
use bluelamp_platforms::rehearsal::server::Saying;
use bluelamp_platforms::rehearsal::wire::Where;

/// Somebody of the rehearsal public writes, and it has come in.
async fn written(b: &Bench, kind: Where, text: &str) -> MessageRow {
    b.server.say(&Saying { to: "main".into(), kind, text: text.into(), language: None, parent: None, by: None }).unwrap().unwrap();
    poll(&b.ctx(), b.account, "this node").await.unwrap();
    crate::intake::process::account(&b.ctx(), b.account).await.unwrap();
    b.messages().await.into_iter().find(|m| m.text == text).expect("it came in")
}

async fn replies(b: &Bench, m: &MessageRow) -> Vec<Replied> {
    outbox::replies_to(&mut b.ctx().read().await.unwrap(), b.world.force, m.id).await.unwrap()
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
        assert_eq!((sent.len(), sent[0].state), (1, State::Live), "{}: {sent:?}", b.world.database);
        assert!(sent[0].remote_id.is_some());
        let now = again(&b, m.id).await;
        assert_eq!((now.state.as_str(), now.answered_at.is_some()), ("waiting", true));
        does(&ctx, Close { message: m.id, outcome: End::Answered, note: String::new() }).await;
        assert_eq!(b.entries("desk.record_reply_sent").await, 1);
        b.world.clock.forward(5 * SECOND);
        b.world.run_jobs().await;
        let post = post_of(&b, sent[0].post).await;
        assert_eq!(post.read_back.as_deref(), Some("same"), "a reply is read back like a post");
    }
}

async fn post_of(b: &Bench, id: PostId) -> publishing::PostRow {
    publishing::post(&mut b.ctx().read().await.unwrap(), b.world.force, id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_reply_is_taken_down_and_proved_gone_and_never_published_again() {
    for b in benches().await {
        let m = written(&b, Where::Mention, "when does the front counter open?").await;
        does(&desk(&b).await, Reply { message: m.id, text: "It opens at five.".into(), private: false }).await;
        b.world.run_jobs().await;
        let draft = replies(&b, &m).await[0].draft;
        let down = crate::publishing::acts::take_down::TakeDown { draft, reason: "the wrong hour".into() };
        assert_eq!(refused(desk(&b).await.act(down.clone()).await), ["no-rule-gives-this"], "the desk asks a supervisor");
        let supervisor = b.world.ctx("desk-supervisor").await;
        does(&supervisor, down).await;
        b.world.run_jobs().await;
        assert_eq!(replies(&b, &m).await[0].state, State::Gone, "{}", b.world.database);
        let corporate = b.world.ctx("corporate-communications").await;
        let again = crate::publishing::acts::publish::Publish { draft, revision: 1 };
        assert!(matches!(corporate.act(again).await.unwrap(), Outcome::Refused { .. }), "{}", b.world.database);
        assert_eq!(replies(&b, &m).await[0].state, State::Gone);
    }
}

#[tokio::test]
async fn a_reply_whose_answer_came_after_the_timeout_is_found_and_not_sent_twice() {
    for b in benches().await {
        let m = written(&b, Where::Mention, "when does the front counter open?").await;
        b.server.fault(Fault::LateSuccess, 5);
        does(&desk(&b).await, Reply { message: m.id, text: "It opens at nine sharp.".into(), private: false }).await;
        b.world.run_jobs().await;
        assert_eq!(replies(&b, &m).await[0].state, State::Unknown, "{}", b.world.database);
        assert_eq!(again(&b, m.id).await.answered_at, None, "nobody knows yet, so nobody says it");
        b.server.fault(Fault::LateSuccess, 0);
        for _ in 0..3 {
            b.world.clock.forward(10 * SECOND);
            b.world.run_jobs().await;
        }
        let sent = replies(&b, &m).await;
        assert_eq!((sent.len(), sent[0].state), (1, State::Live), "{}", b.world.database);
        let last = publishing::last_attempt(&mut b.ctx().read().await.unwrap(), b.world.force, sent[0].post).await.unwrap().unwrap();
        assert_eq!(last.nth, 1, "one call, and then questions");
        assert!(again(&b, m.id).await.answered_at.is_some());
    }
}

#[tokio::test]
async fn a_reply_that_could_not_go_in_time_says_so_instead_of_going_late() {
    for b in benches().await {
        let m = written(&b, Where::Mention, "are you there?").await;
        does(&desk(&b).await, Reply { message: m.id, text: "We are.".into(), private: false }).await;
        b.server.fault(Fault::Limited, 1_000);
        b.world.run_jobs().await;
        assert_eq!(replies(&b, &m).await[0].state, State::Waiting, "{}", b.world.database);
        b.server.fault(Fault::Limited, 0);
        b.world.clock.forward(HOUR);
        b.world.run_jobs().await;
        assert_eq!(replies(&b, &m).await[0].state, State::Expired, "{}", b.world.database);
        let alert = store::ringing(&mut b.ctx().read().await.unwrap(), b.world.force, m.id).await.unwrap().expect("it rings");
        assert_eq!(alert.kind, bluelamp_domain::desk::alert::Kind::ReplyFailed);
    }
}

#[tokio::test]
async fn a_reply_whose_first_attempt_nobody_knows_of_is_asked_for_before_it_is_sent() {
    for b in benches().await {
        let m = written(&b, Where::Mention, "when does the front counter open?").await;
        let ctx = desk(&b).await;
        does(&ctx, Reply { message: m.id, text: "It opens at nine.".into(), private: false }).await;
        let post = replies(&b, &m).await[0].post;
        // The program fell over after the wire and before the answer: the attempt has begun and has no end.
        let mut tx = b.world.app.db.write(b.world.force, crate::db::Isolation::ReadCommitted).await.unwrap();
        publishing::begin_attempt(&mut tx, b.world.force, post, 1, b.world.app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        b.world.run_jobs().await;
        assert_eq!(replies(&b, &m).await[0].state, State::Waiting, "the call may still run");
        b.world.clock.forward(3 * MINUTE);
        b.world.run_jobs().await;
        let sent = replies(&b, &m).await;
        assert_eq!(sent[0].state, State::Live, "{}: {sent:?}", b.world.database);
        let last = publishing::last_attempt(&mut b.ctx().read().await.unwrap(), b.world.force, post).await.unwrap().unwrap();
        assert_eq!((last.nth, last.came.as_deref()), (2, Some("live")), "asked, not there, and then sent");
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
        assert_eq!(replies(&b, &m).await[0].state, State::Rejected, "{}", b.world.database);
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

#[tokio::test]
async fn app_comm_10_a_post_or_reply_mentions_nobody_who_was_not_in_touch_on_this_channel() {
    for b in benches().await {
        let m = written(&b, Where::Comment, "Thank you to the officer who came").await;
        let mut tx = b.ctx().read().await.unwrap();
        let them = crate::intake::queue::store::correspondent(&mut tx, b.world.force, m.correspondent).await.unwrap().unwrap();
        drop(tx);
        let corporate = b.world.ctx("corporate-communications").await;
        let publish = async |text: &str| {
            let content = DraftInput {
                purpose: "tactical-operational".into(),
                text: text.into(),
                accounts: vec![b.account],
                ..DraftInput::default()
            };
            let draft = DraftId(does(&corporate, CreateDraft { content }).await.id.unwrap());
            corporate.act(Publish { draft, revision: 1 }).await
        };
        let rules = refused(publish("Did you see this, @somebody.else? Tell us.").await);
        assert_eq!(rules, ["APP-COMM-10.mention"], "{}", b.world.database);
        // Who has been in touch on this channel may be named, and so may the force's own accounts; an address is no mention.
        let own = format!("Thank you @{}, and see @{} or write to desk@force.example.", them.handle.to_uppercase(), "main");
        let mentions_a_stranger = |outcome: Result<Outcome, crate::act::Fault>| match outcome.unwrap() {
            Outcome::Done(_) => false,
            Outcome::Held { reasons, .. } | Outcome::Refused { reasons, .. } => reasons.iter().any(|r| r.rule == "APP-COMM-10.mention"),
        };
        assert!(!mentions_a_stranger(publish(&own).await), "{}", b.world.database);
        // A stranger is not drawn into an answer to somebody else either, until they are an organisation of the list.
        let ctx = desk(&b).await;
        does(&ctx, ClaimMessage { message: m.id }).await;
        let answer = || Reply { message: m.id, text: "Thank you. @Council can tell you more.".into(), private: false };
        assert_eq!(refused(ctx.act(answer()).await), ["APP-COMM-10.mention-in-reply"], "{}", b.world.database);
        let list = ListOrganisation { platform: "rehearsal".into(), handle: "council".into(), title: "The council".into(), listed: true };
        does(&corporate, list).await;
        does(&ctx, answer()).await;
        assert!(!mentions_a_stranger(publish("The road is closed; @council has the diversion.").await));
    }
}

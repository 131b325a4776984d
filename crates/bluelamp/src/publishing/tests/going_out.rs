//! Out at its time, once, and gone when it is taken down.

use super::*;
use crate::publishing::acts::take_down::TakeDown;
use crate::publishing::jobs;
use crate::testing::{done, refused};
use bluelamp_domain::time::{HOUR, SECOND};
use bluelamp_platforms::rehearsal::server::Fault;

#[tokio::test]
async fn a_post_goes_out_is_read_back_taken_down_and_proved_gone() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let mut words = b.words("The A6 is closed at the bridge. Please go round.");
        words.accounts.push(b.north);
        let draft = b.create(&ctx, words).await;
        done(Ok(b.publish(&ctx, draft).await));
        b.world.run_jobs().await;
        assert_eq!(b.states(draft).await, ("live".into(), vec!["live", "live"]), "{}", b.world.database);
        b.after(5 * SECOND).await;
        for p in b.posts(draft).await {
            assert_eq!(p.read_back.as_deref(), Some("same"));
            assert!(b.on_platform(&p).await && !p.url.is_empty());
        }
        done(ctx.act(TakeDown { draft, reason: "The road is open again".into() }).await);
        assert_eq!(b.states(draft).await.0, "taking-down");
        b.world.run_jobs().await;
        assert_eq!(b.states(draft).await, ("taken-down".into(), vec!["gone", "gone"]));
        for p in b.posts(draft).await {
            assert!(!b.on_platform(&p).await && p.gone_at.is_some());
        }
        assert_eq!(b.entries("publishing.record_taken_down", "done").await, 2);
    }
}

#[tokio::test]
async fn leics_use_4_a_take_down_needs_a_reason_reaches_everywhere_and_keeps_the_record() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let mut words = b.words("We are looking into a break-in on Market Street.");
        words.accounts.push(b.north);
        let draft = b.create(&ctx, words).await;
        done(Ok(b.publish(&ctx, draft).await));
        b.world.run_jobs().await;
        let rules = refused(ctx.act(TakeDown { draft, reason: "  ".into() }).await);
        assert!(rules.contains(&"LEICS-USE-4.reason".to_owned()), "{rules:?}");
        done(ctx.act(TakeDown { draft, reason: "Proceedings have begun".into() }).await);
        b.world.run_jobs().await;
        let mut tx = ctx.read().await.unwrap();
        let kept = store::takedowns(&mut tx, ctx.force, draft).await.unwrap();
        assert_eq!((kept.len(), kept[0].reason.as_str(), kept[0].proved_at.is_some()), (1, "Proceedings have begun", true));
        assert!(b.draft(draft).await.draft.content.text.contains("Market Street"), "the record keeps the words");
        assert_eq!(b.posts(draft).await.len(), 2);
    }
}

#[tokio::test]
async fn a_thread_goes_out_part_by_part_and_comes_down_whole() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let draft = b.create(&ctx, b.words("One.\n---\nTwo.\n---\nThree.")).await;
        done(Ok(b.publish(&ctx, draft).await));
        b.world.run_jobs().await;
        let posts = b.posts(draft).await;
        assert_eq!(posts.iter().map(|p| (p.part, p.text.as_str())).collect::<Vec<_>>(), [(1, "One."), (2, "Two."), (3, "Three.")]);
        assert_eq!(b.states(draft).await, ("live".into(), vec!["live"; 3]));
        done(ctx.act(TakeDown { draft, reason: "Out of date".into() }).await);
        b.world.run_jobs().await;
        assert_eq!(b.states(draft).await, ("taken-down".into(), vec!["gone"; 3]));
    }
}

#[tokio::test]
async fn a_success_after_the_timeout_is_found_and_nothing_is_sent_twice() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let draft = b.create(&ctx, b.words("Snow on the tops tonight.")).await;
        b.server.fault(Fault::LateSuccess, 5);
        done(Ok(b.publish(&ctx, draft).await));
        b.world.run_jobs().await;
        b.server.fault(Fault::LateSuccess, 0);
        b.after(5 * SECOND).await;
        b.after(10 * SECOND).await;
        assert_eq!(b.states(draft).await, ("live".into(), vec!["live"]), "{}", b.world.database);
        assert_eq!(on_the_wall(&b, "Snow on the tops tonight.").await, 1);
    }
}

#[tokio::test]
async fn killed_between_the_call_and_its_answer_it_asks_and_does_not_send_again() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let draft = b.create(&ctx, b.words("Lost dog found safe.")).await;
        done(Ok(b.publish(&ctx, draft).await));
        // The send is decided; the delivery is done by hand, as far as the moment before its answer is written down.
        let scheduler = b.world.system(bluelamp_domain::act::Actor::Scheduler);
        done(scheduler.act(crate::publishing::acts::send::Send { draft, revision: 1 }).await);
        let post = b.posts(draft).await.remove(0);
        let mut tx = b.world.app.db.write(b.world.force, crate::db::Isolation::ReadCommitted).await.unwrap();
        store::begin_attempt(&mut tx, b.world.force, post.id, 1, b.world.app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let line = crate::accounts::connection::line_of(&scheduler, post.account).await.unwrap_or_else(|e| panic!("{e}"));
        let item = bluelamp_platforms::Outgoing {
            text: post.text.clone(),
            language: "en".into(),
            images: vec![],
            reply_to: None,
            created_at: post.decided_at.0,
            key: post.key.to_string(),
        };
        let receipt = line.connector.publish(&*line.net, &line.connection, &item).await;
        assert!(matches!(receipt, bluelamp_platforms::Outcome::Done(_)));
        // What comes back to life runs the job: first nothing, because the call may still run; then it asks.
        b.world.run_jobs().await;
        assert_eq!(b.states(draft).await.1, ["waiting"]);
        b.after(3 * MINUTE).await;
        assert_eq!(b.states(draft).await, ("live".into(), vec!["live"]), "{}", b.world.database);
        assert_eq!(on_the_wall(&b, "Lost dog found safe.").await, 1);
        let mut tx = scheduler.read().await.unwrap();
        assert_eq!(store::last_attempt(&mut tx, b.world.force, post.id).await.unwrap().unwrap().nth, 1, "no second call was begun");
    }
}

#[tokio::test]
async fn a_post_that_missed_its_time_expires_and_says_so() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let draft = b.create(&ctx, b.words("Come and meet us at noon.")).await;
        let at = b.world.app.clock.now().plus(HOUR);
        done(Ok(b.schedule(&ctx, draft, at).await));
        // The program was down over its time and longer than the pack's minutes.
        b.after(HOUR + 31 * MINUTE).await;
        let row = b.draft(draft).await;
        assert_eq!((row.draft.state.name(), row.why.contains("never sent late")), ("expired", true), "{}", b.world.database);
        assert!(b.posts(draft).await.is_empty());
        assert_eq!(b.entries("publishing.expire", "done").await, 1);
        b.after(HOUR).await;
        assert_eq!(on_the_wall(&b, "Come and meet us at noon.").await, 0);
    }
}

#[tokio::test]
async fn a_platform_that_is_down_too_long_lets_the_post_expire_and_never_sends_it_late() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let draft = b.create(&ctx, b.words("Police surgery this afternoon.")).await;
        b.server.fault(Fault::RevokedKey, 1_000);
        b.server.fault(Fault::ExpiredToken, 1);
        done(Ok(b.publish(&ctx, draft).await));
        b.world.run_jobs().await;
        b.after(31 * MINUTE).await;
        b.after(5 * MINUTE).await;
        let (state, posts) = b.states(draft).await;
        assert_eq!((state.as_str(), posts), ("failed", vec!["expired"]), "{}", b.world.database);
        let mut tx = ctx.read().await.unwrap();
        let account = crate::accounts::store::account(&mut tx, ctx.force, b.main).await.unwrap().unwrap();
        assert_eq!(account.connection_state.as_deref(), Some("needs-person"), "somebody must connect it again");
        b.server.fault(Fault::RevokedKey, 0);
        b.after(HOUR).await;
        assert_eq!(b.states(draft).await.0, "failed");
    }
}

#[tokio::test]
async fn it_is_decided_again_when_its_time_comes() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let draft = b.create(&ctx, b.words("Join our open day.")).await;
        done(Ok(b.schedule(&ctx, draft, b.world.app.clock.now().plus(HOUR)).await));
        // The account is frozen meanwhile: it may not be used any more.
        does(&ctx, crate::accounts::acts::freeze::Freeze { account: b.main, reason: "Under review".into() }).await;
        b.after(HOUR).await;
        let row = b.draft(draft).await;
        assert_eq!(row.draft.state.name(), "expired", "{}", b.world.database);
        assert!(row.why.contains("frozen"), "{}", row.why);
        assert_eq!(b.posts(draft).await.len(), 0);
    }
}

#[tokio::test]
async fn what_a_leaver_scheduled_does_not_go_out_in_their_name() {
    for mut b in benches().await {
        b.world.person("leaver", &["corporate-communications"], &[]).await;
        let leaver = b.world.ctx("leaver").await;
        let draft = b.create(&leaver, b.words("See you on Saturday.")).await;
        done(Ok(b.schedule(&leaver, draft, b.world.app.clock.now().plus(HOUR)).await));
        let admin = b.world.ctx("administrator").await;
        does(&admin, crate::people::acts::leave::Leave { person: b.world.id_of("leaver"), suspended: false }).await;
        b.after(HOUR).await;
        let row = b.draft(draft).await;
        assert_eq!((row.draft.state.name(), row.why.contains("left")), ("expired", true), "{}: {}", b.world.database, row.why);
    }
}

#[tokio::test]
async fn what_leaves_while_it_is_taken_down_is_taken_down_too() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let draft = b.create(&ctx, b.words("Wrong words.")).await;
        done(Ok(b.publish(&ctx, draft).await));
        let scheduler = b.world.system(bluelamp_domain::act::Actor::Scheduler);
        done(scheduler.act(crate::publishing::acts::send::Send { draft, revision: 1 }).await);
        let post = b.posts(draft).await.remove(0);
        done(ctx.act(TakeDown { draft, reason: "A mistake".into() }).await);
        assert_eq!(b.states(draft).await, ("taken-down".into(), vec!["cancelled"]));
        // A call that was under way all the same answers now.
        let line = crate::accounts::connection::line_of(&scheduler, post.account).await.unwrap_or_else(|e| panic!("{e}"));
        let item = bluelamp_platforms::Outgoing {
            text: post.text.clone(),
            language: "en".into(),
            images: vec![],
            reply_to: None,
            created_at: 0,
            key: post.key.to_string(),
        };
        let bluelamp_platforms::Outcome::Done(r) = line.connector.publish(&*line.net, &line.connection, &item).await else {
            panic!("published")
        };
        let sent = crate::publishing::acts::record_sent::RecordSent {
            post: post.id,
            came: bluelamp_domain::publishing::post::Came::Live,
            remote_id: Some(r.remote_id),
            url: r.url,
            extra: r.extra,
            why: String::new(),
        };
        done(scheduler.act(sent).await);
        b.world.run_jobs().await;
        assert_eq!(b.states(draft).await, ("taken-down".into(), vec!["gone"]), "{}", b.world.database);
        assert_eq!(on_the_wall(&b, "Wrong words.").await, 0);
    }
}

/// How many posts with these words the public can see.
async fn on_the_wall(b: &Bench, words: &str) -> usize {
    b.server.standing("main").into_iter().filter(|t| t == words).count()
}

#[tokio::test]
async fn a_job_that_names_nothing_is_given_up() {
    let b = bench(crate::testing::lite().await).await;
    let job = crate::db::doors::Claimed {
        force: b.world.force,
        id: JobId(uuid::Uuid::nil()),
        kind: "publishing.deliver".into(),
        key: "k".into(),
        input: serde_json::json!({}),
        attempts: 1,
        fence: 1,
        not_before: NOON,
    };
    let scheduler = b.world.system(bluelamp_domain::act::Actor::Scheduler);
    for run in [jobs::deliver, jobs::send, jobs::read_back, jobs::take_down] {
        assert!(matches!(run(scheduler.clone(), job.clone()).await, Ok(crate::jobs::Ran::GiveUp { .. })));
    }
}

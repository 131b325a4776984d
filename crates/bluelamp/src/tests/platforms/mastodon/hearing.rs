//! What is said arrives at once, once, and whole; what breaks is said, and made good.

use super::*;
use bluelamp_domain::time::MINUTE;

const THREAT: &str = "he's outside my door with a knife and says he will kill me, please hurry";
/// What a person would call at once; the machine is busy with other tests.
const AT_ONCE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_threat_is_on_the_desk_at_once_by_the_stream_and_rings() {
    for b in benches().await {
        let remote = b.said("wren@elsewhere.example", THREAT);
        let (m, took) = b.arrives(&remote).await;
        assert!(took < AT_ONCE, "{took:?} on {}", b.living.world.database);
        assert_eq!((m.priority, m.text.contains("knife")), (0, true));
        assert_eq!(b.living.ringing(b.account).await, ["immediate"]);
        // The poll that follows finds the same, and nothing becomes two.
        b.living.pass(MINUTE);
        until("it is polled", || async { b.living.cursor(b.account).await.is_some_and(|c| c.good_at > Some(m.received_at)) }).await;
        assert_eq!(b.living.messages().await.len(), 1);
        b.living.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_a_private_mention_an_edit_and_a_deletion_arrive_as_what_they_are() {
    for b in benches().await {
        let draft = b.living.draft(b.account, "The A6 is closed at the bridge.", None).await;
        b.living.publish(draft).await;
        let post = b.living.all_are(draft, "live").await.remove(0).remote_id.unwrap();
        let reply = b.server.say("wren@elsewhere.example", &format!("@{FORCE} until when?"), "public", Some(&post));
        let (m, _) = b.arrives(&reply).await;
        assert_eq!((m.kind.as_str(), m.parent.as_deref()), ("comment", Some(post.as_str())));
        let private = b.server.say("heron@elsewhere.example", &format!("@{FORCE} just between us"), "direct", None);
        let (private, _) = b.arrives(&private).await;
        assert_eq!(private.kind, "private");

        b.server.edit(&reply, &format!("@{FORCE} until when? I will burn it all down"));
        let edited =
            eventually("the edit arrives", || async { b.living.message(b.account, &reply).await.filter(|m| m.edited_at.is_some()) }).await;
        assert!(edited.text.contains("burn") && edited.priority <= m.priority, "{edited:#?}");
        b.server.remove(&reply);
        let gone =
            eventually("the deletion arrives", || async { b.living.message(b.account, &reply).await.filter(|m| m.deleted_at.is_some()) })
                .await;
        let told: Vec<_> = b.living.revisions(&gone).await.iter().map(|r| (r.nth, r.deleted)).collect();
        assert_eq!(told, [(1, false), (2, false), (3, true)], "{}", b.living.world.database);
        assert!(gone.text.contains("burn"), "our record stays");
        // A deletion's event has no time: it is when we heard of it.
        assert!(gone.deleted_at > Some(gone.received_at), "{:?}", gone.deleted_at);
        b.living.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i9_what_people_say_to_others_and_who_likes_what_is_not_kept() {
    let b = bench(crate::testing::lite().await).await;
    // Somebody whom the account may follow says something to nobody of ours, changes it and takes it away.
    let theirs = b.server.say("wren@elsewhere.example", "a word among friends", "public", None);
    b.server.edit(&theirs, "another word among friends");
    b.server.remove(&theirs);
    let ours = b.said("heron@elsewhere.example", "good evening");
    b.arrives(&ours).await;
    let mut tx = b.living.system().read().await.unwrap();
    let rows = tx.rows(crate::sql!("SELECT body FROM intake_raw WHERE force = $1"), crate::vals![b.living.world.force]).await.unwrap();
    let bodies: Vec<String> = rows.iter().map(|r| String::from_utf8(r.get::<Vec<u8>>("body").unwrap()).unwrap()).collect();
    assert!(!bodies.is_empty() && bodies.iter().all(|body| body.contains("good evening")), "{bodies:?}");
    drop(tx);
    b.living.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_dies_is_opened_again_and_what_was_said_meanwhile_is_fetched_once() {
    for b in benches().await {
        b.server.cut_streams(true);
        until("the stream is gone", || async { b.server.listeners() == 0 }).await;
        let missed: Vec<String> = (0..3).map(|n| b.said("wren@elsewhere.example", &format!("said in the dark {n}"))).collect();
        b.server.cut_streams(false);
        for remote in &missed {
            b.arrives(remote).await;
        }
        until("the stream opens again", || async { b.server.listeners() > 0 }).await;
        let live = b.said("wren@elsewhere.example", "and there is light");
        b.arrives(&live).await;
        assert_eq!(b.living.messages().await.len(), 4, "{}", b.living.world.database);
        // So short a silence is no gap.
        assert!(b.living.completeness(b.account).await.since.is_some());
        b.living.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_down_makes_a_gap_that_is_said_rings_and_is_filled() {
    for b in benches().await {
        let before = b.living.completeness(b.account).await.since.unwrap();
        b.server.fault(503, u32::MAX);
        b.server.cut_streams(true);
        b.living.pass(11 * MINUTE);
        until("the gap is said", || async { b.living.completeness(b.account).await.gap_from.is_some() }).await;
        let gap = b.living.completeness(b.account).await.gap_from.unwrap();
        assert!(gap >= before);
        assert_eq!(b.living.ringing(b.account).await, ["gap"]);
        let missed = b.said("wren@elsewhere.example", "is anybody there?");
        b.server.fault(503, 0);
        b.server.cut_streams(false);
        // The pauses after failures grow; minutes pass until one of them is over.
        for _ in 0..20 {
            b.living.pass(2 * MINUTE);
            tokio::time::sleep(Duration::from_millis(500)).await;
            if b.living.message(b.account, &missed).await.is_some() {
                break;
            }
        }
        b.arrives(&missed).await;
        until("the gap is filled", || async { b.living.completeness(b.account).await.gap_from.is_none() }).await;
        let now = b.living.completeness(b.account).await;
        assert!(now.spans.iter().any(|s| s.kind == "filled"), "{}: {:?}", b.living.world.database, now.spans);
        assert_eq!(now.since, Some(gap), "complete from before the gap on");
        assert_eq!(b.living.messages().await.len(), 1);
        b.living.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_asks_to_wait_is_left_alone_until_its_time() {
    let b = bench(crate::testing::lite().await).await;
    b.server.fault(429, 1);
    let limited = eventually("the limit is noted", || async {
        b.living.cursor(b.account).await.filter(|c| c.trouble.as_deref() == Some("the platform asks to wait"))
    })
    .await;
    assert!(limited.next_at.0 > machine_micros() + 30_000_000, "a minute by the server's own word: {limited:?}");
    let asked = b.server.asked("GET", "/api/v1/notifications");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(b.server.asked("GET", "/api/v1/notifications"), asked, "nothing is asked before its time: {limited:?}");
    b.living.pass(2 * MINUTE);
    until("it is asked again", || async { b.server.asked("GET", "/api/v1/notifications") > asked }).await;
    b.living.end().await;
}

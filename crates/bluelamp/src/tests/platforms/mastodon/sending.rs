//! What goes out goes out once, as it was written, is read back, and is gone when it is taken down.

use super::*;
use crate::publishing::acts::take_down::TakeDown;
use bluelamp_domain::time::{MINUTE, SECOND};
use bluelamp_platforms::{Outcome as Answer, Seen};

async fn shown(b: &Bench, remote: &str) -> Seen {
    let line = crate::accounts::connection::line_of(&b.living.system(), b.account).await.unwrap_or_else(|e| panic!("{e}"));
    match line.connector.read_back(&*line.net, &line.connection, remote).await {
        Answer::Done(seen) => seen,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_with_its_description_goes_out_is_read_back_and_proved_gone() {
    for b in benches().await {
        let draft = b.living.draft(b.account, "The A6 is closed at the bridge. Please go round.", Some("An empty road at dusk")).await;
        b.living.publish_agreed(draft).await;
        let post = b.living.all_are(draft, "live").await.remove(0);
        let remote = post.remote_id.clone().unwrap();
        assert_eq!(b.server.descriptions(&remote), ["An empty road at dusk"]);
        until("it is read back", || async { b.living.posts(draft).await[0].read_back.as_deref() == Some("same") }).await;
        does(&b.living.comms().await, TakeDown { draft, reason: "The road is open again".into() }).await;
        let gone = b.living.all_are(draft, "gone").await.remove(0);
        assert!(gone.gone_at.is_some(), "{}", b.living.world.database);
        assert!(b.server.standing().is_empty());
        assert_eq!(shown(&b, &remote).await, Seen::Gone);
        b.living.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_hangs_together() {
    for b in benches().await {
        let draft = b.living.draft(b.account, "One.\n---\nTwo.\n---\nThree.", None).await;
        b.living.publish(draft).await;
        let parts = eventually("three parts", || async {
            let posts = b.living.posts(draft).await;
            (posts.len() == 3 && posts.iter().all(|p| p.state.name() == "live")).then_some(posts)
        })
        .await;
        let ids: Vec<String> = parts.iter().map(|p| p.remote_id.clone().unwrap()).collect();
        assert_eq!(b.server.parent_of(&ids[0]), None);
        assert_eq!(b.server.parent_of(&ids[1]).as_ref(), Some(&ids[0]));
        assert_eq!(b.server.parent_of(&ids[2]).as_ref(), Some(&ids[1]), "{}", b.living.world.database);
        b.living.end().await;
    }
}

/// The call arrives, is done, and its answer never comes: it is looked for, found, and not made again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_whose_answer_is_lost_is_asked_about_and_not_made_twice() {
    for b in benches().await {
        let draft = b.living.draft(b.account, "Snow on the tops tonight.", None).await;
        b.server.fault_on("POST", "/api/v1/statuses", 1, 1);
        b.living.publish(draft).await;
        b.living.all_are(draft, "unknown").await;
        b.living.pass(10 * SECOND);
        b.living.all_are(draft, "live").await;
        assert_eq!(b.server.asked("POST", "/api/v1/statuses"), 1, "{}", b.living.world.database);
        assert_eq!(b.server.standing(), ["Snow on the tops tonight."]);
        b.living.end().await;
    }
}

/// The call is swallowed: it is looked for, not found, and made again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_that_was_swallowed_is_asked_about_before_it_is_made_again() {
    for b in benches().await {
        let draft = b.living.draft(b.account, "Lost dog found safe.", None).await;
        b.server.fault_on("POST", "/api/v1/statuses", 0, 1);
        b.living.publish(draft).await;
        b.living.all_are(draft, "unknown").await;
        let looked = b.server.asked("GET", "/api/v1/accounts/");
        b.living.pass(10 * SECOND);
        b.living.all_are(draft, "live").await;
        assert!(b.server.asked("GET", "/api/v1/accounts/") > looked, "asked before it was tried again");
        assert_eq!((b.server.asked("POST", "/api/v1/statuses"), b.server.standing().len()), (2, 1), "{}", b.living.world.database);
        b.living.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_waits_as_long_as_the_server_asks_and_then_goes() {
    for b in benches().await {
        let draft = b.living.draft(b.account, "Police surgery this afternoon.", None).await;
        b.server.fault_on("POST", "/api/v1/statuses", 429, 1);
        b.living.publish(draft).await;
        until("the limit is said", || async { b.living.posts(draft).await.first().is_some_and(|p| p.why.contains("asks to wait")) }).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(b.server.asked("POST", "/api/v1/statuses"), 1, "not before its time");
        b.living.pass(2 * MINUTE);
        b.living.all_are(draft, "live").await;
        assert_eq!(b.server.asked("POST", "/api/v1/statuses"), 2, "{}", b.living.world.database);
        b.living.end().await;
    }
}

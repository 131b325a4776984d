//! Polls, gaps and media, against the rehearsal server and its faults.

use super::*;
use crate::intake::worker::{Polled, poll};
use bluelamp_domain::time::{Instant, MINUTE};
use bluelamp_platforms::rehearsal::server::{Fault, Saying};
use bluelamp_platforms::rehearsal::wire::Where;

fn say(b: &Bench, kind: Where, text: &str) {
    let saying = Saying { to: "main".into(), kind, text: text.into(), language: None, parent: None, by: None };
    b.server.say(&saying).unwrap().unwrap();
}

async fn polled(b: &Bench) -> Polled {
    poll(&b.ctx(), b.account, "this node").await.unwrap()
}

async fn complete(b: &Bench) -> crate::intake::queue::Completeness {
    let mut tx = b.ctx().read().await.unwrap();
    queue::completeness(&mut tx, b.world.force, b.account).await.unwrap()
}

async fn standing(b: &Bench) -> String {
    let mut tx = b.ctx().read().await.unwrap();
    crate::accounts::store::connection(&mut tx, b.world.force, b.account).await.unwrap().unwrap().state
}

#[tokio::test]
async fn a_poll_brings_what_was_said_once() {
    for b in benches().await {
        say(&b, Where::Private, THREAT);
        assert_eq!(polled(&b).await, Polled::Kept(1));
        assert_eq!(b.one().await.priority, 0);
        assert_eq!(polled(&b).await, Polled::Kept(0));
        say(&b, Where::Mention, "good evening");
        assert_eq!(polled(&b).await, Polled::Kept(1));
        assert_eq!(b.messages().await.len(), 2);
    }
}

#[tokio::test]
async fn one_node_reads_an_account_at_a_time() {
    for b in benches().await {
        assert_eq!(polled(&b).await, Polled::Kept(0));
        assert_eq!(poll(&b.ctx(), b.account, "another node").await.unwrap(), Polled::NotOurs);
        b.world.clock.forward(2 * MINUTE);
        assert_eq!(poll(&b.ctx(), b.account, "another node").await.unwrap(), Polled::Kept(0));
        assert_eq!(polled(&b).await, Polled::NotOurs);
    }
}

#[tokio::test]
async fn the_worker_reads_by_itself_and_gives_its_lease_back() {
    for b in benches().await {
        say(&b, Where::Private, THREAT);
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let worker = tokio::spawn(crate::intake::worker::run(b.world.app.clone(), stopped));
        let deadline = std::time::Duration::from_secs(20);
        let arrived = async {
            while b.messages().await.is_empty() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(deadline, arrived).await.expect("what was said arrives");
        stop.send(true).unwrap();
        tokio::time::timeout(deadline, worker).await.expect("the worker stops").unwrap();
        assert_eq!(poll(&b.ctx(), b.account, "another node").await.unwrap(), Polled::Kept(0));
    }
}

#[tokio::test]
async fn completeness_is_stated_a_gap_opens_and_is_filled() {
    for b in benches().await {
        polled(&b).await;
        let from = complete(&b).await.since.expect("complete since the first poll");
        assert!(from <= b.world.app.clock.now());
        b.world.clock.forward(MINUTE);
        polled(&b).await;
        let heard = complete(&b).await.heard_at.unwrap();
        // Eleven minutes in which the platform answers nothing that can be read.
        b.world.clock.forward(11 * MINUTE);
        b.server.fault(Fault::Html, 1);
        assert!(matches!(polled(&b).await, Polled::Failed(_)));
        let now = complete(&b).await;
        assert_eq!((now.since, now.gap_from), (None, Some(heard)));
        assert_eq!(b.entries("intake.open_gap").await, 1);
        say(&b, Where::Comment, "said in the gap");
        b.world.clock.forward(MINUTE);
        assert_eq!(polled(&b).await, Polled::Kept(1));
        let now = complete(&b).await;
        assert_eq!((now.since, now.gap_from), (Some(heard), None));
        assert!(now.spans.iter().any(|s| s.kind == "filled"));
        assert_eq!(b.one().await.text, "said in the gap");
    }
}

#[tokio::test]
async fn a_platform_that_fails_is_said_to_fail_and_to_work_again() {
    for b in benches().await {
        polled(&b).await;
        for _ in 0..3 {
            b.server.fault(Fault::Html, 1);
            assert!(matches!(polled(&b).await, Polled::Failed(_)));
        }
        assert_eq!(standing(&b).await, "failing");
        assert_eq!(polled(&b).await, Polled::Kept(0));
        assert_eq!(standing(&b).await, "working");
    }
}

#[tokio::test]
async fn an_expired_token_is_renewed_without_a_person_and_a_revoked_key_needs_one() {
    for b in benches().await {
        b.server.fault(Fault::ExpiredToken, 1);
        assert!(matches!(polled(&b).await, Polled::Failed(_)));
        say(&b, Where::Comment, "hello");
        assert_eq!(polled(&b).await, Polled::Kept(1));
        assert_eq!(standing(&b).await, "working");
        b.server.fault(Fault::RevokedKey, 10);
        b.server.fault(Fault::ExpiredToken, 1);
        assert!(matches!(polled(&b).await, Polled::Failed(_)));
        assert_eq!(standing(&b).await, "needs-person");
    }
}

#[tokio::test]
async fn a_token_is_renewed_by_its_job_before_it_ends() {
    for b in benches().await {
        let version = async || {
            let mut tx = b.ctx().read().await.unwrap();
            crate::accounts::store::connection(&mut tx, b.world.force, b.account).await.unwrap().unwrap().version
        };
        assert_eq!(version().await, 1);
        // The rehearsal's tokens last 12 hours by its own clock, which stands still.
        b.world.clock.forward(10 * 60 * MINUTE);
        crate::jobs::round(&b.world.app).await.unwrap();
        assert_eq!(version().await, 2);
    }
}

#[tokio::test]
async fn a_limit_is_kept_to() {
    for b in benches().await {
        b.server.fault(Fault::Limited, 1);
        assert!(matches!(polled(&b).await, Polled::Failed(_)));
        let mut tx = b.ctx().read().await.unwrap();
        let next = store::cursor(&mut tx, b.world.force, b.account).await.unwrap().unwrap().next_at;
        assert!(next >= Instant(NOON.0 + 30_000_000), "{next:?}");
    }
}

#[tokio::test]
async fn i6_a_pictures_original_is_evidence_and_what_is_shown_is_a_copy() {
    for b in benches().await {
        let mut event = wrote("m1", 1, "comment", "look");
        event["message"]["media"] = json!([
            { "url": format!("{}/v1/media/street.png", b.server.base_url), "mime": "image/png" },
            { "url": format!("{}/v1/media/none.png", b.server.base_url), "mime": "image/png" },
            { "url": "https://elsewhere.example/p.png", "mime": "image/png", "alt": "a street" },
        ]);
        b.take(event.to_string()).await;
        b.world.run_jobs().await;
        let m = b.one().await;
        let mut tx = b.ctx().read().await.unwrap();
        let media = store::media_of(&mut tx, b.world.force, m.id).await.unwrap();
        assert_eq!(media.iter().map(|x| x.state.as_str()).collect::<Vec<_>>(), ["kept", "missing", "missing"], "{media:?}");
        // Neither of the others can be had: that is said, and is no reason to lose the message.
        assert!(media[1..].iter().all(|x| !x.why.is_empty()));
        assert_eq!(media[2].alt.as_deref(), Some("a street"));
        let (original, copy) = (media[0].object.clone().unwrap(), media[0].copy.clone().unwrap());
        let bytes = b.world.app.blobs.get(b.world.force, &original).await.unwrap();
        assert_eq!(crate::app::digest(&bytes), original);
        assert_ne!(original, copy);
        assert!(b.world.app.blobs.get(b.world.force, &copy).await.unwrap().starts_with(b"\x89PNG"));
        drop(tx);
        let mut tx = b.world.app.db.write(b.world.force, crate::db::Isolation::ReadCommitted).await.unwrap();
        let changed = tx
            .run(crate::sql!("UPDATE media SET object = NULL WHERE force = $1 AND object IS NOT NULL"), crate::vals![b.world.force])
            .await;
        assert!(changed.is_err(), "I11: what is kept is never changed");
    }
}

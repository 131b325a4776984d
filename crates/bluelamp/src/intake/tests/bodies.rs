//! Bodies into messages: triage, dedupe, revisions, quarantine, and what people type.

use super::*;
use crate::app::digest;
use crate::intake::acts::resolve_quarantine::{Resolution, ResolveQuarantine};
use bluelamp_domain::time::{HOUR, MINUTE};
use bluelamp_domain::triage::Priority;

#[tokio::test]
async fn leics_triage_1_every_message_is_triaged_on_arrival_with_the_words_that_decided() {
    for b in benches().await {
        b.take(wrote("m1", 1, "private", THREAT).to_string()).await;
        b.take(wrote("m2", 1, "comment", "lovely to see you at the market today").to_string()).await;
        let all = b.messages().await;
        assert_eq!(all.iter().map(|m| m.remote_id.as_str()).collect::<Vec<_>>(), ["m1", "m2"], "immediate first");
        let m = &all[0];
        assert_eq!((m.priority, m.due_at, m.triage.priority), (0, m.received_at, Priority::Immediate));
        let words: Vec<&str> = m.triage.signals.iter().flat_map(|s| &s.spans).map(|s| &m.text[s.start..s.end]).collect();
        assert!(words.iter().any(|w| w.contains("knife") || w.contains("kill")), "{words:?}");
        assert!(m.thrive & 1 == 1, "threat");
        assert_eq!(all[1].priority, 3);
        assert_eq!(all[1].due_at, all[1].received_at.plus(4320 * MINUTE));
        assert_eq!(b.entries("intake.receive").await, 2);
        assert_eq!(b.counts().await, Counts { immediate: 1, routine: 1, ..Counts::default() });
    }
}

#[tokio::test]
async fn app_role_3_an_immediate_message_and_a_quarantined_one_ring_in_the_transaction_that_stores_them() {
    for b in benches().await {
        b.take(wrote("m1", 1, "comment", "lovely day").to_string()).await;
        assert_eq!(b.entries("desk.raise_alert").await, 0);
        b.take(wrote("m2", 1, "private", THREAT).to_string()).await;
        assert_eq!(b.entries("desk.raise_alert").await, 1);
        b.take(edited("m1", 2, THREAT, "2026-11-21T11:59:10Z").to_string()).await;
        assert_eq!(b.entries("desk.raise_alert").await, 2);
        b.take("not json").await;
        assert_eq!(b.entries("desk.raise_alert").await, 3);
    }
}

#[tokio::test]
async fn what_was_received_is_not_received_twice() {
    for b in benches().await {
        let first = wrote("m1", 1, "comment", "hello");
        b.take(first.to_string()).await;
        b.take(first.to_string()).await;
        // The same item under another event, as a poll brings what a webhook brought.
        b.take(wrote("m1", 1, "comment", "hello").to_string()).await;
        let m = b.one().await;
        assert_eq!((m.revisions, b.revisions(&m).await.len()), (1, 1));
    }
}

#[tokio::test]
async fn twice_at_once_is_once() {
    for b in benches().await {
        for n in 0..20 {
            b.keep(wrote(&format!("m{}", n % 10), 1, "comment", "hello there").to_string()).await;
        }
        let ctx = b.ctx();
        let (one, two) = tokio::join!(process::account(&ctx, b.account), process::account(&ctx, b.account));
        one.unwrap();
        two.unwrap();
        assert_eq!(b.messages().await.len(), 10);
        assert_eq!(b.counts().await.quarantine, 0);
    }
}

#[tokio::test]
async fn i3_an_edit_raises_and_never_calms() {
    for b in benches().await {
        b.take(wrote("m1", 1, "comment", "evening all").to_string()).await;
        b.take(edited("m1", 2, THREAT, "2026-11-21T11:59:10Z").to_string()).await;
        let m = b.one().await;
        assert_eq!((m.priority, m.revisions, m.text.as_str()), (0, 2, THREAT));
        b.take(edited("m1", 3, "never mind, all fine", "2026-11-21T11:59:20Z").to_string()).await;
        let m = b.one().await;
        assert_eq!((m.priority, m.revisions, m.text.as_str()), (0, 3, "never mind, all fine"));
        assert_eq!(m.due_at, m.received_at);
        let kept = b.revisions(&m).await;
        assert_eq!(kept.iter().map(|r| r.text.as_str()).collect::<Vec<_>>(), ["evening all", THREAT, "never mind, all fine"]);
        // What was said of each revision stands with it.
        assert_eq!(kept[1].triage.priority, Priority::Immediate);
        assert!(kept[2].triage.priority < Priority::Immediate);
    }
}

#[tokio::test]
async fn an_edit_that_comes_before_its_message_waits_for_it() {
    for b in benches().await {
        b.take(edited("m1", 2, "second thoughts", "2026-11-21T11:59:10Z").to_string()).await;
        assert!(b.messages().await.is_empty());
        b.world.clock.forward(6_000_000);
        b.take(wrote("m1", 1, "comment", "first thoughts").to_string()).await;
        let m = b.one().await;
        assert_eq!((m.text.as_str(), m.revisions), ("second thoughts", 2));
    }
}

#[tokio::test]
async fn an_edit_of_what_never_came_is_for_a_person() {
    for b in benches().await {
        b.take(edited("m1", 2, "second thoughts", "2026-11-21T11:59:10Z").to_string()).await;
        b.world.clock.forward(11 * MINUTE);
        process::sweep(&b.world.app).await.unwrap();
        assert_eq!(b.counts().await.quarantine, 1);
        assert_eq!(b.entries("intake.quarantine").await, 1);
    }
}

#[tokio::test]
async fn a_deletion_is_seen_and_our_record_stays() {
    for b in benches().await {
        b.take(wrote("m1", 1, "comment", THREAT).to_string()).await;
        b.take(deleted("m1").to_string()).await;
        b.take(deleted("m1").to_string()).await;
        let m = b.one().await;
        assert!(m.deleted_at.is_some());
        assert_eq!((m.text.as_str(), m.priority, m.revisions), (THREAT, 0, 2));
        // Deleting what never came changes nothing, after it had its time to come.
        b.take(deleted("m9").to_string()).await;
        b.world.clock.forward(HOUR);
        process::sweep(&b.world.app).await.unwrap();
        assert_eq!(b.counts().await.quarantine, 0);
    }
}

#[tokio::test]
async fn i5_what_was_kept_when_the_program_died_goes_first_when_it_starts() {
    for b in benches().await {
        // A crash between the commit of the body and anything after it leaves exactly this.
        b.keep(wrote("m1", 1, "private", THREAT).to_string()).await;
        assert!(b.messages().await.is_empty());
        assert_eq!(process::sweep(&b.world.app).await.unwrap(), 1);
        assert_eq!(b.one().await.priority, 0);
        assert_eq!(process::sweep(&b.world.app).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn what_cannot_be_read_goes_to_quarantine_and_the_rest_is_received() {
    for b in benches().await {
        b.keep("not json").await;
        b.keep(json!({ "seq": 1, "account": "a-main", "at": "yesterday", "type": "message.created" }).to_string()).await;
        b.keep(wrote("m1", 1, "comment", "hello").to_string()).await;
        b.keep(b"\xff\xfe\x00").await;
        process::account(&b.ctx(), b.account).await.unwrap();
        assert_eq!(b.one().await.text, "hello");
        assert_eq!(b.counts().await.quarantine, 3);
        assert_eq!(b.entries("intake.quarantine").await, 3);
        let desk = b.world.ctx("desk").await;
        let waiting = {
            let mut tx = desk.read().await.unwrap();
            store::quarantine_waiting(&mut tx, desk.force, true, desk.scope.ids()).await.unwrap()
        };
        // Tried again it is the same, and a person may say that nothing is to be made of it.
        does(&desk, ResolveQuarantine { quarantine: waiting[0].id, resolution: Resolution::Again, note: "try".into() }).await;
        process::account(&b.ctx(), b.account).await.unwrap();
        assert_eq!(b.counts().await.quarantine, 3);
        does(&desk, ResolveQuarantine { quarantine: waiting[1].id, resolution: Resolution::Dismissed, note: "rubbish".into() }).await;
        assert_eq!(b.counts().await.quarantine, 2);
    }
}

#[tokio::test]
async fn unknown_fields_and_unknown_events_are_no_trouble() {
    for b in benches().await {
        let mut event = wrote("m1", 1, "comment", "hello");
        event["colour"] = json!("blue");
        event["message"]["mood"] = json!(["calm"]);
        b.take(event.to_string()).await;
        b.take(json!({ "seq": seq(), "account": "a-main", "at": "2026-11-21T11:59:00Z", "type": "moon.rose", "phase": 3 }).to_string())
            .await;
        assert_eq!(b.one().await.text, "hello");
        assert_eq!(b.counts().await.quarantine, 0);
    }
}

#[tokio::test]
async fn whatever_people_type_arrives_as_they_typed_it() {
    let long = "word ".repeat(20_000);
    let texts = [
        "😀😀🚨",
        long.as_str(),
        "\u{202e}thgir ot tfel\u{202c} and back",
        "family 👨\u{200d}👩\u{200d}👧 k\u{200d}n\u{200d}i\u{200d}f\u{200d}e",
        "<script>alert(1)</script> '; DROP TABLE message; --",
        "",
        "مرحبا שלום 你好",
    ];
    for b in benches().await {
        for (n, text) in texts.iter().enumerate() {
            b.take(wrote(&format!("m{n}"), 1, "private", text).to_string()).await;
        }
        let mut all = b.messages().await;
        all.sort_by(|a, b| a.remote_id.cmp(&b.remote_id));
        assert_eq!(all.iter().map(|m| m.text.as_str()).collect::<Vec<_>>(), texts);
        // A private message in which nothing was recognised is looked at (domain.md: unknown language, only emoji).
        assert!(all[0].priority <= 1, "{:?}", all[0].triage);
        assert_eq!(b.counts().await.quarantine, 0);
    }
}

#[tokio::test]
async fn null_bytes_are_taken_out_and_the_raw_body_keeps_them() {
    for b in benches().await {
        b.take(wrote("m1", 1, "comment", "a\u{0}b").to_string()).await;
        let m = b.one().await;
        assert_eq!(m.text, "ab");
        let mut tx = b.ctx().read().await.unwrap();
        let raw = store::raw(&mut tx, b.world.force, m.raw).await.unwrap().unwrap();
        assert!(String::from_utf8_lossy(&raw.body.unwrap()).contains("\\u0000"));
    }
}

#[tokio::test]
async fn a_large_body_is_in_the_object_store_before_any_row_names_it() {
    for b in benches().await {
        let body = wrote("m1", 1, "comment", &"x".repeat(keep::IN_ROW)).to_string();
        b.take(&body).await;
        let m = b.one().await;
        let mut tx = b.ctx().read().await.unwrap();
        let raw = store::raw(&mut tx, b.world.force, m.raw).await.unwrap().unwrap();
        assert_eq!((raw.body, raw.object.as_deref()), (None, Some(digest(body.as_bytes()).as_str())));
        assert_eq!(b.world.app.blobs.get(b.world.force, &raw.digest).await.unwrap(), body.as_bytes());
    }
}

#[tokio::test]
async fn i11_raw_bodies_and_revisions_cannot_be_changed_or_taken_away() {
    for b in benches().await {
        b.take(wrote("m1", 1, "comment", "hello").to_string()).await;
        for statement in [
            crate::sql!("UPDATE intake_raw SET size = 0 WHERE force = $1"),
            crate::sql!("DELETE FROM intake_raw WHERE force = $1"),
            crate::sql!("UPDATE message_revision SET text = 'x' WHERE force = $1"),
            crate::sql!("DELETE FROM message_revision WHERE force = $1"),
        ] {
            let mut tx = b.world.app.db.write(b.world.force, crate::db::Isolation::ReadCommitted).await.unwrap();
            assert!(tx.run(statement, crate::vals![b.world.force]).await.is_err(), "{}", statement.text);
        }
    }
}

#[tokio::test]
async fn i9_contacts_are_counted_on_one_platform_alone() {
    for b in benches().await {
        b.take(wrote("m1", 1, "comment", "hello").to_string()).await;
        b.take(wrote("m2", 1, "private", "hello again").to_string()).await;
        let desk = b.world.ctx("desk").await;
        let mut tx = desk.read().await.unwrap();
        let m = b.messages().await.remove(0);
        let whole = queue::whole(&mut tx, desk.force, &desk.scope, m.id, desk.now()).await.unwrap().unwrap();
        assert_eq!((whole.contacts.all, whole.contacts.month, whole.correspondent.platform.as_str()), (2, 2, "rehearsal"));
        assert!(queue::contacted_first(&mut tx, desk.force, b.account, "u-wren").await.unwrap());
        assert!(!queue::contacted_first(&mut tx, desk.force, b.account, "u-other").await.unwrap());
        assert!(!queue::contacted_first(&mut tx, desk.force, AccountId(uuid::Uuid::nil()), "u-wren").await.unwrap());
    }
}

#[tokio::test]
async fn app_role_9_a_local_user_sees_their_accounts_and_messages_of_their_area_and_no_others() {
    for mut b in benches().await {
        b.take(wrote("m1", 1, "comment", "hello").to_string()).await;
        b.world.person("northerner", &["local"], &["North"]).await;
        let local = b.world.ctx("northerner").await;
        let m = b.one().await;
        let seen = async |ctx: &Ctx| {
            let mut tx = ctx.read().await.unwrap();
            let listed = queue::queue(&mut tx, ctx.force, &ctx.scope, &Asked::of(Part::Open)).await.unwrap().len();
            let read = queue::message(&mut tx, ctx.force, &ctx.scope, m.id).await.unwrap().is_some();
            let counted = queue::counts(&mut tx, ctx.force, &ctx.scope, None, ctx.now()).await.unwrap().routine;
            (listed, read, counted)
        };
        assert_eq!(seen(&local).await, (0, false, 0));
        // Routed to their area, it is theirs to see.
        let mut tx = b.world.app.db.write(b.world.force, crate::db::Isolation::Serializable).await.unwrap();
        queue::update_desk(&mut tx, b.world.force, &MessageRow { area: "North".into(), ..m.clone() }).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(seen(&local).await, (1, true, 1));
    }
}

#[tokio::test]
async fn the_queue_pages_without_losing_or_repeating_any() {
    for b in benches().await {
        for n in 0..25 {
            b.keep(wrote(&format!("m{n}"), 1, "comment", if n % 5 == 0 { THREAT } else { "hello" }).to_string()).await;
        }
        process::account(&b.ctx(), b.account).await.unwrap();
        let ctx = b.world.ctx("desk").await;
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let mut tx = ctx.read().await.unwrap();
            let page = queue::queue(&mut tx, ctx.force, &ctx.scope, &Asked { after, limit: 7, ..Asked::of(Part::Open) }).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.after());
            seen.extend(page.iter().map(|r| (r.message.priority, r.message.remote_id.clone())));
        }
        assert_eq!(seen.len(), 25);
        assert!(seen.is_sorted_by_key(|(p, _)| *p));
        assert_eq!(seen.iter().collect::<std::collections::BTreeSet<_>>().len(), 25);
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_kept_takes_no_other_with_it_out_of_a_shared_commit() {
    for b in benches().await {
        let app = &b.world.app;
        let keep = |account: AccountId, n: u32| async move {
            let raw = Raw { kind: "event".into(), body: wrote(&format!("m{n}"), 1, "comment", "hello").to_string().into_bytes() };
            keep::keep(app, b.world.force, account, Source::Replay, &[raw], app.clock.now()).await
        };
        let nowhere = AccountId(uuid::Uuid::from_u128(404));
        let came = tokio::join!(keep(b.account, 1), keep(nowhere, 2), keep(b.account, 3), keep(b.account, 4));
        assert!(came.1.is_err(), "no such account");
        for kept in [came.0, came.2, came.3] {
            assert_eq!(kept.unwrap(), 1, "{}", b.world.database);
        }
        process::account(&b.ctx(), b.account).await.unwrap();
        assert_eq!(b.messages().await.len(), 3);
    }
}

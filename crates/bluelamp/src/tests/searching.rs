//! Finding messages by their words, on both databases: what is found, by whom, and that what is gone cannot be.

use crate::accounts::acts::authorise::Authorise;
use crate::act::Ctx;
use crate::db::Isolation;
use crate::db::words::{self, Wanted};
use crate::intake::tests::{Bench, benches, edited, register, wrote};
use crate::testing::does;
use crate::{sql, vals};
use bluelamp_domain::ids::AccountId;

/// The texts that somebody finds, newest first as the statement says; here they are sorted, since they came at once.
async fn found(ctx: &Ctx, typed: &str) -> Vec<String> {
    let Some(wanted) = Wanted::parse(ctx.force, typed) else { return Vec::new() };
    let mut tx = ctx.read().await.unwrap();
    let mut texts = Vec::new();
    for id in words::find(&mut tx, &ctx.scope, &wanted, 100).await.unwrap() {
        texts.push(crate::intake::store::message(&mut tx, ctx.force, id).await.unwrap().unwrap().text);
    }
    texts.sort();
    texts
}

async fn said(b: &Bench, id: &str, text: &str) {
    b.take(wrote(id, 1, "comment", text).to_string()).await;
}

#[tokio::test]
async fn words_phrases_welsh_letters_and_emoji_are_found_alike_on_both_databases() {
    for b in benches().await {
        let texts = [
            "Two men with hammers on Mill Lane, right now",
            "The lane by the old mill is closed",
            "Mae'r ŵyl yn y Tŷ Gwyn ddydd Sadwrn",
            "he has a 🔪 in the park",
            "k\u{200b}nife crime in Northfield",
            "100% _sure_ it's 5 o'clock",
        ];
        for (n, text) in texts.iter().enumerate() {
            said(&b, &format!("s{n}"), text).await;
        }
        let desk = b.world.ctx("desk").await;
        for (typed, expected) in [
            ("mill", &[0, 1][..]),
            ("MILL lane", &[0, 1]),
            ("\"mill lane\"", &[0]),
            ("mill-lane", &[0]),
            ("\"lane mill\"", &[]),
            ("ty gwyn", &[2]),
            ("Tŷ", &[2]),
            ("wyl", &[2]),
            ("🔪", &[3]),
            ("knife", &[4]),
            ("northf", &[4]),
            ("orth", &[]),
            ("100%", &[5]),
            ("_sure_", &[5]),
            ("its oclock", &[5]),
            ("hammers Northfield", &[]),
            ("' OR 1=1 --", &[]),
            ("\"", &[]),
            ("*", &[]),
        ] {
            let mut expected: Vec<&str> = expected.iter().map(|n: &usize| texts[*n]).collect();
            expected.sort_unstable();
            assert_eq!(found(&desk, typed).await, expected, "{}: {typed}", b.world.database);
        }
    }
}

#[tokio::test]
async fn an_edited_message_is_found_by_the_words_that_are_shown() {
    for b in benches().await {
        said(&b, "e1", "The swan is on the roof").await;
        b.take(edited("e1", 2, "The heron is on the roof", "2026-11-21T11:59:30Z").to_string()).await;
        let desk = b.world.ctx("desk").await;
        assert_eq!(found(&desk, "heron").await.len(), 1, "{}", b.world.database);
        assert!(found(&desk, "swan").await.is_empty(), "{}", b.world.database);
    }
}

#[tokio::test]
async fn i2_words_are_found_by_their_own_force_alone_and_under_the_scope_of_who_asks() {
    for b in benches().await {
        said(&b, "f1", "a heron on the roof").await;
        // Another force in the same database, whose desk sees everything of its own.
        let other = crate::setup::force(&b.world.app, "othershire", "Othershire Police", "Europe/London", "leicestershire").await.unwrap();
        let theirs = crate::jobs::system(&b.world.app, other, "Europe/London", bluelamp_domain::act::Actor::Intake);
        assert!(found(&theirs, "heron").await.is_empty());
        // Even with our force's mark typed as a word, and even asking with our force's question inside their wall.
        let mark = format!("f{} heron", b.world.force.0.simple());
        assert!(found(&theirs, &mark).await.is_empty());
        if b.world.database == "postgres" {
            let ours = Wanted::parse(b.world.force, "heron").unwrap();
            let mut tx = theirs.read().await.unwrap();
            assert!(words::find(&mut tx, &theirs.scope, &ours, 10).await.unwrap().is_empty(), "row-level security holds the wall too");
        }
        // A publisher sees the messages of their own accounts.
        let publisher = b.world.ctx("publisher").await;
        assert!(!publisher.scope.every);
        assert!(found(&publisher, "heron").await.is_empty(), "{}", b.world.database);
        let ctx = b.world.ctx("corporate-communications").await;
        let elsewhere = AccountId(does(&ctx, register("north")).await.id.unwrap());
        does(&ctx, Authorise { person: b.world.id_of("publisher"), account: elsewhere }).await;
        assert!(found(&b.world.ctx("publisher").await, "heron").await.is_empty());
        does(&ctx, Authorise { person: b.world.id_of("publisher"), account: b.account }).await;
        assert_eq!(found(&b.world.ctx("publisher").await, "heron").await.len(), 1, "{}", b.world.database);
    }
}

#[tokio::test]
async fn a_message_that_goes_takes_its_words_with_it() {
    for b in benches().await {
        said(&b, "g1", "a very rare word: quetzalcoatlus").await;
        said(&b, "g2", "an ordinary word").await;
        let desk = b.world.ctx("desk").await;
        assert_eq!(found(&desk, "quetzalcoatlus").await.len(), 1);
        // As disposal takes it: under one that names its evidence, in one transaction.
        let mut tx = b.world.app.db.write(b.world.force, Isolation::Serializable).await.unwrap();
        let f = b.world.force;
        let disposal = uuid::Uuid::from_u128(4);
        tx.run(sql!("INSERT INTO disposal (force, id, at, rule) VALUES ($1, $2, 0, 'test')"), vals![f, disposal]).await.unwrap();
        tx.run(sql!("INSERT INTO disposal_item (force, disposal, kind, item) SELECT v.force, $2, 'message-revision', v.id FROM message_revision v JOIN message m ON m.force = v.force AND m.id = v.message WHERE v.force = $1 AND m.remote_id = 'g1'"), vals![f, disposal]).await.unwrap();
        tx.run(sql!("DELETE FROM message_revision WHERE force = $1 AND text LIKE '%quetz%'"), vals![f]).await.unwrap();
        tx.run(sql!("DELETE FROM message WHERE force = $1 AND remote_id = 'g1'"), vals![f]).await.unwrap();
        tx.commit().await.unwrap();
        assert!(found(&desk, "quetzalcoatlus").await.is_empty());
        assert_eq!(found(&desk, "ordinary").await.len(), 1);
        if let crate::db::Db::Lite { write, .. } = &b.world.app.db {
            // Not a trace of it in the index, wherever its pages are: the terms themselves.
            let (left,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM message_words_data WHERE instr(block, CAST('quetzal' AS BLOB)) > 0")
                .fetch_one(write)
                .await
                .unwrap();
            assert_eq!(left, 0);
            sqlx::query("INSERT INTO message_words (message_words, rank) VALUES ('integrity-check', 1)").execute(write).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_stood_before_the_index_is_indexed_by_its_migration() {
    for b in benches().await {
        for n in 0..3 {
            said(&b, &format!("o{n}"), &format!("heron number {n}")).await;
        }
        let mut tx = b.world.app.db.write(b.world.force, Isolation::ReadCommitted).await.unwrap();
        tx.run(sql!("DELETE FROM message_search WHERE force = $1"), vals![b.world.force]).await.unwrap();
        assert!(found(&b.world.ctx("desk").await, "nothing yet").await.is_empty());
        words::index_existing(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(found(&b.world.ctx("desk").await, "heron").await.len(), 3, "{}", b.world.database);
    }
}

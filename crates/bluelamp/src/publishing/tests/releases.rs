//! Amber, and what a release is worth.

use super::*;
use crate::held::decline::Decline;
use crate::held::release::Release;
use crate::testing::{done, held, refused};
use bluelamp_domain::time::HOUR;

#[tokio::test]
async fn leics_use_3_amber_waits_and_is_released_by_someone_else_and_goes_at_its_time() {
    for b in benches().await {
        let author = b.world.ctx("corporate-communications").await;
        let team = b.world.ctx("digital-media-team").await;
        let mut words = b.words("The new station opens on Monday.");
        words.pictures = vec![b.picture(&author).await];
        let draft = b.create(&author, words.clone()).await;
        let at = b.world.app.clock.now().plus(HOUR);
        let (_, rules) = held(Ok(b.schedule(&author, draft, at).await));
        assert!(rules.contains(&"APP-STRAT-2.alt-text".to_owned()), "{rules:?}");
        // It is described; what remains is that someone of the digital media team looks at the picture.
        words.pictures[0].alt = "A brick building with a blue lamp".into();
        b.edit(&author, draft, words).await;
        let (waiting, rules) = held(Ok(b.schedule(&author, draft, at).await));
        assert_eq!(rules, ["LEICS-USE-3.image"], "{}", b.world.database);
        done(team.act(Release { held: waiting, note: "Nothing behind it".into() }).await);
        assert_eq!(b.draft(draft).await.draft.state.name(), "scheduled");
        b.after(HOUR - 1).await;
        assert!(b.posts(draft).await.is_empty(), "not before its time");
        b.after(1).await;
        assert_eq!(b.states(draft).await, ("live".into(), vec!["live"]), "{}", b.world.database);
        assert!(b.on_platform(&b.posts(draft).await[0]).await);
    }
}

#[tokio::test]
async fn a_release_dies_when_the_words_change() {
    for b in benches().await {
        let author = b.world.ctx("corporate-communications").await;
        let team = b.world.ctx("digital-media-team").await;
        let mut words = b.words("Look at this.");
        let mut picture = b.picture(&author).await;
        picture.alt = "A horse".into();
        words.pictures = vec![picture];
        let draft = b.create(&author, words.clone()).await;
        let (first, _) = held(Ok(b.publish(&author, draft).await));
        // Edited while it waits: what waited waits no more.
        words.text = "Look at this instead.".into();
        b.edit(&author, draft, words.clone()).await;
        refused(team.act(Release { held: first, note: String::new() }).await);
        // Released, scheduled, and edited again: back to a draft, and held anew.
        let (second, _) = held(Ok(b.schedule(&author, draft, b.world.app.clock.now().plus(HOUR)).await));
        done(team.act(Release { held: second, note: String::new() }).await);
        assert_eq!(b.draft(draft).await.draft.state.name(), "scheduled");
        words.text = "Something else altogether.".into();
        b.edit(&author, draft, words).await;
        assert_eq!(b.draft(draft).await.draft.state.name(), "editing");
        b.after(HOUR).await;
        assert!(b.posts(draft).await.is_empty(), "what was agreed to is not what stands: nothing goes out");
        held(Ok(b.publish(&author, draft).await));
    }
}

#[tokio::test]
async fn author_cannot_release_own_draft_whatever_their_roles() {
    for mut b in benches().await {
        b.world.person("both", &["corporate-communications", "digital-media-team"], &[]).await;
        let both = b.world.ctx("both").await;
        let mut words = b.words("Look at this.");
        let mut picture = b.picture(&both).await;
        picture.alt = "A horse".into();
        words.pictures = vec![picture];
        let draft = b.create(&both, words).await;
        let (waiting, _) = held(Ok(b.publish(&both, draft).await));
        let rules = refused(both.act(Release { held: waiting, note: String::new() }).await);
        assert!(rules.contains(&"APP-POL-3.second-person".to_owned()) || rules.contains(&"no-rule-gives-this".to_owned()), "{rules:?}");
        assert_eq!(b.draft(draft).await.draft.state.name(), "editing");
        // They may think better of it themselves.
        done(both.act(Decline { held: waiting, note: "Not today".into() }).await);
    }
}

#[tokio::test]
async fn two_who_agree_at_once_publish_it_once() {
    for mut b in benches().await {
        b.world.person("second", &["digital-media-team"], &[]).await;
        let author = b.world.ctx("corporate-communications").await;
        let (one, two) = (b.world.ctx("digital-media-team").await, b.world.ctx("second").await);
        let mut words = b.words("Look at this.");
        let mut picture = b.picture(&author).await;
        picture.alt = "A horse".into();
        words.pictures = vec![picture];
        let draft = b.create(&author, words).await;
        let (waiting, _) = held(Ok(b.publish(&author, draft).await));
        let release = |note: &str| Release { held: waiting, note: note.into() };
        let (a, z) = tokio::join!(one.act(release("a")), two.act(release("z")));
        let done = [a.unwrap(), z.unwrap()].iter().filter(|o| matches!(o, Outcome::Done(_))).count();
        assert_eq!(done, 1, "{}: the other is told that it was released already", b.world.database);
        b.world.run_jobs().await;
        assert_eq!(b.states(draft).await, ("live".into(), vec!["live"]));
    }
}

#[tokio::test]
async fn two_who_edit_at_once_do_not_overwrite_each_other() {
    for b in benches().await {
        let (one, two) = (b.world.ctx("corporate-communications").await, b.world.ctx("digital-media-team").await);
        let draft = b.create(&one, b.words("First words.")).await;
        let edit = |text: &str| EditDraft { draft, revision: 1, content: b.words(text) };
        let (a, z) = tokio::join!(one.act(edit("From one.")), two.act(edit("From two.")));
        let outcomes = [a.unwrap(), z.unwrap()];
        assert_eq!(outcomes.iter().filter(|o| matches!(o, Outcome::Done(_))).count(), 1, "{}", b.world.database);
        assert!(outcomes.iter().any(|o| matches!(o, Outcome::Refused { code, .. } if code == "changed-meanwhile")));
        assert_eq!(b.draft(draft).await.draft.revision, 2);
    }
}

#[tokio::test]
async fn leics_statement_2_a_post_says_what_it_is_for() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let draft = b.create(&ctx, DraftInput { purpose: String::new(), ..b.words("Hello.") }).await;
        let rules = refused(Ok(b.publish(&ctx, draft).await));
        assert_eq!(rules, ["LEICS-STATEMENT-2.purpose"], "{}", b.world.database);
    }
}

#[tokio::test]
async fn leics_use_3_every_reason_comes_at_once() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let words = b.words("Polling day: our surveillance team saw Jane Marsh, the murderer. Ring 07700 900123.");
        let draft = b.create(&ctx, DraftInput { purpose: String::new(), ..words }).await;
        let rules = refused(Ok(b.publish(&ctx, draft).await));
        for rule in [
            "LEICS-STATEMENT-2.purpose",
            "LEICS-USE-3.restricted",
            "LEICS-USE-3.political",
            "LEICS-USE-3.named",
            "APP-POL-13.personal-data",
        ] {
            assert!(rules.contains(&rule.to_owned()), "{rule} is missing in {rules:?}");
        }
    }
}

#[tokio::test]
async fn what_does_not_fit_its_platform_stays_here() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let draft = b.create(&ctx, b.words(&"Long. ".repeat(100))).await;
        match b.publish(&ctx, draft).await {
            Outcome::Refused { code, reasons } => {
                assert_eq!(code, "does-not-fit");
                assert!(reasons[0].says.contains("Rehearsal takes 500"), "{}", reasons[0].says);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_draft_takes_no_object_that_was_not_re_encoded_here() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let evidence = b.world.app.blobs.put(b.world.force, b"somebody's private picture").await.unwrap();
        let mut words = b.words("Look.");
        words.pictures = vec![PictureInput { object: evidence, name: "x.png".into(), alt: "x".into() }];
        assert_eq!(refused(ctx.act(CreateDraft { content: words }).await), ["unknown-picture"], "{}", b.world.database);
    }
}

#[tokio::test]
async fn app_role_9_a_publisher_writes_for_their_own_accounts_alone() {
    for b in benches().await {
        let publisher = b.world.ctx("publisher").await;
        let rules = refused(publisher.act(CreateDraft { content: b.words("Hello.") }).await);
        assert_eq!(rules, ["APP-ROLE-9.account"], "{}", b.world.database);
    }
}

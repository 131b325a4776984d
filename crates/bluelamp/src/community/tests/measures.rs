//! Hide, delete, report, and taking back.

use super::*;
use crate::act::Outcome;
use crate::community::acts::delete::Delete;
use crate::community::acts::report::Report;
use crate::community::acts::review::Review;
use crate::community::acts::settle_prompt::SettlePrompt;
use crate::community::acts::unhide::Unhide;
use crate::community::flagged;
use bluelamp_domain::community::{Settled, Verdict};

#[tokio::test]
async fn a_comment_is_hidden_with_its_evidence_and_shown_again() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let (remote, id) = comment(&b, "buy my followers, link in bio").await;
        let taken = takes(&desk, hide(id)).await;
        assert!(b.server.visible(&remote), "nothing is sent in the act itself (I4)");
        assert_eq!(measure(&b, taken).await.state, State::Requested);
        b.world.run_jobs().await;
        assert!(!b.server.visible(&remote), "{}", b.world.database);
        let m = measure(&b, taken).await;
        assert_eq!((m.state, m.ground.as_str(), calls(&b, taken).await), (State::Done, "spam", 1));
        assert!(m.standard.contains("leicestershire"), "the version in force stands with it: {}", m.standard);
        assert!(hidden(&b, id).await);

        let back = takes(&desk, Unhide { message: id, reason: "it was a question".into() }).await;
        b.world.run_jobs().await;
        assert!(b.server.visible(&remote) && !hidden(&b, id).await);
        assert_eq!((measure(&b, taken).await.state, measure(&b, back).await.state), (State::Undone, State::Done));
        assert_eq!(refused(desk.act(Unhide { message: id, reason: "again".into() }).await), ["nothing-to-undo"]);
        // What was taken back can be done again.
        takes(&desk, hide(id)).await;
        b.world.run_jobs().await;
        assert!(!b.server.visible(&remote));
    }
}

#[tokio::test]
async fn app_role_5_a_measure_that_cites_no_published_standard_is_refused() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let (remote, id) = comment(&b, "useless, the lot of you").await;
        let rules = refused(desk.act(Hide { ground: String::new(), ..hide(id) }).await);
        assert_eq!(rules, ["APP-POL-6.ground", "APP-ROLE-5.standard", "LEICS-MOD-1.ground"]);
        // Criticism is none of the policy's grounds.
        let rules = refused(desk.act(Report { message: id, ground: "criticism".into(), reason: String::new() }).await);
        assert_eq!(rules, ["APP-ROLE-5.standard"]);
        b.world.run_jobs().await;
        assert!(b.server.visible(&remote));
        assert_eq!(b.entries("community.hide").await, 1, "the refusal is on record");
    }
}

#[tokio::test]
async fn leics_mod_1_each_ground_is_a_named_code_and_there_is_no_removal_without_one() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let pack = desk.pack().await.unwrap();
        let codes: Vec<&str> = pack.words().grounds.iter().map(|g| g.code.as_str()).collect();
        assert_eq!(codes.len(), 8, "{codes:?}");
        for code in codes {
            let (_, id) = comment(&b, "words").await;
            does(&desk, Hide { ground: code.into(), ..hide(id) }).await;
        }
        let (_, id) = comment(&b, "words").await;
        let rules = refused(desk.act(Delete { message: id, ground: "rude".into(), reason: String::new() }).await);
        assert!(rules.contains(&"LEICS-MOD-1.ground".to_owned()), "{rules:?}");
    }
}

#[tokio::test]
async fn leics_mod_1_comments_likely_to_meet_a_ground_are_flagged_with_the_words() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        comment(&b, "lovely to see you at the market").await;
        let (_, id) = comment(&b, "my cousin made £900 a day, click link in bio").await;
        said(&b, Where::Private, "my cousin made £900 a day, click link in bio", None).await;
        let pack = desk.pack().await.unwrap();
        let engine = desk.app.triage_of(&pack).unwrap();
        for s in pack.words().grounds.iter().flat_map(|g| &g.signals) {
            assert!(engine.signals().any(|(id, category)| id == s || category == s), "no signal is called `{s}`");
        }
        let mut tx = desk.read().await.unwrap();
        let rows = flagged::flagged(&desk, &mut tx, pack.words(), None, 50).await.unwrap();
        assert_eq!(rows.iter().map(|r| r.message.id).collect::<Vec<_>>(), [id], "{}", b.world.database);
        let meets = flagged::meets(pack.words(), &rows[0].message.triage);
        assert_eq!(meets.iter().map(|m| m.ground.code.as_str()).collect::<Vec<_>>(), ["spam"]);
        let pieces = flagged::marked(&rows[0].message.text, &[meets[0].signal]);
        assert!(pieces.iter().any(|(words, marked)| *marked && words.contains("link in bio")), "{pieces:?}");
        assert_eq!(pieces.iter().map(|(w, _)| w.as_str()).collect::<String>(), rows[0].message.text);
        let other = crate::setup::force(&b.world.app, "othershire", "Othershire", "Europe/London", "leicestershire").await.unwrap();
        let theirs = crate::jobs::system(&b.world.app, other, "Europe/London", bluelamp_domain::act::Actor::Intake);
        let mut tx = theirs.read().await.unwrap();
        assert!(flagged::flagged(&theirs, &mut tx, pack.words(), None, 50).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn leics_mod_2_hide_delete_and_report_each_work_where_they_exist() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let (remote, id) = comment(&b, "spam spam").await;
        let report = takes(&desk, Report { message: id, ground: "spam".into(), reason: "sells things".into() }).await;
        let delete = takes(&desk, Delete { message: id, ground: "spam".into(), reason: String::new() }).await;
        b.world.run_jobs().await;
        assert_eq!((b.server.reports(), b.server.visible(&remote)), (1, false));
        assert_eq!((measure(&b, report).await.state, measure(&b, delete).await.state), (State::Done, State::Done));
        // The platform has no way back from a deletion, and there is none.
        let rules = refused(desk.act(Unhide { message: id, reason: "x".into() }).await);
        assert_eq!(rules, ["nothing-to-undo"]);
        // A private message can be reported, not hidden.
        let (_, private) = said(&b, Where::Private, "buy now", None).await;
        assert_eq!(refused(desk.act(hide(private)).await), ["private"]);
    }
}

#[tokio::test]
async fn leics_mod_2_what_the_platform_cannot_do_is_refused() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let (_, id) = comment(&b, "spam spam").await;
        can(&b, &["publish", "report"]).await;
        assert_eq!(refused(desk.act(hide(id)).await), ["LEICS-MOD-2.cannot"]);
        does(&desk, Report { message: id, ground: "spam".into(), reason: String::new() }).await;
        can(&b, &["hide", "report"]).await;
        takes(&desk, hide(id)).await;
        b.world.run_jobs().await;
        assert_eq!(refused(desk.act(Unhide { message: id, reason: "x".into() }).await), ["one-way"]);
    }
}

/// Lets the platform of the bench's account do only this from now on.
async fn can(b: &Bench, words: &[&str]) {
    let mut tx = b.world.app.db.write(b.world.force, crate::db::Isolation::Serializable).await.unwrap();
    let row = crate::accounts::store::connection(&mut tx, b.world.force, b.account).await.unwrap().unwrap();
    let row = crate::accounts::store::ConnectionRow { can: words.iter().map(|w| (*w).to_owned()).collect(), ..row };
    crate::accounts::store::put_connection(&mut tx, b.world.force, &row).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn i6_a_removal_is_refused_until_every_picture_is_kept_and_then_seals_everything() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let (remote, _) = comment(&b, "look at this").await;
        let mut event = crate::intake::tests::wrote("m-pictures", 1, "comment", "look at this");
        event["message"]["media"] = serde_json::json!([{ "url": format!("{}/v1/media/none.png", b.server.base_url), "mime": "image/png" }]);
        b.take(event.to_string()).await;
        b.take(crate::intake::tests::edited("m-pictures", 2, "look at that", "2026-11-21T11:59:10Z").to_string()).await;
        let id = b.messages().await.into_iter().find(|m| m.remote_id == "m-pictures").unwrap().id;
        // Its picture is still to be fetched.
        for act in ["community.hide", "community.delete"] {
            let rules = refused(desk.act_named(act, serde_json::json!({ "message": id, "ground": "spam" }), None).await);
            assert_eq!(rules, ["APP-POL-6.evidence"], "{act} on {}", b.world.database);
        }
        assert!(b.server.visible(&remote));
        b.world.run_jobs().await;
        for _ in 0..12 {
            b.world.clock.forward(HOUR);
            b.world.run_jobs().await;
        }
        let taken = takes(&desk, hide(id)).await;
        let mut tx = b.ctx().read().await.unwrap();
        let kept = store::measure(&mut tx, b.world.force, taken).await.unwrap().unwrap().evidence.unwrap();
        let kept = store::evidence(&mut tx, b.world.force, kept).await.unwrap().unwrap();
        assert_eq!(crate::app::digest(kept.sealed.manifest.as_bytes()), kept.sealed.sha256);
        let m: bluelamp_domain::community::Manifest = serde_json::from_str(&kept.sealed.manifest).unwrap();
        assert_eq!(m.revisions.iter().map(|r| r.text.as_str()).collect::<Vec<_>>(), ["look at this", "look at that"]);
        assert!(m.revisions.iter().all(|r| r.raw.len() == 64) && m.media.len() == 1 && m.author_remote_id == "u-wren");
    }
}

#[tokio::test]
async fn i6_the_database_itself_takes_no_removal_without_evidence() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let (_, id) = comment(&b, "spam").await;
        let taken = takes(&desk, hide(id)).await;
        for statement in [
            crate::sql!("UPDATE measure SET evidence = NULL WHERE force = $1 AND id = $2"),
            crate::sql!("UPDATE evidence SET manifest = '{}' WHERE force = $1 AND id = (SELECT evidence FROM measure WHERE id = $2)"),
            crate::sql!("DELETE FROM evidence WHERE force = $1 AND id = (SELECT evidence FROM measure WHERE id = $2)"),
            crate::sql!("DELETE FROM measure_event WHERE force = $1 AND measure = $2"),
        ] {
            b.world.run_jobs().await;
            let mut tx = b.world.app.db.write(b.world.force, crate::db::Isolation::ReadCommitted).await.unwrap();
            assert!(tx.run(statement, crate::vals![b.world.force, taken]).await.is_err(), "{}", statement.text);
        }
    }
}

#[tokio::test]
async fn two_moderators_at_once_are_one_measure() {
    for b in benches().await {
        let (desk, other) = (b.world.ctx("desk").await, b.world.ctx("digital-media-team").await);
        let (remote, id) = comment(&b, "spam").await;
        let (one, two) = tokio::join!(desk.act(hide(id)), other.act(hide(id)));
        let ids: Vec<_> = [one.unwrap(), two.unwrap()].into_iter().map(|o| o.done().expect("done or already done").id).collect();
        assert_eq!(ids[0], ids[1], "{}", b.world.database);
        b.world.run_jobs().await;
        assert!(!b.server.visible(&remote));
        assert_eq!(calls(&b, MeasureId(ids[0].unwrap())).await, 1);
        // Long done, it is still the same measure.
        assert_eq!(does(&other, hide(id)).await.id, ids[0]);
    }
}

#[tokio::test]
async fn i2_another_forces_message_is_not_there() {
    for b in benches().await {
        let (_, id) = comment(&b, "spam").await;
        let taken = takes(&b.world.ctx("desk").await, hide(id)).await;
        let other = crate::setup::force(&b.world.app, "othershire", "Othershire", "Europe/London", "leicestershire").await.unwrap();
        let invite = crate::people::acts::invite::Invite {
            name: "Person theirs".into(),
            email: "theirs@othershire.example".into(),
            kind: bluelamp_domain::people::Kind::Staff,
            level: 1,
            job_title: String::new(),
            areas: vec![],
            roles: vec!["digital-media-team".into()],
        };
        let person = crate::setup::person(&b.world.app, other, "Europe/London", invite).await.unwrap();
        let theirs = crate::http::session::context(&b.world.app, other, person, "Europe/London", None, None).await.unwrap().unwrap();
        for (act, input) in [
            ("community.hide", serde_json::json!({ "message": id, "ground": "spam" })),
            ("community.report", serde_json::json!({ "message": id, "ground": "spam" })),
            ("community.block", serde_json::json!({ "message": id, "ground": "spam", "reason": "x" })),
            ("community.unhide", serde_json::json!({ "message": id, "reason": "x" })),
            ("community.advise", serde_json::json!({ "message": id, "favours": true, "says": "x" })),
            ("community.review", serde_json::json!({ "measure": taken, "verdict": "upheld" })),
            ("community.record_outcome", serde_json::json!({ "measure": taken, "came": "done" })),
        ] {
            assert_eq!(refused(theirs.act_named(act, input, None).await), ["not-found"], "{act}");
        }
    }
}

#[tokio::test]
async fn somebody_else_looks_again() {
    for b in benches().await {
        let (team, supervisor) = (b.world.ctx("digital-media-team").await, b.world.ctx("desk-supervisor").await);
        let (_, id) = comment(&b, "spam").await;
        let taken = takes(&team, hide(id)).await;
        let mine = Review { measure: taken, verdict: Verdict::Upheld, note: String::new() };
        assert_eq!(refused(team.act(mine.clone()).await), ["own-measure"]);
        assert_eq!(refused(supervisor.act(Review { verdict: Verdict::Overturned, ..mine.clone() }).await), ["say-why"]);
        assert!(refused(b.world.ctx("desk").await.act(mine.clone()).await).contains(&"no-rule-gives-this".into()));
        let overdue = async |b: &Bench| {
            let mut tx = supervisor.read().await.unwrap();
            let part = store::Part::Overdue(b.world.app.clock.now());
            store::measures(&mut tx, supervisor.force, &supervisor.scope, part, None, 50).await.unwrap().len()
        };
        b.world.clock.forward(28 * 24 * HOUR);
        assert_eq!(overdue(&b).await, 0, "due this moment is not overdue");
        b.world.clock.forward(1);
        assert_eq!(overdue(&b).await, 1);
        does(&supervisor, Review { verdict: Verdict::Overturned, note: "it was a fair question".into(), ..mine }).await;
        assert_eq!((overdue(&b).await, measure(&b, taken).await.verdict.as_deref()), (0, Some("overturned")));
    }
}

#[tokio::test]
async fn leics_mod_3_the_tenth_removal_on_one_post_prompts_once_with_the_explanation_ready() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let mut prompts = Vec::new();
        for n in 0..12 {
            let (_, id) = comment(&b, &format!("spam {n}")).await;
            let Outcome::Done(done) = desk.act(hide(id)).await.unwrap() else { panic!("hidden") };
            if let Some(p) = done.data["prompt"].as_str() {
                prompts.push((n + 1, p.to_owned()));
            }
            // Acted on twice, a comment is removed once.
            does(&desk, Delete { message: id, ground: "spam".into(), reason: String::new() }).await;
        }
        assert_eq!(prompts.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [10], "{}", b.world.database);
        // Under another post nothing was removed yet.
        let (_, id) = said(&b, Where::Comment, "spam", Some("p2")).await;
        assert!(does(&desk, hide(id)).await.data["prompt"].is_null());
        let mut tx = desk.read().await.unwrap();
        let open = store::open_prompts(&mut tx, desk.force, &desk.scope).await.unwrap();
        assert_eq!((open.len(), open[0].count), (1, 10));
        assert!(open[0].text.contains("/public/exampleshire/guidelines") && open[0].text.contains("Spam"), "{}", open[0].text);
        drop(tx);
        let declined = SettlePrompt { prompt: open[0].id, how: Settled::Declined, note: String::new() };
        assert_eq!(refused(desk.act(declined.clone()).await), ["say-why"]);
        does(&desk, SettlePrompt { how: Settled::Explained, note: "under the post".into(), ..declined.clone() }).await;
        assert_eq!(refused(desk.act(declined).await), ["settled"]);
    }
}

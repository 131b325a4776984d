//! Claim, assess, refer, note, close, route: what a person does with a message.

use super::*;
use crate::desk::acts::{
    claim::ClaimMessage, close::Close, end_duty::EndDuty, escalate::Escalate, note::Note, refer::Refer, release_claim::ReleaseClaim,
    reopen::Reopen, route::Route, start_duty::StartDuty,
};
use bluelamp_domain::desk::outcome::Outcome as End;
use bluelamp_domain::desk::referral::{Kind, is_reference};
use bluelamp_domain::time::{MINUTE, SECOND};

#[tokio::test]
async fn two_who_claim_at_once_have_one_claim_between_them() {
    for mut b in benches().await {
        b.world.person("second", &["desk"], &[]).await;
        let m = came(&b, "m-1", "comment", "is the road open again?").await;
        let (one, two) = (desk(&b).await, b.world.ctx("second").await);
        let act = ClaimMessage { message: m.id };
        let (a, c) = tokio::join!(one.act(act.clone()), two.act(act));
        let outcomes = [a.unwrap(), c.unwrap()];
        let won = outcomes.iter().filter(|o| matches!(o, Outcome::Done(_))).count();
        assert_eq!(won, 1, "{}: {outcomes:#?}", b.world.database);
        let rules: Vec<_> = outcomes
            .into_iter()
            .filter_map(|o| match o {
                Outcome::Refused { reasons, .. } => Some(reasons[0].rule.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(rules, ["APP-STRAT-8.in-hand"]);
    }
}

#[tokio::test]
async fn a_claim_runs_out_on_its_minute_unless_its_holder_shows_life() {
    for mut b in benches().await {
        b.world.person("second", &["desk"], &[]).await;
        let m = came(&b, "m-1", "comment", "is the road open again?").await;
        let (one, two) = (desk(&b).await, b.world.ctx("second").await);
        does(&one, ClaimMessage { message: m.id }).await;
        b.world.clock.forward(9 * MINUTE);
        does(&one, Note { message: m.id, note: "asked the highways desk".into() }).await;
        b.world.clock.forward(9 * MINUTE);
        b.world.run_jobs().await;
        assert_eq!(refused(two.act(ClaimMessage { message: m.id }).await), ["APP-STRAT-8.in-hand"], "the note renewed it");
        b.world.clock.forward(MINUTE - 1);
        assert_eq!(refused(two.act(ClaimMessage { message: m.id }).await), ["APP-STRAT-8.in-hand"]);
        b.world.clock.forward(1);
        b.world.run_jobs().await;
        assert_eq!(again(&b, m.id).await.claimed_by, None, "{}: the scheduler gave it back", b.world.database);
        assert_eq!(b.entries("desk.release_claim").await, 1);
        does(&two, ClaimMessage { message: m.id }).await;
        assert_eq!(refused(one.act(confirming(&m)).await), ["APP-STRAT-8.in-hand"]);
        assert_eq!(code(one.act(ReleaseClaim { message: m.id }).await), "not-yours");
        does(&b.world.ctx("desk-supervisor").await, ReleaseClaim { message: m.id }).await;
        assert_eq!(again(&b, m.id).await.claimed_by, None);
    }
}

#[tokio::test]
async fn leics_triage_1_every_message_is_triaged_on_arrival_with_the_words_that_decided() {
    for b in benches().await {
        let m = came(&b, "m-1", "private", THREAT).await;
        assert_eq!(m.priority, 0, "{}", b.world.database);
        assert!(!m.triage.signals.is_empty() && !m.triage_pack.is_empty());
        let spans = bluelamp_domain::desk::evidence::spans(&m.triage);
        let marked: Vec<String> =
            bluelamp_domain::desk::evidence::pieces(&m.text, &spans).into_iter().filter(|(_, e)| *e).map(|(t, _)| t).collect();
        assert!(marked.iter().any(|t| t.contains("kni")), "{marked:?}");
    }
}

#[tokio::test]
async fn leics_triage_1_what_is_routine_was_read_on_arrival_too() {
    for b in benches().await {
        let m = came(&b, "m-1", "comment", "lovely photo of the dog").await;
        assert!(!m.triage_pack.is_empty(), "{}: before anyone opened it", b.world.database);
        assert_eq!((m.priority, m.triage.priority), (3, bluelamp_domain::triage::Priority::Routine));
        let seen = store::seen(&mut b.ctx().read().await.unwrap(), b.world.force, &[m.id]).await.unwrap();
        assert!(seen.is_empty());
    }
}

#[tokio::test]
async fn leics_triage_2_what_was_acted_on_is_assessed_before_it_ends_and_the_rest_is_not_held_up() {
    for b in benches().await {
        let ctx = desk(&b).await;
        let m = came(&b, "m-1", "comment", "please send me everything you hold on my street").await;
        does(&ctx, Refer { message: m.id, kind: Kind::Foi, reference: String::new(), note: String::new() }).await;
        let referred = Close { message: m.id, outcome: End::Referred, note: String::new() };
        assert_eq!(refused(ctx.act(referred.clone()).await), ["LEICS-TRIAGE-2.assess-actioned"], "{}", b.world.database);
        does(&ctx, confirming(&m)).await;
        does(&ctx, referred).await;
        let dog = came(&b, "m-2", "comment", "lovely photo of the dog").await;
        does(&ctx, Close { message: dog.id, outcome: End::Spam, note: String::new() }).await;
    }
}

#[tokio::test]
async fn moderated_is_an_end_only_where_a_measure_stands() {
    for b in benches().await {
        let ctx = desk(&b).await;
        let m = came(&b, "m-1", "comment", "buy my followers, link in bio").await;
        does(&ctx, confirming(&m)).await;
        let end = Close { message: m.id, outcome: End::Moderated, note: "as they deserve".into() };
        assert_eq!(code(ctx.act(end.clone()).await), "not-moderated", "{}: words are no measure", b.world.database);
        let report = crate::community::acts::report::Report { message: m.id, ground: "spam".into(), reason: String::new() };
        does(&ctx, report).await;
        does(&ctx, end).await;
        assert_eq!(again(&b, m.id).await.outcome.as_deref(), Some("moderated"));
    }
}

#[tokio::test]
async fn a_measure_that_was_taken_back_is_no_end() {
    for b in benches().await {
        let ctx = desk(&b).await;
        let say = bluelamp_platforms::rehearsal::server::Saying {
            to: "main".into(),
            kind: bluelamp_platforms::rehearsal::wire::Where::Comment,
            text: "buy my followers, link in bio".into(),
            language: None,
            parent: Some("p1".into()),
            by: None,
        };
        b.server.say(&say).unwrap().unwrap();
        crate::intake::worker::poll(&b.ctx(), b.account, "this node").await.unwrap();
        crate::intake::process::account(&b.ctx(), b.account).await.unwrap();
        let m = b.one().await;
        does(&ctx, confirming(&m)).await;
        does(&ctx, crate::community::acts::hide::Hide { message: m.id, ground: "spam".into(), reason: String::new() }).await;
        b.world.run_jobs().await;
        does(&ctx, crate::community::acts::unhide::Unhide { message: m.id, reason: "it was a joke".into() }).await;
        b.world.run_jobs().await;
        let end = Close { message: m.id, outcome: End::Moderated, note: String::new() };
        assert_eq!(code(ctx.act(end).await), "not-moderated", "{}", b.world.database);
    }
}

#[tokio::test]
async fn leics_triage_3_what_is_passed_to_one_person_is_on_their_desk_and_nobody_elses() {
    for mut b in benches().await {
        let one = b.world.person("one", &["local"], &["Eastfield"]).await;
        b.world.person("two", &["local"], &["Eastfield"]).await;
        let m = came(&b, "m-1", "comment", "who looks after our street?").await;
        let ctx = desk(&b).await;
        does(&ctx, Route { message: m.id, area: String::new(), person: Some(one), note: "yours, I think".into() }).await;
        let listed = async |name: &str| {
            let ctx = b.world.ctx(name).await;
            let mut tx = ctx.read().await.unwrap();
            use crate::intake::queue::{Asked, Part, store as queue};
            let open = queue::queue(&mut tx, ctx.force, &ctx.scope, &Asked::of(Part::Open)).await.unwrap().len();
            let me = ctx.principal.person().unwrap();
            let mine = queue::queue(&mut tx, ctx.force, &ctx.scope, &Asked::of(Part::Mine(me))).await.unwrap().len();
            let counted = queue::counts(&mut tx, ctx.force, &ctx.scope, Some(me), ctx.now()).await.unwrap();
            let seen = queue::whole(&mut tx, ctx.force, &ctx.scope, m.id, ctx.now()).await.unwrap().is_some();
            assert_eq!(mine as i64, counted.mine, "what is counted is what is listed");
            (open, mine, seen)
        };
        assert_eq!(listed("one").await, (1, 1, true), "{}", b.world.database);
        assert_eq!(listed("two").await, (0, 0, false));
        let browser = super::pages::Browser::of(&b, &b.world.ctx("one").await).await;
        assert!(browser.get("/desk").await.1.contains("for you"));
        does(&b.world.ctx("one").await, Note { message: m.id, note: "not ours".into() }).await;
        does(&ctx, Route { message: m.id, area: String::new(), person: None, note: String::new() }).await;
        assert_eq!(listed("one").await, (0, 0, false), "{}: taken back, it is theirs no more", b.world.database);
    }
}

#[tokio::test]
async fn leics_triage_2_danger_is_assessed_by_a_person_before_it_is_closed() {
    for b in benches().await {
        let m = came(&b, "m-1", "private", THREAT).await;
        let ctx = desk(&b).await;
        let spam = Close { message: m.id, outcome: End::Spam, note: String::new() };
        assert_eq!(refused(ctx.act(spam.clone()).await), ["LEICS-TRIAGE-2.assess-first"], "{}", b.world.database);
        does(&ctx, confirming(&m)).await;
        let stored = store::assessments(&mut ctx.read().await.unwrap(), ctx.force, m.id).await.unwrap();
        assert_eq!((stored.len(), stored[0].answers.len(), stored[0].lowers), (1, 6, false));
        let incident = Close { message: m.id, outcome: End::IncidentRaised, note: String::new() };
        assert_eq!(code(ctx.act(incident.clone()).await), "no-incident");
        let done =
            does(&ctx, Refer { message: m.id, kind: Kind::Incident, reference: "0142 of today".into(), note: "address not known".into() })
                .await;
        assert!(is_reference(done.data["reference"].as_str().unwrap()), "{done:?}");
        does(&ctx, incident).await;
        let now = again(&b, m.id).await;
        assert_eq!((now.state.as_str(), now.outcome.as_deref()), ("closed", Some("incident_raised")));
    }
}

#[tokio::test]
async fn i3_only_an_assessment_with_its_reason_lowers_and_an_edit_asks_again() {
    for b in benches().await {
        let m = came(&b, "m-1", "comment", THREAT).await;
        let ctx = desk(&b).await;
        assert_eq!(code(ctx.act(six(&m.triage, Decided::Routine, m.id, "")).await), "say-why");
        assert_eq!(again(&b, m.id).await.priority, 0);
        does(&ctx, six(&m.triage, Decided::Routine, m.id, "a quotation from a film, and they say so")).await;
        let lowered = again(&b, m.id).await;
        assert_eq!((lowered.priority, lowered.assessed_at.is_some()), (3, true), "{}", b.world.database);
        assert_eq!(lowered.triage, m.triage, "what software said stands");
        b.world.clock.forward(5 * SECOND);
        b.take(
            crate::intake::tests::edited("m-1", 2, "he has a gun now and is going to shoot me, hurry", "2026-11-21T12:00:01Z").to_string(),
        )
        .await;
        let edited = again(&b, m.id).await;
        assert_eq!(edited.priority, 0, "{}: the edit raised it again", b.world.database);
    }
}

#[tokio::test]
async fn app_role_4_each_referral_has_a_reference_of_its_own_a_target_and_where_it_came_from() {
    for b in benches().await {
        let m = came(&b, "m-1", "private", "my shed was broken into last month and the mower stolen").await;
        let ctx = desk(&b).await;
        let refer = |kind| Refer { message: m.id, kind, reference: String::new(), note: "see the message".into() };
        let first = does(&ctx, refer(Kind::CrimeReport)).await.data["reference"].as_str().unwrap().to_owned();
        let second = does(&ctx, refer(Kind::CrimeReport)).await.data["reference"].as_str().unwrap().to_owned();
        let other = does(&ctx, refer(Kind::Intelligence)).await.data["reference"].as_str().unwrap().to_owned();
        assert!(
            first.starts_with("CRM-2026-000001-") && second.starts_with("CRM-2026-000002-") && other.starts_with("INT-2026-000001-"),
            "{first} {second} {other}"
        );
        let rows = store::referrals(&mut ctx.read().await.unwrap(), ctx.force, m.id).await.unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0].target_at.0 - rows[0].at.0, 24 * 60 * MINUTE);
        let incident =
            does(&ctx, Refer { reference: "0142".into(), ..refer(Kind::Incident) }).await.data["reference"].as_str().unwrap().to_owned();
        assert!(incident.starts_with("INC-2026-000001-"), "{incident}");
        assert_eq!(code(ctx.act(refer(Kind::Incident)).await), "say-it", "the control room's number is the incident's");
        // Provenance: the entry names the message, its account and the very body it came in.
        let mut tx = b.ctx().read().await.unwrap();
        let rows = tx
            .rows(
                crate::sql!("SELECT body FROM ledger_entry WHERE force = $1 AND act = $2 AND decision = 'done'"),
                crate::vals![ctx.force, "desk.refer"],
            )
            .await
            .unwrap();
        for row in rows {
            let body = String::from_utf8(row.get::<Vec<u8>>("body").unwrap()).unwrap();
            for id in [m.id.to_string(), m.account.to_string(), m.raw.to_string()] {
                assert!(body.contains(&id), "{id} in {body}");
            }
        }
        drop(tx);
        assert_eq!(code(ctx.act(Refer { reference: "9".repeat(81), ..refer(Kind::Foi) }).await), "too-long");
        assert_eq!(b.entries("desk.refer").await, 6, "{}: four done and two refused", b.world.database);
    }
}

#[tokio::test]
async fn leics_triage_3_what_needs_no_action_now_goes_to_the_area_and_falls_back_unanswered() {
    for mut b in benches().await {
        b.world.person("north", &["local"], &["Northfield"]).await;
        let m = came(&b, "m-1", "comment", "when is the next beat surgery?").await;
        let (ctx, local) = (desk(&b).await, b.world.ctx("north").await);
        let route = |area: &str| Route { message: m.id, area: area.into(), person: None, note: String::new() };
        assert_eq!(code(local.act(ClaimMessage { message: m.id }).await), "not-found", "{}: not theirs yet", b.world.database);
        assert_eq!(code(ctx.act(route("Atlantis")).await), "no-such-area");
        does(&ctx, route("Northfield")).await;
        does(&local, ClaimMessage { message: m.id }).await;
        does(&local, ReleaseClaim { message: m.id }).await;
        let target = store::open_routing(&mut ctx.read().await.unwrap(), ctx.force, m.id).await.unwrap().unwrap().target_at.unwrap();
        b.world.clock.set(target.plus(-1));
        b.world.run_jobs().await;
        assert_eq!(again(&b, m.id).await.area, "Northfield");
        b.world.clock.set(target);
        b.world.run_jobs().await;
        let back = again(&b, m.id).await;
        assert_eq!((back.area.as_str(), back.due_at <= target), ("", true), "{}: the desk has it again", b.world.database);
        let routings = store::routings(&mut ctx.read().await.unwrap(), ctx.force, m.id).await.unwrap();
        assert_eq!(routings[0].ended.as_deref(), Some("fell-back"));
        assert_eq!(code(local.act(ClaimMessage { message: m.id }).await), "not-found");
    }
}

#[tokio::test]
async fn leics_triage_3_danger_is_not_passed_on_nor_answered_by_a_local_team() {
    for mut b in benches().await {
        let m = came(&b, "m-1", "private", THREAT).await;
        b.world.person("north", &["local"], &["Northfield"]).await;
        let corporate = b.world.ctx("corporate-communications").await;
        let route = Route { message: m.id, area: "Northfield".into(), person: None, note: String::new() };
        assert!(refused(corporate.act(route).await).contains(&"LEICS-TRIAGE-3.desk-first".to_owned()), "{}", b.world.database);
    }
}

#[tokio::test]
async fn app_comm_4_anyone_who_sees_a_message_raises_it_in_one_step() {
    for mut b in benches().await {
        let north = b.world.person("north", &["local"], &["Northfield"]).await;
        let m = came(&b, "m-1", "comment", "what a nice picture of your new car").await;
        does(&desk(&b).await, Route { message: m.id, area: String::new(), person: Some(north), note: String::new() }).await;
        let local = b.world.ctx("north").await;
        does(&local, Escalate { message: m.id, note: "the picture shows a colleague's street".into() }).await;
        let raised = again(&b, m.id).await;
        assert_eq!(raised.priority, 0);
        let mut tx = b.ctx().read().await.unwrap();
        let alert = store::ringing(&mut tx, b.world.force, m.id).await.unwrap().expect("it rings");
        assert_eq!(alert.kind, bluelamp_domain::desk::alert::Kind::Escalated);
        assert_eq!(alert.next_at.0 - alert.raised_at.0, 3 * MINUTE, "{}", b.world.database);
        assert_eq!(store::notes(&mut tx, b.world.force, m.id).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn leics_use_1_every_message_ends_read_with_an_outcome_and_can_be_opened_again() {
    for b in benches().await {
        let m = came(&b, "m-1", "comment", "lovely photo of the dog").await;
        let ctx = desk(&b).await;
        let waiting = || async {
            store::waiting_by_account(&mut ctx.read().await.unwrap(), ctx.force, true, ctx.scope.ids(), ctx.now()).await.unwrap()
        };
        assert_eq!((waiting().await[0].unread, waiting().await[0].unanswered), (1, 1), "{}", b.world.database);
        b.world.clock.forward(25 * 60 * MINUTE);
        assert_eq!(waiting().await[0].ages, [0, 0, 1, 0]);
        let end = |outcome, note: &str| Close { message: m.id, outcome, note: note.into() };
        assert_eq!(code(ctx.act(end(End::NoActionNeeded, "")).await), "assess-first");
        assert_eq!(code(ctx.act(end(End::Answered, "")).await), "not-answered");
        let none = Assess { decided: Decided::None, reason: "kind words, nothing asked".into(), ..confirming(&m) };
        does(&ctx, none).await;
        does(&ctx, end(End::NoActionNeeded, "")).await;
        does(&ctx, end(End::NoActionNeeded, "")).await;
        assert_eq!(code(ctx.act(end(End::Spam, "")).await), "closed");
        assert!(waiting().await.is_empty());
        assert_eq!(code(ctx.act(Reopen { message: m.id, note: " ".into() }).await), "say-it");
        does(&ctx, Reopen { message: m.id, note: "they wrote more elsewhere".into() }).await;
        assert_eq!(waiting().await.len(), 1);
    }
}

#[tokio::test]
async fn app_role_2_duty_begins_and_ends_with_a_record() {
    for b in benches().await {
        does(&desk(&b).await, StartDuty {}).await;
        assert!(desk(&b).await.scope.on_duty, "{}", b.world.database);
        does(&desk(&b).await, StartDuty {}).await;
        does(&desk(&b).await, EndDuty {}).await;
        does(&desk(&b).await, EndDuty {}).await;
        assert!(!desk(&b).await.scope.on_duty);
        assert_eq!(refused(b.world.ctx("auditor").await.act(StartDuty {}).await), ["no-rule-gives-this"]);
    }
}

//! What hangs on a case is found when the case goes on.

use super::*;
use crate::publishing::acts::link_case::LinkCase;
use crate::publishing::acts::open_case::OpenCase;
use crate::publishing::acts::set_case_stage::SetCaseStage;
use crate::testing::{done, refused};
use bluelamp_domain::publishing::{Kind, Stage};

async fn case(ctx: &Ctx, stage: Stage) -> CaseId {
    CaseId(does(ctx, OpenCase { title: "Operation Heron".into(), stage }).await.id.unwrap())
}

#[tokio::test]
async fn leics_use_4_posts_of_a_case_are_listed_when_its_stage_changes_and_come_down_together() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let heron = case(&ctx, Stage::Open).await;
        let appeal = DraftInput { kind: Kind::Appeal, case: Some(heron), ..b.words("Did you see a fire at the mill on Sunday? Call 101.") };
        let first = b.create(&ctx, appeal.clone()).await;
        let second = b.create(&ctx, DraftInput { accounts: vec![b.north], ..appeal }).await;
        for draft in [first, second] {
            done(Ok(b.publish(&ctx, draft).await));
        }
        b.world.run_jobs().await;
        let listed = does(&ctx, SetCaseStage { case: heron, stage: Stage::Charged, note: String::new(), take_down: vec![] }).await;
        assert_eq!(listed.data["linked"].as_array().unwrap().len(), 2, "{}", b.world.database);
        let closed =
            does(&ctx, SetCaseStage { case: heron, stage: Stage::Closed, note: "Dealt with".into(), take_down: vec![first, second] }).await;
        assert!(closed.data["linked"].as_array().unwrap().iter().all(|l| l["outlived"] == true));
        b.world.run_jobs().await;
        for draft in [first, second] {
            assert_eq!(b.states(draft).await, ("taken-down".into(), vec!["gone"]));
        }
    }
}

#[tokio::test]
async fn all_of_a_case_comes_down_or_its_stage_stays() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let heron = case(&ctx, Stage::Open).await;
        let words = DraftInput { kind: Kind::Appeal, case: Some(heron), ..b.words("Did you see a fire at the mill? Call 101.") };
        let out = b.create(&ctx, words.clone()).await;
        let never = b.create(&ctx, words).await;
        done(Ok(b.publish(&ctx, out).await));
        b.world.run_jobs().await;
        // One of them is not out and cannot be taken down: then nothing is done at all.
        let rules =
            refused(ctx.act(SetCaseStage { case: heron, stage: Stage::Closed, note: String::new(), take_down: vec![out, never] }).await);
        assert_eq!(rules, ["wrong-state"], "{}", b.world.database);
        assert_eq!(b.states(out).await.0, "live");
        let mut tx = ctx.read().await.unwrap();
        assert_eq!(store::case(&mut tx, ctx.force, heron).await.unwrap().unwrap().stage, Stage::Open);
    }
}

#[tokio::test]
async fn app_pol_7_an_appeal_hangs_on_a_case_and_ends_with_it() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let draft = b.create(&ctx, DraftInput { kind: Kind::Missing, ..b.words("Have you seen this dog walker?") }).await;
        assert_eq!(refused(Ok(b.publish(&ctx, draft).await)), ["APP-POL-7.needs-case"], "{}", b.world.database);
        let heron = case(&ctx, Stage::Closed).await;
        does(&ctx, LinkCase { draft, case: Some(heron), reason: String::new() }).await;
        assert_eq!(b.draft(draft).await.draft.revision, 2, "what may be said depends on the case");
        let rules = refused(Ok(b.publish(&ctx, draft).await));
        assert!(rules.contains(&"APP-POL-7.case-over".to_owned()), "{rules:?}");
    }
}

#[tokio::test]
async fn leics_legal_1_nobody_is_guilty_before_a_verdict() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let heron = case(&ctx, Stage::Trial).await;
        let draft = b.create(&ctx, DraftInput { case: Some(heron), ..b.words("The murderer is in the dock today.") }).await;
        let rules = refused(Ok(b.publish(&ctx, draft).await));
        assert!(rules.contains(&"LEICS-LEGAL-1.contempt".to_owned()), "{}: {rules:?}", b.world.database);
    }
}

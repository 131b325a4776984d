//! Platforms that answer badly or not at all: nothing is sent twice in the dark, nothing is lost.

use super::*;
use crate::community::acts::report::Report;
use bluelamp_platforms::rehearsal::server::Fault;
use bluelamp_platforms::{Moderation, Outcome, Subject};

async fn later(b: &Bench) {
    b.world.clock.forward(11 * MINUTE);
    b.world.run_jobs().await;
}

#[tokio::test]
async fn an_unknown_outcome_is_asked_before_anything_is_sent_again() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let (remote, id) = comment(&b, "spam").await;
        let taken = takes(&desk, hide(id)).await;
        b.server.fault(Fault::Html, 1);
        b.world.run_jobs().await;
        assert_eq!((measure(&b, taken).await.state, calls(&b, taken).await), (State::Unknown, 1));
        assert!(!hidden(&b, id).await, "what nobody knows is not called done");
        // The call had got through after all: asked, the platform shows it gone, and nothing more is sent.
        let line = connection::line_of(&b.ctx(), b.account).await.unwrap();
        let subject = Subject {
            remote_id: remote.clone(),
            author_id: "u-heron".into(),
            extra: [].into(),
            ground: "spam".into(),
            reason: String::new(),
        };
        assert_eq!(line.connector.moderate(&*line.net, &line.connection, Moderation::Hide, &subject, 0).await, Outcome::Done(()));
        later(&b).await;
        let m = measure(&b, taken).await;
        assert_eq!((m.state, calls(&b, taken).await), (State::Done, 1), "{}: {}", b.world.database, m.why);
        assert!(hidden(&b, id).await);
    }
}

#[tokio::test]
async fn a_hide_that_did_not_get_through_is_found_so_and_sent_again() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let (remote, id) = comment(&b, "spam").await;
        let taken = takes(&desk, hide(id)).await;
        b.server.fault(Fault::Html, 1);
        b.world.run_jobs().await;
        later(&b).await;
        assert_eq!((measure(&b, taken).await.state, calls(&b, taken).await), (State::Done, 2));
        assert!(!b.server.visible(&remote));
    }
}

#[tokio::test]
async fn a_report_in_doubt_is_for_a_person() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let (_, id) = comment(&b, "spam").await;
        let report = Report { message: id, ground: "spam".into(), reason: String::new() };
        let taken = takes(&desk, report.clone()).await;
        b.server.fault(Fault::Html, 1);
        b.world.run_jobs().await;
        later(&b).await;
        assert_eq!((measure(&b, taken).await.state, b.server.reports()), (State::Unknown, 0), "never sent a second time by itself");
        let again = takes(&desk, report).await;
        assert_ne!(taken, again);
        b.world.run_jobs().await;
        assert_eq!((measure(&b, again).await.state, b.server.reports()), (State::Done, 1));
    }
}

#[tokio::test]
async fn a_crash_between_call_and_answer_leaves_its_trace_and_is_asked_about() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let (_, id) = comment(&b, "spam").await;
        let report = takes(&desk, Report { message: id, ground: "spam".into(), reason: String::new() }).await;
        // The line before the call is all that a crash right after it leaves.
        let came = crate::community::acts::record_outcome::RecordOutcome {
            measure: report,
            came: bluelamp_domain::community::Came::Sending,
            why: String::new(),
        };
        does(&b.world.system(bluelamp_domain::act::Actor::Scheduler), came).await;
        b.world.run_jobs().await;
        assert_eq!((measure(&b, report).await.state, b.server.reports()), (State::Unknown, 0));
    }
}

#[tokio::test]
async fn too_many_requests_and_errors_are_waited_out() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let (remote, id) = comment(&b, "spam").await;
        let taken = takes(&desk, hide(id)).await;
        b.server.fault(Fault::Limited, 1);
        b.world.run_jobs().await;
        assert_eq!(measure(&b, taken).await.state, State::Requested, "certainly not done");
        later(&b).await;
        assert!(!b.server.visible(&remote));
        assert_eq!(measure(&b, taken).await.state, State::Done);
    }
}

#[tokio::test]
async fn a_revoked_credential_marks_the_connection_and_says_so() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let (remote, id) = comment(&b, "spam").await;
        let taken = takes(&desk, hide(id)).await;
        b.server.fault(Fault::ExpiredToken, 1);
        b.server.fault(Fault::RevokedKey, 100);
        b.world.run_jobs().await;
        let m = measure(&b, taken).await;
        assert_eq!(m.state, State::Rejected);
        assert!(m.why.contains("connect it again"), "{}", m.why);
        let mut tx = b.ctx().read().await.unwrap();
        let row = crate::accounts::store::connection(&mut tx, b.world.force, b.account).await.unwrap().unwrap();
        assert_eq!(row.state, "needs-person");
        assert!(b.server.visible(&remote));
    }
}

#[tokio::test]
async fn an_expired_token_is_renewed_and_the_measure_taken() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let (remote, id) = comment(&b, "spam").await;
        let taken = takes(&desk, hide(id)).await;
        b.server.fault(Fault::ExpiredToken, 1);
        b.world.run_jobs().await;
        later(&b).await;
        assert_eq!(measure(&b, taken).await.state, State::Done);
        assert!(!b.server.visible(&remote));
    }
}

//! Alarms: raised with what they are about, passed on at the pack's minute, silent once a person answered.

use super::*;
use crate::desk::acts::{acknowledge_alert::AcknowledgeAlert, raise_alert::RaiseAlert, start_duty::StartDuty};
use crate::intake::tests::bench;
use crate::publishing::DraftInput;
use crate::publishing::acts::{create_draft::CreateDraft, escalate::Escalate, publish::Publish, schedule::Schedule};
use bluelamp_domain::desk::alert::{Contact, Kind};
use bluelamp_domain::ids::{DraftId, PersonId};
use bluelamp_domain::time::{HOUR, MINUTE};
use bluelamp_platforms::rehearsal::server::Fault;
use std::collections::BTreeSet;

async fn told(b: &Bench, alert: bluelamp_domain::ids::AlertId, round: i64) -> BTreeSet<PersonId> {
    let notices = store::notices(&mut b.ctx().read().await.unwrap(), b.world.force, alert).await.unwrap();
    notices.into_iter().filter(|(_, r, ..)| *r == round).map(|(p, ..)| p).collect()
}

async fn on_duty(b: &Bench, names: &[&str]) {
    for name in names {
        does(&b.world.ctx(name).await, StartDuty {}).await;
    }
}

#[tokio::test]
async fn app_role_3_an_immediate_message_alarms_in_its_own_transaction_and_tells_those_on_duty() {
    for b in benches().await {
        on_duty(&b, &["desk", "command", "corporate-communications"]).await;
        let m = came(&b, "m-1", "private", THREAT).await;
        let mut tx = b.ctx().read().await.unwrap();
        let alert = store::ringing(&mut tx, b.world.force, m.id).await.unwrap().expect("it rings");
        assert_eq!((alert.raised_at, alert.kind, alert.account), (m.received_at, Kind::Immediate, b.account), "{}", b.world.database);
        let expected = ["desk", "command", "corporate-communications"].map(|p| b.world.id_of(p)).into();
        assert_eq!(told(&b, alert.id, 0).await, expected);
        // A second cause finds it ringing: one message, one alarm.
        drop(tx);
        does(
            &b.ctx(),
            RaiseAlert {
                account: b.account,
                message: Some(m.id),
                messages: vec![],
                draft: None,
                kind: Kind::Immediate,
                note: String::new(),
            },
        )
        .await;
        let mut tx = b.ctx().read().await.unwrap();
        assert_eq!(store::alerts_of(&mut tx, b.world.force, m.id).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn app_role_3_unanswered_it_goes_to_the_next_contact_on_the_minute_and_not_before() {
    for b in benches().await {
        on_duty(&b, &["desk"]).await;
        let m = came(&b, "m-1", "private", THREAT).await;
        let alert = || async { store::ringing(&mut b.ctx().read().await.unwrap(), b.world.force, m.id).await.unwrap().unwrap() };
        let raised = alert().await;
        let chain = [
            (Contact::Supervisor, "desk-supervisor"),
            (Contact::Command, "command"),
            (Contact::CorporateCommunications, "corporate-communications"),
        ];
        for (n, (contact, who)) in chain.into_iter().enumerate() {
            let round = i64::try_from(n).unwrap() + 1;
            b.world.clock.set(raised.raised_at.plus(3 * MINUTE * round - 1));
            b.world.run_jobs().await;
            assert_eq!(alert().await.round, round - 1, "{}: not before its minute", b.world.database);
            b.world.clock.forward(1);
            b.world.run_jobs().await;
            let now = alert().await;
            assert_eq!((now.round, now.contact), (round, contact), "{}", b.world.database);
            assert_eq!(told(&b, raised.id, round).await, [b.world.id_of(who)].into());
        }
        for round in 4..7 {
            b.world.clock.set(raised.raised_at.plus(3 * MINUTE * round));
            b.world.run_jobs().await;
            assert_eq!((alert().await.round, alert().await.contact), (round, Contact::Everyone), "it rings on");
        }
    }
}

#[tokio::test]
async fn app_role_3_answered_it_stops_and_how_long_it_took_is_known() {
    for b in benches().await {
        on_duty(&b, &["desk"]).await;
        let m = came(&b, "m-1", "private", THREAT).await;
        let alert = store::ringing(&mut b.ctx().read().await.unwrap(), b.world.force, m.id).await.unwrap().unwrap();
        b.world.clock.forward(2 * MINUTE);
        assert_eq!(refused(b.world.ctx("publisher").await.act(AcknowledgeAlert { alert: alert.id }).await).len(), 1);
        does(&desk(&b).await, AcknowledgeAlert { alert: alert.id }).await;
        b.world.clock.forward(60 * MINUTE);
        b.world.run_jobs().await;
        let mut tx = b.ctx().read().await.unwrap();
        let after = store::alert(&mut tx, b.world.force, alert.id).await.unwrap().unwrap();
        assert_eq!((after.round, after.acknowledged_by), (0, Some(b.world.id_of("desk"))), "{}", b.world.database);
        let times = store::acknowledge_times(&mut tx, b.world.force, alert.raised_at, b.world.app.clock.now()).await.unwrap();
        assert_eq!(times, [2 * MINUTE]);
        drop(tx);
        // Who answers second changes nothing.
        does(&b.world.ctx("command").await, AcknowledgeAlert { alert: alert.id }).await;
        let after = store::alert(&mut b.ctx().read().await.unwrap(), b.world.force, alert.id).await.unwrap().unwrap();
        assert_eq!(after.acknowledged_by, Some(b.world.id_of("desk")));
    }
}

#[tokio::test]
async fn app_role_3_the_bar_shows_it_to_those_on_duty_until_someone_answers_and_holds_no_words_of_it() {
    for b in benches().await {
        on_duty(&b, &["desk"]).await;
        let m = came(&b, "m-1", "private", THREAT).await;
        let ctx = desk(&b).await;
        let bar = || async { crate::wiring::alerts(&ctx, &mut ctx.read().await.unwrap()).await.unwrap() };
        let shown = bar().await;
        assert_eq!(shown.len(), 1, "{}", b.world.database);
        assert_eq!(shown[0].href, format!("/desk/messages/{}", m.id));
        assert!(!shown[0].sentence.contains("knife") && shown[0].sentence.contains("Account main"), "{}", shown[0].sentence);
        let id = shown[0].id.parse().unwrap();
        does(&ctx, AcknowledgeAlert { alert: id }).await;
        assert!(bar().await.is_empty());
    }
}

#[tokio::test]
async fn a_person_does_not_raise_an_alarm_past_their_own_act() {
    for b in benches().await {
        let raise = RaiseAlert { account: b.account, message: None, messages: vec![], draft: None, kind: Kind::Gap, note: String::new() };
        assert_eq!(refused(desk(&b).await.act(raise).await), ["no-rule-gives-this"], "{}", b.world.database);
    }
}

/// A post of corporate communications on the bench's account.
async fn drafted(b: &Bench, text: &str) -> DraftId {
    let content =
        DraftInput { purpose: "tactical-operational".into(), text: text.into(), accounts: vec![b.account], ..DraftInput::default() };
    DraftId(does(&b.world.ctx("corporate-communications").await, CreateDraft { content }).await.id.unwrap())
}

async fn ringing_for(b: &Bench, draft: DraftId) -> Option<store::AlertRow> {
    store::ringing_for(&mut b.ctx().read().await.unwrap(), b.world.force, draft, Kind::PostFailed).await.unwrap()
}

#[tokio::test]
async fn a_post_whose_time_passed_rings_until_someone_answers_and_one_that_went_does_not() {
    for b in benches().await {
        on_duty(&b, &["desk"]).await;
        let corporate = b.world.ctx("corporate-communications").await;
        let (late, went) = (drafted(&b, "Come and meet us at one.").await, drafted(&b, "The road is open again.").await);
        does(&corporate, Publish { draft: went, revision: 1 }).await;
        b.world.run_jobs().await;
        does(&corporate, Schedule { draft: late, revision: 1, at: b.world.app.clock.now().plus(HOUR) }).await;
        // The program was down over its time and longer than the pack's minutes.
        b.world.clock.forward(HOUR + 31 * MINUTE);
        b.world.run_jobs().await;
        assert!(ringing_for(&b, went).await.is_none(), "{}", b.world.database);
        let alert = ringing_for(&b, late).await.expect("it rings");
        assert_eq!((alert.kind, alert.account), (Kind::PostFailed, b.account), "{}", b.world.database);
        assert_eq!(told(&b, alert.id, 0).await, [b.world.id_of("desk")].into());
        let ctx = desk(&b).await;
        let bar = crate::wiring::alerts(&ctx, &mut ctx.read().await.unwrap()).await.unwrap();
        assert!(bar[0].sentence.contains("A post did not go out") && !bar[0].sentence.contains("meet us"), "{}", bar[0].sentence);
        // Those on duty who see no drafts are told whom to tell; those who do are led to it.
        let page = super::pages::Browser::of(&b, &ctx).await.get("/desk/alerts").await.1;
        assert!(page.contains("tell corporate communications") && !page.contains(&format!("/publishing/{late}")), "{page}");
        let theirs = super::pages::Browser::of(&b, &corporate).await.get("/desk/alerts").await.1;
        assert!(theirs.contains(&format!("/publishing/{late}")));
        does(&ctx, AcknowledgeAlert { alert: alert.id }).await;
        b.world.clock.forward(HOUR);
        b.world.run_jobs().await;
        assert!(ringing_for(&b, late).await.is_none(), "it was answered, and expires once");
    }
}

#[tokio::test]
async fn a_post_that_its_platform_turned_down_rings_too() {
    for b in benches().await {
        let corporate = b.world.ctx("corporate-communications").await;
        let draft = drafted(&b, "Police surgery this afternoon.").await;
        b.server.fault(Fault::RevokedKey, 1_000);
        b.server.fault(Fault::ExpiredToken, 1);
        does(&corporate, Publish { draft, revision: 1 }).await;
        b.world.run_jobs().await;
        assert!(ringing_for(&b, draft).await.is_none(), "{}: it is still tried", b.world.database);
        for _ in 0..3 {
            b.world.clock.forward(16 * MINUTE);
            b.world.run_jobs().await;
        }
        let alert = ringing_for(&b, draft).await.expect("it rings");
        assert_eq!(alert.kind, Kind::PostFailed, "{}", b.world.database);
    }
}

#[tokio::test]
async fn app_comm_4_a_post_of_the_force_s_own_is_raised_in_one_step_and_chased() {
    for mut b in benches().await {
        on_duty(&b, &["desk"]).await;
        let corporate = b.world.ctx("corporate-communications").await;
        let draft = drafted(&b, "Come and meet us at one.").await;
        does(&corporate, Publish { draft, revision: 1 }).await;
        b.world.run_jobs().await;
        let north = b.world.person("north", &["local"], &[]).await;
        does(&b.world.ctx("digital-media-team").await, crate::accounts::acts::authorise::Authorise { person: north, account: b.account })
            .await;
        let local = b.world.ctx("north").await;
        let raise = |note: &str| Escalate { draft, note: note.into() };
        does(&local, raise("the picture shows a colleague's street")).await;
        let ringing = async || {
            let mut tx = b.ctx().read().await.unwrap();
            store::ringing_for(&mut tx, b.world.force, draft, Kind::Escalated).await.unwrap()
        };
        let alert = ringing().await.expect("it rings");
        assert_eq!((alert.account, alert.note.as_str()), (b.account, "the picture shows a colleague's street"), "{}", b.world.database);
        assert_eq!(told(&b, alert.id, 0).await, [b.world.id_of("desk")].into());
        // Raised twice, it rings once.
        does(&local, raise("")).await;
        assert_eq!(ringing().await.unwrap().id, alert.id);
        // Nobody answers within the pack's minutes: the next contact is told.
        b.world.clock.forward(alert.next_at.0 - b.world.app.clock.now().0);
        b.world.run_jobs().await;
        assert_eq!(ringing().await.unwrap().round, 1, "{}", b.world.database);
        let page = super::pages::Browser::of(&b, &corporate).await.get("/desk/alerts").await.1;
        assert!(page.contains("shows a colleague&#39;s street") && page.contains(&format!("/publishing/{draft}")), "{page}");
        does(&desk(&b).await, AcknowledgeAlert { alert: alert.id }).await;
        assert!(ringing().await.is_none());
        let (rules, auditor) = (refused(b.world.ctx("auditor").await.act(raise("")).await), "who checks does not raise");
        assert_eq!(rules, ["no-rule-gives-this"], "{auditor}");
        assert_eq!(code(local.act(raise(&"x".repeat(4_001))).await), "too-long");
    }
}

/// Every mail in the receiver's mailbox to these people of this run: their addresses and the texts.
fn mailbox(folder: &str, to: &str) -> Vec<String> {
    // A long line is broken on its way ("=" at its end), which is no word of the mail.
    let whole = |text: String| text.replace("=\r\n", "").replace("=\n", "");
    let read = |entry: std::io::Result<std::fs::DirEntry>| std::fs::read_to_string(entry.ok()?.path()).ok().map(whole);
    let all = std::fs::read_dir(std::path::Path::new(folder).join("new")).expect("the receiver's mailbox can be read");
    all.filter_map(read).filter(|mail| mail.contains(&format!("To: {to}"))).collect()
}

#[tokio::test]
async fn app_role_3_the_alarm_of_an_immediate_message_is_in_the_mailbox_of_those_on_duty_without_a_word_of_it() {
    let (Ok(server), Ok(folder)) = (std::env::var("BLUELAMP_TEST_SMTP"), std::env::var("BLUELAMP_TEST_SMTP_DIR")) else {
        eprintln!("skipped: no mail server; run it by scripts/with-servers smtp");
        return;
    };
    for world in crate::testing::worlds_that_mail(&server).await {
        let mut b = bench(world).await;
        // The mailbox is shared by all tests of a run, and ids are the same in every world: an address of its own.
        let name = format!("duty-{}", b.world.database);
        b.world.person(&name, &["desk"], &[]).await;
        b.world.person(&format!("off-{name}"), &["desk"], &[]).await;
        on_duty(&b, &[&name]).await;
        let address = format!("{name}@exampleshire.example");
        let m = came(&b, "m-1", "private", THREAT).await;
        assert!(mailbox(&folder, &address).is_empty(), "no mail leaves in the transaction itself (I4)");
        b.world.run_jobs().await;
        let mails = mailbox(&folder, &address);
        assert_eq!(mails.len(), 1, "{}: {mails:?}", b.world.database);
        let mail = &mails[0];
        assert!(mail.contains("Subject: Bluelamp alarm: immediate message"), "{mail}");
        assert!(
            mail.contains(&format!("http://localhost/desk/messages/{}", m.id)) && mail.contains("Nobody has acknowledged it yet"),
            "{mail}"
        );
        for word in ["knife", "kill", "wren", "Wren", "outside my door"] {
            assert!(!mail.contains(word), "`{word}` left by mail: {mail}");
        }
        assert!(mailbox(&folder, &format!("off-{address}")).is_empty(), "who is off duty sleeps");
        // Run again, it is not sent again; answered, nobody else is mailed.
        b.world.run_jobs().await;
        assert_eq!(mailbox(&folder, &address).len(), 1);
        let alert = store::ringing(&mut b.ctx().read().await.unwrap(), b.world.force, m.id).await.unwrap().unwrap();
        does(&b.world.ctx(&name).await, AcknowledgeAlert { alert: alert.id }).await;
        b.world.clock.forward(HOUR);
        b.world.run_jobs().await;
        assert_eq!(mailbox(&folder, &address).len(), 1, "{}", b.world.database);
    }
}

#[tokio::test]
async fn app_role_3_a_mail_server_that_asks_to_wait_gets_the_mail_later() {
    let (Ok(server), Ok(folder)) = (std::env::var("BLUELAMP_TEST_SMTP"), std::env::var("BLUELAMP_TEST_SMTP_DIR")) else {
        eprintln!("skipped: no mail server; run it by scripts/with-servers smtp");
        return;
    };
    for world in crate::testing::worlds_that_mail(&server).await {
        let mut b = bench(world).await;
        let name = format!("late-{}", b.world.database);
        b.world.person(&name, &["desk"], &[]).await;
        b.world.person("defer", &["desk"], &[]).await;
        on_duty(&b, &[&name, "defer"]).await;
        came(&b, "m-1", "private", THREAT).await;
        b.world.run_jobs().await;
        assert_eq!(
            mailbox(&folder, &format!("{name}@exampleshire.example")).len(),
            1,
            "{}: one is not kept waiting by another",
            b.world.database
        );
        let mut tx = b.ctx().read().await.unwrap();
        let rows = tx
            .rows(
                crate::sql!("SELECT state FROM job WHERE force = $1 AND kind = 'desk.mail_alert' ORDER BY state"),
                crate::vals![b.world.force],
            )
            .await
            .unwrap();
        let states: Vec<String> = rows.iter().map(|r| r.get("state").unwrap()).collect();
        assert_eq!(states, ["done", "waiting"], "{}: it is tried again", b.world.database);
    }
}

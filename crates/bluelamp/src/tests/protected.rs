//! How accounts and ways in are protected: on the platform itself, by what devices are signed out, by what is mailed and
//! to whom, and by whose word on an address is taken.

use super::browser::Browser;
use crate::accounts::acts::record_protection::RecordProtection;
use crate::accounts::acts::register::Register;
use crate::assurance::live::{State, measures};
use crate::people::store as people;
use crate::publishing::tests::benches;
use crate::security::acts::end_session::{EndSession, Why};
use crate::testing::{World, does, lite_with, refused, worlds};
use crate::{sql, vals};
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::people::TaskKind;
use bluelamp_domain::time::DAY;

async fn state(world: &World, measure: &str) -> State {
    let ctx = world.ctx("auditor").await;
    measures(&ctx, &mut ctx.read().await.unwrap()).await.unwrap()[measure].state
}

fn on(account: AccountId) -> RecordProtection {
    RecordProtection { two_factor: true, login_alerts: true, ..RecordProtection::of(account) }
}

#[tokio::test]
async fn app_sec_9_two_factor_of_every_native_account_is_recorded_and_a_missing_one_is_found() {
    for b in benches().await {
        let security = b.world.ctx("information-security").await;
        assert_eq!(state(&b.world, "native-two-factor").await, State::AtRisk, "{}: nobody has looked", b.world.database);
        does(&security, on(b.main)).await;
        assert_eq!(state(&b.world, "native-two-factor").await, State::AtRisk, "at one of two");
        does(&security, RecordProtection { two_factor: false, ..on(b.north) }).await;
        assert_eq!(state(&b.world, "native-two-factor").await, State::Broken, "one is off");
        assert_eq!(state(&b.world, "native-login-alerts").await, State::Kept, "the other measure is another");
        does(&security, on(b.north)).await;
        assert_eq!(state(&b.world, "native-two-factor").await, State::Kept);
        // Who looked and when stand on the account's page; an account that is not there yet has nothing to look at.
        let mut browser = Browser::of(&b.world, "information-security").await;
        let page = browser.get(&format!("/accounts/{}", b.main)).await;
        assert!(page.body.contains("On the platform itself") && page.body.contains("by Person information-security"), "{}", page.body);
        let form = [("two_factor", "yes"), ("others", "The press office's <b>supplier</b>"), ("unknown_devices", "")];
        let answer = browser.post(&format!("/accounts/{}/protection", b.main), &form).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert_eq!(state(&b.world, "native-login-alerts").await, State::Broken, "a box that is not ticked is off");
        let page = browser.get(&format!("/accounts/{}", b.main)).await;
        assert!(page.body.contains("supplier") && !page.body.contains("<b>supplier"), "{}", page.body);
        let long = "x".repeat(2000);
        assert_eq!(browser.post(&format!("/accounts/{}/protection", b.main), &[("others", &long)]).await.status, 422);
        assert_eq!(refused(b.world.ctx("publisher").await.act(on(b.main)).await), ["not-found"], "not theirs to see");
        assert_eq!(refused(b.world.ctx("auditor").await.act(on(b.main)).await), ["no-rule-gives-this"]);
        let requested = Register { in_use: false, ..crate::intake::tests::register("later") };
        let later = AccountId(does(&b.world.ctx("corporate-communications").await, requested).await.id.unwrap());
        assert_eq!(refused(security.act(on(later)).await), ["not-there-yet"]);
        assert_eq!(state(&b.world, "native-two-factor").await, State::Kept, "it need not be looked at yet");
    }
}

#[tokio::test]
async fn app_sec_10_the_login_alerts_of_every_native_account_are_recorded_and_one_off_is_found() {
    for b in benches().await {
        let security = b.world.ctx("information-security").await;
        for account in [b.main, b.north] {
            does(&security, on(account)).await;
        }
        assert_eq!(state(&b.world, "native-login-alerts").await, State::Kept, "{}", b.world.database);
        let mut browser = Browser::of(&b.world, "corporate-communications").await;
        let page = format!("/accounts/{}", b.north);
        assert!(!browser.get(&page).await.body.contains("Off: turn it on there"));
        does(&security, RecordProtection { login_alerts: false, ..on(b.north) }).await;
        assert_eq!(state(&b.world, "native-login-alerts").await, State::Broken);
        assert!(browser.get(&page).await.body.contains("Off: turn it on there"));
        let compliance = Browser::of(&b.world, "auditor").await.get("/assurance").await.body;
        assert!(compliance.contains("1 account has login alerts off"), "{}", b.world.database);
    }
}

/// A device marked unknown opens a task for information security, one no longer used a task for its person.
#[tokio::test]
async fn app_sec_14_a_device_marked_unknown_or_redundant_opens_a_task_to_log_it_out_natively() {
    for world in worlds().await {
        let mut desk = Browser::of(&world, "desk").await;
        let session = desk.get("/me").await.between("/me/sessions/", "/");
        assert_eq!(state(&world, "native-devices").await, State::Kept);
        let security = world.ctx("information-security").await;
        let mut page = Browser::of(&world, "information-security").await;
        page.get("/security/sessions").await;
        let answer = page.post(&format!("/security/sessions/{session}/end"), &[("why", "unknown")]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert_eq!(desk.get("/me").await.status, 303, "its next request is refused");
        let owed = || async {
            let mut tx = security.read().await.unwrap();
            people::tasks_open(&mut tx, world.force, TaskKind::NativeLogOut).await.unwrap()
        };
        let tasks = owed().await;
        assert_eq!((tasks.len(), tasks[0].role.as_str()), (1, "information-security"), "{}", world.database);
        assert_eq!(state(&world, "native-devices").await, State::AtRisk);
        let shown = page.get("/tasks").await;
        assert!(shown.body.contains("Firefox on Linux") && shown.body.contains("Person desk"), "{}", shown.body);
        // Somebody else's task is not there.
        let mut other = Browser::of(&world, "publisher").await;
        assert!(!other.get("/tasks").await.body.contains("Firefox"));
        let done = format!("/tasks/{}/done", tasks[0].id);
        assert!([403, 404, 422].contains(&other.post(&done, &[]).await.status));
        assert_eq!(owed().await.len(), 1);
        world.clock.forward(2 * DAY);
        assert_eq!(state(&world, "native-devices").await, State::Broken, "its day has passed");
        let answer = page.post(&done, &[("note", "done on both platforms")]).await;
        assert_eq!((answer.status, answer.location()), (303, "/sign-in?next=/"), "the session is over by now");
        let again = crate::people::acts::settle_task::SettleTask { task: tasks[0].id, note: "done".into() };
        does(&security, again).await;
        assert_eq!(state(&world, "native-devices").await, State::Kept);
        // One's own, no longer used: one's own task. Signing out is no reason for any.
        Browser::of(&world, "publisher").await;
        let publisher = world.ctx("publisher").await;
        let session =
            crate::security::store::sessions_of(&mut publisher.read().await.unwrap(), world.force, world.id_of("publisher")).await;
        let sessions = session.unwrap();
        does(&publisher, EndSession { session: sessions[0].id, why: Why::Redundant }).await;
        let tasks = owed().await;
        assert_eq!((tasks.len(), tasks[0].owner), (1, Some(world.id_of("publisher"))));
        does(&publisher, EndSession { session: sessions[1].id, why: Why::SignedOut }).await;
        assert_eq!(owed().await.len(), 1);
    }
}

#[tokio::test]
async fn app_sec_14_devices_found_on_the_platform_open_a_task_too() {
    for b in benches().await {
        let security = b.world.ctx("information-security").await;
        does(&security, RecordProtection { unknown_devices: "A phone in another county".into(), ..on(b.main) }).await;
        let (mut tx, me) = (security.read().await.unwrap(), b.world.id_of("information-security"));
        let tasks = people::tasks_of(&mut tx, b.world.force, me, &security.scope.roles).await.unwrap();
        assert_eq!((tasks.len(), tasks[0].subject), (1, b.main.0), "{}", b.world.database);
        assert!(tasks[0].says.contains("A phone in another county"));
    }
}

#[tokio::test]
async fn app_sec_10_word_of_a_new_device_reaches_a_mailbox() {
    let (port, told) = crate::mail::tests::receiver().await;
    let world = mailing(port).await;
    let ctx = crate::act::Ctx { session: None, ..world.ctx("information-security").await };
    let hash = |c: &str| c.repeat(64);
    let codes = crate::security::acts::make_recovery_codes::MakeRecoveryCodes {
        person: world.id_of("information-security"),
        hashes: vec!["$argon2id$test".into(); bluelamp_domain::security::recovery::COUNT],
    };
    does(&ctx, codes).await;
    let sign_in = crate::security::acts::sign_in::SignIn {
        person: world.id_of("information-security"),
        way: crate::security::acts::sign_in::Way::Recovery { place: 0 },
        secret: hash("a"),
        device: hash("b"),
        device_says: "Firefox on Linux".into(),
        address: "203.0.113.9".into(),
        place: "203.0".into(),
        again: false,
    };
    does(&ctx, sign_in).await;
    world.run_jobs().await;
    // A long line is broken on its way ("=" at its end), which is no word of the mail.
    let told = told.await.unwrap().replace("=\n", "");
    assert!(told.contains("RCPT TO:<information-security@exampleshire.example>"), "{told}");
    assert!(told.contains("Firefox on Linux") && told.contains("203.0.113.9") && told.contains("/me"), "{told}");
}

async fn mailing(port: u16) -> World {
    lite_with(&format!("[mail]\nhost = \"127.0.0.1\"\nport = {port}\nfrom = \"bluelamp@exampleshire.example\"\nsecurity = \"none\"\n"))
        .await
}

#[tokio::test]
async fn an_invitation_goes_by_mail_where_there_is_mail_and_nobody_else_sees_it() {
    let (port, told) = crate::mail::tests::receiver().await;
    let world = mailing(port).await;
    let mut browser = Browser::of(&world, "administrator").await;
    browser.get("/people/new").await;
    let form = [("name", "Person new"), ("email", "new@exampleshire.example"), ("kind", "staff"), ("level", "1"), ("roles", "publisher")];
    let page = browser.post("/people/new", &form).await;
    assert!(page.status == 200 && page.body.contains("on its way") && !page.body.contains("/invite/"), "{}", page.body);
    let stored = {
        let mut tx = world.operator().read().await.unwrap();
        let rows =
            tx.rows(sql!("SELECT input FROM job WHERE force = $1 AND kind = 'security.mail_link'"), vals![world.force]).await.unwrap();
        rows.iter().map(|r| r.get::<String>("input").unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(stored.len(), 1);
    world.run_jobs().await;
    // A long line is broken on its way ("=" at its end), which is no word of the mail.
    let told = told.await.unwrap().replace("=\n", "");
    assert!(told.contains("RCPT TO:<new@exampleshire.example>"), "{told}");
    let secret: String =
        told.split_once("/invite/").expect("the link is in the mail").1.chars().take_while(char::is_ascii_hexdigit).collect();
    assert_eq!(secret.len(), 64, "{told}");
    assert!(!stored[0].contains(&secret), "what is stored of it is sealed (I7)");
    assert_eq!(Browser::new(&world.app).get(&format!("/invite/{secret}")).await.status, 200);
}

#[tokio::test]
async fn an_invitation_is_shown_once_where_there_is_no_mail() {
    let world = crate::testing::lite().await;
    let mut browser = Browser::of(&world, "administrator").await;
    let page = format!("/people/{}", world.id_of("desk"));
    browser.get(&page).await;
    let shown = browser.post(&format!("{page}/link"), &[]).await;
    assert!(shown.body.contains("/invite/"), "{}", shown.body);
    assert!(!browser.get(&page).await.body.contains("/invite/"));
}

/// What a browser says of its own address is worth nothing; what a proxy of ours says of it is.
#[tokio::test]
async fn an_address_is_taken_from_a_proxy_that_is_named_and_from_nobody_else() {
    let forged = "198.51.100.66, 203.0.113.9";
    for (settings, address) in [
        ("", "192.0.2.7"),
        ("[proxy]\ntrusted = [\"192.0.2.8\"]\n", "192.0.2.7"),
        ("[proxy]\ntrusted = [\"192.0.2.0/29\"]\n", "203.0.113.9"),
        ("[proxy]\ntrusted = [\"192.0.2.7\"]\nheader = \"forwarded\"\n", "192.0.2.7"),
    ] {
        let world = lite_with(settings).await;
        let mut browser = Browser::new(&world.app);
        browser.forwarded = Some(forged);
        browser.get("/sign-in").await;
        let fields = [("name", "nobody@exampleshire.example"), ("password", "not the one at all"), ("back", "/")];
        assert_eq!(browser.post("/sign-in/password", &fields).await.status, 422);
        for (of, counted) in [(address, 1), ("198.51.100.66", 0)] {
            let failures = crate::db::visits::failures(&world.app.db, of).await.unwrap();
            assert_eq!(failures, counted, "{settings}: failures of {of}");
        }
    }
}

/// A report of work use of a personal account opens a breach case, which professional standards alone see and close.
#[tokio::test]
async fn leics_mon_3_a_report_of_a_personal_account_used_for_work_opens_a_breach_case() {
    use crate::conduct::acts::close_breach::CloseBreach;
    use crate::conduct::store;
    use bluelamp_domain::conduct::Outcome;
    for world in worlds().await {
        let mut local = Browser::of(&world, "local").await;
        assert_eq!(local.get("/conduct").await.status, 200);
        let about = world.id_of("publisher").to_string();
        let form = [
            ("platform", "Example"),
            ("handle", "@pc-on-his-own"),
            ("about", about.as_str()),
            ("says", "News of <i>our</i> raid, at 14:00"),
        ];
        assert_eq!(local.post("/conduct", &form).await.location(), "/conduct?did=reported", "{}", world.database);
        assert_eq!(local.post("/conduct", &[("platform", "Example"), ("handle", ""), ("says", "x")]).await.status, 422);
        let bad = [("platform", "Example"), ("handle", "@x"), ("about", "00000000-0000-7000-8000-000000000000"), ("says", "x")];
        assert_eq!(local.post("/conduct", &bad).await.status, 422, "nobody of that id works here");
        let mut psd = Browser::of(&world, "professional-standards").await;
        let page = psd.get("/conduct").await.body;
        assert!(page.contains("@pc-on-his-own") && page.contains("Person publisher") && page.contains("Person local"), "{page}");
        assert!(!page.contains("<i>our"), "what was written is shown as text");
        for name in ["local", "administrator", "auditor", "publisher"] {
            let page = Browser::of(&world, name).await.get("/conduct").await.body;
            assert!(!page.contains("@pc-on-his-own"), "{name} sees a case");
        }
        let psd_ctx = world.ctx("professional-standards").await;
        let breach = store::breaches(&mut psd_ctx.read().await.unwrap(), world.force).await.unwrap().remove(0);
        let close = CloseBreach { breach: breach.id, outcome: Outcome::Advice, note: "spoken to".into() };
        assert_eq!(refused(world.ctx("administrator").await.act(close.clone()).await), ["not-found"], "{}", world.database);
        let answer = psd.post(&format!("/conduct/{}/close", breach.id), &[("outcome", "advice"), ("note", "")]).await;
        assert_eq!(answer.status, 422, "an outcome has its reason");
        does(&psd_ctx, close.clone()).await;
        assert_eq!(refused(psd_ctx.act(close).await), ["closed-already"]);
        assert!(psd.get("/conduct").await.body.contains("Advice given"));
        // No word of it stands in the ledger's entries.
        let mut tx = psd_ctx.read().await.unwrap();
        let rows = tx
            .rows(
                sql!("SELECT body FROM ledger_entry WHERE force = $1 AND act = 'conduct.report_breach' AND decision = 'done'"),
                vals![world.force],
            )
            .await
            .unwrap();
        assert_eq!(rows.len(), 1);
        assert!(!String::from_utf8_lossy(&rows[0].get::<Vec<u8>>("body").unwrap()).contains("raid"));
    }
}

#[tokio::test]
async fn whoever_leaves_keeps_no_role_and_no_account_and_whoever_is_suspended_keeps_both() {
    use crate::people::acts::leave::Leave;
    for b in benches().await {
        let by = b.world.ctx("digital-media-team").await;
        let person = b.world.id_of("publisher");
        does(&by, crate::accounts::acts::authorise::Authorise { person, account: b.main }).await;
        let admin = b.world.ctx("administrator").await;
        for (suspended, left) in [(true, 1), (false, 0)] {
            does(&admin, Leave { person, suspended }).await;
            let mut tx = admin.read().await.unwrap();
            let record = people::person(&mut tx, b.world.force, person).await.unwrap().unwrap();
            let accounts = people::accounts_of(&mut tx, b.world.force, person).await.unwrap();
            assert_eq!((record.roles.len(), accounts.len()), (left, left), "{}", b.world.database);
        }
    }
}

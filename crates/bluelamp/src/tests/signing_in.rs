//! Signing in: the first time, with a passkey, with a password and a code; and everything that must not open the door.

use super::authenticator::Authenticator;
use super::browser::{Answer, Browser};
use crate::act::Ctx;
use crate::http::session::secret_hash;
use crate::security::acts::end_session::{EndSession, Why};
use crate::security::{links, store, totp};
use crate::testing::{World, does, refused, worlds};
use crate::{sql, vals};
use bluelamp_domain::time::{DAY, HOUR, MINUTE, SECOND};

const ORIGIN: &str = "http://localhost";
const PASSWORD: &str = "marmalade tractor eleven";

/// A one-time link for somebody of this world, as a path.
async fn link(world: &World, name: &str) -> String {
    let by = if name == "administrator" { "information-security" } else { "administrator" };
    let link = links::make(&world.ctx(by).await, world.id_of(name)).await.unwrap().unwrap();
    link.trim_start_matches(ORIGIN).to_owned()
}

fn base32(text: &str) -> Vec<u8> {
    totp_rs::Secret::try_from_base32(text.replace(' ', "")).unwrap().as_ref().to_vec()
}

/// Comes in by a link with a password and an app; answers the app's secret and the recovery codes.
async fn comes_in(world: &World, browser: &mut Browser, name: &str) -> (Vec<u8>, Vec<String>) {
    let path = link(world, name).await;
    assert_eq!(browser.get(&path).await.status, 200);
    let page = browser.post(&format!("{path}/password"), &[("password", PASSWORD), ("again", PASSWORD)]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let secret = base32(&page.between("<p><code>", "</code>"));
    let code = totp::code(&secret, world.app.clock.now());
    let page = browser.post(&format!("{path}/code"), &[("code", &code)]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let codes = page.body.split("<li><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    (secret, codes)
}

async fn password(browser: &mut Browser, name: &str, password: &str) -> Answer {
    browser.get("/sign-in").await;
    browser.post("/sign-in/password", &[("name", &format!("{name}@exampleshire.example")), ("password", password), ("back", "/")]).await
}

async fn me(browser: &mut Browser) -> u16 {
    browser.get("/me").await.status
}

#[tokio::test]
async fn app_sec_9_an_invited_person_comes_in_with_a_password_and_an_app_and_the_link_is_spent() {
    for world in worlds().await {
        let mut browser = Browser::new(&world.app);
        let path = link(&world, "desk").await;
        assert_eq!(browser.get("/me").await.location(), "/sign-in?next=/me");
        let (_, codes) = {
            browser.get(&path).await;
            for bad in ["short", "password1234", "exampleshire1"] {
                let page = browser.post(&format!("{path}/password"), &[("password", bad), ("again", bad)]).await;
                assert_eq!(page.status, 422, "{bad}");
                assert!(!page.body.contains(bad), "what was typed as a password is not shown again");
            }
            assert_eq!(
                browser.post(&format!("{path}/password"), &[("password", PASSWORD), ("again", "another one altogether")]).await.status,
                422
            );
            comes_in(&world, &mut browser, "desk").await
        };
        assert_eq!(codes.len(), 10);
        assert_eq!(me(&mut browser).await, 200, "{}", world.database);
        // The first link was replaced by the second, which is used up.
        assert_eq!(Browser::new(&world.app).get(&path).await.status, 404);
        let mut tx = world.operator().read().await.unwrap();
        let rows = tx
            .rows(sql!("SELECT act FROM ledger_entry WHERE force = $1 AND decision = 'done' AND act LIKE 'security.%'"), vals![world.force])
            .await
            .unwrap();
        let mut acts: Vec<String> = rows.iter().map(|r| r.get("act").unwrap()).collect();
        acts.sort();
        let each = ["add_credential", "add_credential", "make_link", "make_link", "make_recovery_codes", "sign_in"];
        assert_eq!(acts, each.map(|a| format!("security.{a}")));
    }
}

#[tokio::test]
async fn app_sec_9_a_password_alone_opens_nothing_and_a_code_works_once() {
    for world in worlds().await {
        let (secret, codes) = comes_in(&world, &mut Browser::new(&world.app), "desk").await;
        world.clock.forward(MINUTE);
        let mut browser = Browser::new(&world.app);
        let page = password(&mut browser, "desk", PASSWORD).await;
        assert!(page.status == 200 && page.body.contains("Code from your authenticator app"), "{}", page.body);
        assert_eq!(me(&mut browser).await, 303, "the first factor is no session");
        let code = totp::code(&secret, world.app.clock.now());
        assert_eq!(browser.post("/sign-in/code", &[("code", "000000")]).await.status, 422);
        assert_eq!(browser.post("/sign-in/code", &[("code", &code)]).await.status, 303);
        assert_eq!(me(&mut browser).await, 200);
        // The same code again, from elsewhere: refused, though it is still right by the clock.
        let mut other = Browser::new(&world.app);
        password(&mut other, "desk", PASSWORD).await;
        let page = other.post("/sign-in/code", &[("code", &code)]).await;
        assert!(page.status == 422 && page.body.contains("used already"), "{}", page.body);
        // A recovery code works instead, once.
        assert_eq!(other.post("/sign-in/code", &[("code", &codes[3])]).await.status, 303);
        let mut third = Browser::new(&world.app);
        password(&mut third, "desk", PASSWORD).await;
        assert_eq!(third.post("/sign-in/code", &[("code", &codes[3])]).await.status, 422, "{}", world.database);
    }
}

#[tokio::test]
async fn app_sec_9_a_passkey_is_made_by_a_link_and_signs_in_but_not_without_verification() {
    for world in worlds().await {
        let mut key = Authenticator::new(7);
        let mut browser = Browser::new(&world.app);
        browser.get(&link(&world, "desk").await).await;
        let asked = browser.json("/me/passkeys/start", &serde_json::json!({})).await.json();
        let made = browser.json("/me/passkeys/finish", &key.create(&asked, ORIGIN)).await;
        assert_eq!((made.status, made.json()["location"].as_str()), (200, Some("/me?did=done")), "{}", made.body);
        assert_eq!(me(&mut browser).await, 200);
        let mut other = Browser::new(&world.app);
        other.get("/sign-in").await;
        for (verifies, origin, status) in [(false, ORIGIN, 422), (true, "http://evil.example", 422), (true, ORIGIN, 200)] {
            key.verifies = verifies;
            let asked = other.json("/sign-in/passkey/start", &serde_json::json!({})).await.json();
            let answer = other.json("/sign-in/passkey/finish", &key.get(&asked, origin)).await;
            assert_eq!(answer.status, status, "{verifies} {origin} {}", answer.body);
        }
        assert_eq!(me(&mut other).await, 200);
        // An answer to a challenge is worth nothing a second time, nor one to no challenge at all.
        let mut third = Browser::new(&world.app);
        third.get("/sign-in").await;
        let asked = third.json("/sign-in/passkey/start", &serde_json::json!({})).await.json();
        let answer = key.get(&asked, ORIGIN);
        assert_eq!(third.json("/sign-in/passkey/finish", &answer).await.status, 200);
        let mut fourth = Browser::new(&world.app);
        fourth.get("/sign-in").await;
        fourth.json("/sign-in/passkey/start", &serde_json::json!({})).await;
        assert_eq!(fourth.json("/sign-in/passkey/finish", &answer).await.status, 422, "{}", world.database);
    }
}

#[tokio::test]
async fn app_sec_9_the_last_way_in_stays_and_drastic_acts_ask_for_a_fresh_factor() {
    for world in worlds().await {
        let mut browser = Browser::new(&world.app);
        let (secret, _) = comes_in(&world, &mut browser, "desk").await;
        let page = browser.get("/me").await;
        let remove = format!("/me/credentials/{}/remove", page.between("/me/credentials/", "/"));
        let page = browser.post(&remove, &[]).await;
        assert!(page.status == 422 && page.body.contains("last way to sign in"), "{}", page.body);
        world.clock.forward(6 * MINUTE);
        assert_eq!(browser.post(&remove, &[]).await.location(), "/me/prove?next=/me");
        assert_eq!(
            browser.post("/me/tokens", &[("name", "Roster"), ("days", "30"), ("acts", "desk.note")]).await.location(),
            "/me/prove?next=/me"
        );
        browser.get("/me/prove?next=/me").await;
        assert_eq!(browser.post("/me/prove", &[("code", "123456"), ("next", "/me")]).await.status, 422);
        let before = browser.jar["bluelamp"].clone();
        let proved = browser.post("/me/prove", &[("code", &totp::code(&secret, world.app.clock.now())), ("next", "/me")]).await;
        assert_eq!((proved.status, proved.location()), (303, "/me"), "{}", proved.body);
        assert_ne!(browser.jar["bluelamp"], before, "the proof makes a new secret");
        browser.get("/me").await;
        let page = browser.post("/me/tokens", &[("name", "Roster"), ("days", "30"), ("acts", "people.invite")]).await;
        assert!(page.status == 200 && page.body.contains("bluelamp_"), "{}", page.body);
    }
}

#[tokio::test]
async fn app_sec_10_a_new_device_and_a_new_place_send_word_to_the_person_and_information_security() {
    for world in worlds().await {
        let mut first = Browser::new(&world.app);
        let (secret, _) = comes_in(&world, &mut first, "desk").await;
        let told = || async {
            let mut tx = world.operator().read().await.unwrap();
            let row = tx
                .row(sql!("SELECT COUNT(*) AS n FROM job WHERE force = $1 AND kind = 'security.tell_new_device'"), vals![world.force])
                .await
                .unwrap();
            row.unwrap().get::<i64>("n").unwrap()
        };
        assert_eq!(told().await, 2, "the person and information security");
        let again = |device: Option<String>, address: &'static str| {
            world.clock.forward(MINUTE);
            let mut b = Browser::new(&world.app);
            b.address = address;
            if let Some(d) = device {
                b.jar.insert("bluelamp-device".into(), d);
            }
            let code = totp::code(&secret, world.app.clock.now());
            async move {
                password(&mut b, "desk", PASSWORD).await;
                assert_eq!(b.post("/sign-in/code", &[("code", &code)]).await.status, 303);
            }
        };
        let device = first.jar["bluelamp-device"].clone();
        again(Some(device.clone()), "192.0.2.99:1").await;
        assert_eq!(told().await, 2, "a known device at a known place says nothing");
        again(Some(device), "198.51.100.1:1").await;
        assert_eq!(told().await, 4, "a new place");
        again(None, "198.51.100.1:1").await;
        assert_eq!(told().await, 6, "a new device");
        let page = first.get("/me").await;
        assert!(page.body.contains("New place") && page.body.contains("New device"), "{}", page.body);
        world.run_jobs().await;
        let mut tx = world.operator().read().await.unwrap();
        let left = tx
            .rows(
                sql!("SELECT last_error FROM job WHERE force = $1 AND kind = 'security.tell_new_device' AND state <> 'done'"),
                vals![world.force],
            )
            .await
            .unwrap();
        assert!(left.is_empty(), "{}", world.database);
    }
}

#[tokio::test]
async fn app_sec_14_sessions_are_seen_and_ended_by_their_person_and_by_information_security_alone() {
    for world in worlds().await {
        let (mut desk, mut publisher, mut security) = (Browser::new(&world.app), Browser::new(&world.app), Browser::new(&world.app));
        comes_in(&world, &mut desk, "desk").await;
        comes_in(&world, &mut publisher, "publisher").await;
        comes_in(&world, &mut security, "information-security").await;
        let session = desk.get("/me").await.between("/me/sessions/", "/");
        assert_eq!(publisher.get("/security/sessions").await.status, 403);
        publisher.get("/me").await;
        assert_eq!(publisher.post(&format!("/security/sessions/{session}/end"), &[]).await.status, 403);
        assert_eq!(me(&mut desk).await, 200);
        let page = security.get("/security/sessions").await;
        assert!(page.status == 200 && page.body.contains("Person desk") && page.body.contains("Firefox on Linux"), "{}", page.body);
        assert_eq!(security.post(&format!("/security/sessions/{session}/end"), &[]).await.status, 303);
        assert_eq!(desk.get("/me").await.status, 303, "the next request is refused: {}", world.database);
        let own = publisher.get("/me").await.between("/me/sessions/", "/");
        publisher.post(&format!("/me/sessions/{own}/end"), &[]).await;
        assert_eq!(me(&mut publisher).await, 303);
    }
}

#[tokio::test]
async fn app_sec_14_a_session_ends_when_unused_or_old_and_a_clock_set_back_revives_none() {
    for world in worlds().await {
        let start = world.app.clock.now();
        let mut browser = Browser::new(&world.app);
        comes_in(&world, &mut browser, "desk").await;
        world.clock.set(start.plus(12 * HOUR - SECOND));
        assert_eq!(me(&mut browser).await, 200, "a second before its end");
        world.clock.set(start.plus(-2 * DAY));
        assert_eq!(me(&mut browser).await, 200, "a clock set back ends nothing");
        world.clock.set(start.plus(12 * HOUR));
        assert_eq!(me(&mut browser).await, 303, "at its end");
        world.clock.set(start);
        assert_eq!(me(&mut browser).await, 303, "it stays ended when the clock goes back: {}", world.database);
        // Unused for the pack's days: a session that could be older, swept by the system.
        let mut other = Browser::new(&world.app);
        comes_in(&world, &mut other, "publisher").await;
        let mut tx = world.app.db.write(world.force, crate::db::Isolation::ReadCommitted).await.unwrap();
        tx.run(sql!("UPDATE session SET ends_at = $2 WHERE force = $1"), vals![world.force, start.plus(90 * DAY)]).await.unwrap();
        tx.commit().await.unwrap();
        world.clock.set(start.plus(7 * DAY - SECOND));
        assert_eq!(crate::security::watch::sweep(&world.app).await.unwrap(), 0);
        world.clock.set(start.plus(7 * DAY));
        assert_eq!(crate::security::watch::sweep(&world.app).await.unwrap(), 1);
        assert_eq!(me(&mut other).await, 303);
    }
}

#[tokio::test]
async fn known_and_unknown_names_are_answered_alike_and_wait_alike() {
    for world in worlds().await {
        comes_in(&world, &mut Browser::new(&world.app), "desk").await;
        let mut answers = Vec::new();
        for name in ["desk", "nobody-of-this-name"] {
            let mut browser = Browser::new(&world.app);
            let mut seen = Vec::new();
            for _ in 0..6 {
                let page = password(&mut browser, name, "not the right password").await;
                let says = page.between("<li><a href=\"#name\">", "<");
                seen.push((page.status, says));
            }
            answers.push(seen);
        }
        assert_eq!(answers[0], answers[1], "{}", world.database);
        assert_eq!(answers[0][4].0, 422);
        assert_eq!(answers[0][5].0, 429, "the sixth try has to wait");
        // The right password has to wait as well, and is taken after the wait.
        let mut browser = Browser::new(&world.app);
        assert_eq!(password(&mut browser, "desk", PASSWORD).await.status, 429);
        world.clock.forward(3 * SECOND);
        assert_eq!(password(&mut browser, "desk", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn many_names_from_one_address_have_to_wait() {
    let world = crate::testing::lite().await;
    let mut browser = Browser::new(&world.app);
    let mut statuses = Vec::new();
    for n in 0..22 {
        statuses.push(password(&mut browser, &format!("guess{n}"), "not the right password").await.status);
    }
    assert_eq!((statuses[20], statuses[21]), (422, 429));
    browser.address = "203.0.113.9:1";
    assert_eq!(password(&mut browser, "guess99", "not the right password").await.status, 422, "others do not wait");
}

#[tokio::test]
async fn a_session_known_before_sign_in_is_worth_nothing_after() {
    let world = crate::testing::lite().await;
    let (secret, _) = comes_in(&world, &mut Browser::new(&world.app), "desk").await;
    world.clock.forward(MINUTE);
    let mut victim = Browser::new(&world.app);
    let planted = "a".repeat(64);
    victim.jar.insert("bluelamp".into(), planted.clone());
    victim.jar.insert("bluelamp-visit".into(), "b".repeat(64));
    password(&mut victim, "desk", PASSWORD).await;
    let code = totp::code(&secret, world.app.clock.now());
    assert_eq!(victim.post("/sign-in/code", &[("code", &code)]).await.status, 303);
    assert_ne!(victim.jar["bluelamp"], planted);
    let mut attacker = Browser::new(&world.app);
    attacker.jar.insert("bluelamp".into(), planted);
    assert_eq!(me(&mut attacker).await, 303);
    attacker.jar.insert("bluelamp-visit".into(), "b".repeat(64));
    attacker.get("/sign-in").await;
    assert_eq!(attacker.post("/sign-in/code", &[("code", &code)]).await.status, 422, "the planted visit's ceremony is over");
}

#[tokio::test]
async fn forged_forms_are_refused_before_and_after_sign_in() {
    let world = crate::testing::lite().await;
    let mut browser = Browser::new(&world.app);
    let fields = [("name", "desk@exampleshire.example"), ("password", PASSWORD)];
    assert_eq!(browser.post_bare("/sign-in/password", &fields).await.status, 403, "no visit and no token");
    browser.get("/sign-in").await;
    assert_eq!(browser.post_bare("/sign-in/password", &fields).await.status, 403, "no token");
    let stolen = browser.token.clone();
    let mut other = Browser::new(&world.app);
    other.get("/sign-in").await;
    other.token = stolen;
    assert_eq!(other.post("/sign-in/password", &fields).await.status, 403, "another visit's token");
    comes_in(&world, &mut browser, "desk").await;
    browser.get("/me").await;
    let session = browser.get("/me").await.between("/me/sessions/", "/");
    for path in ["/sign-out".to_owned(), format!("/me/sessions/{session}/end"), "/me/recovery-codes".into(), "/me/tokens".into()] {
        assert_eq!(browser.post_bare(&path, &[("csrf", "0123456789abcdef0123456789abcdef")]).await.status, 403, "{path}");
    }
    let cross = axum::http::Request::post("/sign-out")
        .header("origin", "https://evil.example")
        .header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(browser.send(cross.body(format!("csrf={}", browser.token).into()).unwrap()).await.status, 403, "another origin");
    assert_eq!(me(&mut browser).await, 200);
}

#[tokio::test]
async fn over_long_forms_are_refused_in_words() {
    let world = crate::testing::lite().await;
    let mut browser = Browser::new(&world.app);
    browser.get("/sign-in").await;
    let long = "x".repeat(600 * 1024);
    let page = browser.post("/sign-in/password", &[("name", &long), ("password", "p")]).await;
    assert!(page.status == 413 && page.body.contains("longer than Bluelamp takes"), "{}", page.status);
    let page = browser.post("/sign-in/password", &[("name", &"x".repeat(20_000)), ("password", &"p".repeat(20_000))]).await;
    assert_eq!(page.status, 422);
}

#[tokio::test]
async fn i7_secrets_stand_in_no_page_no_error_and_no_entry() {
    for world in worlds().await {
        let mut browser = Browser::new(&world.app);
        let (secret, codes) = comes_in(&world, &mut browser, "desk").await;
        let typed = totp_rs::Secret::from(secret.clone()).to_base32();
        let cookie = browser.jar["bluelamp"].clone();
        let mut shown = String::new();
        for path in ["/me", "/me/prove", "/sign-in", "/help/api", "/api/openapi.json"] {
            shown += &browser.get(path).await.body;
        }
        let mut tx = world.operator().read().await.unwrap();
        for r in tx.rows(sql!("SELECT body FROM ledger_entry WHERE force = $1"), vals![world.force]).await.unwrap() {
            shown += &String::from_utf8_lossy(&r.get::<Vec<u8>>("body").unwrap());
        }
        for r in tx.rows(sql!("SELECT value FROM ledger_value WHERE force = $1"), vals![world.force]).await.unwrap() {
            shown += &r.get::<String>("value").unwrap();
        }
        for r in tx
            .rows(
                sql!("SELECT data, COALESCE(sealed, $2) AS sealed FROM credential WHERE force = $1"),
                vals![world.force, Vec::<u8>::new()],
            )
            .await
            .unwrap()
        {
            shown += &r.get::<String>("data").unwrap();
            let sealed: Vec<u8> = r.get("sealed").unwrap();
            assert!(!sealed.windows(20).any(|w| w == secret), "the app's secret is sealed");
        }
        for hidden in [PASSWORD, typed.as_str(), cookie.as_str(), codes[0].as_str(), &hex::encode(&secret)] {
            assert!(!shown.contains(hidden), "{}: {hidden}", world.database);
        }
        assert!(!shown.contains(&hex::encode(secret_hash(&cookie))));
    }
}

#[tokio::test]
async fn i2_a_session_of_another_force_is_not_there() {
    for world in worlds().await {
        let other = crate::setup::force(&world.app, "othershire", "Othershire Police", "Europe/London", "leicestershire").await.unwrap();
        let theirs = crate::jobs::system(&world.app, other, "Europe/London", bluelamp_domain::act::Actor::Operator);
        let mut browser = Browser::new(&world.app);
        comes_in(&world, &mut browser, "desk").await;
        let session = browser.get("/me").await.between("/me/sessions/", "/").parse().unwrap();
        assert_eq!(refused(theirs.act(EndSession { session, why: Why::Redundant }).await), ["not-found"], "{}", world.database);
        let own = store::sessions(&mut theirs.read().await.unwrap(), other).await.unwrap();
        assert!(own.is_empty());
    }
}

#[tokio::test]
async fn who_leaves_is_out_at_once_and_their_link_with_them() {
    for world in worlds().await {
        let mut browser = Browser::new(&world.app);
        comes_in(&world, &mut browser, "desk").await;
        let path = link(&world, "desk").await;
        let admin: Ctx = world.ctx("administrator").await;
        does(&admin, crate::people::acts::leave::Leave { person: world.id_of("desk"), suspended: false }).await;
        assert_eq!(me(&mut browser).await, 303, "{}", world.database);
        assert_eq!(browser.get(&path).await.status, 404);
        let refused = links::make(&admin, world.id_of("desk")).await.unwrap();
        assert!(refused.is_err());
    }
}

#[tokio::test]
async fn nobody_makes_a_link_for_themselves_and_one_older_than_a_day_is_over() {
    let world = crate::testing::lite().await;
    let admin = world.ctx("administrator").await;
    assert!(links::make(&admin, world.id_of("administrator")).await.unwrap().is_err());
    assert!(links::make(&world.ctx("publisher").await, world.id_of("desk")).await.unwrap().is_err());
    let path = link(&world, "desk").await;
    world.clock.forward(DAY - SECOND);
    assert_eq!(Browser::new(&world.app).get(&path).await.status, 200);
    world.clock.forward(SECOND);
    assert_eq!(Browser::new(&world.app).get(&path).await.status, 404);
}

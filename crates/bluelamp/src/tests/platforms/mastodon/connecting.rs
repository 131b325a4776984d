//! Connecting by the command line and by the page, and what becomes of a credential that no longer works.

use super::*;
use crate::accounts::acts::connect::CHECK_EVERY;
use crate::accounts::cli::{self, Connecting};
use crate::tests::browser::Browser;
use bluelamp_domain::time::{HOUR, MINUTE};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

/// What the command line is given: a file that only its owner can read.
fn secrets(server: &Handle, token: &str) -> (tempfile::NamedTempFile, Connecting) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "base = {}\naccess_token = {token}", server.base_url).unwrap();
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o600)).unwrap();
    let what = Connecting {
        platform: "mastodon".into(),
        handle: FORCE.into(),
        title: Some("Exampleshire on Mastodon".into()),
        purpose: Some("to be there".into()),
        url: None,
        secrets: Some(file.path().to_owned()),
    };
    (file, what)
}

#[tokio::test]
async fn the_command_line_connects_an_account_and_says_why_where_it_cannot() {
    for world in worlds().await {
        let server = server().await;
        let ctx = world.ctx("corporate-communications").await;
        let (_file, wrong) = secrets(&server, "not-a-token");
        let said = cli::connect(&ctx, &wrong).await.unwrap_err().to_string();
        assert_eq!(said, "Mastodon did not connect the account: The access token is invalid");
        let (_file, right) = secrets(&server, TOKEN);
        let account = cli::connect(&ctx, &right).await.unwrap();
        let mut tx = ctx.read().await.unwrap();
        let row = crate::accounts::store::account(&mut tx, ctx.force, account).await.unwrap().unwrap();
        assert_eq!((row.connected, row.connection_state.as_deref()), (true, Some("working")), "{}", world.database);
        // What its server told of itself is what the composer asks later.
        assert!(row.can.contains(&"images".to_owned()) && !row.can.contains(&"hide".to_owned()), "{:?}", row.can);
    }
}

#[tokio::test]
async fn the_page_connects_an_account_and_says_why_where_it_cannot() {
    for world in worlds().await {
        let server = server().await;
        let ctx = world.ctx("corporate-communications").await;
        let account = AccountId(does(&ctx, register("mastodon", FORCE)).await.id.unwrap());
        let mut browser = Browser::new(&world.app);
        browser.signed_in(&world, "corporate-communications").await;
        let path = format!("/accounts/{account}");
        let page = browser.get(&path).await;
        assert!(page.body.contains("Server address") && page.body.contains("Access token"), "{}", page.body);
        let to = format!("{path}/connect");
        let fields = |token| [("given_base", server.base_url.as_str()), ("given_access_token", token)];
        let page = browser.post(&to, &fields("not-a-token")).await;
        assert_eq!(page.status, 422);
        assert!(page.body.contains("The access token is invalid") && !page.body.contains("not-a-token"), "{}", page.body);
        let elsewhere = browser.post(&to, &[("given_base", "http://127.0.0.1:9"), ("given_access_token", TOKEN)]).await;
        assert!(elsewhere.status == 422 && elsewhere.body.contains("could not be reached"), "{}", elsewhere.body);
        assert_eq!(browser.post(&to, &fields(TOKEN)).await.status, 303, "{}", world.database);
        let page = browser.get(&path).await;
        assert!(page.body.contains("Connected") && !page.body.contains(TOKEN));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_taken_back_rings_stops_publishing_and_is_mended_by_connecting_again() {
    for b in benches().await {
        let draft = b.living.draft(b.account, "See you on Saturday.", None).await;
        b.server.revoke(TOKEN);
        b.living.pass(MINUTE);
        until("the account is marked", || async { b.living.connection(b.account).await.state == "needs-person" }).await;
        let marked = b.living.connection(b.account).await;
        assert_eq!(marked.why, "The access token is invalid", "{}", b.living.world.database);
        assert_eq!(b.living.ringing(b.account).await, ["gap"], "somebody has to do something");
        // Nothing goes out into the void: the reason is said, and what to do.
        match b.living.publish(draft).await {
            Outcome::Refused { code, reasons } => {
                assert_eq!(code, "not-connected");
                assert!(reasons[0].says.contains("connect it again"), "{reasons:?}");
            }
            other => panic!("{other:?}"),
        }
        let missed = b.said("wren@elsewhere.example", "can anybody hear me?");
        b.server.issue("a-new-token");
        connect(&b.living.comms().await, &b.server, b.account, "a-new-token").await;
        assert_eq!(b.living.connection(b.account).await.state, "working");
        // It is read again at once, with what was said meanwhile, and speaks again.
        b.arrives(&missed).await;
        assert!(matches!(b.living.publish(draft).await, Outcome::Done(_)));
        b.living.all_are(draft, "live").await;
        assert_eq!(b.living.entries("accounts.renew_connection").await, 0, "such tokens are not renewed, and nothing says so");
        b.living.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_is_looked_at_four_times_a_day_though_nothing_is_said() {
    for b in benches().await {
        let before = b.living.connection(b.account).await.checked_at;
        for looks in 1..=2 {
            b.living.pass(CHECK_EVERY + MINUTE);
            until("the look is on record", || async { b.living.entries("accounts.mark_connection").await >= looks }).await;
        }
        assert!(b.living.connection(b.account).await.checked_at.0 > before.0 + 12 * HOUR, "{}", b.living.world.database);
        assert!(b.server.asked("GET", "/api/v1/accounts/verify_credentials") >= 3);
        b.living.end().await;
    }
}

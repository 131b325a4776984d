//! The register: its rules, its pages, and what the public is told.

use super::acts::{
    change::Change, close::Close, connect::Connect, disconnect::Disconnect, freeze::Freeze, register::Register,
    set_monitoring::SetMonitoring, thaw::Thaw,
};
use super::exchange::{self, Exchanged};
use super::{connection, store};
use crate::act::{Ctx, Outcome};
use crate::http::router;
use crate::intake::tests::{benches, register};
use crate::testing::{World, does, refused, worlds};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine;
use bluelamp_domain::accounts::{AccountKind, AccountState, Monitor};
use bluelamp_domain::ids::AccountId;
use tower::ServiceExt;

async fn enter(ctx: &Ctx, act: Register) -> AccountId {
    AccountId(does(ctx, act).await.id.unwrap())
}

async fn row(ctx: &Ctx, id: AccountId) -> store::AccountRow {
    let mut tx = ctx.read().await.unwrap();
    store::account(&mut tx, ctx.force, id).await.unwrap().unwrap()
}

#[tokio::test]
async fn app_pol_4_an_account_goes_through_its_life_and_skips_nothing() {
    for w in worlds().await {
        let ctx = w.ctx("corporate-communications").await;
        let id = enter(&ctx, Register { in_use: false, ..register("main") }).await;
        let to = |state| Change { state: Some(state), ..Change::of(id) };
        assert_eq!(row(&ctx, id).await.state, AccountState::Requested);
        assert_eq!(refused(ctx.act(to(AccountState::Live)).await), ["step-skipped"]);
        for state in [AccountState::Approved, AccountState::Trial, AccountState::Live] {
            does(&ctx, to(state)).await;
        }
        does(&ctx, Freeze { account: id, reason: "taken over".into() }).await;
        assert_eq!(row(&ctx, id).await.state, AccountState::Frozen);
        does(&ctx, Thaw { account: id, reason: "ours again".into() }).await;
        assert_eq!(row(&ctx, id).await.state, AccountState::Live);
        for state in [AccountState::Closing, AccountState::Closed] {
            does(&ctx, Close { account: id, reason: "no longer needed".into() }).await;
            assert_eq!(row(&ctx, id).await.state, state);
        }
        // The handle of a closed account is free again.
        enter(&ctx, register("main")).await;
        assert_eq!(refused(ctx.act(register("@MAIN")).await), ["already-registered"]);
    }
}

#[tokio::test]
async fn app_pol_11_an_account_for_investigation_has_no_place_here() {
    for w in worlds().await {
        let ctx = w.ctx("corporate-communications").await;
        assert_eq!(refused(ctx.act(Register { investigative: true, ..register("main") }).await), ["APP-POL-11.investigative"]);
    }
}

#[tokio::test]
async fn leics_mon_3_an_individual_account_needs_a_role_that_allows_it() {
    for w in worlds().await {
        let ctx = w.ctx("corporate-communications").await;
        let one = Register { kind: AccountKind::Individual, ..register("chief") };
        assert_eq!(refused(ctx.act(one.clone()).await), ["LEICS-MON-3.individual"]);
        does(&ctx, Register { role_allows_individual: true, ..one }).await;
        let team = enter(&ctx, register("team")).await;
        let change = Change { kind: Some(AccountKind::Individual), ..Change::of(team) };
        assert_eq!(refused(ctx.act(change).await), ["LEICS-MON-3.made-individual"]);
    }
}

#[tokio::test]
async fn app_role_2_each_account_says_who_watches_it() {
    for w in worlds().await {
        let ctx = w.ctx("digital-media-team").await;
        let id = enter(&ctx, register("main")).await;
        let monitored_by = vec![Monitor::Local, Monitor::Contact, Monitor::Local];
        does(&ctx, SetMonitoring { account: id, monitored_by, hours: "8 to 8".into() }).await;
        let a = row(&ctx, id).await;
        assert_eq!((a.monitored_by, a.hours.as_str()), (vec![Monitor::Contact, Monitor::Local], "8 to 8"));
    }
}

#[tokio::test]
async fn those_who_may_not_keep_the_register_change_nothing() {
    for w in worlds().await {
        let ctx = w.ctx("corporate-communications").await;
        let id = enter(&ctx, register("main")).await;
        for name in ["auditor", "command", "publisher"] {
            let other = w.ctx(name).await;
            assert!(matches!(other.act(register("other")).await, Ok(Outcome::Refused { .. })), "{name}");
            assert!(matches!(other.act(Change::of(id)).await, Ok(Outcome::Refused { .. })), "{name}");
        }
        // A local user is not told that it is there at all (APP-ROLE-9).
        assert_eq!(refused(w.ctx("local").await.act(Change::of(id)).await), ["not-found"]);
    }
}

#[tokio::test]
async fn app_sec_7_credentials_are_held_sealed_and_destroyed_on_disconnecting() {
    for b in benches().await {
        let ctx = b.world.ctx("administrator").await;
        let sealed = {
            let mut tx = ctx.read().await.unwrap();
            store::connection(&mut tx, ctx.force, b.account).await.unwrap().unwrap().sealed
        };
        let key = b"key-of-main";
        assert!(!sealed.windows(key.len()).any(|w| w == key));
        // What was sealed for one account is nothing to another.
        let comms = b.world.ctx("corporate-communications").await;
        let other = enter(&comms, register("north")).await;
        let moved = Connect { account: other, sealed: base64::engine::general_purpose::STANDARD.encode(&sealed) };
        assert_eq!(refused(ctx.act(moved).await), ["not-sealed-here"]);
        does(&ctx, Disconnect { account: b.account, reason: "the platform is left".into() }).await;
        let mut tx = ctx.read().await.unwrap();
        assert!(store::connection(&mut tx, ctx.force, b.account).await.unwrap().is_none());
        drop(tx);
        assert!(connection::hook_of(&ctx, b.account).await.unwrap().is_none());
        assert!(!row(&ctx, b.account).await.connected);
    }
}

#[tokio::test]
async fn i7_no_entry_and_no_held_act_has_a_credential_in_it() {
    for b in benches().await {
        let mut tx = b.ctx().read().await.unwrap();
        let texts = tx
            .rows(
                crate::sql!("SELECT v.value FROM ledger_value v WHERE v.force = $1 UNION ALL SELECT h.input FROM held_act h WHERE h.force = $1 UNION ALL SELECT i.outcome FROM idempotency i WHERE i.force = $1"),
                crate::vals![b.world.force],
            )
            .await
            .unwrap();
        assert!(!texts.is_empty());
        for text in texts {
            let value: String = text.get("value").unwrap();
            assert!(!value.contains("key-of-main"), "{value}");
        }
    }
}

#[tokio::test]
async fn credentials_of_another_account_are_refused() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let given = |key: &str| [("base".to_owned(), b.server.base_url.clone()), ("key".to_owned(), key.to_owned())].into();
        let outcome = |e| match e {
            Exchanged::Acted(o) => refused(Ok(o)),
            Exchanged::Not(why) => vec![why],
        };
        assert_eq!(outcome(exchange::connect(&ctx, b.account, &given("key-of-north")).await.unwrap()), ["another-account"]);
        let north = enter(&ctx, register("north")).await;
        assert_eq!(outcome(exchange::connect(&ctx, north, &given("key-of-main")).await.unwrap()), ["another-handle"]);
        let why = outcome(exchange::connect(&ctx, north, &given("no such key")).await.unwrap());
        assert!(why[0].len() > 10 && !why[0].contains("no such key"), "{why:?}");
        // Whoever may not connect is refused before anything goes to the platform.
        let publisher = b.world.ctx("auditor").await;
        assert!(matches!(
            exchange::connect(&publisher, north, &given("key-of-north")).await.unwrap(),
            Exchanged::Acted(Outcome::Refused { .. })
        ));
    }
}

async fn get(w: &World, path: &str) -> (StatusCode, String, axum::http::HeaderMap) {
    let app = router::router(w.app.clone(), router::public());
    let request = Request::get(path).header(header::HOST, "public.localhost").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    (parts.status, String::from_utf8(body.to_vec()).unwrap(), parts.headers)
}

#[tokio::test]
async fn app_sec_5_the_public_list_is_right_at_once_as_page_feed_and_frame() {
    for w in worlds().await {
        let ctx = w.ctx("corporate-communications").await;
        let listed = Register { url: "https://social.example/@exampleshire".into(), ..register("exampleshire") };
        let id = enter(&ctx, listed).await;
        enter(&ctx, Register { public_listed: false, ..register("hidden-one") }).await;
        enter(&ctx, Register { in_use: false, ..register("only-asked-for") }).await;
        for path in ["/public/exampleshire", "/public/exampleshire/accounts.json", "/public/exampleshire/embed"] {
            let (status, body, headers) = get(&w, path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(body.contains("Account exampleshire"), "{path}: {body}");
            assert!(!body.contains("hidden-one") && !body.contains("only-asked-for"), "{path}");
            assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=30", "{path}");
        }
        assert!(get(&w, "/public/exampleshire").await.1.contains("999"));
        let feed: serde_json::Value = serde_json::from_str(&get(&w, "/public/exampleshire/accounts.json").await.1).unwrap();
        assert_eq!(feed["accounts"].as_array().unwrap().len(), 1);
        let embed = get(&w, "/public/exampleshire/embed").await.2;
        assert!(embed[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("frame-ancestors *"));
        does(&ctx, Change { public_listed: Some(false), ..Change::of(id) }).await;
        assert!(!get(&w, "/public/exampleshire/accounts.json").await.1.contains("Account exampleshire"));
        assert_eq!(get(&w, "/public/nowhere").await.0, StatusCode::NOT_FOUND);
        assert!(get(&w, "/public/exampleshire/guidelines").await.1.contains("999"));
    }
}

#[tokio::test]
async fn anyone_can_ask_whether_an_account_is_real() {
    for w in worlds().await {
        let ctx = w.ctx("corporate-communications").await;
        enter(&ctx, Register { url: "https://social.example/@exampleshire".into(), ..register("@exampleshire") }).await;
        let ask = async |words: &str| {
            get(&w, &format!("/public/exampleshire?account={}", crate::http::percent(words).replace('/', "%2F"))).await.1
        };
        for real in
            ["exampleshire", "@Exampleshire", "https://social.example/@exampleshire", "https://www.social.example/@exampleshire/?x=1"]
        {
            assert!(ask(real).await.contains("Yes, this is ours"), "{real}");
        }
        for fake in [
            "exampleshire_police",
            "https://socia1.example/@exampleshire",
            "https://social.example/@exampleshire2",
            "<script>alert(1)</script>",
        ] {
            let page = ask(fake).await;
            assert!(page.contains("not one of our accounts"), "{fake}");
            assert!(!page.contains("<script>alert"), "{fake}");
        }
    }
}

/// A signed-in browser: a real session row, and its cookie.
async fn browser(w: &World, name: &str) -> (Ctx, String) {
    let secret = format!("cookie-of-{name}");
    let id = bluelamp_domain::ids::SessionId(w.app.moment(jiff::tz::TimeZone::UTC).id());
    let now = w.app.clock.now();
    let session = crate::db::doors::NewSession {
        id,
        force: w.force,
        person: w.id_of(name),
        secret: crate::http::session::secret_hash(&secret),
        second_factor: true,
        device: "a test".into(),
        device_hash: vec![0; 32],
        address: "127.0.0.1".into(),
        ends_at: now.plus(bluelamp_domain::time::HOUR),
    };
    crate::db::doors::insert_session(&w.app.db, &session, now).await.unwrap();
    let ctx = Ctx { session: Some(id), ..w.ctx(name).await };
    (ctx, format!("bluelamp={secret}"))
}

async fn visit(w: &World, cookie: &str, request: axum::http::request::Builder, body: String) -> (StatusCode, String, String) {
    let app = router::router(w.app.clone(), router::staff());
    let request = request
        .header(header::HOST, "localhost")
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    let response = app.oneshot(request).await.unwrap();
    let to = response.headers().get(header::LOCATION).map_or_else(String::new, |l| l.to_str().unwrap().to_owned());
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
    (status, to, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_register_is_kept_from_its_pages() {
    for b in benches().await {
        let (ctx, cookie) = browser(&b.world, "corporate-communications").await;
        let csrf = ctx.csrf();
        let (status, _, page) = visit(&b.world, &cookie, Request::get("/accounts"), String::new()).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(page.contains("Account main") && page.contains("Connected"));
        let form = format!(
            "csrf={csrf}&platform=rehearsal&handle=north&title=North+%3Cb%3Eteam&kind=local&area=North&purpose=to+be+there&monitored_by=local&monitored_by=contact&in_use=yes"
        );
        let (status, to, page) = visit(&b.world, &cookie, Request::post("/accounts"), form.clone()).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
        let path = to.split('?').next().unwrap().to_owned();
        let (status, _, page) = visit(&b.world, &cookie, Request::get(&path), String::new()).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(page.contains("North &#60;b&#62;team") || page.contains("North &lt;b&gt;team"), "{page}");
        // A second time it is refused, and what was typed is still there.
        let (status, _, page) = visit(&b.world, &cookie, Request::post("/accounts"), form.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("in the register already") && page.contains("value=\"north\""), "{page}");
        let connect = format!("csrf={csrf}&given_base={}&given_key=key-of-north", crate::http::percent(&b.server.base_url));
        let (status, to, page) = visit(&b.world, &cookie, Request::post(format!("{path}/connect")), connect).await;
        assert_eq!((status, to), (StatusCode::SEE_OTHER, format!("{path}?did=saved")), "{page}");
        let (_, _, page) = visit(&b.world, &cookie, Request::get(&path), String::new()).await;
        assert!(!page.contains("key-of-north"), "a credential is never shown");
        let (status, ..) = visit(&b.world, &cookie, Request::post(format!("{path}/freeze")), format!("csrf={csrf}&reason=")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        let (status, ..) = visit(&b.world, &cookie, Request::post(format!("{path}/freeze")), "csrf=forged&reason=x".into()).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        let (status, _, csv) = visit(&b.world, &cookie, Request::get("/accounts.csv"), String::new()).await;
        assert_eq!((status, csv.lines().count()), (StatusCode::OK, 3));
        let (status, ..) = visit(&b.world, &cookie, Request::get("/accounts/00000000-0000-7000-8000-000000000000"), String::new()).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
}

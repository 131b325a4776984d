//! The API: tokens with limits of their own, problems in words, cursors, and nothing that a page would refuse.

use super::browser::Browser;
use crate::security::acts::revoke_token::RevokeToken;
use crate::security::pages::tokens;
use crate::security::store;
use crate::testing::{World, does, worlds};
use bluelamp_domain::time::{DAY, SECOND};
use serde_json::json;

/// A token of somebody, made as the command line makes one: without a session.
async fn token(world: &World, name: &str, acts: &[&str]) -> String {
    let ctx = crate::act::Ctx { session: None, ..world.ctx(name).await };
    let acts = acts.iter().map(|a| (*a).to_owned()).collect();
    tokens::issue(&ctx, "Test", acts, None, 30).await.unwrap().unwrap_or_else(|no| panic!("{no:?}"))
}

fn newcomer(email: &str) -> serde_json::Value {
    json!({ "name": "Person new", "email": email, "kind": "officer", "level": 1, "roles": ["publisher"] })
}

#[tokio::test]
async fn a_program_does_what_its_token_names_and_its_person_may() {
    for world in worlds().await {
        let mut program = Browser::new(&world.app);
        let admin = token(&world, "administrator", &["people.invite"]).await;
        let path = "/api/v1/acts/people.invite";
        let answer = program.api(&admin, path, &newcomer("new@exampleshire.example")).await;
        assert_eq!((answer.status, answer.json()["outcome"].as_str()), (200, Some("done")), "{}", answer.body);
        let desk = token(&world, "desk", &["people.invite"]).await;
        let answer = program.api(&desk, path, &newcomer("other@exampleshire.example")).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (403, Some("refused")), "the person may not");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        let answer = program.api(&admin, "/api/v1/acts/people.leave", &json!({ "person": world.id_of("desk") })).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (403, Some("token-scope")), "the token may not");
        for (given, status) in [("", 401), ("bluelamp_0000", 401)] {
            let answer = program.api(given, path, &newcomer("x@exampleshire.example")).await;
            assert_eq!(answer.status, status);
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
    }
}

#[tokio::test]
async fn expired_and_revoked_tokens_open_nothing() {
    for world in worlds().await {
        let mut program = Browser::new(&world.app);
        let revoked = token(&world, "administrator", &["read.people"]).await;
        assert_eq!(program.api_get(&revoked, "/api/v1/people").await.status, 200);
        let admin = world.ctx("administrator").await;
        let row = store::tokens_of(&mut admin.read().await.unwrap(), world.force, world.id_of("administrator")).await.unwrap().remove(0);
        does(&world.ctx("information-security").await, RevokeToken { token: row.id }).await;
        assert_eq!(program.api_get(&revoked, "/api/v1/people").await.status, 401, "{}", world.database);
        let other = token(&world, "administrator", &["read.people"]).await;
        world.clock.forward(30 * DAY - SECOND);
        assert_eq!(program.api_get(&other, "/api/v1/people").await.status, 200);
        world.clock.forward(SECOND);
        assert_eq!(program.api_get(&other, "/api/v1/people").await.status, 401);
    }
}

#[tokio::test]
async fn a_token_is_never_given_the_making_of_ways_in() {
    let world = crate::testing::lite().await;
    let ctx = crate::act::Ctx { session: None, ..world.ctx("administrator").await };
    for act in [
        "security.issue_token",
        "security.add_credential",
        "security.make_link",
        "people.accept_invite",
        "people.set_up_force",
        "nothing.of_this_name",
    ] {
        assert!(tokens::issue(&ctx, "Test", vec![act.into()], None, 30).await.unwrap().is_err(), "{act}");
    }
    let mut program = Browser::new(&world.app);
    let all = token(&world, "administrator", &["people.invite"]).await;
    let answer = program.api(&all, "/api/v1/acts/security.make_link", &json!({ "person": world.id_of("desk"), "secret": "00" })).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn malformed_requests_get_their_own_problem() {
    let world = crate::testing::lite().await;
    let mut program = Browser::new(&world.app);
    let t = token(&world, "administrator", &["people.invite", "read.people"]).await;
    let path = "/api/v1/acts/people.invite";
    let mut send = async |kind: &str, key: Option<&str>, body: String| {
        let mut request = axum::http::Request::post(path).header("content-type", kind).header("authorization", format!("Bearer {t}"));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        program.send(request.body(body.into()).unwrap()).await.status
    };
    let good = newcomer("new@exampleshire.example").to_string();
    assert_eq!(send("text/plain", None, good.clone()).await, 415);
    assert_eq!(send("application/json", None, "{".into()).await, 400);
    assert_eq!(send("application/json", None, "[]".into()).await, 400);
    assert_eq!(send("application/json", None, "{}".into()).await, 400);
    assert_eq!(send("application/json", None, good.replace("\"level\":1", "\"level\":1,\"rank\":2")).await, 400);
    assert_eq!(send("application/json", None, format!("{{\"name\":\"{}\"}}", "x".repeat(2 << 20))).await, 413);
    assert_eq!(send("application/json", Some("white space"), good.clone()).await, 400);
    assert_eq!(send("application/json; charset=utf-8", Some("k1"), good.replace("Person new", "Per\\u0000son new")).await, 200);
    assert_eq!(
        send("application/json", Some("k1"), good.replace("Person new", "Per\\u0000son new")).await,
        200,
        "a repeat answers the same"
    );
    assert_eq!(send("application/json", Some("k1"), good.replace("new@", "other@")).await, 422, "a key stands for one request");
    for query in ["limit=0", "limit=201", "limit=x", "cursor=x"] {
        assert_eq!(program.api_get(&t, &format!("/api/v1/people?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn lists_come_in_pages_and_stay_in_their_force() {
    for world in worlds().await {
        crate::setup::force(&world.app, "othershire", "Othershire Police", "Europe/London", "leicestershire").await.unwrap();
        let mut program = Browser::new(&world.app);
        let t = token(&world, "auditor", &["read.people", "read.ledger", "read.register"]).await;
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let page = program.api_get(&t, &format!("/api/v1/people?limit=5{next}")).await.json();
            seen.extend(page["items"].as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["next"].as_str() else { break };
            next = format!("&cursor={cursor}");
        }
        assert_eq!(seen.len(), bluelamp_domain::people::ROLES.len(), "{}", world.database);
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(seen, sorted, "each once, in order");
        for list in ["entries", "accounts", "held"] {
            assert_eq!(program.api_get(&t, &format!("/api/v1/{list}")).await.status, 200, "{list}");
        }
        let publisher = token(&world, "publisher", &["read.people", "read.ledger"]).await;
        assert_eq!(program.api_get(&publisher, "/api/v1/people").await.status, 403);
        assert_eq!(program.api_get(&publisher, "/api/v1/entries").await.status, 403);
        assert_eq!(program.api_get(&publisher, "/api/v1/accounts").await.json()["code"], "token-scope");
    }
}

#[tokio::test]
async fn a_token_that_asks_too_fast_is_told_to_wait() {
    let world = crate::testing::lite().await;
    let mut program = Browser::new(&world.app);
    let t = token(&world, "administrator", &["people.invite"]).await;
    for n in 0..200 {
        assert_eq!(program.api_get(&t, "/api/v1/held").await.status, 200, "{n}");
    }
    let answer = program.api_get(&t, "/api/v1/held").await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.headers["retry-after"], "1");
    world.clock.forward(SECOND);
    assert_eq!(program.api_get(&t, "/api/v1/held").await.status, 200);
}

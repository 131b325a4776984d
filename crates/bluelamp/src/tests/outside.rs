//! What reaches the world, and what never may: platform calls stand in jobs and workers (I4), and no connector can look
//! a member of the public up (I9).

use super::source::{files, none, program};
use crate::testing::worlds;
use bluelamp_domain::act::Job;
use bluelamp_domain::ids::JobId;
use regex::Regex;

/// Files that may hold the way out, and why.
const MAY_CALL_OUT: &[(&str, &str)] = &[
    ("app.rs", "keeps the maker of ways out"),
    ("config.rs", "its settings"),
    ("wiring.rs", "makes the way out"),
    ("http/egress", "is the way out"),
    ("http/mod.rs", "names the module"),
    ("demo/", "its settings: loopback alone"),
    ("accounts/connection.rs", "makes an account's line from its sealed connection, for jobs and workers"),
    ("intake/media.rs", "the job that fetches pictures, and the way out that learns where they are"),
    ("accounts/exchange.rs", "code exchange at connect: in the request, outside a transaction (I4's one exception)"),
];

#[test]
fn i4_no_act_page_or_store_calls_a_platform() {
    let out = Regex::new(r"(?i)\begress\b|\bEgressUse\b|\begress_for\b").expect("a right pattern");
    let mut wrong = Vec::new();
    for file in program() {
        let short = file.short();
        let job = short.ends_with("/jobs.rs") || short.contains("/jobs/") || short.contains("/workers/") || short.ends_with("/worker.rs");
        if job || MAY_CALL_OUT.iter().any(|(f, _)| short.starts_with(f)) {
            continue;
        }
        for (n, line) in file.lines().filter(|(_, l)| out.is_match(l)) {
            wrong.push(format!("{short}:{n}: {}", line.trim()));
        }
    }
    none("the way out, outside jobs and workers", &wrong);
}

#[test]
fn i4_an_act_is_given_no_way_to_wait_for_the_world() {
    let waits = Regex::new(r"tokio::(?:time|net|process|spawn)|std::(?:net|process)|\breqwest\b|spawn_blocking|\.connectors?\b.*\.await")
        .expect("a right pattern");
    let mut wrong = Vec::new();
    for file in program().iter().filter(|f| f.short().contains("/acts/") || f.short().starts_with("held/")) {
        for (n, line) in file.lines().filter(|(_, l)| waits.is_match(l)) {
            wrong.push(format!("{}:{n}: {}", file.short(), line.trim()));
        }
    }
    none("an act that waits inside its transaction", &wrong);
}

#[tokio::test]
async fn i4_a_job_with_the_same_key_is_the_same_job() {
    for world in worlds().await {
        let ctx = world.operator();
        let job = Job { kind: "test.kind", key: "made-once".into(), input: serde_json::json!({}), not_before: world.app.clock.now() };
        for id in [1, 2] {
            let mut tx = world.app.db.write(ctx.force, crate::db::Isolation::ReadCommitted).await.unwrap();
            crate::db::principal::insert_jobs(&mut tx, ctx.force, &[(JobId(uuid::Uuid::from_u128(id)), &job)]).await.unwrap();
            tx.commit().await.unwrap();
        }
        let mut tx = ctx.read().await.unwrap();
        let rows =
            tx.rows(crate::sql!("SELECT id FROM job WHERE force = $1 AND key = 'made-once'"), crate::vals![ctx.force]).await.unwrap();
        assert_eq!(rows.len(), 1, "{}", world.database);
    }
}

/// All that a connector can do. Each of these is about our own accounts, our own posts, or what was sent to them; a
/// new method is looked at here before it can be used. None takes the name of a person.
const CONNECTOR: &[&str] = &[
    "asks",
    "capabilities",
    "check",
    "connect",
    "delete",
    "fetch_media",
    "find",
    "frame",
    "glance",
    "limits",
    "map",
    "moderate",
    "poll",
    "publish",
    "read_back",
    "renew",
    "revisit",
    "stream",
    "verify",
];

#[test]
fn i9_no_connector_can_look_a_person_up() {
    let contract =
        files("crates/platforms/src", "rs").into_iter().find(|f| f.path.ends_with("/contract.rs")).expect("the contract is there");
    let body = contract.code.split("pub trait Connector").nth(1).expect("the contract has its trait");
    let method = Regex::new(r"(?m)^    (?:async )?fn ([a-z_]+)").expect("a right pattern");
    let mut have: Vec<String> = method.captures_iter(body).map(|c| c[1].to_owned()).collect();
    have.sort();
    assert_eq!(have, CONNECTOR, "what a connector can do has changed: see that it looks nobody up (I9)");
}

/// Addresses of platforms that browse people: their profile, followers, feeds and searches. A connector may ask for its
/// own account's, under the name listed with its reason.
const BROWSING: &str = r#"["/](?:app\.bsky\.(?:actor\.(?:searchActors\w*|getSuggestions)|graph\.(?:getFollow\w*|getKnownFollowers)|feed\.(?:getAuthorFeed|searchPosts|getActorLikes))|api/v[12]/(?:search|directory|accounts/(?:search|lookup|relationships|familiar_followers)|timelines/(?:public|tag)))"#;

#[test]
fn i9_no_connector_asks_a_platform_to_browse_people() {
    let browses = Regex::new(BROWSING).expect("a right pattern");
    let mut wrong = Vec::new();
    for file in files("crates/platforms/src", "rs") {
        if file.path.contains("/double") || file.path.contains("/server/") || super::source::is_test(&file.path) {
            continue;
        }
        for (n, line) in file.lines().filter(|(_, l)| browses.is_match(l)) {
            wrong.push(format!("{}:{n}: {}", file.path, line.trim()));
        }
    }
    none("a call that browses people", &wrong);
}

#[test]
fn i9_no_page_searches_for_a_member_of_the_public() {
    let routes: Vec<&str> = crate::http::router::staff().iter().chain(&crate::http::router::public()).map(|r| r.path).collect();
    let search = Regex::new(r"(?i)/(?:correspondents?|public|profiles?|users?|lookup)(?:/search|/find|/\{handle\}|/\{name\})")
        .expect("a right pattern");
    let wrong: Vec<String> = routes.iter().filter(|r| search.is_match(r)).map(|r| (*r).to_owned()).collect();
    none("a page that searches for people", &wrong);
    // Whoever merges two correspondents says that two accounts are one person; software never does.
    let merges: Vec<String> = crate::wiring::acts()
        .iter()
        .map(|a| a.name)
        .filter(|n| n.contains("merge") || n.contains("correspondent"))
        .map(str::to_owned)
        .collect();
    none("an act that merges or changes correspondents", &merges);
}

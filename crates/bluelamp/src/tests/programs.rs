//! What a program can do by the API alone: the desk's day and a post's life, from reading to taking down; and what its
//! token, its person and its force keep it from.

use super::browser::{Answer, Browser};
use crate::http::openapi;
use crate::publishing::tests::benches as posts;
use crate::security::pages::tokens;
use crate::testing::World;
use bluelamp_domain::ids::AccountId;
use serde_json::{Value, json};

async fn token(world: &World, name: &str, acts: &[&str], accounts: Option<Vec<AccountId>>) -> String {
    let ctx = crate::act::Ctx { session: None, ..world.ctx(name).await };
    let acts = acts.iter().map(|a| (*a).to_owned()).collect();
    tokens::issue(&ctx, "Test", acts, accounts, 30).await.unwrap().unwrap_or_else(|no| panic!("{no:?}"))
}

/// Does an act by its JSON route.
async fn act(program: &mut Browser, token: &str, name: &str, input: Value) -> Answer {
    program.api(token, &format!("/api/v1/acts/{name}"), &input).await
}

async fn done(program: &mut Browser, token: &str, name: &str, input: Value) -> Value {
    let answer = act(program, token, name, input).await;
    assert_eq!(answer.status, 200, "{name}: {}", answer.body);
    answer.json()
}

async fn list(program: &mut Browser, token: &str, path: &str) -> Vec<Value> {
    let answer = program.api_get(token, &format!("/api/v1/{path}")).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.json()["items"].as_array().unwrap().clone()
}

/// An answer has exactly what the document says of it.
fn as_declared(path: &str, item: &Value) {
    let shape = &openapi::document()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    let declared = shape["properties"]["items"]["items"]["properties"].as_object().unwrap_or_else(|| panic!("{path} is not declared"));
    let said: Vec<&String> = item.as_object().unwrap().keys().collect();
    let mut declared: Vec<&String> = declared.keys().collect();
    declared.sort();
    let mut sorted = said.clone();
    sorted.sort();
    assert_eq!(sorted, declared, "{path}");
}

#[tokio::test]
async fn a_program_works_the_desk_by_the_api_alone() {
    for b in crate::intake::tests::benches().await {
        b.take(crate::intake::tests::wrote("m-1", 1, "private", crate::intake::tests::THREAT).to_string()).await;
        b.take(crate::intake::tests::wrote("m-2", 1, "comment", "is the road open again?").to_string()).await;
        let mut program = Browser::new(&b.world.app);
        let acts = [
            "read.desk",
            "desk.start_duty",
            "desk.acknowledge_alert",
            "desk.claim",
            "desk.assess",
            "desk.note",
            "desk.refer",
            "desk.close",
        ];
        let t = token(&b.world, "desk", &acts, None).await;
        let open = list(&mut program, &t, "messages?state=open").await;
        assert_eq!(open.len(), 2, "{}", b.world.database);
        open.iter().for_each(|m| as_declared("/api/v1/messages", m));
        let m = open.iter().find(|m| m["priority"] == "immediate").expect("the threat stands out");
        assert!(m["text"].as_str().unwrap().contains("knife") && !m["signals"].as_array().unwrap().is_empty(), "{m}");
        let alert = list(&mut program, &t, "alerts").await.remove(0);
        as_declared("/api/v1/alerts", &alert);
        assert_eq!(alert["message"], m["id"]);
        done(&mut program, &t, "desk.start_duty", json!({})).await;
        done(&mut program, &t, "desk.acknowledge_alert", json!({ "alert": alert["id"] })).await;
        assert!(list(&mut program, &t, "alerts").await.is_empty());
        done(&mut program, &t, "desk.claim", json!({ "message": m["id"] })).await;
        let lit = m["thrive"].as_array().unwrap();
        let answers: Vec<Value> = bluelamp_domain::triage::Dimension::ALL
            .iter()
            .map(|d| json!({ "dimension": d.name(), "yes": lit.contains(&json!(d.name())), "why": "as triage says" }))
            .collect();
        done(&mut program, &t, "desk.assess", json!({ "message": m["id"], "answers": answers, "decided": "immediate" })).await;
        done(
            &mut program,
            &t,
            "desk.refer",
            json!({ "message": m["id"], "kind": "incident", "reference": "EX-1", "note": "a unit is on its way" }),
        )
        .await;
        done(&mut program, &t, "desk.note", json!({ "message": m["id"], "note": "rang back" })).await;
        done(&mut program, &t, "desk.close", json!({ "message": m["id"], "outcome": "incident_raised", "note": "" })).await;
        assert_eq!(list(&mut program, &t, "messages?state=open").await.len(), 1);
        assert_eq!(list(&mut program, &t, "messages?state=closed").await[0]["outcome"], "incident_raised");
        assert_eq!(program.api_get(&t, "/api/v1/messages?state=lost").await.status, 400);
        // One at a time, each once.
        let first = program.api_get(&t, "/api/v1/messages?limit=1").await.json();
        let next = first["next"].as_str().unwrap().to_owned();
        let second = program.api_get(&t, &format!("/api/v1/messages?limit=1&cursor={next}")).await.json();
        assert_ne!(first["items"][0]["id"], second["items"][0]["id"], "{}", b.world.database);
        // Whoever sees no account sees no message; whoever may not read the desk is told so.
        let local = token(&b.world, "local", &["read.desk"], None).await;
        assert!(list(&mut program, &local, "messages").await.is_empty() && list(&mut program, &local, "alerts").await.is_empty());
        let publisher = token(&b.world, "publisher", &["read.desk"], None).await;
        assert_eq!(program.api_get(&publisher, "/api/v1/messages").await.status, 403);
        let bare = token(&b.world, "desk", &["desk.claim"], None).await;
        assert_eq!(program.api_get(&bare, "/api/v1/messages").await.json()["code"], "token-scope");
        assert!(list(&mut program, &t, "quarantine").await.is_empty());
    }
}

#[tokio::test]
async fn a_program_takes_a_post_from_a_picture_to_its_taking_down() {
    for b in posts().await {
        let mut program = Browser::new(&b.world.app);
        let acts = ["read.drafts", "publishing.create_draft", "publishing.edit_draft", "publishing.publish", "publishing.take_down"];
        let t = token(&b.world, "corporate-communications", &acts, None).await;
        let mut png = std::io::Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(32, 16).write_to(&mut png, image::ImageFormat::Png).unwrap();
        let send = |token: &str, bytes: Vec<u8>| {
            axum::http::Request::post("/api/v1/pictures")
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "image/png")
                .body(bytes.into())
                .unwrap()
        };
        let picture = program.send(send(&t, png.into_inner())).await;
        assert_eq!(picture.status, 200, "{}", picture.body);
        assert_eq!(program.send(send(&t, b"not a picture".to_vec())).await.status, 422);
        assert_eq!(program.send(send(&t, vec![0; 21 << 20])).await.status, 413);
        let reads = token(&b.world, "corporate-communications", &["read.drafts"], None).await;
        assert_eq!(program.send(send(&reads, b"x".to_vec())).await.json()["code"], "token-scope");
        let content = |alt: &str| json!({ "text": "The road is open again.", "purpose": "tactical-operational", "accounts": [b.main], "pictures": [{ "object": picture.json()["object"], "name": "road.png", "alt": alt }] });
        let draft = done(&mut program, &t, "publishing.create_draft", json!({ "content": content("") })).await["id"].clone();
        let held = act(&mut program, &t, "publishing.publish", json!({ "draft": draft, "revision": 1 })).await;
        assert_eq!((held.status, held.json()["outcome"].as_str()), (202, Some("held")), "{}", held.body);
        let edit = json!({ "draft": draft, "revision": 1, "content": content("An open road in the rain") });
        done(&mut program, &t, "publishing.edit_draft", edit).await;
        let held = act(&mut program, &t, "publishing.publish", json!({ "draft": draft, "revision": 2 })).await;
        assert_eq!(held.status, 202, "somebody else looks at a picture: {}", held.body);
        assert_eq!(act(&mut program, &t, "act.release", json!({ "held": held.json()["held"] })).await.json()["code"], "token-scope");
        let team = token(&b.world, "digital-media-team", &["act.release"], None).await;
        let waits = list(&mut program, &team, "held").await;
        as_declared("/api/v1/held", waits.last().unwrap());
        assert!(waits.iter().any(|h| h["id"] == held.json()["held"]), "{waits:?}");
        done(&mut program, &team, "act.release", json!({ "held": held.json()["held"], "note": "nothing behind it" })).await;
        b.after(0).await;
        let mine = list(&mut program, &t, "drafts").await;
        as_declared("/api/v1/drafts", &mine[0]);
        assert_eq!(
            (mine.len(), mine[0]["state"].as_str(), mine[0]["posts"][0]["state"].as_str()),
            (1, Some("live"), Some("live")),
            "{mine:?}"
        );
        assert!(list(&mut program, &t, "drafts?state=editing").await.is_empty());
        assert_eq!(program.api_get(&t, "/api/v1/drafts?state=lost").await.status, 400);
        // A token for another account does not read it, nor does a publisher who has no account, nor another force.
        let north = token(&b.world, "corporate-communications", &["read.drafts"], Some(vec![b.north])).await;
        assert!(list(&mut program, &north, "drafts").await.is_empty(), "{}", b.world.database);
        let publisher = token(&b.world, "publisher", &["read.drafts"], None).await;
        assert!(list(&mut program, &publisher, "drafts").await.is_empty());
        let desk = token(&b.world, "desk", &["read.drafts"], None).await;
        assert_eq!(program.api_get(&desk, "/api/v1/drafts").await.status, 403);
        done(&mut program, &t, "publishing.take_down", json!({ "draft": draft, "reason": "new information" })).await;
        b.after(0).await;
        b.after(bluelamp_domain::time::MINUTE).await;
        assert_eq!(list(&mut program, &t, "drafts?state=taken-down").await.len(), 1, "{}", b.world.database);
    }
}

#[tokio::test]
async fn every_list_answers_as_the_document_says_and_only_to_who_may() {
    let world = crate::testing::lite().await;
    let mut program = Browser::new(&world.app);
    let reads: Vec<&str> = openapi::READS.iter().map(|(r, _)| *r).collect();
    let t = token(&world, "auditor", &reads, None).await;
    let none = token(&world, "auditor", &["people.invite"], None).await;
    let lists: Vec<String> = openapi::document()["paths"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, item)| item.get("get").is_some())
        .map(|(path, _)| path.clone())
        .collect();
    assert_eq!(lists.len(), 12);
    for path in lists {
        let answer = program.api_get(&t, &path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()["items"].as_array().unwrap().iter().for_each(|item| as_declared(&path, item));
        let own = ["/api/v1/held", "/api/v1/tasks"].contains(&path.as_str());
        assert_eq!(program.api_get(&none, &path).await.status, if own { 200 } else { 403 }, "{path}");
        assert_eq!(program.api_get("", &path).await.status, 401, "{path}");
    }
}

/// Whatever a person can do, a program can be given; what it cannot be given stands in one list with its reason.
#[test]
fn every_act_has_its_json_route_or_a_reason_why_not() {
    for act in crate::wiring::acts() {
        let route = openapi::document()["paths"].get(format!("/api/v1/acts/{}", act.name)).is_some();
        let why = openapi::why_not(act.name);
        assert_eq!(route, why.is_none(), "{}: {why:?}", act.name);
    }
    assert!(openapi::why_not("security.sign_in").is_some() && openapi::why_not("desk.claim").is_none());
}

//! The desk over HTTP: what people see, and what hostile forms and addresses come to.

use super::*;
use crate::desk::acts::{route::Route, start_duty::StartDuty};
use crate::http::{percent, router};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use bluelamp_domain::ids::SessionId;
use bluelamp_domain::time::DAY;
use tower::ServiceExt;

const SCRIPT: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>";

/// A browser with a session of this person.
pub struct Browser {
    app: axum::Router,
    cookie: String,
    csrf: String,
}

impl Browser {
    pub async fn of(b: &Bench, ctx: &Ctx) -> Browser {
        Browser::of_again(b, ctx, 1).await
    }

    /// A further session of the same person.
    pub async fn of_again(b: &Bench, ctx: &Ctx, nth: u128) -> Browser {
        let person = ctx.principal.person().unwrap();
        let id = SessionId(uuid::Uuid::from_u128(person.0.as_u128() ^ nth));
        let secret = format!("secret-{nth}-of-{person}");
        let session = crate::db::doors::NewSession {
            id,
            force: ctx.force,
            person,
            secret: crate::http::session::secret_hash(&secret),
            second_factor: true,
            device: "a browser".into(),
            device_hash: vec![1],
            address: "127.0.0.1".into(),
            ends_at: b.world.app.clock.now().plus(30 * DAY),
        };
        crate::db::doors::insert_session(&b.world.app.db, &session, b.world.app.clock.now()).await.unwrap();
        Browser {
            app: router::router(b.world.app.clone(), router::staff()),
            cookie: format!("{}={secret}", crate::http::session::cookie_name(&b.world.app, crate::http::session::COOKIE)),
            csrf: crate::http::form::csrf(&b.world.app, &id.to_string()),
        }
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, String, String) {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let to = response.headers().get(header::LOCATION).map(|l| l.to_str().unwrap().to_owned()).unwrap_or_default();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap(), to)
    }

    /// What is no text.
    pub async fn get_bytes(&self, path: &str) -> (StatusCode, Vec<u8>) {
        let request =
            Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, &self.cookie).body(Body::empty()).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        (status, axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap().to_vec())
    }

    pub async fn get(&self, path: &str) -> (StatusCode, String) {
        let request =
            Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, &self.cookie).body(Body::empty()).unwrap();
        let (status, body, _) = self.ask(request).await;
        (status, body)
    }

    async fn post_with(&self, path: &str, csrf: &str, fields: &[(&str, &str)]) -> (StatusCode, String, String) {
        let mut body = format!("csrf={csrf}");
        for (name, value) in fields {
            body.push_str(&format!("&{name}={}", percent(value)));
        }
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        self.ask(request).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String, String) {
        self.post_with(path, &self.csrf, fields).await
    }
}

#[tokio::test]
async fn leics_triage_1_the_desk_shows_the_words_that_decided_and_escapes_the_rest() {
    for b in benches().await {
        let m = came(&b, "m-1", "private", &format!("{SCRIPT} {THREAT}")).await;
        let browser = Browser::of(&b, &desk(&b).await).await;
        for path in ["/desk".to_owned(), format!("/desk?queue=immediate&open={}", m.id), format!("/desk/messages/{}", m.id)] {
            let (status, page) = browser.get(&path).await;
            assert_eq!(status, StatusCode::OK, "{path}: {page}");
            assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{path}");
            assert!(page.contains("<mark>") && page.contains("Immediate"), "{path}");
        }
        let (_, page) = browser.get(&format!("/desk/messages/{}", m.id)).await;
        assert!(page.contains("Why immediate") && page.contains("THRIVE, pre-filled"));
        for signal in &m.triage.signals {
            assert!(page.contains(&format!(">{}</code>", signal.id)), "the rule `{}` that decided is shown", signal.id);
        }
        assert!(page.contains(&m.triage_pack[..12]), "the pack that decided is named");
        assert!(browser.get("/desk?words=knife").await.1.contains(&m.id.to_string()), "{}", b.world.database);
        assert!(!browser.get("/desk?words=kn%25fe").await.1.contains(&m.id.to_string()), "a wildcard is a character");
    }
}

#[tokio::test]
async fn a_message_is_worked_through_the_forms_to_its_end() {
    for b in benches().await {
        let m = came(&b, "m-1", "private", THREAT).await;
        let browser = Browser::of(&b, &desk(&b).await).await;
        let at = |act: &str| format!("/desk/messages/{}/{act}", m.id);
        let (status, _, to) = browser.post(&at("claim"), &[]).await;
        assert_eq!((status, to), (StatusCode::SEE_OTHER, format!("/desk/messages/{}?did=done", m.id)));
        let (status, page, _) = browser.post(&at("close"), &[("outcome", "spam")]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{}", b.world.database);
        assert!(page.contains("LEICS-TRIAGE-2") && page.contains("This was not closed"));
        let yes: Vec<(&str, &str)> = m.triage.thrive.iter().map(|d| (d.name(), "yes")).collect();
        let (status, _, _) = browser.post(&at("assess"), &[&yes[..], &[("priority", "immediate")]].concat()).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let (status, page, _) = browser.post(&at("incident"), &[("note", "told the control room, keep these words")]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("keep these words"), "what was typed stays");
        browser.post(&at("incident"), &[("reference", "0142")]).await;
        let (status, _, _) = browser.post(&at("close"), &[("outcome", "incident_raised")]).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let page = browser.get(&format!("/desk/messages/{}", m.id)).await.1;
        assert!(page.contains("Incident raised") && page.contains("INC-2026-000001"), "{page}");
        assert_eq!(again(&b, m.id).await.state, "closed");
    }
}

#[tokio::test]
async fn i2_another_forces_ids_in_every_address_are_not_there() {
    for b in benches().await {
        let m = came(&b, "m-1", "private", THREAT).await;
        let alert = store::ringing(&mut b.ctx().read().await.unwrap(), b.world.force, m.id).await.unwrap().unwrap().id;
        let browser = Browser::of(&b, &scope::stranger(&b).await).await;
        for path in [format!("/desk/messages/{}", m.id), format!("/desk?open={}", m.id)] {
            assert_eq!(browser.get(&path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        let fields = [
            ("note", "x"),
            ("text", "x"),
            ("outcome", "spam"),
            ("route", "foi"),
            ("reference", "1"),
            ("priority", "routine"),
            ("resolution", "again"),
        ];
        for route in router::staff().into_iter().filter(|r| r.method == "POST" && r.path.starts_with("/desk/") && r.path.contains("{id}")) {
            let id = if route.path.contains("/alerts/") { alert.to_string() } else { m.id.to_string() };
            for id in [id, "not-an-id".into()] {
                let path = route.path.replace("{id}", &id);
                let (status, body, _) = browser.post(&path, &fields).await;
                assert_eq!(status, StatusCode::NOT_FOUND, "{} {path}: {body}", b.world.database);
            }
        }
        assert!(!browser.get("/desk?words=knife").await.1.contains(&m.id.to_string()));
        assert!(!browser.get("/desk/alerts").await.1.contains(&m.id.to_string()));
    }
}

#[tokio::test]
async fn script_in_every_text_field_stays_text_and_overlong_forms_keep_what_was_typed() {
    for b in benches().await {
        let m = came(&b, "m-1", "comment", "is the road open again?").await;
        let browser = Browser::of(&b, &desk(&b).await).await;
        let at = |act: &str| format!("/desk/messages/{}/{act}", m.id);
        let all = [
            ("assess", vec![("priority", "immediate"), ("threat", "yes"), ("threat_why", SCRIPT), ("reason", SCRIPT)]),
            ("note", vec![("note", SCRIPT)]),
            ("refer", vec![("route", "foi"), ("reference", SCRIPT), ("note", SCRIPT)]),
            ("incident", vec![("reference", SCRIPT), ("note", SCRIPT)]),
            ("reply", vec![("text", SCRIPT)]),
            ("escalate", vec![("note", SCRIPT)]),
            ("route", vec![("area", SCRIPT), ("note", SCRIPT)]),
            ("check", vec![("text", SCRIPT)]),
            ("close", vec![("outcome", "duplicate"), ("note", SCRIPT)]),
        ];
        for (act, fields) in &all {
            let (status, page, _) = browser.post(&at(act), fields).await;
            assert!(status.as_u16() < 500, "{act}: {status}");
            assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{act}: {page}");
        }
        let (_, page) = browser.get(&format!("/desk/messages/{}", m.id)).await;
        assert!(page.contains("&lt;script&gt;") || page.contains("&#60;script&#62;"), "it is there, as text");
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"));
        let long = "y".repeat(5_000);
        let (status, page, _) = browser.post(&at("note"), &[("note", &long)]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains(&long), "{}: what was typed stays", b.world.database);
        let (status, ..) = browser.post(&at("note"), &[("note", &"z".repeat(600_000))]).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        for (act, fields) in
            [("close", [("outcome", "deleted")]), ("assess", [("priority", "whatever")]), ("refer", [("route", "nowhere")])]
        {
            assert_eq!(browser.post(&at(act), &fields).await.0, StatusCode::BAD_REQUEST, "{act}");
        }
    }
}

#[tokio::test]
async fn a_form_that_was_not_made_in_this_session_does_nothing() {
    for b in benches().await {
        let m = came(&b, "m-1", "comment", "is the road open again?").await;
        let browser = Browser::of(&b, &desk(&b).await).await;
        let (status, ..) = browser.post_with(&format!("/desk/messages/{}/claim", m.id), "0000", &[]).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert_eq!(again(&b, m.id).await.claimed_by, None, "{}", b.world.database);
    }
}

#[tokio::test]
async fn app_role_9_a_local_team_sees_its_area_and_nothing_else() {
    for mut b in benches().await {
        b.world.person("north", &["local"], &["Northfield"]).await;
        let (one, two) =
            (came(&b, "m-1", "comment", "when is the beat surgery?").await, came(&b, "m-2", "comment", "thanks for the talk").await);
        does(&desk(&b).await, Route { message: one.id, area: "Northfield".into(), person: None, note: String::new() }).await;
        let browser = Browser::of(&b, &b.world.ctx("north").await).await;
        let page = browser.get("/desk").await.1;
        assert!(page.contains(&one.id.to_string()) && !page.contains(&two.id.to_string()), "{}", b.world.database);
        assert_eq!(browser.get(&format!("/desk/messages/{}", two.id)).await.0, StatusCode::NOT_FOUND);
        assert_eq!(browser.post(&format!("/desk/messages/{}/note", two.id), &[("note", "x")]).await.0, StatusCode::NOT_FOUND);
        assert_eq!(browser.get("/desk/wall").await.0, StatusCode::FORBIDDEN);
        // The account itself, once they are authorised for it, and no other.
        let corporate = b.world.ctx("corporate-communications").await;
        let authorise = crate::accounts::acts::authorise::Authorise { account: b.account, person: b.world.id_of("north") };
        does(&corporate, authorise).await;
        let browser = Browser::of_again(&b, &b.world.ctx("north").await, 2).await;
        assert!(browser.get("/desk").await.1.contains(&two.id.to_string()), "{}", b.world.database);
        let (status, ..) = browser.post(&format!("/desk/messages/{}/note", two.id), &[("note", "seen")]).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
    }
}

/// A comment with a picture of the platform's own, and its description.
async fn pictured(b: &Bench, id: &str, text: &str, alt: Option<&str>, name: &str) -> MessageRow {
    let mut event = crate::intake::tests::wrote(id, 1, "comment", text);
    let url = format!("{}/v1/media/{name}", b.server.base_url);
    event["message"]["media"] = serde_json::json!([{ "url": url, "mime": "image/png", "alt": alt }]);
    b.take(event.to_string()).await;
    b.world.run_jobs().await;
    b.messages().await.into_iter().find(|m| m.remote_id == id).expect("it came in")
}

#[tokio::test]
async fn pictures_stand_in_the_conversation_as_copies_and_blurred_where_harm_is_seen() {
    for b in benches().await {
        let calm = pictured(&b, "m-1", "the new bench by the pond", Some("A <b>green</b> bench"), "street.png").await;
        let harm = pictured(&b, "m-2", THREAT, None, "street.png").await;
        let lost = pictured(&b, "m-3", "and here is another", None, "none.png").await;
        for _ in 0..12 {
            b.world.clock.forward(60 * bluelamp_domain::time::MINUTE);
            b.world.run_jobs().await;
        }
        let browser = Browser::of(&b, &desk(&b).await).await;
        let media = async |m: &MessageRow| {
            crate::intake::store::media_of(&mut b.ctx().read().await.unwrap(), b.world.force, m.id).await.unwrap().remove(0).id
        };
        let page = async |m: &MessageRow| browser.get(&format!("/desk/messages/{}", m.id)).await.1;
        let (one, shown) = (media(&calm).await, page(&calm).await);
        assert!(shown.contains(&format!("<img src=\"/media/{one}\"")), "{}: {shown}", b.world.database);
        assert!(shown.contains("green") && !shown.contains("<b>green"), "the author's words, escaped");
        assert!(shown.contains(&format!("/media/{one}/original\" download")) && !shown.contains(&b.server.base_url), "never hot-linked");
        let shown = page(&harm).await;
        assert!(shown.contains("class=\"bl-veil\"") && shown.contains("not described by its author"), "{}", b.world.database);
        assert!(page(&lost).await.contains("the platform does not give it"));
        let (status, _) = browser.get_bytes(&format!("/media/{one}")).await;
        assert_eq!(status, StatusCode::OK);
        let stranger = Browser::of(&b, &scope::stranger(&b).await).await;
        assert_eq!(stranger.get_bytes(&format!("/media/{one}")).await.0, StatusCode::NOT_FOUND, "I2");
    }
}

#[tokio::test]
async fn moderation_is_done_and_undone_from_the_conversation_by_who_may() {
    for b in benches().await {
        let saying = bluelamp_platforms::rehearsal::server::Saying {
            to: "main".into(),
            kind: bluelamp_platforms::rehearsal::wire::Where::Comment,
            text: "buy my followers, link in bio".into(),
            language: None,
            parent: Some("p1".into()),
            by: None,
        };
        b.server.say(&saying).unwrap().unwrap();
        crate::intake::worker::poll(&b.ctx(), b.account, "this node").await.unwrap();
        crate::intake::process::account(&b.ctx(), b.account).await.unwrap();
        let m = b.one().await;
        let browser = Browser::of(&b, &desk(&b).await).await;
        let here = format!("/desk/messages/{}", m.id);
        let page = browser.get(&here).await.1;
        let (hide, whole) = (format!("/community/messages/{}/hide", m.id), format!("href=\"/community/messages/{}\"", m.id));
        assert!(page.contains(&hide) && page.contains(&whole), "{}: {page}", b.world.database);
        let back = format!("{here}?did=done");
        let (status, _, to) = browser.post(&hide, &[("ground", "spam"), ("back", &back)]).await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, back.as_str()), "back to the conversation");
        b.world.run_jobs().await;
        let page = browser.get(&here).await.1;
        assert!(page.contains("Hide: Spam") && page.contains("Show it again"), "{page}");
        assert!(!page.contains(&format!("formaction=\"{hide}\"")), "what stands is not offered twice");
        // Without a ground: the form of moderation with every reason.
        let (status, page, _) = browser.post(&format!("/community/messages/{}/report", m.id), &[("ground", ""), ("back", &back)]).await;
        assert!(status == StatusCode::FORBIDDEN && page.contains("APP-ROLE-5"), "{status}");
        assert!(page.contains(&format!("/desk?open={}", m.id)), "and the way back to the desk");
        let (status, ..) = browser.post(&format!("/community/messages/{}/unhide", m.id), &[("reason", "a mistake"), ("back", &back)]).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        // Who does not moderate sees no form of it.
        let command = Browser::of(&b, &b.world.ctx("command").await).await;
        assert!(!command.get(&here).await.1.contains(&hide));
    }
}

#[tokio::test]
async fn quarantine_has_one_page_that_shows_the_body_and_says_what_to_do() {
    for b in benches().await {
        b.take(format!("not json at all {SCRIPT}")).await;
        let browser = Browser::of(&b, &desk(&b).await).await;
        let (status, page) = browser.get("/desk/quarantine").await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("not json at all") && page.contains("tell the control room now"), "{}: {page}", b.world.database);
        assert!(!page.contains("<script>alert"));
        assert_eq!(browser.get("/intake/quarantine").await.0, StatusCode::NOT_FOUND);
        let action = page.split("action=\"/desk/quarantine/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let at = format!("/desk/quarantine/{action}");
        let (status, page, _) = browser.post(&at, &[("resolution", "dismissed"), ("note", "")]).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("It stays in quarantine"), "{status}");
        let (status, page, _) = browser.post(&at, &[("resolution", "dismissed"), ("note", &"y".repeat(1_001))]).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains(&"y".repeat(1_001)), "what was typed stays");
        let (status, ..) = browser.post(&at, &[("resolution", "dismissed"), ("note", "a stray ping")]).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        assert!(browser.get("/desk/quarantine").await.1.contains("Nothing is in quarantine"));
    }
}

#[tokio::test]
async fn app_role_2_the_desk_opens_with_the_accounts_that_are_its_own() {
    for b in benches().await {
        let corporate = b.world.ctx("corporate-communications").await;
        let m = came(&b, "m-1", "comment", "is the road open again?").await;
        let browser = Browser::of(&b, &desk(&b).await).await;
        assert!(browser.get("/desk").await.1.contains(&m.id.to_string()), "{}: the contact centre watches it", b.world.database);
        let monitored = vec![bluelamp_domain::accounts::Monitor::Corporate];
        let act =
            crate::accounts::acts::set_monitoring::SetMonitoring { account: b.account, monitored_by: monitored, hours: "Weekdays".into() };
        does(&corporate, act).await;
        assert!(!browser.get("/desk").await.1.contains(&m.id.to_string()));
        assert!(browser.get("/desk?account=all").await.1.contains(&m.id.to_string()));
        let theirs = Browser::of(&b, &corporate).await;
        assert!(theirs.get("/desk").await.1.contains(&m.id.to_string()));
    }
}

#[tokio::test]
async fn leics_use_1_what_is_unread_stands_by_account_until_somebody_opens_it() {
    for b in benches().await {
        let m = came(&b, "m-1", "comment", "is the road open again?").await;
        let browser = Browser::of(&b, &desk(&b).await).await;
        let unread = || async {
            store::waiting_by_account(
                &mut b.ctx().read().await.unwrap(),
                b.world.force,
                true,
                crate::db::Val::Ids(vec![]),
                b.world.app.clock.now(),
            )
            .await
            .unwrap()[0]
                .unread
        };
        assert!(browser.get("/desk/unanswered").await.1.contains("Account main"));
        assert_eq!(unread().await, 1);
        let csv = browser.get("/desk/unanswered.csv").await.1;
        assert!(
            csv.contains(&format!("\"Account main\",\"1\",\"1\",\"1\",\"0\",\"0\",\"0\",\"2026-11-21T12:00:00Z\",\"{}\"", b.account)),
            "{csv}"
        );
        browser.get(&format!("/desk/messages/{}", m.id)).await;
        assert_eq!(unread().await, 0, "{}", b.world.database);
    }
}

#[tokio::test]
async fn the_wall_and_the_alarms_hold_figures_and_no_words_of_anyone() {
    for b in benches().await {
        does(&desk(&b).await, StartDuty {}).await;
        let m = came(&b, "m-1", "private", THREAT).await;
        let browser = Browser::of(&b, &desk(&b).await).await;
        for path in ["/desk/wall", "/desk/alerts", "/desk/unanswered", "/desk/quarantine"] {
            let (status, page) = browser.get(path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(!page.contains("knife") && !page.to_lowercase().contains("wren"), "{path}");
            assert!(page.contains("Acknowledge"), "{path}: the bar stands on every page");
        }
        let alert = store::ringing(&mut b.ctx().read().await.unwrap(), b.world.force, m.id).await.unwrap().unwrap();
        let (status, _, to) = browser.post(&format!("/desk/alerts/{}/acknowledge", alert.id), &[("back", "/desk/wall")]).await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/desk/wall"), "{}", b.world.database);
        assert!(!browser.get("/desk/wall").await.1.contains("Acknowledge"));
        let auditor = Browser::of(&b, &b.world.ctx("records").await).await;
        assert_eq!(auditor.get("/desk/wall").await.0, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn app_comm_10_the_list_of_organisations_has_a_page_and_only_those_who_keep_it_change_it() {
    for b in benches().await {
        let corporate = b.world.ctx("corporate-communications").await;
        let keeper = Browser::of(&b, &corporate).await;
        let council = [("title", "Ostlebury Borough Council"), ("platform", "rehearsal"), ("handle", "@Council")];
        let (status, ..) = keeper.post("/desk/organisations", &council).await;
        assert_eq!(status, 303, "{}", b.world.database);
        let page = keeper.get("/desk/organisations").await.1;
        assert!(page.contains("Ostlebury Borough Council") && page.contains("@Council"), "{page}");
        // Who it is must be said; what was typed stays.
        let (status, page, _) =
            keeper.post("/desk/organisations", &[("title", " "), ("platform", "rehearsal"), ("handle", "charity")]).await;
        assert!(status == 422 && page.contains("value=\"charity\""), "{page}");
        // The desk reads it, and asks them for a change.
        let ctx = desk(&b).await;
        let reader = Browser::of(&b, &ctx).await;
        let page = reader.get("/desk/organisations").await.1;
        assert!(page.contains("Ostlebury Borough Council") && !page.contains("/desk/organisations/remove"), "{page}");
        let (status, ..) = reader.post("/desk/organisations", &council).await;
        assert_eq!(status, 422);
        let (status, ..) = keeper.post("/desk/organisations/remove", &[("platform", "rehearsal"), ("handle", "Council")]).await;
        assert_eq!(status, 303);
        assert!(!keeper.get("/desk/organisations").await.1.contains("Ostlebury Borough Council"), "{}", b.world.database);
    }
}

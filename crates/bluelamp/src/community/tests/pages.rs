//! The pages, through HTTP: what is offered, what is refused with what was typed, and what is escaped.

use super::*;
use crate::act::Outcome;
use crate::db::doors::NewSession;
use crate::http::form::csrf;
use crate::http::{percent, router, session};
use axum::body::Body;
use axum::http::Request;
use bluelamp_domain::ids::SessionId;
use tower::ServiceExt;

/// A signed-in browser.
struct Browser {
    app: crate::app::App,
    cookie: String,
    csrf: String,
}

async fn browser(b: &Bench, name: &str) -> Browser {
    let (app, now) = (b.world.app.clone(), b.world.app.clock.now());
    let id = SessionId(uuid::Uuid::from_bytes(app.random()));
    let session = NewSession {
        id,
        force: b.world.force,
        person: b.world.id_of(name),
        secret: session::secret_hash(&format!("secret-of-{name}")),
        second_factor: true,
        device: "test".into(),
        device_hash: vec![1],
        address: "127.0.0.1".into(),
        ends_at: now.plus(12 * HOUR),
    };
    crate::db::doors::insert_session(&app.db, &session, now).await.unwrap();
    Browser { csrf: csrf(&app, &id.to_string()), cookie: format!("bluelamp=secret-of-{name}"), app }
}

impl Browser {
    async fn send(&self, request: Request<Body>) -> (u16, String, String) {
        let answer = router::router(self.app.clone(), router::staff()).oneshot(request).await.unwrap();
        let to = answer.headers().get("location").map(|l| l.to_str().unwrap().to_owned()).unwrap_or_default();
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 4_000_000).await.unwrap();
        (status, to, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let request = Request::get(path).header("host", "localhost").header("cookie", &self.cookie).body(Body::empty()).unwrap();
        let (status, _, body) = self.send(request).await;
        (status, body)
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String, String) {
        let mut form = format!("csrf={}", self.csrf);
        fields.iter().for_each(|(name, value)| form.push_str(&format!("&{name}={}", percent(value))));
        let request = Request::post(path)
            .header("host", "localhost")
            .header("cookie", &self.cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        self.send(request).await
    }
}

const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

#[tokio::test]
async fn a_message_is_hidden_from_its_page_and_the_measure_prints_with_its_evidence() {
    for b in benches().await {
        let desk = browser(&b, "desk").await;
        let (remote, id) = comment(&b, "click link in bio and make £900 a day").await;
        let (status, page) = desk.get(&format!("/community/messages/{id}")).await;
        assert_eq!(status, 200, "{page}");
        assert!(page.contains("<mark>") && page.contains("Spam"), "what was noticed is shown with its words");
        for offered in ["/hide\"", "/delete\"", "/report\""] {
            assert!(page.contains(offered), "{offered}");
        }
        assert!(!page.contains("/block\""), "the desk does not block");
        let (status, to, _) =
            desk.post(&format!("/community/messages/{id}/hide"), &[("ground", "spam"), ("reason", SCRIPT), ("key", "k1")]).await;
        assert_eq!(status, 303);
        let (_, again, _) =
            desk.post(&format!("/community/messages/{id}/hide"), &[("ground", "spam"), ("reason", SCRIPT), ("key", "k1")]).await;
        assert_eq!(to, again, "sent twice, done once");
        b.world.run_jobs().await;
        assert!(!b.server.visible(&remote));
        let (status, page) = desk.get(&to).await;
        assert_eq!(status, 200);
        assert!(
            page.contains("It stands") && page.contains("click link in bio") && page.contains("u-heron"),
            "the evidence is on the page"
        );
        assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;") || page.contains("&#60;script&#62;"), "{page}");
        let (_, list) = desk.get("/community?show=hidden").await;
        assert!(list.contains(&to.replace("?did=done", "")), "{list}");
        let (_, page) = desk.get(&format!("/community/messages/{id}")).await;
        assert!(page.contains("Show again") && !page.contains(">Hide<"));
        let (_, to, _) = desk.post(&format!("/community/messages/{id}/unhide"), &[("reason", "a mistake")]).await;
        assert!(to.starts_with("/community/measures/"), "{to}");
        b.world.run_jobs().await;
        assert!(b.server.visible(&remote));
    }
}

#[tokio::test]
async fn a_refusal_shows_every_reason_and_what_was_typed() {
    for b in benches().await {
        let supervisor = browser(&b, "desk-supervisor").await;
        let (_, id) = comment(&b, "I will find you all").await;
        let typed = [("ground", ""), ("reason", "they keep threatening"), ("no_engagement", "")];
        let (status, _, page) = supervisor.post(&format!("/community/messages/{id}/block"), &typed).await;
        assert_eq!(status, 403);
        for needed in ["APP-ROLE-5", "LEICS-BLOCK-1", "they keep threatening", "Nobody was blocked"] {
            assert!(page.contains(needed), "{needed}");
        }
        let (status, _, _) =
            supervisor.post(&format!("/community/messages/{id}/hide"), &[("ground", "spam"), ("reason", &"x".repeat(2001))]).await;
        assert_eq!(status, 422);
    }
}

#[tokio::test]
async fn leics_mod_2_a_page_offers_only_what_the_platform_can_do_and_says_the_rest() {
    for b in benches().await {
        let supervisor = browser(&b, "desk-supervisor").await;
        let (_, id) = said(&b, Where::Private, "buy now", None).await;
        let (_, page) = supervisor.get(&format!("/community/messages/{id}")).await;
        assert!(!page.contains(">Hide<") && !page.contains("/delete\""), "nobody else sees a private message");
        assert!(page.contains("Not offered here") && page.contains("Report to the platform"));
        assert!(page.contains("invented and nobody is told"), "what is public about a block is said where it is taken");
    }
}

#[tokio::test]
async fn script_in_every_field_is_only_words() {
    for b in benches().await {
        let team = browser(&b, "digital-media-team").await;
        let (_, id) = comment(&b, &format!("{SCRIPT} click link in bio")).await;
        team.post(&format!("/community/messages/{id}/advise"), &[("favours", "yes"), ("says", SCRIPT)]).await;
        let typed = [("ground", "spam"), ("reason", SCRIPT), ("no_engagement", SCRIPT)];
        let (status, to, _) = team.post(&format!("/community/messages/{id}/block"), &typed).await;
        assert_eq!(status, 303);
        let supervisor = browser(&b, "desk-supervisor").await;
        let review = to.replace("?did=done", "/review");
        let (status, ..) = supervisor.post(&review, &[("verdict", "overturned"), ("note", SCRIPT)]).await;
        assert_eq!(status, 303);
        for path in [to, format!("/community/messages/{id}"), "/community".into(), "/community/flagged".into()] {
            let (status, page) = supervisor.get(&path).await;
            assert_eq!(status, 200, "{path}");
            assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{path}");
        }
    }
}

#[tokio::test]
async fn who_may_not_see_it_is_told_no() {
    for mut b in benches().await {
        let (_, id) = comment(&b, "spam").await;
        let records = browser(&b, "records").await;
        for path in ["/community".to_owned(), "/community/flagged".into(), format!("/community/messages/{id}")] {
            assert_eq!(records.get(&path).await.0, 403, "{path}");
        }
        // Somebody of another area, and ids of nothing at all.
        b.world.person("southerner", &["local"], &["South"]).await;
        let local = browser(&b, "southerner").await;
        assert_eq!(local.get(&format!("/community/messages/{id}")).await.0, 404);
        assert_eq!(local.post(&format!("/community/messages/{id}/hide"), &[("ground", "spam")]).await.0, 404);
        let desk = browser(&b, "desk").await;
        assert_eq!(desk.get(&format!("/community/measures/{id}")).await.0, 404);
        assert_eq!(desk.get("/community/measures/nothing").await.0, 400);
        // A form made elsewhere.
        let forged = Request::post(format!("/community/messages/{id}/hide"))
            .header("host", "localhost")
            .header("cookie", &desk.cookie)
            .body(Body::from("ground=spam"))
            .unwrap();
        assert_eq!(desk.send(forged).await.0, 403);
    }
}

#[tokio::test]
async fn app_comm_2_the_public_sees_counts_by_ground_and_nothing_else() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        for n in 0..3 {
            let (_, id) = comment(&b, &format!("spam number {n}")).await;
            let Outcome::Done(_) = desk.act(hide(id)).await.unwrap() else { panic!("hidden") };
        }
        b.world.run_jobs().await;
        let app = router::router(b.world.app.clone(), router::public());
        let get = async |path: &str| {
            let request = Request::get(path).header("host", "public.localhost").body(Body::empty()).unwrap();
            let answer = app.clone().oneshot(request).await.unwrap();
            let status = answer.status().as_u16();
            (status, String::from_utf8(axum::body::to_bytes(answer.into_body(), 1_000_000).await.unwrap().to_vec()).unwrap())
        };
        let (status, json) = get("/public/exampleshire/removals.json").await;
        assert_eq!(status, 200);
        let counts: serde_json::Value = serde_json::from_str(&json).unwrap();
        let spam = counts["grounds"].as_array().unwrap().iter().find(|g| g["code"] == "spam").unwrap();
        assert_eq!((spam["removed"].as_i64(), spam["blocked"].as_i64()), (Some(3), Some(0)));
        let (status, page) = get("/public/exampleshire/removals").await;
        assert!(status == 200 && page.contains("3 comments") && page.contains("Contempt of court"), "{page}");
        assert!(!page.contains("heron") && !page.contains("spam number") && !json.contains("heron"));
        assert_eq!(get("/public/nowhere/removals").await.0, 404);
    }
}

#[tokio::test]
async fn app_comm_2_the_public_page_says_what_was_removed_once_it_is_and_for_a_year() {
    for b in benches().await {
        let desk = b.world.ctx("desk").await;
        let app = router::router(b.world.app.clone(), router::public());
        let page = async || {
            let request = Request::get("/public/exampleshire").header("host", "public.localhost").body(Body::empty()).unwrap();
            let answer = app.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status().as_u16(), 200);
            String::from_utf8(axum::body::to_bytes(answer.into_body(), 1_000_000).await.unwrap().to_vec()).unwrap()
        };
        let row = |ground: &str, n: u32| format!("<th scope=\"row\">{ground}</th><td class=\"is-numeric\">{n}</td>");
        let nothing = "No comment was hidden or deleted in the last 12 months.";
        assert!(page().await.contains(nothing), "{}", b.world.database);
        let (_, one) = comment(&b, "spam, spam").await;
        let (_, two) = comment(&b, "more spam").await;
        does(&desk, hide(one)).await;
        assert!(page().await.contains(nothing), "asked for is not done");
        b.world.run_jobs().await;
        let grounds = desk.pack().await.unwrap();
        let title = &grounds.words().ground("spam").unwrap().title;
        assert!(page().await.contains(&row(title, 1)), "{}", page().await);
        // The same comment acted on twice is one comment; a report removes nothing; what was shown again was hidden all the same.
        does(&desk, crate::community::acts::delete::Delete { message: one, ground: "spam".into(), reason: String::new() }).await;
        does(&desk, hide(two)).await;
        let (_, three) = comment(&b, "spam of a third kind").await;
        does(&desk, crate::community::acts::report::Report { message: three, ground: "spam".into(), reason: String::new() }).await;
        b.world.run_jobs().await;
        does(&desk, crate::community::acts::unhide::Unhide { message: two, reason: "a mistake".into() }).await;
        b.world.run_jobs().await;
        let shown = page().await;
        assert!(shown.contains(&row(title, 2)) && shown.contains("/public/exampleshire/removals"), "{shown}");
        assert!(!shown.contains("heron") && !shown.contains("spam of"), "counts, and nothing that points at anybody");
        let taken = crate::testing::NOON;
        b.world.clock.set(taken.plus(365 * 24 * HOUR));
        assert!(page().await.contains(&row(title, 2)), "a year to the second");
        b.world.clock.forward(1);
        assert!(page().await.contains(nothing), "{}: and no longer", b.world.database);
    }
}

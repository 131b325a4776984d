//! The pages, through HTTP, as a browser uses them.

use super::*;
use crate::http::router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use bluelamp_domain::time::{HOUR, SECOND};
use tower::ServiceExt;

struct Browser<'b> {
    b: &'b Bench,
    ctx: Ctx,
    cookie: String,
}

/// A signed-in browser: a real session row, and its cookie.
async fn browser<'b>(b: &'b Bench, name: &str) -> Browser<'b> {
    let w = &b.world;
    let secret = format!("cookie-of-{name}");
    let id = SessionId(w.app.moment(jiff::tz::TimeZone::UTC).id());
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
        ends_at: now.plus(10 * HOUR),
    };
    crate::db::doors::insert_session(&w.app.db, &session, now).await.unwrap();
    Browser { b, ctx: Ctx { session: Some(id), ..w.ctx(name).await }, cookie: format!("bluelamp={secret}") }
}

struct Answer {
    status: StatusCode,
    to: String,
    body: String,
}

impl Browser<'_> {
    async fn send(&self, request: axum::http::request::Builder, body: Vec<u8>) -> Answer {
        let app = router::router(self.b.world.app.clone(), router::staff());
        let request = request.header(header::HOST, "localhost").header(header::COOKIE, &self.cookie).body(Body::from(body)).unwrap();
        let response = app.oneshot(request).await.unwrap();
        let to = response.headers().get(header::LOCATION).map_or_else(String::new, |l| l.to_str().unwrap().to_owned());
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
        Answer { status, to, body: String::from_utf8_lossy(&body).into_owned() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), Vec::new()).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.ctx.csrf();
        let token = [("csrf", csrf.as_str())];
        let body: Vec<String> =
            fields.iter().chain(&token).map(|(n, v)| format!("{}={}", crate::http::percent(n), crate::http::percent(v))).collect();
        self.send(Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), body.join("&").into_bytes()).await
    }

    /// As the upload button sends it: the fields beside a file.
    async fn upload(&self, path: &str, fields: &[(&str, &str)], file: &[u8], csrf: &str) -> Answer {
        let mut body = Vec::new();
        for (n, v) in fields.iter().chain([&("csrf", csrf)]) {
            body.extend_from_slice(format!("--cut\r\ncontent-disposition: form-data; name=\"{n}\"\r\n\r\n{v}\r\n").as_bytes());
        }
        body.extend_from_slice(
            b"--cut\r\ncontent-disposition: form-data; name=\"media\"; filename=\"road.png\"\r\ncontent-type: image/png\r\n\r\n",
        );
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--cut--\r\n");
        self.send(Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut"), body).await
    }
}

fn png() -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(32, 16).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

#[tokio::test]
async fn from_the_composer_to_the_proof() {
    for b in benches().await {
        let author = browser(&b, "corporate-communications").await;
        let main = b.main.to_string();
        let words = [
            ("text", "The bridge is <open> again."),
            ("account", main.as_str()),
            ("purpose", "tactical-operational"),
            ("kind", "post"),
            ("when", "now"),
        ];
        // What is typed is kept, and stands there again.
        assert_eq!(author.post("/publishing/new/autosave", &words).await.status, StatusCode::OK);
        let page = author.get("/publishing/new").await;
        assert!(page.status == StatusCode::OK && page.body.contains("The bridge is &#60;open&#62; again."), "{}", page.body);
        // A picture: amber for want of words, then for someone else's look.
        let answer = author.upload("/publishing/new/upload", &words, &png(), &author.ctx.csrf()).await;
        assert_eq!((answer.status, answer.to.as_str()), (StatusCode::SEE_OTHER, "/publishing/new?did=saved"));
        let page = author.get("/publishing/new").await;
        assert!(page.body.contains("APP-STRAT-2") && page.body.contains("is-amber"), "{}", page.body);
        let at = page.body.find("name=\"alt-00-").unwrap() + 6;
        let alt = page.body[at..].split('"').next().unwrap().to_owned();
        let object = alt.trim_start_matches("alt-00-");
        assert_eq!(author.get(&format!("/publishing/media/{object}")).await.status, StatusCode::OK);
        let mut with = words.to_vec();
        with.push((alt.as_str(), "A stone bridge"));
        let check = author.post("/publishing/check", &with).await;
        assert!(check.body.contains("LEICS-USE-3") && !check.body.contains("APP-STRAT-2"), "{}", check.body);
        let answer = author.post("/publishing/new/publish", &with).await;
        assert!(answer.status == StatusCode::SEE_OTHER && answer.to.ends_with("?did=held"), "{} {}", answer.to, answer.body);
        let draft: DraftId = answer.to.trim_start_matches("/publishing/").split('?').next().unwrap().parse().unwrap();
        // Their own page says what waits; they cannot agree to it.
        assert!(author.get(&answer.to).await.body.contains("Someone else must agree"));
        let own = author.get("/held").await;
        assert!(own.body.contains("Asked by you"));
        let team = browser(&b, "digital-media-team").await;
        let list = team.get("/held").await;
        let at = list.body.find("href=\"/held/").unwrap() + 6;
        let held = list.body[at..].split('"').next().unwrap().to_owned();
        assert!(author.post(&format!("{held}/release"), &[("note", "mine")]).await.status.is_client_error());
        assert!(team.get(&held).await.body.contains("The bridge is &#60;open&#62; again."));
        let released = team.post(&format!("{held}/release"), &[("note", "Fine")]).await;
        assert_eq!((released.status, released.to.as_str()), (StatusCode::SEE_OTHER, "/held?did=released"), "{}", released.body);
        b.world.run_jobs().await;
        b.after(5 * SECOND).await;
        let page = author.get(&format!("/publishing/{draft}")).await;
        assert!(page.body.contains("there, with our words"), "{}", page.body);
        assert!(author.get("/publishing").await.body.contains("The bridge is"));
        // Down again, with a reason, and proved gone.
        let no = author.post(&format!("/publishing/{draft}/take-down"), &[("reason", " ")]).await;
        assert!(no.status == StatusCode::UNPROCESSABLE_ENTITY && no.body.contains("LEICS-USE-4"), "{}", no.body);
        author.post(&format!("/publishing/{draft}/take-down"), &[("reason", "Closed again")]).await;
        b.world.run_jobs().await;
        let page = author.get(&format!("/publishing/{draft}")).await;
        assert!(page.body.contains("Proved gone") && page.body.contains("Closed again"), "{}", page.body);
    }
}

#[tokio::test]
async fn a_time_is_chosen_in_the_forces_zone_and_one_that_does_not_exist_is_refused() {
    let b = bench(crate::testing::lite().await).await;
    let author = browser(&b, "corporate-communications").await;
    let main = b.main.to_string();
    let at = |date, clock| {
        [
            ("text", "Come and meet us."),
            ("account", main.as_str()),
            ("purpose", "trust-confidence"),
            ("when", "at"),
            ("date", date),
            ("clock", clock),
        ]
    };
    let no = author.post("/publishing/new/publish", &at("2027-03-28", "01:30")).await;
    assert!(
        no.status == StatusCode::UNPROCESSABLE_ENTITY && no.body.contains("does not exist") && no.body.contains("Come and meet us."),
        "{}",
        no.body
    );
    let yes = author.post("/publishing/new/publish", &at("2027-06-01", "09:00")).await;
    assert!(yes.to.ends_with("?did=published"), "{} {}", yes.to, yes.body);
    let list = author.get("/publishing").await;
    assert!(list.body.contains("Tuesday 1 June 2027"), "{}", list.body);
    let draft: DraftId = yes.to.trim_start_matches("/publishing/").split('?').next().unwrap().parse().unwrap();
    let for_ = b.draft(draft).await.draft.state.for_().unwrap();
    assert_eq!(for_.timestamp().to_string(), "2027-06-01T08:00:00Z");
}

#[tokio::test]
async fn forged_forms_and_other_peoples_drafts_get_nowhere() {
    let b = bench(crate::testing::lite().await).await;
    let author = browser(&b, "corporate-communications").await;
    let draft = b.create(&author.ctx, b.words("Words.")).await;
    let forged = author.upload("/publishing/new/upload", &[], &png(), "no token of theirs").await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let publisher = browser(&b, "publisher").await;
    for path in [format!("/publishing/{draft}"), format!("/held/{draft}"), format!("/publishing/cases/{draft}")] {
        assert_eq!(publisher.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(publisher.post(&format!("/publishing/{draft}/take-down"), &[("reason", "x")]).await.status, StatusCode::NOT_FOUND);
    let elsewhere = author.post(&format!("/publishing/{draft}/autosave"), &[("text", "x"), ("revision", "9")]).await;
    assert_eq!(elsewhere.status, StatusCode::CONFLICT);
}

//! A browser for tests: keeps cookies, follows what it is told, sends forms with the token of the page it has open.

use crate::app::App;
use crate::http::router;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, header};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tower::ServiceExt;

pub struct Browser {
    router: Router,
    pub jar: BTreeMap<String, String>,
    pub address: &'static str,
    /// What its requests say of where they come from, if anything.
    pub forwarded: Option<&'static str>,
    /// The token of the page that is open.
    pub token: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).and_then(|h| h.to_str().ok()).unwrap_or_default()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// What stands between two texts, first found.
    pub fn between(&self, before: &str, after: &str) -> String {
        let rest = self.body.split_once(before).unwrap_or_else(|| panic!("`{before}` is not on the page: {}", self.body)).1;
        rest.split_once(after).map(|(found, _)| found.to_owned()).unwrap_or_default()
    }
}

impl Browser {
    pub fn new(app: &App) -> Browser {
        Browser {
            router: router::router(app.clone(), router::staff()),
            jar: BTreeMap::new(),
            address: "192.0.2.7:4711",
            forwarded: None,
            token: String::new(),
        }
    }

    /// A browser with a session of somebody: for what comes after signing in, which has tests of its own.
    pub async fn of(world: &crate::testing::World, name: &str) -> Browser {
        let mut browser = Browser::new(&world.app);
        browser.signed_in(world, name).await;
        browser
    }

    /// Somebody of this world, signed in with both factors elsewhere: the signing in itself has tests of its own.
    pub async fn signed_in(&mut self, world: &crate::testing::World, name: &str) {
        let id = bluelamp_domain::ids::SessionId(world.app.moment(jiff::tz::TimeZone::UTC).id());
        let secret = format!("{:0>64}", id.0.simple());
        let now = world.app.clock.now();
        let session = crate::db::doors::NewSession {
            id,
            force: world.force,
            person: world.id_of(name),
            secret: crate::http::session::secret_hash(&secret),
            second_factor: true,
            device: "Firefox on Linux".into(),
            device_hash: vec![0; 32],
            address: "192.0.2.7".into(),
            ends_at: now.plus(12 * bluelamp_domain::time::HOUR),
        };
        crate::db::doors::insert_session(&world.app.db, &session, now).await.unwrap();
        self.jar.insert("bluelamp".into(), secret);
    }

    pub async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let cookies: Vec<String> = self.jar.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let headers = request.headers_mut();
        headers.entry(header::HOST).or_insert("localhost".parse().unwrap());
        if !cookies.is_empty() {
            headers.insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        headers.entry(header::USER_AGENT).or_insert("Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0".parse().unwrap());
        if let Some(forwarded) = self.forwarded {
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        }
        request.extensions_mut().insert(ConnectInfo(self.address.parse::<SocketAddr>().unwrap()));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for set in parts.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie::Cookie::parse(set.to_str().unwrap().to_owned()).unwrap();
            if cookie.value().is_empty() {
                self.jar.remove(cookie.name());
            } else {
                self.jar.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        let body = String::from_utf8_lossy(&axum::body::to_bytes(body, 16 << 20).await.unwrap()).into_owned();
        if let Some((_, rest)) = body.split_once("<meta name=\"csrf-token\" content=\"") {
            self.token = rest.split('"').next().unwrap_or_default().to_owned();
        }
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Sends a form with the open page's token.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token.clone();
        let mut fields = fields.to_vec();
        fields.push(("csrf", &token));
        self.post_bare(path, &fields).await
    }

    /// Sends a form exactly as given.
    pub async fn post_bare(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={}", crate::http::percent(v).replace('/', "%2F"))).collect();
        self.send(
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.join("&").into()).unwrap(),
        )
        .await
    }

    /// What a script of the open page sends.
    pub async fn json(&mut self, path: &str, value: &serde_json::Value) -> Answer {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json").header("x-csrf-token", self.token.clone());
        self.send(request.body(value.to_string().into()).unwrap()).await
    }

    /// A program's request, with its token.
    pub async fn api(&mut self, token: &str, path: &str, value: &serde_json::Value) -> Answer {
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "application/json").header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(value.to_string().into()).unwrap()).await
    }

    pub async fn api_get(&mut self, token: &str, path: &str) -> Answer {
        self.send(Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}")).body(Body::empty()).unwrap()).await
    }
}

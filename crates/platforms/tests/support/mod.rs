//! A small real way out for tests: HTTP over loopback and nothing else, no retries, no budgets.

#![allow(clippy::disallowed_methods, reason = "a test's own way out, and its clock, stand outside the program")]

use async_trait::async_trait;
use bluelamp_platforms::{Egress, Method, Request, Response, Socket, Trouble};

/// The largest answer that is read.
const LIMIT: usize = 4 * 1024 * 1024;

pub struct Loopback {
    client: reqwest::Client,
    /// A public host name, and the local server that stands for it.
    alias: Option<(String, url::Url)>,
}

impl Loopback {
    pub fn new() -> Self {
        // The client is not made without one, even where it only speaks plain HTTP.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tls_certs_only([])
            .build()
            .expect("a plain client");
        Loopback { client, alias: None }
    }

    /// Sends what is meant for `host` to the local server at `url`.
    pub fn standing_for(self, host: &str, url: &str) -> Self {
        Loopback { alias: url::Url::parse(url).ok().map(|url| (host.to_string(), url)), ..self }
    }
}

#[async_trait]
impl Egress for Loopback {
    async fn send(&self, mut request: Request) -> Result<Response, Trouble> {
        if let Some((host, local)) = self.alias.as_ref().filter(|(host, _)| request.url.host_str() == Some(host)) {
            let (path, query) = (request.url.path().to_string(), request.url.query().map(str::to_string));
            assert_ne!(Some(host.as_str()), local.host_str(), "an alias is for another host");
            request.url = local.clone();
            request.url.set_path(&path);
            request.url.set_query(query.as_deref());
        }
        let host = request.url.host_str().unwrap_or_default().to_string();
        if request.url.scheme() != "http" || !matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]") {
            return Err(Trouble::Forbidden { host });
        }
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut call = self.client.request(method, request.url.clone()).timeout(std::time::Duration::from_millis(request.timeout_ms));
        for (name, value) in &request.headers {
            call = call.header(name, value);
        }
        let trouble = |e: reqwest::Error| match e.is_connect() {
            true => Trouble::Unreached { host: host.clone(), why: "the connection failed".into() },
            false => Trouble::Silent { host: host.clone() },
        };
        let answer = call.body(request.body).send().await.map_err(trouble)?;
        let status = answer.status().as_u16();
        let headers = answer.headers().iter().filter_map(|(n, v)| Some((n.to_string(), v.to_str().ok()?.to_string()))).collect();
        let body = answer.bytes().await.map_err(trouble)?.to_vec();
        if body.len() > LIMIT {
            return Err(Trouble::TooLarge { host, limit: LIMIT });
        }
        let at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_micros() as i64;
        Ok(Response { status, headers, body, at })
    }

    async fn open(&self, request: Request) -> Result<Box<dyn Socket>, Trouble> {
        Err(Trouble::Forbidden { host: request.url.host_str().unwrap_or_default().into() })
    }
}

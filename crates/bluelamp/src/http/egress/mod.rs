//! The one way out. Nothing else in the program opens a socket to the world.
//!
//! Every request passes the same gates, in this order: the host is one that the account may reach; its name resolves
//! to public addresses only, and the connection is made to those very addresses; the account's and the application's
//! budgets have something left; the host's breaker is closed. Answers are bounded in time and size, redirects to
//! another host are not followed, and only what is safe to repeat is tried again. Reading order: [`Ways`],
//! `address.rs`, `budget.rs`, `breaker.rs`, `socket.rs`.

mod address;
mod breaker;
mod budget;
mod socket;
#[cfg(test)]
mod tests;

use crate::app::{Clock, EgressUse, Entropy};
use address::{Checked, NotAllowed};
use async_trait::async_trait;
use bluelamp_platforms::{Egress, Method, Repeat, Request, Response, Socket, Trouble};
use breaker::Breakers;
use budget::Budgets;
use futures_util::StreamExt;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// What bounds a call.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The largest answer that is read.
    pub body: usize,
    /// The longest that one attempt may take, whatever the connector asks for.
    pub timeout_ms: u64,
    /// Attempts of what is safe to repeat.
    pub attempts: u32,
    /// The first pause between two attempts; it doubles, and jitter is added.
    pub pause_ms: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { body: 32 * 1024 * 1024, timeout_ms: 60_000, attempts: 3, pause_ms: 250 }
    }
}

/// What all calls share: one client, the budgets, the breakers.
pub struct Ways {
    client: reqwest::Client,
    private: bool,
    bounds: Bounds,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    budgets: Budgets,
    breakers: Breakers,
}

/// TLS by ring, said once for the whole program before the first client.
fn provider() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // Somebody else's choice of the same kind does as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

impl Ways {
    /// `private` lets private addresses and plain HTTP through: rehearsal and tests alone.
    ///
    /// # Errors
    /// When the TLS settings of this machine cannot be read.
    #[expect(clippy::disallowed_methods, reason = "the one place that opens sockets to the outside")]
    pub fn new(private: bool, bounds: Bounds, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Arc<Ways>, String> {
        provider();
        let client = reqwest::Client::builder()
            .user_agent(concat!("bluelamp/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .pool_idle_timeout(Duration::from_secs(60))
            .no_proxy()
            .referer(false)
            .dns_resolver(Arc::new(Checked { private }))
            .redirect(reqwest::redirect::Policy::custom(|attempt| {
                let same = attempt.previous().last().is_some_and(|from| {
                    from.host_str() == attempt.url().host_str()
                        && from.scheme() == attempt.url().scheme()
                        && from.port() == attempt.url().port()
                });
                if same && attempt.previous().len() < 5 { attempt.follow() } else { attempt.stop() }
            }))
            .build()
            .map_err(|e| e.to_string())?;
        Ok(Arc::new(Ways { client, private, bounds, clock, entropy, budgets: Budgets::default(), breakers: Breakers::default() }))
    }

    /// The way out for one account's budget and hosts.
    pub fn of(self: &Arc<Self>, who: &EgressUse) -> Arc<dyn Egress> {
        Arc::new(Way { ways: self.clone(), who: who.clone() })
    }

    fn now(&self) -> i64 {
        self.clock.now().0
    }

    fn jitter(&self, pause: u64) -> Duration {
        let mut byte = [0];
        self.entropy.fill(&mut byte);
        Duration::from_millis(pause + pause * u64::from(byte[0]) / 255)
    }
}

struct Way {
    ways: Arc<Ways>,
    who: EgressUse,
}

impl Way {
    /// Is this a host that the account may reach, by a scheme that hides what is said?
    fn gate(&self, url: &url::Url, plain: &str, secure: &str) -> Result<String, Trouble> {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_lowercase();
        let forbidden = || Trouble::Forbidden { host: host.clone() };
        if host.is_empty() || !(url.scheme() == secure || (self.ways.private && url.scheme() == plain)) {
            return Err(forbidden());
        }
        if self.who.hosts.as_ref().is_some_and(|hosts| !hosts.contains(&host)) {
            return Err(forbidden());
        }
        // An address written as such never meets the resolver.
        if let Ok(ip) = host.parse()
            && !address::allowed(ip, self.ways.private)
        {
            return Err(forbidden());
        }
        Ok(host)
    }

    async fn attempt(&self, request: &Request, host: &str) -> Result<Response, Trouble> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let wanted = if request.timeout_ms == 0 { 30_000 } else { request.timeout_ms };
        let mut call =
            self.ways.client.request(method, request.url.clone()).timeout(Duration::from_millis(wanted.min(self.ways.bounds.timeout_ms)));
        for (name, value) in &request.headers {
            call = call.header(name, value);
        }
        if !request.body.is_empty() || request.method != Method::Get {
            call = call.body(request.body.clone());
        }
        let answer = call.send().await.map_err(|e| trouble(&e, host))?;
        let limit = self.ways.bounds.body;
        let too_large = || Trouble::TooLarge { host: host.to_owned(), limit };
        if answer.content_length().is_some_and(|n| n > limit as u64) {
            return Err(too_large());
        }
        let status = answer.status().as_u16();
        let headers = answer.headers().iter().filter_map(|(n, v)| Some((n.as_str().to_owned(), v.to_str().ok()?.to_owned()))).collect();
        let mut body = Vec::new();
        let mut chunks = answer.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Trouble::Silent { host: host.to_owned() })?;
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body, at: self.ways.now() })
    }
}

#[async_trait]
impl Egress for Way {
    async fn send(&self, request: Request) -> Result<Response, Trouble> {
        let host = self.gate(&request.url, "http", "https")?;
        let ways = &self.ways;
        let attempts = if request.repeat == Repeat::Safe { ways.bounds.attempts.max(1) } else { 1 };
        let mut n = 0;
        loop {
            n += 1;
            ways.breakers.enter(&host, ways.now()).map_err(|until| Trouble::Open { host: host.clone(), until })?;
            if let Err(until) = ways.budgets.take(&self.who, &host, ways.now()) {
                ways.breakers.leave(&host);
                return Err(Trouble::Spent { host, until });
            }
            let answer = self.attempt(&request, &host).await;
            let failed = match &answer {
                Ok(r) => r.status >= 500,
                Err(Trouble::Silent { .. } | Trouble::Unreached { .. }) => true,
                Err(_) => false,
            };
            ways.breakers.ended(&host, failed, ways.now());
            if let Ok(r) = &answer {
                ways.budgets.heed(&self.who, &host, r);
            }
            let outcome = match &answer {
                Ok(r) => r.status.to_string(),
                Err(e) => format!("{e:?}").split([' ', '{']).next().unwrap_or_default().to_lowercase(),
            };
            metrics::counter!("egress", "host" => host.clone(), "outcome" => outcome).increment(1);
            // A server that says when to come back is not asked before.
            let told_to_wait = answer.as_ref().is_ok_and(|r| r.header("retry-after").is_some());
            if !failed || told_to_wait || n >= attempts {
                return answer;
            }
            tokio::time::sleep(ways.jitter(ways.bounds.pause_ms << (n - 1).min(6))).await;
        }
    }

    async fn open(&self, request: Request) -> Result<Box<dyn Socket>, Trouble> {
        let host = self.gate(&request.url, "ws", "wss")?;
        let ways = &self.ways;
        ways.breakers.enter(&host, ways.now()).map_err(|until| Trouble::Open { host: host.clone(), until })?;
        let opened = socket::open(&request, &host, ways.private).await;
        let failed = matches!(opened, Err(Trouble::Unreached { .. } | Trouble::Silent { .. }));
        ways.breakers.ended(&host, failed, ways.now());
        opened
    }
}

/// What a failed call means: refused by us, certainly not there, or sent without an answer.
fn trouble(e: &reqwest::Error, host: &str) -> Trouble {
    let mut cause: Option<&dyn Error> = Some(e);
    while let Some(c) = cause {
        if c.downcast_ref::<NotAllowed>().is_some() {
            return Trouble::Forbidden { host: host.to_owned() };
        }
        cause = c.source();
    }
    if e.is_connect() || e.is_builder() {
        let why = if e.is_timeout() { "the connection took too long" } else { "no connection could be made" };
        return Trouble::Unreached { host: host.to_owned(), why: why.into() };
    }
    Trouble::Silent { host: host.to_owned() }
}

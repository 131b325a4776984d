//! The only way out: a connector describes a request, the program's egress client sends it.
//!
//! The client (in the program, `http/egress.rs`) checks addresses, follows no redirect to another host, sets
//! time-outs, spends rate budgets and opens breakers. Connectors therefore never see a socket.

use async_trait::async_trait;

/// May this request be sent again when no answer came?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Reading, or a write whose repetition changes nothing: retried with back-off and jitter.
    Safe,
    /// A write that could happen twice: sent once; silence is reported as such.
    Never,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

/// One request. Its `Debug` shows neither query, headers nor body: they carry credentials (I7).
#[derive(Clone)]
pub struct Request {
    pub method: Method,
    pub url: url::Url,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub repeat: Repeat,
    /// Milliseconds until the client gives up; the egress client caps it.
    pub timeout_ms: u64,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        write!(f, "Request({:?} {host}{} {} bytes)", self.method, self.url.path(), self.body.len())
    }
}

/// One answer, whatever its status. Bodies are bounded by the client. Its `Debug` shows no body: tokens come in it (I7).
#[derive(Clone)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// When the answer came, microseconds UTC, by the egress client's clock: what "after so many seconds" counts from.
    pub at: i64,
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Response({} {} bytes)", self.status, self.body.len())
    }
}

impl Response {
    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The instant of a `Retry-After` header (RFC 9110 §10.2.3: seconds, or a date).
    pub fn retry_after(&self) -> Option<i64> {
        let value = self.header("retry-after")?.trim();
        if let Ok(seconds) = value.parse::<u32>() {
            return Some(self.at.saturating_add(i64::from(seconds) * 1_000_000));
        }
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
        Some(date.as_microsecond())
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error(
        "the address of `{host}` is not one Bluelamp may call: add the host to the account, or set egress.private for a private network"
    )]
    Forbidden { host: String },
    /// The request may have reached the platform: the outcome is unknown.
    #[error("`{host}` did not answer in time")]
    Silent { host: String },
    /// The request certainly did not reach the platform.
    #[error("`{host}` could not be reached: {why}")]
    Unreached { host: String, why: String },
    #[error("the rate budget for `{host}` is spent until {until}")]
    Spent { host: String, until: i64 },
    #[error("`{host}` keeps failing and is left alone until {until}")]
    Open { host: String, until: i64 },
    #[error("the answer of `{host}` is larger than {limit} bytes")]
    TooLarge { host: String, limit: usize },
}

/// A text or binary frame of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    Text(String),
    Binary(Vec<u8>),
}

/// An open stream. `next` answers `None` when the other side closed it.
#[async_trait]
pub trait Socket: Send {
    async fn next(&mut self) -> Result<Option<Frame>, Trouble>;
    async fn send(&mut self, frame: Frame) -> Result<(), Trouble>;
}

/// The way out. One value serves one account's budget; the program makes it.
#[async_trait]
pub trait Egress: Send + Sync {
    async fn send(&self, request: Request) -> Result<Response, Trouble>;
    /// Opens a WebSocket at `request.url` with its headers.
    async fn open(&self, request: Request) -> Result<Box<dyn Socket>, Trouble>;
}

//! Tests only: a small way out to servers on this computer, WebSocket included, with a short patience.

use crate::egress::*;
use async_trait::async_trait;
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

/// `at` stamps every answer.
pub struct Loopback {
    pub at: fn() -> i64,
    pub patience: Duration,
}

impl Loopback {
    pub fn new(at: fn() -> i64) -> Self {
        Self { at, patience: Duration::from_millis(1_500) }
    }
}

fn host(url: &url::Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

#[async_trait]
impl Egress for Loopback {
    async fn send(&self, request: Request) -> Result<Response, Trouble> {
        let host = host(&request.url);
        if request.url.scheme() != "http" || host != "127.0.0.1" {
            return Err(Trouble::Forbidden { host });
        }
        let address = (host.as_str(), request.url.port().unwrap_or(80));
        let mut stream =
            tokio::net::TcpStream::connect(address).await.map_err(|e| Trouble::Unreached { host: host.clone(), why: e.to_string() })?;
        let method = format!("{:?}", request.method).to_uppercase();
        let path = &request.url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}:{}\r\nconnection: close\r\ncontent-length: {}\r\n",
            address.0,
            address.1,
            request.body.len()
        );
        for (name, value) in &request.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let silent = || Trouble::Silent { host: host.clone() };
        let talk = async {
            stream.write_all(head.as_bytes()).await.ok()?;
            stream.write_all(&request.body).await.ok()?;
            let mut all = Vec::new();
            stream.read_to_end(&mut all).await.ok()?;
            let end = all.windows(4).position(|w| w == b"\r\n\r\n")?;
            let body = all.split_off(end + 4);
            let head = String::from_utf8(all).ok()?;
            let status = head.split(' ').nth(1)?.parse().ok()?;
            let pair = |line: &str| line.split_once(": ").map(|(n, v)| (n.to_owned(), v.to_owned()));
            let headers = head.lines().skip(1).filter_map(pair).collect();
            Some(Response { status, headers, body, at: (self.at)() })
        };
        tokio::time::timeout(self.patience, talk).await.ok().flatten().ok_or_else(silent)
    }

    async fn open(&self, request: Request) -> Result<Box<dyn Socket>, Trouble> {
        let host = host(&request.url);
        let unreached = |why: String| Trouble::Unreached { host: host.clone(), why };
        let mut handshake = request.url.as_str().into_client_request().map_err(|e| unreached(e.to_string()))?;
        for (name, value) in &request.headers {
            let name: tokio_tungstenite::tungstenite::http::HeaderName = name.parse().expect("a header name");
            handshake.headers_mut().insert(name, value.parse().expect("a header value"));
        }
        let (stream, _) = tokio_tungstenite::connect_async(handshake).await.map_err(|e| unreached(e.to_string()))?;
        Ok(Box::new(Stream { stream, patience: self.patience }))
    }
}

struct Stream {
    stream: tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>,
    patience: Duration,
}

#[async_trait]
impl Socket for Stream {
    async fn next(&mut self) -> Result<Option<Frame>, Trouble> {
        let silent = || Trouble::Silent { host: "stream".into() };
        loop {
            let frame = tokio::time::timeout(self.patience, self.stream.next()).await.map_err(|_| silent())?;
            match frame {
                Some(Ok(Message::Text(text))) => return Ok(Some(Frame::Text(text.to_string()))),
                Some(Ok(Message::Binary(bytes))) => return Ok(Some(Frame::Binary(bytes.to_vec()))),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(None),
                Some(Ok(_)) => {}
            }
        }
    }

    async fn send(&mut self, frame: Frame) -> Result<(), Trouble> {
        let message = match frame {
            Frame::Text(text) => Message::text(text),
            Frame::Binary(bytes) => Message::binary(bytes),
        };
        self.stream.send(message).await.map_err(|_| Trouble::Silent { host: "stream".into() })
    }
}

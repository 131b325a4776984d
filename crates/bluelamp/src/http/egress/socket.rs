//! WebSockets, to the same checked addresses.

use super::address::{self, NotAllowed};
use async_trait::async_trait;
use bluelamp_platforms::{Frame, Request, Socket, Trouble};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

/// The largest message of a stream.
const LARGEST: usize = 4 * 1024 * 1024;
/// A stream that says nothing at all for this long, pings included, is dead.
const SILENCE: Duration = Duration::from_secs(120);

pub async fn open(request: &Request, host: &str, private: bool) -> Result<Box<dyn Socket>, Trouble> {
    let unreached = |why: &str| Trouble::Unreached { host: host.to_owned(), why: why.to_owned() };
    let mut handshake = request.url.as_str().into_client_request().map_err(|_| unreached("its address cannot be read"))?;
    for (name, value) in &request.headers {
        let name = HeaderName::try_from(name).map_err(|_| unreached("a header has no proper name"))?;
        handshake.headers_mut().insert(name, HeaderValue::try_from(value).map_err(|_| unreached("a header has no proper value"))?);
    }
    let port = request.url.port_or_known_default().unwrap_or(443);
    let addresses = address::resolve(host, port, private).await.map_err(|e| match e.downcast_ref::<NotAllowed>() {
        Some(_) => Trouble::Forbidden { host: host.to_owned() },
        None => unreached("its name could not be resolved"),
    })?;
    let connect = async {
        let tcp = TcpStream::connect(&addresses[..]).await.map_err(|_| unreached("no connection could be made"))?;
        let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
        client_async_tls_with_config(handshake, tcp, Some(config), None).await.map_err(|e| match e {
            Error::Http(answer) => unreached(&format!("it answered {}", answer.status().as_u16())),
            _ => unreached("it speaks no WebSocket"),
        })
    };
    let wait = Duration::from_millis(if request.timeout_ms == 0 { 20_000 } else { request.timeout_ms.min(60_000) });
    let (stream, _) = tokio::time::timeout(wait, connect).await.map_err(|_| unreached("the connection took too long"))??;
    Ok(Box::new(Open { stream, host: host.to_owned() }))
}

struct Open {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    host: String,
}

#[async_trait]
impl Socket for Open {
    async fn next(&mut self) -> Result<Option<Frame>, Trouble> {
        loop {
            let silent = || Trouble::Silent { host: self.host.clone() };
            match tokio::time::timeout(SILENCE, self.stream.next()).await.map_err(|_| silent())? {
                Some(Ok(Message::Text(text))) => return Ok(Some(Frame::Text(text.to_string()))),
                Some(Ok(Message::Binary(bytes))) => return Ok(Some(Frame::Binary(bytes.to_vec()))),
                Some(Ok(Message::Close(_))) | None => return Ok(None),
                Some(Err(Error::Capacity(_))) => return Err(Trouble::TooLarge { host: self.host.clone(), limit: LARGEST }),
                Some(Err(_)) => return Err(silent()),
                Some(Ok(_)) => {}
            }
        }
    }

    async fn send(&mut self, frame: Frame) -> Result<(), Trouble> {
        let message = match frame {
            Frame::Text(text) => Message::text(text),
            Frame::Binary(bytes) => Message::binary(bytes),
        };
        self.stream.send(message).await.map_err(|_| Trouble::Silent { host: self.host.clone() })
    }
}

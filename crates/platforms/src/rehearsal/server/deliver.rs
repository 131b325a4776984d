//! Webhooks on their way out: signed, in order, tried three times, then left to the poll.

use super::super::sign::sign;
use super::super::wire::{Delivery, Event, SIGNATURE};
use super::Webhook;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::UnboundedReceiver;

const WAITS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(3)];
const PATIENCE: Duration = Duration::from_secs(10);

/// One event on its way to one webhook, with what shall go wrong on the way.
pub struct Errand {
    pub event: Event,
    pub hook: Webhook,
    pub forged: bool,
    pub replayed: bool,
    pub doubled: bool,
    /// Goes after the next one.
    pub late: bool,
}

pub async fn run(clock: fn() -> i64, mut errands: UnboundedReceiver<Errand>) {
    let mut kept_back: Option<Errand> = None;
    while let Some(errand) = errands.recv().await {
        if errand.late && kept_back.is_none() {
            kept_back = Some(errand);
            continue;
        }
        deliver(clock, errand).await;
        if let Some(late) = kept_back.take() {
            deliver(clock, late).await;
        }
    }
}

async fn deliver(clock: fn() -> i64, errand: Errand) {
    let mut delivery = Delivery { account: errand.event.account.clone(), events: vec![errand.event] };
    if errand.doubled {
        delivery.events.push(delivery.events[0].clone());
    }
    let body = serde_json::to_vec(&delivery).expect("the shapes of wire.rs are plain JSON");
    let secret: &[u8] = if errand.forged { b"not the secret" } else { errand.hook.secret.as_bytes() };
    for wait in WAITS {
        tokio::time::sleep(wait).await;
        let signature = sign(secret, clock().div_euclid(1_000_000), &body);
        let answered = post(&errand.hook, &signature, &body).await;
        if matches!(answered, Ok(status) if (200..500).contains(&status)) {
            if errand.replayed {
                let _ = post(&errand.hook, &signature, &body).await;
            }
            return;
        }
    }
}

/// One POST over a plain connection: webhooks of a rehearsal never leave this computer.
async fn post(hook: &Webhook, signature: &str, body: &[u8]) -> io::Result<u16> {
    let addresses: Vec<_> = hook.url.socket_addrs(|| None)?.into_iter().filter(|a| a.ip().is_loopback()).collect();
    if hook.url.scheme() != "http" || addresses.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a rehearsal's webhook goes to http:// on this computer"));
    }
    let path = &hook.url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &hook.url[url::Position::BeforeHost..url::Position::AfterPort];
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{SIGNATURE}: {signature}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let talk = async {
        let mut stream = tokio::net::TcpStream::connect(&addresses[..]).await?;
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        let mut answer = Vec::new();
        stream.take(4_096).read_to_end(&mut answer).await?;
        let line = String::from_utf8_lossy(&answer);
        line.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an HTTP answer"))
    };
    tokio::time::timeout(PATIENCE, talk).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

//! Mastodon, and the servers that speak its API.
//!
//! What the platform allows stands in `README.md`. `map.rs` and `text.rs` are pure; `call.rs` sorts answers;
//! `connect.rs` and `client.rs` ask. `double/` is a strict stand-in for a server (tests, and the whole program's).

mod call;
mod client;
pub mod connect;
#[cfg(any(test, feature = "doubles"))]
pub mod double;
mod map;
#[cfg(test)]
mod tests;
mod text;
pub mod wire;

use crate::contract::*;
use crate::egress::{Egress, Frame, Method, Repeat, Request};
use async_trait::async_trait;

/// The connector of Mastodon.
pub struct Mastodon {
    capabilities: Capabilities,
}

impl Default for Mastodon {
    fn default() -> Self {
        Self { capabilities: capabilities() }
    }
}

fn capabilities() -> Capabilities {
    Capabilities {
        platform: "mastodon".into(),
        title: "Mastodon".into(),
        checked_on: "2026-11-21".into(),
        publish: true,
        threads: true,
        max_graphemes: 500,
        max_bytes: None,
        link_counts: Some(23),
        max_images: 4,
        max_image_bytes: 16 << 20,
        image_types: ["image/jpeg", "image/png", "image/gif", "image/webp"].map(String::from).to_vec(),
        max_alt: 1_500,
        reply: true,
        read_mentions: true,
        read_private: true,
        reply_private: true,
        hide_comment: Ability::None,
        delete_comment: Ability::None,
        block: Ability::Reversible,
        report: Ability::OneWay,
        delete_post: true,
        intake: vec![Intake::Stream, Intake::Poll],
        notes: vec![
            "Private mentions are not encrypted: the administrators of both servers can read them.".into(),
            "A deletion is a request to other servers, not a guarantee.".into(),
            "A block is not announced, but the person can see its effect, and it ends their following.".into(),
            "A reply names the person it answers; whoever else is named in it is told as well.".into(),
        ],
    }
}

#[async_trait]
impl Connector for Mastodon {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn limits(&self, connection: &Connection) -> Capabilities {
        let mut own = self.capabilities.clone();
        let figure = |name: &str| connection.facts.get(name).and_then(|v| v.parse::<usize>().ok());
        own.max_graphemes = figure("max_characters").unwrap_or(own.max_graphemes);
        own.link_counts = figure("per_url").or(own.link_counts);
        own.max_images = figure("max_media").unwrap_or(own.max_images);
        own.max_image_bytes = figure("image_size_limit").unwrap_or(own.max_image_bytes);
        own.max_alt = figure("description_limit").unwrap_or(own.max_alt);
        if let Some(types) = connection.facts.get("image_types") {
            own.image_types = types.split(' ').map(str::to_owned).collect();
        }
        if connection.facts.get("reports").is_some_and(|r| r == "no") {
            own.report = Ability::None;
        }
        if !connection.facts.contains_key("streaming") {
            own.intake.retain(|i| *i != Intake::Stream);
        }
        own
    }

    fn asks(&self) -> Vec<Asked> {
        connect::asks()
    }

    async fn connect(&self, net: &dyn Egress, given: &Given, _at: Micros) -> Outcome<Connection> {
        connect::connect(net, given).await
    }

    /// Tokens do not end, and there is nothing to renew them with.
    async fn renew(&self, _net: &dyn Egress, connection: &Connection, _at: Micros) -> Outcome<Connection> {
        Outcome::Done(connection.clone())
    }

    async fn check(&self, net: &dyn Egress, connection: &Connection) -> Outcome<String> {
        client::check(net, connection).await
    }

    async fn publish(&self, net: &dyn Egress, connection: &Connection, item: &Outgoing) -> Outcome<Receipt> {
        client::publish(net, connection, &self.limits(connection), item).await
    }

    async fn find(&self, net: &dyn Egress, connection: &Connection, item: &Outgoing) -> Outcome<Option<Receipt>> {
        client::find(net, connection, item).await
    }

    async fn read_back(&self, net: &dyn Egress, connection: &Connection, remote_id: &str) -> Outcome<Seen> {
        client::read_back(net, connection, remote_id).await
    }

    async fn delete(&self, net: &dyn Egress, connection: &Connection, remote_id: &str) -> Outcome<()> {
        client::delete(net, connection, remote_id).await
    }

    async fn moderate(&self, net: &dyn Egress, connection: &Connection, what: Moderation, subject: &Subject, _at: Micros) -> Outcome<()> {
        client::moderate(net, connection, &self.limits(connection), what, subject).await
    }

    async fn poll(&self, net: &dyn Egress, connection: &Connection, cursor: Option<&str>) -> Outcome<Page> {
        client::poll(net, connection, cursor).await
    }

    async fn revisit(&self, net: &dyn Egress, connection: &Connection, known: &[Known]) -> Outcome<Vec<Raw>> {
        client::revisit(net, connection, known).await
    }

    fn map(&self, raw: &Raw, own: &str) -> Result<Vec<Inbound>, MapError> {
        map::map(raw, own)
    }

    /// The account's whole stream and not its notifications alone: only there are deletions told.
    fn stream(&self, connection: &Connection) -> Option<Request> {
        let host = connection.facts.get("streaming")?.replacen("http", "ws", 1);
        let url = url::Url::parse(&format!("{}/api/v1/streaming?stream=user", host.trim_end_matches('/'))).ok()?;
        let local = connection.base.starts_with("http://");
        // The token goes with it, so the stream must be as safe as the API is.
        if url.scheme() != "wss" && !(local && url.scheme() == "ws") {
            return None;
        }
        let headers = vec![("authorization".to_owned(), format!("Bearer {}", connection.secrets.get("access_token")?))];
        Some(Request { method: Method::Get, url, headers, body: Vec::new(), repeat: Repeat::Safe, timeout_ms: 20_000 })
    }

    fn frame(&self, frame: &Frame) -> Vec<Raw> {
        map::frame(frame)
    }

    async fn fetch_media(&self, net: &dyn Egress, connection: &Connection, url: &str, limit: usize) -> Outcome<Vec<u8>> {
        client::fetch_media(net, connection, url, limit).await
    }
}

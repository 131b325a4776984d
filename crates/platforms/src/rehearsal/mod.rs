//! `rehearsal`: a platform of our own, so that demonstration, training and exercises use the whole product
//! without touching the world (`design.md` §9).
//!
//! The connector here is like any other and knows nothing of the server; `server/` (its own feature) is the
//! platform itself and plays a public. Start with `README.md`, then `wire.rs`.

mod client;
mod map;
#[cfg(any(test, feature = "rehearsal-server"))]
pub mod server;
pub mod sign;
#[cfg(test)]
mod tests;
pub mod wire;

use crate::contract::*;
use crate::egress::Egress;
use async_trait::async_trait;

/// The connector of the rehearsal platform.
pub struct Rehearsal {
    capabilities: Capabilities,
}

impl Default for Rehearsal {
    fn default() -> Self {
        Self { capabilities: capabilities() }
    }
}

fn capabilities() -> Capabilities {
    Capabilities {
        platform: "rehearsal".into(),
        title: "Rehearsal".into(),
        checked_on: "2026-11-21".into(),
        publish: true,
        threads: true,
        max_graphemes: 500,
        max_bytes: None,
        link_counts: None,
        max_images: 4,
        max_image_bytes: 2_000_000,
        image_types: vec!["image/png".into(), "image/jpeg".into(), "image/webp".into()],
        max_alt: 1_000,
        reply: true,
        read_mentions: true,
        read_private: true,
        reply_private: true,
        hide_comment: Ability::Reversible,
        delete_comment: Ability::OneWay,
        block: Ability::Reversible,
        report: Ability::OneWay,
        delete_post: true,
        intake: vec![Intake::Webhook, Intake::Poll],
        notes: vec!["Nothing here leaves this computer: the public is invented and nobody is told.".into()],
    }
}

#[async_trait]
impl Connector for Rehearsal {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn limits(&self, connection: &Connection) -> Capabilities {
        let mut own = self.capabilities.clone();
        let fact = |name: &str, into: &mut usize| {
            if let Some(value) = connection.facts.get(name).and_then(|v| v.parse().ok()) {
                *into = value;
            }
        };
        fact("max_characters", &mut own.max_graphemes);
        fact("max_images", &mut own.max_images);
        fact("max_image_bytes", &mut own.max_image_bytes);
        fact("max_alt", &mut own.max_alt);
        own
    }

    fn asks(&self) -> Vec<Asked> {
        vec![
            Asked {
                key: "base".into(),
                label: "Server address".into(),
                hint: "Shown when the rehearsal starts, for example http://127.0.0.1:8090".into(),
                secret: false,
            },
            Asked { key: "key".into(), label: "Account key".into(), hint: "The key of the account in the rehearsal".into(), secret: true },
        ]
    }

    async fn connect(&self, net: &dyn Egress, given: &Given, _at: Micros) -> Outcome<Connection> {
        client::connect(net, given).await
    }

    async fn renew(&self, net: &dyn Egress, connection: &Connection, _at: Micros) -> Outcome<Connection> {
        client::renew(net, connection).await
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
        client::moderate(net, connection, what, subject).await
    }

    async fn poll(&self, net: &dyn Egress, connection: &Connection, cursor: Option<&str>) -> Outcome<Page> {
        client::poll(net, connection, cursor).await
    }

    fn map(&self, raw: &Raw, own: &str) -> Result<Vec<Inbound>, MapError> {
        map::map(raw, own)
    }

    fn verify(&self, secret: &[u8], headers: &[(String, String)], body: &[u8], at: Micros) -> Result<(), WebhookError> {
        let header = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(wire::SIGNATURE)).map(|(_, v)| v.as_str());
        sign::verify(secret, header, body, at)
    }

    async fn fetch_media(&self, net: &dyn Egress, connection: &Connection, url: &str, limit: usize) -> Outcome<Vec<u8>> {
        client::fetch_media(net, connection, url, limit).await
    }
}

//! Bluesky (the AT Protocol): posts are records in the account's own repository, on the account's own server.
//!
//! Every record this connector writes has an address made from stored facts ([`tid`]), so that a second attempt finds
//! the first. There are no webhooks: notifications are polled, and what they cannot say (edits, deletions, answers
//! with a false date) is found by looking again ([`poll`]). What the platform allows stands in `README.md`, beside.
//! Start with [`Bluesky`], then `publish.rs`, `poll.rs`, `moderate.rs`; `client.rs` alone speaks.

mod chat;
mod client;
mod facets;
mod map;
mod moderate;
mod poll;
mod publish;
mod session;
mod tid;
mod wire;

#[cfg(all(test, feature = "suite"))]
mod double;
#[cfg(all(test, feature = "suite"))]
mod tests;

use crate::contract::*;
use crate::egress::Egress;
use async_trait::async_trait;
use client::Client;
use wire::At;

/// Names in [`Connection::secrets`].
const ACCESS: &str = "access";
const REFRESH: &str = "refresh";

pub struct Bluesky {
    capabilities: Capabilities,
}

impl Bluesky {
    pub fn new() -> Self {
        Bluesky { capabilities: capabilities() }
    }
}

impl Default for Bluesky {
    fn default() -> Self {
        Self::new()
    }
}

fn capabilities() -> Capabilities {
    Capabilities {
        platform: "bluesky".into(),
        title: "Bluesky".into(),
        checked_on: "2026-08-31".into(),
        publish: true,
        threads: true,
        max_graphemes: 300,
        max_bytes: Some(3000),
        link_counts: None,
        max_images: 4,
        // Servers today take 2,000,000; older ones 1,000,000.
        max_image_bytes: 1_000_000,
        image_types: ["image/jpeg", "image/png", "image/webp"].map(String::from).to_vec(),
        max_alt: 2000,
        reply: true,
        read_mentions: true,
        read_private: true,
        reply_private: true,
        hide_comment: Ability::Reversible,
        delete_comment: Ability::None,
        block: Ability::Reversible,
        report: Ability::OneWay,
        delete_post: true,
        intake: vec![Intake::Poll],
        notes: vec![
            "A block is public: anyone can see that this account blocks that person".into(),
            "A hidden reply moves below \"hidden replies\"; its author still sees it in place, and some apps show it all the same".into(),
            "A reply can be hidden only below this account's own posts, at most 300 in a thread".into(),
            "Nobody but its author can delete a reply".into(),
            "Private messages need an app password that allows them; without one they are not read".into(),
            "A deleted message is noticed when it is looked at again, not at once".into(),
        ],
    }
}

#[async_trait]
impl Connector for Bluesky {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn limits(&self, connection: &Connection) -> Capabilities {
        let private = chat::allowed(connection);
        let c = &self.capabilities;
        Capabilities { read_private: c.read_private && private, reply_private: c.reply_private && private, ..c.clone() }
    }

    fn asks(&self) -> Vec<Asked> {
        let asked = |key: &str, label: &str, hint: &str, secret| Asked { key: key.into(), label: label.into(), hint: hint.into(), secret };
        vec![
            asked("server", "Server", "Where the account was made; leave empty for https://bsky.social", false),
            asked("handle", "Handle", "Such as force.bsky.social, without the @", false),
            asked(
                "password",
                "App password",
                "Made in Bluesky under Settings, Privacy and security, App passwords. Allow direct messages if the desk answers them",
                true,
            ),
        ]
    }

    async fn connect(&self, net: &dyn Egress, given: &Given, _at: Micros) -> Outcome<Connection> {
        session::connect(net, given).await
    }

    async fn renew(&self, net: &dyn Egress, connection: &Connection, _at: Micros) -> Outcome<Connection> {
        session::renew(net, connection).await
    }

    async fn check(&self, net: &dyn Egress, connection: &Connection) -> Outcome<String> {
        session::check(net, connection).await
    }

    async fn publish(&self, net: &dyn Egress, connection: &Connection, item: &Outgoing) -> Outcome<Receipt> {
        if let Some(why) = map::refusal(item, &self.capabilities) {
            return Outcome::Rejected { why };
        }
        match &item.reply_to {
            Some(to) if to.private => settle(chat::send(net, connection, item, to).await),
            _ => settle(publish::publish(&Client::new(net, connection), connection, item).await),
        }
    }

    async fn find(&self, net: &dyn Egress, connection: &Connection, item: &Outgoing) -> Outcome<Option<Receipt>> {
        match &item.reply_to {
            Some(to) if to.private => settle(chat::find(net, connection, item, to).await),
            _ => settle(publish::find(&Client::new(net, connection), connection, item).await),
        }
    }

    async fn read_back(&self, net: &dyn Egress, connection: &Connection, remote_id: &str) -> Outcome<Seen> {
        settle(publish::read_back(net, connection, remote_id).await)
    }

    async fn delete(&self, net: &dyn Egress, connection: &Connection, remote_id: &str) -> Outcome<()> {
        match At::parse(remote_id).filter(|at| at.did == connection.remote_account) {
            Some(at) => settle(publish::delete(&Client::new(net, connection), connection, at).await),
            None => Outcome::Rejected { why: "only an item of this account's own can be deleted on Bluesky".into() },
        }
    }

    async fn moderate(&self, net: &dyn Egress, connection: &Connection, what: Moderation, subject: &Subject, at: Micros) -> Outcome<()> {
        settle(moderate::moderate(&Client::new(net, connection), connection, what, subject, at).await)
    }

    async fn poll(&self, net: &dyn Egress, connection: &Connection, cursor: Option<&str>) -> Outcome<Page> {
        settle(poll::poll(net, connection, cursor).await)
    }

    /// There is no stream of one account's own notifications, so they are asked for often: within a third of the
    /// server's 3,000 requests in 5 minutes by address, and never more than once a second.
    fn glance(&self, connection: &Connection, sharing: usize) -> Option<Micros> {
        const SECOND: Micros = 1_000_000;
        let calls = if chat::allowed(connection) { 2 } else { 1 };
        let in_turn = 300 * SECOND / 1_000 * calls * Micros::try_from(sharing.max(1)).unwrap_or(Micros::MAX / SECOND);
        Some(in_turn.max(SECOND))
    }

    async fn revisit(&self, net: &dyn Egress, connection: &Connection, known: &[Known]) -> Outcome<Vec<Raw>> {
        settle(poll::revisit(&Client::new(net, connection), connection, known).await)
    }

    fn map(&self, raw: &Raw, own: &str) -> Result<Vec<Inbound>, MapError> {
        map::map(raw, own)
    }

    async fn fetch_media(&self, net: &dyn Egress, connection: &Connection, url: &str, limit: usize) -> Outcome<Vec<u8>> {
        match publish::picture(&Client::new(net, connection), url).await {
            Ok(address) => client::bytes(net, &address, limit).await,
            Err(fault) => fault.outcome(),
        }
    }
}

fn settle<T>(result: Result<T, client::Fault>) -> Outcome<T> {
    result.map_or_else(client::Fault::outcome, Outcome::Done)
}

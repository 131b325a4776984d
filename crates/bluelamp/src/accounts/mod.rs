//! The register of official accounts and their connections to platforms.
//!
//! Why: a force must know every account it speaks with, who owns it and who watches it (APP-POL-2, APP-ROLE-2), and
//! nobody but the product holds its credentials (APP-SEC-7). What must never happen: a credential in an entry, a log,
//! a page or an act's input in clear (I7), or a platform's name in a decision: everything here asks for capabilities.
//! Reading order: `store.rs`, `acts/register.rs`, `acts/connect.rs`, `exchange.rs`, `connection.rs`, `jobs.rs`, `pages.rs`,
//! `public.rs`.

pub mod acts;
pub mod cli;
pub mod connection;
pub mod exchange;
pub mod jobs;
pub mod pages;
pub mod public;
pub mod store;
#[cfg(test)]
mod tests;

pub use store::AccountRow;

use bluelamp_domain::ids::ForceId;
use bluelamp_domain::question::{Entity, Ref, Value};
use bluelamp_platforms::{Ability, Capabilities};

/// An account as policy sees it: the one place that makes this entity.
pub fn entity(force: ForceId, a: &AccountRow) -> Entity {
    Entity::new("Account", a.id)
        .with("force", Ref::new("Force", force))
        .with("platform", a.platform.as_str())
        .with("kind", Value::word("AccountKind", a.kind.name()))
        .with("state", Value::word("AccountState", a.state.name()))
        .with("connected", a.connected)
        .with("contributors", a.contributors)
        .with("monitoredBy", Value::Set(a.monitored_by.iter().map(|m| Value::word("Monitor", m.name())).collect()))
        .with("area", a.area.as_str())
        .with_some("owner", a.owner.map(|p| Ref::new("Person", p)))
        .with("can", Value::texts(&a.can))
}

/// What a platform lets us do, as the words that rules ask for.
pub fn can(c: &Capabilities) -> Vec<String> {
    let has = |a: Ability| a != Ability::None;
    let all = [
        (c.publish, "publish"),
        (c.threads, "threads"),
        (c.max_images > 0, "images"),
        (c.reply, "reply"),
        (c.reply_private, "reply-private"),
        (c.read_private, "read-private"),
        (has(c.hide_comment), "hide"),
        (c.hide_comment == Ability::Reversible, "unhide"),
        (has(c.delete_comment), "delete"),
        (has(c.report), "report"),
        (has(c.block), "block"),
        (c.block == Ability::Reversible, "unblock"),
        (c.delete_post, "delete-post"),
    ];
    all.into_iter().filter(|(yes, _)| *yes).map(|(_, word)| word.to_owned()).collect()
}

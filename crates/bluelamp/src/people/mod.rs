//! People: who they are, what they may do, where, and until when.
//!
//! Start with `acts/set_up_force.rs`, where a force begins; then `invite`, `grant_role`, `authorise` and
//! `record_training`, which between them decide who may act on an account (APP-ROLE-9, LEICS-TRAIN-1). `watch.rs` reminds of
//! training before it runs out (LEICS-TRAIN-2). A task is something owed by a date (`acts/open_task.rs`, `pages.rs`).

pub mod acts;
pub mod jobs;
pub mod pages;
pub mod store;
pub mod watch;

use crate::act::Env;
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::people::TaskKind;
use bluelamp_domain::question::{Entity, Ref, Value};
use store::PersonRecord;

/// A colleague as policy sees them: the one an act is about, not the one who acts.
pub fn colleague(p: &PersonRecord, env: &Env<'_>) -> Entity {
    Entity::new("Colleague", p.id)
        .with("force", Ref::new("Force", env.force))
        .with("active", p.state == "active")
        .with("kind", Value::word("PersonKind", &p.kind))
        .with("level", p.level)
        .with("roles", Value::texts(&p.roles))
        .with("isSelf", env.person() == Some(p.id))
        .with_some(
            "trainedUntil",
            p.trained_on.map(|d| bluelamp_domain::people::trained_until(d, env.figures().training_refresher_months())),
        )
}

/// Somebody who is not a person yet: to be invited.
pub fn newcomer(kind: &str, level: i64, env: &Env<'_>) -> Entity {
    Entity::new("Colleague", "new")
        .with("force", Ref::new("Force", env.force))
        .with("active", false)
        .with("kind", Value::word("PersonKind", kind))
        .with("level", level)
        .with("roles", Value::Set(Vec::new()))
        .with("isSelf", false)
}

/// A task as policy sees it: whose it is.
pub fn task(env: &Env<'_>, id: impl ToString, kind: TaskKind, owner: Option<PersonId>, role: &str) -> Entity {
    let mine = (owner.is_some() && owner == env.person()) || env.scope.has_role(role);
    Entity::new("Task", id).with("force", Ref::new("Force", env.force)).with("kind", kind.name()).with("mine", mine)
}

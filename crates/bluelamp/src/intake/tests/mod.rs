//! Intake, against a real rehearsal server over real sockets, on both databases.

mod bodies;
mod hooks;
mod reading;

use crate::accounts::acts::register::Register;
use crate::accounts::exchange::{self, Exchanged};
use crate::act::{Ctx, Outcome};
use crate::intake::keep::{self, Source};
use crate::intake::process;
use crate::intake::queue::store as queue;
use crate::intake::queue::{Asked, Counts, Part};
use crate::intake::store::{self, MessageRow};
use crate::testing::{NOON, World, does, worlds};
use bluelamp_domain::accounts::{AccountKind, Monitor};
use bluelamp_domain::act::Actor;
use bluelamp_domain::ids::AccountId;
use bluelamp_platforms::Raw;
use bluelamp_platforms::rehearsal::server::{Config, Handle, Presence, start};
use serde_json::{Value, json};

/// A force with one connected account on a rehearsal server of its own.
pub struct Bench {
    pub world: World,
    pub server: Handle,
    pub account: AccountId,
    _folder: tempfile::TempDir,
}

fn noon() -> i64 {
    NOON.0
}

pub async fn benches() -> Vec<Bench> {
    let mut all = Vec::new();
    for world in worlds().await {
        all.push(bench(world).await);
    }
    all
}

pub fn register(handle: &str) -> Register {
    Register {
        platform: "rehearsal".into(),
        handle: handle.into(),
        title: format!("Account {handle}"),
        kind: AccountKind::Main,
        area: String::new(),
        owner: None,
        purpose: "to be there".into(),
        url: String::new(),
        monitored_by: vec![Monitor::Contact],
        hours: "Watched day and night".into(),
        public_listed: true,
        in_use: true,
        investigative: false,
        role_allows_individual: false,
    }
}

pub async fn bench(world: World) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let presence = |handle: &str| Presence { handle: handle.into(), name: handle.into(), key: format!("key-of-{handle}"), webhook: None };
    let config = Config {
        file: folder.path().join("rehearsal"),
        seed: 1,
        port: 0,
        clock: noon,
        presences: vec![presence("main"), presence("north")],
        pace: None,
        control: None,
    };
    let server = start(config).await.unwrap();
    let ctx = world.ctx("corporate-communications").await;
    let account = AccountId(does(&ctx, register("main")).await.id.unwrap());
    connect(&ctx, &server, account, "main").await;
    Bench { world, server, account, _folder: folder }
}

pub async fn connect(ctx: &Ctx, server: &Handle, account: AccountId, handle: &str) {
    let given = [("base".to_owned(), server.base_url.clone()), ("key".to_owned(), format!("key-of-{handle}"))].into();
    match exchange::connect(ctx, account, &given).await.unwrap() {
        Exchanged::Acted(Outcome::Done(_)) => {}
        other => panic!("not connected: {other:?}"),
    }
}

impl Bench {
    pub fn ctx(&self) -> Ctx {
        self.world.system(Actor::Intake)
    }

    /// Keeps a body and makes of it what can be made.
    pub async fn take(&self, body: impl AsRef<[u8]>) {
        self.keep(body).await;
        process::account(&self.ctx(), self.account).await.unwrap();
    }

    /// Keeps a body and no more: what a crash right after leaves.
    pub async fn keep(&self, body: impl AsRef<[u8]>) {
        let raw = Raw { kind: "event".into(), body: body.as_ref().to_vec() };
        keep::keep(&self.world.app, self.world.force, self.account, Source::Replay, &[raw], self.world.app.clock.now()).await.unwrap();
    }

    pub async fn messages(&self) -> Vec<MessageRow> {
        let ctx = self.world.ctx("desk").await;
        let mut tx = ctx.read().await.unwrap();
        let rows = queue::queue(&mut tx, ctx.force, &ctx.scope, &Asked::of(Part::Open)).await.unwrap();
        rows.into_iter().map(|r| r.message).collect()
    }

    pub async fn one(&self) -> MessageRow {
        let mut all = self.messages().await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    pub async fn counts(&self) -> Counts {
        let ctx = self.world.ctx("desk").await;
        let mut tx = ctx.read().await.unwrap();
        queue::counts(&mut tx, ctx.force, &ctx.scope, ctx.principal.person(), ctx.now()).await.unwrap()
    }

    pub async fn revisions(&self, m: &MessageRow) -> Vec<store::RevisionRow> {
        let mut tx = self.ctx().read().await.unwrap();
        store::revisions(&mut tx, self.world.force, m.id).await.unwrap()
    }

    /// How many entries of an act there are.
    pub async fn entries(&self, act: &str) -> usize {
        let mut tx = self.ctx().read().await.unwrap();
        tx.rows(crate::sql!("SELECT id FROM ledger_entry WHERE force = $1 AND act = $2"), crate::vals![self.world.force, act])
            .await
            .unwrap()
            .len()
    }
}

/// An event of the rehearsal platform: somebody wrote.
pub fn wrote(id: &str, revision: u32, kind: &str, text: &str) -> Value {
    json!({
        "seq": seq(), "account": "a-main", "at": "2026-11-21T11:59:00Z", "type": "message.created",
        "message": message(id, revision, kind, text),
    })
}

pub fn edited(id: &str, revision: u32, text: &str, at: &str) -> Value {
    json!({ "seq": seq(), "account": "a-main", "at": at, "type": "message.edited", "message": message(id, revision, "comment", text) })
}

pub fn deleted(id: &str) -> Value {
    json!({ "seq": seq(), "account": "a-main", "at": "2026-11-21T11:59:30Z", "type": "message.deleted", "id": id })
}

fn message(id: &str, revision: u32, kind: &str, text: &str) -> Value {
    json!({
        "id": id, "revision": revision, "kind": kind, "text": text,
        "author": { "id": "u-wren", "handle": "wren", "name": "Wren" }, "sent_at": "2026-11-21T11:58:00Z",
    })
}

fn seq() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

pub const THREAT: &str = "he's outside my door with a knife and says he will kill me, please hurry";

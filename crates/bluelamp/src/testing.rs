//! Worlds for tests: a force with the Leicestershire pack, people of every role, a clock that stands still, on both
//! databases. No mock of anything of ours.
//!
//! `for world in worlds().await { … }` runs a test on SQLite, and on PostgreSQL when `BLUELAMP_TEST_PG_OWNER` and
//! `BLUELAMP_TEST_PG_APP` name one (`scripts/with-servers pg -- cargo test`).

use crate::act::{Act, Ctx, Outcome};
use crate::app::{App, Clock, Entropy};
use crate::db::Place;
use crate::people::acts::{invite::Invite, record_training::RecordTraining};
use bluelamp_domain::act::Actor;
use bluelamp_domain::ids::*;
use bluelamp_domain::people::Kind;
use bluelamp_domain::time::{DAY, Instant};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// A clock that moves when told.
pub struct TestClock(pub AtomicI64);

impl TestClock {
    pub fn set(&self, at: Instant) {
        self.0.store(at.0, Ordering::SeqCst);
    }

    pub fn forward(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}

/// Bytes that are the same in every run.
pub struct TestEntropy(AtomicU64);

impl Entropy for TestEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let n = self.0.fetch_add(1, Ordering::SeqCst);
            let block = hex::decode(crate::app::digest(&n.to_be_bytes())).unwrap_or_default();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

pub struct World {
    pub app: App,
    pub force: ForceId,
    pub clock: Arc<TestClock>,
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    people: BTreeMap<String, PersonId>,
    _folder: tempfile::TempDir,
}

/// Saturday 21 November 2026, 12:00 in London.
pub const NOON: Instant = Instant(1_795_262_400_000_000);

/// One world on each database there is.
pub async fn worlds() -> Vec<World> {
    let mut all = vec![lite().await];
    if let (Ok(owner), Ok(app)) = (std::env::var("BLUELAMP_TEST_PG_OWNER"), std::env::var("BLUELAMP_TEST_PG_APP")) {
        all.push(pg(&owner, &app).await);
    }
    all
}

/// A world on each database that mails by this server: a host and a port.
pub async fn worlds_that_mail(address: &str) -> Vec<World> {
    let (host, port) = address.rsplit_once(':').expect("host:port");
    let mail = format!("[mail]\nhost = \"{host}\"\nport = {port}\nfrom = \"desk@exampleshire.example\"\nsecurity = \"none\"\n");
    let folder = || tempfile::tempdir().expect("a temporary folder");
    let lite = folder();
    let place = Place::Lite(lite.path().join("bluelamp.sqlite3"));
    let mut all = vec![world(place, lite, "sqlite", &mail).await];
    if let (Ok(owner), Ok(app)) = (std::env::var("BLUELAMP_TEST_PG_OWNER"), std::env::var("BLUELAMP_TEST_PG_APP")) {
        let (owner, app) = fresh_pg(&owner, &app).await;
        all.push(world(Place::Pg { app, owner }, folder(), "postgres", &mail).await);
    }
    all
}

/// A world on SQLite alone, for what has nothing to do with the database.
pub async fn lite() -> World {
    lite_with("").await
}

/// As [`lite`], with more in its configuration.
pub async fn lite_with(settings: &str) -> World {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = Place::Lite(folder.path().join("bluelamp.sqlite3"));
    world(place, folder, "sqlite", settings).await
}

async fn pg(owner: &str, app: &str) -> World {
    let (owner, app) = fresh_pg(owner, app).await;
    world_at(Place::Pg { app, owner }).await
}

/// A world in a PostgreSQL database that the test chose, or reaches by a way of its own.
pub async fn world_at(place: Place) -> World {
    let folder = tempfile::tempdir().expect("a temporary folder");
    world(place, folder, "postgres", "").await
}

/// A new, empty PostgreSQL database; answers its two addresses.
pub async fn fresh_pg(owner: &str, app: &str) -> (String, String) {
    use sqlx::Connection;
    let name = format!("t{}", uuid::Uuid::from_u128(u128::from_be_bytes(rand_bytes())).simple());
    let mut c = sqlx::PgConnection::connect(owner).await.expect("the test PostgreSQL is there");
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut c).await.expect("the owner may make databases");
    let at = |url: &str| {
        let (head, query) = url.split_once('?').map_or((url, String::new()), |(h, q)| (h, format!("?{q}")));
        let base = head.rsplit_once('/').map_or(head, |(b, _)| b);
        format!("{base}/{name}{query}")
    };
    (at(owner), at(app))
}

fn rand_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    crate::wiring::MachineEntropy.fill(&mut bytes);
    bytes
}

/// `settings`: further lines of the configuration.
async fn world(place: Place, folder: tempfile::TempDir, database: &'static str, settings: &str) -> World {
    let clock = Arc::new(TestClock(AtomicI64::new(NOON.0)));
    let data = folder.path().display();
    let config = crate::config::Config::parse(&format!(
        "data = \"{data}\"\npacks = \"{}\"\n[staff]\nlisten = \"127.0.0.1:0\"\norigin = \"http://localhost\"\n[public]\nlisten = \"127.0.0.1:0\"\norigin = \"http://public.localhost\"\n[egress]\nprivate = true\ntimeout_s = 3\n{settings}",
        packs_folder().display()
    ))
    .expect("the test configuration is right");
    let app = crate::wiring::build(config, place, clock.clone(), Arc::new(TestEntropy(AtomicU64::new(1))), false)
        .await
        .expect("the program starts");
    let force = crate::setup::force(&app, "exampleshire", "Exampleshire Police", "Europe/London", "leicestershire")
        .await
        .expect("the force is set up");
    let mut world = World { app, force, clock, database, people: BTreeMap::new(), _folder: folder };
    for (role, _) in bluelamp_domain::people::ROLES {
        world.untrained(role, &[role], &[]).await;
    }
    for (role, _) in bluelamp_domain::people::ROLES {
        world.train(role).await;
    }
    world
}

/// The packs of this checkout.
pub fn packs_folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs")
}

impl World {
    /// The operating system's own actor.
    pub fn operator(&self) -> Ctx {
        self.system(Actor::Operator)
    }

    pub fn system(&self, actor: Actor) -> Ctx {
        crate::jobs::system(&self.app, self.force, "Europe/London", actor)
    }

    /// Adds an active, trained person of these roles, named for later.
    pub async fn person(&mut self, name: &str, roles: &[&str], areas: &[&str]) -> PersonId {
        let id = self.untrained(name, roles, areas).await;
        self.train(name).await;
        id
    }

    /// Adds an active person without training.
    pub async fn untrained(&mut self, name: &str, roles: &[&str], areas: &[&str]) -> PersonId {
        let invite = Invite {
            name: format!("Person {name}"),
            email: format!("{name}@exampleshire.example"),
            kind: Kind::Staff,
            level: if roles.contains(&"command") { 5 } else { 1 },
            job_title: String::new(),
            areas: areas.iter().map(|a| (*a).to_owned()).collect(),
            roles: roles.iter().map(|r| (*r).to_owned()).collect(),
        };
        let id = crate::setup::person(&self.app, self.force, "Europe/London", invite).await.expect("people can be set up");
        self.people.insert(name.to_owned(), id);
        id
    }

    /// Records training completed thirty days ago.
    pub async fn train(&self, name: &str) {
        let by = self.ctx(if name == "digital-media-team" { "corporate-communications" } else { "digital-media-team" }).await;
        let on = self.clock.now().plus(-30 * DAY).date_in(&jiff::tz::TimeZone::UTC);
        does(&by, RecordTraining { person: self.id_of(name), completed_on: on, course: String::new() }).await;
    }

    pub fn id_of(&self, name: &str) -> PersonId {
        *self.people.get(name).unwrap_or_else(|| panic!("no person is called `{name}` in this world"))
    }

    /// The context of someone in this world, signed in with both factors.
    pub async fn ctx(&self, name: &str) -> Ctx {
        let session = SessionId(uuid::Uuid::from_u128(7));
        crate::http::session::context(&self.app, self.force, self.id_of(name), "Europe/London", Some(session), None)
            .await
            .expect("the database is there")
            .expect("the person is active")
    }

    /// Runs all jobs that are due, and what follows from them, until none is.
    pub async fn run_jobs(&self) {
        while crate::jobs::round(&self.app).await.expect("jobs can be claimed") > 0 {}
    }

    /// Gives every committed entry its place.
    pub async fn sequence(&self) {
        while crate::records::sequencer::sequence(&self.app, self.force).await.expect("the ledger can be sequenced") > 0 {}
    }
}

/// The outcome of an act that must have been done.
pub fn done(outcome: Result<Outcome, crate::act::Fault>) -> crate::act::Done {
    match outcome {
        Ok(Outcome::Done(d)) => d,
        other => panic!("should have been done, was {other:#?}"),
    }
}

/// The rules that refused an act.
pub fn refused(outcome: Result<Outcome, crate::act::Fault>) -> Vec<String> {
    match outcome {
        Ok(Outcome::Refused { reasons, .. }) => reasons.into_iter().map(|r| r.rule).collect(),
        other => panic!("should have been refused, was {other:#?}"),
    }
}

/// The held act's id, and the rules that hold it.
pub fn held(outcome: Result<Outcome, crate::act::Fault>) -> (HeldId, Vec<String>) {
    match outcome {
        Ok(Outcome::Held { held, reasons }) => (held, reasons.into_iter().map(|r| r.rule).collect()),
        other => panic!("should have been held, was {other:#?}"),
    }
}

/// Does an act as someone, and expects it done.
pub async fn does<A: Act>(ctx: &Ctx, act: A) -> crate::act::Done {
    done(ctx.act(act).await)
}

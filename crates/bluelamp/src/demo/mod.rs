//! The demonstration: an invented force, its people and accounts, a day of history, and a rehearsal public that goes on
//! writing in. It binds to loopback, and a chooser of personas stands in for sign-in. Nothing of it works in a live
//! installation: the database says which it is, once and for ever.

pub mod cast;
pub mod history;
pub mod pages;

use crate::app::{App, Clock};
use crate::cli::Failure;
use crate::cli::serve::Demo;
use crate::config::Config;
use crate::db::{Place, doors};
use crate::wiring::{self, MachineClock, MachineEntropy};
use bluelamp_domain::time::Instant;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::net::TcpListener;

/// The machine's clock, held back while the history is made.
pub struct DemoClock {
    machine: MachineClock,
    back: AtomicI64,
}

impl DemoClock {
    pub fn set(&self, at: Instant) {
        self.back.store(self.machine.now().0 - at.0, Ordering::SeqCst);
    }

    /// From now on, the present.
    pub fn release(&self) {
        self.back.store(0, Ordering::SeqCst);
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Instant {
        Instant(self.machine.now().0 - self.back.load(Ordering::SeqCst))
    }
}

fn config(demo: &Demo) -> Result<Config, Failure> {
    let quoted = |p: &Path| serde_json::to_string(&p.to_string_lossy()).unwrap_or_default();
    let text = format!(
        "data = {}\npacks = {}\n[staff]\nlisten = \"127.0.0.1:{}\"\norigin = \"http://localhost:{}\"\n[public]\nlisten = \"127.0.0.1:{}\"\norigin = \"http://localhost:{}\"\n[egress]\nprivate = true\n",
        quoted(&demo.dir),
        quoted(&demo.packs),
        demo.port,
        demo.port,
        demo.port + 1,
        demo.port + 1
    );
    Ok(Config::parse(&text)?)
}

fn place(demo: &Demo) -> Result<Place, Failure> {
    let text = |p: &Path| -> Result<String, Failure> { Ok(String::from_utf8(crate::config::secret_file(p)?.expose().to_vec())?) };
    Ok(match &demo.postgres_file {
        None => Place::Lite(demo.dir.join("bluelamp.sqlite3")),
        Some(app) => Place::Pg { app: text(app)?, owner: text(demo.postgres_owner_file.as_ref().unwrap_or(app))? },
    })
}

/// The demonstration that is kept in a folder, opened beside the one that runs: for the command line.
pub async fn open(dir: &Path) -> Result<App, Failure> {
    let demo =
        Demo { port: 8123, dir: dir.into(), packs: "packs".into(), seed: 0, every: 0, postgres_file: None, postgres_owner_file: None };
    Ok(wiring::build(config(&demo)?, place(&demo)?, Arc::new(MachineClock), Arc::new(MachineEntropy), false).await?)
}

pub async fn run(demo: Demo) -> Result<(), Failure> {
    let config = config(&demo)?;
    let clock = Arc::new(DemoClock { machine: MachineClock, back: AtomicI64::new(0) });
    // Bound first, so that a second demonstration on the same port says so before it touches anything.
    let busy = |e: std::io::Error| format!("port {} or the one after it is taken ({e}); give another with --port", demo.port);
    let staff = TcpListener::bind(("127.0.0.1", demo.port)).await.map_err(busy)?;
    let public = TcpListener::bind(("127.0.0.1", demo.port + 1)).await.map_err(busy)?;
    let app = wiring::build(config, place(&demo)?, clock.clone(), Arc::new(MachineEntropy), false).await?;
    let first = doors::forces(&app.db).await?.is_empty();
    if first {
        eprintln!("Making the demonstration's force, its people and a day of history …");
    }
    let _public = cast::raise(&app, &clock, &demo, first).await?;
    println!("http://localhost:{}/", demo.port);
    crate::cli::serve::run(app, staff, Some(public)).await
}

/// Refuses everything but the demonstration.
pub fn only_here(app: &App) -> Result<(), crate::http::Problem> {
    if app.live { Err(crate::http::Problem::new(404, "not-found", "there is no such page")) } else { Ok(()) }
}

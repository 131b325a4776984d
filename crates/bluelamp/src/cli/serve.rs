//! `bluelamp serve` and `bluelamp demo`: the listeners, the job runner, the sequencer and the workers, started and
//! stopped together. A second signal, or ten seconds, ends what will not end.

use super::Failure;
use crate::app::App;
use crate::config::{Config, secret_file};
use crate::db::{Db, Place, doors};
use crate::http::router;
use crate::wiring::{self, MachineClock, MachineEntropy};
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

#[derive(Args)]
pub struct Demo {
    /// Port of the staff pages; the public listener takes the next one.
    #[arg(long, default_value_t = 8123)]
    pub port: u16,
    /// Where the demonstration keeps its data.
    #[arg(long, default_value = "var/demo")]
    pub dir: PathBuf,
    /// The folder of packs.
    #[arg(long, default_value = "packs")]
    pub packs: PathBuf,
    /// Seed of the invented public.
    #[arg(long, default_value_t = 2026)]
    pub seed: u64,
    /// Seconds between the public's messages.
    #[arg(long, default_value_t = 4)]
    pub every: u64,
    /// Run on PostgreSQL: a file with the app's address.
    #[arg(long)]
    pub postgres_file: Option<PathBuf>,
    /// … and a file with the owner's.
    #[arg(long)]
    pub postgres_owner_file: Option<PathBuf>,
}

/// Opens the installation that a configuration describes.
pub async fn open(path: &Path) -> Result<App, Failure> {
    let config = Config::read(path)?;
    let place = place(&config)?;
    Ok(wiring::build(config, place, Arc::new(MachineClock), Arc::new(MachineEntropy), true).await?)
}

fn place(config: &Config) -> Result<Place, Failure> {
    let text = |p: &Path| -> Result<String, Failure> { Ok(String::from_utf8(secret_file(p)?.expose().to_vec())?) };
    match (&config.database.postgres_file, &config.database.postgres_owner_file) {
        (None, _) => Ok(Place::Lite(config.data.join("bluelamp.sqlite3"))),
        (Some(app), Some(owner)) => Ok(Place::Pg { app: text(app)?, owner: text(owner)? }),
        (Some(app), None) => Ok(Place::Pg { app: text(app)?, owner: text(app)? }),
    }
}

pub async fn serve(config: PathBuf) -> Result<(), Failure> {
    logging();
    let app = open(&config).await?;
    first_start(&app).await?;
    let staff =
        TcpListener::bind(&app.config.staff.listen).await.map_err(|e| format!("cannot listen on {}: {e}", app.config.staff.listen))?;
    let public = match &app.config.public {
        Some(p) => Some(TcpListener::bind(&p.listen).await.map_err(|e| format!("cannot listen on {}: {e}", p.listen))?),
        None => None,
    };
    println!("Bluelamp is at {}", app.config.staff.origin);
    run(app, staff, public).await
}

/// The first start: the force that the configuration names is set up, and its first administrator's link is printed.
/// A start that was cut off in between is finished by the next one.
async fn first_start(app: &App) -> Result<(), Failure> {
    let forces = doors::forces(&app.db).await?;
    let Some(first) = app.config.first_force.clone() else {
        if forces.is_empty() {
            println!(
                "No force is set up yet. Name one under [first_force] in the configuration and start again, or set one up with:\n  bluelamp force add SLUG --title TITLE --administrator EMAIL"
            );
        }
        return Ok(());
    };
    let id = match forces.iter().find(|f| f.slug == first.slug) {
        Some(force) if crate::people::store::anybody(&mut app.db.read(force.id).await?, force.id).await? => return Ok(()),
        Some(force) => force.id,
        None if forces.is_empty() => crate::setup::force(app, &first.slug, &first.title, &first.zone, &first.pack).await?,
        None => return Ok(()),
    };
    let link = crate::setup::first_administrator(app, id, &first.zone, &first.administrator).await?;
    println!(
        "{} is set up with the pack `{}`.\nThe first administrator signs in with this link, once, within 24 hours:\n{link}",
        first.title, first.pack
    );
    Ok(())
}

/// On SQLite one program serves, and nobody else: then what a killed one had in hand is free at once. Held until the
/// program ends, however it ends.
async fn alone(app: &App) -> Result<Option<std::fs::File>, Failure> {
    if !matches!(app.db, Db::Lite { .. }) {
        return Ok(None);
    }
    let path = app.config.data.join("serving.lock");
    let file = std::fs::File::create(&path).map_err(|e| format!("cannot write `{}`: {e}", path.display()))?;
    if let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
        return Err(format!(
            "another Bluelamp serves from `{}`; stop that one first, or move to PostgreSQL, where several serve together",
            app.config.data.display()
        )
        .into());
    }
    wiring::take_over(app).await?;
    Ok(Some(file))
}

pub async fn demo(demo: Demo) -> Result<(), Failure> {
    logging();
    crate::demo::run(demo).await
}

/// Runs everything until asked to stop, then stops in order.
pub async fn run(app: App, staff: TcpListener, public: Option<TcpListener>) -> Result<(), Failure> {
    let _alone = alone(&app).await?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(crate::jobs::run(app.clone(), stopped.clone()));
    tasks.spawn(crate::records::sequencer::run(app.clone(), stopped.clone()));
    for worker in wiring::workers(&app, &stopped) {
        tasks.spawn(worker);
    }
    for (listener, routes) in [(Some(staff), router::staff()), (public, router::public())] {
        let Some(listener) = listener else { continue };
        let router = router::router(app.clone(), routes).into_make_service_with_connect_info::<std::net::SocketAddr>();
        let mut stopped = stopped.clone();
        tasks.spawn(async move {
            let until = async move { drop(stopped.wait_for(|s| *s).await) };
            if let Err(e) = axum::serve(listener, router).with_graceful_shutdown(until).await {
                tracing::error!(error = %e, "a listener ended");
            }
        });
    }
    asked_to_stop().await;
    tracing::info!("stopping");
    let _ = stop.send(true);
    let ended = async { while tasks.join_next().await.is_some() {} };
    tokio::select! {
        () = ended => {}
        // Open event streams do not end by themselves.
        () = tokio::time::sleep(Duration::from_secs(2)) => {}
        () = asked_to_stop() => {}
    }
    app.db.close().await;
    Ok(())
}

async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut term) => {
            tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = term.recv() => {} }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

/// JSON to standard error; `BLUELAMP_LOG` sets the level.
pub fn logging() {
    let level = tracing_subscriber::EnvFilter::try_from_env("BLUELAMP_LOG").unwrap_or_else(|_| "info,sqlx=warn,hyper=warn".into());
    let _ = tracing_subscriber::fmt().with_env_filter(level).json().with_writer(std::io::stderr).try_init();
}

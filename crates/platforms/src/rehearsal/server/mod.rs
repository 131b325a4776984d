//! The rehearsal platform itself: a loopback server with its own file, a public that is played from a seed, signed
//! webhooks and switches for faults.
//!
//! It stands outside Bluelamp's walls on purpose: it is the world that the product meets, so it opens its own
//! sockets and keeps its own file. It binds to 127.0.0.1 alone. Reading order: `world.rs` (what it holds),
//! `play.rs` (what the public does next), `api.rs`, `deliver.rs`, `faults.rs`.

mod api;
mod cast;
mod deliver;
mod dice;
mod faults;
mod log;
mod pages;
mod play;
mod sayings;
mod world;

pub use faults::Fault;

use super::map::{micros, rfc3339};
use super::wire::{Event, Person, Post, Where};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use world::{Change, World};

/// One official account on the rehearsal platform.
#[derive(Debug, Clone)]
pub struct Presence {
    pub handle: String,
    pub name: String,
    /// What a person gives to connect the account.
    pub key: String,
    pub webhook: Option<Webhook>,
}

/// Where an account's events go as they happen, and the secret that signs them.
#[derive(Clone)]
pub struct Webhook {
    pub url: url::Url,
    pub secret: String,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone)]
pub struct Config {
    /// The server's own file; made when it is not there, continued when it is.
    pub file: PathBuf,
    pub seed: u64,
    /// 0 for any free port.
    pub port: u16,
    /// Microseconds since 1970: the one clock there is.
    pub clock: fn() -> i64,
    pub presences: Vec<Presence>,
    /// How often the public does something, on average; none for a public that keeps quiet until told.
    pub pace: Option<Duration>,
    /// Opens `/control` to who has this token; without it the switches are reached by [`Handle`] alone.
    pub control: Option<String>,
}

/// Something to be said by hand, for exercises and tests.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Saying {
    /// The handle of the account it is said to.
    pub to: String,
    pub kind: Where,
    pub text: String,
    #[serde(default)]
    pub language: Option<String>,
    /// The item it answers.
    #[serde(default)]
    pub parent: Option<String>,
    /// The handle of who says it; somebody of the cast otherwise.
    #[serde(default)]
    pub by: Option<String>,
}

/// A running server. Dropping it stops the server; its file stays.
pub struct Handle {
    pub base_url: String,
    shared: Arc<Shared>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

pub(crate) struct Account {
    pub person: Person,
    pub key: String,
}

pub(crate) struct Shared {
    pub base: String,
    pub seed: u64,
    pub clock: fn() -> i64,
    pub accounts: Vec<Account>,
    pub control: Option<String>,
    pub cast: Vec<cast::Character>,
    pub webhooks: Mutex<std::collections::BTreeMap<String, Webhook>>,
    pub faults: faults::Faults,
    pub pace: watch::Sender<Option<Duration>>,
    held: Mutex<Held>,
    out: mpsc::UnboundedSender<deliver::Errand>,
}

struct Held {
    world: World,
    log: log::Log,
}

/// Starts the server on 127.0.0.1, continuing its file where there is one.
pub async fn start(config: Config) -> io::Result<Handle> {
    let (log, changes) = log::Log::open(&config.file, config.seed)?;
    let mut world = World::default();
    changes.into_iter().for_each(|c| world.apply(c));
    let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, config.port))).await?;
    let base = format!("http://{}", listener.local_addr()?);
    let accounts: Vec<Account> = config
        .presences
        .iter()
        .map(|p| Account {
            person: Person { id: format!("a-{}", p.handle), handle: p.handle.clone(), name: p.name.clone() },
            key: p.key.clone(),
        })
        .collect();
    let webhooks = config.presences.iter().filter_map(|p| Some((format!("a-{}", p.handle), p.webhook.clone()?))).collect();
    let (out, events) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared {
        base: base.clone(),
        seed: config.seed,
        clock: config.clock,
        accounts,
        control: config.control,
        cast: cast::cast(config.seed),
        webhooks: Mutex::new(webhooks),
        faults: faults::Faults::default(),
        pace: watch::Sender::new(config.pace),
        held: Mutex::new(Held { world, log }),
        out,
    });
    let app = api::router(shared.clone());
    let served = tokio::spawn(async move {
        // The error would be the listener's own end, and then there is nothing left to serve.
        let _ = axum::serve(listener, app).await;
    });
    let tasks = vec![served, tokio::spawn(deliver::run(config.clock, events)), tokio::spawn(perform(shared.clone()))];
    Ok(Handle { base_url: base, shared, tasks })
}

/// The public acts at its pace for as long as the server lives.
async fn perform(shared: Arc<Shared>) {
    let mut pace = shared.pace.subscribe();
    loop {
        let now = *pace.borrow_and_update();
        let Some(every) = now else {
            if pace.changed().await.is_err() {
                return;
            }
            continue;
        };
        let turn = shared.world(|w| w.turns);
        let wait = every.mul_f64(0.5 + dice::Dice::of(shared.seed, turn).fraction());
        tokio::select! {
            () = tokio::time::sleep(wait) => {
                // A file that cannot be written stops the play, not the server: reads and control still answer.
                if shared.turn().is_err() {
                    return;
                }
            }
            changed = pace.changed() => if changed.is_err() { return },
        }
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub fn world<T>(&self, read: impl FnOnce(&World) -> T) -> T {
        read(&self.held().world)
    }

    pub fn now(&self) -> String {
        rfc3339((self.clock)())
    }

    pub fn account(&self, handle: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| a.person.handle == handle || a.person.id == handle)
    }

    /// Decides on the world as it is and commits in the same moment: in the file first, then in memory.
    pub fn change<T, E: From<io::Error>>(&self, decide: impl FnOnce(&World) -> Result<(T, Option<Change>), E>) -> Result<T, E> {
        let mut held = self.held();
        let (value, change) = decide(&held.world)?;
        if let Some(change) = change {
            held.log.append(&change)?;
            held.world.apply(change);
        }
        Ok(value)
    }

    /// Records an event and sends it to the account's webhook.
    pub fn happen(&self, make: impl FnOnce(&World) -> Option<(Event, Option<u64>)>) -> io::Result<Option<Event>> {
        let event = self.change(|w| {
            let made = make(w);
            let change = made.clone().map(|(event, turn)| Change::Happened { event, turn });
            Ok::<_, io::Error>((made.map(|(event, _)| event), change))
        })?;
        if let Some(errand) = event.as_ref().and_then(|e| self.errand(e)) {
            // The receiver lives as long as the server.
            let _ = self.out.send(errand);
        }
        Ok(event)
    }

    /// How an event goes out, faults and all, decided as it happens; nothing where no webhook is set.
    fn errand(&self, event: &Event) -> Option<deliver::Errand> {
        let hook = self.webhooks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&event.account).cloned()?;
        if self.faults.strikes(Fault::Undelivered) {
            return None;
        }
        Some(deliver::Errand {
            event: event.clone(),
            hook,
            forged: self.faults.strikes(Fault::WrongSignature),
            replayed: self.faults.strikes(Fault::Replay),
            doubled: self.faults.strikes(Fault::Twice),
            late: self.faults.strikes(Fault::OutOfOrder),
        })
    }

    /// One turn of the public's play.
    pub fn turn(&self) -> io::Result<Option<Event>> {
        let at = (self.clock)();
        self.happen(|w| {
            play::turn(&play::Stage { seed: self.seed, cast: &self.cast, accounts: &self.accounts, world: w, base: &self.base, at })
        })
    }

    pub fn say(&self, saying: &Saying) -> io::Result<Option<Event>> {
        let now = self.now();
        self.happen(|w| {
            let account = self.account(&saying.to)?;
            let by = match &saying.by {
                Some(handle) => self.cast.iter().find(|c| c.person.handle == *handle).map_or_else(
                    || Person { id: format!("u-{handle}"), handle: handle.clone(), name: handle.clone() },
                    |c| c.person.clone(),
                ),
                None => self.cast.get(w.order.len() % self.cast.len().max(1))?.person.clone(),
            };
            let event = w.said(
                &account.person.id,
                by,
                saying.kind,
                saying.text.clone(),
                saying.language.clone(),
                saying.parent.as_deref(),
                &now,
                &self.base,
            );
            Some((event, None))
        })
    }
}

impl Handle {
    /// What the public did between two instants, told as events with their times, oldest first. Deterministic by
    /// seed; written once, so that asking again answers the same. Nothing of it goes to a webhook: the caller
    /// feeds it to intake (`Raw { kind: "event", body }`) with a clock that began earlier.
    ///
    /// Comments belong to posts that stand at their time, so publish the day's posts first.
    pub fn history(&self, from: i64, to: i64) -> io::Result<Vec<Event>> {
        let s = &self.shared;
        let mut held = s.held();
        if !held.world.recalled.contains(&(from, to)) {
            for (at, salt) in play::moments(s.seed, from, to) {
                let stage = play::Stage { seed: s.seed, cast: &s.cast, accounts: &s.accounts, world: &held.world, base: &s.base, at };
                if let Some(event) = play::scene(&stage, salt) {
                    let change = Change::Happened { event, turn: None };
                    held.log.append(&change)?;
                    held.world.apply(change);
                }
            }
            let change = Change::Recalled { from, to };
            held.log.append(&change)?;
            held.world.apply(change);
        }
        let within = |e: &&Event| micros(&e.at).is_some_and(|at| (from..to).contains(&at));
        Ok(held.world.events.iter().filter(within).cloned().collect())
    }

    /// Sends an account's events to `webhook` from now on.
    pub fn set_webhook(&self, handle: &str, webhook: Option<Webhook>) {
        let Some(account) = self.shared.account(handle) else { return };
        let mut hooks = self.shared.webhooks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match webhook {
            Some(w) => drop(hooks.insert(account.person.id.clone(), w)),
            None => drop(hooks.remove(&account.person.id)),
        }
    }

    /// How often the public acts; none to keep it quiet.
    pub fn set_pace(&self, pace: Option<Duration>) {
        self.shared.pace.send_replace(pace);
    }

    /// Lets the next `times` occasions go wrong.
    pub fn fault(&self, fault: Fault, times: u32) {
        self.shared.faults.set(fault, times);
    }

    /// Somebody says something now. None where the account is not there.
    pub fn say(&self, saying: &Saying) -> io::Result<Option<Event>> {
        self.shared.say(saying)
    }

    /// One turn of the play, now.
    pub fn turn(&self) -> io::Result<Option<Event>> {
        self.shared.turn()
    }

    /// The texts of an account's posts that stand, newest first: what the public can see, counted without the API.
    pub fn standing(&self, handle: &str) -> Vec<String> {
        let id = format!("a-{handle}");
        self.shared.world(|w| w.standing(&id).map(|p| p.text.clone()).collect())
    }

    /// Everything an account ever published, in public and in private, and whether it still stands.
    pub fn posted(&self, handle: &str) -> Vec<(Post, bool)> {
        let id = format!("a-{handle}");
        self.shared.world(|w| w.posts.values().filter(|p| p.account == id).map(|p| (p.clone(), !w.removed.contains(&p.id))).collect())
    }

    /// Is a message visible to the public: neither hidden nor deleted?
    pub fn visible(&self, message: &str) -> bool {
        self.shared.world(|w| w.visible(message).is_some())
    }

    /// Is a person blocked by an account?
    pub fn is_blocked(&self, handle: &str, person: &str) -> bool {
        self.shared.world(|w| w.is_blocked(&format!("a-{handle}"), person))
    }

    /// Everything that happened so far, oldest first.
    pub fn events(&self) -> Vec<Event> {
        self.shared.world(|w| w.events.clone())
    }

    /// How many reports were filed.
    pub fn reports(&self) -> usize {
        self.shared.world(|w| w.reports.len())
    }
}

/// What tells an urgent line, in lower case: its beginning up to the first slot.
#[cfg(test)]
pub fn urgent_lines() -> Vec<String> {
    let start = |l: &String| l.split('{').next().unwrap_or_default().trim().chars().take(14).collect::<String>().to_lowercase();
    sayings::all().iter().filter(|s| s.urgent).flat_map(|s| s.lines.iter().map(start)).filter(|s| s.len() >= 8).collect()
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

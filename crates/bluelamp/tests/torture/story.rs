//! One story: everybody at work, the program killed so many times, everything brought to rest, and then the count.

use super::count;
use super::desk::{self, Answered};
use super::dice::{self, Dice};
use super::place::{self, Base, Place};
use super::program::Program;
use super::public::{self, Sent};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the world remembers of its dealings with the program.
#[derive(Default)]
pub struct Notes {
    pub sent: Vec<Sent>,
    pub answered: Vec<Answered>,
    /// Why something was held or refused, for whoever reads a failure.
    pub refusals: Vec<String>,
}

pub struct Stage {
    pub place: Place,
    pub seed: u64,
    pub http: reqwest::Client,
    on: AtomicBool,
    notes: Mutex<Notes>,
}

impl Stage {
    pub fn goes_on(&self) -> bool {
        self.on.load(Ordering::SeqCst)
    }

    pub fn note<T>(&self, add: impl FnOnce(&mut Notes) -> T) -> T {
        add(&mut self.notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

pub async fn run(base: Base) {
    let (seed, kills) = (dice::seed(), dice::kills());
    println!("seed {seed}, {kills} kills (repeat with BLUELAMP_SEED={seed} BLUELAMP_KILLS={kills})");
    let place = place::raise(base, seed).await;
    let name = place.name;
    // Connections are not kept: a killed server's would all fail once.
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(20)).build().expect("a client");
    let mut program = Program::new(&place, http.clone());
    let stage = Arc::new(Stage { place, seed, http, on: AtomicBool::new(true), notes: Mutex::default() });
    let mut dice = Dice::of(seed, "kills");
    // What was written before the first poll is not promised by anybody: the account says from when it is complete.
    program.start();
    program.ready().await;
    count::polled(&stage, &program).await;
    program.kill().await;
    let mut at_work = tokio::task::JoinSet::new();
    for nth in 0..3 {
        at_work.spawn(public::sender(stage.clone(), nth));
    }
    at_work.spawn(public::platform(stage.clone()));
    at_work.spawn(desk::desk(stage.clone()));
    at_work.spawn(desk::publisher(stage.clone()));

    for nth in 1..=kills {
        program.start();
        // One in six dies while it starts.
        if dice.chance(17) {
            tokio::time::sleep(dice.millis(20, 900)).await;
        } else {
            program.ready().await;
            tokio::time::sleep(dice.millis(100, 2_500)).await;
        }
        program.kill().await;
        let (sent, acts) = stage.note(|n| (n.sent.iter().filter(|s| s.acknowledged).count(), n.answered.len()));
        println!("{name}: killed {nth} of {kills}; so far {sent} webhooks acknowledged, {acts} acts answered");
        if let Some(Err(fell)) = at_work.try_join_next() {
            panic!("somebody outside fell over: {fell}\n{}", program.last_words());
        }
    }
    program.start();
    program.ready().await;
    let restarted = bluelamp::wiring::machine_micros();
    tokio::time::sleep(Duration::from_millis(500)).await;
    stage.on.store(false, Ordering::SeqCst);
    while let Some(ended) = at_work.join_next().await {
        ended.unwrap_or_else(|e| panic!("somebody outside fell over: {e}\n{}", program.last_words()));
    }
    count::at_rest(&stage, &program, restarted).await;
    let ledger = count::export(&stage, &program).await;
    program.stop().await;
    let starts: Vec<u128> = program.starts.iter().map(Duration::as_millis).collect();
    println!("{name}: starts took {starts:?} ms");
    count::all(&stage, &ledger).await;
}

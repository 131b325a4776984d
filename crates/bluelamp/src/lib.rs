//! The program. Start with `act.rs` (the one door to governed change) and `http/router.rs` (every route); then any
//! area's `mod.rs`. ARCHITECTURE.md has the map.

pub mod accounts;
pub mod act;
pub mod app;
pub mod assurance;
pub mod cli;
pub mod community;
pub mod conduct;
pub mod config;
pub mod db;
pub mod demo;
pub mod desk;
pub mod held;
pub mod http;
pub mod intake;
pub mod jobs;
pub mod live;
pub mod mail;
pub mod people;
pub mod publishing;
pub mod records;
pub mod security;
pub mod setup;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod turns;
pub mod vault;
pub mod wiring;

#[cfg(test)]
mod tests;

/// A message becomes thousands of small texts and is gone a moment later: most of what intake did was to ask the C library
/// for memory.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

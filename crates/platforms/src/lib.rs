//! Connectors: how Bluelamp speaks to each platform.
//!
//! One self-contained folder per platform, all alike. A connector knows its platform's shapes, limits and
//! quirks; it knows neither desk nor database, opens no socket (it asks [`Egress`]) and reads no clock.
//! Start with [`contract`], then any platform's `README.md`.

pub mod bluesky;
pub mod contract;
pub mod egress;
mod fits;
#[cfg(test)]
mod loopback;
pub mod mastodon;
pub mod rehearsal;
mod said;
#[cfg(feature = "suite")]
pub mod suite;

pub use contract::*;
pub use egress::*;

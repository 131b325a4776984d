//! The program killed at random instants, again and again, while a public writes in and a desk works (I5, I1).
//!
//! A harness of its own stands outside: it sets up a force, starts the built `bluelamp serve`, plays the platform and the
//! people, kills the program with SIGKILL, starts it again, and in the end counts. Nothing that was acknowledged may be
//! missing, nothing may be there twice, nothing may wait for ever. It prints its seed; the same seed draws the same
//! stories and the same instants, though not the same interleaving.
//!
//!   BLUELAMP_KILLS=100 BLUELAMP_SEED=7 cargo test -p bluelamp --test torture -- --nocapture
//!
//! Start reading with `story.rs`; `count.rs` says what must be so at the end.

#![expect(clippy::disallowed_methods, reason = "the harness is the world outside: it has clocks and sockets of its own")]

mod count;
mod desk;
mod dice;
mod place;
mod program;
mod public;
mod story;

use place::Base;

#[tokio::test(flavor = "multi_thread")]
async fn i5_killed_at_any_instant_on_sqlite_nothing_acknowledged_is_lost_or_done_twice() {
    story::run(Base::Lite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i5_killed_at_any_instant_on_postgres_nothing_acknowledged_is_lost_or_done_twice() {
    let (Ok(owner), Ok(app)) = (std::env::var("BLUELAMP_TEST_PG_OWNER"), std::env::var("BLUELAMP_TEST_PG_APP")) else {
        return;
    };
    story::run(Base::Pg { owner, app }).await;
}

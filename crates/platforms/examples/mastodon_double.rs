//! Serves the Mastodon double on a given port until it is stopped, for tests in other programs.

use bluelamp_platforms::mastodon::double::{self, Setup};

#[expect(clippy::disallowed_methods, reason = "a stand-in for the outside world, whose clock is its own")]
fn clock() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("the clock is after 1970");
    i64::try_from(now.as_micros()).expect("the clock is within the calendar")
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().and_then(|p| p.parse().ok()).unwrap_or(0);
    let handle = double::serve(Setup { port, clock, takahe: arguments.any(|a| a == "takahe") }).await?;
    println!("{}", handle.base_url);
    std::future::pending().await
}

//! The program on a Mastodon server: the strict double of the connector's own tests, served over real sockets with its
//! stream, on both databases.

mod connecting;
mod hearing;
mod moderating;
mod sending;

use super::*;
use crate::accounts::exchange::{self, Exchanged};
use crate::testing::worlds;
use bluelamp_platforms::Given;
use bluelamp_platforms::mastodon::double::{self, FORCE, Handle, Setup, TOKEN};

pub struct Bench {
    pub living: Living,
    pub server: Handle,
    pub account: AccountId,
}

pub fn given(server: &Handle, token: &str) -> Given {
    [("base".to_owned(), server.base_url.clone()), ("access_token".to_owned(), token.to_owned())].into()
}

pub async fn server() -> Handle {
    double::serve(Setup { port: 0, clock: machine_micros, takahe: false }).await.unwrap()
}

/// A running program on each database, with one connected account, its stream open and its first poll done.
pub async fn benches() -> Vec<Bench> {
    let mut all = Vec::new();
    for world in worlds().await {
        all.push(bench(world).await);
    }
    all
}

pub async fn bench(world: World) -> Bench {
    let server = server().await;
    let living = Living::begin(world).await;
    let ctx = living.comms().await;
    let account = AccountId(does(&ctx, register("mastodon", FORCE)).await.id.unwrap());
    connect(&ctx, &server, account, TOKEN).await;
    let bench = Bench { living, server, account };
    bench.listens().await;
    bench
}

pub async fn connect(ctx: &Ctx, server: &Handle, account: AccountId, token: &str) {
    match exchange::connect(ctx, account, &given(server, token)).await.unwrap() {
        Exchanged::Acted(Outcome::Done(_)) => {}
        other => panic!("not connected: {other:?}"),
    }
}

impl Bench {
    /// Waits until the stream is open and the account has said from when on it is complete.
    pub async fn listens(&self) {
        until("the stream opens", || async { self.server.listeners() > 0 }).await;
        until("completeness is stated", || async { self.living.completeness(self.account).await.since.is_some() }).await;
    }

    /// Somebody of the public names the account.
    pub fn said(&self, by: &str, text: &str) -> String {
        self.server.say(by, &format!("@{FORCE} {text}"), "public", None)
    }

    pub async fn arrives(&self, remote: &str) -> (MessageRow, Duration) {
        self.living.arrives(self.account, remote).await
    }
}

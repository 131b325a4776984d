//! A strict stand-in for a Mastodon server, written from the platform's documents: it refuses what Mastodon would
//! refuse, and in `takahe` mode differs as that server was seen to differ.
//!
//! For tests and the whole program's end-to-end runs, never for real use: it keeps everything in memory and binds
//! to 127.0.0.1. `state.rs` is what it holds, `api.rs` what it answers, `oauth.rs` how apps get in, `stream.rs` the
//! WebSocket, `control.rs` the door by which a test plays the public.

mod api;
mod control;
mod oauth;
mod state;
mod stream;

use state::State;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::broadcast;

/// The handle of the official account that the double is made with.
pub const FORCE: &str = "exampleshire";
/// Its token with every scope we ask for, and one that may only read.
pub const TOKEN: &str = "double-token-of-exampleshire";
pub const READ_ONLY: &str = "double-token-that-only-reads";

#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// 0 for any free port.
    pub port: u16,
    /// Microseconds since 1970.
    pub clock: fn() -> i64,
    /// Differ as Takahe was seen to differ.
    pub takahe: bool,
}

/// A running double. Dropping it stops it.
pub struct Handle {
    pub base_url: String,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

pub(crate) struct Shared {
    pub base: String,
    pub clock: fn() -> i64,
    pub takahe: bool,
    /// Account, kind of stream it belongs to, the frame.
    pub events: broadcast::Sender<(String, &'static str, String)>,
    /// Says to every open stream that it ends.
    pub cut: broadcast::Sender<()>,
    state: Mutex<State>,
}

impl Shared {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Starts a double on 127.0.0.1.
pub async fn serve(setup: Setup) -> io::Result<Handle> {
    let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, setup.port))).await?;
    let base = format!("http://{}", listener.local_addr()?);
    let shared = Arc::new(Shared {
        base: base.clone(),
        clock: setup.clock,
        takahe: setup.takahe,
        events: broadcast::Sender::new(256),
        cut: broadcast::Sender::new(4),
        state: Mutex::new(State::new()),
    });
    let app = api::router(shared.clone());
    let task = tokio::spawn(async move {
        // The error would be the listener's own end, and then there is nothing left to serve.
        let _ = axum::serve(listener, app).await;
    });
    Ok(Handle { base_url: base, shared, task })
}

impl Handle {
    /// Somebody of the public says something; who is not there yet comes into being. Answers the status's id.
    pub fn say(&self, by: &str, text: &str, visibility: &str, in_reply_to: Option<&str>) -> String {
        self.shared.say(by, text, visibility, in_reply_to)
    }

    /// The author changes a status.
    pub fn edit(&self, id: &str, text: &str) {
        self.shared.edit(id, text);
    }

    /// The author takes a status away.
    pub fn remove(&self, id: &str) {
        self.shared.remove(id);
    }

    /// The next `times` requests are answered with this status; 0 is silence, 1 silence after doing it.
    pub fn fault(&self, status: u16, times: u32) {
        let mut state = self.shared.state();
        state.faults = (status, times);
        state.faulty = None;
    }

    /// As [`Handle::fault`], for requests of one method and path alone.
    pub fn fault_on(&self, method: &str, path: &str, status: u16, times: u32) {
        let mut state = self.shared.state();
        state.faults = (status, times);
        state.faulty = Some((method.to_owned(), path.to_owned()));
    }

    /// The official account's own answers to a status.
    pub fn answers_to(&self, id: &str) -> Vec<String> {
        let state = self.shared.state();
        state.statuses.values().filter(|s| s.by == state.force && s.parent.as_deref() == Some(id)).map(|s| s.id.clone()).collect()
    }

    /// Ends every stream. While `down`, none is opened.
    pub fn cut_streams(&self, down: bool) {
        self.shared.state().streams_down = down;
        // No stream being open is no error.
        let _ = self.shared.cut.send(());
    }

    /// The person takes a token back in the server's settings; open streams with it end.
    pub fn revoke(&self, token: &str) {
        self.shared.state().tokens.remove(token);
        let _ = self.shared.cut.send(());
    }

    /// The official account's owner makes a new token, with every scope we ask for.
    pub fn issue(&self, token: &str) {
        let mut state = self.shared.state();
        let force = state.force.clone();
        state.tokens.insert(token.to_owned(), (force, super::connect::SCOPES.to_owned()));
    }

    /// How many requests of this method and path beginning were received.
    pub fn asked(&self, method: &str, path: &str) -> usize {
        self.shared.state().asked.iter().filter(|(m, p)| m == method && p.starts_with(path)).count()
    }

    /// How many streams are open.
    pub fn listeners(&self) -> usize {
        self.shared.events.receiver_count()
    }

    /// The description that a picture was sent with, of every picture of a status.
    pub fn descriptions(&self, id: &str) -> Vec<String> {
        let state = self.shared.state();
        let media = state.statuses.get(id).map(|s| s.media.clone()).unwrap_or_default();
        media.iter().filter_map(|m| state.media.get(m)).map(|m| m.alt.clone()).collect()
    }

    /// The status that a status answers.
    pub fn parent_of(&self, id: &str) -> Option<String> {
        self.shared.state().statuses.get(id).and_then(|s| s.parent.clone())
    }

    /// The next picture is ready only after being asked after so many times.
    pub fn slow_media(&self, times: u32) {
        self.shared.state().slow = times;
    }

    /// The plain texts of the official account's statuses that stand.
    pub fn standing(&self) -> Vec<String> {
        let state = self.shared.state();
        state.statuses.values().filter(|s| s.by == state.force).map(|s| s.text.clone()).collect()
    }

    pub fn visibility_of(&self, id: &str) -> Option<String> {
        self.shared.state().statuses.get(id).map(|s| s.visibility.clone())
    }

    /// Is this person (by account id) blocked by the official account?
    pub fn is_blocked(&self, person: &str) -> bool {
        self.shared.state().blocks.contains(person)
    }

    /// The reports filed, as they were sent.
    pub fn reports(&self) -> Vec<serde_json::Value> {
        self.shared.state().reports.clone()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

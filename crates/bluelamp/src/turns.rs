//! Work by key, one run at a time on this node. Whoever asks for a run while one is waiting to begin is served by that one,
//! so that a thousand calls about one account are a few runs and not a thousand that stand in each other's way.

use crate::app::lock;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

#[derive(Default)]
pub struct Turns(Mutex<HashMap<Uuid, Arc<Turn>>>);

#[derive(Default)]
struct Turn {
    running: Arc<tokio::sync::Mutex<()>>,
    asked: AtomicBool,
}

impl Turns {
    fn of(&self, key: Uuid) -> Arc<Turn> {
        lock(&self.0).entry(key).or_default().clone()
    }

    /// Asks for a run. True for whoever must start it; false when one that has not begun yet will do.
    pub fn ask(&self, key: Uuid) -> bool {
        !self.of(key).asked.swap(true, Ordering::SeqCst)
    }

    /// Waits for this key's turn, which lasts as long as what is returned. What is asked for from now on needs another run.
    pub async fn begin(&self, key: Uuid) -> OwnedMutexGuard<()> {
        let turn = self.of(key);
        let running = turn.running.clone().lock_owned().await;
        turn.asked.store(false, Ordering::SeqCst);
        running
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn those_who_ask_while_one_waits_are_served_by_it() {
        let turns = Arc::new(Turns::default());
        let key = Uuid::from_u128(1);
        assert!(turns.ask(key));
        assert!(!turns.ask(key), "one is coming");
        let first = turns.begin(key).await;
        assert!(turns.ask(key), "the first may have looked already, so another is needed");
        assert!(!turns.ask(key));
        assert!(turns.ask(Uuid::from_u128(2)), "another key has turns of its own");
        let waiting = tokio::spawn({
            let turns = turns.clone();
            async move { drop(turns.begin(key).await) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "one at a time");
        drop(first);
        waiting.await.unwrap();
    }
}

//! Live events: what open pages hear of. The event's id is the ledger index, so the order has no gaps.
//!
//! An event carries kind, id and account only; a page fetches what changed under its own rights. The sequencer's tail
//! publishes here; each browser holds one stream.

use bluelamp_domain::ids::ForceId;
use serde::Serialize;
use tokio::sync::broadcast;
use uuid::Uuid;

#[derive(Debug, Clone, Serialize)]
pub struct Event {
    #[serde(skip)]
    pub force: ForceId,
    /// The ledger index.
    pub index: i64,
    /// The act's name.
    pub kind: String,
    pub id: Option<Uuid>,
    pub account: Option<Uuid>,
}

pub struct Live {
    to: broadcast::Sender<Event>,
}

impl Default for Live {
    fn default() -> Self {
        // A page that falls further behind than this reads again instead.
        Live { to: broadcast::channel(4096).0 }
    }
}

impl Live {
    pub fn tell(&self, event: Event) {
        // Nobody listening is no error.
        let _ = self.to.send(event);
    }

    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.to.subscribe()
    }
}

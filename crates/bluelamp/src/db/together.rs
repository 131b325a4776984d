//! Several small writes that wait for one durable commit.
//!
//! A commit costs a turn of the disk, however little it holds. Whoever writes while one is under way waits for the next,
//! which takes all that has gathered by then. INVARIANT (I5): a writer is answered after the commit that holds its rows,
//! never before; a piece that fails is tried by itself, so that it takes no other with it.

use super::{Db, DbError, Isolation, Tx};
use bluelamp_domain::ids::ForceId;
use futures_util::future::BoxFuture;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Writes something and answers how much of it was new. May be run again from its beginning.
type Piece = Box<dyn for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<usize, DbError>> + Send + Sync>;

/// Pieces of one commit at most: the last of them does not wait for a thousand others to be written.
const MOST: usize = 200;
/// How often a commit is tried when the database asks for it.
const TRIES: u32 = 12;

struct Waiting {
    piece: Piece,
    tell: oneshot::Sender<Result<usize, DbError>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Somebody is writing for this force, and takes what gathers meanwhile.
    served: bool,
}

#[derive(Clone, Default)]
pub struct Together(Arc<Mutex<HashMap<ForceId, Queue>>>);

impl Together {
    /// Writes `piece` in a commit that it may share. When this returns, what it wrote is durable.
    ///
    /// # Errors
    /// What the database said to this very piece, or to the commit.
    pub async fn write(
        &self,
        db: &Db,
        force: ForceId,
        piece: impl for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<usize, DbError>> + Send + Sync + 'static,
    ) -> Result<usize, DbError> {
        let piece: Piece = Box::new(piece);
        let (tell, told) = oneshot::channel();
        let begin = self.queue(force, |q| {
            q.waiting.push_back(Waiting { piece, tell });
            !std::mem::replace(&mut q.served, true)
        });
        if begin {
            // By itself: a caller that goes away takes nobody's commit with it.
            tokio::spawn(serve(Served { all: self.clone(), force, over: false }, db.clone()));
        }
        told.await.unwrap_or(Err(DbError::Again))
    }

    fn queue<R>(&self, force: ForceId, see: impl FnOnce(&mut Queue) -> R) -> R {
        see(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(force).or_default())
    }
}

/// Whoever writes for a force. Should that fall over, the next piece finds another to do it.
struct Served {
    all: Together,
    force: ForceId,
    /// The queue was found empty and has been told so; another may be serving it by now.
    over: bool,
}

impl Drop for Served {
    fn drop(&mut self) {
        if !self.over {
            self.all.queue(self.force, |q| q.served = false);
        }
    }
}

async fn serve(mut served: Served, db: Db) {
    loop {
        let taken = served.all.queue(served.force, |q| {
            let n = q.waiting.len().min(MOST);
            // In one breath with the look at the queue, so that no piece is left behind unserved.
            q.served = n > 0;
            q.waiting.drain(..n).collect::<Vec<_>>()
        });
        if taken.is_empty() {
            served.over = true;
            return;
        }
        let (pieces, tell): (Vec<Piece>, Vec<_>) = taken.into_iter().map(|w| (w.piece, w.tell)).unzip();
        let came = commit(&db, served.force, &pieces).await;
        for (tell, came) in tell.into_iter().zip(came) {
            // Whoever asked may have gone; what was written stays.
            let _ = tell.send(came);
        }
    }
}

/// What each piece came to.
async fn commit(db: &Db, force: ForceId, pieces: &[Piece]) -> Vec<Result<usize, DbError>> {
    match tried(db, force, pieces).await {
        Ok(new) => new.into_iter().map(Ok).collect(),
        Err(DbError::Constraint(_) | DbError::Other(_)) if pieces.len() > 1 => {
            let mut came = Vec::with_capacity(pieces.len());
            for piece in pieces {
                came.push(tried(db, force, std::slice::from_ref(piece)).await.map(|new| new.into_iter().sum()));
            }
            came
        }
        Err(e) => pieces.iter().map(|_| Err(e.clone())).collect(),
    }
}

async fn tried(db: &Db, force: ForceId, pieces: &[Piece]) -> Result<Vec<usize>, DbError> {
    for attempt in 0..TRIES {
        match once(db, force, pieces).await {
            Err(DbError::Again) => tokio::time::sleep(Duration::from_millis(2 << attempt.min(7))).await,
            came => return came,
        }
    }
    Err(DbError::Again)
}

async fn once(db: &Db, force: ForceId, pieces: &[Piece]) -> Result<Vec<usize>, DbError> {
    let mut tx = db.write(force, Isolation::ReadCommitted).await?;
    let mut new = Vec::with_capacity(pieces.len());
    for piece in pieces {
        new.push(piece(&mut tx).await?);
    }
    tx.commit().await?;
    Ok(new)
}

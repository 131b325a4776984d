//! Bytes in: a body is kept, durably, before anybody is told that we have it (I5).

use super::store::{self, RawRow};
use crate::act::Fault;
use crate::app::{App, digest};
use crate::db::Tx;
use bluelamp_domain::ids::{AccountId, ForceId, RawId};
use bluelamp_domain::time::Instant;
use bluelamp_platforms::Raw;
use std::sync::Arc;

/// Bodies up to this size stand in the row; larger ones in the object store, which is written first.
pub const IN_ROW: usize = 64 * 1024;

/// How a body came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Webhook,
    Poll,
    Stream,
    Revisit,
    /// Handed in by the program itself: the demonstration's history, an exercise.
    Replay,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Source::Webhook => "webhook",
            Source::Poll => "poll",
            Source::Stream => "stream",
            Source::Revisit => "revisit",
            Source::Replay => "replay",
        }
    }
}

/// The rows of bodies, with ids that sort as they came; a large body is in the object store when this returns, before
/// any row names it.
pub async fn rows_of(
    app: &App,
    force: ForceId,
    account: AccountId,
    source: Source,
    raws: &[Raw],
    at: Instant,
) -> Result<Vec<RawRow>, Fault> {
    let moment = app.moment(jiff::tz::TimeZone::UTC);
    let mut rows = Vec::with_capacity(raws.len());
    for raw in raws {
        rows.push(row_of(app, force, account, source, raw, at, moment.id()).await?);
    }
    Ok(rows)
}

async fn row_of(app: &App, force: ForceId, account: AccountId, source: Source, raw: &Raw, at: Instant, id: RawId) -> Result<RawRow, Fault> {
    let (body, object) = if raw.body.len() <= IN_ROW {
        (Some(raw.body.clone()), None)
    } else {
        let hash = app.blobs.put(force, &raw.body).await?;
        (None, Some(hash))
    };
    Ok(RawRow {
        id,
        account,
        source: source.name().into(),
        kind: raw.kind.clone(),
        digest: digest(&raw.body),
        size: i64::try_from(raw.body.len()).unwrap_or(i64::MAX),
        body,
        object,
        received_at: at,
    })
}

/// Keeps bodies in the given transaction; answers how many were new.
pub async fn keep_in(tx: &mut Tx, force: ForceId, rows: &[RawRow]) -> Result<usize, crate::db::DbError> {
    Ok(store::insert_raws(tx, force, rows).await?.len())
}

/// Keeps bodies in a commit that they may share with others'. When this returns they are durable.
pub async fn keep(app: &App, force: ForceId, account: AccountId, source: Source, raws: &[Raw], at: Instant) -> Result<usize, Fault> {
    let rows: Arc<[RawRow]> = rows_of(app, force, account, source, raws, at).await?.into();
    let kept = app.together.write(&app.db, force, move |tx| {
        let rows = rows.clone();
        Box::pin(async move { keep_in(tx, force, &rows).await })
    });
    Ok(kept.await?)
}

/// The bytes of a kept body.
pub async fn body_of(app: &App, force: ForceId, row: &RawRow) -> Result<Vec<u8>, Fault> {
    match (&row.body, &row.object) {
        (Some(body), _) => Ok(body.clone()),
        (None, Some(object)) => app.blobs.get(force, object).await.map_err(Fault::from),
        (None, None) => Err(Fault::Broken("a raw body stands neither in its row nor in the object store".into())),
    }
}

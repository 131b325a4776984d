//! Rows of replies and of each attempt at sending one.

use super::bad;
use crate::db::{DbError, Row, Tx};
use crate::{sql, vals};
use bluelamp_domain::desk::reply::State;
use bluelamp_domain::ids::*;
use bluelamp_domain::time::Instant;
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq)]
pub struct ReplyRow {
    pub id: Uuid,
    pub account: AccountId,
    /// What it answers; `None` for a first word to an organisation.
    pub message: Option<MessageId>,
    pub private: bool,
    pub text: String,
    pub key: String,
    pub state: State,
    pub why: String,
    pub by: PersonId,
    pub at: Instant,
    pub remote_id: Option<String>,
    pub url: Option<String>,
}

fn reply_row(r: &Row) -> Result<ReplyRow, DbError> {
    Ok(ReplyRow {
        id: r.get("id")?,
        account: r.get("account")?,
        message: r.get("message")?,
        private: r.get("private")?,
        text: r.get("text")?,
        key: r.get("key")?,
        state: State::parse(&r.get::<String>("state")?).ok_or_else(|| bad("state"))?,
        why: r.get("why")?,
        by: r.get("by")?,
        at: r.get("at")?,
        remote_id: r.get("remote_id")?,
        url: r.get("url")?,
    })
}

pub async fn insert_reply(tx: &mut Tx, force: ForceId, r: &ReplyRow) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO reply (force, id, account, message, private, text, key, state, why, by, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"),
        vals![force, r.id, r.account, r.message, r.private, &r.text, &r.key, r.state.name(), &r.why, r.by, r.at],
    )
    .await?;
    Ok(())
}

pub async fn reply(tx: &mut Tx, force: ForceId, id: Uuid) -> Result<Option<ReplyRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, account, message, private, text, key, state, why, by, at, remote_id, url FROM reply WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(reply_row).transpose()
}

pub async fn replies(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<Vec<ReplyRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, account, message, private, text, key, state, why, by, at, remote_id, url FROM reply WHERE force = $1 AND message = $2 ORDER BY at, id LIMIT 100"),
            vals![force, message],
        )
        .await?;
    rows.iter().map(reply_row).collect()
}

/// What became of a reply.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    pub why: String,
    pub remote_id: Option<String>,
    pub url: Option<String>,
    pub extra: BTreeMap<String, String>,
}

pub async fn settle_reply(tx: &mut Tx, force: ForceId, id: Uuid, state: State, s: &Settled, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE reply SET state = $3, why = $4, remote_id = $5, url = $6, extra = $7, settled_at = $8 WHERE force = $1 AND id = $2"),
        vals![force, id, state.name(), &s.why, s.remote_id.clone(), s.url.clone(), serde_json::to_string(&s.extra).unwrap_or_default(), at],
    )
    .await?;
    Ok(())
}

/// The last time a reply was put on the wire: which, and what it came to, if that is known.
pub async fn last_attempt(tx: &mut Tx, force: ForceId, reply: Uuid) -> Result<Option<(i64, Option<String>)>, DbError> {
    tx.row(sql!("SELECT nth, came FROM reply_attempt WHERE force = $1 AND reply = $2 ORDER BY nth DESC LIMIT 1"), vals![force, reply])
        .await?
        .map(|r| Ok((r.get("nth")?, r.get("came")?)))
        .transpose()
}

pub async fn begin_attempt(tx: &mut Tx, force: ForceId, reply: Uuid, nth: i64, at: Instant) -> Result<(), DbError> {
    tx.run(sql!("INSERT INTO reply_attempt (force, reply, nth, began_at) VALUES ($1, $2, $3, $4)"), vals![force, reply, nth, at]).await?;
    Ok(())
}

pub async fn end_attempt(tx: &mut Tx, force: ForceId, reply: Uuid, nth: i64, came: &str, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE reply_attempt SET ended_at = $4, came = $5 WHERE force = $1 AND reply = $2 AND nth = $3"),
        vals![force, reply, nth, at, came],
    )
    .await?;
    Ok(())
}

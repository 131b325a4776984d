//! Rows of what was said: messages and their revisions, correspondents, conversations, media. Bodies as they came, and
//! how far each account has been read, have files of their own.

mod bodies;
pub mod contacts;
mod reach;

pub use bodies::*;
pub use reach::*;

use crate::db::{DbError, Row, Tx, Val};
use crate::{sql, vals};
use bluelamp_domain::ids::*;
use bluelamp_domain::time::Instant;
use bluelamp_domain::triage::Triage;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// A message with everything that intake and the desk keep of it.
#[derive(Debug, Clone)]
pub struct MessageRow {
    pub id: MessageId,
    pub account: AccountId,
    pub conversation: ConversationId,
    pub correspondent: CorrespondentId,
    pub raw: RawId,
    pub remote_id: String,
    /// `comment`, `mention`, `private`, `review`.
    pub kind: String,
    pub text: String,
    pub revision: String,
    pub revisions: i64,
    pub language: Option<String>,
    pub url: Option<String>,
    pub parent: Option<String>,
    pub root: Option<String>,
    pub extra: BTreeMap<String, String>,
    pub sent_at: Instant,
    pub received_at: Instant,
    pub edited_at: Option<Instant>,
    pub deleted_at: Option<Instant>,
    /// 0 immediate, 1 look, 2 priority, 3 routine: `bluelamp_domain::intake::priority` gives the word.
    pub priority: i64,
    pub due_at: Instant,
    pub route: String,
    pub thrive: i64,
    pub triage: Triage,
    pub triage_pack: String,
    /// `open`, `waiting`, `closed`.
    pub state: String,
    pub area: String,
    pub claimed_by: Option<PersonId>,
    pub claimed_until: Option<Instant>,
    pub assessed_at: Option<Instant>,
    pub answered_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub outcome: Option<String>,
    pub hidden: bool,
}

impl MessageRow {
    pub fn is_private(&self) -> bool {
        self.kind == "private"
    }

    pub fn priority_name(&self) -> &'static str {
        bluelamp_domain::intake::priority(self.priority).map_or("immediate", bluelamp_domain::triage::Priority::name)
    }
}

pub(in crate::intake) fn message_row(r: &Row) -> Result<MessageRow, DbError> {
    Ok(MessageRow {
        id: r.get("id")?,
        account: r.get("account")?,
        conversation: r.get("conversation")?,
        correspondent: r.get("correspondent")?,
        raw: r.get("raw")?,
        remote_id: r.get("remote_id")?,
        kind: r.get("kind")?,
        text: r.get("text")?,
        revision: r.get("revision")?,
        revisions: r.get("revisions")?,
        language: r.get("language")?,
        url: r.get("url")?,
        parent: r.get("parent")?,
        root: r.get("root")?,
        extra: r.json("extra")?,
        sent_at: r.get("sent_at")?,
        received_at: r.get("received_at")?,
        edited_at: r.get("edited_at")?,
        deleted_at: r.get("deleted_at")?,
        priority: r.get("priority")?,
        due_at: r.get("due_at")?,
        route: r.get("route")?,
        thrive: r.get("thrive")?,
        triage: r.json("triage")?,
        triage_pack: r.get("triage_pack")?,
        state: r.get("state")?,
        area: r.get("area")?,
        claimed_by: r.get("claimed_by")?,
        claimed_until: r.get("claimed_until")?,
        assessed_at: r.get("assessed_at")?,
        answered_at: r.get("answered_at")?,
        closed_at: r.get("closed_at")?,
        outcome: r.get("outcome")?,
        hidden: r.get("hidden")?,
    })
}

/// The messages of these remote ids on that account.
pub async fn by_remote(tx: &mut Tx, force: ForceId, account: AccountId, remotes: Vec<String>) -> Result<Vec<MessageRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, account, conversation, correspondent, raw, remote_id, kind, text, revision, revisions, language, url, parent, root, extra, sent_at, received_at, edited_at, deleted_at, priority, due_at, route, thrive, triage, triage_pack, state, area, claimed_by, claimed_until, assessed_at, answered_at, closed_at, outcome, hidden FROM message WHERE force = $1 AND account = $2 AND remote_id {in_texts:$3}"),
            vec![force.into(), account.into(), Val::Texts(remotes)],
        )
        .await?;
    rows.iter().map(message_row).collect()
}

/// The message of that id, whoever asks: for acts, whose questions decide. Pages use `queue::message`.
pub async fn message(tx: &mut Tx, force: ForceId, id: MessageId) -> Result<Option<MessageRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, account, conversation, correspondent, raw, remote_id, kind, text, revision, revisions, language, url, parent, root, extra, sent_at, received_at, edited_at, deleted_at, priority, due_at, route, thrive, triage, triage_pack, state, area, claimed_by, claimed_until, assessed_at, answered_at, closed_at, outcome, hidden FROM message WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(message_row).transpose()
}

/// Those of these messages that are this account's.
pub async fn of_account(tx: &mut Tx, force: ForceId, account: AccountId, ids: &[MessageId]) -> Result<BTreeSet<MessageId>, DbError> {
    let ids = Val::Ids(ids.iter().map(|m| m.0).collect());
    let rows = tx
        .rows(sql!("SELECT id FROM message WHERE force = $1 AND account = $2 AND id {in:$3}"), vec![force.into(), account.into(), ids])
        .await?;
    rows.iter().map(|r| r.get("id")).collect()
}

#[derive(Debug, Clone)]
pub struct CorrespondentRow {
    pub id: CorrespondentId,
    pub platform: String,
    pub realm: String,
    pub remote_id: String,
    pub handle: String,
    pub name: String,
    pub first_at: Instant,
    pub last_at: Instant,
}

/// Those correspondents of a platform who have one of these realms and one of these remote ids, by both.
pub async fn correspondents_by_remote(
    tx: &mut Tx,
    force: ForceId,
    platform: &str,
    realms: Vec<String>,
    remotes: Vec<String>,
) -> Result<HashMap<(String, String), CorrespondentId>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, realm, remote_id FROM correspondent WHERE force = $1 AND platform = $2 AND realm {in_texts:$3} AND remote_id {in_texts:$4}"),
            vec![force.into(), platform.into(), Val::Texts(realms), Val::Texts(remotes)],
        )
        .await?;
    rows.iter().map(|r| Ok(((r.get("realm")?, r.get("remote_id")?), r.get("id")?))).collect()
}

/// Writes correspondents, each once, or what is new about a known one.
pub async fn put_correspondents<'a>(
    tx: &mut Tx,
    force: ForceId,
    all: impl IntoIterator<Item = &'a CorrespondentRow>,
) -> Result<(), DbError> {
    let values = |c: &CorrespondentRow| vals![force, c.id, &c.platform, &c.realm, &c.remote_id, &c.handle, &c.name, c.first_at, c.last_at];
    tx.run_all(
        sql!("INSERT INTO correspondent (force, id, platform, realm, remote_id, handle, name, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (force, id) DO UPDATE SET handle = excluded.handle, name = excluded.name, last_at = CASE WHEN excluded.last_at > correspondent.last_at THEN excluded.last_at ELSE correspondent.last_at END, first_at = CASE WHEN excluded.first_at < correspondent.first_at THEN excluded.first_at ELSE correspondent.first_at END"),
        all.into_iter().map(values).collect(),
    )
    .await?;
    Ok(())
}

/// What belongs together on one account.
#[derive(Debug, Clone)]
pub struct ConversationRow {
    pub id: ConversationId,
    pub account: AccountId,
    pub root: String,
    pub private: bool,
    pub started_at: Instant,
    pub last_at: Instant,
}

/// The conversations of an account that have one of these roots, by their root.
pub async fn conversations_by_root(
    tx: &mut Tx,
    force: ForceId,
    account: AccountId,
    roots: Vec<String>,
) -> Result<HashMap<String, ConversationId>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, root FROM conversation WHERE force = $1 AND account = $2 AND root {in_texts:$3}"),
            vec![force.into(), account.into(), Val::Texts(roots)],
        )
        .await?;
    rows.iter().map(|r| Ok((r.get("root")?, r.get("id")?))).collect()
}

/// Writes conversations, each once, or that something new was said in a known one.
pub async fn put_conversations<'a>(tx: &mut Tx, force: ForceId, all: impl IntoIterator<Item = &'a ConversationRow>) -> Result<(), DbError> {
    let values = |c: &ConversationRow| vals![force, c.id, c.account, &c.root, c.private, c.started_at, c.last_at];
    tx.run_all(
        sql!("INSERT INTO conversation (force, id, account, root, private, started_at, last_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (force, id) DO UPDATE SET last_at = CASE WHEN excluded.last_at > conversation.last_at THEN excluded.last_at ELSE conversation.last_at END"),
        all.into_iter().map(values).collect(),
    )
    .await?;
    Ok(())
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".into())
}

pub async fn insert_messages(tx: &mut Tx, force: ForceId, all: &[MessageRow]) -> Result<(), DbError> {
    let values = |m: &MessageRow| {
        vals![
            force,
            m.id,
            m.account,
            m.conversation,
            m.correspondent,
            m.raw,
            &m.remote_id,
            &m.kind,
            &m.text,
            &m.revision,
            m.language.clone(),
            m.url.clone(),
            m.parent.clone(),
            m.root.clone(),
            json(&m.extra),
            m.sent_at,
            m.received_at,
            m.priority,
            m.due_at,
            &m.route,
            m.thrive,
            json(&m.triage),
            &m.triage_pack,
            &m.area
        ]
    };
    tx.run_all(
        sql!(
            "INSERT INTO message (force, id, account, conversation, correspondent, raw, remote_id, kind, text, revision, revisions, language, url, parent, root, extra, sent_at, received_at, priority, due_at, route, thrive, triage, triage_pack, state, area, hidden) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, 'open', $24, 0)"
        ),
        all.iter().map(values).collect(),
    )
    .await?;
    Ok(())
}

/// Writes what a revision changed: the words shown, and what triage says, never less than before (I3).
pub async fn update_revised(tx: &mut Tx, force: ForceId, m: &MessageRow) -> Result<(), DbError> {
    tx.run(
        sql!(
            "UPDATE message SET text = $3, revision = $4, revisions = $5, edited_at = $6, deleted_at = $7, priority = CASE WHEN priority < $8 THEN priority ELSE $8 END, due_at = CASE WHEN due_at < $9 THEN due_at ELSE $9 END, route = $10, thrive = $11, triage = $12, triage_pack = $13, state = $14, closed_at = $15, assessed_at = $16, extra = $17 WHERE force = $1 AND id = $2"
        ),
        vals![
            force, m.id, &m.text, &m.revision, m.revisions, m.edited_at, m.deleted_at, m.priority, m.due_at, &m.route, m.thrive,
            json(&m.triage), &m.triage_pack, &m.state, m.closed_at, m.assessed_at, json(&m.extra)
        ],
    )
    .await?;
    Ok(())
}

#[derive(Debug, Clone)]
pub struct RevisionRow {
    pub id: Uuid,
    pub message: MessageId,
    pub raw: RawId,
    pub revision: String,
    pub nth: i64,
    pub deleted: bool,
    pub text: String,
    pub triage: Triage,
    pub at: Instant,
    pub noted_at: Instant,
}

pub async fn insert_revisions(tx: &mut Tx, force: ForceId, all: &[RevisionRow]) -> Result<(), DbError> {
    let values =
        |r: &RevisionRow| vals![force, r.id, r.message, r.raw, &r.revision, r.nth, r.deleted, &r.text, json(&r.triage), r.at, r.noted_at];
    tx.run_all(
        sql!("INSERT INTO message_revision (force, id, message, raw, revision, nth, deleted, text, triage, at, noted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"),
        all.iter().map(values).collect(),
    )
    .await?;
    Ok(())
}

/// Every revision of a message, the first first.
pub async fn revisions(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<Vec<RevisionRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, message, raw, revision, nth, deleted, text, triage, at, noted_at FROM message_revision WHERE force = $1 AND message = $2 ORDER BY nth LIMIT 500"),
            vals![force, message],
        )
        .await?;
    rows.iter()
        .map(|r| {
            Ok(RevisionRow {
                id: r.get("id")?,
                message: r.get("message")?,
                raw: r.get("raw")?,
                revision: r.get("revision")?,
                nth: r.get("nth")?,
                deleted: r.get("deleted")?,
                text: r.get("text")?,
                triage: r.json("triage")?,
                at: r.get("at")?,
                noted_at: r.get("noted_at")?,
            })
        })
        .collect()
}

#[derive(Debug, Clone)]
pub struct MediaRow {
    pub id: MediaId,
    pub message: MessageId,
    pub account: AccountId,
    pub nth: i64,
    pub url: String,
    pub mime: Option<String>,
    pub alt: Option<String>,
    /// `waiting`, `kept`, `kept-unshown` (the original stands, no copy can be shown), `missing`.
    pub state: String,
    pub why: String,
    /// SHA-256 of the original.
    pub object: Option<String>,
    pub size: Option<i64>,
    /// SHA-256 of the copy for showing.
    pub copy: Option<String>,
    pub copy_mime: Option<String>,
    pub width: Option<i64>,
    pub height: Option<i64>,
    pub kept_at: Option<Instant>,
}

fn media_row(r: &Row) -> Result<MediaRow, DbError> {
    Ok(MediaRow {
        id: r.get("id")?,
        message: r.get("message")?,
        account: r.get("account")?,
        nth: r.get("nth")?,
        url: r.get("url")?,
        mime: r.get("mime")?,
        alt: r.get("alt")?,
        state: r.get("state")?,
        why: r.get("why")?,
        object: r.get("object")?,
        size: r.get("size")?,
        copy: r.get("copy")?,
        copy_mime: r.get("copy_mime")?,
        width: r.get("width")?,
        height: r.get("height")?,
        kept_at: r.get("kept_at")?,
    })
}

pub async fn insert_media(tx: &mut Tx, force: ForceId, all: &[MediaRow]) -> Result<(), DbError> {
    tx.run_all(
        sql!("INSERT INTO media (force, id, message, account, nth, url, mime, alt, state, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', '')"),
        all.iter().map(|m| vals![force, m.id, m.message, m.account, m.nth, &m.url, m.mime.clone(), m.alt.clone()]).collect(),
    )
    .await?;
    Ok(())
}

pub async fn medium(tx: &mut Tx, force: ForceId, id: MediaId) -> Result<Option<MediaRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, message, account, nth, url, mime, alt, state, why, object, size, copy, copy_mime, width, height, kept_at FROM media WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(media_row).transpose()
}

pub async fn media_of(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<Vec<MediaRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, message, account, nth, url, mime, alt, state, why, object, size, copy, copy_mime, width, height, kept_at FROM media WHERE force = $1 AND message = $2 ORDER BY nth LIMIT 50"),
            vals![force, message],
        )
        .await?;
    rows.iter().map(media_row).collect()
}

/// Notes what became of a medium. One that is kept stays as it is (I11).
pub async fn settle_medium(tx: &mut Tx, force: ForceId, m: &MediaRow) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE media SET state = $3, why = $4, object = $5, size = $6, copy = $7, copy_mime = $8, width = $9, height = $10, kept_at = $11 WHERE force = $1 AND id = $2 AND object IS NULL"),
        vals![force, m.id, &m.state, &m.why, m.object.clone(), m.size, m.copy.clone(), m.copy_mime.clone(), m.width, m.height, m.kept_at],
    )
    .await?;
    Ok(())
}

/// Messages whose present state the platform tells only when asked, the newest first.
pub async fn to_revisit(
    tx: &mut Tx,
    force: ForceId,
    account: AccountId,
    since: Instant,
    limit: i64,
) -> Result<Vec<(String, String)>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT remote_id, revision FROM message WHERE force = $1 AND account = $2 AND received_at >= $3 AND deleted_at IS NULL ORDER BY received_at DESC LIMIT $4"),
            vals![force, account, since, limit],
        )
        .await?;
    rows.iter().map(|r| Ok((r.get("remote_id")?, r.get("revision")?))).collect()
}

/// The names of the revisions that are kept of these messages.
pub async fn revision_names(tx: &mut Tx, force: ForceId, messages: Vec<Uuid>) -> Result<HashMap<MessageId, BTreeSet<String>>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT message, revision FROM message_revision WHERE force = $1 AND message {in:$2}"),
            vec![force.into(), Val::Ids(messages)],
        )
        .await?;
    let mut all: HashMap<MessageId, BTreeSet<String>> = HashMap::new();
    for r in &rows {
        all.entry(r.get("message")?).or_default().insert(r.get("revision")?);
    }
    Ok(all)
}

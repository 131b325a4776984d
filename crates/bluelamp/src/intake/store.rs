//! Rows of intake: raw bodies, messages and their revisions, media, quarantine, spans, cursors.

use crate::db::{DbError, Row, Tx};
use crate::{sql, vals};
use bluelamp_domain::ids::*;
use bluelamp_domain::time::Instant;
use bluelamp_domain::triage::Triage;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A body as it came.
#[derive(Debug, Clone)]
pub struct RawRow {
    pub id: RawId,
    pub account: AccountId,
    pub source: String,
    pub kind: String,
    pub digest: String,
    pub size: i64,
    pub body: Option<Vec<u8>>,
    pub object: Option<String>,
    pub received_at: Instant,
}

/// Keeps a body and notes that something is to be made of it. False when the very same is kept already.
pub async fn insert_raw(tx: &mut Tx, force: ForceId, raw: &RawRow) -> Result<bool, DbError> {
    let n = tx
        .run(
            sql!("INSERT INTO intake_raw (force, id, account, source, kind, digest, size, body, object, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (force, account, kind, digest) DO NOTHING"),
            vals![force, raw.id, raw.account, &raw.source, &raw.kind, &raw.digest, raw.size, raw.body.clone(), raw.object.clone(), raw.received_at],
        )
        .await?;
    if n == 0 {
        return Ok(false);
    }
    insert_todo(tx, force, raw.id, raw.account, raw.received_at, raw.received_at).await?;
    Ok(true)
}

pub async fn insert_todo(
    tx: &mut Tx,
    force: ForceId,
    raw: RawId,
    account: AccountId,
    received: Instant,
    from: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO intake_todo (force, raw, account, received_at, not_before, attempts) VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT (force, raw) DO NOTHING"),
        vals![force, raw, account, received, from],
    )
    .await?;
    Ok(())
}

fn raw_row(r: &Row) -> Result<RawRow, DbError> {
    Ok(RawRow {
        id: r.get("id")?,
        account: r.get("account")?,
        source: r.get("source")?,
        kind: r.get("kind")?,
        digest: r.get("digest")?,
        size: r.get("size")?,
        body: r.get("body")?,
        object: r.get("object")?,
        received_at: r.get("received_at")?,
    })
}

pub async fn raw(tx: &mut Tx, force: ForceId, id: RawId) -> Result<Option<RawRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, account, source, kind, digest, size, body, object, received_at FROM intake_raw WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(raw_row).transpose()
}

/// What waits on an account and is due, oldest first.
pub async fn todo_ids(tx: &mut Tx, force: ForceId, account: AccountId, at: Instant, limit: i64) -> Result<Vec<RawId>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT raw FROM intake_todo WHERE force = $1 AND account = $2 AND not_before <= $3 ORDER BY received_at, raw LIMIT $4"),
            vals![force, account, at, limit],
        )
        .await?;
    rows.iter().map(|r| r.get("raw")).collect()
}

/// Which accounts have something waiting that is due.
pub async fn todo_accounts(tx: &mut Tx, force: ForceId, at: Instant) -> Result<Vec<AccountId>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT DISTINCT account FROM intake_todo WHERE force = $1 AND not_before <= $2 ORDER BY account LIMIT 2000"),
            vals![force, at],
        )
        .await?;
    rows.iter().map(|r| r.get("account")).collect()
}

/// How many bodies wait although they were tried: quarantine in all but name, and shown with it.
pub async fn stuck(tx: &mut Tx, force: ForceId) -> Result<i64, DbError> {
    let row = tx.row(sql!("SELECT COUNT(*) AS n FROM intake_todo WHERE force = $1 AND trouble = 'undecided'"), vals![force]).await?;
    row.map_or(Ok(0), |r| r.get("n"))
}

pub async fn is_todo(tx: &mut Tx, force: ForceId, raw: RawId) -> Result<bool, DbError> {
    Ok(tx.row(sql!("SELECT raw FROM intake_todo WHERE force = $1 AND raw = $2"), vals![force, raw]).await?.is_some())
}

pub async fn done(tx: &mut Tx, force: ForceId, raw: RawId) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM intake_todo WHERE force = $1 AND raw = $2"), vals![force, raw]).await?;
    Ok(())
}

/// Something waits for later, with why.
pub async fn put_off(tx: &mut Tx, force: ForceId, raw: RawId, until: Instant, trouble: &str) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE intake_todo SET not_before = $3, attempts = attempts + 1, trouble = $4 WHERE force = $1 AND raw = $2"),
        vals![force, raw, until, trouble],
    )
    .await?;
    Ok(())
}

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

pub(super) fn message_row(r: &Row) -> Result<MessageRow, DbError> {
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

/// The message of that remote id on that account.
pub async fn by_remote(tx: &mut Tx, force: ForceId, account: AccountId, remote: &str) -> Result<Option<MessageRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, account, conversation, correspondent, raw, remote_id, kind, text, revision, revisions, language, url, parent, root, extra, sent_at, received_at, edited_at, deleted_at, priority, due_at, route, thrive, triage, triage_pack, state, area, claimed_by, claimed_until, assessed_at, answered_at, closed_at, outcome, hidden FROM message WHERE force = $1 AND account = $2 AND remote_id = $3"),
            vals![force, account, remote],
        )
        .await?;
    row.as_ref().map(message_row).transpose()
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

/// Whether this revision of the message is kept already.
pub async fn has_revision(tx: &mut Tx, force: ForceId, message: MessageId, revision: &str) -> Result<bool, DbError> {
    Ok(tx
        .row(sql!("SELECT id FROM message_revision WHERE force = $1 AND message = $2 AND revision = $3"), vals![force, message, revision])
        .await?
        .is_some())
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

pub async fn correspondent_by_remote(
    tx: &mut Tx,
    force: ForceId,
    platform: &str,
    realm: &str,
    remote: &str,
) -> Result<Option<CorrespondentId>, DbError> {
    tx.row(
        sql!("SELECT id FROM correspondent WHERE force = $1 AND platform = $2 AND realm = $3 AND remote_id = $4"),
        vals![force, platform, realm, remote],
    )
    .await?
    .map(|r| r.get("id"))
    .transpose()
}

/// Writes a correspondent, or what is new about a known one.
pub async fn put_correspondent(tx: &mut Tx, force: ForceId, c: &CorrespondentRow) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO correspondent (force, id, platform, realm, remote_id, handle, name, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (force, id) DO UPDATE SET handle = excluded.handle, name = excluded.name, last_at = CASE WHEN excluded.last_at > correspondent.last_at THEN excluded.last_at ELSE correspondent.last_at END, first_at = CASE WHEN excluded.first_at < correspondent.first_at THEN excluded.first_at ELSE correspondent.first_at END"),
        vals![force, c.id, &c.platform, &c.realm, &c.remote_id, &c.handle, &c.name, c.first_at, c.last_at],
    )
    .await?;
    Ok(())
}

pub async fn conversation_by_root(tx: &mut Tx, force: ForceId, account: AccountId, root: &str) -> Result<Option<ConversationId>, DbError> {
    tx.row(sql!("SELECT id FROM conversation WHERE force = $1 AND account = $2 AND root = $3"), vals![force, account, root])
        .await?
        .map(|r| r.get("id"))
        .transpose()
}

pub async fn put_conversation(
    tx: &mut Tx,
    force: ForceId,
    id: ConversationId,
    account: AccountId,
    root: &str,
    private: bool,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO conversation (force, id, account, root, private, started_at, last_at) VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (force, id) DO UPDATE SET last_at = CASE WHEN excluded.last_at > conversation.last_at THEN excluded.last_at ELSE conversation.last_at END"),
        vals![force, id, account, root, private, at],
    )
    .await?;
    Ok(())
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".into())
}

pub async fn insert_message(tx: &mut Tx, force: ForceId, m: &MessageRow) -> Result<(), DbError> {
    tx.run(
        sql!(
            "INSERT INTO message (force, id, account, conversation, correspondent, raw, remote_id, kind, text, revision, revisions, language, url, parent, root, extra, sent_at, received_at, priority, due_at, route, thrive, triage, triage_pack, state, area, hidden) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, 'open', $24, 0)"
        ),
        vals![
            force, m.id, m.account, m.conversation, m.correspondent, m.raw, &m.remote_id, &m.kind, &m.text, &m.revision, m.language.clone(),
            m.url.clone(), m.parent.clone(), m.root.clone(), json(&m.extra), m.sent_at, m.received_at, m.priority, m.due_at, &m.route,
            m.thrive, json(&m.triage), &m.triage_pack, &m.area
        ],
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

pub async fn insert_revision(tx: &mut Tx, force: ForceId, r: &RevisionRow) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO message_revision (force, id, message, raw, revision, nth, deleted, text, triage, at, noted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"),
        vals![force, r.id, r.message, r.raw, &r.revision, r.nth, r.deleted, &r.text, json(&r.triage), r.at, r.noted_at],
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

pub async fn insert_media(tx: &mut Tx, force: ForceId, m: &MediaRow) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO media (force, id, message, account, nth, url, mime, alt, state, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', '')"),
        vals![force, m.id, m.message, m.account, m.nth, &m.url, m.mime.clone(), m.alt.clone()],
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

#[derive(Debug, Clone)]
pub struct QuarantineRow {
    pub id: Uuid,
    pub raw: RawId,
    pub account: AccountId,
    /// `unreadable`, `untriageable`, `undecided`, `edit-of-unknown`.
    pub code: String,
    pub why: String,
    pub at: Instant,
    /// `waiting`, `again`, `dismissed`.
    pub state: String,
}

fn quarantine_row(r: &Row) -> Result<QuarantineRow, DbError> {
    Ok(QuarantineRow {
        id: r.get("id")?,
        raw: r.get("raw")?,
        account: r.get("account")?,
        code: r.get("code")?,
        why: r.get("why")?,
        at: r.get("at")?,
        state: r.get("state")?,
    })
}

pub async fn insert_quarantine(tx: &mut Tx, force: ForceId, q: &QuarantineRow) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO quarantine (force, id, raw, account, code, why, at, state) VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting')"),
        vals![force, q.id, q.raw, q.account, &q.code, &q.why, q.at],
    )
    .await?;
    Ok(())
}

pub async fn quarantined(tx: &mut Tx, force: ForceId, id: Uuid) -> Result<Option<QuarantineRow>, DbError> {
    let row = tx
        .row(sql!("SELECT id, raw, account, code, why, at, state FROM quarantine WHERE force = $1 AND id = $2"), vals![force, id])
        .await?;
    row.as_ref().map(quarantine_row).transpose()
}

pub async fn quarantine_waiting(tx: &mut Tx, force: ForceId, every: bool, ids: crate::db::Val) -> Result<Vec<QuarantineRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, raw, account, code, why, at, state FROM quarantine WHERE force = $1 AND state = 'waiting' AND ($2 = 1 OR account {in:$3}) ORDER BY at LIMIT 200"),
            vec![force.into(), every.into(), ids],
        )
        .await?;
    rows.iter().map(quarantine_row).collect()
}

pub async fn settle_quarantine(
    tx: &mut Tx,
    force: ForceId,
    id: Uuid,
    state: &str,
    by: &str,
    note: &str,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE quarantine SET state = $3, settled_by = $4, note = $5, settled_at = $6 WHERE force = $1 AND id = $2 AND state = 'waiting'"),
        vals![force, id, state, by, note, at],
    )
    .await?;
    Ok(())
}

/// A stretch of time of one account, with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanRow {
    pub id: Uuid,
    pub account: AccountId,
    /// `complete`; `gap` (open); `filled`; `lost` (the platform no longer gives it).
    pub kind: String,
    pub from_at: Instant,
    pub to_at: Option<Instant>,
    pub why: String,
}

pub async fn spans(tx: &mut Tx, force: ForceId, account: AccountId) -> Result<Vec<SpanRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, account, kind, from_at, to_at, why FROM intake_span WHERE force = $1 AND account = $2 ORDER BY from_at DESC, noted_at DESC LIMIT 100"),
            vals![force, account],
        )
        .await?;
    rows.iter()
        .map(|r| {
            Ok(SpanRow {
                id: r.get("id")?,
                account: r.get("account")?,
                kind: r.get("kind")?,
                from_at: r.get("from_at")?,
                to_at: r.get("to_at")?,
                why: r.get("why")?,
            })
        })
        .collect()
}

pub async fn insert_span(tx: &mut Tx, force: ForceId, s: &SpanRow, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO intake_span (force, id, account, kind, from_at, to_at, why, noted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
        vals![force, s.id, s.account, &s.kind, s.from_at, s.to_at, &s.why, at],
    )
    .await?;
    Ok(())
}

pub async fn end_span(tx: &mut Tx, force: ForceId, id: Uuid, kind: &str, to: Instant) -> Result<(), DbError> {
    tx.run(sql!("UPDATE intake_span SET kind = $3, to_at = $4 WHERE force = $1 AND id = $2"), vals![force, id, kind, to]).await?;
    Ok(())
}

/// Where an account's poll stands.
#[derive(Debug, Clone)]
pub struct CursorRow {
    pub account: AccountId,
    pub cursor: Option<String>,
    pub good_at: Option<Instant>,
    pub tried_at: Option<Instant>,
    pub next_at: Instant,
    pub failures: i64,
    pub trouble: Option<String>,
    pub revisited_at: Instant,
    pub fence: i64,
}

pub async fn cursor(tx: &mut Tx, force: ForceId, account: AccountId) -> Result<Option<CursorRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT account, cursor, good_at, tried_at, next_at, failures, trouble, revisited_at, fence FROM intake_cursor WHERE force = $1 AND account = $2"),
            vals![force, account],
        )
        .await?;
    row.map(|r| {
        Ok(CursorRow {
            account: r.get("account")?,
            cursor: r.get("cursor")?,
            good_at: r.get("good_at")?,
            tried_at: r.get("tried_at")?,
            next_at: r.get("next_at")?,
            failures: r.get("failures")?,
            trouble: r.get("trouble")?,
            revisited_at: r.get("revisited_at")?,
            fence: r.get("fence")?,
        })
    })
    .transpose()
}

/// Takes or keeps the lease of an account's worker. Answers the fence, or nothing while somebody else holds it.
pub async fn lease(
    tx: &mut Tx,
    force: ForceId,
    account: AccountId,
    holder: &str,
    at: Instant,
    until: Instant,
) -> Result<Option<i64>, DbError> {
    tx.run(
        sql!("INSERT INTO intake_cursor (force, account, next_at, failures, revisited_at, leased_until, fence) VALUES ($1, $2, 0, 0, 0, 0, 0) ON CONFLICT (force, account) DO NOTHING"),
        vals![force, account],
    )
    .await?;
    tx.row(
        sql!("UPDATE intake_cursor SET fence = CASE WHEN holder = $3 THEN fence ELSE fence + 1 END, holder = $3, leased_until = $5 WHERE force = $1 AND account = $2 AND (leased_until <= $4 OR holder = $3) RETURNING fence"),
        vals![force, account, holder, at, until],
    )
    .await?
    .map(|r| r.get("fence"))
    .transpose()
}

/// Where an account's poll stands, while this holder has its lease.
pub async fn held_cursor(tx: &mut Tx, force: ForceId, account: AccountId, holder: &str, at: Instant) -> Result<Option<CursorRow>, DbError> {
    let held = tx
        .row(
            sql!("SELECT account FROM intake_cursor WHERE force = $1 AND account = $2 AND holder = $3 AND leased_until > $4"),
            vals![force, account, holder, at],
        )
        .await?;
    if held.is_none() { Ok(None) } else { cursor(tx, force, account).await }
}

/// Moves an account's poll on. Answers false when the lease was lost meanwhile and nothing changed.
pub async fn advance(tx: &mut Tx, force: ForceId, c: &CursorRow) -> Result<bool, DbError> {
    let n = tx
        .run(
            sql!("UPDATE intake_cursor SET cursor = $4, good_at = $5, tried_at = $6, next_at = $7, failures = $8, trouble = $9, revisited_at = $10 WHERE force = $1 AND account = $2 AND fence = $3"),
            vals![force, c.account, c.fence, c.cursor.clone(), c.good_at, c.tried_at, c.next_at, c.failures, c.trouble.clone(), c.revisited_at],
        )
        .await?;
    Ok(n == 1)
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

/// The names of the revisions that are kept of a message.
pub async fn revision_names(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<std::collections::BTreeSet<String>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT revision FROM message_revision WHERE force = $1 AND message = $2 ORDER BY nth DESC LIMIT 1000"),
            vals![force, message],
        )
        .await?;
    rows.iter().map(|r| r.get("revision")).collect()
}

/// A connected account as the workers see it.
#[derive(Debug, Clone)]
pub struct Connected {
    pub account: AccountId,
    pub platform: String,
    /// When its credentials were given: others since then are read with anew.
    pub connected_at: Instant,
    /// When it is polled next; at once where it was connected after the last try.
    pub next_at: Instant,
    pub holder: Option<String>,
    pub leased_until: Instant,
}

/// Accounts that are to be read: connected, and neither requested nor closed.
pub async fn connected(tx: &mut Tx, force: ForceId) -> Result<Vec<Connected>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT a.id, a.platform, k.connected_at, CASE WHEN k.connected_at > COALESCE(c.tried_at, 0) THEN 0 ELSE COALESCE(c.next_at, 0) END AS next_at, c.holder, COALESCE(c.leased_until, 0) AS leased_until FROM account a JOIN connection k ON k.force = a.force AND k.account = a.id LEFT JOIN intake_cursor c ON c.force = a.force AND c.account = a.id WHERE a.force = $1 AND a.connected = 1 AND a.state NOT IN ('requested', 'closed') ORDER BY a.id LIMIT 5000"),
            vals![force],
        )
        .await?;
    rows.iter()
        .map(|r| {
            Ok(Connected {
                account: r.get("id")?,
                platform: r.get("platform")?,
                connected_at: r.get("connected_at")?,
                next_at: r.get("next_at")?,
                holder: r.get("holder")?,
                leased_until: r.get("leased_until")?,
            })
        })
        .collect()
}

pub async fn release_all(tx: &mut Tx, force: ForceId, holder: &str) -> Result<(), DbError> {
    tx.run(sql!("UPDATE intake_cursor SET leased_until = 0 WHERE force = $1 AND holder = $2"), vals![force, holder]).await?;
    Ok(())
}

/// Frees every lease, of a program that is known to have ended.
pub async fn free_leases(tx: &mut Tx, force: ForceId) -> Result<(), DbError> {
    tx.run(sql!("UPDATE intake_cursor SET leased_until = 0 WHERE force = $1 AND leased_until > 0"), vals![force]).await?;
    Ok(())
}

/// The account's next poll is at this instant.
pub async fn poll_at(tx: &mut Tx, force: ForceId, account: AccountId, at: Instant) -> Result<(), DbError> {
    tx.run(sql!("UPDATE intake_cursor SET next_at = $3 WHERE force = $1 AND account = $2"), vals![force, account, at]).await?;
    Ok(())
}

/// What every account states of itself now: complete since, or a gap since.
pub async fn open_spans(tx: &mut Tx, force: ForceId) -> Result<Vec<SpanRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, account, kind, from_at, to_at, why FROM intake_span WHERE force = $1 AND to_at IS NULL ORDER BY account LIMIT 5000"),
            vals![force],
        )
        .await?;
    rows.iter()
        .map(|r| {
            Ok(SpanRow {
                id: r.get("id")?,
                account: r.get("account")?,
                kind: r.get("kind")?,
                from_at: r.get("from_at")?,
                to_at: r.get("to_at")?,
                why: r.get("why")?,
            })
        })
        .collect()
}

/// Those of these objects that a body or a medium names.
pub async fn naming(tx: &mut Tx, force: ForceId, hashes: &[String]) -> Result<Vec<String>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT object AS hash FROM intake_raw WHERE force = $1 AND object IN (SELECT value FROM {lite:json_each($2)}{pg:jsonb_array_elements_text($2::jsonb) AS t(value)}) UNION SELECT object AS hash FROM media WHERE force = $1 AND object IN (SELECT value FROM {lite:json_each($2)}{pg:jsonb_array_elements_text($2::jsonb) AS t(value)}) UNION SELECT copy AS hash FROM media WHERE force = $1 AND copy IN (SELECT value FROM {lite:json_each($2)}{pg:jsonb_array_elements_text($2::jsonb) AS t(value)}) LIMIT 1000"),
            vals![force, json(&hashes)],
        )
        .await?;
    rows.iter().map(|r| r.get("hash")).collect()
}

//! SQL of drafts, posts, attempts, takedowns and cases.

use crate::db::{DbError, Row, Tx, Val};
use crate::{sql, vals};
use bluelamp_domain::ids::*;
use bluelamp_domain::publishing::case::Linked;
use bluelamp_domain::publishing::{Content, Draft, Kind, Picture, Stage, State, post};
use bluelamp_domain::time::Instant;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// A draft as stored.
#[derive(Debug, Clone)]
pub struct DraftRow {
    pub draft: Draft,
    pub sent_by: Option<PersonId>,
    pub message: Option<MessageId>,
    pub reply_to: Option<String>,
    pub why: String,
    pub created_at: Instant,
    pub changed_at: Instant,
}

fn odd(what: &str) -> DbError {
    DbError::Other(format!("a draft or post holds an unknown {what}"))
}

fn state(r: &Row) -> Result<State, DbError> {
    State::parse(&r.get::<String>("state")?, r.get("for_at")?).ok_or_else(|| odd("state"))
}

/// A draft whole; acts ask policy about it before anything else.
pub async fn draft(tx: &mut Tx, force: ForceId, id: DraftId) -> Result<Option<DraftRow>, DbError> {
    let Some(r) = tx
        .row(
            sql!("SELECT kind, state, for_at, revision, author, sent_by, purpose, audience, language, text, case_id, message, reply_to, why, created_at, changed_at FROM draft WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?
    else {
        return Ok(None);
    };
    let accounts = tx
        .rows(sql!("SELECT account FROM draft_account WHERE force = $1 AND draft = $2 ORDER BY account LIMIT 500"), vals![force, id])
        .await?;
    let texts = tx.rows(sql!("SELECT platform, text FROM draft_text WHERE force = $1 AND draft = $2 LIMIT 50"), vals![force, id]).await?;
    let content = Content {
        kind: Kind::parse(&r.get::<String>("kind")?).ok_or_else(|| odd("kind"))?,
        purpose: r.get("purpose")?,
        audience: r.get("audience")?,
        text: r.get("text")?,
        texts: texts.iter().map(|t| Ok((t.get("platform")?, t.get("text")?))).collect::<Result<BTreeMap<_, _>, DbError>>()?,
        language: r.get("language")?,
        pictures: pictures(tx, force, id).await?,
        accounts: accounts.iter().map(|a| a.get("account")).collect::<Result<_, _>>()?,
        case: r.get("case_id")?,
    };
    Ok(Some(DraftRow {
        draft: Draft { id, state: state(&r)?, revision: r.get("revision")?, author: r.get("author")?, content },
        sent_by: r.get("sent_by")?,
        message: r.get("message")?,
        reply_to: r.get("reply_to")?,
        why: r.get("why")?,
        created_at: r.get("created_at")?,
        changed_at: r.get("changed_at")?,
    }))
}

async fn pictures(tx: &mut Tx, force: ForceId, id: DraftId) -> Result<Vec<Picture>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT object, mime, width, height, size, name, alt, had_metadata FROM draft_media WHERE force = $1 AND draft = $2 ORDER BY nth LIMIT 50"),
            vals![force, id],
        )
        .await?;
    rows.iter()
        .map(|r| {
            Ok(Picture {
                object: r.get("object")?,
                mime: r.get("mime")?,
                width: u32::try_from(r.get::<i64>("width")?).unwrap_or_default(),
                height: u32::try_from(r.get::<i64>("height")?).unwrap_or_default(),
                size: r.get("size")?,
                name: r.get("name")?,
                alt: r.get("alt")?,
                had_metadata: r.get("had_metadata")?,
            })
        })
        .collect()
}

/// Puts a new draft in place, with its first revision.
pub async fn insert_draft(
    tx: &mut Tx,
    force: ForceId,
    d: &Draft,
    message: Option<MessageId>,
    reply_to: Option<&str>,
    revision: Uuid,
    at: Instant,
) -> Result<(), DbError> {
    let c = &d.content;
    tx.run(
        sql!("INSERT INTO draft (force, id, kind, state, for_at, revision, author, purpose, audience, language, text, case_id, message, reply_to, why, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', $15, $15)"),
        vals![
            force, d.id, c.kind.name(), d.state.name(), d.state.for_(), d.revision, d.author, &c.purpose, &c.audience, &c.language, &c.text, c.case, message, reply_to, at
        ],
    )
    .await?;
    put_parts(tx, force, d).await?;
    insert_revision(tx, force, d, revision, &d.author.to_string(), at).await
}

/// Writes an edited draft and keeps what the revision holds.
pub async fn update_draft(tx: &mut Tx, force: ForceId, d: &Draft, revision: Uuid, by: &str, at: Instant) -> Result<(), DbError> {
    let c = &d.content;
    tx.run(
        sql!("UPDATE draft SET kind = $3, state = $4, for_at = $5, revision = $6, purpose = $7, audience = $8, language = $9, text = $10, case_id = $11, why = '', changed_at = $12 WHERE force = $1 AND id = $2"),
        vals![force, d.id, c.kind.name(), d.state.name(), d.state.for_(), d.revision, &c.purpose, &c.audience, &c.language, &c.text, c.case, at],
    )
    .await?;
    tx.run(sql!("DELETE FROM draft_account WHERE force = $1 AND draft = $2"), vals![force, d.id]).await?;
    tx.run(sql!("DELETE FROM draft_text WHERE force = $1 AND draft = $2"), vals![force, d.id]).await?;
    tx.run(sql!("DELETE FROM draft_media WHERE force = $1 AND draft = $2"), vals![force, d.id]).await?;
    put_parts(tx, force, d).await?;
    insert_revision(tx, force, d, revision, by, at).await
}

async fn put_parts(tx: &mut Tx, force: ForceId, d: &Draft) -> Result<(), DbError> {
    for account in &d.content.accounts {
        tx.run(sql!("INSERT INTO draft_account (force, draft, account) VALUES ($1, $2, $3)"), vals![force, d.id, *account]).await?;
    }
    for (platform, text) in &d.content.texts {
        tx.run(sql!("INSERT INTO draft_text (force, draft, platform, text) VALUES ($1, $2, $3, $4)"), vals![force, d.id, platform, text])
            .await?;
    }
    for (nth, p) in d.content.pictures.iter().enumerate() {
        tx.run(
            sql!("INSERT INTO draft_media (force, draft, nth, object, mime, width, height, size, name, alt, had_metadata) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"),
            vals![force, d.id, nth, &p.object, &p.mime, p.width, p.height, p.size, &p.name, &p.alt, p.had_metadata],
        )
        .await?;
    }
    Ok(())
}

async fn insert_revision(tx: &mut Tx, force: ForceId, d: &Draft, id: Uuid, by: &str, at: Instant) -> Result<(), DbError> {
    let content = serde_json::to_string(&d.content).map_err(|e| DbError::Other(e.to_string()))?;
    tx.run(
        sql!("INSERT INTO draft_revision (force, id, draft, revision, content, by_whom, at) VALUES ($1, $2, $3, $4, $5, $6, $7)"),
        vals![force, id, d.id, d.revision, content, by, at],
    )
    .await?;
    Ok(())
}

/// A draft's place in its life changes; its words do not.
pub async fn set_state(tx: &mut Tx, force: ForceId, id: DraftId, state: State, why: &str, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE draft SET state = $3, for_at = $4, why = $5, changed_at = $6 WHERE force = $1 AND id = $2"),
        vals![force, id, state.name(), state.for_(), why, at],
    )
    .await?;
    Ok(())
}

pub async fn set_sender(tx: &mut Tx, force: ForceId, id: DraftId, by: Option<PersonId>) -> Result<(), DbError> {
    tx.run(sql!("UPDATE draft SET sent_by = $3 WHERE force = $1 AND id = $2"), vals![force, id, by]).await?;
    Ok(())
}

/// What hangs on a live post's case changes without touching its words.
pub async fn set_case(tx: &mut Tx, force: ForceId, id: DraftId, case: Option<CaseId>, at: Instant) -> Result<(), DbError> {
    tx.run(sql!("UPDATE draft SET case_id = $3, changed_at = $4 WHERE force = $1 AND id = $2"), vals![force, id, case, at]).await?;
    Ok(())
}

/// A line of a list of drafts.
#[derive(Debug, Clone)]
pub struct DraftLine {
    pub id: DraftId,
    pub kind: Kind,
    pub state: State,
    pub revision: i64,
    pub author: PersonId,
    pub text: String,
    pub why: String,
    pub changed_at: Instant,
}

fn draft_line(r: &Row) -> Result<DraftLine, DbError> {
    Ok(DraftLine {
        id: r.get("id")?,
        kind: Kind::parse(&r.get::<String>("kind")?).ok_or_else(|| odd("kind"))?,
        state: state(r)?,
        revision: r.get("revision")?,
        author: r.get("author")?,
        text: r.get("text")?,
        why: r.get("why")?,
        changed_at: r.get("changed_at")?,
    })
}

/// Drafts in a state, of those that a person may see, newest first, before a place in the list.
pub async fn drafts_in(
    tx: &mut Tx,
    force: ForceId,
    scope: (bool, Val),
    state: &str,
    before: (Instant, Uuid),
    limit: i64,
) -> Result<Vec<DraftLine>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT d.id, d.kind, d.state, d.for_at, d.revision, d.author, d.text, d.why, d.changed_at FROM draft d WHERE d.force = $1 AND d.state = $4 AND d.kind <> 'reply' AND ($2 = 1 OR EXISTS (SELECT 1 FROM draft_account a WHERE a.force = d.force AND a.draft = d.id AND a.account {in:$3})) AND (d.changed_at < $5 OR (d.changed_at = $5 AND d.id < $6)) ORDER BY d.changed_at DESC, d.id DESC LIMIT $7"),
            vec![force.into(), scope.0.into(), scope.1, state.into(), before.0.into(), before.1.into(), limit.into()],
        )
        .await?;
    rows.iter().map(draft_line).collect()
}

/// Drafts that a scope may see, in the order in which they began, of a state or of all, after one.
pub async fn drafts_after(
    tx: &mut Tx,
    force: ForceId,
    scope: (bool, Val),
    me: Option<PersonId>,
    state: Option<&str>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<DraftId>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT d.id FROM draft d WHERE d.force = $1 AND d.kind <> 'reply' AND ($2 = 1 OR d.author = $4 OR EXISTS (SELECT 1 FROM draft_account a WHERE a.force = d.force AND a.draft = d.id AND a.account {in:$3})) AND ($5 = '' OR d.state = $5) AND d.id > $6 ORDER BY d.id LIMIT $7"),
            vec![force.into(), scope.0.into(), scope.1, me.into(), state.unwrap_or_default().into(), after.into(), limit.into()],
        )
        .await?;
    rows.iter().map(|r| r.get("id")).collect()
}

/// What is scheduled, soonest first.
pub async fn scheduled(tx: &mut Tx, force: ForceId, scope: (bool, Val)) -> Result<Vec<DraftLine>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT d.id, d.kind, d.state, d.for_at, d.revision, d.author, d.text, d.why, d.changed_at FROM draft d WHERE d.force = $1 AND d.state = 'scheduled' AND ($2 = 1 OR EXISTS (SELECT 1 FROM draft_account a WHERE a.force = d.force AND a.draft = d.id AND a.account {in:$3})) ORDER BY d.for_at, d.id LIMIT 200"),
            vec![force.into(), scope.0.into(), scope.1],
        )
        .await?;
    rows.iter().map(draft_line).collect()
}

/// May someone with this scope see the draft at all (I2)?
pub async fn sees(tx: &mut Tx, force: ForceId, scope: (bool, Val), me: Option<PersonId>, id: DraftId) -> Result<bool, DbError> {
    let row = tx
        .row(
            sql!("SELECT d.id FROM draft d WHERE d.force = $1 AND d.id = $4 AND ($2 = 1 OR d.author = $5 OR EXISTS (SELECT 1 FROM draft_account a WHERE a.force = d.force AND a.draft = d.id AND a.account {in:$3}))"),
            vec![force.into(), scope.0.into(), scope.1, id.into(), me.into()],
        )
        .await?;
    Ok(row.is_some())
}

/// The accounts of several drafts, by title, for lists.
pub async fn account_titles(tx: &mut Tx, force: ForceId, drafts: Vec<Uuid>) -> Result<HashMap<DraftId, Vec<String>>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT da.draft, a.title FROM draft_account da JOIN account a ON a.force = da.force AND a.id = da.account WHERE da.force = $1 AND da.draft {in:$2} ORDER BY a.title LIMIT 5000"),
            vec![force.into(), Val::Ids(drafts)],
        )
        .await?;
    let mut out = HashMap::<DraftId, Vec<String>>::new();
    for r in &rows {
        out.entry(r.get("draft")?).or_default().push(r.get("title")?);
    }
    Ok(out)
}

/// The revisions of a draft, newest first: number, who, when.
pub async fn revisions(tx: &mut Tx, force: ForceId, id: DraftId) -> Result<Vec<(i64, String, Instant)>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT revision, by_whom, at FROM draft_revision WHERE force = $1 AND draft = $2 ORDER BY revision DESC LIMIT 50"),
            vals![force, id],
        )
        .await?;
    rows.iter().map(|r| Ok((r.get("revision")?, r.get("by_whom")?, r.get("at")?))).collect()
}

// Posts

#[derive(Debug, Clone)]
pub struct PostRow {
    pub id: PostId,
    pub draft: DraftId,
    pub account: AccountId,
    pub part: i64,
    pub parts: i64,
    pub revision: i64,
    pub key: Uuid,
    pub text: String,
    pub state: post::State,
    pub due_at: Instant,
    pub decided_at: Instant,
    pub remote_id: Option<String>,
    pub url: String,
    pub extra: BTreeMap<String, String>,
    pub why: String,
    pub live_at: Option<Instant>,
    pub read_back_at: Option<Instant>,
    pub read_back: Option<String>,
    pub gone_at: Option<Instant>,
    /// A call to the platform was begun.
    pub tried: bool,
}

fn post_row(r: &Row) -> Result<PostRow, DbError> {
    Ok(PostRow {
        id: r.get("id")?,
        draft: r.get("draft")?,
        account: r.get("account")?,
        part: r.get("part")?,
        parts: r.get("parts")?,
        revision: r.get("revision")?,
        key: r.get("key")?,
        text: r.get("text")?,
        state: post::State::parse(&r.get::<String>("state")?).ok_or_else(|| odd("state"))?,
        due_at: r.get("due_at")?,
        decided_at: r.get("decided_at")?,
        remote_id: r.get("remote_id")?,
        url: r.get("url")?,
        extra: r.json("extra")?,
        why: r.get("why")?,
        live_at: r.get("live_at")?,
        read_back_at: r.get("read_back_at")?,
        read_back: r.get("read_back")?,
        gone_at: r.get("gone_at")?,
        tried: r.get("tried")?,
    })
}

pub async fn post(tx: &mut Tx, force: ForceId, id: PostId) -> Result<Option<PostRow>, DbError> {
    tx.row(
        sql!("SELECT p.id, p.draft, p.account, p.part, p.parts, p.revision, p.key, p.text, p.state, p.due_at, p.decided_at, p.remote_id, p.url, p.extra, p.why, p.live_at, p.read_back_at, p.read_back, p.gone_at, CAST(CASE WHEN EXISTS (SELECT 1 FROM attempt a WHERE a.force = p.force AND a.post = p.id) THEN 1 ELSE 0 END AS BIGINT) AS tried FROM post p WHERE p.force = $1 AND p.id = $2"),
        vals![force, id],
    )
    .await?
    .as_ref()
    .map(post_row)
    .transpose()
}

/// The posts that came of a draft, by account and part; those of an older revision with them.
pub async fn posts_of(tx: &mut Tx, force: ForceId, draft: DraftId) -> Result<Vec<PostRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT p.id, p.draft, p.account, p.part, p.parts, p.revision, p.key, p.text, p.state, p.due_at, p.decided_at, p.remote_id, p.url, p.extra, p.why, p.live_at, p.read_back_at, p.read_back, p.gone_at, CAST(CASE WHEN EXISTS (SELECT 1 FROM attempt a WHERE a.force = p.force AND a.post = p.id) THEN 1 ELSE 0 END AS BIGINT) AS tried FROM post p WHERE p.force = $1 AND p.draft = $2 ORDER BY p.revision, p.account, p.part LIMIT 5000"),
            vals![force, draft],
        )
        .await?;
    rows.iter().map(post_row).collect()
}

/// A reply with its one post: what the force answered, and where that stands.
#[derive(Debug, Clone)]
pub struct Replied {
    pub draft: DraftId,
    pub post: PostId,
    pub message: Option<MessageId>,
    pub account: AccountId,
    pub author: PersonId,
    pub at: Instant,
    pub text: String,
    pub private: bool,
    pub state: post::State,
    pub why: String,
    pub remote_id: Option<String>,
    pub url: String,
}

fn replied_row(r: &Row) -> Result<Replied, DbError> {
    let to: Option<String> = r.get("reply_to")?;
    let to: Option<bluelamp_platforms::ReplyTo> = to.as_deref().and_then(|json| serde_json::from_str(json).ok());
    Ok(Replied {
        draft: r.get("draft")?,
        post: r.get("post")?,
        message: r.get("message")?,
        account: r.get("account")?,
        author: r.get("author")?,
        at: r.get("created_at")?,
        text: r.get("text")?,
        private: to.is_some_and(|to| to.private),
        state: post::State::parse(&r.get::<String>("state")?).ok_or_else(|| odd("state"))?,
        why: r.get("why")?,
        remote_id: r.get("remote_id")?,
        url: r.get("url")?,
    })
}

/// What was answered to a message, oldest first.
pub async fn replies_to(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<Vec<Replied>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT d.id AS draft, d.message, d.author, d.reply_to, d.created_at, p.id AS post, p.account, p.text, p.state, p.why, p.remote_id, p.url FROM draft d JOIN post p ON p.force = d.force AND p.draft = d.id WHERE d.force = $1 AND d.message = $2 AND d.kind = 'reply' ORDER BY d.created_at, p.id LIMIT 100"),
            vals![force, message],
        )
        .await?;
    rows.iter().map(replied_row).collect()
}

/// The reply of which this is the post.
pub async fn replied(tx: &mut Tx, force: ForceId, post: PostId) -> Result<Option<Replied>, DbError> {
    tx.row(
        sql!("SELECT d.id AS draft, d.message, d.author, d.reply_to, d.created_at, p.id AS post, p.account, p.text, p.state, p.why, p.remote_id, p.url FROM post p JOIN draft d ON d.force = p.force AND d.id = p.draft WHERE p.force = $1 AND p.id = $2 AND d.kind = 'reply'"),
        vals![force, post],
    )
    .await?
    .as_ref()
    .map(replied_row)
    .transpose()
}

pub async fn insert_post(tx: &mut Tx, force: ForceId, p: &PostRow) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO post (force, id, draft, account, part, parts, revision, key, text, state, due_at, decided_at, url, extra, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', $13, '')"),
        vals![force, p.id, p.draft, p.account, p.part, p.parts, p.revision, p.key, &p.text, p.state.name(), p.due_at, p.decided_at, "{}"],
    )
    .await?;
    Ok(())
}

/// Writes what may change of a post.
pub async fn update_post(tx: &mut Tx, force: ForceId, p: &PostRow) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE post SET state = $3, remote_id = $4, url = $5, extra = $6, why = $7, live_at = $8, read_back_at = $9, read_back = $10, gone_at = $11 WHERE force = $1 AND id = $2"),
        vals![
            force, p.id, p.state.name(), p.remote_id.clone(), &p.url, serde_json::to_string(&p.extra).unwrap_or_else(|_| "{}".into()), &p.why, p.live_at, p.read_back_at, p.read_back.clone(), p.gone_at
        ],
    )
    .await?;
    Ok(())
}

/// Which of these is ours: a post of the account with that id on its platform.
pub async fn post_by_remote(
    tx: &mut Tx,
    force: ForceId,
    account: AccountId,
    remote_id: &str,
) -> Result<Option<(PostId, DraftId)>, DbError> {
    tx.row(
        sql!("SELECT id, draft FROM post WHERE force = $1 AND account = $2 AND remote_id = $3 LIMIT 1"),
        vals![force, account, remote_id],
    )
    .await?
    .map(|r| Ok((r.get("id")?, r.get("draft")?)))
    .transpose()
}

/// An account's live posts since then, newest first, with what names the content that the platform had: what a revisit
/// asks about.
pub async fn live_posts(
    tx: &mut Tx,
    force: ForceId,
    account: AccountId,
    since: Instant,
    limit: i64,
) -> Result<Vec<(String, String)>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT remote_id, extra FROM post WHERE force = $1 AND account = $2 AND state = 'live' AND remote_id IS NOT NULL AND live_at >= $3 ORDER BY live_at DESC LIMIT $4"),
            vals![force, account, since, limit],
        )
        .await?;
    rows.iter()
        .map(|r| {
            let extra: BTreeMap<String, String> = r.json("extra")?;
            let revision = extra.get("revision").or_else(|| extra.get("cid")).cloned().unwrap_or_default();
            Ok((r.get("remote_id")?, revision))
        })
        .collect()
}

// Attempts (machinery)

#[derive(Debug, Clone)]
pub struct AttemptRow {
    pub nth: i64,
    pub started_at: Instant,
    pub ended_at: Option<Instant>,
    pub came: Option<String>,
    pub receipt: Option<String>,
    pub detail: Option<String>,
}

pub async fn last_attempt(tx: &mut Tx, force: ForceId, post: PostId) -> Result<Option<AttemptRow>, DbError> {
    tx.row(
        sql!(
            "SELECT nth, started_at, ended_at, came, receipt, detail FROM attempt WHERE force = $1 AND post = $2 ORDER BY nth DESC LIMIT 1"
        ),
        vals![force, post],
    )
    .await?
    .map(|r| {
        Ok(AttemptRow {
            nth: r.get("nth")?,
            started_at: r.get("started_at")?,
            ended_at: r.get("ended_at")?,
            came: r.get("came")?,
            receipt: r.get("receipt")?,
            detail: r.get("detail")?,
        })
    })
    .transpose()
}

/// Our key before the call. A second runner with the same number fails here, and asks instead.
pub async fn begin_attempt(tx: &mut Tx, force: ForceId, post: PostId, nth: i64, at: Instant) -> Result<(), DbError> {
    tx.run(sql!("INSERT INTO attempt (force, post, nth, started_at) VALUES ($1, $2, $3, $4)"), vals![force, post, nth, at]).await?;
    Ok(())
}

/// Ends the calls that a killed program began: nobody knows what they came to, so the platform is asked.
pub async fn end_lost_attempts(tx: &mut Tx, force: ForceId, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE attempt SET ended_at = $2, came = 'unknown', detail = 'the program ended' WHERE force = $1 AND ended_at IS NULL"),
        vals![force, at],
    )
    .await?;
    Ok(())
}

pub async fn end_attempt(
    tx: &mut Tx,
    force: ForceId,
    post: PostId,
    nth: i64,
    came: &str,
    receipt: Option<String>,
    detail: &str,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE attempt SET ended_at = $4, came = $5, receipt = $6, detail = $7 WHERE force = $1 AND post = $2 AND nth = $3"),
        vals![force, post, nth, at, came, receipt, detail],
    )
    .await?;
    Ok(())
}

// Takedowns

#[derive(Debug, Clone)]
pub struct TakedownRow {
    pub reason: String,
    pub by: String,
    pub at: Instant,
    pub proved_at: Option<Instant>,
}

pub async fn insert_takedown(
    tx: &mut Tx,
    force: ForceId,
    id: Uuid,
    draft: DraftId,
    reason: &str,
    by: &str,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO takedown (force, id, draft, reason, by_whom, at) VALUES ($1, $2, $3, $4, $5, $6)"),
        vals![force, id, draft, reason, by, at],
    )
    .await?;
    Ok(())
}

pub async fn prove_takedowns(tx: &mut Tx, force: ForceId, draft: DraftId, at: Instant) -> Result<(), DbError> {
    tx.run(sql!("UPDATE takedown SET proved_at = $3 WHERE force = $1 AND draft = $2 AND proved_at IS NULL"), vals![force, draft, at])
        .await?;
    Ok(())
}

pub async fn takedowns(tx: &mut Tx, force: ForceId, draft: DraftId) -> Result<Vec<TakedownRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT reason, by_whom, at, proved_at FROM takedown WHERE force = $1 AND draft = $2 ORDER BY at LIMIT 50"),
            vals![force, draft],
        )
        .await?;
    rows.iter()
        .map(|r| Ok(TakedownRow { reason: r.get("reason")?, by: r.get("by_whom")?, at: r.get("at")?, proved_at: r.get("proved_at")? }))
        .collect()
}

// Cases

#[derive(Debug, Clone)]
pub struct CaseRow {
    pub id: CaseId,
    pub title: String,
    pub stage: Stage,
    pub opened_at: Instant,
    pub stage_at: Instant,
}

fn case_row(r: &Row) -> Result<CaseRow, DbError> {
    Ok(CaseRow {
        id: r.get("id")?,
        title: r.get("title")?,
        stage: Stage::parse(&r.get::<String>("stage")?).ok_or_else(|| odd("stage"))?,
        opened_at: r.get("opened_at")?,
        stage_at: r.get("stage_at")?,
    })
}

pub async fn case(tx: &mut Tx, force: ForceId, id: CaseId) -> Result<Option<CaseRow>, DbError> {
    tx.row(sql!("SELECT id, title, stage, opened_at, stage_at FROM live_case WHERE force = $1 AND id = $2"), vals![force, id])
        .await?
        .as_ref()
        .map(case_row)
        .transpose()
}

/// Cases, those still open first, newest change first.
pub async fn cases(tx: &mut Tx, force: ForceId) -> Result<Vec<CaseRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, title, stage, opened_at, stage_at FROM live_case WHERE force = $1 ORDER BY CASE WHEN stage = 'closed' THEN 1 ELSE 0 END, stage_at DESC, id LIMIT 500"),
            vals![force],
        )
        .await?;
    rows.iter().map(case_row).collect()
}

pub async fn put_case(tx: &mut Tx, force: ForceId, c: &CaseRow) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO live_case (force, id, title, stage, opened_at, stage_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (force, id) DO UPDATE SET title = excluded.title, stage = excluded.stage, stage_at = excluded.stage_at"),
        vals![force, c.id, &c.title, c.stage.name(), c.opened_at, c.stage_at],
    )
    .await?;
    Ok(())
}

/// What hangs on a case.
pub async fn linked(tx: &mut Tx, force: ForceId, case: CaseId) -> Result<Vec<(Linked, String)>, DbError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT id, kind, state, for_at, text FROM draft WHERE force = $1 AND case_id = $2 ORDER BY changed_at DESC, id LIMIT 1000"
            ),
            vals![force, case],
        )
        .await?;
    rows.iter()
        .map(|r| {
            let kind = Kind::parse(&r.get::<String>("kind")?).ok_or_else(|| odd("kind"))?;
            Ok((Linked { draft: r.get("id")?, kind, state: state(r)? }, r.get("text")?))
        })
        .collect()
}

// Machinery: uploads and what someone is typing

/// What re-encoding made of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    pub object: String,
    pub mime: String,
    pub width: u32,
    pub height: u32,
    pub size: usize,
    pub had_metadata: bool,
}

pub async fn put_upload(tx: &mut Tx, force: ForceId, u: &UploadRow, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO upload (force, object, mime, width, height, size, had_metadata, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (force, object) DO UPDATE SET at = excluded.at"),
        vals![force, &u.object, &u.mime, u.width, u.height, u.size, u.had_metadata, at],
    )
    .await?;
    Ok(())
}

pub async fn upload(tx: &mut Tx, force: ForceId, object: &str) -> Result<Option<UploadRow>, DbError> {
    tx.row(
        sql!("SELECT object, mime, width, height, size, had_metadata FROM upload WHERE force = $1 AND object = $2"),
        vals![force, object],
    )
    .await?
    .map(|r| {
        Ok(UploadRow {
            object: r.get("object")?,
            mime: r.get("mime")?,
            width: u32::try_from(r.get::<i64>("width")?).unwrap_or_default(),
            height: u32::try_from(r.get::<i64>("height")?).unwrap_or_default(),
            size: r.get("size")?,
            had_metadata: r.get("had_metadata")?,
        })
    })
    .transpose()
}

pub async fn put_scratch(
    tx: &mut Tx,
    force: ForceId,
    person: PersonId,
    place: &str,
    revision: i64,
    body: &str,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO scratch (force, person, place, revision, body, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (force, person, place) DO UPDATE SET revision = excluded.revision, body = excluded.body, at = excluded.at"),
        vals![force, person, place, revision, body, at],
    )
    .await?;
    Ok(())
}

pub async fn scratch(tx: &mut Tx, force: ForceId, person: PersonId, place: &str) -> Result<Option<(i64, String, Instant)>, DbError> {
    tx.row(sql!("SELECT revision, body, at FROM scratch WHERE force = $1 AND person = $2 AND place = $3"), vals![force, person, place])
        .await?
        .map(|r| Ok((r.get("revision")?, r.get("body")?, r.get("at")?)))
        .transpose()
}

pub async fn drop_scratch(tx: &mut Tx, force: ForceId, person: PersonId, place: &str) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM scratch WHERE force = $1 AND person = $2 AND place = $3"), vals![force, person, place]).await?;
    Ok(())
}

/// Those of these objects that a draft, any revision of one, an upload or somebody's unsaved words name.
pub async fn naming(tx: &mut Tx, force: ForceId, hashes: &[String]) -> Result<Vec<String>, DbError> {
    let list = serde_json::to_string(hashes).map_err(|e| DbError::Other(e.to_string()))?;
    let rows = tx
        .rows(
            sql!("SELECT h.value AS hash FROM {lite:json_each($2)}{pg:jsonb_array_elements_text($2::jsonb)} AS h{pg:(value)} WHERE EXISTS (SELECT 1 FROM draft_media d WHERE d.force = $1 AND d.object = h.value) OR EXISTS (SELECT 1 FROM upload u WHERE u.force = $1 AND u.object = h.value) OR EXISTS (SELECT 1 FROM draft_revision r WHERE r.force = $1 AND {lite:instr(r.content, h.value)}{pg:strpos(r.content, h.value)} > 0) OR EXISTS (SELECT 1 FROM scratch s WHERE s.force = $1 AND {lite:instr(s.body, h.value)}{pg:strpos(s.body, h.value)} > 0)"),
            vals![force, list],
        )
        .await?;
    rows.iter().map(|r| r.get("hash")).collect()
}

/// Forgets pictures that were uploaded before an instant and that nothing took, except those that a held act names.
pub async fn drop_unused_uploads(tx: &mut Tx, force: ForceId, before: Instant, held: &[String]) -> Result<u64, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT u.object FROM upload u WHERE u.force = $1 AND u.at < $2 AND NOT EXISTS (SELECT 1 FROM draft_media d WHERE d.force = u.force AND d.object = u.object) AND NOT EXISTS (SELECT 1 FROM draft_revision r WHERE r.force = u.force AND {lite:instr(r.content, u.object)}{pg:strpos(r.content, u.object)} > 0) AND NOT EXISTS (SELECT 1 FROM scratch s WHERE s.force = u.force AND {lite:instr(s.body, u.object)}{pg:strpos(s.body, u.object)} > 0) ORDER BY u.at LIMIT 1000"),
            vals![force, before],
        )
        .await?;
    let mut gone = 0;
    for row in &rows {
        let object: String = row.get("object")?;
        if !held.iter().any(|input| input.contains(&object)) {
            gone += tx.run(sql!("DELETE FROM upload WHERE force = $1 AND object = $2"), vals![force, &object]).await?;
        }
    }
    Ok(gone)
}

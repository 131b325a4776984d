//! Reads of the queue, each under a scope.

use super::{Asked, Completeness, Contacts, Counts, Part, QueueRow, Whole};
use crate::act::Scope;
use crate::db::{DbError, Row, Tx, Val};
use crate::intake::store::{self, CorrespondentRow, MessageRow, message_row};
use crate::{sql, vals};
use bluelamp_domain::ids::*;
use bluelamp_domain::time::{DAY, Instant};

/// The areas of a scope as the JSON list that the statements take.
fn areas(scope: &Scope) -> String {
    serde_json::to_string(&scope.areas).unwrap_or_else(|_| "[]".into())
}

fn queue_row(r: &Row) -> Result<QueueRow, DbError> {
    Ok(QueueRow { message: message_row(r)?, handle: r.get("handle")?, name: r.get("name")?, media: r.get("media")? })
}

/// A page of the queue: immediate first, then by the time at which each is due.
pub async fn queue(tx: &mut Tx, force: ForceId, scope: &Scope, asked: &Asked) -> Result<Vec<QueueRow>, DbError> {
    let (low, high) = match asked.part {
        Part::Immediate => (0, 0),
        Part::Priority => (1, 2),
        Part::Routine => (3, 3),
        Part::Open | Part::Waiting | Part::Mine(_) => (0, 3),
    };
    let state = match asked.part {
        Part::Waiting => Some("waiting"),
        Part::Mine(_) => None,
        _ => Some("open"),
    };
    let mine = match asked.part {
        Part::Mine(p) => Some(p),
        _ => None,
    };
    let after = asked.after.map_or((-1, Instant(i64::MIN), MessageId(uuid::Uuid::nil())), |a| (a.priority, a.due_at, a.id));
    let rows = tx
        .rows(
            sql!(
                "SELECT m.id, m.account, m.conversation, m.correspondent, m.raw, m.remote_id, m.kind, m.text, m.revision, m.revisions, m.language, m.url, m.parent, m.root, m.extra, m.sent_at, m.received_at, m.edited_at, m.deleted_at, m.priority, m.due_at, m.route, m.thrive, m.triage, m.triage_pack, m.state, m.area, m.claimed_by, m.claimed_until, m.assessed_at, m.answered_at, m.closed_at, m.outcome, m.hidden, c.handle, c.name, (SELECT COUNT(*) FROM media d WHERE d.force = m.force AND d.message = m.id) AS media FROM message m JOIN correspondent c ON c.force = m.force AND c.id = m.correspondent WHERE m.force = $1 AND m.state <> 'closed' AND ($2 = 1 OR m.account {in:$3} OR m.area IN (SELECT value FROM {lite:json_each($4)}{pg:jsonb_array_elements_text($4::jsonb) AS t(value)}) OR m.id {in:$16}) AND m.priority BETWEEN $5 AND $6 AND ($7 = '' OR m.state = $7) AND ($8 = 0 OR m.claimed_by = $9 OR m.id {in:$16}) AND ($10 = 0 OR m.account = $11) AND (m.priority, m.due_at, m.id) > ($12, $13, $14) ORDER BY m.priority, m.due_at, m.id LIMIT $15"
            ),
            vec![
                Val::from(force),
                Val::from(scope.every),
                scope.ids(),
                Val::from(areas(scope)),
                Val::from(low),
                Val::from(high),
                Val::from(state.unwrap_or_default()),
                Val::from(mine.is_some()),
                Val::from(mine),
                Val::from(asked.account.is_some()),
                Val::from(asked.account),
                Val::from(after.0),
                Val::from(after.1),
                Val::from(after.2),
                Val::from(asked.limit.clamp(1, 200)),
                scope.message_ids(),
            ],
        )
        .await?;
    rows.iter().map(queue_row).collect()
}

/// How many wait where, for the queues beside the list.
pub async fn counts(tx: &mut Tx, force: ForceId, scope: &Scope, me: Option<PersonId>, now: Instant) -> Result<Counts, DbError> {
    let row = tx
        .row(
            sql!(
                "SELECT COALESCE(SUM(CASE WHEN state = 'open' AND priority = 0 THEN 1 ELSE 0 END), 0) {pg:::bigint} AS immediate, COALESCE(SUM(CASE WHEN state = 'open' AND priority IN (1, 2) THEN 1 ELSE 0 END), 0) {pg:::bigint} AS priority, COALESCE(SUM(CASE WHEN state = 'open' AND priority = 3 THEN 1 ELSE 0 END), 0) {pg:::bigint} AS routine, COALESCE(SUM(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END), 0) {pg:::bigint} AS waiting, COALESCE(SUM(CASE WHEN claimed_by = $5 OR id {in:$7} THEN 1 ELSE 0 END), 0) {pg:::bigint} AS mine, COALESCE(SUM(CASE WHEN state = 'open' AND due_at < $6 THEN 1 ELSE 0 END), 0) {pg:::bigint} AS overdue FROM message WHERE force = $1 AND state <> 'closed' AND ($2 = 1 OR account {in:$3} OR area IN (SELECT value FROM {lite:json_each($4)}{pg:jsonb_array_elements_text($4::jsonb) AS t(value)}) OR id {in:$7})"
            ),
            vec![
                Val::from(force),
                Val::from(scope.every),
                scope.ids(),
                Val::from(areas(scope)),
                Val::from(me),
                Val::from(now),
                scope.message_ids(),
            ],
        )
        .await?;
    let quarantined = tx
        .row(
            sql!("SELECT COUNT(*) AS n FROM quarantine WHERE force = $1 AND state = 'waiting' AND ($2 = 1 OR account {in:$3})"),
            vec![Val::from(force), Val::from(scope.every), scope.ids()],
        )
        .await?;
    let quarantined: i64 = quarantined.map_or(Ok(0), |r| r.get("n"))?;
    let stuck = if scope.every { store::stuck(tx, force).await? } else { 0 };
    let Some(r) = row else { return Ok(Counts::default()) };
    Ok(Counts {
        immediate: r.get("immediate")?,
        priority: r.get("priority")?,
        routine: r.get("routine")?,
        waiting: r.get("waiting")?,
        mine: r.get("mine")?,
        overdue: r.get("overdue")?,
        quarantine: quarantined + stuck,
    })
}

/// Messages that a scope may see, in the order in which they came, of a state or of all, after one.
pub async fn messages_after(
    tx: &mut Tx,
    force: ForceId,
    scope: &Scope,
    state: Option<&str>,
    after: uuid::Uuid,
    limit: i64,
) -> Result<Vec<QueueRow>, DbError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT m.id, m.account, m.conversation, m.correspondent, m.raw, m.remote_id, m.kind, m.text, m.revision, m.revisions, m.language, m.url, m.parent, m.root, m.extra, m.sent_at, m.received_at, m.edited_at, m.deleted_at, m.priority, m.due_at, m.route, m.thrive, m.triage, m.triage_pack, m.state, m.area, m.claimed_by, m.claimed_until, m.assessed_at, m.answered_at, m.closed_at, m.outcome, m.hidden, c.handle, c.name, 0 {pg:::bigint} AS media FROM message m JOIN correspondent c ON c.force = m.force AND c.id = m.correspondent WHERE m.force = $1 AND ($2 = 1 OR m.account {in:$3} OR m.area IN (SELECT value FROM {lite:json_each($4)}{pg:jsonb_array_elements_text($4::jsonb) AS t(value)})) AND ($5 = '' OR m.state = $5) AND m.id > $6 ORDER BY m.id LIMIT $7"
            ),
            vec![
                Val::from(force),
                Val::from(scope.every),
                scope.ids(),
                Val::from(areas(scope)),
                Val::from(state.unwrap_or_default()),
                Val::from(after),
                Val::from(limit),
            ],
        )
        .await?;
    rows.iter().map(queue_row).collect()
}

/// How many are open on each account, for the register's "unanswered".
pub async fn open_by_account(tx: &mut Tx, force: ForceId, scope: &Scope) -> Result<Vec<(AccountId, i64)>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT account, COUNT(*) AS n FROM message WHERE force = $1 AND state <> 'closed' AND answered_at IS NULL AND ($2 = 1 OR account {in:$3}) GROUP BY account ORDER BY account LIMIT 2000"),
            vec![Val::from(force), Val::from(scope.every), scope.ids()],
        )
        .await?;
    rows.iter().map(|r| Ok((r.get("account")?, r.get("n")?))).collect()
}

/// A message that this scope may see.
pub async fn message(tx: &mut Tx, force: ForceId, scope: &Scope, id: MessageId) -> Result<Option<MessageRow>, DbError> {
    let row = tx
        .row(
            sql!(
                "SELECT id, account, conversation, correspondent, raw, remote_id, kind, text, revision, revisions, language, url, parent, root, extra, sent_at, received_at, edited_at, deleted_at, priority, due_at, route, thrive, triage, triage_pack, state, area, claimed_by, claimed_until, assessed_at, answered_at, closed_at, outcome, hidden FROM message WHERE force = $1 AND id = $5 AND ($2 = 1 OR account {in:$3} OR area IN (SELECT value FROM {lite:json_each($4)}{pg:jsonb_array_elements_text($4::jsonb) AS t(value)}) OR id {in:$6})"
            ),
            vec![Val::from(force), Val::from(scope.every), scope.ids(), Val::from(areas(scope)), Val::from(id), scope.message_ids()],
        )
        .await?;
    row.as_ref().map(message_row).transpose()
}

/// A message with its conversation, revisions, media and its correspondent's contacts.
pub async fn whole(tx: &mut Tx, force: ForceId, scope: &Scope, id: MessageId, now: Instant) -> Result<Option<Whole>, DbError> {
    let Some(message) = message(tx, force, scope, id).await? else { return Ok(None) };
    let Some(correspondent) = correspondent(tx, force, message.correspondent).await? else { return Ok(None) };
    let contacts = contacts(tx, force, message.correspondent, now).await?;
    let revisions = store::revisions(tx, force, id).await?;
    let media = store::media_of(tx, force, id).await?;
    let conversation = conversation(tx, force, scope, message.conversation).await?;
    Ok(Some(Whole { message, correspondent, contacts, revisions, media, conversation }))
}

pub async fn correspondent(tx: &mut Tx, force: ForceId, id: CorrespondentId) -> Result<Option<CorrespondentRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, platform, realm, remote_id, handle, name, first_at, last_at FROM correspondent WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.map(|r| {
        Ok(CorrespondentRow {
            id: r.get("id")?,
            platform: r.get("platform")?,
            realm: r.get("realm")?,
            remote_id: r.get("remote_id")?,
            handle: r.get("handle")?,
            name: r.get("name")?,
            first_at: r.get("first_at")?,
            last_at: r.get("last_at")?,
        })
    })
    .transpose()
}

/// As far as their messages are counted: whoever wrote more often than this wrote often.
const CONTACTS_COUNTED: i64 = 1_000;

/// How often this correspondent wrote to the force, on their platform alone (I9).
pub async fn contacts(tx: &mut Tx, force: ForceId, id: CorrespondentId, now: Instant) -> Result<Contacts, DbError> {
    let row = tx
        .row(
            sql!("SELECT COUNT(*) AS n, COALESCE(SUM(CASE WHEN sent_at >= $3 THEN 1 ELSE 0 END), 0) {pg:::bigint} AS month, (SELECT MIN(sent_at) FROM message WHERE force = $1 AND correspondent = $2) AS first_at FROM (SELECT sent_at FROM message WHERE force = $1 AND correspondent = $2 ORDER BY sent_at DESC LIMIT $4) AS newest"),
            vals![force, id, now.plus(-30 * DAY), CONTACTS_COUNTED],
        )
        .await?;
    let Some(r) = row else { return Ok(Contacts::default()) };
    Ok(Contacts { all: r.get("n")?, month: r.get("month")?, first_at: r.get("first_at")? })
}

/// Has this person of the public been in touch with the force on this very account's channel? (APP-COMM-10)
pub async fn contacted_first(tx: &mut Tx, force: ForceId, account: AccountId, remote_author: &str) -> Result<bool, DbError> {
    Ok(tx
        .row(
            sql!("SELECT m.id FROM message m JOIN correspondent c ON c.force = m.force AND c.id = m.correspondent WHERE m.force = $1 AND m.account = $2 AND c.remote_id = $3 LIMIT 1"),
            vals![force, account, remote_author],
        )
        .await?
        .is_some())
}

/// The newest part of a conversation, oldest first.
pub async fn conversation(tx: &mut Tx, force: ForceId, scope: &Scope, id: ConversationId) -> Result<Vec<QueueRow>, DbError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT m.id, m.account, m.conversation, m.correspondent, m.raw, m.remote_id, m.kind, m.text, m.revision, m.revisions, m.language, m.url, m.parent, m.root, m.extra, m.sent_at, m.received_at, m.edited_at, m.deleted_at, m.priority, m.due_at, m.route, m.thrive, m.triage, m.triage_pack, m.state, m.area, m.claimed_by, m.claimed_until, m.assessed_at, m.answered_at, m.closed_at, m.outcome, m.hidden, c.handle, c.name, (SELECT COUNT(*) FROM media d WHERE d.force = m.force AND d.message = m.id) AS media FROM message m JOIN correspondent c ON c.force = m.force AND c.id = m.correspondent WHERE m.force = $1 AND m.conversation = $5 AND ($2 = 1 OR m.account {in:$3} OR m.area IN (SELECT value FROM {lite:json_each($4)}{pg:jsonb_array_elements_text($4::jsonb) AS t(value)}) OR m.id {in:$6}) ORDER BY m.sent_at DESC, m.id DESC LIMIT 100"
            ),
            vec![Val::from(force), Val::from(scope.every), scope.ids(), Val::from(areas(scope)), Val::from(id), scope.message_ids()],
        )
        .await?;
    let mut out = rows.iter().map(queue_row).collect::<Result<Vec<_>, _>>()?;
    out.reverse();
    Ok(out)
}

/// Writes what the desk makes of a message: state, claim, area, route, outcome. Intake's own columns stay.
pub async fn update_desk(tx: &mut Tx, force: ForceId, m: &MessageRow) -> Result<(), DbError> {
    tx.run(
        sql!(
            "UPDATE message SET state = $3, area = $4, route = $5, claimed_by = $6, claimed_until = $7, assessed_at = $8, answered_at = $9, closed_at = $10, outcome = $11, hidden = $12, priority = $13, due_at = $14 WHERE force = $1 AND id = $2"
        ),
        vals![
            force, m.id, &m.state, &m.area, &m.route, m.claimed_by, m.claimed_until, m.assessed_at, m.answered_at, m.closed_at,
            m.outcome.clone(), m.hidden, m.priority, m.due_at
        ],
    )
    .await?;
    Ok(())
}

/// From when to when an account's intake is complete.
pub async fn completeness(tx: &mut Tx, force: ForceId, account: AccountId) -> Result<Completeness, DbError> {
    let spans = store::spans(tx, force, account).await?;
    let cursor = store::cursor(tx, force, account).await?;
    let open = |kind: &str| spans.iter().find(|s| s.kind == kind && s.to_at.is_none()).map(|s| s.from_at);
    Ok(Completeness {
        since: open("complete"),
        gap_from: open("gap"),
        heard_at: cursor.as_ref().and_then(|c| c.good_at),
        trouble: cursor.and_then(|c| c.trouble),
        spans,
    })
}

/// The newest message of this person on this account that the force answered: its effort to engage, on record.
pub async fn engaged_with(
    tx: &mut Tx,
    force: ForceId,
    account: AccountId,
    who: CorrespondentId,
) -> Result<Option<(MessageId, Instant)>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, answered_at FROM message WHERE force = $1 AND account = $2 AND correspondent = $3 AND answered_at IS NOT NULL ORDER BY answered_at DESC, id DESC LIMIT 1"),
            vals![force, account, who],
        )
        .await?;
    row.map(|r| Ok((r.get("id")?, r.get("answered_at")?))).transpose()
}

/// The digests of the bodies in which a message and its revisions came.
pub async fn raw_digests(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<std::collections::HashMap<RawId, String>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT r.id, r.digest FROM message_revision v JOIN intake_raw r ON r.force = v.force AND r.id = v.raw WHERE v.force = $1 AND v.message = $2 LIMIT 1000"),
            vals![force, message],
        )
        .await?;
    rows.iter().map(|r| Ok((r.get("id")?, r.get("digest")?))).collect()
}

/// Whether the force took a message out of the public's sight, after the platform said so.
pub async fn set_hidden(tx: &mut Tx, force: ForceId, message: MessageId, hidden: bool) -> Result<(), DbError> {
    tx.run(sql!("UPDATE message SET hidden = $3 WHERE force = $1 AND id = $2"), vals![force, message, hidden]).await?;
    Ok(())
}

/// These messages, for a list that knows their ids: whoever made the list answers for its scope.
pub async fn by_ids(tx: &mut Tx, force: ForceId, ids: Vec<uuid::Uuid>) -> Result<Vec<QueueRow>, DbError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT m.id, m.account, m.conversation, m.correspondent, m.raw, m.remote_id, m.kind, m.text, m.revision, m.revisions, m.language, m.url, m.parent, m.root, m.extra, m.sent_at, m.received_at, m.edited_at, m.deleted_at, m.priority, m.due_at, m.route, m.thrive, m.triage, m.triage_pack, m.state, m.area, m.claimed_by, m.claimed_until, m.assessed_at, m.answered_at, m.closed_at, m.outcome, m.hidden, c.handle, c.name, (SELECT COUNT(*) FROM media d WHERE d.force = m.force AND d.message = m.id) AS media FROM message m JOIN correspondent c ON c.force = m.force AND c.id = m.correspondent WHERE m.force = $1 AND m.id {in:$2} ORDER BY m.id LIMIT 200"
            ),
            vec![Val::from(force), Val::Ids(ids)],
        )
        .await?;
    rows.iter().map(queue_row).collect()
}

/// Open public messages that others can see and whose triage speaks of one of `needles` (words of its JSON), newest
/// first, before a row.
pub async fn noticed(
    tx: &mut Tx,
    force: ForceId,
    scope: &Scope,
    needles: &[String],
    before: Option<(Instant, MessageId)>,
    limit: i64,
) -> Result<Vec<QueueRow>, DbError> {
    let (at, id) = before.unwrap_or((Instant(i64::MAX), MessageId(uuid::Uuid::max())));
    let rows = tx
        .rows(
            sql!(
                "SELECT m.id, m.account, m.conversation, m.correspondent, m.raw, m.remote_id, m.kind, m.text, m.revision, m.revisions, m.language, m.url, m.parent, m.root, m.extra, m.sent_at, m.received_at, m.edited_at, m.deleted_at, m.priority, m.due_at, m.route, m.thrive, m.triage, m.triage_pack, m.state, m.area, m.claimed_by, m.claimed_until, m.assessed_at, m.answered_at, m.closed_at, m.outcome, m.hidden, c.handle, c.name, (SELECT COUNT(*) FROM media d WHERE d.force = m.force AND d.message = m.id) AS media FROM message m JOIN correspondent c ON c.force = m.force AND c.id = m.correspondent WHERE m.force = $1 AND m.state <> 'closed' AND m.kind <> 'private' AND m.hidden = 0 AND m.deleted_at IS NULL AND ($2 = 1 OR m.account {in:$3} OR m.area IN (SELECT value FROM {lite:json_each($4)}{pg:jsonb_array_elements_text($4::jsonb) AS t(value)}) OR m.id {in:$9}) AND (m.received_at, m.id) < ($5, $6) AND EXISTS (SELECT 1 FROM {lite:json_each($7)}{pg:jsonb_array_elements_text($7::jsonb) AS n(value)} WHERE {lite:instr(m.triage, value)}{pg:strpos(m.triage, n.value)} > 0) ORDER BY m.received_at DESC, m.id DESC LIMIT $8"
            ),
            vec![
                Val::from(force),
                Val::from(scope.every),
                scope.ids(),
                Val::from(areas(scope)),
                Val::from(at),
                Val::from(id),
                Val::from(serde_json::to_string(needles).unwrap_or_else(|_| "[]".into())),
                Val::from(limit.clamp(1, 200)),
                scope.message_ids(),
            ],
        )
        .await?;
    rows.iter().map(queue_row).collect()
}

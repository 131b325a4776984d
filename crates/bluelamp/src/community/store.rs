//! Rows of moderation.

use crate::act::Scope;
use crate::db::{DbError, Row, Tx, Val};
use crate::{sql, vals};
use bluelamp_domain::community::{Came, Earlier, Kind, Measure, Removals, Sealed, State};
use bluelamp_domain::ids::*;
use bluelamp_domain::time::Instant;
use uuid::Uuid;

fn bad(what: &str) -> DbError {
    DbError::Other(format!("column `{what}` holds a word that is not one of ours"))
}

#[derive(Debug, Clone)]
pub struct EvidenceRow {
    pub sealed: Sealed,
    pub message: MessageId,
    pub account: AccountId,
    pub kept_at: Instant,
    pub kept_by: String,
}

pub async fn insert_evidence(tx: &mut Tx, force: ForceId, e: &EvidenceRow) -> Result<(), DbError> {
    tx.run(
        sql!(
            "INSERT INTO evidence (force, id, message, account, manifest, sha256, kept_at, kept_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        ),
        vals![force, e.sealed.id, e.message, e.account, &e.sealed.manifest, &e.sealed.sha256, e.kept_at, &e.kept_by],
    )
    .await?;
    Ok(())
}

pub async fn evidence(tx: &mut Tx, force: ForceId, id: Uuid) -> Result<Option<EvidenceRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, message, account, manifest, sha256, kept_at, kept_by FROM evidence WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.map(|r| {
        Ok(EvidenceRow {
            sealed: Sealed { id: r.get("id")?, manifest: r.get("manifest")?, sha256: r.get("sha256")? },
            message: r.get("message")?,
            account: r.get("account")?,
            kept_at: r.get("kept_at")?,
            kept_by: r.get("kept_by")?,
        })
    })
    .transpose()
}

#[derive(Debug, Clone)]
pub struct AdviceRow {
    pub id: Uuid,
    pub message: MessageId,
    pub account: AccountId,
    pub correspondent: CorrespondentId,
    pub favours: bool,
    pub says: String,
    pub given_by: String,
    pub given_at: Instant,
}

fn advice_row(r: &Row) -> Result<AdviceRow, DbError> {
    Ok(AdviceRow {
        id: r.get("id")?,
        message: r.get("message")?,
        account: r.get("account")?,
        correspondent: r.get("correspondent")?,
        favours: r.get("favours")?,
        says: r.get("says")?,
        given_by: r.get("given_by")?,
        given_at: r.get("given_at")?,
    })
}

pub async fn insert_advice(tx: &mut Tx, force: ForceId, a: &AdviceRow) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO advice (force, id, message, account, correspondent, favours, says, given_by, given_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        vals![force, a.id, a.message, a.account, a.correspondent, a.favours, &a.says, &a.given_by, a.given_at],
    )
    .await?;
    Ok(())
}

pub async fn advice(tx: &mut Tx, force: ForceId, id: Uuid) -> Result<Option<AdviceRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, message, account, correspondent, favours, says, given_by, given_at FROM advice WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(advice_row).transpose()
}

/// The newest advice about this person on this account that no block rests on yet.
pub async fn unused_advice(tx: &mut Tx, force: ForceId, account: AccountId, who: CorrespondentId) -> Result<Option<AdviceRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT a.id, a.message, a.account, a.correspondent, a.favours, a.says, a.given_by, a.given_at FROM advice a WHERE a.force = $1 AND a.account = $2 AND a.correspondent = $3 AND NOT EXISTS (SELECT 1 FROM measure m WHERE m.force = a.force AND m.account = a.account AND m.correspondent = a.correspondent AND m.advice = a.id) ORDER BY a.given_at DESC, a.id DESC LIMIT 1"),
            vals![force, account, who],
        )
        .await?;
    row.as_ref().map(advice_row).transpose()
}

/// A measure with everything that is kept of it.
#[derive(Debug, Clone)]
pub struct MeasureRow {
    pub id: MeasureId,
    pub kind: Kind,
    pub account: AccountId,
    pub message: MessageId,
    pub conversation: ConversationId,
    pub correspondent: CorrespondentId,
    pub ground: String,
    pub standard: String,
    pub pack: String,
    pub reason: String,
    pub engaged_with: Option<MessageId>,
    pub no_engagement: String,
    pub advice: Option<Uuid>,
    pub evidence: Option<Uuid>,
    pub undoes: Option<MeasureId>,
    pub state: State,
    pub why: String,
    pub attempts: i64,
    pub taken_by: String,
    pub taken_at: Instant,
    pub changed_at: Instant,
    pub review_due_at: Option<Instant>,
    pub reviewed_by: Option<String>,
    pub reviewed_at: Option<Instant>,
    pub verdict: Option<String>,
    pub review_note: Option<String>,
}

fn measure_row(r: &Row) -> Result<MeasureRow, DbError> {
    Ok(MeasureRow {
        id: r.get("id")?,
        kind: Kind::parse(&r.get::<String>("kind")?).ok_or_else(|| bad("kind"))?,
        account: r.get("account")?,
        message: r.get("message")?,
        conversation: r.get("conversation")?,
        correspondent: r.get("correspondent")?,
        ground: r.get("ground")?,
        standard: r.get("standard")?,
        pack: r.get("pack")?,
        reason: r.get("reason")?,
        engaged_with: r.get("engaged_with")?,
        no_engagement: r.get("no_engagement")?,
        advice: r.get("advice")?,
        evidence: r.get("evidence")?,
        undoes: r.get("undoes")?,
        state: State::parse(&r.get::<String>("state")?).ok_or_else(|| bad("state"))?,
        why: r.get("why")?,
        attempts: r.get("attempts")?,
        taken_by: r.get("taken_by")?,
        taken_at: r.get("taken_at")?,
        changed_at: r.get("changed_at")?,
        review_due_at: r.get("review_due_at")?,
        reviewed_by: r.get("reviewed_by")?,
        reviewed_at: r.get("reviewed_at")?,
        verdict: r.get("verdict")?,
        review_note: r.get("review_note")?,
    })
}

pub async fn insert_measure(tx: &mut Tx, force: ForceId, m: &Measure, pack: &str) -> Result<(), DbError> {
    tx.run(
        sql!(
            "INSERT INTO measure (force, id, kind, account, message, conversation, correspondent, ground, standard, pack, reason, engaged_with, no_engagement, advice, evidence, undoes, state, why, attempts, taken_by, taken_at, changed_at, review_due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'requested', '', 0, $17, $18, $18, $19)"
        ),
        vals![
            force, m.id, m.kind.name(), m.account, m.message, m.conversation, m.correspondent, &m.ground, &m.standard, pack, &m.reason,
            m.last_resort.engaged_with, &m.last_resort.no_engagement, m.last_resort.advice, m.evidence, m.undoes, m.taken_by.code(),
            m.taken_at, m.review_due_at
        ],
    )
    .await?;
    Ok(())
}

/// The measure of that id, whoever asks: for acts and jobs, whose questions decide. Pages use [`measure_seen`].
pub async fn measure(tx: &mut Tx, force: ForceId, id: MeasureId) -> Result<Option<MeasureRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, kind, account, message, conversation, correspondent, ground, standard, pack, reason, engaged_with, no_engagement, advice, evidence, undoes, state, why, attempts, taken_by, taken_at, changed_at, review_due_at, reviewed_by, reviewed_at, verdict, review_note FROM measure WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(measure_row).transpose()
}

/// A measure on an account of this scope.
pub async fn measure_seen(tx: &mut Tx, force: ForceId, scope: &Scope, id: MeasureId) -> Result<Option<MeasureRow>, DbError> {
    Ok(measure(tx, force, id).await?.filter(|m| scope.sees(m.account)))
}

/// The newest measure of a kind: on a message, or on its author where it is about them.
pub async fn newest(
    tx: &mut Tx,
    force: ForceId,
    kind: Kind,
    account: AccountId,
    message: MessageId,
    who: CorrespondentId,
) -> Result<Option<Earlier>, DbError> {
    let about_author = matches!(kind, Kind::Block | Kind::Unblock);
    let row = tx
        .row(
            sql!("SELECT id, state FROM measure WHERE force = $1 AND kind = $2 AND account = $3 AND (($4 = 1 AND correspondent = $5) OR ($4 = 0 AND message = $6)) ORDER BY taken_at DESC, id DESC LIMIT 1"),
            vals![force, kind.name(), account, about_author, who, message],
        )
        .await?;
    row.map(|r| Ok(Earlier { id: r.get("id")?, kind, state: State::parse(&r.get::<String>("state")?).ok_or_else(|| bad("state"))? }))
        .transpose()
}

/// What is done to a measure after it was taken.
pub async fn set_state(tx: &mut Tx, force: ForceId, m: &MeasureRow) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE measure SET state = $3, why = $4, attempts = $5, changed_at = $6 WHERE force = $1 AND id = $2"),
        vals![force, m.id, m.state.name(), &m.why, m.attempts, m.changed_at],
    )
    .await?;
    Ok(())
}

/// A measure was taken back.
pub async fn set_undone(tx: &mut Tx, force: ForceId, id: MeasureId, at: Instant) -> Result<(), DbError> {
    tx.run(sql!("UPDATE measure SET state = 'undone', changed_at = $3 WHERE force = $1 AND id = $2"), vals![force, id, at]).await?;
    Ok(())
}

/// Somebody looked again.
pub async fn set_reviewed(tx: &mut Tx, force: ForceId, m: &MeasureRow) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE measure SET reviewed_by = $3, reviewed_at = $4, verdict = $5, review_note = $6 WHERE force = $1 AND id = $2"),
        vals![force, m.id, m.reviewed_by.clone(), m.reviewed_at, m.verdict.clone(), m.review_note.clone()],
    )
    .await?;
    Ok(())
}

#[derive(Debug, Clone)]
pub struct EventRow {
    pub came: String,
    pub state: State,
    pub why: String,
    pub by: String,
    pub at: Instant,
}

pub async fn insert_event(tx: &mut Tx, force: ForceId, id: Uuid, m: &MeasureRow, came: Came, by: &str, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO measure_event (force, id, measure, came, state, why, by, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
        vals![force, id, m.id, came.name(), m.state.name(), &m.why, by, at],
    )
    .await?;
    Ok(())
}

pub async fn events(tx: &mut Tx, force: ForceId, measure: MeasureId) -> Result<Vec<EventRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT came, state, why, by, at FROM measure_event WHERE force = $1 AND measure = $2 ORDER BY at, id LIMIT 500"),
            vals![force, measure],
        )
        .await?;
    rows.iter()
        .map(|r| {
            Ok(EventRow {
                came: r.get("came")?,
                state: State::parse(&r.get::<String>("state")?).ok_or_else(|| bad("state"))?,
                why: r.get("why")?,
                by: r.get("by")?,
                at: r.get("at")?,
            })
        })
        .collect()
}

/// What else was removed under the post of `but` since then, each comment once, and when somebody was last asked to
/// explain. `but` itself is left out: acted on a second time it is still one removal.
pub async fn removals(
    tx: &mut Tx,
    force: ForceId,
    account: AccountId,
    post: ConversationId,
    but: MessageId,
    since: Instant,
) -> Result<Removals, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT message, MIN(taken_at) AS at FROM measure WHERE force = $1 AND account = $2 AND conversation = $3 AND taken_at >= $4 AND message <> $5 AND kind IN ('hide', 'delete') AND state NOT IN ('rejected', 'undone') GROUP BY message ORDER BY 2 LIMIT 10000"),
            vals![force, account, post, since, but],
        )
        .await?;
    let last = tx
        .row(
            sql!("SELECT raised_at FROM removal_prompt WHERE force = $1 AND account = $2 AND conversation = $3 ORDER BY raised_at DESC LIMIT 1"),
            vals![force, account, post],
        )
        .await?;
    Ok(Removals {
        at: rows.iter().map(|r| r.get("at")).collect::<Result<_, _>>()?,
        prompted_at: last.map(|r| r.get("raised_at")).transpose()?,
    })
}

#[derive(Debug, Clone)]
pub struct PromptRow {
    pub id: Uuid,
    pub account: AccountId,
    pub conversation: ConversationId,
    pub measure: MeasureId,
    pub count: i64,
    pub text: String,
    pub raised_for: String,
    pub raised_at: Instant,
    /// `open`, `explained`, `declined`.
    pub state: String,
}

fn prompt_row(r: &Row) -> Result<PromptRow, DbError> {
    Ok(PromptRow {
        id: r.get("id")?,
        account: r.get("account")?,
        conversation: r.get("conversation")?,
        measure: r.get("measure")?,
        count: r.get("count")?,
        text: r.get("text")?,
        raised_for: r.get("raised_for")?,
        raised_at: r.get("raised_at")?,
        state: r.get("state")?,
    })
}

pub async fn insert_prompt(tx: &mut Tx, force: ForceId, p: &PromptRow) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO removal_prompt (force, id, account, conversation, measure, count, text, raised_for, raised_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open')"),
        vals![force, p.id, p.account, p.conversation, p.measure, p.count, &p.text, &p.raised_for, p.raised_at],
    )
    .await?;
    Ok(())
}

pub async fn prompt(tx: &mut Tx, force: ForceId, id: Uuid) -> Result<Option<PromptRow>, DbError> {
    let row = tx
        .row(
            sql!("SELECT id, account, conversation, measure, count, text, raised_for, raised_at, state FROM removal_prompt WHERE force = $1 AND id = $2"),
            vals![force, id],
        )
        .await?;
    row.as_ref().map(prompt_row).transpose()
}

/// What is still to be explained on accounts of this scope, oldest first.
pub async fn open_prompts(tx: &mut Tx, force: ForceId, scope: &Scope) -> Result<Vec<PromptRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, account, conversation, measure, count, text, raised_for, raised_at, state FROM removal_prompt WHERE force = $1 AND state = 'open' AND ($2 = 1 OR account {in:$3}) ORDER BY raised_at LIMIT 50"),
            vec![Val::from(force), Val::from(scope.every), scope.ids()],
        )
        .await?;
    rows.iter().map(prompt_row).collect()
}

pub async fn settle_prompt(tx: &mut Tx, force: ForceId, id: Uuid, state: &str, by: &str, note: &str, at: Instant) -> Result<(), DbError> {
    tx.run(
        sql!("UPDATE removal_prompt SET state = $3, settled_by = $4, note = $5, settled_at = $6 WHERE force = $1 AND id = $2 AND state = 'open'"),
        vals![force, id, state, by, note, at],
    )
    .await?;
    Ok(())
}

/// Which measures a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    All,
    /// Hidden by the force now.
    Hidden,
    Blocked,
    /// Nobody knows what became of it, or the platform would not.
    Unsettled,
    /// Due to be looked at again before then.
    Overdue(Instant),
}

/// Measures on accounts of this scope, newest first, before a row.
pub async fn measures(
    tx: &mut Tx,
    force: ForceId,
    scope: &Scope,
    part: Part,
    before: Option<(Instant, MeasureId)>,
    limit: i64,
) -> Result<Vec<MeasureRow>, DbError> {
    let (code, due) = match part {
        Part::All => (0, Instant(0)),
        Part::Hidden => (1, Instant(0)),
        Part::Blocked => (2, Instant(0)),
        Part::Unsettled => (3, Instant(0)),
        Part::Overdue(at) => (4, at),
    };
    let (at, id) = before.unwrap_or((Instant(i64::MAX), MeasureId(Uuid::max())));
    let rows = tx
        .rows(
            sql!("SELECT id, kind, account, message, conversation, correspondent, ground, standard, pack, reason, engaged_with, no_engagement, advice, evidence, undoes, state, why, attempts, taken_by, taken_at, changed_at, review_due_at, reviewed_by, reviewed_at, verdict, review_note FROM measure WHERE force = $1 AND ($2 = 1 OR account {in:$3}) AND (taken_at, id) < ($4, $5) AND ($6 = 0 OR ($6 = 1 AND kind = 'hide' AND state = 'done') OR ($6 = 2 AND kind = 'block' AND state = 'done') OR ($6 = 3 AND state IN ('unknown', 'rejected')) OR ($6 = 4 AND reviewed_at IS NULL AND review_due_at < $7 AND state NOT IN ('rejected', 'undone'))) ORDER BY taken_at DESC, id DESC LIMIT $8"),
            vec![
                Val::from(force),
                Val::from(scope.every),
                scope.ids(),
                Val::from(at),
                Val::from(id),
                Val::from(code),
                Val::from(due),
                Val::from(limit.clamp(1, 200)),
            ],
        )
        .await?;
    rows.iter().map(measure_row).collect()
}

/// Measures that a scope may see, in the order in which they were taken, after one.
pub async fn measures_after(tx: &mut Tx, force: ForceId, scope: &Scope, after: Uuid, limit: i64) -> Result<Vec<MeasureRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, kind, account, message, conversation, correspondent, ground, standard, pack, reason, engaged_with, no_engagement, advice, evidence, undoes, state, why, attempts, taken_by, taken_at, changed_at, review_due_at, reviewed_by, reviewed_at, verdict, review_note FROM measure WHERE force = $1 AND ($2 = 1 OR account {in:$3}) AND id > $4 ORDER BY id LIMIT $5"),
            vec![Val::from(force), Val::from(scope.every), scope.ids(), Val::from(after), Val::from(limit)],
        )
        .await?;
    rows.iter().map(measure_row).collect()
}

/// Everything done about one message, newest first.
pub async fn measures_of(tx: &mut Tx, force: ForceId, message: MessageId) -> Result<Vec<MeasureRow>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT id, kind, account, message, conversation, correspondent, ground, standard, pack, reason, engaged_with, no_engagement, advice, evidence, undoes, state, why, attempts, taken_by, taken_at, changed_at, review_due_at, reviewed_by, reviewed_at, verdict, review_note FROM measure WHERE force = $1 AND message = $2 ORDER BY taken_at DESC, id DESC LIMIT 100"),
            vals![force, message],
        )
        .await?;
    rows.iter().map(measure_row).collect()
}

/// What was removed on a ground, and whom it cost their voice: what the public is told (APP-COMM-2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroundCount {
    pub ground: String,
    /// Comments hidden or deleted, each once however often it was acted on.
    pub removed: i64,
    /// People blocked, each once.
    pub blocked: i64,
}

/// Counts by ground of what was done since then; what was taken back later was done all the same.
pub async fn counts(tx: &mut Tx, force: ForceId, since: Instant) -> Result<Vec<GroundCount>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT ground, COUNT(DISTINCT CASE WHEN kind IN ('hide', 'delete') THEN message END) AS removed, COUNT(DISTINCT CASE WHEN kind = 'block' THEN correspondent END) AS blocked FROM measure WHERE force = $1 AND taken_at >= $2 AND state IN ('done', 'undone') AND kind IN ('hide', 'delete', 'block') GROUP BY ground ORDER BY ground LIMIT 500"),
            vals![force, since],
        )
        .await?;
    rows.iter().map(|r| Ok(GroundCount { ground: r.get("ground")?, removed: r.get("removed")?, blocked: r.get("blocked")? })).collect()
}

/// Those of these objects that evidence names.
pub async fn naming(tx: &mut Tx, force: ForceId, hashes: &[String]) -> Result<Vec<String>, DbError> {
    let list = serde_json::to_string(hashes).map_err(|e| DbError::Other(e.to_string()))?;
    let rows = tx
        .rows(
            sql!("SELECT h.value AS hash FROM {lite:json_each($2)}{pg:jsonb_array_elements_text($2::jsonb)} AS h{pg:(value)} WHERE EXISTS (SELECT 1 FROM evidence e WHERE e.force = $1 AND {lite:instr(e.manifest, h.value)}{pg:strpos(e.manifest, h.value)} > 0)"),
            vals![force, list],
        )
        .await?;
    rows.iter().map(|r| r.get("hash")).collect()
}

//! What can be done in moderation, a file an act; and what acts on a message have in common: everything held of it,
//! the question that policy is asked, and the change that takes or undoes a measure.

pub mod advise;
pub mod block;
pub mod delete;
pub mod hide;
pub mod record_outcome;
pub mod report;
pub mod review;
pub mod settle_prompt;
pub mod unblock;
pub mod unhide;

use super::store::{self, AdviceRow, EvidenceRow, PromptRow};
use crate::accounts::{self, AccountRow};
use crate::act::{Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::intake::queue;
use crate::intake::store::{self as intake, CorrespondentRow, MediaRow, MessageRow, RevisionRow};
use bluelamp_domain::act::{Entry, Job, Principal, Refusal, Step};
use bluelamp_domain::community::{
    self, Asked, Earlier, Kind, LastResort, Manifest, Measure, Medium, MediumState, RevisionKept, Subject, Taken,
};
use bluelamp_domain::ids::*;
use bluelamp_domain::question::{Entity, Question, Ref, Value};
use bluelamp_domain::time::HOUR;

/// The job that asks the platform.
pub const MODERATE: &str = "community.moderate";

/// The published guidelines, by the name of their text in the pack.
pub const GUIDELINES: &str = "community-guidelines";

/// A message with all that a measure on it turns on.
pub struct OnMessage {
    pub message: MessageRow,
    pub account: AccountRow,
    pub correspondent: CorrespondentRow,
    pub manifest: Manifest,
    pub subject: Subject,
    /// The measure that an undoing takes back.
    pub original: Option<Earlier>,
    /// What the force answered them last, on this account.
    pub engaged_with: Option<MessageId>,
    pub advice: Option<AdviceRow>,
    /// The force's own name and where its guidelines stand, for explanations.
    pub force: (String, String),
}

/// Reads a message for a measure of this kind. What the principal may not see is not there (I2).
pub async fn on_message(tx: &mut Tx, env: &Env<'_>, id: MessageId, kind: Kind) -> Result<OnMessage, Stop> {
    let force = env.force;
    let message = queue::store::message(tx, force, env.scope, id).await?.ok_or_else(|| not_found("message"))?;
    let account = accounts::store::account(tx, force, message.account).await?.ok_or_else(|| not_found("account"))?;
    let correspondent = queue::store::correspondent(tx, force, message.correspondent).await?.ok_or_else(|| not_found("message"))?;
    let revisions = intake::revisions(tx, force, id).await?;
    let media = intake::media_of(tx, force, id).await?;
    let digests = queue::store::raw_digests(tx, force, id).await?;
    let manifest = manifest(&message, &account, &correspondent, &revisions, &media, &digests, env.at());
    let newest = async |tx: &mut Tx, kind| store::newest(tx, force, kind, account.id, id, message.correspondent).await;
    let earlier = newest(tx, kind).await?;
    let original = match kind.undoes() {
        Some(undone) => newest(tx, undone).await?,
        None => None,
    };
    let since = env.at().plus(-env.figures().mass_removal_hours().saturating_mul(HOUR));
    let removals = match kind.removes() {
        true => store::removals(tx, force, account.id, message.conversation, id, since).await?,
        false => community::Removals::default(),
    };
    let subject = Subject {
        message: id,
        account: account.id,
        conversation: message.conversation,
        correspondent: message.correspondent,
        public: !message.is_private(),
        gone: message.deleted_at.is_some(),
        connected: account.connected,
        can: account.can.clone(),
        earlier,
        removals,
    };
    let engaged_with = queue::store::engaged_with(tx, force, account.id, message.correspondent).await?.map(|(m, _)| m);
    let advice = store::unused_advice(tx, force, account.id, message.correspondent).await?;
    let force = crate::people::store::force_title(tx, force).await?;
    Ok(OnMessage { message, account, correspondent, manifest, subject, original, engaged_with, advice, force })
}

/// Everything that is held of a message, as it will be sealed.
pub fn manifest(
    m: &MessageRow,
    account: &AccountRow,
    author: &CorrespondentRow,
    revisions: &[RevisionRow],
    media: &[MediaRow],
    digests: &std::collections::HashMap<RawId, String>,
    at: bluelamp_domain::time::Instant,
) -> Manifest {
    let medium = |x: &MediaRow| Medium {
        id: x.id.0,
        url: x.url.clone(),
        mime: x.mime.clone(),
        alt: x.alt.clone(),
        state: match (&x.object, x.state.as_str()) {
            (Some(sha256), _) => MediumState::Kept { sha256: sha256.clone(), size: x.size.unwrap_or_default() },
            (None, "missing") => MediumState::Missing { why: x.why.clone() },
            (None, _) => MediumState::Waiting,
        },
    };
    let revision = |r: &RevisionRow| RevisionKept {
        id: r.id,
        revision: r.revision.clone(),
        nth: r.nth,
        deleted: r.deleted,
        text: r.text.clone(),
        at: r.at,
        raw: digests.get(&r.raw).cloned().unwrap_or_default(),
    };
    Manifest {
        message: m.id.0,
        account: m.account.0,
        platform: account.platform.clone(),
        remote_id: m.remote_id.clone(),
        url: m.url.clone(),
        parent: m.parent.clone(),
        root: m.root.clone(),
        kind: m.kind.clone(),
        author_remote_id: author.remote_id.clone(),
        author_handle: author.handle.clone(),
        author_name: author.name.clone(),
        text: m.text.clone(),
        sent_at: m.sent_at,
        received_at: m.received_at,
        edited_at: m.edited_at,
        deleted_at: m.deleted_at,
        revisions: revisions.iter().map(revision).collect(),
        media: media.iter().map(medium).collect(),
        kept_at: at,
    }
}

/// A message as policy sees it in moderation. Whose desk it is routed to is not this area's to know.
pub fn entity(env: &Env<'_>, m: &MessageRow) -> Entity {
    let holder = m.claimed_by.filter(|_| m.claimed_until.is_some_and(|until| until > env.at()));
    let thrive = m.triage.thrive.iter().map(|d| d.name());
    Entity::new("Message", m.id)
        .with("force", Ref::new("Force", env.force))
        .with("account", Ref::new("Account", m.account))
        .with("area", m.area.as_str())
        .with("private", m.is_private())
        .with("priority", Value::word("Priority", m.priority_name()))
        .with("claimedByMe", holder.is_some() && holder == env.person())
        .with("claimedByOther", holder.is_some() && holder != env.person())
        .with("assessed", m.assessed_at.is_some())
        .with("thrive", Value::texts(thrive))
        .with("addressedToMe", false)
}

impl OnMessage {
    /// The question about the message itself.
    pub fn about(&self, act: &'static str, env: &Env<'_>) -> Question {
        Question::new(act, self.message.id, entity(env, &self.message))
            .also(accounts::entity(env.force, &self.account))
            .resting_on(&self.message.revision)
    }

    /// The question about a measure on it.
    pub fn question(&self, act: &'static str, env: &Env<'_>, kind: Kind, ground: &str, last_resort: &LastResort) -> Question {
        self.about(act, env)
            .given_some("ground", (!ground.is_empty()).then_some(ground))
            .given("standardCited", standard(env, ground).is_some())
            .given("evidenceKept", community::complete(&self.manifest).is_ok())
            .given("engagement", last_resort.engaged())
            .given("adviceRecorded", last_resort.advice.is_some())
            .given("can", self.subject.can.iter().any(|c| c == kind.name()))
    }

    /// What stands before a block, with what the person adds.
    pub fn last_resort(&self, no_engagement: &str) -> LastResort {
        LastResort { engaged_with: self.engaged_with, no_engagement: no_engagement.to_owned(), advice: self.advice.as_ref().map(|a| a.id) }
    }
}

/// The published standard that a ground belongs to, with the version in force; none for a ground the policy lacks.
pub fn standard(env: &Env<'_>, ground: &str) -> Option<String> {
    let ground = env.pack.words().ground(ground)?;
    let guide = env.pack.guide(GUIDELINES)?;
    Some(format!("{}: {} ({} {})", guide.title, ground.title, env.pack.name(), env.pack.version()))
}

/// What an act of moderation changes.
pub enum Change {
    Already(MeasureId),
    New { measure: Box<Measure>, evidence: Option<EvidenceRow>, prompt: Option<PromptRow> },
}

/// Hide, delete, report or block, as a step.
pub fn take(
    on: &OnMessage,
    env: &Env<'_>,
    kind: Kind,
    ground: &str,
    reason: &str,
    last_resort: LastResort,
) -> Result<Step<Change>, Refusal> {
    let asked = Asked {
        kind,
        ground: ground.to_owned(),
        standard: standard(env, ground).unwrap_or_default(),
        reason: reason.to_owned(),
        last_resort,
    };
    let taken = community::take(asked, &on.subject, &on.manifest, env.principal, env.figures(), env.moment, crate::app::digest)?;
    Ok(step(on, env, kind, taken))
}

/// Show again or unblock, as a step.
pub fn undo(on: &OnMessage, env: &Env<'_>, kind: Kind, reason: &str) -> Result<Step<Change>, Refusal> {
    let taken = community::undo(kind, reason, &on.subject, on.original.as_ref(), env.principal, env.moment)?;
    Ok(step(on, env, kind, taken))
}

fn step(on: &OnMessage, env: &Env<'_>, kind: Kind, taken: Taken) -> Step<Change> {
    let entry = Entry::default().id("message", on.message.id).id("account", on.account.id).code("kind", kind.name());
    match taken {
        Taken::Already(id) => Step::to(Change::Already(id)).entry(entry.id("measure", id).code("stands", "already")),
        Taken::New { measure, evidence, explain } => {
            let mut entry = entry.id("measure", measure.id);
            if !measure.ground.is_empty() {
                entry = entry.code("ground", &measure.ground);
            }
            if !measure.reason.is_empty() {
                entry = entry.value("reason", &measure.reason);
            }
            if !measure.last_resort.no_engagement.is_empty() {
                entry = entry.value("no-engagement", &measure.last_resort.no_engagement);
            }
            if let Some(e) = &evidence {
                entry = entry.id("evidence", e.id).value("fingerprint", &e.sha256);
            }
            if let Some(original) = measure.undoes {
                entry = entry.id("undoes", original);
            }
            let job = Job {
                kind: MODERATE,
                input: serde_json::json!({ "measure": measure.id }),
                not_before: env.at(),
                key: format!("{MODERATE}.{}", measure.id),
            };
            let prompt = explain.map(|count| prompt(on, env, &measure, count));
            if let Some(p) = &prompt {
                entry = entry.id("prompt", p.id).code("removed", p.count);
            }
            let evidence = evidence.map(|sealed| EvidenceRow {
                sealed,
                message: on.message.id,
                account: on.account.id,
                kept_at: env.at(),
                kept_by: env.principal.code(),
            });
            Step::to(Change::New { measure, evidence, prompt }).entry(entry).job(job)
        }
    }
}

/// The question what the public is told, with the explanation ready (LEICS-MOD-3).
fn prompt(on: &OnMessage, env: &Env<'_>, measure: &Measure, count: usize) -> PromptRow {
    PromptRow {
        id: env.moment.id(),
        account: on.account.id,
        conversation: on.message.conversation,
        measure: measure.id,
        count: i64::try_from(count).unwrap_or(i64::MAX),
        text: explanation(on, env, &measure.ground),
        raised_for: env.principal.code(),
        raised_at: env.at(),
        state: "open".into(),
    }
}

/// The pack's own words for it, with the link to the guidelines.
fn explanation(on: &OnMessage, env: &Env<'_>, ground: &str) -> String {
    let (slug, title) = &on.force;
    let config = &env.app.config;
    let origin = config.public.as_ref().map_or(config.staff.origin.as_str(), |p| p.origin.as_str());
    let link = format!("{origin}/public/{slug}/guidelines");
    let ground = env.pack.words().ground(ground).map_or_else(String::new, |g| g.title.clone());
    let values =
        [("force", title.clone()), ("account", on.account.title.clone()), ("guidelines_link", link.clone()), ("ground", ground.clone())]
            .into();
    let filled = env.pack.template("removal-explanation").and_then(|t| t.fill(&values).ok());
    filled.unwrap_or_else(|| format!("We have removed comments from this post: {ground}. What we ask of everyone here: {link}"))
}

/// Writes it: evidence first, so that nothing that follows can be without it.
pub async fn write(tx: &mut Tx, env: &Env<'_>, change: &Change) -> Result<Done, DbError> {
    match change {
        Change::Already(id) => Ok(Done::id(*id).with(serde_json::json!({ "already": true }))),
        Change::New { measure, evidence, prompt } => {
            if let Some(evidence) = evidence {
                store::insert_evidence(tx, env.force, evidence).await?;
            }
            store::insert_measure(tx, env.force, measure, env.pack.hash()).await?;
            if let Some(prompt) = prompt {
                store::insert_prompt(tx, env.force, prompt).await?;
            }
            Ok(Done::id(measure.id).with(serde_json::json!({ "already": false, "prompt": prompt.as_ref().map(|p| p.id) })))
        }
    }
}

/// The principal that a row names.
pub fn principal(code: &str) -> Option<Principal> {
    crate::held::release::principal_of(code)
}

//! A day of history, made by acts with a clock that began the day before: posts published, what the public wrote
//! received as it would have been, and worked by the desk. What policy refuses on the way is recorded like anything else.

use super::DemoClock;
use super::cast::People;
use crate::act::{Ctx, Outcome};
use crate::app::{App, Clock};
use crate::cli::Failure;
use crate::desk::acts::{
    acknowledge_alert::AcknowledgeAlert, assess::Assess, claim::ClaimMessage, close::Close, refer::Refer, reply::Reply,
    start_duty::StartDuty,
};
use crate::intake::keep::{self, Source};
use crate::intake::process;
use crate::intake::queue::store as queue;
use crate::intake::queue::{Asked, Part, QueueRow};
use crate::publishing::acts::{create_draft::CreateDraft, publish::Publish};
use crate::publishing::input::DraftInput;
use bluelamp_domain::desk::{assess, outcome, referral};
use bluelamp_domain::ids::{AccountId, DraftId, ForceId};
use bluelamp_domain::time::{DAY, HOUR, Instant, MINUTE, SECOND};
use bluelamp_domain::triage::{Priority, Route};
use bluelamp_platforms::Raw;
use bluelamp_platforms::rehearsal::{server, wire};
use std::sync::Arc;

/// Minutes between two looks of the desk at its queue.
const STEP: i64 = 10;
/// What came in the last hours of history is left for whoever opens the demonstration.
const LEFT: i64 = 3 * HOUR;

/// Hours of posts before the day begins, so that the public has something to comment on.
pub const BEFORE: i64 = 10 * HOUR;

const POSTS: &[(&str, &str)] = &[
    (
        "exampleshire",
        "The ring road at Ostlebury is open again after this morning's collision. Thank you for your patience, and thank you to everyone who stopped to help.",
    ),
    (
        "northfield-npt",
        "Come and talk to us: the Northfield team is at the library on Saturday from 10 to 12. Bring your bike and we will mark it for you.",
    ),
    (
        "exampleshire-roads",
        "Wet leaves and low sun make this the worst month for collisions on country roads. Slow down before the bend, not in it.",
    ),
    (
        "exampleshire",
        "If someone says they are from your bank or the police and asks you to move money, it is a scam. Hang up and call 159.",
    ),
    (
        "ostlebury-npt",
        "You told us that quad bikes on the recreation ground worry you most. We were out again last night and will be this week.",
    ),
    (
        "exampleshire",
        "Could you answer a call that changes a life? We are recruiting contact handlers, and we train you from the first day.",
    ),
];

pub async fn make(
    app: &App,
    clock: &Arc<DemoClock>,
    force: ForceId,
    people: &People,
    accounts: &[(AccountId, String)],
    public: &server::Handle,
) -> Result<(), Failure> {
    let begin = clock.now();
    let carys = people.ctx(app, force, "carys").await?;
    for (i, (handle, text)) in (0i64..).zip(POSTS) {
        clock.set(begin.plus(HOUR + i * 80 * MINUTE));
        let Some((account, _)) = accounts.iter().find(|(_, h)| h == handle) else { continue };
        post(&carys, *account, text).await?;
        run_jobs(app).await?;
    }
    let from = begin.plus(BEFORE);
    clock.set(from);
    let desk = people.ctx(app, force, "ayesha").await?;
    desk.act(StartDuty {}).await?;
    let until = from.plus(DAY);
    let mut next = public.history(from.0, until.0)?.into_iter().peekable();
    let mut at = from;
    while at < until {
        at = at.plus(STEP * MINUTE).min(until);
        clock.set(at);
        let mut batch: Vec<wire::Event> = Vec::new();
        while let Some(event) = next.next_if(|e| happened(e) <= at) {
            batch.push(event);
        }
        for (id, handle) in accounts {
            receive(app, force, *id, handle, &batch).await?;
        }
        if at.plus(LEFT) < until {
            work(app, clock, people, force, at).await?;
        }
        run_jobs(app).await?;
        while crate::records::sequencer::sequence(app, force).await? > 0 {}
    }
    Ok(())
}

async fn post(by: &Ctx, account: AccountId, text: &str) -> Result<(), Failure> {
    let purpose = by.pack().await?.words().purposes.first().map(|p| p.code.clone()).unwrap_or_default();
    let content = DraftInput {
        purpose,
        audience: "Everyone who lives here".into(),
        text: text.into(),
        language: "en".into(),
        accounts: vec![account],
        ..DraftInput::default()
    };
    let Outcome::Done(made) = by.act(CreateDraft { content }).await? else { return Ok(()) };
    let Some(draft) = made.id.map(DraftId) else { return Ok(()) };
    by.act(Publish { draft, revision: 1 }).await?;
    Ok(())
}

async fn run_jobs(app: &App) -> Result<(), Failure> {
    for _ in 0..50 {
        if crate::jobs::round(app).await? == 0 {
            break;
        }
    }
    Ok(())
}

/// What came to one account, kept and made messages of as a webhook's would be.
async fn receive(app: &App, force: ForceId, id: AccountId, handle: &str, batch: &[wire::Event]) -> Result<(), Failure> {
    let name = format!("a-{handle}");
    let mine = batch.iter().filter(|e| e.account == name);
    let raws: Vec<Raw> = mine.map(|e| serde_json::to_vec(e).map(|body| Raw { kind: "event".into(), body })).collect::<Result<_, _>>()?;
    if raws.is_empty() {
        return Ok(());
    }
    keep::keep(app, force, id, Source::Replay, &raws, app.clock.now())
        .await
        .map_err(|e| format!("the history of `{handle}` could not be kept: {e}"))?;
    process::account(&process::ctx(app, force, "Europe/London"), id).await?;
    Ok(())
}

/// One look of the desk at its queue: alarms first, then whatever has waited for twenty minutes.
async fn work(app: &App, clock: &Arc<DemoClock>, people: &People, force: ForceId, at: Instant) -> Result<(), Failure> {
    let desk = people.ctx(app, force, "ayesha").await?;
    let (alerts, rows) = {
        let mut tx = desk.read().await?;
        let alerts = crate::desk::store::open_alerts(&mut tx, force, true, desk.scope.ids()).await?;
        (alerts, queue::queue(&mut tx, force, &desk.scope, &Asked { part: Part::Open, account: None, after: None, limit: 40 }).await?)
    };
    for (i, alert) in (1i64..).zip(alerts) {
        clock.set(at.plus(i * 40 * SECOND));
        desk.act(AcknowledgeAlert { alert: alert.id }).await?;
    }
    end_answered(&desk).await?;
    for row in rows {
        let urgent = row.message.priority == 0;
        if urgent || row.message.received_at.plus(20 * MINUTE) < at {
            handle(&desk, &row).await?;
        }
    }
    Ok(())
}

async fn handle(desk: &Ctx, row: &QueueRow) -> Result<(), Failure> {
    let message = row.message.id;
    desk.act(ClaimMessage { message }).await?;
    if row.message.assessed_at.is_some() {
        // It was answered and the answer could not go: its sender had taken the message away meanwhile.
        desk.act(Close { message, outcome: outcome::Outcome::Withdrawn, note: "Gone before it could be answered.".into() }).await?;
        return Ok(());
    }
    let triage = &row.message.triage;
    let serious = triage.priority == Priority::Immediate;
    let answers = assess::prefilled(triage);
    let decided = match triage.priority {
        Priority::Immediate => assess::Decided::Immediate,
        Priority::Look => assess::Decided::Look,
        Priority::Priority => assess::Decided::Priority,
        Priority::Routine => assess::Decided::Routine,
    };
    desk.act(Assess { message, answers, decided, reason: String::new() }).await?;
    let end = if serious {
        let reference = format!("INC-{:04}", message.0.as_u128() % 10_000);
        desk.act(Refer { message, kind: referral::Kind::Incident, reference, note: "Passed to the control room by voice.".into() }).await?;
        Some(outcome::Outcome::IncidentRaised)
    } else {
        match triage.route {
            Route::Foi => refer(desk, message, referral::Kind::Foi).await?,
            Route::Psd => refer(desk, message, referral::Kind::Complaint).await?,
            Route::Intel => refer(desk, message, referral::Kind::Intelligence).await?,
            Route::CrimeRecording => refer(desk, message, referral::Kind::CrimeReport).await?,
            Route::None | Route::Moderation => Some(outcome::Outcome::NoActionNeeded),
            _ => answer(desk, row).await?,
        }
    };
    let Some(end) = end else { return Ok(()) };
    desk.act(Close { message, outcome: end, note: String::new() }).await?;
    Ok(())
}

/// What was answered ends once the answer is known to be out.
async fn end_answered(desk: &Ctx) -> Result<(), Failure> {
    let waiting = {
        let mut tx = desk.read().await?;
        queue::queue(&mut tx, desk.force, &desk.scope, &Asked { part: Part::Waiting, account: None, after: None, limit: 100 }).await?
    };
    for row in waiting.iter().filter(|r| r.message.answered_at.is_some()) {
        desk.act(Close { message: row.message.id, outcome: outcome::Outcome::Answered, note: String::new() }).await?;
    }
    Ok(())
}

async fn refer(desk: &Ctx, message: bluelamp_domain::ids::MessageId, kind: referral::Kind) -> Result<Option<outcome::Outcome>, Failure> {
    desk.act(Refer { message, kind, reference: String::new(), note: String::new() }).await?;
    Ok(Some(outcome::Outcome::Referred))
}

/// Answers; the message ends when the answer is out. What may not be answered is noted and ended.
async fn answer(desk: &Ctx, row: &QueueRow) -> Result<Option<outcome::Outcome>, Failure> {
    let text = "Thank you for telling us. We have passed this to the team who can help. If anyone is in danger now, please call 999; for anything else that cannot wait, call 101.";
    let sent = desk.act(Reply { message: row.message.id, text: text.into(), private: row.message.is_private() }).await?;
    Ok(if matches!(sent, Outcome::Done(_)) { None } else { Some(outcome::Outcome::NoActionNeeded) })
}

/// When an event happened; one whose time cannot be read comes first.
fn happened(event: &wire::Event) -> Instant {
    event.at.parse::<jiff::Timestamp>().map_or(Instant(0), Instant::from)
}

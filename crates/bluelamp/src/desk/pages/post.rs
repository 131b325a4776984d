//! The desk's forms: each does one act and goes back to the page it came from, or draws it again with every reason and
//! what was typed.

use super::list::{Asked, draw, gone};
use super::panel;
use super::view::Typed;
use crate::act::{Act, Ctx, Fault, Outcome as Came};
use crate::desk::acts::{
    acknowledge_alert::AcknowledgeAlert, assess::Assess, claim::ClaimMessage, close::Close, end_duty::EndDuty, escalate::Escalate,
    note::Note, refer::Refer, release_claim::ReleaseClaim, reopen::Reopen, reply::Reply, route::Route, start_duty::StartDuty,
};
use crate::http::problem::Problem;
use crate::http::{self, Fields, Form, PageResult, back_to, see_other};
use crate::publishing::word_lists;
use axum::extract::Path;
use bluelamp_domain::decision::Rating;
use bluelamp_domain::desk::assess::{Answer, Decided};
use bluelamp_domain::desk::outcome::Outcome;
use bluelamp_domain::desk::referral::Kind;
use bluelamp_domain::ids::{AlertId, MessageId};
use bluelamp_domain::publishing::check::{Place, in_text};
use bluelamp_domain::triage::Dimension;

/// Does the act; then the page it came from, or the message again with the refusal.
async fn on<A: Act>(ctx: &Ctx, id: MessageId, fields: &Fields, act: A, did: &str, not: &str) -> PageResult {
    let page = format!("/desk/messages/{id}");
    match ctx.act_keyed(act, ctx.form_key(fields).as_deref()).await? {
        Came::Done(_) => Ok(see_other(back_to(fields.get("back"), &format!("{page}?did={did}")))),
        Came::Held { .. } => Ok(see_other(&format!("{page}?did=held"))),
        Came::Refused { code, .. } if code == "not-found" => Ok(gone()),
        Came::Refused { code, reasons } => {
            let status = Problem::refused(&code, &reasons).status;
            let typed = Typed {
                text: fields.text("text"),
                note: fields.text("note"),
                reference: fields.text("reference"),
                reason: fields.text("reason"),
                private: fields.has("private"),
            };
            draw(ctx, &page, Asked::default(), Some(id), Some((status, panel(not, false, &reasons))), typed).await
        }
    }
}

/// A word of a closed list that the form does not have: it was made by hand.
fn malformed(what: &str) -> PageResult {
    Ok(Problem::new(400, "malformed", format!("this form's {what} is none of the list; open the page again and choose")).page())
}

macro_rules! message_form {
    ($(#[$doc:meta])* $name:ident, $id:ident, $fields:ident, $ctx:ident => $body:expr) => {
        $(#[$doc])*
        pub async fn $name(Path(id): Path<String>, Form($ctx, $fields): Form) -> PageResult {
            let Ok($id) = id.parse::<MessageId>() else { return Ok(gone()) };
            $body
        }
    };
}

message_form!(post_claim, id, f, ctx => on(&ctx, id, &f, ClaimMessage { message: id }, "done", "You did not get this message").await);
message_form!(post_release, id, f, ctx => on(&ctx, id, &f, ReleaseClaim { message: id }, "done", "This was not given back").await);
message_form!(post_note, id, f, ctx => on(&ctx, id, &f, Note { message: id, note: f.text("note") }, "saved", "This note was not kept").await);
message_form!(post_escalate, id, f, ctx => on(&ctx, id, &f, Escalate { message: id, note: f.text("note") }, "done", "No alarm was raised").await);
message_form!(post_reopen, id, f, ctx => on(&ctx, id, &f, Reopen { message: id, note: f.text("note") }, "done", "This was not reopened").await);
message_form!(post_reply, id, f, ctx => {
    on(&ctx, id, &f, reply(id, &f), "sent", "This reply was not sent").await
});
message_form!(post_route, id, f, ctx => {
    let act = Route { message: id, area: f.text("area"), person: f.id("person"), note: f.text("note") };
    on(&ctx, id, &f, act, "done", "This was not passed on").await
});
message_form!(post_close, id, f, ctx => {
    let Some(outcome) = Outcome::parse(&f.text("outcome")) else { return malformed("outcome") };
    on(&ctx, id, &f, Close { message: id, outcome, note: f.text("note") }, "closed", "This was not closed").await
});
message_form!(post_refer, id, f, ctx => {
    let Some(kind) = Kind::parse(&f.text("route")) else { return malformed("referral") };
    let act = Refer { message: id, kind, reference: f.text("reference"), note: f.text("note") };
    on(&ctx, id, &f, act, "referred", "This was not referred").await
});
message_form!(post_incident, id, f, ctx => {
    let act = Refer { message: id, kind: Kind::Incident, reference: f.text("reference"), note: f.text("note") };
    on(&ctx, id, &f, act, "referred", "The incident was not recorded").await
});
message_form!(post_assess, id, f, ctx => {
    let Some(decided) = Decided::parse(&f.text("priority")) else { return malformed("priority") };
    let answer = |dimension: Dimension| Answer { dimension, yes: f.has(dimension.name()), why: f.text(&format!("{}_why", dimension.name())) };
    let act = Assess { message: id, answers: Dimension::ALL.map(answer).to_vec(), decided, reason: f.text("reason") };
    on(&ctx, id, &f, act, "saved", "This assessment was not kept").await
});

fn reply(id: MessageId, f: &Fields) -> Reply {
    Reply { message: id, text: f.text("text"), private: f.has("private") }
}

#[derive(askama::Template)]
#[template(path = "desk/templates/check.html")]
struct CheckFragment {
    rating: &'static str,
    says: String,
    reasons: Vec<(String, String)>,
    words: Vec<(String, String)>,
}

/// `POST /desk/messages/{id}/check`: what would become of this reply, as it is typed; nothing is recorded.
pub async fn post_check(Path(id): Path<String>, Form(ctx, f): Form) -> PageResult {
    let Ok(id) = id.parse::<MessageId>() else { return Ok(gone()) };
    let act = reply(id, &f);
    let decision = ctx.may(&act).await?;
    if decision.reasons.iter().any(|r| r.rule == "not-found") {
        return Ok(gone());
    }
    let (rating, says) = match decision.rating {
        Rating::Green => ("green", "It may go."),
        Rating::Amber => ("amber", "Someone must agree before it goes."),
        Rating::Red => ("red", "It cannot go like this."),
    };
    let pack = ctx.pack().await?;
    let remarks = in_text(&act.text, Place::Text, &word_lists(pack.words()));
    http::page(&CheckFragment {
        rating,
        says: says.into(),
        reasons: decision.reasons.into_iter().map(|r| (r.says, r.clause)).collect(),
        words: remarks.into_iter().map(|r| (r.says, r.advice)).collect(),
    })
}

/// An act about no message: back to where it came from, or the refusal as a page.
async fn plain(ctx: &Ctx, fields: &Fields, outcome: Result<Came, Fault>, otherwise: &str) -> PageResult {
    let _ = ctx;
    match outcome? {
        Came::Done(_) => Ok(see_other(back_to(fields.get("back"), otherwise))),
        Came::Held { .. } => Ok(see_other("/held")),
        Came::Refused { code, reasons } => Ok(Problem::refused(&code, &reasons).page()),
    }
}

pub async fn post_start_duty(Form(ctx, f): Form) -> PageResult {
    let outcome = ctx.act(StartDuty {}).await;
    plain(&ctx, &f, outcome, "/desk?did=duty-on").await
}

pub async fn post_end_duty(Form(ctx, f): Form) -> PageResult {
    let outcome = ctx.act(EndDuty {}).await;
    plain(&ctx, &f, outcome, "/desk?did=duty-off").await
}

pub async fn post_acknowledge(Path(id): Path<String>, Form(ctx, f): Form) -> PageResult {
    let Ok(alert) = id.parse::<AlertId>() else {
        return Ok(Problem::new(404, "not-found", "there is no such alarm, or it is not yours to see").page());
    };
    let outcome = ctx.act(AcknowledgeAlert { alert }).await;
    plain(&ctx, &f, outcome, "/desk").await
}

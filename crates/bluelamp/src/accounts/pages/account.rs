//! One account: what the register says of it, its connection, its life, and the forms that change it.

use super::register::{complete, monitor_choices, monitors, platform_title};
use super::{label, panel, posture, state_tone};
use crate::accounts::acts::{
    change::Change, close::Close, disconnect::Disconnect, freeze::Freeze, set_monitoring::SetMonitoring, thaw::Thaw,
};
use crate::accounts::exchange::{self, Exchanged};
use crate::accounts::store::{self, AccountRow};
use crate::act::{Act, Ctx, Outcome};
use crate::http::shell::{Density, Shell};
use crate::http::view::{Choice, Moment, ReasonLine, RefusalPanel, SummaryRow};
use crate::http::{self, Fields, Form, PageResult, Problem, moment, shell_for};
use axum::extract::{OriginalUri, Path};
use bluelamp_domain::accounts::{AccountState, Monitor};
use bluelamp_domain::decision::Rating;
use bluelamp_domain::ids::{AccountId, PersonId};
use bluelamp_domain::time::Instant;
use bluelamp_platforms::Asked;

#[derive(askama::Template)]
#[template(path = "accounts/templates/account.html")]
pub struct AccountPage {
    pub shell: Shell,
    pub refusal: Option<RefusalPanel>,
    pub id: String,
    pub title: String,
    pub handle: String,
    pub platform: String,
    pub url: String,
    pub state: String,
    pub state_tone: &'static str,
    pub posture: &'static str,
    pub posture_tone: &'static str,
    pub posture_why: String,
    pub complete: String,
    pub summary: Vec<SummaryRow>,
    /// How it is protected on its platform; empty where nobody has looked yet.
    pub protection: Vec<SummaryRow>,
    pub on_its_platform: bool,
    pub life: Vec<LifeRow>,
    pub may: May,
    pub asks: Vec<Ask>,
    pub notes: Vec<String>,
    pub connected: bool,
    pub hook: String,
    pub next_states: Vec<Choice>,
    pub monitors: Vec<Choice>,
    pub owners: Vec<Choice>,
    pub typed: Typed,
}

/// What stands in the page's forms: what the register says, or what was typed into the form that comes back.
pub struct Typed {
    /// The form that comes back, by the last part of its address; empty: none.
    pub form: &'static str,
    pub title: String,
    pub handle: String,
    pub area: String,
    pub purpose: String,
    pub url: String,
    pub hours: String,
    pub private_decision: String,
    pub public_listed: bool,
    pub two_factor: bool,
    pub login_alerts: bool,
    pub others: String,
    pub unknown_devices: String,
    /// Why it is frozen, thawed, disconnected or closed.
    pub reason: String,
}

/// A form that was sent and comes back with a refusal, so that nothing typed is lost.
#[derive(Clone, Copy)]
pub struct Sent<'f> {
    pub form: &'static str,
    pub fields: &'f Fields,
}

impl Typed {
    fn of(a: &AccountRow, sent: Option<Sent<'_>>) -> Typed {
        let said = |form: &str, name: &str, now: &str| match sent.filter(|s| s.form == form).and_then(|s| s.fields.get(name)) {
            Some(typed) => typed.to_owned(),
            None => now.to_owned(),
        };
        let ticked = |form: &str, name: &str, now: bool| sent.filter(|s| s.form == form).map_or(now, |s| s.fields.has(name));
        let p = a.protection.as_ref();
        Typed {
            form: sent.map_or("", |s| s.form),
            title: said("change", "title", &a.title),
            handle: said("change", "handle", &a.handle),
            area: said("change", "area", &a.area),
            purpose: said("change", "purpose", &a.purpose),
            url: said("change", "url", &a.url),
            private_decision: said("change", "private_decision", &a.private_decision),
            public_listed: ticked("change", "public_listed", a.public_listed),
            hours: said("monitoring", "hours", &a.hours),
            two_factor: ticked("protection", "two_factor", p.is_some_and(|p| p.two_factor)),
            login_alerts: ticked("protection", "login_alerts", p.is_some_and(|p| p.login_alerts)),
            others: said("protection", "others", p.map_or("", |p| &p.others)),
            unknown_devices: said("protection", "unknown_devices", ""),
            reason: sent.and_then(|s| s.fields.get("reason")).unwrap_or_default().to_owned(),
        }
    }
}

/// A field that the platform asks for. What is secret is typed anew each time.
pub struct Ask {
    pub asked: Asked,
    pub value: String,
}

/// Which buttons this person has.
pub struct May {
    pub change: bool,
    pub connect: bool,
    pub disconnect: bool,
    pub freeze: bool,
    pub thaw: bool,
    pub close: bool,
    pub protect: bool,
}

pub struct LifeRow {
    pub at: Moment,
    pub what: String,
    pub who: String,
    pub decision: String,
}

/// `GET /accounts/{id}`.
pub async fn get_account(ctx: Ctx, Path(id): Path<AccountId>, OriginalUri(uri): OriginalUri) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.register").await? {
        return Ok(no);
    }
    let here = uri.path_and_query().map_or_else(|| format!("/accounts/{id}"), |p| p.as_str().to_owned());
    account_page(&ctx, id, &here, None, None).await
}

async fn account_page(ctx: &Ctx, id: AccountId, here: &str, refusal: Option<RefusalPanel>, sent: Option<Sent<'_>>) -> PageResult {
    let shell = shell_for(ctx, here, Density::Page).await?;
    let mut tx = ctx.read().await?;
    let row = store::account(&mut tx, ctx.force, id).await?.filter(|a| ctx.scope.sees(a.id));
    let Some(a) = row else {
        return Ok(Problem::new(404, "not-found", "there is no such account, or it is not yours to see").page());
    };
    let life = store::life(&mut tx, ctx.force, id, Instant(i64::MAX)).await?;
    let owners = store::owners(&mut tx, ctx.force).await?;
    let connection = store::connection(&mut tx, ctx.force, id).await?;
    let extra = crate::wiring::register_extras(ctx, &mut tx).await?.remove(&id).unwrap_or_default();
    drop(tx);
    let asks = exchange::asks(ctx, id).await?.unwrap_or_default();
    let notes = ctx.app.connector(&a.platform).map_or_else(Vec::new, |c| c.capabilities().notes.clone());
    let may = may(ctx, &a, !asks.is_empty()).await?;
    // The address is for whoever sets the platform up; the secret that signs is never shown.
    let hook = match &ctx.app.config.public {
        Some(public) if may.connect => {
            crate::accounts::connection::hook_of(ctx, id).await?.map_or_else(String::new, |(path, _)| format!("{}{path}", public.origin))
        }
        _ => String::new(),
    };
    let (posture, posture_tone) = posture(a.connection_state.as_deref());
    let status = if refusal.is_some() { 422 } else { 200 };
    let page = AccountPage {
        shell,
        refusal,
        id: id.to_string(),
        title: a.title.clone(),
        handle: a.handle.clone(),
        platform: platform_title(ctx, &a.platform),
        url: a.url.clone(),
        state: label(a.state.name()),
        state_tone: state_tone(a.state),
        posture,
        posture_tone,
        posture_why: a.connection_why.clone().unwrap_or_default(),
        complete: complete(ctx, &extra),
        summary: summary(ctx, &a, extra.unanswered, connection.map(|c| c.checked_at)),
        protection: super::protection::rows(ctx, &a),
        on_its_platform: a.state.is_on_its_platform(),
        life: life.iter().map(|l| life_row(ctx, l)).collect(),
        may,
        asks: asks.into_iter().map(|asked| ask(asked, sent)).collect(),
        notes,
        connected: a.connected,
        hook,
        next_states: [a.state.next(), (a.state == AccountState::Live).then_some(AccountState::Dormant)]
            .into_iter()
            .flatten()
            .map(|s| Choice::new(s.name(), label(s.name())))
            .collect(),
        monitors: monitor_choices(&match sent.filter(|s| s.form == "monitoring") {
            Some(sent) => sent.fields.all("monitored_by"),
            None => a.monitored_by.iter().map(|m| m.name().to_owned()).collect(),
        }),
        owners: std::iter::once(Choice { value: String::new(), label: "Leave as it is".into(), ..Choice::default() })
            .chain(owners.iter().map(|(p, name)| Choice {
                value: p.to_string(),
                label: name.clone(),
                hint: String::new(),
                chosen: match sent.filter(|s| s.form == "change") {
                    Some(sent) => sent.fields.id("owner") == Some(*p),
                    None => a.owner == Some(*p),
                },
            }))
            .collect(),
        typed: Typed::of(&a, sent),
    };
    http::page_with(status, &page)
}

async fn may(ctx: &Ctx, a: &AccountRow, connectable: bool) -> Result<May, http::PageFault> {
    use crate::accounts::acts::{connect::Connect, record_protection::RecordProtection};
    async fn yes<A: Act>(ctx: &Ctx, act: A) -> Result<bool, http::PageFault> {
        Ok(ctx.may(&act).await?.rating != Rating::Red)
    }
    let (account, reason) = (a.id, "asked".to_owned());
    let frozen = a.state == AccountState::Frozen;
    Ok(May {
        change: a.state != AccountState::Closed && yes(ctx, Change::of(account)).await?,
        connect: connectable && a.state.may_connect() && yes(ctx, Connect { account, sealed: String::new() }).await?,
        disconnect: a.connected && yes(ctx, Disconnect { account, reason: reason.clone() }).await?,
        freeze: bluelamp_domain::accounts::freeze(a.state).is_ok()
            && !frozen
            && yes(ctx, Freeze { account, reason: reason.clone() }).await?,
        thaw: frozen && yes(ctx, Thaw { account, reason: reason.clone() }).await?,
        close: a.state != AccountState::Closed && yes(ctx, Close { account, reason }).await?,
        protect: a.state.is_on_its_platform() && yes(ctx, RecordProtection::of(account)).await?,
    })
}

fn summary(ctx: &Ctx, a: &AccountRow, unanswered: u64, checked_at: Option<Instant>) -> Vec<SummaryRow> {
    let row = |key: &str, value: String| SummaryRow { key: key.into(), value, ..SummaryRow::default() };
    let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
    vec![
        row("Kind", label(a.kind.name())),
        row("Area", or(&a.area, "Whole force")),
        row("Owner", a.owner_name.clone().unwrap_or_else(|| "Nobody".into())),
        row("Purpose", a.purpose.clone()),
        row("Watched by", label(&monitors(&a.monitored_by))),
        row("When", or(&a.hours, "Not said")),
        row("Private messages", or(&a.private_decision, "No decision recorded")),
        row("People authorised", a.contributors.to_string()),
        row("Unanswered", unanswered.to_string()),
        row("Credentials last asked about", checked_at.map_or_else(|| "Not connected".into(), |at| moment(ctx, at).short)),
        row("On the public list", if a.public_listed { "Yes" } else { "No" }.into()),
        row("In the register since", moment(ctx, a.created_at).short),
    ]
}

fn life_row(ctx: &Ctx, line: &store::LifeLine) -> LifeRow {
    let says = crate::wiring::act(&line.act).map_or_else(|| line.act.clone(), |a| a.says.trim_end_matches('.').to_owned());
    LifeRow {
        at: moment(ctx, line.at),
        what: says,
        who: line.who.clone().unwrap_or_else(|| format!("the system ({})", line.principal)),
        decision: line.decision.clone(),
    }
}

/// After a form: back to the account, or the page again with every reason.
pub(super) async fn after(ctx: &Ctx, id: AccountId, what_not: &str, outcome: Outcome, sent: Sent<'_>) -> PageResult {
    match outcome {
        Outcome::Done(_) => Ok(http::see_other(&format!("/accounts/{id}?did=saved"))),
        other => account_page(ctx, id, &format!("/accounts/{id}"), panel(what_not, other), Some(sent)).await,
    }
}

/// `POST /accounts/{id}/change`.
pub async fn post_change(Path(id): Path<AccountId>, Form(ctx, fields): Form) -> PageResult {
    let some = |name: &str| fields.get(name).map(str::to_owned);
    let act = Change {
        title: some("title"),
        handle: some("handle"),
        area: some("area"),
        owner: fields.id::<PersonId>("owner"),
        purpose: some("purpose"),
        url: some("url"),
        private_decision: some("private_decision"),
        // A box that is not ticked is not sent; the form says that it holds it.
        public_listed: fields.has("lists").then(|| fields.has("public_listed")),
        state: fields.get("state").and_then(AccountState::parse),
        ..Change::of(id)
    };
    let outcome = ctx.act(act).await?;
    after(&ctx, id, "Nothing was changed", outcome, Sent { form: "change", fields: &fields }).await
}

/// `POST /accounts/{id}/monitoring`.
pub async fn post_monitoring(Path(account): Path<AccountId>, Form(ctx, fields): Form) -> PageResult {
    let monitored_by = fields.all("monitored_by").iter().filter_map(|m| Monitor::parse(m)).collect();
    let outcome = ctx.act(SetMonitoring { account, monitored_by, hours: fields.text("hours") }).await?;
    after(&ctx, account, "Nothing was changed", outcome, Sent { form: "monitoring", fields: &fields }).await
}

/// `POST /accounts/{id}/connect`.
pub async fn post_connect(Path(account): Path<AccountId>, Form(ctx, fields): Form) -> PageResult {
    let asks = exchange::asks(&ctx, account).await?.unwrap_or_default();
    let given = given(&asks, &fields);
    let sent = Sent { form: "connect", fields: &fields };
    match exchange::connect(&ctx, account, &given).await? {
        Exchanged::Acted(outcome) => after(&ctx, account, "The account was not connected", outcome, sent).await,
        Exchanged::Not(why) => {
            let reason = ReasonLine {
                sentence: super::sentence(&why),
                clause: String::new(),
                clause_href: String::new(),
                whom: String::new(),
                ask: String::new(),
            };
            let refusal = RefusalPanel { heading: "The account was not connected".into(), held: false, reasons: vec![reason] };
            account_page(&ctx, account, &format!("/accounts/{account}"), Some(refusal), Some(sent)).await
        }
    }
}

fn ask(asked: Asked, sent: Option<Sent<'_>>) -> Ask {
    let typed = sent.filter(|s| s.form == "connect" && !asked.secret).and_then(|s| s.fields.get(&format!("given_{}", asked.key)));
    Ask { value: typed.unwrap_or_default().to_owned(), asked }
}

/// The fields that the platform asks for, out of the form; nothing else is taken.
fn given(asks: &[Asked], fields: &Fields) -> bluelamp_platforms::Given {
    asks.iter()
        .filter_map(|a| Some((a.key.clone(), fields.get(&format!("given_{}", a.key))?.trim().to_owned())))
        .filter(|(_, v)| !v.is_empty())
        .collect()
}

/// `POST /accounts/{id}/disconnect`.
pub async fn post_disconnect(Path(account): Path<AccountId>, Form(ctx, fields): Form) -> PageResult {
    let outcome = ctx.act(Disconnect { account, reason: fields.text("reason") }).await?;
    after(&ctx, account, "The account was not disconnected", outcome, Sent { form: "disconnect", fields: &fields }).await
}

/// `POST /accounts/{id}/freeze`.
pub async fn post_freeze(Path(account): Path<AccountId>, Form(ctx, fields): Form) -> PageResult {
    let outcome = ctx.act(Freeze { account, reason: fields.text("reason") }).await?;
    after(&ctx, account, "The account was not frozen", outcome, Sent { form: "freeze", fields: &fields }).await
}

/// `POST /accounts/{id}/thaw`.
pub async fn post_thaw(Path(account): Path<AccountId>, Form(ctx, fields): Form) -> PageResult {
    let outcome = ctx.act(Thaw { account, reason: fields.text("reason") }).await?;
    after(&ctx, account, "The account is still frozen", outcome, Sent { form: "thaw", fields: &fields }).await
}

/// `POST /accounts/{id}/close`.
pub async fn post_close(Path(account): Path<AccountId>, Form(ctx, fields): Form) -> PageResult {
    let outcome = ctx.act(Close { account, reason: fields.text("reason") }).await?;
    after(&ctx, account, "The account was not closed", outcome, Sent { form: "close", fields: &fields }).await
}

//! How an account is protected on its own platform: what was found there, and the form that records it.

use super::account::{Sent, after};
use crate::accounts::acts::record_protection::RecordProtection;
use crate::accounts::store::AccountRow;
use crate::act::Ctx;
use crate::http::view::SummaryRow;
use crate::http::{Form, PageResult, moment};
use axum::extract::Path;
use bluelamp_domain::ids::AccountId;

/// What stands on the account's page of its protection.
pub fn rows(ctx: &Ctx, a: &AccountRow) -> Vec<SummaryRow> {
    let row = |key: &str, value: String| SummaryRow { key: key.into(), value, ..SummaryRow::default() };
    let Some(p) = &a.protection else { return Vec::new() };
    let word = |on: bool| if on { "On" } else { "Off: turn it on there, then record it" }.to_owned();
    let or_none = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
    vec![
        row("Two-factor", word(p.two_factor)),
        row("Login alerts", word(p.login_alerts)),
        row("Who else can sign in", or_none(&p.others, "Nobody")),
        row("Unknown or unused devices", or_none(&p.unknown_devices, "None")),
        row("Looked at", format!("{} by {}", moment(ctx, p.checked_at).short, or_none(&p.checked_by_name, "somebody"))),
    ]
}

/// `POST /accounts/{id}/protection`.
pub async fn post_protection(Path(account): Path<AccountId>, Form(ctx, fields): Form) -> PageResult {
    let act = RecordProtection {
        account,
        two_factor: fields.has("two_factor"),
        login_alerts: fields.has("login_alerts"),
        others: fields.text("others"),
        unknown_devices: fields.text("unknown_devices"),
    };
    let outcome = ctx.act(act).await?;
    after(&ctx, account, "Nothing was recorded", outcome, Sent { form: "protection", fields: &fields }).await
}

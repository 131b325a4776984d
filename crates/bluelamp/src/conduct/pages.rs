//! `/conduct`: anyone reports the use of a personal account for work; professional standards see the cases and close them.

use super::acts::{close_breach::CloseBreach, report_breach::ReportBreach};
use super::store::{self, Breach};
use crate::act::{Ctx, Outcome};
use crate::http::shell::{Density, Shell};
use crate::http::view::{Choice, Moment, RefusalPanel};
use crate::http::{self, Fields, Form, PageResult, moment, shell_for};
use axum::extract::{OriginalUri, Path};
use bluelamp_domain::conduct;
use bluelamp_domain::ids::PersonId;
use std::collections::HashMap;
use uuid::Uuid;

pub struct BreachLine {
    pub id: String,
    pub what: String,
    pub about: String,
    pub says: String,
    pub by: String,
    pub at: Moment,
    /// How it ended, in words; empty while it is open.
    pub ended: String,
}

#[derive(askama::Template)]
#[template(path = "conduct/templates/conduct.html")]
struct ConductPage {
    shell: Shell,
    refusal: Option<RefusalPanel>,
    typed: Fields,
    people: Vec<Choice>,
    /// Nothing for those who may not see cases.
    cases: Option<Vec<BreachLine>>,
    outcomes: Vec<Choice>,
}

impl ConductPage {
    fn value(&self, name: &str) -> &str {
        self.typed.get(name).unwrap_or_default()
    }
}

async fn conduct_page(ctx: &Ctx, here: &str, typed: Fields, refusal: Option<RefusalPanel>) -> PageResult {
    let shell = shell_for(ctx, here, Density::Page).await?;
    let mut tx = ctx.read().await?;
    let names = crate::people::store::names(&mut tx, ctx.force).await?;
    let cases = if ctx.scope.has_role("professional-standards") { Some(store::breaches(&mut tx, ctx.force).await?) } else { None };
    drop(tx);
    let about = typed.get("about").unwrap_or_default();
    let mut people: Vec<Choice> =
        names.iter().map(|(id, name)| Choice { chosen: id.to_string() == about, ..Choice::new(id.to_string(), name.clone()) }).collect();
    people.sort_by(|a, b| a.label.cmp(&b.label));
    people.insert(0, Choice::new("", "Not known"));
    let status = if refusal.is_some() { 422 } else { 200 };
    let page = ConductPage {
        shell,
        refusal,
        people,
        cases: cases.map(|all| all.iter().map(|b| line(ctx, b, &names)).collect()),
        outcomes: conduct::Outcome::ALL.iter().map(|o| Choice::new(o.name(), o.says())).collect(),
        typed,
    };
    http::page_with(status, &page)
}

fn line(ctx: &Ctx, b: &Breach, names: &HashMap<PersonId, String>) -> BreachLine {
    let name = |id: &PersonId| names.get(id).cloned().unwrap_or_else(|| "somebody".into());
    BreachLine {
        id: b.id.to_string(),
        what: format!("{} on {}", b.handle, b.platform),
        about: b.about.as_ref().map_or_else(|| "Not known".into(), name),
        says: b.says.clone(),
        by: name(&b.reported_by),
        at: moment(ctx, b.reported_at),
        ended: b
            .closed
            .as_ref()
            .map_or_else(String::new, |c| format!("{}, {}, by {}: {}", c.outcome.says(), moment(ctx, c.at).short, name(&c.by), c.note)),
    }
}

/// `GET /conduct`.
pub async fn get_conduct(ctx: Ctx, OriginalUri(uri): OriginalUri) -> PageResult {
    let here = uri.path_and_query().map_or("/conduct", |p| p.as_str()).to_owned();
    conduct_page(&ctx, &here, Fields::default(), None).await
}

/// `POST /conduct`: a report.
pub async fn post_report(Form(ctx, fields): Form) -> PageResult {
    let act = ReportBreach {
        platform: fields.text("platform"),
        handle: fields.text("handle"),
        about: fields.id("about"),
        says: fields.text("says"),
    };
    match ctx.act_keyed(act, ctx.form_key(&fields).as_deref()).await? {
        Outcome::Done(_) => Ok(http::see_other("/conduct?did=reported")),
        no => conduct_page(&ctx, "/conduct", fields, crate::security::pages::panel("Nothing was reported", &no)).await,
    }
}

/// `POST /conduct/{breach}/close`.
pub async fn post_close(Path(breach): Path<Uuid>, Form(ctx, fields): Form) -> PageResult {
    let outcome = fields.get("outcome").and_then(conduct::Outcome::parse).unwrap_or(conduct::Outcome::NoBreach);
    match ctx.act(CloseBreach { breach, outcome, note: fields.text("note") }).await? {
        Outcome::Done(_) => Ok(http::see_other("/conduct?did=done")),
        no => conduct_page(&ctx, "/conduct", Fields::default(), crate::security::pages::panel("The case is still open", &no)).await,
    }
}

//! The organisations that may be written to first: who is on the list, since when, and the forms that change it
//! (APP-COMM-10).

use super::{panel, platform_title};
use crate::act::{Ctx, Outcome};
use crate::desk::acts::list_organisation::ListOrganisation;
use crate::http::shell::{Density, Shell};
use crate::http::view::{Choice, Moment, RefusalPanel};
use crate::http::{self, Fields, Form, PageResult, moment, shell_for};
use crate::intake::store::contacts;
use axum::extract::OriginalUri;
use bluelamp_domain::decision::Rating;

#[derive(askama::Template)]
#[template(path = "desk/templates/organisations.html")]
struct OrganisationsPage {
    shell: Shell,
    refusal: Option<RefusalPanel>,
    rows: Vec<OrganisationLine>,
    platforms: Vec<Choice>,
    /// What was typed, when the page comes back with a refusal.
    typed: Fields,
    may: bool,
}

pub struct OrganisationLine {
    pub platform: String,
    pub platform_title: String,
    pub handle: String,
    pub title: String,
    pub by: String,
    pub at: Moment,
}

impl OrganisationsPage {
    fn value(&self, name: &str) -> &str {
        self.typed.get(name).unwrap_or_default()
    }
}

async fn draw(ctx: &Ctx, here: &str, typed: Fields, refusal: Option<RefusalPanel>) -> PageResult {
    let shell = shell_for(ctx, here, Density::Page).await?;
    let act = ListOrganisation { platform: String::new(), handle: String::new(), title: String::new(), listed: true };
    let may = ctx.may(&act).await?.rating != Rating::Red;
    let mut tx = ctx.read().await?;
    let listed = contacts::organisations(&mut tx, ctx.force).await?;
    let names = crate::people::store::names(&mut tx, ctx.force).await?;
    let accounts = crate::accounts::store::accounts(&mut tx, ctx.force, true, ctx.scope.ids()).await?;
    drop(tx);
    let mut used: Vec<String> = accounts.into_iter().map(|a| a.platform).filter(|p| ctx.app.connector(p).is_some()).collect();
    used.sort();
    used.dedup();
    let chosen = typed.get("platform").unwrap_or_default().to_owned();
    let rows = listed.into_iter().map(|o| OrganisationLine {
        platform_title: platform_title(ctx, &o.platform),
        platform: o.platform,
        handle: o.handle,
        title: o.title,
        by: names.get(&o.by).cloned().unwrap_or_else(|| "someone no longer listed".into()),
        at: moment(ctx, o.listed_at),
    });
    let status = if refusal.is_some() { 422 } else { 200 };
    let page = OrganisationsPage {
        rows: rows.collect(),
        platforms: used.into_iter().map(|p| Choice { chosen: p == chosen, ..Choice::new(p.clone(), platform_title(ctx, &p)) }).collect(),
        shell,
        refusal,
        typed,
        may,
    };
    http::page_with(status, &page)
}

/// `GET /desk/organisations`.
pub async fn get_organisations(ctx: Ctx, OriginalUri(uri): OriginalUri) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.desk").await? {
        return Ok(no);
    }
    draw(&ctx, uri.path_and_query().map_or("/desk/organisations", |p| p.as_str()), Fields::default(), None).await
}

/// `POST /desk/organisations`: puts one on the list.
pub async fn post_organisation(Form(ctx, fields): Form) -> PageResult {
    change(&ctx, fields, true, "This was not put on the list").await
}

/// `POST /desk/organisations/remove`.
pub async fn post_remove_organisation(Form(ctx, fields): Form) -> PageResult {
    change(&ctx, fields, false, "This stays on the list").await
}

async fn change(ctx: &Ctx, fields: Fields, listed: bool, heading: &str) -> PageResult {
    let act = ListOrganisation { platform: fields.text("platform"), handle: fields.text("handle"), title: fields.text("title"), listed };
    match ctx.act(act).await? {
        Outcome::Done(_) => Ok(http::see_other("/desk/organisations?did=saved")),
        Outcome::Held { reasons, .. } | Outcome::Refused { reasons, .. } => {
            let refusal = panel(heading, false, &reasons);
            draw(ctx, "/desk/organisations", if listed { fields } else { Fields::default() }, Some(refusal)).await
        }
    }
}

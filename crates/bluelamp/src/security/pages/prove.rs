//! `/me/prove`: the second factor again, before a drastic act. Good for five minutes.

use super::asked;
use super::sign_in::{says, way_of_code};
use crate::act::Ctx;
use crate::http::shell::{Density, Shell};
use crate::http::view::FieldErrors;
use crate::http::{self, Form, PageResult, shell_for};
use crate::security::door::{self, Entered};
use crate::security::store;
use crate::security::visit::{Visit, with_cookies};
use axum::extract::RawQuery;
use bluelamp_domain::security::credential::Kind;

#[derive(askama::Template)]
#[template(path = "security/templates/prove.html")]
struct ProvePage {
    shell: Shell,
    next: String,
    has_passkey: bool,
    has_code: bool,
    errors: FieldErrors,
}

async fn prove_page(ctx: &Ctx, next: &str, errors: FieldErrors, status: u16) -> PageResult {
    let mut kinds = Vec::new();
    if let Some(person) = ctx.principal.person() {
        kinds = store::credentials(&mut ctx.read().await?, ctx.force, person).await?.into_iter().map(|c| c.kind).collect();
    }
    let shell = shell_for(ctx, "/me/prove", Density::Page).await?;
    let next = http::back_to(Some(next), "/me").to_owned();
    http::page_with(
        status,
        &ProvePage { shell, next, has_passkey: kinds.contains(&Kind::Passkey), has_code: kinds.contains(&Kind::Totp), errors },
    )
}

/// `GET /me/prove?next=…`.
pub async fn get_prove(ctx: Ctx, RawQuery(query): RawQuery) -> PageResult {
    prove_page(&ctx, &asked(query.as_deref(), "next").unwrap_or_default(), FieldErrors::default(), 200).await
}

/// `POST /me/prove`: a code; a passkey comes by its own way (`/sign-in/passkey/finish`).
pub async fn post_prove(visit: Visit, Form(ctx, fields): Form) -> PageResult {
    let next = fields.text("next");
    let mut errors = FieldErrors::default();
    let Some(person) = ctx.principal.person() else { return Ok(http::see_other("/")) };
    let name = person.to_string();
    if let Some(wait) = door::must_wait(&visit, &name).await? {
        errors.add("code", wait);
        return prove_page(&ctx, &next, errors, 429).await;
    }
    let credentials = { store::credentials(&mut ctx.read().await?, ctx.force, person).await? };
    let Some(way) = way_of_code(&visit, ctx.force, person, &credentials, &fields.text("code")).await? else {
        door::failed(&visit, &name).await?;
        errors.add("code", "That code is not right. Use the one that your app shows now.");
        return prove_page(&ctx, &next, errors, 422).await;
    };
    match door::enter(&visit, &ctx, way).await? {
        Entered::In { cookies } => {
            door::succeeded(&visit, &name).await?;
            Ok(with_cookies(http::see_other(http::back_to(Some(&next), "/me")), &cookies))
        }
        Entered::No(no) => {
            errors.add("code", says(&no));
            prove_page(&ctx, &next, errors, 422).await
        }
    }
}

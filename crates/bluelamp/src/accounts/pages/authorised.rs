//! Which accounts a person is authorised for: what their page shows of it, and the forms that give and withdraw it.

use super::{panel, platform_title};
use crate::accounts::acts::{authorise::Authorise, withdraw_authorisation::WithdrawAuthorisation};
use crate::accounts::store::{self, AccountRow};
use crate::act::{Ctx, Fault, Outcome};
use crate::http::view::Choice;
use crate::http::{self, Fields, Form, PageResult, moment};
use crate::people::store::PersonRecord;
use crate::security::pages::gives;
use crate::security::pages::people::{Authorisations, GivenLine, Shown, person_page};
use axum::extract::Path;
use bluelamp_domain::accounts::AccountState;
use bluelamp_domain::ids::{AccountId, PersonId};

/// What a person is authorised for, and what whoever looks may add or take.
pub async fn authorisations(ctx: &Ctx, person: &PersonRecord) -> Result<Authorisations, Fault> {
    // What follows asks policy, which takes a connection of its own: this one is given back first.
    let mut tx = ctx.read().await?;
    let all = store::accounts(&mut tx, ctx.force, ctx.scope.every, ctx.scope.ids()).await?;
    let given = crate::people::store::authorisations(&mut tx, ctx.force, person.id).await?;
    drop(tx);
    let mut out = Authorisations::default();
    for z in &given {
        let Some(a) = all.iter().find(|a| a.id == z.account) else {
            out.unseen += 1;
            continue;
        };
        out.given.push(GivenLine {
            account: a.id.to_string(),
            title: a.title.clone(),
            platform: platform_title(ctx, &a.platform),
            since: moment(ctx, z.granted_at),
            by: z.granted_by.clone().unwrap_or_else(|| "the system".into()),
        });
    }
    if let Some(first) = out.given.first().and_then(|g| g.account.parse::<AccountId>().ok()) {
        out.may_withdraw = gives(ctx, &WithdrawAuthorisation { person: person.id, account: first }).await?;
    }
    let ready = |a: &&AccountRow| {
        !matches!(a.state, AccountState::Requested | AccountState::Closing | AccountState::Closed)
            && !given.iter().any(|z| z.account == a.id)
    };
    let more: Vec<&AccountRow> = all.iter().filter(ready).collect();
    if let Some(first) = more.first()
        && person.state == "active"
        && gives(ctx, &Authorise { person: person.id, account: first.id }).await?
    {
        out.more =
            more.iter().map(|a| Choice::new(a.id.to_string(), format!("{} ({})", a.title, platform_title(ctx, &a.platform)))).collect();
    }
    Ok(out)
}

/// `POST /people/{person}/accounts`.
pub async fn post_authorise(Path(person): Path<PersonId>, Form(ctx, fields): Form) -> PageResult {
    let Some(account) = account(&fields) else { return answer(&ctx, person, None).await };
    let outcome = ctx.act(Authorise { person, account }).await?;
    answer(&ctx, person, Some(outcome)).await
}

/// `POST /people/{person}/accounts/withdraw`.
pub async fn post_withdraw(Path(person): Path<PersonId>, Form(ctx, fields): Form) -> PageResult {
    let Some(account) = account(&fields) else { return answer(&ctx, person, None).await };
    let outcome = ctx.act(WithdrawAuthorisation { person, account }).await?;
    answer(&ctx, person, Some(outcome)).await
}

fn account(fields: &Fields) -> Option<AccountId> {
    fields.id("account")
}

async fn answer(ctx: &Ctx, person: PersonId, outcome: Option<Outcome>) -> PageResult {
    match outcome {
        Some(Outcome::Done(_)) => Ok(http::see_other(&format!("/people/{person}?did=saved"))),
        Some(no) => person_page(ctx, person, Shown { refusal: panel("This was not done", no), ..Shown::default() }).await,
        None => {
            let mut errors = http::view::FieldErrors::default();
            errors.add("account", "choose one of the accounts in the list");
            person_page(ctx, person, Shown { errors, ..Shown::default() }).await
        }
    }
}

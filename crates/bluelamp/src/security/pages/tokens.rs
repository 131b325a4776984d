//! Tokens on `/me`: a program gets one for chosen acts and accounts, for a time; it is shown once.

use super::me::{Once, answer, me_page};
use crate::act::{Ctx, Fault, Outcome};
use crate::http::session::secret_hash;
use crate::http::view::FieldErrors;
use crate::http::{Form, PageResult};
use crate::security::acts::issue_token::IssueToken;
use crate::security::acts::revoke_token::RevokeToken;
use axum::extract::Path;
use bluelamp_domain::ids::{AccountId, TokenId};

/// Makes a token: the text to hand over, or the refusal.
pub async fn issue(
    ctx: &Ctx,
    name: &str,
    acts: Vec<String>,
    accounts: Option<Vec<AccountId>>,
    days: i64,
) -> Result<Result<String, Outcome>, Fault> {
    let person = ctx.principal.person().ok_or_else(|| Fault::Broken("only people have tokens".into()))?;
    // The prefix lets secret scanners and people know what they hold.
    let token = format!("bluelamp_{}", hex::encode(ctx.app.random::<32>()));
    let act = IssueToken { person, name: name.to_owned(), acts, accounts, days, secret: hex::encode(secret_hash(&token)) };
    match ctx.act(act).await? {
        Outcome::Done(_) => Ok(Ok(token)),
        no => Ok(Err(no)),
    }
}

/// `POST /me/tokens`.
pub async fn post_token(Form(ctx, fields): Form) -> PageResult {
    let accounts: Vec<AccountId> = fields.ids("accounts");
    let days = fields.text("days").trim().parse().unwrap_or(0);
    match issue(&ctx, &fields.text("name"), fields.all("acts"), (!accounts.is_empty()).then_some(accounts), days).await? {
        Ok(token) => me_page(&ctx, "/me", Once { token, ..Once::default() }, FieldErrors::default(), None).await,
        Err(Outcome::Refused { code, reasons }) if ["name", "acts", "days"].contains(&code.as_str()) => {
            let mut errors = FieldErrors::default();
            for r in &reasons {
                errors.add(&code, r.says.clone());
            }
            let typed = Once { token_name: fields.text("name"), token_days: fields.text("days"), ..Once::default() };
            me_page(&ctx, "/me", typed, errors, None).await
        }
        Err(no) => answer(&ctx, no, "/me").await,
    }
}

/// `POST /me/tokens/{id}/revoke`.
pub async fn post_revoke(Path(token): Path<TokenId>, Form(ctx, _): Form) -> PageResult {
    let outcome = ctx.act(RevokeToken { token }).await?;
    answer(&ctx, outcome, "/me?did=done").await
}

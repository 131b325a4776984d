//! One-time links: how an invited person comes in for the first time. Only the hash is kept; a link works once, for a day.
//! Where mail is configured the link goes by mail and nobody but its reader sees it; else it is shown once.

use super::acts::make_link::MakeLink;
use crate::act::{Ctx, Fault, Outcome};
use crate::app::App;
use crate::http::session::secret_hash;
use crate::vault::Place;
use bluelamp_domain::ids::{ForceId, PersonId};

/// How a link reaches its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// To be handed over: shown once.
    Shown(String),
    /// On its way to their work e-mail address.
    Mailed,
}

fn place(force: ForceId, person: PersonId) -> Place {
    Place { force, table: "job", id: person.0, column: "link" }
}

fn address(app: &App, secret: &str) -> String {
    format!("{}/invite/{secret}", app.config.staff.origin)
}

/// Makes a link for a person and sends it where there is mail; an older one stops working. A refusal comes back as it is.
pub async fn give(ctx: &Ctx, person: PersonId) -> Result<Result<Given, Outcome>, Fault> {
    if ctx.app.config.mail.is_none() {
        return Ok(make(ctx, person).await?.map(Given::Shown));
    }
    let secret = hex::encode(ctx.app.random::<32>());
    // The job that mails it is stored, so what it carries is sealed (I7).
    let sealed = ctx.app.vault.seal(place(ctx.force, person), secret.as_bytes(), &ctx.app.random());
    let sealed = hex::encode(sealed.map_err(|e| Fault::Broken(e.to_string()))?);
    match ctx.act(MakeLink { person, secret: hex::encode(secret_hash(&secret)), sealed: Some(sealed) }).await? {
        Outcome::Done(_) => Ok(Ok(Given::Mailed)),
        no => Ok(Err(no)),
    }
}

/// Makes a link to be handed over.
pub async fn make(ctx: &Ctx, person: PersonId) -> Result<Result<String, Outcome>, Fault> {
    let secret = hex::encode(ctx.app.random::<32>());
    match ctx.act(MakeLink { person, secret: hex::encode(secret_hash(&secret)), sealed: None }).await? {
        Outcome::Done(_) => Ok(Ok(address(&ctx.app, &secret))),
        no => Ok(Err(no)),
    }
}

/// The link that a job carries.
pub fn unsealed(ctx: &Ctx, person: PersonId, sealed: &str) -> Result<String, Fault> {
    let bytes = hex::decode(sealed).map_err(|e| Fault::Broken(e.to_string()))?;
    let secret = ctx.app.vault.open(place(ctx.force, person), &bytes).map_err(|e| Fault::Broken(e.to_string()))?;
    let text = std::str::from_utf8(secret.expose()).map_err(|e| Fault::Broken(e.to_string()))?;
    Ok(address(&ctx.app, text))
}

//! One-time links: how an invited person comes in for the first time. Only the hash is kept; a link works once, for a day.

use super::acts::make_link::MakeLink;
use crate::act::{Ctx, Fault, Outcome};
use crate::http::session::secret_hash;
use bluelamp_domain::ids::PersonId;

/// Makes a link for a person; an older one stops working. A refusal comes back as it is.
pub async fn make(ctx: &Ctx, person: PersonId) -> Result<Result<String, Outcome>, Fault> {
    let secret = hex::encode(ctx.app.random::<32>());
    match ctx.act(MakeLink { person, secret: hex::encode(secret_hash(&secret)) }).await? {
        Outcome::Done(_) => Ok(Ok(format!("{}/invite/{secret}", ctx.app.config.staff.origin))),
        no => Ok(Err(no)),
    }
}

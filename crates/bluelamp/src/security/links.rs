//! One-time links: how an invited person comes in for the first time. Only the hash is kept; a link works once, for a day.

use crate::act::Fault;
use crate::app::App;
use crate::db::doors;
use crate::http::session::secret_hash;
use bluelamp_domain::ids::{ForceId, PersonId};
use bluelamp_domain::time::DAY;

/// Makes a link for a person; an older one stops working.
pub async fn make(app: &App, force: ForceId, person: PersonId) -> Result<String, Fault> {
    let secret = hex::encode(app.random::<32>());
    let ends = app.clock.now().plus(DAY);
    doors::insert_link(&app.db, force, person, &secret_hash(&secret), ends).await?;
    Ok(format!("{}/invite/{secret}", app.config.staff.origin))
}

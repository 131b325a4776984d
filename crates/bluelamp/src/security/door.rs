//! The way in: from proved factors to a session, the same for every way of proving them.

use super::acts::end_session::{EndSession, Why};
use super::acts::sign_in::{SignIn, Way};
use super::store::{self, Credential};
use super::visit::Visit;
use crate::act::{Ctx, Fault, Outcome};
use crate::app::App;
use crate::db::doors::{self, ForceRow};
use crate::http::session::{COOKIE, DEVICE_COOKIE, secret_hash, set_cookie};
use crate::people::store::PersonRecord;
use bluelamp_domain::act::Principal;
use bluelamp_domain::ids::{ForceId, PersonId};

/// Somebody who may be signing in, with what they could prove it by.
pub struct Known {
    pub force: ForceRow,
    pub person: PersonRecord,
    pub credentials: Vec<Credential>,
}

/// Looks for an active person by their work e-mail, force by force: no read here goes beyond one force (I2).
pub async fn by_email(app: &App, email: &str) -> Result<Option<Known>, Fault> {
    let email = email.trim().to_lowercase();
    for force in doors::forces(&app.db).await? {
        let mut tx = app.db.read(force.id).await?;
        let Some(id) = crate::people::store::person_by_email(&mut tx, force.id, &email).await? else { continue };
        if let Some(person) = crate::people::store::person(&mut tx, force.id, id).await?.filter(|p| p.state == "active") {
            let credentials = store::credentials(&mut tx, force.id, id).await?;
            return Ok(Some(Known { force, person, credentials }));
        }
    }
    Ok(None)
}

/// Looks for the active owner of a passkey, force by force.
pub async fn by_passkey(app: &App, person: PersonId, handle: &[u8]) -> Result<Option<Known>, Fault> {
    for force in doors::forces(&app.db).await? {
        let mut tx = app.db.read(force.id).await?;
        let Some(credential) = store::passkey(&mut tx, force.id, handle).await?.filter(|c| c.person == person) else { continue };
        if let Some(person) = crate::people::store::person(&mut tx, force.id, person).await?.filter(|p| p.state == "active") {
            return Ok(Some(Known { force, person, credentials: vec![credential] }));
        }
    }
    Ok(None)
}

/// A person's context while they come in: both factors proved, no session yet.
pub async fn proven(app: &App, force: ForceId, person: PersonId) -> Result<Option<Ctx>, Fault> {
    let zone = doors::forces(&app.db).await?.into_iter().find(|f| f.id == force).map(|f| f.zone).unwrap_or_default();
    crate::http::session::context(app, force, person, &zone, None, None).await
}

/// The context of an invited person, who is not active yet.
pub async fn invited(app: &App, force: ForceId, person: PersonId) -> Result<Ctx, Fault> {
    let zone = doors::forces(&app.db).await?.into_iter().find(|f| f.id == force).map(|f| f.zone).unwrap_or_default();
    let system = crate::jobs::system(app, force, &zone, bluelamp_domain::act::Actor::Operator);
    Ok(Ctx { principal: Principal::Person(person), scope: std::sync::Arc::default(), ..system })
}

/// What came of signing in: the cookies of the new session, or why not.
pub enum Entered {
    In { cookies: Vec<String> },
    No(Outcome),
}

/// Begins a session, or proves the one that the person is in. Its secret is new in either case, so that a cookie
/// planted or stolen before opens nothing.
pub async fn enter(visit: &Visit, ctx: &Ctx, way: Way) -> Result<Entered, Fault> {
    let app = &visit.app;
    let Some(person) = ctx.principal.person() else { return Err(Fault::Broken("nobody signs in".into())) };
    let secret = hex::encode(app.random::<32>());
    let device = visit.device.clone().unwrap_or_else(|| hex::encode(app.random::<32>()));
    let act = SignIn {
        person,
        way,
        secret: hex::encode(secret_hash(&secret)),
        device: hex::encode(secret_hash(&device)),
        device_says: visit.browser.clone(),
        address: visit.address.clone(),
        place: visit.place(),
        again: ctx.session.is_some(),
    };
    match ctx.act(act).await? {
        Outcome::Done(_) => {}
        no => return Ok(Entered::No(no)),
    }
    if ctx.session.is_none() {
        end_former(visit).await?;
    }
    let hours = ctx.pack().await?.figures().session_hours();
    Ok(Entered::In {
        cookies: vec![
            set_cookie(app, COOKIE, Some(&secret), hours * 3600),
            // As long as browsers keep one.
            set_cookie(app, DEVICE_COOKIE, Some(&device), 400 * 24 * 3600),
            visit.over(),
        ],
    })
}

/// The session that this browser had before is over: nobody keeps two in one browser.
async fn end_former(visit: &Visit) -> Result<(), Fault> {
    let Some(cookie) = &visit.session else { return Ok(()) };
    let Some(row) = doors::session(&visit.app.db, &secret_hash(cookie)).await? else { return Ok(()) };
    let whose = proven(&visit.app, row.force, row.person).await?;
    if let Some(ctx) = whose {
        ctx.act(EndSession { session: row.id, why: Why::SignedOut }).await?;
    }
    Ok(())
}

/// How long somebody has to wait, in words, if they do.
pub async fn must_wait(visit: &Visit, name: &str) -> Result<Option<String>, Fault> {
    let name = name.trim().to_lowercase();
    let left = crate::db::visits::still_waits(&visit.app.db, &name, &visit.address, visit.app.clock.now()).await?;
    Ok(left.map(|micros| {
        let seconds = (micros / 1_000_000).max(0) + 1;
        let words = if seconds > 90 { format!("{} minutes", (seconds + 59) / 60) } else { format!("{seconds} seconds") };
        format!("There were too many tries. Wait {words}, then try again; a passkey works at once.")
    }))
}

pub async fn failed(visit: &Visit, name: &str) -> Result<(), Fault> {
    metrics::counter!("sign_in_failed").increment(1);
    Ok(crate::db::visits::failed(&visit.app.db, &name.trim().to_lowercase(), &visit.address, visit.app.clock.now()).await?)
}

pub async fn succeeded(visit: &Visit, name: &str) -> Result<(), Fault> {
    Ok(crate::db::visits::succeeded(&visit.app.db, &name.trim().to_lowercase()).await?)
}

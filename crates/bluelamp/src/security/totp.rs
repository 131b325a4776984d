//! Codes of an authenticator app (RFC 6238): six digits, thirty seconds, one step of drift either way. The secret lives
//! in the vault; a step whose code was used is stored, so that none works twice.

use crate::act::Fault;
use crate::app::App;
use crate::http::html::{self, Html};
use crate::vault::{Place, Secret};
use bluelamp_domain::ids::{CredentialId, ForceId};
use bluelamp_domain::time::Instant;
use totp_rs::{Builder, Totp};

fn totp(secret: &[u8]) -> Result<Totp, Fault> {
    Builder::new()
        .with_secret(secret.to_vec())
        .with_skew(1)
        .build()
        .map_err(|e| Fault::Broken(format!("an authenticator's secret is unfit: {e}")))
}

fn place(force: ForceId, id: CredentialId) -> Place {
    Place { force, table: "credential", id: id.0, column: "sealed" }
}

/// A new secret.
pub fn new_secret(app: &App) -> Secret {
    Secret::new(app.random::<20>().to_vec())
}

pub fn seal(app: &App, force: ForceId, id: CredentialId, secret: &Secret) -> Result<Vec<u8>, Fault> {
    app.vault.seal(place(force, id), secret.expose(), &app.random()).map_err(|e| Fault::Broken(e.to_string()))
}

pub fn open(app: &App, force: ForceId, id: CredentialId, sealed: &[u8]) -> Result<Secret, Fault> {
    app.vault.open(place(force, id), sealed).map_err(|e| Fault::Broken(e.to_string()))
}

/// The time step for which a code is right, if it is right now.
pub fn step(secret: &Secret, code: &str, now: Instant) -> Result<Option<i64>, Fault> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    let seconds = u64::try_from(now.0 / 1_000_000).unwrap_or(0);
    Ok(totp(secret.expose())?.check(&code, seconds).and_then(|s| i64::try_from(s).ok()))
}

/// The code of a moment, as an app would show it.
#[cfg(test)]
pub fn code(secret: &[u8], now: Instant) -> String {
    totp(secret).unwrap().generate(u64::try_from(now.0 / 1_000_000).unwrap()).to_string()
}

/// The secret as people type it, in groups of four.
pub fn typed(secret: &Secret) -> String {
    let text = totp_rs::Secret::from(secret.expose().to_vec()).to_base32();
    text.as_bytes().chunks(4).map(|c| String::from_utf8_lossy(c).into_owned()).collect::<Vec<_>>().join(" ")
}

/// The square that an app's camera reads.
pub fn picture(secret: &Secret, who: &str, force: &str) -> Html {
    let strict = |text: &str| crate::http::percent(text).replace('/', "%2F");
    let label = format!("{}:{}", strict("Bluelamp"), strict(who));
    let typed = typed(secret).replace(' ', "");
    html::qr(
        &format!("otpauth://totp/{label}?secret={typed}&issuer={}", strict(&format!("Bluelamp {force}"))),
        "A picture for your authenticator app; the code below says the same",
    )
}

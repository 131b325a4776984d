//! Passkeys (WebAuthn): user verification always, so that one is two factors in one. The browser's half is
//! `assets/js/passkeys.js`; the state between start and finish stays here, in a ceremony.

use crate::act::Fault;
use crate::app::App;
use webauthn_rs::prelude::*;

/// The relying party is the staff origin: a passkey made here works nowhere else.
pub fn relying_party(app: &App) -> Result<Webauthn, Fault> {
    let broken = |e: &dyn std::fmt::Display| Fault::Broken(format!("the staff origin does not do for passkeys: {e}"));
    let origin = Url::parse(&app.config.staff.origin).map_err(|e| broken(&e))?;
    let host = origin.host_str().unwrap_or("localhost").to_owned();
    WebauthnBuilder::new(&host, &origin).and_then(|b| b.rp_name("Bluelamp").build()).map_err(|e| broken(&e))
}

/// What a browser is told, and what the server keeps.
pub struct Started {
    pub told: serde_json::Value,
    pub kept: serde_json::Value,
}

fn json<T: serde::Serialize>(value: &T) -> Result<serde_json::Value, Fault> {
    serde_json::to_value(value).map_err(|e| Fault::Broken(e.to_string()))
}

/// Begins making a passkey for a person, besides those they have.
pub fn start_making(app: &App, person: uuid::Uuid, address: &str, name: &str, known: Vec<Vec<u8>>) -> Result<Started, Fault> {
    let exclude = (!known.is_empty()).then_some(known);
    let (challenge, state) =
        relying_party(app)?.start_passkey_registration(person, address, name, exclude).map_err(|e| Fault::Broken(e.to_string()))?;
    let mut told = json(&challenge)?;
    // The authenticator keeps the passkey with its owner's id, so that signing in asks for no name.
    if let Some(wanted) = told.pointer_mut("/publicKey/authenticatorSelection").and_then(|v| v.as_object_mut()) {
        wanted.insert("residentKey".into(), "required".into());
        wanted.insert("requireResidentKey".into(), true.into());
    }
    Ok(Started { told, kept: json(&state)? })
}

/// A passkey made: its own id, and its public data as stored.
pub struct Made {
    pub handle: Vec<u8>,
    pub data: String,
}

/// `None` when the browser's answer is not what was asked for.
pub fn finish_making(app: &App, kept: serde_json::Value, answer: &serde_json::Value) -> Result<Option<Made>, Fault> {
    let state: PasskeyRegistration = serde_json::from_value(kept).map_err(|e| Fault::Broken(e.to_string()))?;
    let Ok(answer) = serde_json::from_value::<RegisterPublicKeyCredential>(answer.clone()) else { return Ok(None) };
    let Ok(passkey) = relying_party(app)?.finish_passkey_registration(&answer, &state) else { return Ok(None) };
    let data = serde_json::to_string(&passkey).map_err(|e| Fault::Broken(e.to_string()))?;
    Ok(Some(Made { handle: passkey.cred_id().to_vec(), data }))
}

/// Begins a sign-in with whichever passkey of this place the person has.
pub fn start_using(app: &App) -> Result<Started, Fault> {
    let (challenge, state) = relying_party(app)?.start_discoverable_authentication().map_err(|e| Fault::Broken(e.to_string()))?;
    let mut told = json(&challenge)?;
    // The person pressed a button; nothing waits in a field's drop-down.
    if let Some(all) = told.as_object_mut() {
        all.remove("mediation");
    }
    Ok(Started { told, kept: json(&state)? })
}

/// Who says to be signing in: the person, and the passkey's own id. Not proved yet.
pub fn claimed(app: &App, answer: &serde_json::Value) -> Result<Option<(uuid::Uuid, Vec<u8>)>, Fault> {
    let Ok(answer) = serde_json::from_value::<PublicKeyCredential>(answer.clone()) else { return Ok(None) };
    Ok(relying_party(app)?.identify_discoverable_authentication(&answer).ok().map(|(person, handle)| (person, handle.to_vec())))
}

/// Proves it. Answers the passkey's data as they are now, where its counter moved.
pub fn finish_using(app: &App, kept: serde_json::Value, answer: &serde_json::Value, stored: &str) -> Result<Option<Option<String>>, Fault> {
    let broken = |e: serde_json::Error| Fault::Broken(e.to_string());
    let state: DiscoverableAuthentication = serde_json::from_value(kept).map_err(broken)?;
    let mut passkey: Passkey = serde_json::from_str(stored).map_err(broken)?;
    let Ok(answer) = serde_json::from_value::<PublicKeyCredential>(answer.clone()) else { return Ok(None) };
    let Ok(result) = relying_party(app)?.finish_discoverable_authentication_v2(&answer, state, DiscoverableKey::from(&passkey)) else {
        return Ok(None);
    };
    if !result.user_verified() {
        return Ok(None);
    }
    let moved = passkey.update_credential(&result) == Some(true);
    Ok(Some(if moved { Some(serde_json::to_string(&passkey).map_err(broken)?) } else { None }))
}

//! Argon2id for what people type: slow on purpose, therefore off the async threads and only a few at a time, or a
//! flood of sign-ins would take all memory.

use crate::act::Fault;
use crate::app::App;
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Hashes under way at once: 19 MiB each.
static SLOTS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(4)));

async fn slowly<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    let broken = |e: &dyn std::fmt::Display| Fault::Broken(format!("a password could not be hashed: {e}"));
    let slot = SLOTS.clone().acquire_owned().await.map_err(|e| broken(&e))?;
    tokio::task::spawn_blocking(move || {
        let _slot = slot;
        work()
    })
    .await
    .map_err(|e| broken(&e))
}

/// The PHC string of a secret.
pub async fn hash(app: &App, secret: &str) -> Result<String, Fault> {
    let (secret, salt) = (Zeroizing::new(secret.as_bytes().to_vec()), app.random::<16>());
    slowly(move || Argon2::default().hash_password_with_salt(&secret, &salt).map(|h| h.to_string()))
        .await?
        .map_err(|e| Fault::Broken(format!("a password could not be hashed: {e}")))
}

/// Hashes of several secrets, in order.
pub async fn hashes(app: &App, secrets: Vec<String>) -> Result<Vec<String>, Fault> {
    let mut all = Vec::with_capacity(secrets.len());
    for secret in secrets {
        all.push(hash(app, &secret).await?);
    }
    Ok(all)
}

/// Is this the secret behind the hash? Without a hash, as much work is done for a no, so that the time says nothing
/// about who has an account here.
pub async fn right(secret: &str, hash: Option<String>) -> Result<bool, Fault> {
    let secret = Zeroizing::new(secret.as_bytes().to_vec());
    slowly(move || match hash {
        Some(hash) => Argon2::default().verify_password(&secret, hash.as_str()).is_ok(),
        None => {
            let mut out = [0; 32];
            // The answer is no whatever comes out.
            let _ = Argon2::default().hash_password_into(&secret, b"nobody's own salt", &mut out);
            false
        }
    })
    .await
}

//! Secrets at rest: a data key per row, wrapped by a key of the force, wrapped by the master key (XChaCha20-Poly1305,
//! bound to force, table, id and column, so that a sealed value moved elsewhere does not open).
//!
//! The master key is 32 bytes from a file only its owner can read, or a systemd credential. Nothing here is logged,
//! and `Secret` neither prints nor serialises (I7).

use bluelamp_domain::ids::ForceId;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A value that is neither shown nor logged.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    pub fn new(bytes: Vec<u8>) -> Self {
        Secret(Zeroizing::new(bytes))
    }

    /// Hands the bytes to whoever truly needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// What a sealed value belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub force: ForceId,
    pub table: &'static str,
    pub id: Uuid,
    pub column: &'static str,
}

impl Place {
    fn bound(&self) -> Vec<u8> {
        format!("{}|{}|{}|{}", self.force, self.table, self.id, self.column).into_bytes()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the master key must be exactly 32 bytes")]
    BadKey,
    #[error("a sealed value of `{table}` does not open: it was changed, moved, or sealed under another master key")]
    Closed { table: &'static str },
}

pub struct Vault {
    master: Secret,
}

const NONCE: usize = 24;
/// First byte of every sealed value: which way it was sealed.
const VERSION: u8 = 1;

impl Vault {
    pub fn new(master: Secret) -> Result<Vault, VaultError> {
        if master.expose().len() == 32 { Ok(Vault { master }) } else { Err(VaultError::BadKey) }
    }

    /// A key for one purpose of one force, derived from the master key.
    fn force_key(&self, force: ForceId) -> Zeroizing<[u8; 32]> {
        self.derive(format!("force|{force}").as_bytes())
    }

    /// A key for a purpose of the installation as a whole: cookies, form tokens.
    pub fn derive(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(self.master.expose()).expect("HMAC takes keys of any length");
        mac.update(b"bluelamp key v1|");
        mac.update(purpose);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    /// Seals `plain` for its place. `random` is 80 fresh random bytes.
    pub fn seal(&self, place: Place, plain: &[u8], random: &[u8; 80]) -> Result<Vec<u8>, VaultError> {
        let closed = |_| VaultError::Closed { table: place.table };
        let (data_key, nonces) = random.split_at(32);
        let (wrap_nonce, value_nonce) = nonces.split_at(NONCE);
        let bound = place.bound();
        let wrapped =
            cipher(&*self.force_key(place.force)).encrypt(&nonce(wrap_nonce), Payload { msg: data_key, aad: &bound }).map_err(closed)?;
        let value = cipher(data_key).encrypt(&nonce(value_nonce), Payload { msg: plain, aad: &bound }).map_err(closed)?;
        let mut out = vec![VERSION];
        out.extend_from_slice(wrap_nonce);
        out.extend_from_slice(&wrapped);
        out.extend_from_slice(value_nonce);
        out.extend_from_slice(&value);
        Ok(out)
    }

    /// Opens what was sealed for this very place.
    pub fn open(&self, place: Place, sealed: &[u8]) -> Result<Secret, VaultError> {
        let closed = || VaultError::Closed { table: place.table };
        const WRAPPED: usize = 32 + 16;
        if sealed.len() < 1 + NONCE + WRAPPED + NONCE + 16 || sealed[0] != VERSION {
            return Err(closed());
        }
        let bound = place.bound();
        let (wrap_nonce, rest) = sealed[1..].split_at(NONCE);
        let (wrapped, rest) = rest.split_at(WRAPPED);
        let (value_nonce, value) = rest.split_at(NONCE);
        let key = Zeroizing::new(
            cipher(&*self.force_key(place.force))
                .decrypt(&nonce(wrap_nonce), Payload { msg: wrapped, aad: &bound })
                .map_err(|_| closed())?,
        );
        let plain = cipher(&key).decrypt(&nonce(value_nonce), Payload { msg: value, aad: &bound }).map_err(|_| closed())?;
        Ok(Secret::new(plain))
    }
}

fn cipher(key: &[u8]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::try_from(key).expect("every key here is 32 bytes"))
}

fn nonce(bytes: &[u8]) -> XNonce {
    XNonce::try_from(bytes).expect("every nonce here is 24 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(column: &'static str) -> Place {
        Place { force: ForceId(Uuid::from_u128(1)), table: "connection", id: Uuid::from_u128(2), column }
    }

    #[test]
    fn a_sealed_value_opens_only_where_it_belongs() {
        let vault = Vault::new(Secret::new(vec![7; 32])).unwrap();
        let sealed = vault.seal(place("secret"), b"invented token", &[9; 80]).unwrap();
        assert_eq!(vault.open(place("secret"), &sealed).unwrap().expose(), b"invented token");
        assert!(vault.open(place("other"), &sealed).is_err());
        let other_force = Place { force: ForceId(Uuid::from_u128(3)), ..place("secret") };
        assert!(vault.open(other_force, &sealed).is_err());
        for i in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[i] ^= 1;
            assert!(vault.open(place("secret"), &changed).is_err(), "byte {i}");
        }
    }

    #[test]
    fn i7_a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new(b"hush".to_vec())), "Secret");
    }
}

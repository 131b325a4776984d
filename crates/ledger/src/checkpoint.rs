//! Checkpoints: a signed statement "this ledger had this many entries and this root".
//!
//! The form is C2SP tlog-checkpoint in a C2SP signed-note, so that other people's tools read it. A
//! force's ledger has an *origin* (`host/force`), which is also its keys' name. Keys are Ed25519, made
//! from 32 random bytes that the server's vault keeps.

use std::fmt;
use std::str::FromStr;

use base64::prelude::*;
use ed25519_dalek::{Signer as _, SigningKey as Ed25519};
use signed_note::{Note, NoteError, Signature, StandardVerifier, Verifier as _, VerifierList};
use tlog_tiles::Checkpoint;

use crate::{Digest, tree::MAX_SIZE};

/// What is wrong with a key, a checkpoint or a signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// An origin with a space, a plus sign or a control character, or none at all.
    #[error("an origin is a host and a force, such as `ledger.example.invalid/example`, with no space and no plus sign")]
    Origin,
    /// Not a verifier key.
    #[error("not a verifier key: it reads origin+8 hexadecimal digits+base64, as printed by the ledger page")]
    Key,
    /// Not a signed note holding a checkpoint.
    #[error("not a checkpoint in a signed note")]
    Malformed,
    /// A signature by a listed key that does not fit the text.
    #[error("the signature of `{0}` does not fit the text: the text or the signature was changed")]
    BadSignature(String),
    /// No signature by any of the keys given.
    #[error("not signed by any of the keys given")]
    Unsigned,
    /// The note is about another ledger.
    #[error("this is about `{found}`, not `{wanted}`")]
    OtherOrigin {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
}

/// A ledger's private key. It shows nothing and is wiped when dropped.
pub struct SigningKey {
    origin: String,
    key: Ed25519,
}

impl SigningKey {
    /// The key of a ledger from 32 random bytes; the same bytes give the same key.
    ///
    /// # Errors
    /// When the origin cannot name a key.
    pub fn from_seed(origin: &str, seed: &[u8; 32]) -> Result<Self, CheckpointError> {
        check_origin(origin)?;
        Ok(Self { origin: origin.to_owned(), key: Ed25519::from_bytes(seed) })
    }

    /// The ledger this key signs for.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The key to give to those who verify.
    #[must_use]
    pub fn verifier_key(&self) -> VerifierKey {
        VerifierKey(signed_note::new_ed25519_verifier_key(&self.origin, &self.key.verifying_key()))
    }

    /// Signs text that ends with a newline, adding to signatures already there.
    pub(crate) fn sign_note(&self, text: &str, others: &[&SigningKey]) -> Result<String, CheckpointError> {
        let mut signatures = Vec::new();
        for key in others.iter().chain([&self]) {
            let bytes = key.key.sign(text.as_bytes()).to_bytes().to_vec();
            let signature = Signature::new(key.origin.clone(), key.verifier_key().key_id(), bytes);
            signatures.push(signature.map_err(|_| CheckpointError::Origin)?);
        }
        let note = Note::new(text.as_bytes(), &signatures).map_err(|_| CheckpointError::Malformed)?;
        String::from_utf8(note.to_bytes()).map_err(|_| CheckpointError::Malformed)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.origin)
    }
}

/// A ledger's public key, in the text form of signed notes: `origin+id+base64`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifierKey(String);

impl VerifierKey {
    /// Reads a verifier key; only the one usual spelling is taken.
    ///
    /// # Errors
    /// When it is malformed, of another algorithm, or its id does not fit.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let verifier = StandardVerifier::new(text).map_err(|_| CheckpointError::Key)?;
        check_origin(verifier.name()).map_err(|_| CheckpointError::Key)?;
        // The base64 part may hold plus signs of its own.
        let key = text.splitn(3, '+').nth(2).unwrap_or_default();
        let decoded = BASE64_STANDARD.decode(key).map_err(|_| CheckpointError::Key)?;
        let usual = format!("{}+{:08x}+{}", verifier.name(), verifier.key_id(), BASE64_STANDARD.encode(decoded));
        if usual == text { Ok(Self(usual)) } else { Err(CheckpointError::Key) }
    }

    /// The ledger the key belongs to.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.split('+').next().unwrap_or_default()
    }

    fn key_id(&self) -> u32 {
        self.verifier().key_id()
    }

    fn verifier(&self) -> StandardVerifier {
        StandardVerifier::new(&self.0).expect("checked when the key was made")
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for VerifierKey {
    type Err = CheckpointError;
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        Self::parse(text)
    }
}

/// The head of a ledger: whose, how long, and the root over everything so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// `host/force`.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The tree's root.
    pub root: Digest,
}

impl Head {
    fn text(&self) -> Result<String, CheckpointError> {
        check_origin(&self.origin)?;
        let checkpoint = Checkpoint::new(&self.origin, self.size, self.root.into(), "").map_err(|_| CheckpointError::Malformed)?;
        String::from_utf8(checkpoint.to_bytes()).map_err(|_| CheckpointError::Malformed)
    }
}

/// A checkpoint whose signatures were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it says.
    pub head: Head,
    /// Which of the given keys signed it.
    pub signed_by: Vec<VerifierKey>,
    /// How many more signatures it bears that could not be checked, such as witnesses'.
    pub others: usize,
}

/// Makes a signed checkpoint.
///
/// ```
/// use bluelamp_ledger::{Digest, checkpoint::{Head, SigningKey, open, sign}};
/// let key = SigningKey::from_seed("ledger.example.invalid/example", &[7; 32])?;
/// let head = Head { origin: key.origin().into(), size: 3, root: Digest([1; 32]) };
/// let note = sign(&head, &key)?;
/// assert_eq!(open(&note, &[key.verifier_key()])?.head, head);
/// # Ok::<(), bluelamp_ledger::checkpoint::CheckpointError>(())
/// ```
///
/// # Errors
/// When the head is of another ledger than the key.
pub fn sign(head: &Head, key: &SigningKey) -> Result<String, CheckpointError> {
    same_origin(&head.origin, &key.origin)?;
    key.sign_note(&head.text()?, &[])
}

/// Opens a checkpoint with the keys one trusts. Signatures by others are counted, not believed.
///
/// # Errors
/// When it is malformed, bears a wrong signature, or none by the keys given.
pub fn open(note: &str, keys: &[VerifierKey]) -> Result<Opened, CheckpointError> {
    let (text, signed_by, others) = open_note(note, keys)?;
    let checkpoint = Checkpoint::from_bytes(text.as_bytes()).map_err(|_| CheckpointError::Malformed)?;
    if checkpoint.size() > MAX_SIZE {
        return Err(CheckpointError::Malformed);
    }
    for key in &signed_by {
        same_origin(key.origin(), checkpoint.origin())?;
    }
    let head = Head { origin: checkpoint.origin().to_owned(), size: checkpoint.size(), root: (*checkpoint.hash()).into() };
    Ok(Opened { head, signed_by, others })
}

/// Opens any signed note: its text, which of the keys signed, and how many other signatures.
pub(crate) fn open_note(note: &str, keys: &[VerifierKey]) -> Result<(String, Vec<VerifierKey>, usize), CheckpointError> {
    let parsed = Note::from_bytes(note.as_bytes()).map_err(|_| CheckpointError::Malformed)?;
    if parsed.to_bytes() != note.as_bytes() {
        return Err(CheckpointError::Malformed);
    }
    let mut unique = keys.to_vec();
    unique.sort();
    unique.dedup();
    let known = VerifierList::new(unique.iter().map(|k| Box::new(k.verifier()) as Box<dyn signed_note::Verifier>).collect());
    let (good, others) = parsed.verify(&known).map_err(|e| match e {
        NoteError::InvalidSignature { name, .. } => CheckpointError::BadSignature(name),
        NoteError::UnverifiedNote => CheckpointError::Unsigned,
        _ => CheckpointError::Malformed,
    })?;
    let signed_by = unique.into_iter().filter(|k| good.iter().any(|s| s.name() == k.origin() && s.id() == k.key_id())).collect();
    let text = String::from_utf8(parsed.text().to_vec()).map_err(|_| CheckpointError::Malformed)?;
    Ok((text, signed_by, others.len()))
}

pub(crate) fn same_origin(found: &str, wanted: &str) -> Result<(), CheckpointError> {
    if found == wanted {
        return Ok(());
    }
    Err(CheckpointError::OtherOrigin { found: found.to_owned(), wanted: wanted.to_owned() })
}

fn check_origin(origin: &str) -> Result<(), CheckpointError> {
    let fits = (1..=200).contains(&origin.len()) && origin.bytes().all(|b| b.is_ascii_graphic() && b != b'+');
    if fits { Ok(()) } else { Err(CheckpointError::Origin) }
}

/// How many signatures a note bears, repeated ones included.
pub(crate) fn signatures(note: &str) -> usize {
    note.rsplit_once("\n\n").map_or(0, |(_, lines)| lines.lines().count())
}

/// The same note with the signature of this key alone.
pub(crate) fn keep_only(note: &str, key: &VerifierKey) -> Result<String, CheckpointError> {
    open_note(note, std::slice::from_ref(key))?;
    let (text, lines) = note.rsplit_once("\n\n").ok_or(CheckpointError::Malformed)?;
    let own = lines.lines().filter_map(|line| Signature::from_bytes(line.as_bytes()).ok());
    let own = own.filter(|s| s.name() == key.origin() && s.id() == key.key_id()).take(1).collect::<Vec<_>>();
    let note = Note::new(format!("{text}\n").as_bytes(), &own).map_err(|_| CheckpointError::Malformed)?;
    String::from_utf8(note.to_bytes()).map_err(|_| CheckpointError::Malformed)
}

//! One entry: what an act leaves on the ledger.
//!
//! An entry is RFC 8785 canonical JSON of ids, codes, a nonce and commitments. Every field has a type
//! that a name or a sentence cannot enter ([`words`]). The bytes made here are what is hashed, stored
//! and exported; they are never made again from a database's own JSON, which may reorder keys.
//!
//! ```
//! use bluelamp_ledger::{Digest, commit::commit, entry::{By, Decision, Entry, Id, Word}};
//! let entry = Entry::new(
//!     Id([1; 16]), Id([2; 16]), Word::new("desk.close")?, 1_795_000_000_000_000,
//!     By::Person(Id([3; 16])), Decision::Done, Digest([9; 32]),
//! )?
//! .clause("APP-GEN-1")?
//! .id("message", Id([4; 16]))?
//! .code("disposal", "answered")?
//! .commit("reason", commit(&Digest([5; 32]), b"they thanked us"))?;
//! let bytes = entry.bytes();
//! assert_eq!(Entry::read(&bytes)?, entry);
//! assert!(entry.code("reason", "They thanked us").is_err());
//! # Ok::<(), bluelamp_ledger::entry::EntryError>(())
//! ```

mod words;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::Digest;
pub use words::{By, Clause, Code, Id, Name, NotAllowed, Word};

/// The version of the entry's form that this crate writes and reads.
pub const VERSION: u64 = 1;
/// Latest instant an entry may carry, so that JSON keeps it exactly (the year 2255).
pub const LATEST: i64 = 1 << 53;

/// How the act was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// It was allowed and happened.
    Done,
    /// It waits for somebody's agreement.
    Held,
    /// It was refused; nothing else changed.
    Refused,
}

impl Decision {
    /// The word in the entry.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Held => "held",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What one act leaves on the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The entry's own id.
    pub id: Id,
    /// The force whose ledger it is on.
    pub force: Id,
    /// The act's name, such as `accounts.approve`.
    pub act: Word,
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
    /// Who acted.
    pub by: By,
    /// On whose behalf, where somebody acted for another.
    pub on_behalf: Option<Id>,
    /// How it was decided.
    pub decision: Decision,
    /// The hash of the pack that decided; absent only before a force has one.
    pub pack: Option<Digest>,
    /// The clauses the decision cites, in the order shown to the person.
    pub clauses: Vec<Clause>,
    /// The rules that spoke.
    pub rules: Vec<Clause>,
    /// What the act was about.
    pub ids: BTreeMap<Name, Id>,
    /// Words, numbers and dates that say what changed.
    pub codes: BTreeMap<Name, Code>,
    /// Commitments to the values that stand beside the ledger.
    pub commits: BTreeMap<Name, Digest>,
    /// Random bytes, so that an entry cannot be guessed from its leaf hash.
    pub nonce: Digest,
}

/// Why an entry cannot be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The bytes are not JSON, or not an object.
    #[error("an entry is one JSON object; these bytes are not")]
    NotJson,
    /// The JSON is not in canonical form, so the same entry would have two hashes.
    #[error("not in canonical form (RFC 8785): the same entry would have two hashes")]
    NotCanonical,
    /// A version this program does not know.
    #[error("entry version {0}: this program knows version 1, use a newer one")]
    Version(u64),
    /// A field is missing or of the wrong kind.
    #[error("field `{0}` is missing or of the wrong kind")]
    Field(&'static str),
    /// A field nobody knows, perhaps smuggling text.
    #[error("an entry has {0} fields this version does not know")]
    Unknown(usize),
    /// A value that may not stand in an entry.
    #[error("field `{field}`: {why}")]
    Value {
        /// Which field.
        field: &'static str,
        /// Why not.
        why: NotAllowed,
    },
    /// The same name given twice.
    #[error("the same name is given twice under `{0}`")]
    Twice(&'static str),
}

impl From<NotAllowed> for EntryError {
    fn from(why: NotAllowed) -> Self {
        Self::Value { field: "act", why }
    }
}

fn in_field(field: &'static str) -> impl Fn(NotAllowed) -> EntryError {
    move |why| EntryError::Value { field, why }
}

fn put<T>(map: &mut BTreeMap<Name, T>, field: &'static str, name: &str, value: T) -> Result<(), EntryError> {
    match map.insert(Name::new(name).map_err(in_field(field))?, value) {
        None => Ok(()),
        Some(_) => Err(EntryError::Twice(field)),
    }
}

impl Entry {
    /// Begins an entry; the rest is added by the methods below.
    ///
    /// # Errors
    /// When the instant is negative or beyond [`LATEST`].
    pub fn new(id: Id, force: Id, act: Word, at: i64, by: By, decision: Decision, nonce: Digest) -> Result<Self, EntryError> {
        if !(0..=LATEST).contains(&at) {
            return Err(EntryError::Value { field: "at", why: NotAllowed::Number });
        }
        Ok(Self {
            id,
            force,
            act,
            at,
            by,
            on_behalf: None,
            decision,
            pack: None,
            clauses: Vec::new(),
            rules: Vec::new(),
            ids: BTreeMap::new(),
            codes: BTreeMap::new(),
            commits: BTreeMap::new(),
            nonce,
        })
    }

    /// On whose behalf it was done.
    #[must_use]
    pub fn on_behalf(mut self, person: Id) -> Self {
        self.on_behalf = Some(person);
        self
    }

    /// The hash of the pack that decided.
    #[must_use]
    pub fn pack(mut self, hash: Digest) -> Self {
        self.pack = Some(hash);
        self
    }

    /// Cites a clause.
    ///
    /// # Errors
    /// When it is not a clause id.
    pub fn clause(mut self, id: &str) -> Result<Self, EntryError> {
        self.clauses.push(Clause::new(id).map_err(in_field("clauses"))?);
        Ok(self)
    }

    /// Names a rule that spoke.
    ///
    /// # Errors
    /// When it is not a rule id.
    pub fn rule(mut self, id: &str) -> Result<Self, EntryError> {
        self.rules.push(Clause::new(id).map_err(in_field("rules"))?);
        Ok(self)
    }

    /// Says what the act was about.
    ///
    /// # Errors
    /// When the name is not allowed or taken.
    pub fn id(mut self, name: &str, id: Id) -> Result<Self, EntryError> {
        put(&mut self.ids, "ids", name, id)?;
        Ok(self)
    }

    /// Adds a word, a date (`&str`) or a whole number (`i64`).
    ///
    /// # Errors
    /// When the value is free text, or the name is not allowed or taken.
    pub fn code<C: TryInto<Code, Error = NotAllowed>>(mut self, name: &str, code: C) -> Result<Self, EntryError> {
        let code = code.try_into().map_err(in_field("codes"))?;
        put(&mut self.codes, "codes", name, code)?;
        Ok(self)
    }

    /// Adds a commitment to a value kept beside the ledger.
    ///
    /// # Errors
    /// When the name is not allowed or taken.
    pub fn commit(mut self, name: &str, commitment: Digest) -> Result<Self, EntryError> {
        put(&mut self.commits, "commits", name, commitment)?;
        Ok(self)
    }

    /// The entry as JSON; empty lists, empty maps and absent values are left out.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        map.insert("v".into(), json!(VERSION));
        for (key, value) in [
            ("id", self.id.to_string()),
            ("force", self.force.to_string()),
            ("act", self.act.to_string()),
            ("by", self.by.to_string()),
            ("decision", self.decision.to_string()),
            ("nonce", self.nonce.to_string()),
        ] {
            map.insert(key.into(), value.into());
        }
        map.insert("at".into(), self.at.into());
        map.extend(self.on_behalf.map(|id| ("on_behalf".into(), id.to_string().into())));
        map.extend(self.pack.map(|hash| ("pack".into(), hash.to_string().into())));
        for (key, list) in [("clauses", &self.clauses), ("rules", &self.rules)] {
            if !list.is_empty() {
                map.insert(key.into(), list.iter().map(ToString::to_string).collect());
            }
        }
        let ids = self.ids.iter().map(|(k, v)| (k.to_string(), v.to_string().into()));
        let codes = self.codes.iter().map(|(k, v)| (k.to_string(), v.to_json()));
        let commits = self.commits.iter().map(|(k, v)| (k.to_string(), v.to_string().into()));
        let groups: [(&str, Map<String, Value>); 3] = [("ids", ids.collect()), ("codes", codes.collect()), ("commits", commits.collect())];
        map.extend(groups.into_iter().filter(|(_, m)| !m.is_empty()).map(|(k, m)| (k.into(), m.into())));
        Value::Object(map)
    }

    /// The canonical bytes: what is hashed, stored and exported.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        canonical(&self.to_json())
    }

    /// The hash of the entry's leaf in the tree.
    #[must_use]
    pub fn leaf_hash(&self) -> Digest {
        crate::tree::leaf_hash(&self.bytes())
    }

    /// Makes an entry from JSON, refusing everything that is not an id, a code or a commitment.
    ///
    /// # Errors
    /// Which field, and why.
    pub fn from_json(value: &Value) -> Result<Self, EntryError> {
        let mut fields = Fields(value.as_object().ok_or(EntryError::NotJson)?.clone());
        match fields.take("v").and_then(|v| v.as_u64()) {
            Some(VERSION) => {}
            Some(other) => return Err(EntryError::Version(other)),
            None => return Err(EntryError::Field("v")),
        }
        let decision = match fields.text("decision")?.as_str() {
            "done" => Decision::Done,
            "held" => Decision::Held,
            "refused" => Decision::Refused,
            _ => return Err(EntryError::Field("decision")),
        };
        let at = fields.take("at").and_then(|v| v.as_i64()).ok_or(EntryError::Field("at"))?;
        let mut entry = Self::new(
            fields.read("id", Id::new)?,
            fields.read("force", Id::new)?,
            fields.read("act", Word::new)?,
            at,
            fields.read("by", By::read)?,
            decision,
            fields.digest("nonce")?,
        )?;
        if fields.has("on_behalf") {
            entry.on_behalf = Some(fields.read("on_behalf", Id::new)?);
        }
        if fields.has("pack") {
            entry.pack = Some(fields.digest("pack")?);
        }
        entry.clauses = fields.list("clauses")?;
        entry.rules = fields.list("rules")?;
        for (name, value) in fields.map("ids")? {
            let id = Id::new(value.as_str().unwrap_or_default()).map_err(in_field("ids"))?;
            entry = entry.id(&name, id)?;
        }
        for (name, value) in fields.map("codes")? {
            let code = Code::from_json(&value).map_err(in_field("codes"))?;
            put(&mut entry.codes, "codes", &name, code)?;
        }
        for (name, value) in fields.map("commits")? {
            let digest = Digest::parse(value.as_str().unwrap_or_default()).map_err(|_| EntryError::Field("commits"))?;
            entry = entry.commit(&name, digest)?;
        }
        if fields.0.is_empty() { Ok(entry) } else { Err(EntryError::Unknown(fields.0.len())) }
    }

    /// Reads stored or exported bytes; they must be exactly the canonical form.
    ///
    /// # Errors
    /// Which field, and why.
    pub fn read(bytes: &[u8]) -> Result<Self, EntryError> {
        let value: Value = serde_json::from_slice(bytes).map_err(|_| EntryError::NotJson)?;
        let entry = Self::from_json(&value)?;
        if entry.bytes() == bytes { Ok(entry) } else { Err(EntryError::NotCanonical) }
    }
}

/// RFC 8785 bytes of a JSON value whose numbers are whole and within 2^53.
pub(crate) fn canonical(value: &Value) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).expect("strings and exact whole numbers always have a canonical form")
}

/// The object being read; what is left at the end was not known.
struct Fields(Map<String, Value>);

impl Fields {
    fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.0.remove(key)
    }

    fn text(&mut self, key: &'static str) -> Result<String, EntryError> {
        match self.take(key) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(EntryError::Field(key)),
        }
    }

    fn read<T>(&mut self, key: &'static str, read: fn(&str) -> Result<T, NotAllowed>) -> Result<T, EntryError> {
        read(&self.text(key)?).map_err(in_field(key))
    }

    fn digest(&mut self, key: &'static str) -> Result<Digest, EntryError> {
        Digest::parse(&self.text(key)?).map_err(|_| EntryError::Field(key))
    }

    fn list(&mut self, key: &'static str) -> Result<Vec<Clause>, EntryError> {
        let list = match self.take(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(EntryError::Field(key)),
        };
        list.iter().map(|v| Clause::new(v.as_str().unwrap_or_default()).map_err(in_field(key))).collect()
    }

    fn map(&mut self, key: &'static str) -> Result<Map<String, Value>, EntryError> {
        match self.take(key) {
            None => Ok(Map::new()),
            Some(Value::Object(map)) => Ok(map),
            Some(_) => Err(EntryError::Field(key)),
        }
    }
}

#[cfg(test)]
mod tests;

//! The place line: where an entry stands, and what is still known of the values it commits to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Digest, entry::Id};

/// The name and version of the form, which the header states.
pub const FORMAT: &str = "bluelamp-ledger-export/1";

/// Longest line, so that a hostile file cannot fill the memory of whoever verifies it. Values larger
/// than this belong in the object store, with their hash as the committed value.
pub const MAX_LINE: usize = 16 << 20;

/// What stands beside an entry, by the name it has under `commits`.
pub type Values = BTreeMap<String, Value>;

/// What is known of a committed value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Still held: the value and its random bytes, which prove each other against the commitment.
    Held {
        /// The 32 random bytes.
        random: Digest,
        /// The value.
        value: Vec<u8>,
    },
    /// Gone under a retention rule or a right. Where the disposal is named, a later entry shown in
    /// the same export must carry that id, or the export is not proven.
    Disposed(Option<Id>),
    /// Still held by the force but not for the reader of this export.
    Withheld,
}

/// The line before an entry's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The entry's place, from 0.
    pub index: u64,
    /// The hash of the entry's leaf.
    pub leaf: Digest,
    /// The values; absent when the entry is sealed and no entry line follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Values>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Wire {
    Text { random: Digest, text: String },
    Bytes { random: Digest, hex: String },
    Named { disposed: String },
    Word(Word),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Disposed,
    Withheld,
}

impl Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let wire = match self {
            Self::Held { random, value } => match std::str::from_utf8(value) {
                Ok(text) => Wire::Text { random: *random, text: text.to_owned() },
                Err(_) => Wire::Bytes { random: *random, hex: hex::encode(value) },
            },
            Self::Disposed(None) => Wire::Word(Word::Disposed),
            Self::Disposed(Some(id)) => Wire::Named { disposed: id.to_string() },
            Self::Withheld => Wire::Word(Word::Withheld),
        };
        wire.serialize(s)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        Ok(match Wire::deserialize(d)? {
            Wire::Text { random, text } => Self::Held { random, value: text.into_bytes() },
            Wire::Bytes { random, hex } => Self::Held { random, value: hex::decode(hex).map_err(D::Error::custom)? },
            Wire::Named { disposed } => Self::Disposed(Some(Id::new(&disposed).map_err(D::Error::custom)?)),
            Wire::Word(Word::Disposed) => Self::Disposed(None),
            Wire::Word(Word::Withheld) => Self::Withheld,
        })
    }
}

/// A line as canonical JSON.
pub(super) fn line<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json_canonicalizer::to_vec(value)
}

/// Reads a line that must be exactly the canonical form of what it says; the error is the column.
pub(super) fn read_line<T: Serialize + for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, usize> {
    let value: T = serde_json::from_slice(bytes).map_err(|e| e.column())?;
    let again = line(&value).map_err(|_| 0_usize)?;
    match again.iter().zip(bytes).position(|(a, b)| a != b) {
        None if again.len() == bytes.len() => Ok(value),
        None => Err(again.len().min(bytes.len()) + 1),
        Some(at) => Err(at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both_ways(value: Value, text: &str) {
        let place = Place { index: 7, leaf: Digest([0; 32]), values: Some([("a".to_owned(), value)].into()) };
        let bytes = line(&place).unwrap();
        let tail = String::from_utf8(bytes.clone()).unwrap();
        assert!(tail.ends_with(&format!("\"values\":{{\"a\":{text}}}}}")), "{tail}");
        assert_eq!(read_line::<Place>(&bytes), Ok(place));
    }

    #[test]
    fn each_value_has_one_spelling() {
        let random = Digest([1; 32]);
        let r = "01".repeat(32);
        both_ways(Value::Held { random, value: b"caf\xc3\xa9\n".to_vec() }, &format!(r#"{{"random":"{r}","text":"café\n"}}"#));
        both_ways(Value::Held { random, value: vec![0xff, 0] }, &format!(r#"{{"hex":"ff00","random":"{r}"}}"#));
        both_ways(Value::Disposed(None), r#""disposed""#);
        both_ways(Value::Disposed(Some(Id([2; 16]))), r#"{"disposed":"02020202-0202-0202-0202-020202020202"}"#);
        both_ways(Value::Withheld, r#""withheld""#);
    }

    #[test]
    fn text_given_as_hexadecimal_is_refused() {
        let bytes = format!(r#"{{"index":0,"leaf":"{0}","values":{{"a":{{"hex":"61","random":"{0}"}}}}}}"#, "00".repeat(32));
        assert!(read_line::<Place>(bytes.as_bytes()).is_err());
    }
}

//! The only kinds of value an entry may carry.
//!
//! Design §8: no free text, name or handle stands in an entry, because an entry is never changed
//! and outlives every retention rule. So each kind has a pattern that a sentence cannot meet, and
//! no error repeats what it refuses: it may be a name, and errors reach logs.

use std::fmt;

use serde_json::Value;

/// Why a value may not stand in an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// Not a UUID in its usual lower-case form.
    #[error("not an id: give a uuid in lower case")]
    Id,
    /// Not a code.
    #[error("not a code: 1 to 80 of a-z 0-9 . _ : - ; commit to anything else instead of recording it")]
    Code,
    /// A code with seven digits in a row, or an id or hash inside.
    #[error("a code may not hold a telephone number, an id or a hash: numbers go in as numbers, ids under ids, hashes under commits")]
    Hidden,
    /// Not a clause or rule id.
    #[error("not a clause id: 1 to 80 of A-Z a-z 0-9 . _ : - ; one with capitals has a hyphen and a digit, as in SYSX-4.8")]
    Clause,
    /// Not a whole number that JSON keeps exactly.
    #[error("not a whole number between -2^53 and 2^53")]
    Number,
    /// Not a date.
    #[error("not a date: write YYYY-MM-DD")]
    Date,
    /// Not a field name.
    #[error("not a name for a value: 1 to 40 of a-z 0-9 . _ - beginning with a letter")]
    Name,
    /// Not a principal.
    #[error("not a principal: give a person's id or the name of a system actor")]
    By,
}

fn made_of(text: &str, max: usize, allowed: fn(u8) -> bool) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(allowed)
}

fn code_byte(b: u8) -> bool {
    matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b':' | b'-')
}

/// Telephone numbers, ids and hashes: seven of `0-9a-f` in a row with a digit among them. A word of
/// plain letters such as `defaced` passes. Written this way so that what is refused does not depend on
/// which random id came along.
fn hides_number(text: &str) -> bool {
    text.split(|c: char| !matches!(c, '0'..='9' | 'a'..='f')).any(|run| run.len() >= 7 && run.bytes().any(|b| b.is_ascii_digit()))
}

macro_rules! text_shown {
    ($($kind:ident)*) => {$(
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl AsRef<str> for $kind {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl std::str::FromStr for $kind {
            type Err = NotAllowed;
            fn from_str(text: &str) -> Result<Self, NotAllowed> {
                Self::new(text)
            }
        }
    )*};
}

/// A UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub [u8; 16]);

impl Id {
    /// Reads the usual text form; upper-case is refused, for one id has one spelling.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn new(text: &str) -> Result<Self, NotAllowed> {
        let dashes = text.len() == 36 && [8, 13, 18, 23].iter().all(|i| text.as_bytes()[*i] == b'-');
        if !dashes || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(NotAllowed::Id);
        }
        let mut bytes = [0; 16];
        hex::decode_to_slice(text.replace('-', ""), &mut bytes).map_err(|_| NotAllowed::Id)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = hex::encode(self.0);
        let (a, b, c, d, e) = (&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]);
        write!(f, "{a}-{b}-{c}-{d}-{e}")
    }
}

impl std::str::FromStr for Id {
    type Err = NotAllowed;
    fn from_str(text: &str) -> Result<Self, NotAllowed> {
        Self::new(text)
    }
}

/// What a value in an entry is called; it comes from the program, never from a form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Takes a name of 1 to 40 of `a-z 0-9 . _ -`, beginning with a letter.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn new(text: &str) -> Result<Self, NotAllowed> {
        let fits = made_of(text, 40, |b| code_byte(b) && b != b':') && text.as_bytes()[0].is_ascii_lowercase();
        if fits && !hides_number(text) { Ok(Self(text.to_owned())) } else { Err(NotAllowed::Name) }
    }
}

/// The id of a clause (`SYSX-4.8`) or of a rule (`SYSX-6.3.duty`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clause(String);

impl Clause {
    /// Takes a clause or rule id: as a word, with capitals where there is a hyphen and a digit too,
    /// which every clause of the register has and a person's name has not.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn new(text: &str) -> Result<Self, NotAllowed> {
        let capitals = text.bytes().any(|b| b.is_ascii_uppercase());
        let shaped = text.contains('-') && text.bytes().any(|b| b.is_ascii_digit());
        if !made_of(text, 80, |b| code_byte(b.to_ascii_lowercase())) || (capitals && !shaped) {
            return Err(NotAllowed::Clause);
        }
        if hides_number(&text.to_ascii_lowercase()) { Err(NotAllowed::Hidden) } else { Ok(Self(text.to_owned())) }
    }
}

/// A word out of a closed vocabulary, such as an act, a state or a ground.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(String);

impl Word {
    /// Takes 1 to 80 of `a-z 0-9 . _ : -`.
    ///
    /// # Errors
    /// When the text is anything else, or hides a telephone number, an id or a hash.
    pub fn new(text: &str) -> Result<Self, NotAllowed> {
        if !made_of(text, 80, code_byte) {
            return Err(NotAllowed::Code);
        }
        if hides_number(text) { Err(NotAllowed::Hidden) } else { Ok(Self(text.to_owned())) }
    }
}

text_shown! { Name Clause Word }

/// A code: a word, a whole number or a civil date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// A word of a closed vocabulary; a clause id may stand here too.
    Word(Word),
    /// A clause or rule id with capitals.
    Clause(Clause),
    /// A whole number.
    Number(i64),
    /// A civil date as `YYYY-MM-DD`.
    Date(String),
}

impl Code {
    /// Takes a word, a date or a clause id, whichever the text is.
    ///
    /// # Errors
    /// When the text is none of them.
    pub fn text(text: &str) -> Result<Self, NotAllowed> {
        if looks_like_date(text) {
            return if is_date(text) { Ok(Self::Date(text.to_owned())) } else { Err(NotAllowed::Date) };
        }
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Clause::new(text).map(Self::Clause);
        }
        Word::new(text).map(Self::Word)
    }

    /// Takes a whole number that JSON keeps exactly.
    ///
    /// # Errors
    /// When it is beyond 2^53.
    pub fn number(n: i64) -> Result<Self, NotAllowed> {
        if n.unsigned_abs() <= 1 << 53 { Ok(Self::Number(n)) } else { Err(NotAllowed::Number) }
    }

    /// Takes a code as it stands in JSON.
    ///
    /// # Errors
    /// When it is neither an allowed string nor a whole number.
    pub fn from_json(value: &Value) -> Result<Self, NotAllowed> {
        match value {
            Value::String(text) => Self::text(text),
            Value::Number(n) => Self::number(n.as_i64().ok_or(NotAllowed::Number)?),
            _ => Err(NotAllowed::Code),
        }
    }

    /// The code as it stands in JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Word(word) => Value::from(word.0.as_str()),
            Self::Clause(clause) => Value::from(clause.0.as_str()),
            Self::Number(n) => Value::from(*n),
            Self::Date(date) => Value::from(date.as_str()),
        }
    }
}

impl TryFrom<&str> for Code {
    type Error = NotAllowed;
    fn try_from(text: &str) -> Result<Self, NotAllowed> {
        Self::text(text)
    }
}

impl TryFrom<i64> for Code {
    type Error = NotAllowed;
    fn try_from(n: i64) -> Result<Self, NotAllowed> {
        Self::number(n)
    }
}

fn looks_like_date(text: &str) -> bool {
    text.len() == 10 && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
}

fn is_date(text: &str) -> bool {
    let part = |range: std::ops::Range<usize>| text[range].parse::<u32>().unwrap_or(0);
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=last).contains(&day)
}

/// Who acted: a person, or a part of the system under its own name (`intake`, `scheduler`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// A person, by id.
    Person(Id),
    /// A system actor.
    Actor(String),
}

impl By {
    /// A system actor. Its name is part of the program: a name typed by somebody does not fit here.
    ///
    /// # Errors
    /// When the name is not 1 to 20 of `a-z` and hyphens.
    pub fn actor(name: &'static str) -> Result<Self, NotAllowed> {
        Self::read_actor(name)
    }

    fn read_actor(name: &str) -> Result<Self, NotAllowed> {
        let fits = made_of(name, 20, |b| b.is_ascii_lowercase() || b == b'-');
        if fits { Ok(Self::Actor(name.to_owned())) } else { Err(NotAllowed::By) }
    }

    /// Reads a principal as it stands in an entry.
    ///
    /// # Errors
    /// When it is neither an id nor an actor's name.
    pub fn read(text: &str) -> Result<Self, NotAllowed> {
        Id::new(text).map(Self::Person).or_else(|_| Self::read_actor(text))
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => id.fmt(f),
            Self::Actor(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_program_pass_and_what_people_write_does_not() {
        for good in ["accounts.approve", "immediate", "v2:trial", "2026-11-21", "SYSX-6.3.duty", "APP-SEC-9", "defaced"] {
            assert!(Code::text(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "Example Person",
            "Person",
            "example@example.invalid",
            "07700900123",
            "tel:07700900123",
            "café",
            "two words",
            "0192f3a1-7c7c-7000-8000-000000000001",
            "message:0192f3a1-7c7c-7000-8000-000000000001",
            "@someone",
            "a\n",
            "2026-02-30",
            &"a".repeat(81),
        ] {
            assert!(Code::text(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_refused_is_never_repeated() {
        let error = Code::text("Example Person").unwrap_err().to_string();
        assert!(!error.contains("Example"));
    }

    #[test]
    fn leap_days_are_dates() {
        assert!(Code::text("2028-02-29").is_ok());
        assert!(Code::text("2027-02-29").is_err());
        assert!(Code::text("2100-02-29").is_err());
        assert!(Code::text("2000-02-29").is_ok());
    }

    #[test]
    fn an_id_has_one_spelling() {
        let id = "0192f3a1-7c7c-7000-8000-0000000000ab";
        assert_eq!(Id::new(id).unwrap().to_string(), id);
        for bad in ["0192F3A1-7c7c-7000-8000-0000000000ab", "0192f3a17c7c700080000000000000ab", "0192f3a1-7c7c-7000-8000-0000000000a-"] {
            assert_eq!(Id::new(bad), Err(NotAllowed::Id));
        }
        assert_eq!(Id::new("ééééééééé-ééé"), Err(NotAllowed::Id));
    }

    #[test]
    fn numbers_stay_exact() {
        assert!(Code::number(1 << 53).is_ok());
        assert!(Code::number((1 << 53) + 1).is_err());
        assert!(Code::from_json(&serde_json::json!(1.5)).is_err());
        assert!(Code::from_json(&serde_json::json!(["x"])).is_err());
    }
}

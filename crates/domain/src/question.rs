//! What policy is asked: may this principal do this act to this thing, in these circumstances?
//!
//! Plain values, so that rules and areas need not know the policy engine. The `policy` crate checks every
//! question against the schema of the packs; a question that does not fit is an error, and an error refuses.

use std::collections::BTreeMap;
use uuid::Uuid;

/// A reference to an entity: its type in the schema and its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ref {
    pub kind: &'static str,
    pub id: String,
}

impl Ref {
    pub fn new(kind: &'static str, id: impl ToString) -> Self {
        Ref { kind, id: id.to_string() }
    }
}

/// A value of an attribute. Civil dates reach the engine as midnight UTC.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Bool(bool),
    Long(i64),
    Text(String),
    /// A word of a closed vocabulary (`DraftKind::"appeal"`) or any other entity.
    Ref(Ref),
    Date(jiff::civil::Date),
    Instant(crate::time::Instant),
    Set(Vec<Value>),
    Record(BTreeMap<&'static str, Value>),
}

impl Value {
    /// A word of a closed vocabulary of the schema.
    pub fn word(kind: &'static str, word: impl ToString) -> Self {
        Value::Ref(Ref::new(kind, word))
    }

    pub fn texts<T: ToString>(texts: impl IntoIterator<Item = T>) -> Self {
        Value::Set(texts.into_iter().map(|t| Value::Text(t.to_string())).collect())
    }

    pub fn refs<T: ToString>(kind: &'static str, ids: impl IntoIterator<Item = T>) -> Self {
        Value::Set(ids.into_iter().map(|i| Value::Ref(Ref::new(kind, i))).collect())
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Value::Bool(b)
    }
}
impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Value::Long(n)
    }
}
impl From<&str> for Value {
    fn from(t: &str) -> Self {
        Value::Text(t.to_owned())
    }
}
impl From<String> for Value {
    fn from(t: String) -> Self {
        Value::Text(t)
    }
}
impl From<jiff::civil::Date> for Value {
    fn from(d: jiff::civil::Date) -> Self {
        Value::Date(d)
    }
}
impl From<crate::time::Instant> for Value {
    fn from(i: crate::time::Instant) -> Self {
        Value::Instant(i)
    }
}
impl From<Ref> for Value {
    fn from(r: Ref) -> Self {
        Value::Ref(r)
    }
}

/// An entity with its attributes, as the schema types them.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    pub of: Ref,
    pub parents: Vec<Ref>,
    pub attrs: BTreeMap<&'static str, Value>,
}

impl Entity {
    pub fn new(kind: &'static str, id: impl ToString) -> Self {
        Entity { of: Ref::new(kind, id), parents: Vec::new(), attrs: BTreeMap::new() }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.attrs.insert(name, value.into());
        self
    }

    /// An optional attribute: absent when `None`, and rules must say what then.
    pub fn with_some(self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(v) => self.with(name, v),
            None => self,
        }
    }

    pub fn under(mut self, parent: Ref) -> Self {
        self.parents.push(parent);
        self
    }
}

/// One question. The principal is added by whoever decides; an act gives the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The act's name, which is the action's id.
    pub action: &'static str,
    pub resource: Entity,
    /// Entities that the resource or the context refers to.
    pub others: Vec<Entity>,
    pub context: BTreeMap<&'static str, Value>,
    /// What releases hang on: a thing, and the revision of it that they were given for.
    pub subject: Uuid,
    pub rests_on: String,
}

impl Question {
    pub fn new(action: &'static str, subject: impl Into<Uuid>, resource: Entity) -> Self {
        Question { action, resource, others: Vec::new(), context: BTreeMap::new(), subject: subject.into(), rests_on: String::new() }
    }

    pub fn also(mut self, entity: Entity) -> Self {
        self.others.push(entity);
        self
    }

    pub fn given(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.context.insert(name, value.into());
        self
    }

    pub fn given_some(self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(v) => self.given(name, v),
            None => self,
        }
    }

    /// A release counts only for the revision it was given for.
    pub fn resting_on(mut self, revision: impl ToString) -> Self {
        self.rests_on = revision.to_string();
        self
    }
}

//! What a rule is given and what it returns.

use crate::ids::{ForceId, PersonId};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use uuid::Uuid;

/// A named actor of the system itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    Intake,
    Scheduler,
    Retention,
    Sequencer,
    /// What needs the operating system: setup, migration, copy, break-glass.
    Operator,
}

impl Actor {
    pub fn name(self) -> &'static str {
        match self {
            Actor::Intake => "intake",
            Actor::Scheduler => "scheduler",
            Actor::Retention => "retention",
            Actor::Sequencer => "sequencer",
            Actor::Operator => "operator",
        }
    }
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Principal {
    Person(PersonId),
    System(Actor),
}

impl Principal {
    pub fn person(self) -> Option<PersonId> {
        match self {
            Principal::Person(p) => Some(p),
            Principal::System(_) => None,
        }
    }

    /// How the ledger names it: a person's id, or the actor's name.
    pub fn code(self) -> String {
        match self {
            Principal::Person(p) => p.to_string(),
            Principal::System(a) => a.name().to_owned(),
        }
    }
}

/// Proof that policy allowed act `A` to this principal just now. Only the one door makes it.
#[derive(Debug)]
pub struct Permit<A> {
    principal: Principal,
    force: ForceId,
    pack: String,
    act: PhantomData<fn() -> A>,
}

impl<A> Permit<A> {
    /// INVARIANT: called by the one door to governed change alone; a test of the workspace reads the code for it.
    pub fn issue(principal: Principal, force: ForceId, pack: String) -> Self {
        Permit { principal, force, pack, act: PhantomData }
    }

    pub fn principal(&self) -> Principal {
        self.principal
    }

    pub fn force(&self) -> ForceId {
        self.force
    }

    pub fn pack(&self) -> &str {
        &self.pack
    }
}

/// What goes into the ledger beside who, when and why: ids, codes, and values that are only committed to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    pub ids: Vec<(&'static str, Uuid)>,
    pub codes: Vec<(&'static str, String)>,
    /// Free text, names, handles: the ledger holds a commitment, the value stands beside it until disposal.
    pub values: Vec<(&'static str, String)>,
}

impl Entry {
    pub fn id(mut self, name: &'static str, id: impl Into<Uuid>) -> Self {
        self.ids.push((name, id.into()));
        self
    }

    pub fn code(mut self, name: &'static str, code: impl ToString) -> Self {
        self.codes.push((name, code.to_string()));
        self
    }

    pub fn value(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.push((name, value.into()));
        self
    }
}

/// Work to be done after the commit, by a job that may run twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The job's name, `publishing.send`.
    pub kind: &'static str,
    pub input: serde_json::Value,
    pub not_before: crate::time::Instant,
    /// Jobs with one key are one job: the second is not added.
    pub key: String,
}

/// Another act in the same transaction, decided and recorded by itself; named, because it may belong to a later area.
#[derive(Debug, Clone, PartialEq)]
pub struct Then {
    pub act: &'static str,
    pub input: serde_json::Value,
    /// Who does it; `None` is whoever did the first act.
    pub by: Option<Principal>,
}

/// What should happen.
#[derive(Debug, Clone, PartialEq)]
pub struct Step<C> {
    pub change: C,
    pub entry: Entry,
    /// An act on many things at once has an entry for each of the others too.
    pub also: Vec<Entry>,
    pub jobs: Vec<Job>,
    pub then: Vec<Then>,
}

impl<C> Step<C> {
    pub fn to(change: C) -> Self {
        Step { change, entry: Entry::default(), also: Vec::new(), jobs: Vec::new(), then: Vec::new() }
    }

    pub fn entry(mut self, entry: Entry) -> Self {
        self.entry = entry;
        self
    }

    pub fn and_entry(mut self, entry: Entry) -> Self {
        self.also.push(entry);
        self
    }

    pub fn job(mut self, job: Job) -> Self {
        self.jobs.push(job);
        self
    }

    pub fn then(mut self, act: &'static str, input: serde_json::Value) -> Self {
        self.then.push(Then { act, input, by: None });
        self
    }

    pub fn then_by(mut self, by: Principal, act: &'static str, input: serde_json::Value) -> Self {
        self.then.push(Then { act, input, by: Some(by) });
        self
    }
}

/// A rule said that this cannot be done: states and invariants, not policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{says}")]
pub struct Refusal {
    /// A stable code, `draft-not-ready`.
    pub code: String,
    /// The fact and what to do next, for the person.
    pub says: String,
    /// The clause, where one demands it.
    pub clause: Option<String>,
}

impl Refusal {
    pub fn new(code: &str, says: impl Into<String>) -> Self {
        Refusal { code: code.to_owned(), says: says.into(), clause: None }
    }

    pub fn citing(mut self, clause: &str) -> Self {
        self.clause = Some(clause.to_owned());
        self
    }
}

//! What the rehearsal platform holds, and how each change alters it. Pure: the log plays the same changes
//! again after a restart and arrives at the same world.

use super::super::wire::{Event, Measure, Message, Person, Post, What};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One line of the state file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The first line: a file belongs to one seed.
    Began {
        seed: u64,
    },
    Posted {
        key: String,
        post: Post,
    },
    Removed {
        post: String,
    },
    /// `turn` is the turn of the public's play that caused it; none when it was said by hand.
    Happened {
        event: Event,
        turn: Option<u64>,
    },
    /// History was written up to this instant, so that it is not written twice.
    Recalled {
        from: i64,
        to: i64,
    },
    Measured {
        account: String,
        measure: Measure,
    },
}

#[derive(Debug, Default)]
pub struct World {
    pub posts: BTreeMap<String, Post>,
    pub removed: BTreeSet<String>,
    /// (account, key) to post: what makes a repeated publish harmless.
    pub keys: BTreeMap<(String, String), String>,
    pub events: Vec<Event>,
    /// Every message with its latest text, in order of arrival, and its account.
    pub messages: BTreeMap<String, (String, Message)>,
    pub order: Vec<String>,
    pub gone: BTreeSet<String>,
    pub hidden: BTreeSet<String>,
    /// (account, person).
    pub blocked: BTreeSet<(String, String)>,
    pub reports: Vec<Measure>,
    pub answered: BTreeSet<String>,
    pub recalled: Vec<(i64, i64)>,
    pub turns: u64,
    pub lines: u64,
}

/// Why a measure is not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum NoMeasure {
    Message,
    Person,
    Action,
}

impl World {
    pub fn apply(&mut self, change: Change) {
        self.lines += 1;
        match change {
            Change::Began { .. } => {}
            Change::Posted { key, post } => {
                self.keys.insert((post.account.clone(), key), post.id.clone());
                self.posts.insert(post.id.clone(), post);
            }
            Change::Removed { post } => {
                self.removed.insert(post);
            }
            Change::Happened { event, turn } => self.happened(event, turn),
            Change::Recalled { from, to } => self.recalled.push((from, to)),
            Change::Measured { account, measure } => self.measured(account, measure),
        }
    }

    fn happened(&mut self, event: Event, turn: Option<u64>) {
        if let Some(turn) = turn {
            self.turns = self.turns.max(turn + 1);
        }
        match &event.what {
            What::Created { message } => {
                if let Some(post) = message.parent.as_ref().filter(|p| self.posts.contains_key(*p)) {
                    self.answered.insert(post.clone());
                }
                self.order.push(message.id.clone());
                self.messages.insert(message.id.clone(), (event.account.clone(), message.clone()));
            }
            What::Edited { message } => {
                if let Some(known) = self.messages.get_mut(&message.id) {
                    known.1 = message.clone();
                }
            }
            What::Deleted { id } => {
                self.gone.insert(id.clone());
            }
            What::Followed { .. } | What::Other => {}
        }
        self.events.push(event);
    }

    fn measured(&mut self, account: String, measure: Measure) {
        match measure.action.as_str() {
            "hide" => drop(self.hidden.insert(measure.message)),
            "unhide" => drop(self.hidden.remove(&measure.message)),
            "delete" => drop(self.gone.insert(measure.message)),
            "block" => drop(self.blocked.insert((account, measure.person))),
            "unblock" => drop(self.blocked.remove(&(account, measure.person))),
            _ => self.reports.push(measure),
        }
    }

    /// May this measure be taken by this account?
    pub fn judge(&self, account: &str, measure: &Measure) -> Result<(), NoMeasure> {
        match measure.action.as_str() {
            "hide" | "unhide" | "delete" | "report" => {
                let ours = self.messages.get(&measure.message).is_some_and(|(owner, _)| owner == account);
                if ours { Ok(()) } else { Err(NoMeasure::Message) }
            }
            "block" | "unblock" => {
                let met = self.messages.values().any(|(owner, m)| owner == account && m.author.id == measure.person);
                if met { Ok(()) } else { Err(NoMeasure::Person) }
            }
            _ => Err(NoMeasure::Action),
        }
    }

    pub fn next_seq(&self) -> u64 {
        self.events.len() as u64 + 1
    }

    pub fn next_message(&self) -> String {
        format!("m{:06}", self.messages.len() + 1)
    }

    pub fn next_post(&self) -> String {
        format!("p{:06}", self.posts.len() + 1)
    }

    /// Posts of an account that still stand, newest first, told to everybody.
    pub fn standing<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a Post> {
        self.posts.values().rev().filter(move |p| p.account == account && p.private_to.is_none() && !self.removed.contains(&p.id))
    }

    /// A message as the public sees it: neither deleted nor hidden.
    pub fn visible(&self, id: &str) -> Option<&Message> {
        self.messages.get(id).map(|(_, m)| m).filter(|m| !self.gone.contains(&m.id) && !self.hidden.contains(&m.id))
    }

    pub fn is_blocked(&self, account: &str, person: &str) -> bool {
        self.blocked.contains(&(account.to_owned(), person.to_owned()))
    }

    /// A message said now, as an event ready to be committed.
    pub fn said(
        &self,
        account: &str,
        author: Person,
        kind: super::super::wire::Where,
        text: String,
        language: Option<String>,
        parent: Option<&str>,
        at: &str,
        base: &str,
    ) -> Event {
        let id = self.next_message();
        let root = parent.map(|p| {
            let of_post = self.posts.get(p).and_then(|p| p.root.clone());
            let of_message = self.messages.get(p).and_then(|(_, m)| m.root.clone());
            of_post.or(of_message).unwrap_or_else(|| p.to_owned())
        });
        let message = Message {
            url: (kind != super::super::wire::Where::Private).then(|| format!("{base}/see/{id}")),
            id,
            revision: 1,
            kind,
            text,
            language,
            author,
            sent_at: at.to_owned(),
            parent: parent.map(str::to_owned),
            root,
            media: Vec::new(),
        };
        Event { seq: self.next_seq(), account: account.to_owned(), at: at.to_owned(), what: What::Created { message } }
    }
}

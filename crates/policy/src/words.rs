//! The word lists of a pack: what detectors look for, and the closed lists that people choose from.
//!
//! Terms add up along the chain; a pack may reword a term it inherits. Grounds and purposes are a policy's own lists: a
//! pack that brings one replaces its parent's whole, since a force removes comments on the grounds of its policy and no other.

use crate::files::{Files, read_toml};
use crate::{Fault, register};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A word or phrase, in lower case, with what to write instead where there is something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    pub word: String,
    pub instead: Option<String>,
    pub says: Option<String>,
}

/// An entry of a closed list: a ground of moderation, a purpose of a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    pub code: String,
    pub title: String,
    pub says: String,
    pub clause: String,
    /// Grounds alone: the signals of triage, by id or category, that may meet it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<String>,
}

/// Something a detector can see in a draft or a reply; rules name it by its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    pub code: String,
    pub title: String,
    pub says: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Words {
    pub style: Vec<Term>,
    pub jargon: Vec<Term>,
    pub restricted: Vec<Term>,
    pub guilt: Vec<Term>,
    pub political: Vec<Term>,
    /// Words that mark someone as victim, witness or complainant.
    pub victim: Vec<Term>,
    pub grounds: Vec<Code>,
    pub purposes: Vec<Code>,
    pub signs: Vec<Sign>,
}

impl Words {
    pub fn ground(&self, code: &str) -> Option<&Code> {
        self.grounds.iter().find(|g| g.code == code)
    }

    pub fn purpose(&self, code: &str) -> Option<&Code> {
        self.purposes.iter().find(|p| p.code == code)
    }

    pub(crate) fn sign_codes(&self) -> BTreeSet<String> {
        self.signs.iter().map(|s| s.code.clone()).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    term: Vec<Term>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grounds {
    ground: Vec<Code>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Purposes {
    purpose: Vec<Code>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signs {
    sign: Vec<Sign>,
}

const LISTS: [&str; 9] = ["style", "jargon", "restricted", "guilt", "political", "victim", "grounds", "purposes", "signs"];

pub(crate) fn read(files: &Files, folder: &str, parent: Option<&Words>, faults: &mut Vec<Fault>) -> Words {
    let mut words = parent.cloned().unwrap_or_default();
    for (path, bytes) in crate::files::in_folder(files, &format!("{folder}/words")) {
        let list = path.rsplit('/').next().and_then(|f| f.strip_suffix(".toml")).unwrap_or_default();
        let terms = match list {
            "style" => &mut words.style,
            "jargon" => &mut words.jargon,
            "restricted" => &mut words.restricted,
            "guilt" => &mut words.guilt,
            "political" => &mut words.political,
            "victim" => &mut words.victim,
            "grounds" => {
                let file: Option<Grounds> = read_toml(path, bytes, faults);
                words.grounds = codes(path, file.map(|f| f.ground).unwrap_or_default(), faults);
                continue;
            }
            "purposes" => {
                let file: Option<Purposes> = read_toml(path, bytes, faults);
                words.purposes = codes(path, file.map(|f| f.purpose).unwrap_or_default(), faults);
                for purpose in words.purposes.iter().filter(|p| !p.signals.is_empty()) {
                    faults.push(Fault::new(path, format!("`{}` is a purpose; only a ground has signals", purpose.code)));
                }
                continue;
            }
            "signs" => {
                let file: Option<Signs> = read_toml(path, bytes, faults);
                for sign in file.map(|f| f.sign).unwrap_or_default() {
                    if words.signs.iter().any(|s| s.code == sign.code) {
                        faults.push(Fault::new(path, format!("the sign `{}` stands twice; keep one", sign.code)));
                    }
                    words.signs.push(sign);
                }
                continue;
            }
            _ => {
                faults.push(Fault::new(path, format!("`{list}` is no list; the lists are {}", LISTS.join(", "))));
                continue;
            }
        };
        let file: Option<Terms> = read_toml(path, bytes, faults);
        merge(path, terms, file.map(|f| f.term).unwrap_or_default(), faults);
    }
    words
}

fn merge(path: &str, terms: &mut Vec<Term>, new: Vec<Term>, faults: &mut Vec<Fault>) {
    let mut seen = BTreeSet::new();
    let mut all: BTreeMap<String, Term> = terms.drain(..).map(|t| (t.word.clone(), t)).collect();
    for term in new {
        if term.word.trim().is_empty() || term.word != term.word.to_lowercase() {
            faults.push(Fault::new(path, format!("`{}`: write words in lower case, without blanks around them", term.word)));
        }
        if !seen.insert(term.word.clone()) {
            faults.push(Fault::new(path, format!("`{}` stands twice; keep one", term.word)));
        }
        all.insert(term.word.clone(), term);
    }
    terms.extend(all.into_values());
}

fn codes(path: &str, list: Vec<Code>, faults: &mut Vec<Fault>) -> Vec<Code> {
    let mut seen = BTreeSet::new();
    for code in &list {
        if register::clause(&code.clause).is_none() {
            faults.push(Fault::new(path, format!("`{}` cites `{}`, which is not in the register", code.code, code.clause)));
        }
        if !seen.insert(&code.code) {
            faults.push(Fault::new(path, format!("`{}` stands twice; keep one", code.code)));
        }
    }
    list
}

//! The form of a pack's `triage/*.toml`: what a desk supervisor writes and an inspector reads.

use std::collections::BTreeMap;

use bluelamp_domain::triage::{Dimension, Guard, Priority, Route};
use serde::Deserialize;

use crate::compile::CompileError;

/// One file of a pack's `triage/` folder. A key we do not know is an error, so that a typo cannot silence a rule.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalFile {
    /// The file's name, for messages.
    #[serde(skip)]
    pub name: String,
    /// How far from the root pack the file stands: 0 for the national baseline, 1 for a pack that extends it.
    /// A guard never weakens the signals of a pack before its own (I10).
    #[serde(skip)]
    pub layer: u8,
    /// Words that can stand for each other in a phrase, used as `<name>`.
    #[serde(default)]
    pub lists: BTreeMap<String, Vec<String>>,
    /// Spellings of one word: `you = ["u", "yu"]`.
    #[serde(default)]
    pub same: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub language: Vec<LanguageSpec>,
    #[serde(default)]
    pub guard: Vec<GuardSpec>,
    #[serde(default)]
    pub signal: Vec<SignalSpec>,
}

impl SignalFile {
    /// Reads one file of the folder. `layer` is 0 for the root pack and one more for each pack that extends.
    pub fn parse(name: &str, layer: u8, text: &str) -> Result<Self, CompileError> {
        let read: Self = toml::from_str(text).map_err(|e| CompileError::NotASignalFile { file: name.to_owned(), why: e.to_string() })?;
        Ok(Self { name: name.to_owned(), layer, ..read })
    }

    /// Reads the triage files of a pack and all it extends, the root pack's first, as paths and bytes.
    /// Each new folder is a pack nearer to the force than the one before.
    pub fn parse_all(files: &[(String, Vec<u8>)]) -> Result<Vec<Self>, CompileError> {
        let mut folders: Vec<&str> = Vec::new();
        let mut all = Vec::with_capacity(files.len());
        for (path, bytes) in files {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if folders.last() != Some(&folder) {
                folders.push(folder);
            }
            let not = |why: String| CompileError::NotASignalFile { file: path.clone(), why };
            let text = std::str::from_utf8(bytes).map_err(|_| not("save it as UTF-8".into()))?;
            let layer = u8::try_from(folders.len() - 1).map_err(|_| not("too many packs extend each other".into()))?;
            all.push(Self::parse(path, layer, text)?);
        }
        Ok(all)
    }
}

/// Common words by which a language is recognised.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LanguageSpec {
    /// `en` or `cy`.
    pub code: String,
    pub words: Vec<String>,
}

/// Words that make a match doubtful.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardSpec {
    pub kind: Guard,
    pub words: Vec<String>,
    /// Phrases in which such a word does not count: `not breathing` denies nothing.
    #[serde(default)]
    pub except: Vec<String>,
    /// How many words away it still counts.
    #[serde(default = "five")]
    pub within: usize,
    /// It counts across the end of a sentence too.
    #[serde(default)]
    pub across: bool,
}

const fn five() -> usize {
    5
}

/// One thing to notice.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalSpec {
    /// `category.name`, unique in the pack and all it extends.
    pub id: String,
    /// The first part of the id where absent.
    #[serde(default)]
    pub category: Option<String>,
    pub thrive: Vec<Dimension>,
    pub priority: Priority,
    /// The priority where the message is private; never lower.
    #[serde(default)]
    pub private: Option<Priority>,
    pub route: Route,
    /// Phrases; `{a|b}` is either, `{a|}` is optional, `<list>` is any of a list.
    #[serde(default)]
    pub any: Vec<String>,
    /// Regular expressions over the text as written, case ignored: for numbers and codes, not for words.
    #[serde(default)]
    pub patterns: Vec<String>,
    /// A second thing that must stand near, or that raises.
    #[serde(default)]
    pub with: Vec<With>,
    #[serde(default)]
    pub guards: Vec<Guard>,
    /// The language the phrases are in.
    #[serde(default = "english")]
    pub language: String,
    pub says: String,
    #[serde(default)]
    pub clause: Vec<String>,
    #[serde(default)]
    pub case: Vec<Case>,
}

fn english() -> String {
    "en".into()
}

/// A second phrase within so many words of the first. Without `raise` a match does not count unless it is there.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct With {
    pub any: Vec<String>,
    pub within: usize,
    #[serde(default)]
    pub raise: Option<Priority>,
    /// Where a raised match goes; the control room where it became immediate and nothing is said.
    #[serde(default)]
    pub route: Option<Route>,
}

/// A message and what its signal must say of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub text: String,
    pub expect: Expect,
    #[serde(default)]
    pub private: bool,
}

/// What a case expects of its own signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    Immediate,
    Look,
    Priority,
    Routine,
    /// The signal must not fire.
    Silent,
}

impl Expect {
    /// The priority expected, or that none is.
    pub const fn priority(self) -> Option<Priority> {
        match self {
            Self::Immediate => Some(Priority::Immediate),
            Self::Look => Some(Priority::Look),
            Self::Priority => Some(Priority::Priority),
            Self::Routine => Some(Priority::Routine),
            Self::Silent => None,
        }
    }
}

//! Pack text to an engine, or the first reason why not, in words its author can act on.

use std::collections::{BTreeMap, HashMap, HashSet};

use bluelamp_domain::triage::{Guard, Language, Priority, Route, Thrive};
use regex::{Regex, RegexBuilder};

use crate::engine::Engine;
use crate::expand::{ExpandError, MOST, expand};
use crate::fold::{Folded, Form};
use crate::lexicon::Lexicon;
use crate::pack::{GuardSpec, SignalFile, SignalSpec, With};
use crate::scan::{Scanner, Use};

/// Most phrases a pack may hold in all, after its lists are spelled out.
pub(crate) const MOST_PHRASES: usize = 100_000;
/// Farthest a second thing or a guard may stand from what it is about, in words.
pub(crate) const FARTHEST: usize = 200;
/// Most words of one phrase. Both bounds keep the work on hostile text linear.
pub(crate) const LONGEST: usize = 16;
/// Most bytes one compiled pattern may take: a pattern that needs more is not for this place.
const PATTERN_BYTES: usize = 1 << 20;

/// Why a pack's triage text cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CompileError {
    #[error("`{file}` is not a triage file: {why}")]
    NotASignalFile { file: String, why: String },
    #[error("signal `{id}` in `{file}` exists already; give it another id")]
    DuplicateSignal { file: String, id: String },
    #[error("signal id `{id}` in `{file}` must read `category.name`")]
    BadId { file: String, id: String },
    #[error("list `{list}` in `{file}` exists already; give it another name")]
    DuplicateList { file: String, list: String },
    #[error("`{line}` in `{place}` names the list `{list}`, which no file has; add it under [lists]")]
    UnknownList { place: String, line: String, list: String },
    #[error("`{line}` in `{place}` opens a bracket and does not close it")]
    Unclosed { place: String, line: String },
    #[error("`{line}` in `{place}` stands for more than {MOST} phrases; make it two lines")]
    LineTooWide { place: String, line: String },
    #[error("the pack has more than {MOST_PHRASES} phrases; shorten its lists")]
    TooManyPhrases,
    #[error("`{line}` in `{place}` has no letter or picture to look for")]
    EmptyPhrase { place: String, line: String },
    #[error("`{line}` in `{place}` has more than {LONGEST} words; look for less of it")]
    PhraseTooLong { place: String, line: String },
    #[error("`{place}` reaches {within} words; the most is {FARTHEST}")]
    TooFar { place: String, within: usize },
    #[error("signal `{id}` has neither `any` nor `patterns`, so it could never fire")]
    NothingToFind { id: String },
    #[error("signal `{id}` concerns threat, harm or vulnerability, so its priority is `look` or `immediate`, not `{is}`")]
    BelowLook { id: String, is: &'static str },
    #[error("signal `{id}` names no THRIVE dimension; name at least one")]
    NoDimension { id: String },
    #[error("signal `{id}` lowers its priority in `{key}`; software only raises")]
    Lowers { id: String, key: &'static str },
    #[error("pattern `{pattern}` of signal `{id}` cannot be used: {why}")]
    BadPattern { id: String, pattern: String, why: String },
    #[error("`{spelling}` in `{file}` is read as two different words; keep one")]
    TwoReadings { file: String, spelling: String },
    #[error("`{file}` names language `{code}`; it may be `en` or `cy`")]
    UnknownLanguage { file: String, code: String },
    #[error("the phrases cannot be made into an automaton: {0}")]
    Automaton(String),
}

/// A signal as the engine uses it.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) category: String,
    pub(crate) layer: u8,
    pub(crate) thrive: Thrive,
    pub(crate) priority: Priority,
    pub(crate) private: Priority,
    pub(crate) route: Route,
    pub(crate) with: Vec<Second>,
    pub(crate) guards: Vec<Guard>,
    pub(crate) patterns: Vec<Regex>,
    pub(crate) says: String,
    pub(crate) clauses: Vec<String>,
}

/// A compiled `with`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Second {
    pub(crate) within: usize,
    pub(crate) raise: Option<Priority>,
    pub(crate) route: Route,
}

/// A compiled guard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doubt {
    pub(crate) kind: Guard,
    pub(crate) within: usize,
    pub(crate) across: bool,
    pub(crate) layer: u8,
}

impl Engine {
    /// Compiles the triage text of a pack and all it extends. `version` is named in every triage.
    pub fn compile(files: &[SignalFile], version: &str) -> Result<Self, CompileError> {
        let mut c = Compiler { lists: lists(files)?, lexicon: lexicon(files)?, ..Compiler::default() };
        for file in files {
            for guard in &file.guard {
                c.guard(file, guard)?;
            }
            for signal in &file.signal {
                c.signal(file, signal)?;
            }
        }
        let mut phrases: Vec<(String, Vec<Use>)> = c.phrases.into_iter().collect();
        phrases.sort_unstable();
        let scanner = Scanner::new(phrases).map_err(|e| CompileError::Automaton(e.to_string()))?;
        Ok(Self::new(scanner, c.lexicon, c.rules, c.doubts, version.to_owned()))
    }
}

fn lists(files: &[SignalFile]) -> Result<BTreeMap<String, Vec<String>>, CompileError> {
    let mut all = BTreeMap::new();
    for file in files {
        for (list, words) in &file.lists {
            if all.insert(list.clone(), words.clone()).is_some() {
                return Err(CompileError::DuplicateList { file: file.name.clone(), list: list.clone() });
            }
        }
    }
    Ok(all)
}

fn lexicon(files: &[SignalFile]) -> Result<Lexicon, CompileError> {
    let bare = Lexicon::default();
    let fold = |text: &str| Folded::new(text, Form::default(), &bare).text().trim().to_owned();
    let mut all = Lexicon::default();
    for file in files {
        for (word, spellings) in &file.same {
            for spelling in spellings {
                if !all.same(&fold(spelling), &fold(word)) {
                    let (file, spelling) = (file.name.clone(), spelling.clone());
                    return Err(CompileError::TwoReadings { file, spelling });
                }
            }
        }
        for spec in &file.language {
            let language = match Language::parse(&spec.code) {
                Some(l @ (Language::English | Language::Welsh)) => l,
                _ => {
                    let (file, code) = (file.name.clone(), spec.code.clone());
                    return Err(CompileError::UnknownLanguage { file, code });
                }
            };
            for word in &spec.words {
                all.speaks(&fold(word), language);
            }
        }
    }
    Ok(all)
}

#[derive(Default)]
struct Compiler {
    lists: BTreeMap<String, Vec<String>>,
    lexicon: Lexicon,
    phrases: HashMap<String, Vec<Use>>,
    rules: Vec<Rule>,
    doubts: Vec<Doubt>,
    ids: HashSet<String>,
}

impl Compiler {
    fn guard(&mut self, file: &SignalFile, spec: &GuardSpec) -> Result<(), CompileError> {
        let number = place(self.doubts.len());
        let at = format!("{} guard {}", file.name, spec.kind.name());
        if spec.within > FARTHEST {
            return Err(CompileError::TooFar { place: at, within: spec.within });
        }
        self.add(&at, &spec.words, Use::Guard(number))?;
        self.add(&at, &spec.except, Use::Except(number))?;
        self.doubts.push(Doubt { kind: spec.kind, within: spec.within, across: spec.across, layer: file.layer });
        Ok(())
    }

    fn signal(&mut self, file: &SignalFile, spec: &SignalSpec) -> Result<(), CompileError> {
        check(file, spec)?;
        if !self.ids.insert(spec.id.clone()) {
            return Err(CompileError::DuplicateSignal { file: file.name.clone(), id: spec.id.clone() });
        }
        let number = place(self.rules.len());
        let folded = self.add(&spec.id, &spec.any, Use::Signal(number))?;
        if let Some(language @ (Language::English | Language::Welsh)) = Language::parse(&spec.language) {
            for word in folded.iter().flat_map(|p| p.split_ascii_whitespace()) {
                self.lexicon.speaks(word, language);
            }
        }
        for (group, with) in spec.with.iter().enumerate() {
            self.add(&spec.id, &with.any, Use::With(number, place(group)))?;
        }
        self.rules.push(Rule {
            id: spec.id.clone(),
            category: spec.category.clone().unwrap_or_else(|| category(&spec.id).to_owned()),
            layer: file.layer,
            thrive: spec.thrive.iter().copied().collect(),
            priority: spec.priority,
            private: spec.private.unwrap_or(spec.priority),
            route: spec.route,
            with: spec.with.iter().map(|w| second(w, spec.route)).collect(),
            guards: spec.guards.clone(),
            patterns: spec.patterns.iter().map(|p| pattern(&spec.id, p)).collect::<Result<_, _>>()?,
            says: spec.says.clone(),
            clauses: spec.clause.clone(),
        });
        Ok(())
    }

    /// Spells out, folds and files `lines`; returns the folded phrases.
    fn add(&mut self, at: &str, lines: &[String], what: Use) -> Result<Vec<String>, CompileError> {
        let mut all = Vec::new();
        for line in lines {
            let (place, line) = (|| at.to_owned(), || line.clone());
            let spelled = expand(&line(), &self.lists).map_err(|e| match e {
                ExpandError::UnknownList(list) => CompileError::UnknownList { place: place(), line: line(), list },
                ExpandError::Unclosed => CompileError::Unclosed { place: place(), line: line() },
                ExpandError::TooMany => CompileError::LineTooWide { place: place(), line: line() },
            })?;
            for phrase in spelled {
                let folded = Folded::new(&phrase, Form::default(), &self.lexicon);
                if folded.words().is_empty() {
                    return Err(CompileError::EmptyPhrase { place: place(), line: line() });
                }
                if folded.words().len() > LONGEST {
                    return Err(CompileError::PhraseTooLong { place: place(), line: line() });
                }
                let uses = self.phrases.entry(folded.text().to_owned()).or_default();
                if !uses.contains(&what) {
                    uses.push(what);
                }
                all.push(folded.text().to_owned());
                if self.phrases.len() > MOST_PHRASES {
                    return Err(CompileError::TooManyPhrases);
                }
            }
        }
        Ok(all)
    }
}

/// What must hold of a signal whatever its words.
fn check(file: &SignalFile, spec: &SignalSpec) -> Result<(), CompileError> {
    let id = || spec.id.clone();
    let thrive: Thrive = spec.thrive.iter().copied().collect();
    if spec.id.split_once('.').is_none_or(|(a, b)| a.is_empty() || b.is_empty()) {
        return Err(CompileError::BadId { file: file.name.clone(), id: id() });
    }
    if spec.any.is_empty() && spec.patterns.is_empty() {
        return Err(CompileError::NothingToFind { id: id() });
    }
    if thrive.is_empty() {
        return Err(CompileError::NoDimension { id: id() });
    }
    if thrive.concerns_safety() && spec.priority < Priority::Look {
        return Err(CompileError::BelowLook { id: id(), is: spec.priority.name() });
    }
    if let Some(with) = spec.with.iter().find(|w| w.within > FARTHEST) {
        return Err(CompileError::TooFar { place: id(), within: with.within });
    }
    if spec.private.is_some_and(|p| p < spec.priority) {
        return Err(CompileError::Lowers { id: id(), key: "private" });
    }
    if spec.with.iter().any(|w| w.raise.is_some_and(|p| p < spec.priority)) {
        return Err(CompileError::Lowers { id: id(), key: "with" });
    }
    Ok(())
}

fn second(with: &With, home: Route) -> Second {
    let route = match (with.route, with.raise) {
        (Some(said), _) => said,
        (None, Some(Priority::Immediate)) => Route::Fcr,
        (None, _) => home,
    };
    Second { within: with.within, raise: with.raise, route }
}

fn pattern(id: &str, text: &str) -> Result<Regex, CompileError> {
    let built = RegexBuilder::new(text).case_insensitive(true).size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES).build();
    match built {
        Ok(r) if r.is_match("") => Err("it matches the empty text".to_owned()),
        Ok(r) => Ok(r),
        Err(e) => Err(e.to_string()),
    }
    .map_err(|why| CompileError::BadPattern { id: id.to_owned(), pattern: text.to_owned(), why })
}

fn category(id: &str) -> &str {
    id.split_once('.').map_or(id, |(category, _)| category)
}

/// Tables are bounded by `MOST_PHRASES` long before this could wrap.
fn place(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

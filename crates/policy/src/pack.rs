//! A pack, loaded and whole.

use crate::ask::{Slices, slices};
use crate::cases::Case;
use crate::files::{Files, Manifest, chain, content_hash, files_of, in_folder, misplaced};
use crate::principals::Principals;
use crate::register::{self, Clause};
use crate::rules::{self, Effect, Loaded, Rule};
use crate::texts::{self, Guide, Template};
use crate::words::{self, Words};
use crate::{Fault, cases};
use bluelamp_domain::figures::Figures;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug)]
pub struct Pack {
    manifest: Manifest,
    next_review: Date,
    hash: String,
    figures: Figures,
    /// Names, outermost ancestor first, this pack last.
    chain: Vec<String>,
    pub(crate) loaded: BTreeMap<String, Loaded>,
    rules: Vec<Rule>,
    pub(crate) slices: Slices,
    pub(crate) principals: Principals,
    words: Words,
    guidance: Vec<Guide>,
    templates: Vec<Template>,
    triage: Vec<(String, Vec<u8>)>,
    /// This pack's own cases; those of the packs it extends stand in `parent`.
    pub(crate) cases: Vec<Case>,
    pub(crate) parent: Option<Box<Pack>>,
}

/// A clause with what the pack does about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub clause: Clause,
    pub rules: Vec<Rule>,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Clause { id, section, says, mode, area, shows, .. } = &self.clause;
        writeln!(f, "{id} ({mode}, {area}), {section}\n  {says}\n  Working: {shows}")?;
        if self.rules.is_empty() {
            write!(f, "No rule of this pack serves it; it may be kept by a record, a finding, a task or a page.")?;
        }
        for rule in &self.rules {
            let effect = match (rule.effect, &rule.approver) {
                (Effect::Grant, _) => "grants".to_owned(),
                (Effect::Refuse, _) => "refuses".to_owned(),
                (Effect::Hold, approver) => format!("holds for {}", approver.as_deref().unwrap_or_default()),
            };
            write!(f, "\n{} {effect} ({})\n  {}\n{}", rule.id, rule.file, rule.says, rule.text)?;
        }
        Ok(())
    }
}

/// Reads the pack `name` and all that it extends from `files`, whose keys are paths inside the folder of packs
/// (`college-app/pack.toml`). Every fault comes back at once, and then no pack.
pub fn load(files: &Files, name: &str) -> Result<Pack, Vec<Fault>> {
    let mut faults = Vec::new();
    let manifests = chain(files, name, &mut faults);
    let pack = build(files, &manifests, &mut faults);
    faults.sort();
    faults.dedup();
    match pack {
        Some(pack) if faults.is_empty() => Ok(pack),
        _ => Err(faults),
    }
}

/// `manifests` is a chain, outermost first. A parent is built by itself, so that its own cases are asked of it alone.
fn build(files: &Files, manifests: &[Manifest], faults: &mut Vec<Fault>) -> Option<Pack> {
    let (manifest, ancestors) = manifests.split_last()?;
    let parent = if ancestors.is_empty() { None } else { build(files, ancestors, faults).map(Box::new) };
    let folder = manifest.name.as_str();
    misplaced(files, folder, faults);

    let mut loaded = parent.as_ref().map(|p| p.loaded.clone()).unwrap_or_default();
    rules::read(files, folder, manifest.extends.is_some(), &mut loaded, faults);
    let words = words::read(files, folder, parent.as_ref().map(|p| &p.words), faults);
    rules::validate(&mut loaded, &words.sign_codes(), faults);
    let (guidance, templates) = (
        texts::guidance(files, folder, parent.as_ref().map(|p| p.guidance.as_slice()), faults),
        texts::templates(files, folder, parent.as_ref().map(|p| p.templates.as_slice()), faults),
    );
    let mut triage: Vec<(String, Vec<u8>)> = parent.as_ref().map(|p| p.triage.clone()).unwrap_or_default();
    triage.extend(in_folder(files, &format!("{folder}/triage")).map(|(p, b)| (p.clone(), b.clone())));
    let cases = cases::read(files, folder, &loaded, faults);

    Some(Pack {
        hash: content_hash(&files_of(files, folder)),
        figures: parent.as_ref().map_or_else(|| manifest.figures.clone(), |p| manifest.figures.over(&p.figures)),
        chain: manifests.iter().map(|m| m.name.clone()).collect(),
        next_review: manifest.review_date()?,
        manifest: manifest.clone(),
        rules: loaded.values().map(|l| l.rule.clone()).collect(),
        slices: slices(&loaded),
        principals: Principals::default(),
        loaded,
        words,
        guidance,
        templates,
        triage,
        cases,
        parent,
    })
}

impl Pack {
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    pub fn title(&self) -> &str {
        &self.manifest.title
    }

    pub fn version(&self) -> &str {
        &self.manifest.version
    }

    pub fn owner(&self) -> &str {
        &self.manifest.owner
    }

    pub fn next_review(&self) -> Date {
        self.next_review
    }

    /// What it extends, outermost first, and itself.
    pub fn chain(&self) -> &[String] {
        &self.chain
    }

    /// Of the files of the pack and of those it extends: `content_hash(&files_of(files, name))`.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Sorted by id, which begins with the clause.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub fn words(&self) -> &Words {
        &self.words
    }

    pub fn guidance(&self) -> &[Guide] {
        &self.guidance
    }

    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    pub fn template(&self, name: &str) -> Option<&Template> {
        self.templates.iter().find(|t| t.name == name)
    }

    pub fn guide(&self, name: &str) -> Option<&Guide> {
        self.guidance.iter().find(|g| g.name == name)
    }

    /// The triage files with their paths, those of the outermost pack first.
    pub fn triage_files(&self) -> &[(String, Vec<u8>)] {
        &self.triage
    }

    /// The clause and the rules that serve it; `None` when the register has no such clause.
    pub fn explain(&self, clause: &str) -> Option<Explanation> {
        let clause = register::clause(clause)?.clone();
        let rules = self.rules.iter().filter(|r| r.clause == clause.id).cloned().collect();
        Some(Explanation { clause, rules })
    }
}

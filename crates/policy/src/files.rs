//! From a map of files to the chain of packs: the pack, what it extends, what that extends.

use crate::Fault;
use bluelamp_domain::figures::Figures;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// `pack.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub name: String,
    pub title: String,
    pub version: String,
    pub extends: Option<String>,
    /// The role or department that owns the policy.
    pub owner: String,
    pub next_review: toml::value::Datetime,
    #[serde(default)]
    pub figures: Figures,
}

impl Manifest {
    pub fn review_date(&self) -> Option<jiff::civil::Date> {
        let d = self.next_review.date?;
        jiff::civil::Date::new(i16::try_from(d.year).ok()?, i8::try_from(d.month).ok()?, i8::try_from(d.day).ok()?).ok()
    }
}

/// The folders and file endings of a pack; anything else in it is a fault, so that a misplaced file is not silently ignored.
const PLACES: [(&str, &str); 6] =
    [("rules", "cedar"), ("triage", "toml"), ("words", "toml"), ("guidance", "md"), ("templates", "md"), ("cases", "toml")];

/// SHA-256 over every path and content, in order of path, each with its length before it.
pub fn content_hash(files: &Files) -> String {
    let mut sha = Sha256::new();
    for (path, bytes) in files {
        for part in [path.as_bytes(), bytes] {
            sha.update((part.len() as u64).to_be_bytes());
            sha.update(part);
        }
    }
    hex::encode(sha.finalize())
}

/// The files of a pack and of those it extends: what an adoption stores. Empty when there is no such pack.
pub fn files_of(files: &Files, name: &str) -> Files {
    let mut faults = Vec::new();
    let names: Vec<String> = chain(files, name, &mut faults).into_iter().map(|m| m.name).collect();
    names.iter().flat_map(|n| in_folder(files, n)).map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
}

pub(crate) fn in_folder<'f>(files: &'f Files, folder: &str) -> impl Iterator<Item = (&'f String, &'f Vec<u8>)> {
    let prefix = format!("{folder}/");
    let from = prefix.clone();
    files.range(from..).take_while(move |(p, _)| p.starts_with(&prefix))
}

/// The manifests, outermost ancestor first.
pub(crate) fn chain(files: &Files, name: &str, faults: &mut Vec<Fault>) -> Vec<Manifest> {
    let mut chain: Vec<Manifest> = Vec::new();
    let mut next = Some(name.to_owned());
    while let Some(name) = next {
        let path = format!("{name}/pack.toml");
        if chain.iter().any(|m| m.name == name) {
            faults.push(Fault::new(&path, format!("`{name}` extends itself by way of others; let one pack of the chain extend nothing")));
            break;
        }
        let Some(manifest) = manifest(files, &name, &path, faults) else { break };
        next = manifest.extends.clone();
        chain.push(manifest);
    }
    chain.reverse();
    chain
}

fn manifest(files: &Files, name: &str, path: &str, faults: &mut Vec<Fault>) -> Option<Manifest> {
    let Some(bytes) = files.get(path) else {
        faults.push(Fault::new(path, format!("there is no pack `{name}`; add its folder or correct the name")));
        return None;
    };
    let manifest: Manifest = read_toml(path, bytes, faults)?;
    if manifest.name != name {
        faults.push(Fault::new(path, format!("the pack calls itself `{}` and its folder `{name}`; make them one", manifest.name)));
        return None;
    }
    if manifest.review_date().is_none() {
        faults.push(Fault::new(path, "`next_review` is not a date; write it as 2027-03-01"));
    }
    if manifest.title.is_empty() || manifest.version.is_empty() || manifest.owner.is_empty() {
        faults.push(Fault::new(path, "title, version and owner must not be empty"));
    }
    Some(manifest)
}

/// Files of a pack that stand where nothing reads them.
pub(crate) fn misplaced(files: &Files, folder: &str, faults: &mut Vec<Fault>) {
    for (path, _) in in_folder(files, folder) {
        let inside = &path[folder.len() + 1..];
        let known = inside == "pack.toml"
            || PLACES.iter().any(|(place, ending)| {
                inside
                    .strip_prefix(place)
                    .and_then(|f| f.strip_prefix('/'))
                    .is_some_and(|f| !f.contains('/') && f.ends_with(&format!(".{ending}")))
            });
        if !known {
            faults.push(Fault::new(path, "nothing reads this file; a pack holds pack.toml, rules/*.cedar, triage/*.toml, words/*.toml, guidance/*.md, templates/*.md and cases/*.toml"));
        }
    }
}

pub(crate) fn read_text<'f>(path: &str, bytes: &'f [u8], faults: &mut Vec<Fault>) -> Option<&'f str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(_) => {
            faults.push(Fault::new(path, "is not UTF-8 text; save it as UTF-8"));
            None
        }
    }
}

pub(crate) fn read_toml<T: serde::de::DeserializeOwned>(path: &str, bytes: &[u8], faults: &mut Vec<Fault>) -> Option<T> {
    let text = read_text(path, bytes, faults)?;
    match toml::from_str(text) {
        Ok(value) => Some(value),
        Err(e) => {
            let line = e.span().map_or(String::new(), |s| format!("line {}: ", text[..s.start].matches('\n').count() + 1));
            faults.push(Fault::new(path, format!("{line}{}", e.message())));
            None
        }
    }
}

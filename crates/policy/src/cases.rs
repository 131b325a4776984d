//! Cases: the pack's own tests, questions with the answers that those who wrote the policy expect.

use crate::Fault;
use crate::files::{Files, in_folder, read_toml};
use crate::model::model;
use crate::rules::Loaded;
use crate::world::{self, World};
use bluelamp_domain::decision::Rating;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    pub rating: Rating,
    /// Rule ids, in any order.
    #[serde(default)]
    pub reasons: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Case {
    pub file: String,
    /// The rule that it is about.
    pub rule: String,
    pub says: String,
    pub act: &'static str,
    pub expect: Expected,
    pub(crate) world: World,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    case: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    rule: String,
    says: String,
    act: String,
    #[serde(default)]
    given: toml::Table,
    expect: Expected,
}

pub(crate) fn read(files: &Files, folder: &str, rules: &BTreeMap<String, Loaded>, faults: &mut Vec<Fault>) -> Vec<Case> {
    let mut cases = Vec::new();
    for (path, bytes) in in_folder(files, &format!("{folder}/cases")) {
        let file: Option<File> = read_toml(path, bytes, faults);
        for written in file.map(|f| f.case).unwrap_or_default() {
            match case(path, &written, rules) {
                Ok(case) => cases.push(case),
                Err(says) => faults.push(Fault::of_rule(path, &written.rule, format!("case `{}`: {says}", written.says))),
            }
        }
    }
    cases
}

fn case(path: &str, written: &Written, rules: &BTreeMap<String, Loaded>) -> Result<Case, String> {
    let known = |id: &String| rules.contains_key(id) || id == crate::ask::NO_RULE;
    if let Some(id) = std::iter::once(&written.rule).chain(&written.expect.reasons).find(|id| !known(id)) {
        return Err(format!("there is no rule `{id}`"));
    }
    let (act, _) = model().actions.get_key_value(&written.act).ok_or_else(|| format!("there is no act `{}`", written.act))?;
    let world = world::build(act, &written.given)?;
    Ok(Case { file: path.to_owned(), rule: written.rule.clone(), says: written.says.clone(), act, expect: written.expect.clone(), world })
}

//! Rules: one Cedar policy each, with its annotations read and checked.

use crate::Fault;
use crate::files::{Files, in_folder, read_text};
use crate::model::model;
use crate::register;
use crate::says::Sentence;
use cedar_policy::{Effect as CedarEffect, Policy, PolicyId, PolicySet, ValidationMode, Validator};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    Grant,
    Refuse,
    Hold,
}

/// One rule, as those who wrote the policy read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    pub id: String,
    pub clause: String,
    pub says: String,
    pub effect: Effect,
    /// Who may release a hold: a role, or `self`.
    pub approver: Option<String>,
    pub pack: String,
    pub file: String,
    /// The rule's own text.
    pub text: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub rule: Rule,
    pub policy: Policy,
    pub sentence: Sentence,
    /// Where it can apply at all: kind of principal, act, kind of thing. Known once it is validated.
    pub places: BTreeSet<(String, String, String)>,
}

const ANNOTATIONS: [&str; 5] = ["id", "clause", "says", "outcome", "approver"];

/// The rules of one folder, added to those of the packs it extends.
pub(crate) fn read(files: &Files, folder: &str, is_child: bool, rules: &mut BTreeMap<String, Loaded>, faults: &mut Vec<Fault>) {
    for (path, bytes) in in_folder(files, &format!("{folder}/rules")) {
        let Some(text) = read_text(path, bytes, faults) else { continue };
        let set = match PolicySet::from_str(text) {
            Ok(set) => set,
            Err(errors) => {
                faults.extend(errors.iter().map(|e| Fault::new(path, e)));
                continue;
            }
        };
        if set.templates().next().is_some() {
            faults.push(Fault::new(path, "a rule has a ?principal or ?resource slot; write it out"));
        }
        let mut policies: Vec<&Policy> = set.policies().collect();
        policies.sort_by_key(|p| p.id().to_string().trim_start_matches("policy").parse::<usize>().unwrap_or(usize::MAX));
        for policy in policies {
            match one(policy, folder, path, is_child) {
                Ok(loaded) => add(loaded, rules, faults),
                Err(found) => faults.extend(found),
            }
        }
    }
}

fn add(loaded: Loaded, rules: &mut BTreeMap<String, Loaded>, faults: &mut Vec<Fault>) {
    let rule = &loaded.rule;
    match rules.get(&rule.id) {
        Some(other) if other.rule.pack != rule.pack => faults.push(Fault::of_rule(
            &rule.file,
            &rule.id,
            format!(
                "`{}` has this rule already, and a pack adds to what it extends without changing it; choose another id",
                other.rule.file
            ),
        )),
        Some(other) => faults.push(Fault::of_rule(
            &rule.file,
            &rule.id,
            format!("the id stands twice, in `{}` too; each rule has its own", other.rule.file),
        )),
        None => {
            rules.insert(rule.id.clone(), loaded);
        }
    }
}

fn one(policy: &Policy, pack: &str, file: &str, is_child: bool) -> Result<Loaded, Vec<Fault>> {
    let note = |key: &str| policy.annotation(key).map(str::trim).filter(|t| !t.is_empty());
    let name = note("id").map_or_else(|| policy.id().to_string(), str::to_owned);
    let mut faults = Vec::new();
    let mut fault = |says: String| faults.push(Fault::of_rule(file, &name, says));
    let mut demanded = |key: &str| {
        if note(key).is_none() {
            fault(format!("has no @{key}; every rule needs @id, @clause and @says"));
        }
        note(key).unwrap_or_default().to_owned()
    };
    let (id, clause, says) = (demanded("id"), demanded("clause"), demanded("says"));
    for (key, _) in policy.annotations().filter(|(k, _)| !ANNOTATIONS.contains(k)) {
        fault(format!("@{key} means nothing; rules have @id, @clause, @says, @outcome and @approver"));
    }
    if !clause.is_empty() && register::clause(&clause).is_none() {
        fault(format!("cites `{clause}`, which is not in the register"));
    }
    let word = id.strip_prefix(clause.as_str()).and_then(|w| w.strip_prefix('.'));
    if !word.is_some_and(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')) {
        fault(format!("an id is the clause, a dot and a word in lower case: `{clause}.word`"));
    }
    let text = policy.to_string();
    let lifted = text.contains(&format!("context.releases.contains(\"{id}\")"));
    let effect = match (policy.effect(), note("outcome")) {
        (CedarEffect::Permit, outcome) => {
            if outcome.is_some() {
                fault("a permit has no @outcome; take it away".into());
            }
            if is_child {
                fault("a pack that extends another adds refusals and holds; only the outermost pack permits".into());
            }
            Effect::Grant
        }
        (CedarEffect::Forbid, Some("refuse")) => Effect::Refuse,
        (CedarEffect::Forbid, Some("hold")) => Effect::Hold,
        (CedarEffect::Forbid, _) => {
            fault("a forbid needs @outcome(\"refuse\") or @outcome(\"hold\")".into());
            Effect::Refuse
        }
    };
    let approver = note("approver").map(str::to_owned);
    match (effect, &approver) {
        (Effect::Hold, None) => fault("a hold needs @approver: a role, or \"self\"".into()),
        (Effect::Hold, Some(a)) if a != "self" && !model().vocabularies["Role"].contains(a) => {
            fault(format!("`{a}` is no role; @approver names a role, or \"self\""))
        }
        (Effect::Hold, Some(_)) if !lifted => {
            fault(format!("nothing would lift this hold; add `unless {{ context.releases.contains(\"{id}\") }}`"))
        }
        (Effect::Refuse | Effect::Grant, Some(_)) => fault("only a hold has an @approver".into()),
        _ => {}
    }
    if effect != Effect::Hold && text.contains("context.releases") {
        fault("only a hold is lifted by a release; take `context.releases` away".into());
    }
    let sentence = Sentence::parse(&says).inspect_err(|e| fault(e.clone()));
    match (faults.is_empty(), sentence) {
        (true, Ok(sentence)) => {
            let rule = Rule { id: id.clone(), clause, says, effect, approver, pack: pack.to_owned(), file: file.to_owned(), text };
            Ok(Loaded { rule, policy: policy.new_id(PolicyId::new(id)), sentence, places: BTreeSet::new() })
        }
        _ => Err(faults),
    }
}

/// Strict validation, then the sentences, then the codes that the schema cannot hold.
pub(crate) fn validate(rules: &mut BTreeMap<String, Loaded>, signs: &BTreeSet<String>, faults: &mut Vec<Fault>) {
    let set = PolicySet::from_policies(rules.values().map(|l| l.policy.clone())).expect("ids are unique keys of the map");
    let result = Validator::new(model().schema.clone()).validate(&set, ValidationMode::Strict);
    let mut invalid = BTreeSet::new();
    let told = result.validation_errors().map(|e| (e.policy_id().to_string(), e.to_string()));
    // A warning is a rule that cannot ever apply, or look-alike letters in it: as wrong as an error in a policy.
    let told = told.chain(result.validation_warnings().map(|w| (w.policy_id().to_string(), w.to_string())));
    for (id, says) in told {
        let file = rules.get(&id).map_or("", |l| l.rule.file.as_str());
        faults.push(Fault::of_rule(file, &id, says));
        invalid.insert(id);
    }
    for (id, loaded) in rules.iter_mut().filter(|(id, _)| !invalid.contains(*id)) {
        let mut found = BTreeSet::new();
        // The rules of a pack that is extended know their places already: the schema is one for all.
        if loaded.places.is_empty() {
            let envs = loaded.policy.get_valid_request_envs(&model().schema);
            loaded.places =
                envs.map(|e| (e.principal().to_string(), e.action().id().unescaped().to_owned(), e.resource().to_string())).collect();
        }
        for (principal, act, resource) in &loaded.places {
            if let Some(action) = model().actions.get(act) {
                found.extend(loaded.sentence.faults(principal, action, resource));
            }
        }
        for sign in sign_literals(&loaded.rule.text).filter(|s| !signs.contains(*s)) {
            found.insert(format!("`{sign}` is no sign; words/signs.toml lists them"));
        }
        faults.extend(found.into_iter().map(|says| Fault::of_rule(&loaded.rule.file, id, says)));
    }
}

/// The texts asked of a set called `signs`.
fn sign_literals(text: &str) -> impl Iterator<Item = &str> {
    text.split("signs.contains").skip(1).flat_map(|after| {
        let end = after.find(')').unwrap_or(after.len());
        after[..end].split('"').skip(1).step_by(2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_found_in_a_rule() {
        let text = r#"when { resource.signs.contains("image") || context.signs.containsAny(["plate", "phone"]) || x.contains("not") }"#;
        assert_eq!(sign_literals(text).collect::<Vec<_>>(), ["image", "plate", "phone"]);
    }
}

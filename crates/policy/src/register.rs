//! The register of clauses, as this build knows it. Packs cite clauses; they never change them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    pub id: String,
    /// The pack of the policy it stands in.
    pub policy: String,
    pub section: String,
    pub says: String,
    /// prevent, detect, record, remind, guide or publish.
    pub mode: String,
    pub area: String,
    /// What must be seen to call the clause working.
    pub shows: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    clause: Vec<Clause>,
}

struct Register {
    all: Vec<Clause>,
    places: BTreeMap<String, usize>,
}

fn register() -> &'static Register {
    static REGISTER: OnceLock<Register> = OnceLock::new();
    REGISTER.get_or_init(|| {
        let file: File =
            toml::from_str(include_str!("../../../packs/register.toml")).expect("the register is part of the build, and a test parses it");
        let places = file.clause.iter().enumerate().map(|(i, c)| (c.id.clone(), i)).collect();
        Register { all: file.clause, places }
    })
}

/// Every clause, in the order of the policies.
pub fn clauses() -> &'static [Clause] {
    &register().all
}

pub fn clause(id: &str) -> Option<&'static Clause> {
    let r = register();
    r.places.get(id).map(|i| &r.all[*i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clause_stands_once_and_has_a_known_mode() {
        assert_eq!(clauses().len(), 258);
        assert_eq!(register().places.len(), 258, "an id stands twice");
        for c in clauses() {
            assert!(["prevent", "detect", "record", "remind", "guide", "publish"].contains(&c.mode.as_str()), "{}", c.id);
            assert!(!c.says.is_empty() && !c.shows.is_empty() && !c.section.is_empty(), "{}", c.id);
        }
        assert_eq!(clause("LEICS-TRAIN-2").map(|c| c.policy.as_str()), Some("leicestershire"));
        assert_eq!(clause("LEICS-TRAIN-99"), None);
    }
}

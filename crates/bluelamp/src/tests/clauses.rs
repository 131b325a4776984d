//! The registry of what is built (`assurance/built.rs`) held against the source: a clause is built when something that
//! exists keeps it and a test is named for it, never because a list says so.

use super::source::{files, none, root};
use crate::assurance::built::{BUILT, By, Watch};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// `LEICS-TRIAGE-2` → `leics_triage_2`.
fn slug(clause: &str) -> String {
    clause.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// Everything that tests are called, in Rust and in the scenarios.
fn names_of_tests() -> String {
    let mut out = String::new();
    let function = Regex::new(r"#\[(?:tokio::)?test[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*(?:pub )?(?:async )?fn (\w+)").expect("a right pattern");
    for file in files("crates", "rs") {
        for c in function.captures_iter(&file.text) {
            out.push_str(&c[1]);
            out.push('\n');
        }
    }
    let titled = Regex::new(r#"\b(?:test|it|step|t\.test)\s*\(\s*[`'"]([^`'"]+)[`'"]"#).expect("a right pattern");
    for file in files("e2e", "mjs") {
        for c in titled.captures_iter(&file.text) {
            out.push_str(&slug(&c[1]));
            out.push('\n');
        }
    }
    out
}

fn is_named(names: &str, clause: &str) -> bool {
    // No digit may follow: a test for LEICS-MON-1 says nothing of LEICS-MON-10.
    Regex::new(&format!(r"(?m)(?:^|_){}(?:_[a-z]\w*)?$", regex::escape(&slug(clause)))).expect("a right pattern").is_match(names)
}

#[test]
fn every_clause_that_is_built_has_a_test_named_for_it() {
    let names = names_of_tests();
    let wrong: Vec<String> = BUILT
        .iter()
        .filter(|b| !is_named(&names, b.clause))
        .map(|b| format!("{}: no test is called …{}…", b.clause, slug(b.clause)))
        .collect();
    none("clauses said to be built without a test of their own", &wrong);
    assert!(!BUILT.is_empty());
}

#[test]
fn the_names_of_tests_are_matched_whole() {
    let names = "leics_mon_10_x\nleics_triage_2_a_threat_is_seen\nthe_rule_app_role_2";
    assert!(is_named(names, "LEICS-TRIAGE-2") && is_named(names, "LEICS-MON-10") && is_named(names, "APP-ROLE-2"));
    assert!(!is_named(names, "LEICS-MON-1") && !is_named(names, "LEICS-TRIAGE-20") && !is_named(names, "APP-ROLE-20"));
    assert_eq!(slug("SYSX-6.3.duty"), "sysx_6_3_duty");
}

#[test]
fn what_keeps_a_built_clause_exists() {
    let packs = crate::setup::read_packs(&root().join("packs")).expect("the packs are there");
    let mut cited: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in packs.keys().filter_map(|p| p.strip_suffix("/pack.toml")) {
        let pack = bluelamp_policy::load(&bluelamp_policy::files_of(&packs, name), name).unwrap_or_else(|f| panic!("{name}: {f:?}"));
        for rule in pack.rules() {
            cited.entry(rule.clause.clone()).or_default().push(rule.id.clone());
        }
    }
    let acts: BTreeSet<&str> = crate::wiring::acts().iter().map(|a| a.name).collect();
    let jobs: BTreeSet<&str> = crate::wiring::jobs().iter().map(|j| j.kind).collect();
    let pages: BTreeSet<&str> = crate::http::router::staff().iter().chain(&crate::http::router::public()).map(|r| r.path).collect();
    let (mut wrong, mut seen) = (Vec::new(), BTreeSet::new());
    for b in BUILT {
        if bluelamp_policy::clause(b.clause).is_none() {
            wrong.push(format!("{}: the register has no such clause", b.clause));
        }
        if !seen.insert(b.clause) {
            wrong.push(format!("{}: twice", b.clause));
        }
        if b.by.is_empty() {
            wrong.push(format!("{}: kept by nothing", b.clause));
        }
        for by in b.by {
            let there = match by {
                By::Rules => cited.get(b.clause).is_some_and(|rules| !rules.is_empty()),
                By::Act(name) => acts.contains(name),
                By::Page(path) => pages.contains(path),
                By::Job(kind) => jobs.contains(kind),
            };
            if !there {
                wrong.push(format!("{}: {by:?} does not exist", b.clause));
            }
        }
    }
    none("what is said to keep a clause", &wrong);
}

#[tokio::test]
async fn every_measure_of_a_built_clause_is_taken() {
    let world = crate::testing::lite().await;
    let ctx = world.ctx("auditor").await;
    let mut tx = ctx.read().await.unwrap();
    let measures = crate::assurance::live::measures(&ctx, &mut tx).await.unwrap();
    let wrong: Vec<String> = BUILT
        .iter()
        .filter_map(|b| match b.watch {
            Watch::Live(name) if !measures.contains_key(name) => Some(format!("{}: nothing measures `{name}`", b.clause)),
            Watch::Live(_) | Watch::Standing => None,
        })
        .collect();
    none("clauses whose state nobody measures", &wrong);
}

/// Training comes before access: without a record nobody may be given any, and nobody makes their own.
#[tokio::test]
async fn leics_train_1_nobody_records_their_own_training() {
    use crate::people::acts::record_training::RecordTraining;
    for mut world in crate::testing::worlds().await {
        world.untrained("newcomer", &["digital-media-team"], &[]).await;
        let newcomer = world.ctx("newcomer").await;
        let completed_on = jiff::civil::date(2026, 11, 1);
        let own = RecordTraining { person: world.id_of("newcomer"), completed_on, course: String::new() };
        let rules = crate::testing::refused(newcomer.act(own.clone()).await);
        assert!(rules.contains(&"LEICS-TRAIN-1.own-record".to_owned()), "{}: {rules:?}", world.database);
        crate::testing::does(&world.ctx("corporate-communications").await, own).await;
        let mut tx = newcomer.read().await.unwrap();
        let person = crate::db::principal::person(&mut tx, world.force, world.id_of("newcomer")).await.unwrap().unwrap();
        assert_eq!(person.trained_on, Some(completed_on));
    }
}

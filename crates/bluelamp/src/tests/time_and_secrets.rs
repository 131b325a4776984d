//! I7 and I8 by reading: secrets cannot be shown, and time, ids and randomness are arguments.

use super::source::{files, is_test, none, root};
use regex::Regex;

/// What the lints must forbid; `clippy.toml` says why beside each.
const FORBIDDEN: &[&str] = &[
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "uuid::Uuid::now_v7",
    "uuid::Uuid::new_v4",
    "rand::fill",
    "rand::random",
    "reqwest::Client::new",
    "reqwest::Client::builder",
];

/// Where a forbidden call may stand, and why.
const MAY_KNOW: &[(&str, &str)] = &[
    ("crates/bluelamp/src/wiring.rs", "the machine's clock and random source, once each"),
    ("crates/bluelamp/src/http/egress", "time-outs and budgets of the way out"),
];

#[test]
fn i8_the_lints_forbid_clocks_ids_randomness_and_sockets() {
    let text = std::fs::read_to_string(root().join("clippy.toml")).expect("the lints are configured");
    let table: toml::Table = text.parse().expect("clippy.toml is TOML");
    let listed: Vec<&str> = table["disallowed-methods"].as_array().expect("a list").iter().filter_map(|m| m["path"].as_str()).collect();
    let missing: Vec<String> = FORBIDDEN.iter().filter(|m| !listed.contains(m)).map(|m| (*m).to_owned()).collect();
    none("clippy.toml no longer forbids", &missing);
}

#[test]
fn i8_nothing_reads_a_clock_or_draws_an_id_outside_the_wiring() {
    let reads = Regex::new(
        r"\b(?:Timestamp|Zoned|SystemTime|Instant|Utc|Local|OffsetDateTime)::now\s*\(|\bUuid::(?:now_v7|new_v4|now_v1)\b|\brand::(?:fill|random|rng|thread_rng)\b|\bOsRng\b|\bgetrandom\b",
    )
    .expect("a right pattern");
    let lifts = Regex::new(r"(?:allow|expect)\s*\(\s*clippy::disallowed_methods").expect("a right pattern");
    let mut wrong = Vec::new();
    for file in files("crates", "rs") {
        let test = is_test(&file.path) || file.path.contains("/examples/") || file.path.contains("/tests/");
        // Doubles and the rehearsal's server stand for someone else's computer, which has a clock of its own.
        let elsewhere = file.path.contains("/rehearsal/server/") || file.path.contains("/double") || file.path.contains("/src/bin/");
        if test || elsewhere || MAY_KNOW.iter().any(|(p, _)| file.path.starts_with(p)) {
            continue;
        }
        for (n, line) in file.lines().filter(|(_, l)| reads.is_match(l) || lifts.is_match(l)) {
            wrong.push(format!("{}:{n}: {}", file.path, line.trim()));
        }
    }
    none("clocks, ids or randomness that are no arguments", &wrong);
}

#[test]
fn i8_pure_crates_reach_nothing() {
    let reaches =
        Regex::new(r"\bstd::(?:fs|env|net|process|thread|io::(?:stdin|stdout))\b|\basync fn\b|\bprintln!|\beprintln!|\bdbg!|\btracing::")
            .expect("a right pattern");
    let mut wrong = Vec::new();
    for folder in ["crates/domain/src", "crates/policy/src", "crates/triage/src", "crates/ledger/src"] {
        for file in files(folder, "rs").iter().filter(|f| !is_test(&f.path) && !f.path.contains("/bin/")) {
            for (n, line) in file.lines().filter(|(_, l)| reaches.is_match(l)) {
                wrong.push(format!("{}:{n}: {}", file.path, line.trim()));
            }
        }
    }
    none("a pure crate that reaches the world", &wrong);
}

#[test]
fn i7_a_secret_has_no_way_to_show_itself() {
    let derives = Regex::new(r"#\[derive\(([^)]*)\)\]\s*(?:#\[[^\]]*\]\s*)*pub struct (Secret\w*)").expect("a right pattern");
    let shows =
        Regex::new(r"impl(?:<[^>]*>)?\s+(?:std::fmt::|fmt::|serde::)?(Display|Serialize|LowerHex|UpperHex|ToString)\s+for\s+Secret\b")
            .expect("a right pattern");
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for file in files("crates", "rs") {
        for c in derives.captures_iter(&file.code) {
            seen += 1;
            for word in ["Debug", "Display", "Serialize"] {
                if c[1].split(',').any(|d| d.trim() == word) {
                    wrong.push(format!("{}: {} derives {word}", file.path, &c[2]));
                }
            }
        }
        if let Some(c) = shows.captures(&file.code) {
            wrong.push(format!("{}: Secret is made to show itself ({})", file.path, &c[1]));
        }
    }
    none("secrets that show", &wrong);
    assert!(seen > 0, "no Secret was found: this test holds nothing");
}

#[test]
fn i7_a_secret_is_opened_only_where_it_is_used() {
    // Never in a page, a template's context or an act: what opens one hands it on at once.
    let mut wrong = Vec::new();
    for file in files("crates/bluelamp/src", "rs").iter().filter(|f| !is_test(&f.path)) {
        let short = file.short();
        let shown =
            short.ends_with("/pages.rs") || short.contains("/pages/") || short.ends_with("problem.rs") || short.ends_with("/api.rs");
        for (n, line) in file.lines().filter(|(_, l)| l.contains(".expose()")) {
            let logs = ["tracing::", "println!", "format!(", "metrics::"].iter().any(|w| line.contains(w));
            if shown || logs {
                wrong.push(format!("{short}:{n}: {}", line.trim()));
            }
        }
    }
    none("a secret opened where people or logs could see it", &wrong);
}

/// Stepped back by an hour: nothing is lost, given twice, or placed before what is already placed.
#[tokio::test]
async fn i8_a_clock_that_steps_back_neither_repeats_an_id_nor_reorders_the_ledger() {
    use crate::people::acts::invite::Invite;
    use crate::testing::{NOON, does, worlds};
    use bluelamp_domain::time::HOUR;
    for world in worlds().await {
        let admin = world.ctx("administrator").await;
        let invite = |n: usize| Invite {
            name: format!("Person {n}"),
            email: format!("stepped{n}@exampleshire.example"),
            kind: bluelamp_domain::people::Kind::Staff,
            level: 1,
            job_title: String::new(),
            areas: vec![],
            roles: vec!["publisher".into()],
        };
        let mut ids = Vec::new();
        for n in 0..6 {
            // Noon, eleven, noon again and again: the same instants come by several times.
            world.clock.set(if n % 2 == 0 { NOON } else { NOON.plus(-HOUR) });
            ids.push(does(&admin, invite(n)).await.id.unwrap());
            if n == 2 {
                world.sequence().await;
            }
        }
        assert!(world.app.clock.now() < NOON);
        let mut tx = admin.read().await.unwrap();
        let (placed, note) = crate::records::store::checkpoint(&mut tx, world.force).await.unwrap().unwrap();
        let order = crate::sql!(
            "SELECT p.idx, e.subject FROM ledger_place p JOIN ledger_entry e ON e.force = p.force AND e.id = p.entry WHERE p.force = $1 ORDER BY p.idx"
        );
        let before: Vec<Option<uuid::Uuid>> =
            tx.rows(order, crate::vals![world.force]).await.unwrap().iter().map(|r| r.get("subject").unwrap()).collect();
        drop(tx);
        world.sequence().await;
        let mut tx = admin.read().await.unwrap();
        let after: Vec<Option<uuid::Uuid>> =
            tx.rows(order, crate::vals![world.force]).await.unwrap().iter().map(|r| r.get("subject").unwrap()).collect();
        assert_eq!(after[..before.len()], before, "{}: what was placed stays where it was", world.database);
        assert!(note.contains(&format!("\n{placed}\n")), "the signed head says how much it covers");
        for id in &ids {
            assert_eq!(after.iter().filter(|s| **s == Some(*id)).count(), 1, "each act has one place");
        }
        let unique: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len());
    }
}

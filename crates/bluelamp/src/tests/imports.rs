//! The house of design §4, held by reading the code: which crate, area and file may name which other. Every exception
//! stands here with its reason; an exception that nothing uses any more fails too.

use super::source::{File, files, is_test, named_parts, none, program, root};
use regex::Regex;
use std::collections::BTreeSet;

/// The areas, each of which may use those before it.
const AREAS: &[&str] =
    &["people", "security", "accounts", "intake", "publishing", "community", "desk", "conduct", "continuity", "assurance", "records"];

/// What every area stands on. The ground knows no area.
const GROUND: &[&str] = &["act", "app", "config", "db", "held", "http", "jobs", "live", "mail", "turns", "vault", "sql", "vals"];

/// What knows everything, because putting it together is its work. No area knows these.
const ROOF: &[&str] = &["cli", "demo", "lib", "main", "setup", "wiring"];

/// A file, the part it names against the rule, and why that is right.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("act.rs", "people", "a force that begins is decided by the pack it begins with: the name of that one act"),
    ("http/lists.rs", "*", "a list that programs read is the area's own list"),
    ("http/session.rs", "security", "a request that comes with a session that is over ends it, by an act"),
    ("http/frame.rs", "people", "the frame names who is signed in"),
    ("http/events.rs", "records", "live events ride on the ledger (design §8)"),
    ("held/pages.rs", "*", "what waits for agreement is shown with the names of people, accounts and drafts that it is about"),
    ("http/router.rs", "*", "every route on one page"),
    ("assurance/pages.rs", "records", "the compliance page leads to the entries that are its evidence"),
];

/// What anyone may ask of the wiring, which alone knows every act, every job and what later areas add. Nothing else.
const HOOKS: &[(&str, &str)] = &[
    ("act", "an act by its name: the API, releases and what follows run by name"),
    ("acts", "the names of all acts, to choose from"),
    ("job", "a job by its kind"),
    ("jobs", "the names of all jobs"),
    ("after", "what follows from something that happens in an area which must not know the later one"),
    ("alerts", "the bar of alerts stands on every page, and the desk is a later area than the frame"),
    ("authorisations", "which accounts a person is authorised for stands on their page, and accounts is a later area"),
    ("compile_triage", "a pack's engine is compiled where the concrete engine is known"),
    ("own_posts", "which of our own posts a platform must be asked about is a later area's to say"),
    ("register_extras", "what later areas know of an account stands in the register"),
    ("removed", "what later areas took down is counted on the public page"),
];

/// Does the file ask the wiring for anything but its hooks?
fn goes_behind_the_hooks(file: &File) -> bool {
    let asked = Regex::new(r"\bwiring::(\w+)").expect("a right pattern");
    asked.captures_iter(&file.code).any(|c| !HOOKS.iter().any(|(h, _)| *h == &c[1]))
}

fn place(list: &[&str], part: &str) -> Option<usize> {
    list.iter().position(|p| *p == part)
}

/// Why `file` may not name `other`; nothing when it may.
fn forbidden(file: &File, other: &str) -> Option<String> {
    let part = file.part();
    if part == other || place(ROOF, part).is_some() || (other == "wiring" && !goes_behind_the_hooks(file)) {
        return None;
    }
    let no = |why: &str| Some(format!("{} names `{other}`: {why}", file.short()));
    match (place(AREAS, part), place(AREAS, other)) {
        (Some(own), Some(theirs)) if theirs > own => no("a later area; an effect on it is named by act name in `then`"),
        (Some(_), Some(_)) => None,
        (None, Some(_)) => no("the ground knows no area"),
        (_, None) if place(GROUND, other).is_some() => None,
        (_, None) if place(ROOF, other).is_some() => no("only the roof knows the roof"),
        _ => no("neither ground nor area: give it a place in this test"),
    }
}

#[test]
fn areas_use_only_the_ground_and_the_areas_before_them() {
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for file in program() {
        for other in named_parts(&file) {
            let Some(why) = forbidden(&file, &other) else { continue };
            match EXCEPTIONS.iter().position(|(f, o, _)| *f == file.short() && (*o == other || *o == "*")) {
                Some(n) => drop(used.insert(n)),
                None => wrong.push(why),
            }
        }
    }
    none("imports against the order of the areas", &wrong);
    let idle: Vec<String> =
        EXCEPTIONS.iter().enumerate().filter(|(n, _)| !used.contains(n)).map(|(_, (f, o, _))| format!("{f} → {o}")).collect();
    none("exceptions that nothing needs any more", &idle);
}

#[test]
fn areas_of_the_domain_use_only_those_before_them() {
    let mut wrong = Vec::new();
    for file in files("crates/domain/src", "rs") {
        let Some(own) = place(AREAS, file.part()) else { continue };
        for other in named_parts(&file) {
            if place(AREAS, &other).is_some_and(|theirs| theirs > own) {
                wrong.push(format!("{} names the later area `{other}`", file.path));
            }
        }
    }
    none("imports of the domain against the order of the areas", &wrong);
}

#[test]
fn inside_an_area_pages_and_jobs_use_acts_and_acts_use_the_store() {
    let mut wrong = Vec::new();
    for file in program().iter().filter(|f| place(AREAS, f.part()).is_some()) {
        let area = file.part();
        let inside = |what: &str| {
            let own = Regex::new(&format!(r"\b(?:crate::{area}|super|super::super)::{what}\b")).expect("a right pattern");
            own.is_match(&file.code)
        };
        let short = file.short();
        if short.ends_with("/store.rs") || short.contains("/store/") {
            for upper in ["acts", "pages", "api", "jobs"] {
                if inside(upper) {
                    wrong.push(format!("{short} uses its area's {upper}: the store knows rows alone"));
                }
            }
        }
        if short.contains("/acts/") {
            for upper in ["pages", "api", "jobs"] {
                if inside(upper) {
                    wrong.push(format!("{short} uses its area's {upper}: an act knows neither pages nor the runner"));
                }
            }
        }
    }
    none("layers of an area upside down", &wrong);
}

/// Writes of another area's store, each with why.
const FOREIGN_WRITES: &[(&str, &str)] = &[
    ("assurance/acts/adopt_pack.rs", "a force begins with an adoption, so people keeps those rows; adopting again is the same write"),
    ("publishing/acts/record_sent.rs", "the day of an account's last post is what accounts asks about; it is the post's own entry"),
];

/// An area uses another's acts and public reads, never its tables: no write of another area's store.
#[test]
fn i1_an_area_never_writes_another_areas_tables() {
    let foreign = Regex::new(r"\b([a-z_]+)::store::((?:insert|update|set|delete|remove|mark|settle|add)_?\w*)\(").expect("a right pattern");
    let mut wrong = Vec::new();
    for file in program().iter().filter(|f| place(AREAS, f.part()).is_some()) {
        for c in foreign.captures_iter(&file.code) {
            let theirs = &c[1];
            let known = FOREIGN_WRITES.iter().any(|(f, _)| *f == file.short());
            if place(AREAS, theirs).is_some() && theirs != file.part() && !known {
                wrong.push(format!("{} writes through {theirs}::store::{}", file.short(), &c[2]));
            }
        }
    }
    none("an area that writes another's rows", &wrong);
}

#[test]
fn sql_stands_only_in_stores_and_in_db() {
    // `.run(` and `.rows(` need a statement, and a statement is made by `sql!` alone; raw sqlx would go around both.
    let sql = Regex::new(r"\bsql!\s*\(|\bsqlx::|\buse sqlx\b").expect("a right pattern");
    let text = Regex::new(r#""\s*(?:SELECT .* FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE TABLE|ALTER TABLE|PRAGMA) "#)
        .expect("a right pattern");
    let mut wrong = Vec::new();
    for file in program() {
        let short = file.short();
        if short.starts_with("db/") || short.ends_with("/store.rs") || short.contains("/store/") {
            continue;
        }
        for (n, line) in file.lines() {
            if sql.is_match(line) || text.is_match(line) {
                wrong.push(format!("{short}:{n}: {}", line.trim()));
            }
        }
    }
    none("SQL outside store.rs and db/", &wrong);
}

/// The platforms there are, by their folders and by the names that people say.
fn platform_names() -> Vec<String> {
    let folder = root().join("crates/platforms/src");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the connectors are there")
        .filter_map(Result::ok)
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    names.extend(["facebook", "instagram", "twitter", "nextdoor", "tiktok", "youtube", "linkedin", "whatsapp"].map(str::to_owned));
    names
}

/// Files outside `crates/platforms` that may say a platform's name.
const NAMES_PLATFORMS: &[(&str, &str)] = &[
    ("wiring.rs", "makes the connectors"),
    ("demo/", "starts the rehearsal's public"),
    ("accounts/acts/register.rs", "the register holds accounts on platforms that no connector speaks to: a closed list of names"),
    ("crates/bluelamp/src/publishing/pages/composer.rs", "one page whose form, check and refusals are read together"),
    ("crates/domain/src/publishing/check/names.rs", "words whose capital letter does not make them a person's name"),
    ("crates/policy/src/world.rs", "the invented account that a pack's cases are tried on"),
    ("cli/", "an administrator names the platform to connect, and the demonstration its public"),
];

#[test]
fn no_area_knows_a_platform_by_name() {
    let names = platform_names();
    let said = Regex::new(&format!(r"(?i)\b({})\b", names.join("|"))).expect("a right pattern");
    let mut wrong = Vec::new();
    let mut all = program();
    for folder in ["crates/domain/src", "crates/policy/src", "crates/triage/src", "crates/ledger/src"] {
        all.extend(files(folder, "rs").into_iter().filter(|f| !is_test(&f.path)));
    }
    for file in all {
        if NAMES_PLATFORMS.iter().any(|(f, _)| file.short().starts_with(f)) {
            continue;
        }
        for (n, line) in file.lines().filter(|(_, l)| said.is_match(l)) {
            wrong.push(format!("{}:{n}: {}", file.short(), line.trim()));
        }
    }
    none("a platform named outside crates/platforms", &wrong);
}

/// What each crate may depend on of ours, and what a pure one must never depend on.
const CRATES: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ledger", &[]),
    ("policy", &["bluelamp-domain"]),
    ("triage", &["bluelamp-domain"]),
    ("platforms", &["bluelamp-domain"]),
    ("bluelamp", &["bluelamp-domain", "bluelamp-ledger", "bluelamp-platforms", "bluelamp-policy", "bluelamp-triage"]),
];

/// Libraries that reach the world: sockets, files, runtimes, databases, logs, randomness.
const WORLDLY: &[&str] = &[
    "axum",
    "hyper",
    "object_store",
    "rand",
    "getrandom",
    "reqwest",
    "rusqlite",
    "sqlx",
    "tokio",
    "tower",
    "tower-http",
    "tracing",
    "log",
    "lettre",
    "tempfile",
];

#[test]
fn crates_depend_only_on_the_crates_below_them() {
    let mut wrong = Vec::new();
    for (name, allowed) in CRATES {
        let path = root().join(format!("crates/{name}/Cargo.toml"));
        let manifest: toml::Table = std::fs::read_to_string(path).expect("the manifest is there").parse().expect("the manifest is TOML");
        let Some(dependencies) = manifest.get("dependencies").and_then(|d| d.as_table()) else { continue };
        for (dependency, how) in dependencies {
            if dependency.starts_with("bluelamp") && !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("{name} depends on {dependency}"));
            }
            let optional = how.get("optional").and_then(toml::Value::as_bool).unwrap_or(false);
            if *name != "bluelamp" && !optional && WORLDLY.contains(&dependency.as_str()) {
                wrong.push(format!("{name} is pure, and {dependency} reaches the world"));
            }
            if dependency == "cedar-policy" && *name != "policy" {
                wrong.push(format!("{name} names Cedar; policy alone does"));
            }
        }
    }
    none("dependencies between crates", &wrong);
}

#[test]
fn only_the_policy_crate_names_cedar_and_only_egress_opens_sockets() {
    let mut wrong = Vec::new();
    for file in files("crates", "rs").iter().filter(|f| !is_test(&f.path)) {
        if file.code.contains("cedar_policy") && !file.path.starts_with("crates/policy/") {
            wrong.push(format!("{} names Cedar", file.path));
        }
        let own_server =
            ["crates/platforms/src/rehearsal/server/", "crates/platforms/src/mastodon/double", "crates/platforms/src/bluesky/double"];
        let opens = ["reqwest::Client", "TcpStream::connect", "connect_async"].iter().any(|w| file.code.contains(w));
        let may = file.short() == "http/egress.rs"
            || file.short().starts_with("http/egress/")
            || own_server.iter().any(|p| file.path.starts_with(p))
            || file.path == "crates/platforms/src/loopback.rs"
            || file.path.contains("/examples/");
        if opens && !may {
            wrong.push(format!("{} opens a socket; http/egress.rs alone does", file.path));
        }
    }
    none("Cedar or sockets out of their place", &wrong);
}

#[test]
fn i1_only_the_door_issues_a_permit() {
    let issue = Regex::new(r"\bPermit\s*(?:::<[^>]*>)?\s*::\s*issue\b").expect("a right pattern");
    let mut wrong = Vec::new();
    let mut door = 0;
    for file in files("crates", "rs") {
        // Pure rules are tested with permits of their own; no test of the program may make one.
        if file.path.starts_with("crates/domain/") && !file.code.contains("Permit::issue") {
            continue;
        }
        for (n, _) in file.lines().filter(|(_, l)| issue.is_match(l)) {
            match file.path.as_str() {
                "crates/bluelamp/src/act.rs" => door += 1,
                "crates/bluelamp/src/tests/imports.rs" => {}
                p if p.starts_with("crates/domain/") && is_test(p) => {}
                p => wrong.push(format!("{p}:{n}")),
            }
        }
    }
    none("a permit made outside the door", &wrong);
    assert_eq!(door, 1, "the door issues a permit in one place");
}

#[test]
fn templates_never_switch_escaping_off() {
    let safe = Regex::new(r#"\|\s*safe\b|escape\s*=\s*"none"|\{%-?\s*autoescape"#).expect("a right pattern");
    let mut wrong = Vec::new();
    for file in files("crates/bluelamp/src", "html").into_iter().chain(program()) {
        for (n, line) in file.lines().filter(|(_, l)| safe.is_match(l)) {
            wrong.push(format!("{}:{n}: {}", file.short(), line.trim()));
        }
    }
    none("a template that does not escape", &wrong);
}

/// Longer than 600 lines, tests at its end not counted, with why it is not split.
const LONG: &[(&str, &str)] = &[
    ("crates/bluelamp/src/act.rs", "the one door is read in one go"),
    ("crates/bluelamp/src/publishing/pages/composer.rs", "one page whose form, check and refusals are read together"),
    ("crates/domain/src/publishing/check/names.rs", "a table of words"),
];

/// A store is a list of statements, looked up by a table's name and never read from end to end: it may be longer.
fn most_lines(path: &str) -> usize {
    if path.ends_with("/store.rs") { 900 } else { 600 }
}

#[test]
fn no_file_is_longer_than_anyone_reads() {
    let mut wrong = Vec::new();
    for folder in ["crates", "xtask", "benches"] {
        if !root().join(folder).is_dir() {
            continue;
        }
        for file in files(folder, "rs") {
            let lines = file.code.lines().count();
            let known = LONG.iter().any(|(p, _)| *p == file.path);
            if lines > most_lines(&file.path) && !known && !is_test(&file.path) {
                wrong.push(format!("{} has {lines} lines", file.path));
            }
            if lines <= 600 && known {
                wrong.push(format!("{} is short again: take it off the list", file.path));
            }
        }
    }
    none("files to split", &wrong);
}

//! Every statement of the program, held against the list of tables: a governed read or write names its force (I2), a
//! governed write is reached through acts alone (I1), and PostgreSQL holds the same wall a second time.

use super::source::{File, is_test, none, program};
use crate::db::Statement;
use crate::db::migrate::{Table, all_tables};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// The program's own statements; tests have theirs.
fn statements() -> impl Iterator<Item = &'static &'static Statement> {
    inventory::iter::<&'static Statement>.into_iter().filter(|s| !is_test(s.file))
}

/// Governed: changed only through acts, seen only by their force.
fn governed(t: &Table) -> bool {
    t.machinery.is_none()
}

/// The tables that a statement touches, once for each time it does.
fn touched(text: &str) -> Vec<String> {
    let table = Regex::new(r"(?i)\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)").expect("a right pattern");
    table.captures_iter(text).map(|c| c[1].to_lowercase()).collect()
}

/// Does the text bind the force of everything it touches? Each governed table needs one mention of its own.
fn bound(text: &str, tables: usize) -> bool {
    let bound = Regex::new(r"\bforce\s*=\s*(?:\$|[a-z_]+\.force)|\bUSING\s*\(force\b|\(force\s*,|\(\s*force\s*,\s*[a-z_]+\)\s*(?:IN|=)")
        .expect("a right pattern");
    let n = bound.find_iter(text).count();
    n >= tables
}

#[tokio::test]
async fn i2_every_governed_table_has_its_force() {
    let world = crate::testing::lite().await;
    let crate::db::Db::Lite { read, .. } = &world.app.db else { unreachable!("this world is on SQLite") };
    let mut wrong = Vec::new();
    for table in all_tables().iter().filter(|t| governed(t)) {
        let keys: Vec<(String, i64)> =
            sqlx::query_as("SELECT name, pk FROM pragma_table_info($1)").bind(&table.name).fetch_all(read).await.unwrap();
        match keys.iter().find(|(name, _)| name == "force") {
            None => wrong.push(format!("{} is governed and has no `force`", table.name)),
            Some((_, pk)) if *pk != 1 && table.door.is_none() => {
                wrong.push(format!("the key of {} does not begin with `force`", table.name))
            }
            Some(_) => {}
        }
    }
    none("governed tables without their force", &wrong);
}

#[test]
fn i2_every_governed_statement_names_its_force() {
    let tables: BTreeSet<String> = all_tables().into_iter().filter(|t| governed(t) && t.door.is_none()).map(|t| t.name).collect();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for s in statements().filter(|s| !s.file.ends_with("db/doors.rs")) {
        let n = touched(s.text).iter().filter(|t| tables.contains(*t)).count();
        if n == 0 {
            continue;
        }
        seen += 1;
        if !bound(s.text, n) {
            wrong.push(format!("{}:{}: {}", s.file, s.line, s.text));
        }
    }
    none("statements on governed tables that do not bind their force", &wrong);
    assert!(seen > 20, "only {seen} governed statements were read");
}

#[test]
fn i2_the_test_of_forces_is_not_blind() {
    assert!(bound("SELECT a FROM person WHERE force = $1", 1));
    assert!(bound("INSERT INTO person (force, id) VALUES ($1, $2)", 1));
    assert!(bound("SELECT a FROM p JOIN q ON q.force = p.force AND q.p = p.id WHERE p.force = $1", 2));
    assert!(!bound("SELECT force FROM person WHERE id = $1", 1));
    assert!(!bound("SELECT a FROM p JOIN q ON q.p = p.id WHERE p.force = $1", 2));
    assert_eq!(touched("UPDATE a SET x = 1 FROM b JOIN c ON 1 = 1"), ["a", "b", "c"]);
}

/// Doors alone, besides the copy of a whole installation into an empty one, which is the operator's.
#[test]
fn i2_statements_without_a_force_stand_in_the_doors_alone() {
    let open = Regex::new(r"\b(read_open|write_open)\b").expect("a right pattern");
    let mut wrong = Vec::new();
    for file in program() {
        if open.is_match(&file.code) && !matches!(file.short(), "db/doors.rs" | "db/visits.rs" | "db/mod.rs" | "db/copy.rs") {
            wrong.push(file.short().to_owned());
        }
    }
    none("a transaction without a force outside db/doors.rs", &wrong);
}

/// Lists are bounded: an unbounded read of a table that grows would take the page down with it.
#[test]
fn every_list_of_what_grows_has_its_limit() {
    const GROWS: &[&str] =
        &["message", "revision", "intake_raw", "ledger_entry", "draft", "post", "measure", "finding", "task", "job", "alert"];
    // Bounded by something else: one thing's own rows, or a window of the ledger.
    let bounded = Regex::new(r"(?i)\bLIMIT\b|\bCOUNT\(|\bMAX\(|\bMIN\(|\bSUM\(|\bEXISTS\b|\bBETWEEN\b|\b(?:id|message|draft|subject|post|idx|correspondent|conversation|entry|raw|case_id|remote_id|hash)\s*(?:=|\{in|IN\b|>=)").expect("a right pattern");
    let mut wrong = Vec::new();
    for s in statements().filter(|s| s.text.trim_start().starts_with("SELECT")) {
        let first = touched(s.text).into_iter().next().unwrap_or_default();
        if GROWS.contains(&first.as_str()) && !bounded.is_match(s.text) {
            wrong.push(format!("{}:{}: {}", s.file, s.line, s.text));
        }
    }
    none("lists without a limit", &wrong);
}

/// A function of a store that writes governed rows, by its file.
fn writers() -> BTreeMap<String, BTreeSet<String>> {
    let tables: BTreeSet<String> = all_tables().into_iter().filter(governed).map(|t| t.name).collect();
    let files = program();
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for s in statements() {
        let text = s.text.trim_start();
        let writes = ["INSERT", "UPDATE", "DELETE"].iter().any(|w| text.starts_with(w));
        let target = touched(text).into_iter().next().or_else(|| text.split_whitespace().nth(1).map(str::to_owned)).unwrap_or_default();
        if !writes || !tables.contains(&target) {
            continue;
        }
        let file =
            files.iter().find(|f| s.file.ends_with(&f.path) || f.path.ends_with(s.file)).unwrap_or_else(|| panic!("{} is a file", s.file));
        let name = function_at(file, s.line as usize).unwrap_or_else(|| panic!("{}:{} stands in a function", s.file, s.line));
        out.entry(file.short().to_owned()).or_default().insert(name);
    }
    // A function of the same file that calls a writer is a writer too.
    for file in &files {
        let Some(own) = out.get_mut(file.short()) else { continue };
        loop {
            let before = own.len();
            for (n, line) in file.lines() {
                if own.iter().any(|w| calls(line, w) && !line.contains("fn ")) {
                    own.extend(function_at(file, n));
                }
            }
            if own.len() == before {
                break;
            }
        }
    }
    out
}

/// Functions beside the stores that write for acts: whoever calls one must be an act, as if it were a store.
const WRITE_PARTS: &[&str] = &["publishing/outbox.rs"];

/// The functions of write parts that call a writer.
fn write_parts(stores: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in program().iter().filter(|f| WRITE_PARTS.contains(&f.short())) {
        for (store, names) in stores {
            for n in names.iter().flat_map(|name| calls_from_outside(file, store, name)) {
                out.entry(file.short().to_owned()).or_default().extend(function_at(file, n));
            }
        }
    }
    out
}

fn calls(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        after == Some('(') && before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '.')
    })
}

/// The function that line `n` stands in.
fn function_at(file: &File, n: usize) -> Option<String> {
    let head = Regex::new(r"\bfn\s+([a-z_0-9]+)").expect("a right pattern");
    file.lines().take_while(|(m, _)| *m <= n).filter_map(|(_, l)| head.captures(l).map(|c| c[1].to_owned())).last()
}

/// Who may call a writer beside acts, and why.
const WRITES_BESIDE_ACTS: &[(&str, &str)] = &[
    ("act.rs", "the door itself: entries, held acts, releases"),
    ("held/", "the acts of release and decline"),
    ("db/migrate.rs", "a migration indexes the words of what stands already"),
    ("intake/keep.rs", "a raw body is durable before anything is decided (I5); the act that follows commits to its digest in its entry"),
];

/// Calls of a writer, in files that are neither acts nor the writer's own: `store::name(`, or `rows::name(` of the door.
fn calls_from_outside(file: &File, store: &str, writer: &str) -> Vec<usize> {
    let area = store.split('/').next().unwrap_or_default();
    // The parts of a store's folder are called through the store.
    let whole = store.split_once("/store/").map_or(store, |(folder, _)| folder);
    let module = if whole == store { store.trim_end_matches(".rs").rsplit('/').next().unwrap_or("store") } else { "store" };
    let same = file.part() == area || store.starts_with("db/");
    let path = Regex::new(&format!(r"((?:[a-z_]+::)*)(?:{module}|rows|db)::{writer}\(")).expect("a right pattern");
    let uses = Regex::new(&format!(r"\buse crate::{area}::store(?: as ([a-z_]+))?;|\buse crate::{area}::store::\{{?[^;]*\b{writer}\b"))
        .expect("a right pattern");
    let alias = uses.captures(&file.code).and_then(|c| c.get(1)).map(|m| format!("{}::{writer}(", m.as_str()));
    file.lines()
        .filter(|(_, line)| {
            path.captures(line)
                .is_some_and(|c| if c[1].is_empty() { same } else { c[1].ends_with(&format!("{area}::")) || store.starts_with("db/") })
                || alias.as_ref().is_some_and(|a| line.contains(a.as_str()))
        })
        .map(|(n, _)| n)
        .collect()
}

#[test]
fn i1_governed_rows_are_written_by_acts_alone() {
    let mut wrong = Vec::new();
    let mut all = writers();
    assert!(all.values().map(BTreeSet::len).sum::<usize>() >= 18, "only {all:?} were found to write");
    all.extend(write_parts(&all));
    for file in program() {
        let short = file.short();
        if short.contains("/acts/") || WRITE_PARTS.contains(&short) || WRITES_BESIDE_ACTS.iter().any(|(f, _)| short.starts_with(f)) {
            continue;
        }
        for (store, names) in all.iter().filter(|(s, _)| *s != short) {
            for name in names {
                for n in calls_from_outside(&file, store, name) {
                    wrong.push(format!("{short}:{n} calls {store} {name}, which writes governed rows"));
                }
            }
        }
    }
    none("governed rows written beside the door", &wrong);
}

/// The second wall: with a transaction of one force, PostgreSQL shows and changes nothing of another, even to a
/// statement that forgot to say which.
#[tokio::test]
async fn i2_postgresql_hides_another_force_from_a_statement_without_one() {
    for world in crate::testing::worlds().await {
        let crate::db::Db::Pg { app } = &world.app.db else { continue };
        let other = crate::setup::force(&world.app, "othershire", "Othershire Police", "Europe/London", "leicestershire").await.unwrap();
        let enter = |force: bluelamp_domain::ids::ForceId| async move {
            let mut tx = app.begin().await.unwrap();
            sqlx::query("SELECT set_config('bluelamp.force', $1, true)").bind(force.to_string()).execute(&mut *tx).await.unwrap();
            tx
        };
        let count = "SELECT count(*) FROM ledger_entry";
        let mut ours = enter(world.force).await;
        let (mine,): (i64,) = sqlx::query_as(count).fetch_one(&mut *ours).await.unwrap();
        let mut theirs = enter(other).await;
        let (those,): (i64,) = sqlx::query_as(count).fetch_one(&mut *theirs).await.unwrap();
        assert!(mine > those && those > 0, "{mine} and {those}");
        let touched = sqlx::query("UPDATE person SET name = 'Nobody'").execute(&mut *theirs).await.unwrap().rows_affected();
        assert_eq!(touched, 0, "the other force has no people, and ours are out of its reach");
        let slipped = sqlx::query("INSERT INTO duty (force, id, person, started_at) SELECT $1, gen_random_uuid(), gen_random_uuid(), 0")
            .bind(world.force.0)
            .execute(&mut *theirs)
            .await
            .unwrap_err();
        assert!(slipped.to_string().contains("row-level security"), "{slipped}");
        drop(theirs);
        // No force set at all: nothing is there.
        let (none,): (i64,) = sqlx::query_as(count).fetch_one(app).await.unwrap();
        assert_eq!(none, 0);
    }
}

#[tokio::test]
async fn i2_every_governed_table_is_walled_in_on_postgresql() {
    for world in crate::testing::worlds().await {
        let crate::db::Db::Pg { app } = &world.app.db else { continue };
        for table in all_tables() {
            let (on, forced): (bool, bool) =
                sqlx::query_as("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = $1 AND relkind = 'r'")
                    .bind(&table.name)
                    .fetch_one(app)
                    .await
                    .unwrap();
            let walled = governed(&table) && table.door.is_none();
            assert_eq!((on, forced), (walled, walled), "{}", table.name);
        }
        let (superuser, bypass): (bool, bool) =
            sqlx::query_as("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user").fetch_one(app).await.unwrap();
        assert!(!superuser && !bypass, "the app's role must not be able to go around the wall");
    }
}

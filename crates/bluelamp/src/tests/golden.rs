//! I12: what can be done, and by which way, stands in golden lists that a person has read. A route, a job or a table
//! that appears without its line here fails the build.

use crate::http::router;
use std::fmt::Write;

fn held_to(name: &str, found: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("BLUELAMP_GOLDEN").is_some_and(|v| v == "write") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let (kept_lines, found_lines): (Vec<&str>, Vec<&str>) = (kept.lines().collect(), found.lines().collect());
    let gone: Vec<_> = kept_lines.iter().filter(|l| !found_lines.contains(l)).collect();
    let new: Vec<_> = found_lines.iter().filter(|l| !kept_lines.contains(l)).collect();
    assert!(
        kept == found,
        "golden/{name} differs.\nnew: {new:#?}\ngone: {gone:#?}\nIf it is meant: BLUELAMP_GOLDEN=write cargo test -p bluelamp i12_ and read the difference before you commit it."
    );
}

#[test]
fn i12_every_route_has_its_act() {
    let mut out = String::from("# method path: the act it does, the reading it needs, or open to anyone\n");
    for (listener, routes) in [("staff", router::staff()), ("public", router::public())] {
        for r in routes {
            let act = r.act;
            assert!(
                act == "open" || act == "by its name" || act.starts_with("read.") || crate::wiring::act(act).is_some(),
                "{} {} names `{act}`, which is no act",
                r.method,
                r.path
            );
            writeln!(out, "{listener} {} {}: {act}", r.method, r.path).unwrap();
        }
    }
    held_to("routes.txt", &out);
}

#[test]
fn i12_every_act_is_listed_once_and_programs_are_offered_only_these() {
    let mut out = String::from("# act: offered to programs, or not\n");
    let mut seen = std::collections::BTreeSet::new();
    for act in crate::wiring::acts() {
        assert!(seen.insert(act.name), "{} is registered twice", act.name);
        let offered = if crate::http::openapi::act_is_for_programs(act.name) { "programs and people" } else { "not programs" };
        writeln!(out, "{}: {offered}", act.name).unwrap();
    }
    held_to("acts.txt", &out);
}

#[test]
fn i12_every_job_ends_in_an_act_or_says_why_not() {
    let mut out = String::from("# job: the act it ends in\n");
    for job in crate::wiring::jobs() {
        assert!(
            crate::wiring::act(job.act).is_some() || job.act.starts_with("none: "),
            "{} ends in `{}`, which is no act",
            job.kind,
            job.act
        );
        writeln!(out, "{}: {}", job.kind, job.act).unwrap();
    }
    held_to("jobs.txt", &out);
}

#[test]
fn i12_every_table_is_governed_or_says_why_not() {
    let mut out = String::from("# table: governed (changed by acts alone), or why it is not\n");
    for t in crate::db::migrate::all_tables() {
        let why = match (t.machinery, t.door) {
            (Some(why), _) => format!("machinery: {why}"),
            (None, Some(why)) => format!("governed, door: {why}"),
            (None, None) => "governed".to_owned(),
        };
        writeln!(out, "{}: {why}", t.name).unwrap();
    }
    held_to("tables.txt", &out);
}

//! The packs that Bluelamp ships: they load, their cases come out as they say, and taking facts away never helps.

use std::collections::BTreeMap;
use std::path::Path;

/// The packs of this checkout, as the program would hold them.
fn shipped() -> BTreeMap<String, Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let mut files = BTreeMap::new();
    for pack in ["college-app", "leicestershire"] {
        read(&root.join(pack), pack, &mut files);
    }
    files
}

fn read(folder: &Path, path: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let inside = format!("{path}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            read(&entry.path(), &inside, files);
        } else {
            files.insert(inside, std::fs::read(entry.path()).unwrap());
        }
    }
}

fn pack(name: &str) -> bluelamp_policy::Pack {
    bluelamp_policy::load(&shipped(), name)
        .unwrap_or_else(|faults| panic!("{}", faults.iter().map(|f| format!("\n{f}")).collect::<String>()))
}

#[test]
fn every_case_of_both_packs_comes_out_as_it_says() {
    for name in ["college-app", "leicestershire"] {
        let report = pack(name).check();
        assert!(report.passed(), "{report}");
    }
}

/// The table of who may do what, as a reviewer reads it. Run with `BLUELAMP_BLESS=1` to write it anew.
#[test]
fn who_may_do_what_is_as_reviewed() {
    let table = pack("leicestershire").who_may();
    let mut text = String::from(
        "# Who may do each act under the Leicestershire pack, where nothing stands in the way but a hold.\n# Written by the tests; read it when it changes.\n",
    );
    for (act, who) in table {
        text.push_str(&format!("{act}: {}\n", if who.is_empty() { "nobody".to_owned() } else { who.join(", ") }));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/who_may.txt");
    if std::env::var_os("BLUELAMP_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    let changed: Vec<&str> = text.lines().filter(|l| !reviewed.lines().any(|r| r == *l)).collect();
    assert_eq!(reviewed, text, "changed: {changed:#?}");
}

/// Roles have what the policy gives them and nobody more: without a role there is nothing but one's own, and some are there to
/// look and not to do.
#[test]
fn app_pol_3_roles_have_the_permissions_that_the_policy_gives_and_nobody_more() {
    let own = [
        "act.decline",
        "act.release",
        "people.accept_invite",
        "people.settle_task",
        "security.add_credential",
        "security.end_session",
        "security.issue_token",
        "security.make_recovery_codes",
        "security.remove_credential",
        "security.revoke_token",
        "security.sign_in",
    ];
    for name in ["college-app", "leicestershire"] {
        for (act, who) in pack(name).who_may() {
            let may = |role: &str| who.iter().any(|w| w == role);
            assert!(!may("anyone") || act == "read.own" || own.contains(&act), "{name}: without a role one may {act}");
            // An export is a reading that leaves; a report is everybody's to make.
            let own_too = ["conduct.report_breach", "records.export_ledger"].contains(&act);
            assert!(!may("auditor") || own_too || act.starts_with("read.") || own.contains(&act), "{name}: an auditor may {act}");
            if ["people.grant_role", "people.revoke_role", "people.invite"].contains(&act) {
                let people: Vec<_> = who.iter().filter(|w| !w.starts_with("system:")).collect();
                assert_eq!(people, ["administrator"], "{name}: {act}");
            }
        }
    }
}

#[test]
fn the_grounds_that_a_rule_names_are_those_that_people_choose_from() {
    let pack = pack("leicestershire");
    let rule = pack.rules().iter().find(|r| r.id == "LEICS-MOD-1.ground").unwrap();
    let (_, list) = rule.text.split_once("has ground &&").unwrap();
    let mut named: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    let mut chosen: Vec<&str> = pack.words().grounds.iter().map(|g| g.code.as_str()).collect();
    named.sort_unstable();
    chosen.sort_unstable();
    assert_eq!(named, chosen);
    assert_eq!(chosen.len(), 8, "LEICS-MOD-1 has eight grounds");
}

#[test]
fn a_pack_s_own_grounds_and_purposes_replace_the_baseline_s_and_its_words_add_up() {
    let (parent, child) = (pack("college-app"), pack("leicestershire"));
    assert!(child.words().grounds.iter().all(|g| g.clause == "LEICS-MOD-1"));
    assert!(child.words().purposes.iter().all(|p| p.clause == "LEICS-STATEMENT-2"));
    assert_eq!(child.words().purposes.len(), 3);
    assert!(child.words().ground("contempt").is_some() && child.words().ground("criticism").is_none());
    for (before, after) in [
        (&parent.words().jargon, &child.words().jargon),
        (&parent.words().guilt, &child.words().guilt),
        (&parent.words().restricted, &child.words().restricted),
    ] {
        assert!(before.iter().all(|t| after.contains(t)));
    }
    assert!(child.words().jargon.len() > parent.words().jargon.len());
    assert_eq!(child.guide("community-guidelines").unwrap().pack, "leicestershire");
    assert_eq!(child.template("call-999").unwrap().pack, "college-app");
}

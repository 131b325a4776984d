//! A broken pack does not load, and says everything that is wrong with it at once, with file and rule.

use bluelamp_policy::{content_hash, files_of, load};
use std::collections::BTreeMap;

type Files = BTreeMap<String, Vec<u8>>;

const PARENT: &str = r#"
name = "base"
title = "A baseline"
version = "1"
owner = "corporate-communications"
next_review = 2027-01-01
"#;

const CHILD: &str = r#"
name = "force"
title = "A force"
version = "1"
extends = "base"
owner = "corporate-communications"
next_review = 2027-01-01
[figures]
look_minutes = 5
"#;

const GRANT: &str = r#"
@id("APP-ROLE-9.publish") @clause("APP-ROLE-9") @says("Publishers publish.")
permit (principal in Role::"publisher", action == Action::"publishing.publish", resource);
"#;

const REFUSAL: &str = r#"
@id("APP-POL-4.state") @clause("APP-POL-4") @outcome("refuse") @says("The account is {account.state}.")
forbid (principal, action == Action::"publishing.publish", resource) unless { resource.account.state == AccountState::"live" };
"#;

const SIGNS: &str = "[[sign]]\ncode = \"image\"\ntitle = \"Picture\"\nsays = \"There is one.\"\n";

fn whole() -> Files {
    let texts = [
        ("base/pack.toml", PARENT),
        ("base/rules/publishing.cedar", GRANT),
        ("base/words/signs.toml", SIGNS),
        ("force/pack.toml", CHILD),
        ("force/rules/publishing.cedar", REFUSAL),
    ];
    texts.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect()
}

fn faults(files: &Files) -> Vec<String> {
    load(files, "force").err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn a_whole_pack_loads_with_its_parent_s_rules_and_its_own_figures() {
    let pack = load(&whole(), "force").unwrap();
    assert_eq!(pack.rules().iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["APP-POL-4.state", "APP-ROLE-9.publish"]);
    assert_eq!((pack.figures().look_minutes(), pack.figures().held_hours()), (5, 72));
    assert_eq!(pack.chain(), ["base", "force"]);
    assert_eq!(pack.explain("APP-POL-4").unwrap().rules[0].file, "force/rules/publishing.cedar");
    let told = pack.explain("APP-POL-4").unwrap().to_string();
    assert!(told.contains("refuses (force/rules/publishing.cedar)") && told.contains("forbid (principal"), "{told}");
    assert!(pack.explain("APP-SEC-1").unwrap().to_string().contains("No rule of this pack"));
    assert!(pack.explain("APP-POL-999").is_none());
    assert_eq!(pack.hash(), content_hash(&files_of(&whole(), "force")));
}

#[test]
fn the_hash_is_of_the_chain_alone_and_of_every_byte_of_it() {
    let hash = |f: &Files| load(f, "force").unwrap().hash().to_owned();
    let before = hash(&whole());
    let mut files = whole();
    files.insert("elsewhere/pack.toml".into(), b"not of this chain".to_vec());
    assert_eq!(hash(&files), before);
    files.insert("base/guidance/one.md".into(), b"# One\n\nText.\n".to_vec());
    assert_ne!(hash(&files), before);
    // Moving a byte from one file to the next is another pack.
    let pair = |a: &str, b: &str| content_hash(&[("a".to_owned(), a.into()), ("b".to_owned(), b.into())].into());
    assert_ne!(pair("xy", "z"), pair("x", "yz"));
}

/// What is changed, to what, and what the fault must say.
const BREAKS: &[(&str, &str, &str)] = &[
    ("force/rules/a.cedar", "forbid (principal, action, resource) whenever { true };", "force/rules/a.cedar"),
    (
        "force/rules/a.cedar",
        r#"@clause("APP-POL-4") @outcome("refuse") @says("x") forbid (principal, action, resource) when { principal.force == principal.force };"#,
        "has no @id",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @outcome("refuse") @says("x") forbid (principal, action, resource);"#,
        "`APP-POL-4.b`: has no @clause",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("refuse") forbid (principal, action, resource);"#,
        "has no @says",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @says("x") forbid (principal, action, resource);"#,
        "needs @outcome",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("maybe") @says("x") forbid (principal, action, resource);"#,
        "needs @outcome",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-99.b") @clause("APP-POL-99") @outcome("refuse") @says("x") forbid (principal, action, resource);"#,
        "not in the register",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("wrong") @clause("APP-POL-4") @outcome("refuse") @says("x") forbid (principal, action, resource);"#,
        "`APP-POL-4.word`",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("hold") @says("x") forbid (principal, action, resource) unless { context.releases.contains("APP-POL-4.b") };"#,
        "needs @approver",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("hold") @approver("wizard") @says("x") forbid (principal, action, resource);"#,
        "no role",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("hold") @approver("desk") @says("x") forbid (principal, action, resource);"#,
        "nothing would lift",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("refuse") @says("x") forbid (principal, action, resource) unless { context.releases.contains("APP-POL-4.b") };"#,
        "only a hold is lifted",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("refuse") @colour("red") @says("x") forbid (principal, action, resource);"#,
        "@colour means nothing",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @says("x") permit (principal, action == Action::"publishing.publish", resource);"#,
        "only the outermost pack permits",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.state") @clause("APP-POL-4") @outcome("refuse") @says("x") forbid (principal, action, resource);"#,
        "stands twice",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-ROLE-9.publish") @clause("APP-ROLE-9") @outcome("refuse") @says("x") forbid (principal, action, resource);"#,
        "adds to what it extends without changing it",
    ),
    // Strict validation: a misspelt act, word, attribute; an optional attribute without a guard; a rule that never applies.
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("refuse") @says("x") forbid (principal, action == Action::"publishing.pubish", resource);"#,
        "publishing.pubish",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("refuse") @says("x") forbid (principal, action == Action::"publishing.publish", resource) when { resource.kind == DraftKind::"apeal" };"#,
        "apeal",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("refuse") @says("x") forbid (principal, action == Action::"publishing.publish", resource) when { resource.colour == "blue" };"#,
        "colour",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("refuse") @says("x") forbid (principal, action == Action::"publishing.publish", resource) when { resource.caseStage == CaseStage::"open" };"#,
        "caseStage",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("refuse") @says("x") forbid (principal, action == Action::"publishing.publish", resource is Message);"#,
        "APP-POL-4.b",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("refuse") @says("x") forbid (principal, action == Action::"publishing.publish", resource) when { resource.signs.contains("imgae") };"#,
        "`imgae` is no sign",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("refuse") @says("{resource.caseStage}") forbid (principal, action == Action::"publishing.publish", resource);"#,
        "may be absent",
    ),
    (
        "force/rules/a.cedar",
        r#"@id("APP-POL-4.b") @clause("APP-POL-4") @outcome("refuse") @says("{principal.level}") forbid (principal, action == Action::"publishing.publish", resource);"#,
        "no `level` when a System",
    ),
    ("force/rules/deep/a.cedar", "", "nothing reads this file"),
    ("force/notes.txt", "", "nothing reads this file"),
    ("force/pack.toml", "name = \"force\"\ncolour = \"blue\"", "unknown field `colour`"),
    (
        "force/pack.toml",
        "name = \"elsewhere\"\ntitle = \"x\"\nversion = \"1\"\nowner = \"x\"\nnext_review = 2027-01-01",
        "calls itself `elsewhere`",
    ),
    (
        "force/pack.toml",
        "name = \"force\"\ntitle = \"x\"\nversion = \"1\"\nowner = \"x\"\nnext_review = 2027-01-01\nextends = \"nothing\"",
        "there is no pack `nothing`",
    ),
    (
        "base/pack.toml",
        "name = \"base\"\ntitle = \"x\"\nversion = \"1\"\nowner = \"x\"\nnext_review = 2027-01-01\nextends = \"force\"",
        "extends itself",
    ),
    (
        "force/pack.toml",
        "name = \"force\"\ntitle = \"x\"\nversion = \"1\"\nowner = \"x\"\nnext_review = 09:30:00\nextends = \"base\"",
        "not a date",
    ),
    (
        "force/pack.toml",
        "name = \"force\"\ntitle = \"x\"\nversion = \"1\"\nowner = \"x\"\nnext_review = 2027-01-01\nextends = \"base\"\n[figures]\nlook_minute = 5",
        "unknown field `look_minute`",
    ),
    ("force/words/colours.toml", "", "no list"),
    ("force/words/grounds.toml", "[[ground]]\ncode = \"a\"\ntitle = \"A\"\nsays = \"A\"\nclause = \"APP-POL-99\"", "not in the register"),
    ("force/words/jargon.toml", "[[term]]\nword = \"RTC\"", "lower case"),
    ("force/words/jargon.toml", "[[term]]\nword = \"rtc\"\n[[term]]\nword = \"rtc\"", "stands twice"),
    ("force/templates/a.md", "# A\n\nHello {nobody}", "`{nobody}` is no gap"),
    ("force/templates/a.md", "# A\n\nHello {force", "a brace stands alone"),
    ("force/guidance/a.md", "No title", "`# Title`"),
    (
        "force/cases/a.toml",
        "[[case]]\nrule = \"APP-POL-4.gone\"\nsays = \"x\"\nact = \"publishing.publish\"\nexpect = { rating = \"red\" }",
        "no rule `APP-POL-4.gone`",
    ),
    (
        "force/cases/a.toml",
        "[[case]]\nrule = \"APP-POL-4.state\"\nsays = \"x\"\nact = \"publishing.shout\"\nexpect = { rating = \"red\" }",
        "no act",
    ),
    (
        "force/cases/a.toml",
        "[[case]]\nrule = \"APP-POL-4.state\"\nsays = \"x\"\nact = \"publishing.publish\"\ngiven = { account.sate = \"live\" }\nexpect = { rating = \"red\" }",
        "no `account.sate`",
    ),
    (
        "force/cases/a.toml",
        "[[case]]\nrule = \"APP-POL-4.state\"\nsays = \"x\"\nact = \"publishing.publish\"\ngiven = { acount.state = \"live\" }\nexpect = { rating = \"red\" }",
        "`acount` is not known",
    ),
    (
        "force/cases/a.toml",
        "[[case]]\nrule = \"APP-POL-4.state\"\nsays = \"x\"\nact = \"publishing.publish\"\ngiven = { account.state = \"alive\" }\nexpect = { rating = \"red\" }",
        "no AccountState",
    ),
];

#[test]
fn every_kind_of_fault_is_refused_and_named() {
    for (path, text, says) in BREAKS {
        let mut files = whole();
        files.insert((*path).to_owned(), text.as_bytes().to_vec());
        let found = faults(&files);
        assert!(found.iter().any(|f| f.contains(says)), "{path}\n{text}\nshould say `{says}`; said {found:#?}");
        assert!(
            found.iter().all(|f| f.contains(".cedar") || f.contains(".toml") || f.contains(".md") || f.contains(".txt")),
            "a fault names no file: {found:#?}"
        );
    }
}

#[test]
fn all_faults_come_at_once() {
    let mut files = whole();
    let mut expected = Vec::new();
    for (n, (path, text, _)) in BREAKS.iter().enumerate().filter(|(_, (path, _, _))| !path.ends_with("pack.toml")) {
        let (folder, file) = path.rsplit_once('/').unwrap();
        // One file a fault, with a rule of its own; a list of words keeps its name, since that says what it is.
        let path = if folder.ends_with("words") { (*path).to_owned() } else { format!("{folder}/{n}-{file}") };
        files.insert(path.clone(), text.replace("POL-4.b\"", &format!("POL-4.b{n}\"")).into_bytes());
        expected.push(path);
    }
    files.insert("force/guidance/latin.md".into(), vec![b'#', b' ', 0xe9]);
    let found = faults(&files);
    for path in expected {
        assert!(found.iter().any(|f| f.contains(&path)), "`{path}` is missing from {found:#?}");
    }
    assert!(found.iter().any(|f| f.contains("not UTF-8")));
}

#[test]
fn a_fault_in_the_parent_is_the_child_s_too() {
    let mut files = whole();
    files.insert("base/rules/b.cedar".into(), b"permit (principal, action, resource);".to_vec());
    assert!(faults(&files).iter().any(|f| f.starts_with("base/rules/b.cedar")));
}

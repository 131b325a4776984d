//! A second implementation, written from `README.md` in another language, must agree with ours: on a true
//! export and on every kind of false one.

use std::path::{Path, PathBuf};
use std::process::Command;

use bluelamp_ledger::export::{Expect, verify};

use crate::world::World;

fn python() -> Option<Command> {
    let found = Command::new("python3").arg("--version").output().is_ok_and(|o| o.status.success());
    found.then(|| Command::new("python3"))
}

fn judge(file: &Path) -> (bool, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent.py");
    let output = python().expect("looked for before").arg("-I").arg(script).arg(file).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.success(), text)
}

#[test]
fn a_second_implementation_agrees() {
    if python().is_none() {
        println!("python3 is not here: the second implementation was not run");
        return;
    }
    let world = World::full();
    let good = world.export();
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = dir.join("independent.jsonl");
    std::fs::write(&path, &good).unwrap();
    let (proven, text) = judge(&path);
    assert!(proven, "{text}");
    assert!(text.contains(&world.head(10).root.to_string()), "{text}");
    println!("{text}");

    let text = String::from_utf8(good.clone()).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut falsified: Vec<String> = vec![
        text.replacen("answered", "referred", 1),
        text.replacen("second line", "other words", 1),
        text.replacen("\"withheld\"", "\"disposed of\"", 1),
        text.replacen("\"index\":4", "\"index\":5", 1),
        text.replacen("d1d1d1d1-d1d1", "d2d2d2d2-d1d1", 1),
        text.replacen("\\n10\\n", "\\n9\\n", 1),
        lines[..lines.len() - 2].concat(),
        [&lines[..], &lines[lines.len() - 2..]].concat().concat(),
    ];
    let mut swapped = lines.clone();
    swapped.swap(2, 4);
    falsified.push(swapped.concat());
    for (n, bad) in falsified.iter().enumerate() {
        assert_ne!(*bad, text, "{n} changes nothing");
        assert!(!verify(bad.as_bytes(), &Expect::default()).unwrap().proven(), "ours took {n}");
        std::fs::write(&path, bad).unwrap();
        let (proven, said) = judge(&path);
        assert!(!proven, "the second implementation took {n}: {said}");
        assert!(said.contains("not proven"), "it broke instead of judging: {said}");
    }
}

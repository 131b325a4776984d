//! The `verify` program as an auditor meets it: what it prints and its exit code.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::world::{World, key};

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn run(args: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_verify")).args(args).output().unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

#[test]
fn proven_not_proven_and_not_tried_have_their_exit_codes() {
    let world = World::full();
    let good = world.export();
    let path = file("good.jsonl", &good);
    let path = path.to_str().unwrap();

    let (code, text) = run(&[path, "--key", &key(1).verifier_key().to_string()]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("PROVEN"), "{text}");

    let mut bad = good.clone();
    let at = good.len() - 30;
    bad[at] ^= 1;
    let bad = file("bad.jsonl", &bad);
    let (code, text) = run(&[bad.to_str().unwrap()]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("PROBLEM     entry 9 (line 20)") && text.ends_with("NOT PROVEN\n"), "{text}");

    let (code, text) = run(&[path, "--key", &key(3).verifier_key().to_string()]);
    assert_eq!(code, Some(1), "{text}");

    for wrong in [
        &[][..],
        &["/no/such/file"],
        &[path, "--key"],
        &[path, "--key", "x"],
        &[path, "--sinse", path],
        &[path, path],
        &[path, "--since", "/no/such/file"],
    ] {
        let (code, text) = run(wrong);
        assert_eq!(code, Some(2), "{wrong:?}: {text}");
    }
    assert_eq!(run(&["--help"]).0, Some(0));
}

#[test]
fn since_takes_a_checkpoint_or_an_older_export() {
    let world = World::full();
    let path = file("newer.jsonl", &world.export());
    let path = path.to_str().unwrap();
    let note = file("note.txt", world.checkpoint(7).as_bytes());
    let older = file("older.jsonl", &world.export());
    for since in [note, older] {
        let (code, text) = run(&[path, "--since", since.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("extends the checkpoint of"), "{text}");
    }
    let mut other = World::full();
    other.entries[6].0 = other.entries[6].0.iter().map(|b| if *b == b'6' { b'5' } else { *b }).collect();
    let note = file("other-note.txt", other.checkpoint(7).as_bytes());
    let (code, text) = run(&[path, "--since", note.to_str().unwrap()]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("the earlier checkpoint says"), "{text}");
}

//! The export: a true one is proven, and no change whatever goes unnoticed or unnamed.

use bluelamp_ledger::Digest;
use bluelamp_ledger::checkpoint::{CheckpointError, sign};
use bluelamp_ledger::entry::{Decision, Id};
use bluelamp_ledger::export::{
    Expect, Fault, Header, HeaderError, Report, Value, Values, Whose, WriteError, Writer, checkpoint_of, verify,
};
use bluelamp_ledger::rotation::rotate;
use proptest::prelude::*;

use crate::world::{DISPOSAL, World, entry, key};

fn check(bytes: &[u8]) -> Report {
    verify(bytes, &Expect::default()).unwrap()
}

fn faults(report: &Report) -> Vec<Fault> {
    report.problems.iter().map(|p| p.fault.clone()).collect()
}

/// The export with one line replaced by what `change` makes of it.
fn with_line(bytes: &[u8], line: usize, change: impl Fn(&str) -> String) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap();
    let changed = text.split_inclusive('\n').enumerate().map(|(n, l)| if n == line { change(l) } else { l.to_owned() });
    changed.collect::<String>().into_bytes()
}

#[test]
fn a_true_export_is_proven_and_told() {
    let report = check(&World::full().export());
    assert!(report.proven(), "{report}");
    assert_eq!((report.shown, report.sealed), (9, 1));
    assert_eq!(report.decisions, [4, 3, 2]);
    let v = report.values;
    assert_eq!((v.held, v.disposed_by_act, v.disposed, v.withheld), (9, 1, 1, 1));
    assert_eq!(report.trusted, None);
    let text = report.to_string();
    assert!(text.ends_with("PROVEN\n") && !text.contains("NOT PROVEN"), "{text}");
    assert!(text.contains("give --key"), "{text}");
}

#[test]
fn an_empty_ledger_is_proven() {
    let world = World { keys: vec![1], ..World::default() };
    assert!(check(&world.export()).proven());
}

/// The promise itself, for every byte and not for a sample: its lowest bit, the bit that changes a
/// letter's case, and one more that varies from byte to byte.
#[test]
fn no_byte_can_be_changed() {
    let export = World::small().export();
    assert!(check(&export).proven());
    let mut changed = export.clone();
    for at in 0..export.len() {
        for flip in [0x01, 0x20, (at % 255 + 1) as u8] {
            changed[at] = export[at] ^ flip;
            assert!(!check(&changed).proven(), "byte {at} xor {flip:#x} went unnoticed");
        }
        changed[at] = export[at];
    }
}

#[test]
fn no_byte_can_be_taken_away_or_added_and_no_tail_cut_off() {
    let export = World::small().export();
    for at in 0..export.len() {
        let mut shorter = export.clone();
        shorter.remove(at);
        assert!(!check(&shorter).proven(), "byte {at} could be removed");
        assert!(!check(&export[..at]).proven(), "the file could be cut at {at}");
    }
    for extra in [" ", "\n", "{}", "{}\n", "x"] {
        assert!(!check(&[&export[..], extra.as_bytes()].concat()).proven(), "{extra:?} could be added");
    }
}

#[test]
fn lines_cannot_be_exchanged_repeated_or_left_out() {
    let export = World::full().export();
    let lines: Vec<&[u8]> = export.split_inclusive(|b| *b == b'\n').collect();
    for a in 0..lines.len() {
        let mut without = lines.clone();
        without.remove(a);
        assert!(!check(&without.concat()).proven(), "line {a} could be left out");
        let mut twice = lines.clone();
        twice.insert(a, lines[a]);
        assert!(!check(&twice.concat()).proven(), "line {a} could stand twice");
        for b in a + 1..lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(a, b);
            assert!(!check(&swapped.concat()).proven(), "lines {a} and {b} could be exchanged");
        }
    }
}

#[test]
fn a_changed_entry_is_named_and_nothing_else_is() {
    let export = World::full().export();
    let changed = with_line(&export, 8, |l| l.replace("answered", "referred"));
    let report = check(&changed);
    assert_eq!(report.problems.len(), 1, "{report}");
    assert_eq!((report.problems[0].line, report.problems[0].index), (9, Some(3)));
    assert!(matches!(report.problems[0].fault, Fault::Leaf { .. }));
}

#[test]
fn a_changed_value_is_named() {
    let changed = with_line(&World::full().export(), 1, |l| l.replace("second line", "other words"));
    let report = check(&changed);
    assert_eq!(report.problems.len(), 1, "{report}");
    assert_eq!(report.problems[0].index, Some(0));
    assert!(matches!(&report.problems[0].fault, Fault::Value { name, .. } if name == "reason"));
}

#[test]
fn a_spoilt_place_line_does_not_hide_what_comes_after() {
    let export = with_line(&World::full().export(), 3, |l| l.replace("\"index\"", "\"indeks\""));
    let export = with_line(&export, 8, |l| l.replace("answered", "referred"));
    let report = check(&export);
    assert_eq!(report.problems.iter().map(|p| p.line).collect::<Vec<_>>(), [4, 9], "{report}");
}

#[test]
fn a_rewritten_ledger_differs_in_its_root() {
    let header = World::full().header();
    let mut world = World::full();
    world.entries[4].0 = entry(0x21, Decision::Done).bytes();
    world.entries[4].1 = Values::new();
    let faults = faults(&check(&world.export_under(&header)));
    // Both signatures over the history notice: the rotation's and the checkpoint's.
    assert!(
        matches!(
            faults[..],
            [Fault::Root { size: 6, whose: Whose::Rotation(0), .. }, Fault::Root { size: 10, whose: Whose::Checkpoint, .. }]
        ),
        "{faults:?}"
    );
}

#[test]
fn the_writer_says_when_the_stored_ledger_is_not_the_signed_one() {
    let world = World::full();
    let mut writer = Writer::new(Vec::new(), &world.header()).unwrap();
    writer.entry(&world.entries[0].0, &world.entries[0].1).unwrap();
    assert!(matches!(writer.finish(), Err(WriteError::NotAsSigned { size: 1, signed_size: 10, .. })));
}

#[test]
fn entries_of_two_forces_and_repeated_entries_are_refused() {
    let mut world = World { keys: vec![1], ..World::default() };
    let first = entry(1, Decision::Done);
    let mut foreign = entry(2, Decision::Done);
    foreign.force = Id([0xf1; 16]);
    world.add(&first, Values::new());
    world.add(&foreign, Values::new());
    world.add(&first, Values::new());
    let faults = faults(&check(&world.export()));
    assert!(matches!(faults[..], [Fault::OtherForce { .. }, Fault::Repeated(_)]), "{faults:?}");
}

#[test]
fn a_disposal_leaves_the_proof_and_must_be_on_the_ledger() {
    let mut world = World::full();
    for (_, values) in &mut world.entries {
        values.values_mut().for_each(|v| *v = Value::Disposed(None));
    }
    let report = check(&world.export());
    assert!(report.proven(), "{report}");
    assert_eq!(report.values.disposed, 12);

    let unknown = Id([0xd2; 16]);
    world.entries[0].1.insert("reason".into(), Value::Disposed(Some(unknown)));
    let report = check(&world.export());
    assert_eq!(faults(&report), [Fault::NoDisposal { name: "reason".into(), by: unknown }]);
    assert_eq!(report.problems[0].index, Some(0));
}

#[test]
fn an_earlier_act_does_not_explain_a_later_disposal() {
    let mut world = World { keys: vec![1], ..World::default() };
    world.add(&entry(1, Decision::Done).id("disposal", DISPOSAL).unwrap(), Values::new());
    let later = entry(2, Decision::Done).commit("reason", Digest([1; 32])).unwrap();
    world.add(&later, [("reason".to_owned(), Value::Disposed(Some(DISPOSAL)))].into());
    assert!(matches!(faults(&check(&world.export()))[..], [Fault::NoDisposal { .. }]));
}

#[test]
fn every_commitment_is_accounted_for() {
    let mut world = World::full();
    world.entries[0].1.remove("reason");
    world.entries[1].1.insert("more".into(), Value::Withheld);
    assert_eq!(faults(&check(&world.export())), [Fault::ValueNames("reason".into()), Fault::ValueNames("more".into())]);
}

#[test]
fn a_trusted_key_anywhere_in_the_chain_is_enough_and_another_is_not() {
    let export = World::full().export();
    for seed in [1, 2] {
        let keys = vec![key(seed).verifier_key()];
        let report = verify(&export[..], &Expect { keys: keys.clone(), since: None }).unwrap();
        assert!(report.proven());
        assert_eq!(report.trusted, Some(keys[0].clone()));
    }
    let report = verify(&export[..], &Expect { keys: vec![key(3).verifier_key()], since: None }).unwrap();
    assert_eq!(faults(&report), [Fault::KeyNotInChain(key(2).verifier_key())]);
}

#[test]
fn somebody_elses_signature_over_true_entries_does_not_pass_a_trusted_key() {
    let mut forged = World::full();
    forged.keys = vec![7];
    forged.rotations.clear();
    let report = verify(&forged.export()[..], &Expect { keys: vec![key(1).verifier_key()], since: None }).unwrap();
    assert!(!report.proven());
}

fn since(export: &[u8], note: &str) -> Report {
    verify(export, &Expect { keys: Vec::new(), since: Some(note.to_owned()) }).unwrap()
}

#[test]
fn every_earlier_checkpoint_is_extended() {
    let world = World::full();
    let export = world.export();
    for size in 6..=10 {
        let report = since(&export, &world.checkpoint(size));
        assert!(report.proven(), "{size}: {report}");
        assert_eq!(report.since.unwrap().size, size as u64);
    }
    let before = World { keys: vec![1], rotations: vec![], ..world };
    for size in 0..=6 {
        assert!(since(&export, &before.checkpoint(size)).proven());
    }
}

#[test]
fn a_key_vouches_only_for_its_own_time() {
    let world = World::full();
    let report = since(&world.export(), &world.checkpoint(3));
    assert_eq!(faults(&report), [Fault::Since(CheckpointError::Unsigned)], "the new key did not exist at 3 entries");
    let retired = World { keys: vec![1], rotations: vec![], ..world.clone() };
    assert!(!since(&world.export(), &retired.checkpoint(8)).proven(), "the old key had ended at 6 entries");
}

#[test]
fn a_history_rewritten_since_a_kept_checkpoint_is_noticed() {
    let kept = World::full().checkpoint(9);
    let mut world = World::full();
    world.entries[7].0 = entry(0x22, Decision::Done).id("disposal", DISPOSAL).unwrap().bytes();
    let export = world.export();
    assert!(check(&export).proven(), "signed anew, it agrees with itself");
    let report = since(&export, &kept);
    assert!(matches!(faults(&report)[..], [Fault::Root { size: 9, whose: Whose::Since, .. }]), "{report}");
    assert_eq!(report.since, None);
}

#[test]
fn a_ledger_cut_back_behind_a_kept_checkpoint_is_noticed() {
    let kept = World::full().checkpoint(10);
    let mut world = World::full();
    world.entries.truncate(9);
    let report = since(&world.export(), &kept);
    assert_eq!(faults(&report), [Fault::Size { found: 9, wanted: 10, whose: Whose::Since }]);
    assert_eq!(report.since, None);
}

#[test]
fn an_older_export_serves_as_the_earlier_checkpoint() {
    let mut world = World::full();
    let older = String::from_utf8(world.export()).unwrap();
    world.add(&entry(10, Decision::Done), Values::new());
    assert!(since(&world.export(), &checkpoint_of(&older).unwrap()).proven());
    assert_eq!(checkpoint_of("{}"), Err(HeaderError::Line(2)));
}

#[test]
fn a_header_that_would_not_verify_is_not_made() {
    let world = World::full();
    let keys = [key(1).verifier_key(), key(2).verifier_key()];
    let note = world.checkpoint(10);
    assert!(matches!(Header::new(&keys[1..], &world.rotations, &note), Err(HeaderError::Count { .. })));
    assert!(matches!(Header::new(&[keys[1].clone(), keys[0].clone()], &world.rotations, &note), Err(HeaderError::Checkpoint(_))));
    assert!(matches!(Header::new(&[key(3).verifier_key(), keys[1].clone()], &world.rotations, &note), Err(HeaderError::Chain(0))));
    assert!(Header::new(&[], &[], &note).is_err());
    // A witness's signature is left behind, not carried into the export unexplained.
    let witnessed = format!("{note}— witness.example.invalid AAAAAAECAwQFBgcICQ==\n");
    assert_eq!(Header::new(&keys, &world.rotations, &witnessed).unwrap(), world.header());
}

#[test]
fn a_chain_of_keys_goes_forward_only() {
    let world = World::full();
    let verifier = |seeds: &[u8]| seeds.iter().map(|s| key(*s).verifier_key()).collect::<Vec<_>>();
    let turn = |size, old, new| rotate(&world.head(size), &key(old), &key(new)).unwrap();
    let signed = |size, seed| sign(&world.head(size), &key(seed)).unwrap();
    let made = |keys: &[u8], turns: &[String], note: &str| Header::new(&verifier(keys), turns, note).map(|_| ());
    assert_eq!(made(&[1, 2, 3], &[turn(4, 1, 2), turn(6, 2, 3)], &signed(6, 3)), Ok(()));
    assert_eq!(made(&[1, 2, 3], &[turn(6, 1, 2), turn(4, 2, 3)], &signed(6, 3)), Err(HeaderError::Chain(1)), "sizes fall");
    assert_eq!(made(&[1, 2], &[turn(6, 1, 2)], &signed(5, 2)), Err(HeaderError::Chain(0)), "signed before it began");
    assert_eq!(made(&[1, 2, 1], &[turn(4, 1, 2), turn(6, 2, 1)], &signed(6, 1)), Err(HeaderError::Chain(1)), "a key comes back");
}

#[test]
fn a_signature_that_nobody_explains_is_refused() {
    let export = World::full().export();
    let own = World::full().checkpoint(10).lines().last().unwrap().to_owned();
    for line in ["— witness.example.invalid AAAAAAECAwQFBgcICQ==", &own] {
        let changed = with_line(&export, 0, |l| l.replacen("\\n\",\"format\"", &format!("\\n{line}\\n\",\"format\""), 1));
        assert_ne!(changed, export);
        assert_eq!(faults(&check(&changed)), [Fault::Header(HeaderError::Signatures)]);
    }
}

#[test]
fn nothing_stands_behind_what_was_signed() {
    let mut export = World::full().export();
    export.extend_from_slice(format!("{{\"index\":10,\"leaf\":\"{}\"}}\n", Digest([1; 32])).as_bytes());
    assert_eq!(faults(&check(&export)), [Fault::Size { found: 11, wanted: 10, whose: Whose::Checkpoint }]);
}

#[test]
fn many_problems_are_counted_and_not_all_told() {
    let mut world = World { keys: vec![1], ..World::default() };
    for n in 0..120 {
        let mut entry = entry(n, Decision::Done).commit("reason", Digest([1; 32])).unwrap();
        entry.id = Id([n; 16]);
        world.add(&entry, Values::new());
    }
    let report = check(&world.export());
    assert_eq!((report.problems.len(), report.more), (100, 20));
}

proptest! {
    #[test]
    fn no_file_makes_it_fall_over(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(!check(&bytes).proven());
    }

    #[test]
    fn any_two_bytes_changed_are_noticed(a in 0_usize..100_000, b in 0_usize..100_000, x in 1_u8..=255, y in 1_u8..=255) {
        let mut export = World::full().export();
        let (a, b) = (a % export.len(), b % export.len());
        prop_assume!(a != b);
        export[a] ^= x;
        export[b] ^= y;
        prop_assert!(!check(&export).proven());
    }

    #[test]
    fn values_of_any_bytes_go_out_and_are_proven(value in prop::collection::vec(any::<u8>(), 0..60), text in "\\PC{0,40}") {
        let random = Digest([8; 32]);
        let mut world = World { keys: vec![1], ..World::default() };
        let entry = entry(1, Decision::Done)
            .commit("bytes", bluelamp_ledger::commit::commit(&random, &value)).unwrap()
            .commit("text", bluelamp_ledger::commit::commit(&random, text.as_bytes())).unwrap();
        let held = |value: &[u8]| Value::Held { random, value: value.to_vec() };
        world.add(&entry, [("bytes".to_owned(), held(&value)), ("text".to_owned(), held(text.as_bytes()))].into());
        let report = check(&world.export());
        prop_assert!(report.proven(), "{}", report);
    }
}

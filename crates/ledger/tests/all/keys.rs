//! Checkpoints, keys and rotations: only the right key, the right text and the one spelling hold.

use bluelamp_ledger::Digest;
use bluelamp_ledger::checkpoint::{CheckpointError, Head, SigningKey, VerifierKey, open, sign};
use bluelamp_ledger::rotation;
use proptest::prelude::*;

use crate::world::{ORIGIN, World, key};

/// A note and key published with the signed-note format's reference implementation.
#[test]
fn a_key_of_another_implementation_is_read() {
    let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(VerifierKey::parse(text).unwrap().origin(), "PeterNeumann");
    for bad in
        [text.replace("c74f20a3", "C74F20A3"), text.replace("Peter", "Pater"), text.replace("TW", "TX"), format!("{text}="), String::new()]
    {
        assert_eq!(VerifierKey::parse(&bad), Err(CheckpointError::Key), "{bad}");
    }
}

/// RFC 8032 §7.1, test 1: the same seed gives the same public key everywhere.
#[test]
fn a_seed_gives_the_key_of_rfc_8032() {
    let mut seed = [0; 32];
    hex::decode_to_slice("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", &mut seed).unwrap();
    let text = SigningKey::from_seed(ORIGIN, &seed).unwrap().verifier_key().to_string();
    // 0x01 and d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a in base64
    assert!(text.ends_with("+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"), "{text}");
}

#[test]
fn a_checkpoint_is_a_c2sp_note() {
    let note = World::full().checkpoint(10);
    let lines: Vec<&str> = note.split('\n').collect();
    assert_eq!(lines[0], ORIGIN);
    assert_eq!(lines[1], "10");
    assert_eq!(lines[3], "");
    assert!(lines[4].starts_with(&format!("— {ORIGIN} ")));
    assert_eq!(lines.len(), 6);
}

#[test]
fn only_a_trusted_key_opens_a_checkpoint() {
    let note = World::full().checkpoint(10);
    assert!(open(&note, &[key(1).verifier_key(), key(2).verifier_key()]).is_ok());
    assert_eq!(open(&note, &[key(1).verifier_key()]), Err(CheckpointError::Unsigned));
    assert_eq!(open(&note, &[]), Err(CheckpointError::Unsigned));
    let changed = note.replacen("\n10\n", "\n11\n", 1);
    assert_eq!(open(&changed, &[key(2).verifier_key()]), Err(CheckpointError::BadSignature(ORIGIN.into())));
}

#[test]
fn a_witness_may_sign_too_and_is_counted_not_believed() {
    let note = World::full().checkpoint(10);
    let witness = "— witness.example.invalid AAAAAAECAwQFBgcICQ==\n";
    let opened = open(&format!("{note}{witness}"), &[key(2).verifier_key()]).unwrap();
    assert_eq!((opened.others, opened.signed_by), (1, vec![key(2).verifier_key()]));
}

#[test]
fn a_key_signs_for_its_own_ledger_only() {
    let other = Head { origin: "ledger.example.invalid/other".into(), size: 1, root: Digest([0; 32]) };
    assert!(matches!(sign(&other, &key(1)), Err(CheckpointError::OtherOrigin { .. })));
    for bad in ["", "two words", "a+b", "line\nbreak", "café"] {
        assert_eq!(SigningKey::from_seed(bad, &[1; 32]).err(), Some(CheckpointError::Origin), "{bad}");
    }
}

#[test]
fn a_rotation_needs_both_signatures() {
    let head = World::full().head(6);
    let note = rotation::rotate(&head, &key(1), &key(2)).unwrap();
    assert_eq!(rotation::open(&note).unwrap().head, head);
    let (text, signatures) = note.rsplit_once("\n\n").unwrap();
    for one in signatures.lines() {
        assert_eq!(rotation::open(&format!("{text}\n\n{one}\n")), Err(CheckpointError::Unsigned));
    }
    assert_eq!(rotation::rotate(&head, &key(1), &key(1)), Err(CheckpointError::Key));
}

#[test]
fn a_rotation_is_never_a_checkpoint_nor_the_other_way() {
    let world = World::full();
    assert!(open(&world.rotations[0], &[key(1).verifier_key(), key(2).verifier_key()]).is_err());
    assert!(rotation::open(&world.checkpoint(10)).is_err());
}

#[test]
fn a_private_key_does_not_show_itself() {
    let key = SigningKey::from_seed(ORIGIN, &[0x5e; 32]).unwrap();
    assert_eq!(format!("{key:?}"), format!("SigningKey({ORIGIN})"));
}

proptest! {
    #[test]
    fn no_note_makes_it_fall_over(note in "[ -~\n—]{0,300}") {
        prop_assert!(open(&note, &[key(1).verifier_key()]).is_err());
        prop_assert!(rotation::open(&note).is_err());
    }

    #[test]
    fn any_changed_byte_of_a_rotation_is_noticed(at in 0_usize..1000, flip in 1_u8..=255) {
        let mut note = World::full().rotations[0].clone().into_bytes();
        let at = at % note.len();
        note[at] ^= flip;
        if let Ok(note) = String::from_utf8(note) {
            prop_assert!(rotation::open(&note).is_err());
        }
    }
}

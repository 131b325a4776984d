//! The tree against RFC 6962's known answers, against a naive second calculation, and at every size.

use std::collections::BTreeMap;

use bluelamp_ledger::Digest;
use bluelamp_ledger::tree::{
    Growing, MAX_SIZE, TreeError, append, check_consistency, check_inclusion, consistency, consistency_needs, inclusion, inclusion_needs,
    leaf_hash, peaks, root,
};
use proptest::prelude::*;

const UP_TO: u64 = 70;

/// The definition in RFC 6962 §2.1, word for word and slow.
fn by_definition(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(&[]),
        [one] => *one,
        many => {
            let k = many.len().next_power_of_two() / 2;
            let (left, right) = many.split_at(k);
            Digest::of(&[&[1], &by_definition(left).0, &by_definition(right).0])
        }
    }
}

fn leaves(n: u64) -> Vec<Digest> {
    (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

fn table(leaves: &[Digest]) -> BTreeMap<u64, Digest> {
    append(0, leaves, &BTreeMap::new()).unwrap().nodes.into_iter().collect()
}

/// Only what a query for these indexes would bring.
fn fetched(table: &BTreeMap<u64, Digest>, needs: &[u64]) -> BTreeMap<u64, Digest> {
    needs.iter().map(|i| (*i, table[i])).collect()
}

/// The eight inputs and roots that the reference implementations of RFC 6962 are tested with.
#[test]
fn known_vectors_of_rfc_6962_hold() {
    let inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let leaves: Vec<Digest> = inputs.iter().map(|i| leaf_hash(&hex::decode(i).unwrap())).collect();
    let table = table(&leaves);
    assert_eq!(root(0, &table).unwrap().to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (n, want) in roots.iter().enumerate() {
        assert_eq!(root(n as u64 + 1, &table).unwrap().to_string(), *want, "size {}", n + 1);
    }
    let path = inclusion(5, 8, &table).unwrap();
    let path: Vec<String> = path.iter().map(ToString::to_string).collect();
    assert_eq!(
        path,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}

#[test]
fn every_size_has_the_root_of_the_definition() {
    let leaves = leaves(UP_TO);
    let table = table(&leaves);
    let mut growing = Growing::default();
    for n in 0..=leaves.len() {
        let want = by_definition(&leaves[..n]);
        assert_eq!(root(n as u64, &fetched(&table, &peaks(n as u64))).unwrap(), want);
        assert_eq!(growing.root().unwrap(), want);
        if let Some(leaf) = leaves.get(n) {
            growing.push(*leaf).unwrap();
        }
    }
}

#[test]
fn inclusion_holds_at_every_size_and_for_that_leaf_alone() {
    let leaves = leaves(UP_TO);
    let table = table(&leaves);
    for size in 1..=UP_TO {
        let root = root(size, &table).unwrap();
        for index in 0..size {
            let proof = inclusion(index, size, &fetched(&table, &inclusion_needs(index, size).unwrap())).unwrap();
            let leaf = leaves[index as usize];
            assert_eq!(check_inclusion(&proof, index, leaf, size, root), Ok(()));
            assert!(check_inclusion(&proof, index, Digest([9; 32]), size, root).is_err());
            assert!(check_inclusion(&proof, index, leaf, size, Digest([9; 32])).is_err());
            let longer: Vec<Digest> = proof.iter().copied().chain([leaf]).collect();
            assert!(check_inclusion(&longer, index, leaf, size, root).is_err());
            for other in (0..size).filter(|o| *o != index) {
                assert!(check_inclusion(&proof, other, leaf, size, root).is_err());
            }
        }
        assert_eq!(inclusion_needs(size, size), Err(TreeError::Outside { index: size, size }));
    }
}

#[test]
fn consistency_holds_between_every_two_sizes() {
    let leaves = leaves(UP_TO);
    let table = table(&leaves);
    for size in 0..=UP_TO {
        let new = root(size, &table).unwrap();
        for old_size in 0..=size {
            let old = root(old_size, &table).unwrap();
            let proof = consistency(old_size, size, &fetched(&table, &consistency_needs(old_size, size).unwrap())).unwrap();
            assert_eq!(check_consistency(&proof, old_size, old, size, new), Ok(()));
            assert!(check_consistency(&proof, old_size, Digest([9; 32]), size, new).is_err());
            // From nothing, and to itself, any root would do; between, the new root is bound too.
            if old_size > 0 {
                assert!(check_consistency(&proof, old_size, old, size, Digest([9; 32])).is_err());
            }
            for spoilt in 0..proof.len() {
                let mut proof = proof.clone();
                proof[spoilt].0[0] ^= 1;
                assert!(check_consistency(&proof, old_size, old, size, new).is_err());
            }
        }
        assert!(consistency_needs(size + 1, size).is_err());
    }
}

#[test]
fn a_rewritten_history_is_not_consistent() {
    let before = leaves(20);
    let mut after = leaves(33);
    after[7] = leaf_hash(b"another story");
    let (old, new) = (table(&before), table(&after));
    let proof = consistency(20, 33, &new).unwrap();
    let roots = (root(20, &old).unwrap(), root(33, &new).unwrap());
    assert_eq!(check_consistency(&proof, 20, roots.0, 33, roots.1), Err(TreeError::NotProven));
}

#[test]
fn a_missing_node_is_named() {
    let full = table(&leaves(13));
    for gone in peaks(13) {
        let mut table = full.clone();
        table.remove(&gone);
        assert_eq!(root(13, &table), Err(TreeError::Missing(gone)));
        assert_eq!(append(13, &leaves(1), &table), Err(TreeError::Missing(gone)));
    }
    assert!(append(MAX_SIZE, &leaves(1), &full).is_err());
}

#[test]
fn a_tree_of_any_size_is_bounded_in_what_it_asks() {
    assert!(peaks(u64::MAX).len() <= 54);
    assert!(inclusion_needs(MAX_SIZE / 3, MAX_SIZE - 1).unwrap().len() <= 110);
    assert!(check_inclusion(&[], 0, Digest([0; 32]), u64::MAX, Digest([0; 32])).is_err());
    assert!(check_consistency(&[], 1, Digest([0; 32]), u64::MAX, Digest([0; 32])).is_err());
}

proptest! {
    #[test]
    fn any_batching_gives_the_same_tree(batches in prop::collection::vec(0_usize..9, 0..24)) {
        let leaves = leaves(batches.iter().sum::<usize>() as u64);
        let at_once = append(0, &leaves, &BTreeMap::new()).unwrap();
        let (mut table, mut size, mut rest) = (BTreeMap::new(), 0, &leaves[..]);
        let mut last = root(0, &table).unwrap();
        for batch in batches {
            let (now, later) = rest.split_at(batch);
            let added = append(size, now, &fetched(&table, &peaks(size))).unwrap();
            let next = table.len() as u64;
            prop_assert!(added.nodes.iter().map(|(i, _)| *i).eq(next..next + added.nodes.len() as u64), "new nodes follow without a gap");
            table.extend(added.nodes);
            (size, last, rest) = (added.size, added.root, later);
        }
        prop_assert_eq!(size, at_once.size);
        prop_assert_eq!(last, at_once.root);
        prop_assert_eq!(last, by_definition(&leaves));
        prop_assert_eq!(table, at_once.nodes.into_iter().collect::<BTreeMap<_, _>>());
    }
}

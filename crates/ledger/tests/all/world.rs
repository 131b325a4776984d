//! A small invented ledger with everything an export can hold.

use std::collections::BTreeMap;

use bluelamp_ledger::Digest;
use bluelamp_ledger::checkpoint::{Head, SigningKey, sign};
use bluelamp_ledger::commit::commit;
use bluelamp_ledger::entry::{By, Decision, Entry, Id, Word};
use bluelamp_ledger::export::{Header, Value, Values, Writer};
use bluelamp_ledger::rotation::rotate;
use bluelamp_ledger::tree::{Appended, append};

pub const ORIGIN: &str = "ledger.example.invalid/example";
pub const DISPOSAL: Id = Id([0xd1; 16]);

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[seed; 32]).unwrap()
}

/// A ledger as the server keeps it: entries' bytes, values beside them, leaf hashes.
#[derive(Clone, Default)]
pub struct World {
    pub entries: Vec<(Vec<u8>, Values)>,
    pub keys: Vec<u8>,
    pub rotations: Vec<String>,
    pub sealed: Vec<usize>,
}

pub fn entry(n: u8, decision: Decision) -> Entry {
    Entry::new(
        Id([n; 16]),
        Id([0xf0; 16]),
        Word::new("desk.close").unwrap(),
        1_795_000_000_000_000 + i64::from(n),
        By::Person(Id([0xaa; 16])),
        decision,
        Digest([n; 32]),
    )
    .unwrap()
    .pack(Digest([0x9a; 32]))
    .clause("APP-GEN-1")
    .unwrap()
    .id("message", Id([0x30 + n; 16]))
    .unwrap()
    .code("disposal", "answered")
    .unwrap()
    .code("minutes", i64::from(n))
    .unwrap()
}

impl World {
    /// Ten entries, one rotation after the sixth, every kind of value, one sealed entry.
    pub fn full() -> Self {
        let mut world = Self { keys: vec![1], ..Self::default() };
        for n in 0..6_u8 {
            let random = Digest([0x40 + n; 32]);
            let text = format!("reason “{n}”\nsecond line").into_bytes();
            let bytes = vec![0xff, 0, n];
            let entry = entry(n, [Decision::Done, Decision::Held, Decision::Refused][usize::from(n % 3)])
                .commit("reason", commit(&random, &text))
                .unwrap()
                .commit("image", commit(&Digest([0x60 + n; 32]), &bytes))
                .unwrap();
            let reason = match n {
                1 => Value::Disposed(None),
                2 => Value::Disposed(Some(DISPOSAL)),
                3 => Value::Withheld,
                _ => Value::Held { random, value: text },
            };
            let image = Value::Held { random: Digest([0x60 + n; 32]), value: bytes };
            world.add(&entry, [("reason".to_owned(), reason), ("image".to_owned(), image)].into());
        }
        world.rotate(2);
        world.add(&entry(6, Decision::Done), Values::new());
        world.add(&entry(7, Decision::Done).id("disposal", DISPOSAL).unwrap(), Values::new());
        world.add(&entry(8, Decision::Done), Values::new());
        world.add(&entry(9, Decision::Held), Values::new());
        world.sealed = vec![8];
        world
    }

    /// Every kind of line in few bytes, for tests that try each byte in turn.
    pub fn small() -> Self {
        let mut world = Self { keys: vec![1], ..Self::default() };
        let (random, other) = (Digest([0x41; 32]), Digest([0x42; 32]));
        let first = entry(0, Decision::Refused)
            .commit("gone", commit(&other, b"x"))
            .unwrap()
            .commit("image", commit(&random, &[0xff]))
            .unwrap()
            .commit("kept", commit(&other, b"y"))
            .unwrap()
            .commit("reason", commit(&other, "“é”\n".as_bytes()))
            .unwrap();
        let values = [
            ("gone", Value::Disposed(Some(DISPOSAL))),
            ("image", Value::Held { random, value: vec![0xff] }),
            ("kept", Value::Withheld),
            ("reason", Value::Held { random: other, value: "“é”\n".into() }),
        ];
        world.add(&first, values.map(|(name, value)| (name.to_owned(), value)).into());
        world.rotate(2);
        world.add(&entry(1, Decision::Done).id("disposal", DISPOSAL).unwrap(), Values::new());
        world.add(&entry(2, Decision::Done), Values::new());
        world.sealed = vec![2];
        world
    }

    pub fn add(&mut self, entry: &Entry, values: Values) {
        self.entries.push((entry.bytes(), values));
    }

    pub fn rotate(&mut self, new: u8) {
        let old = key(*self.keys.last().unwrap());
        let note = rotate(&self.head(self.entries.len()), &old, &key(new)).unwrap();
        self.rotations.push(note);
        self.keys.push(new);
    }

    pub fn tree(&self, size: usize) -> Appended {
        let leaves: Vec<Digest> = self.entries[..size].iter().map(|(bytes, _)| bluelamp_ledger::tree::leaf_hash(bytes)).collect();
        append(0, &leaves, &BTreeMap::new()).unwrap()
    }

    pub fn head(&self, size: usize) -> Head {
        let tree = self.tree(size);
        Head { origin: ORIGIN.to_owned(), size: tree.size, root: tree.root }
    }

    /// The checkpoint at a size, signed by the newest key.
    pub fn checkpoint(&self, size: usize) -> String {
        sign(&self.head(size), &key(*self.keys.last().unwrap())).unwrap()
    }

    pub fn header(&self) -> Header {
        let keys: Vec<_> = self.keys.iter().map(|seed| key(*seed).verifier_key()).collect();
        Header::new(&keys, &self.rotations, &self.checkpoint(self.entries.len())).unwrap()
    }

    pub fn export(&self) -> Vec<u8> {
        self.export_under(&self.header())
    }

    /// The entries as they now are, under a header made earlier.
    pub fn export_under(&self, header: &Header) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, header).unwrap();
        for (n, (bytes, values)) in self.entries.iter().enumerate() {
            if self.sealed.contains(&n) {
                writer.sealed(bluelamp_ledger::tree::leaf_hash(bytes)).unwrap();
            } else {
                writer.entry(bytes, values).unwrap();
            }
        }
        drop(writer.finish());
        out
    }
}

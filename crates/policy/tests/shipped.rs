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

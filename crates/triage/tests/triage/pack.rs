//! The national pack's triage text, read as a program would read it.

use std::path::Path;
use std::sync::OnceLock;

use bluelamp_triage::{Engine, SignalFile};

/// Every file of the national pack's `triage/`.
pub fn files() -> &'static [SignalFile] {
    static FILES: OnceLock<Vec<SignalFile>> = OnceLock::new();
    FILES.get_or_init(|| {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/college-app/triage");
        let mut paths: Vec<_> = std::fs::read_dir(&dir).expect("the pack is there").map(|e| e.unwrap().path()).collect();
        paths.sort();
        paths
            .iter()
            .map(|p| {
                let name = p.file_name().unwrap().to_string_lossy();
                SignalFile::parse(&name, 0, &std::fs::read_to_string(p).unwrap()).unwrap_or_else(|e| panic!("{e}"))
            })
            .collect()
    })
}

/// The national pack's engine.
pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::compile(files(), "test").unwrap_or_else(|e| panic!("{e}")))
}

#[test]
fn every_case_of_the_pack_holds() {
    let failures = engine().run_cases(files());
    let told: Vec<String> = failures.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{} failures:\n{}", told.len(), told.join("\n"));
}

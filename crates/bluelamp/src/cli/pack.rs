//! `bluelamp pack check DIR…` and `bluelamp pack explain CLAUSE`.

use super::Failure;
use clap::Subcommand;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum Pack {
    /// Validate packs and run their cases: `bluelamp pack check packs/*`.
    Check { dirs: Vec<PathBuf> },
    /// Say what a pack makes of a clause.
    Explain {
        clause: String,
        /// The pack's folder.
        #[arg(long, default_value = "packs/leicestershire")]
        pack: PathBuf,
    },
}

pub fn run(pack: Pack) -> Result<(), Failure> {
    match pack {
        Pack::Check { dirs } => check(&dirs),
        Pack::Explain { clause, pack } => explain(&clause, &pack),
    }
}

fn load(dir: &Path) -> Result<bluelamp_policy::Pack, Failure> {
    let name = dir.file_name().map(|n| n.to_string_lossy().into_owned()).ok_or("name the pack's own folder")?;
    let parent = dir.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let files = bluelamp_policy::files_of(&crate::setup::read_packs(parent)?, &name);
    bluelamp_policy::load(&files, &name).map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n").into())
}

fn check(dirs: &[PathBuf]) -> Result<(), Failure> {
    let (mut passed, mut failed) = (0, 0);
    for dir in dirs.iter().filter(|d| d.join("pack.toml").is_file()) {
        let pack = match load(dir) {
            Ok(pack) => pack,
            Err(e) => {
                println!("{}: does not load\n{e}", dir.display());
                failed += 1;
                continue;
            }
        };
        let report = pack.check();
        println!("{report}");
        let bad = report.failed().count();
        failed += bad;
        passed += report.cases.len() - bad;
        match crate::wiring::compile_triage(&pack) {
            Ok(engine) => {
                let (ran, failures) = crate::wiring::triage_cases(&pack, &engine)?;
                for f in &failures {
                    println!("  {f}");
                }
                failed += failures.len();
                passed += ran - failures.len();
            }
            Err(e) => {
                println!("  triage: {e}");
                failed += 1;
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed > 0 { Err(format!("{failed} of the packs' own cases failed").into()) } else { Ok(()) }
}

fn explain(clause: &str, dir: &Path) -> Result<(), Failure> {
    let pack = load(dir)?;
    let found = pack.explain(clause).ok_or_else(|| format!("`{clause}` is not in the register of clauses"))?;
    println!("{} ({}): {}\n", found.clause.id, found.clause.section, found.clause.says);
    if found.rules.is_empty() {
        println!("No rule of this pack speaks of it.");
    }
    for rule in &found.rules {
        println!("{}: {}", rule.id, rule.says);
    }
    Ok(())
}

//! `bluelamp ledger export` and `bluelamp ledger verify`.

use super::Failure;
use crate::records::acts::export_ledger::ExportLedger;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum Ledger {
    /// Write the force's ledger to a file that anyone can prove. Acts as the person named.
    Export {
        #[arg(long)]
        force: String,
        /// E-mail address of whoever exports it; their policy decides.
        #[arg(long = "as")]
        person: String,
        #[arg(long)]
        reason: String,
        #[arg(long)]
        out: PathBuf,
    },
    /// Prove an export. The separate program `verify` does the same without this one.
    Verify {
        file: PathBuf,
        /// A verifier key that you trust.
        #[arg(long)]
        key: Vec<String>,
        /// A checkpoint or export that you kept.
        #[arg(long)]
        since: Option<PathBuf>,
    },
}

pub async fn run(config: PathBuf, ledger: Ledger) -> Result<(), Failure> {
    match ledger {
        Ledger::Export { force, person, reason, out } => {
            let app = super::serve::open(&config).await?;
            let ctx = super::person(&app, &force, &person).await?;
            crate::setup::expect_done(ctx.act(ExportLedger { reason }).await?)?;
            while crate::records::sequencer::sequence(&app, ctx.force).await? > 0 {}
            let file = std::io::BufWriter::new(std::fs::File::create(&out)?);
            crate::records::export::write(&ctx, file).await?;
            println!("The ledger is in {}; prove it with: verify {}", out.display(), out.display());
            app.db.close().await;
            Ok(())
        }
        Ledger::Verify { file, key, since } => verify(&file, &key, since),
    }
}

fn verify(file: &std::path::Path, keys: &[String], since: Option<PathBuf>) -> Result<(), Failure> {
    use bluelamp_ledger::checkpoint::VerifierKey;
    use bluelamp_ledger::export::{Expect, checkpoint_of, verify};
    let keys = keys.iter().map(|k| VerifierKey::parse(k)).collect::<Result<Vec<_>, _>>()?;
    let since = since.map(|p| std::fs::read_to_string(p).map_err(Failure::from).and_then(|t| Ok(checkpoint_of(&t)?))).transpose()?;
    let report = verify(std::io::BufReader::new(std::fs::File::open(file)?), &Expect { keys, since })?;
    println!("{report}");
    if report.proven() { Ok(()) } else { Err("the export is not proven".into()) }
}

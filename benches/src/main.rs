//! What Bluelamp does in a second, beside something known that ran in the same minutes on the same machine. Ratios are
//! the measure; absolute figures stand beside them. `make bench` compares ten thousand messages with a million and ends
//! in ten minutes; `make bench-large` makes ten million rows.
//!
//! Rows are made by SQL in a throw-away installation that is marked as a demonstration and named a benchmark: the one
//! place where governed rows come into being beside the door (I1), and nothing real is ever opened here.

mod corpus;
mod decision;
mod installation;
mod intake;
mod keywords;
mod ledger;
mod live;
mod many;
mod pages;
mod report;
mod stopwatch;

use clap::Parser;
use report::Report;
use std::path::PathBuf;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Measures Bluelamp and writes what it found.
#[derive(Parser)]
struct Asked {
    /// Messages that go through intake, and the smaller of the two page runs.
    #[arg(long, default_value_t = 10_000)]
    small: u64,
    /// Messages of the larger page run.
    #[arg(long, default_value_t = 1_000_000)]
    large: u64,
    /// Only these parts: triage, decision, intake, ledger, pages.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// A Python with pyahocorasick and scikit-learn, for the baselines of triage.
    #[arg(long, env = "BLUELAMP_BENCH_PYTHON")]
    python: Option<PathBuf>,
    /// Where the report is written.
    #[arg(long, default_value = "docs/performance.md")]
    out: PathBuf,
    /// How this was asked for, to stand in the report.
    #[arg(long, default_value = "make bench")]
    command: String,
    /// The folder for throw-away data; a temporary one otherwise.
    #[arg(long)]
    dir: Option<PathBuf>,
}

fn main() -> Result<(), Failure> {
    let asked = Asked::parse();
    tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(8 << 20).build()?.block_on(run(asked))
}

async fn run(asked: Asked) -> Result<(), Failure> {
    let mut report = Report::new(&asked.command);
    let wanted = |part: &str| asked.only.is_empty() || asked.only.iter().any(|p| p == part);
    let folder = match &asked.dir {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let messages = corpus::messages(usize::try_from(asked.small)?.max(200));
    if wanted("triage") {
        keywords::measure(&mut report, &messages, asked.python.as_deref(), folder.path())?;
    }
    if wanted("decision") {
        decision::measure(&mut report)?;
    }
    if wanted("intake") {
        intake::measure(&mut report, &messages, &folder.path().join("intake")).await?;
    }
    if wanted("ledger") {
        ledger::measure(&mut report, &folder.path().join("ledger")).await?;
    }
    if wanted("pages") {
        pages::measure(&mut report, asked.small, asked.large, folder.path()).await?;
    }
    report.write(&asked.out)?;
    Ok(())
}

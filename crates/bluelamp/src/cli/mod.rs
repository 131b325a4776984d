//! The command line. What needs the operating system acts as `operator`, enters the ledger and alerts the
//! administrators; everything else acts `--as PERSON`, under that person's policy.

mod force;
mod pack;
pub mod serve;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

#[derive(Parser)]
#[command(name = "bluelamp", version, about = "Social media management for police forces, in which the policy runs")]
struct Cli {
    /// The configuration.
    #[arg(long, env = "BLUELAMP_CONFIG", default_value = "bluelamp.toml", global = true)]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run for real. The first start makes keys and prints the first administrator's link.
    Serve,
    /// Run the demonstration: an invented force, a rehearsal public, nothing leaves this computer.
    Demo(serve::Demo),
    /// Policy packs.
    #[command(subcommand)]
    Pack(pack::Pack),
    /// Forces of this installation.
    #[command(subcommand)]
    Force(force::Force),
}

/// Why a command failed, in a sentence.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

pub fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let ran = match cli.command {
        Command::Pack(p) => pack::run(p),
        Command::Serve => on_runtime(serve::serve(cli.config)),
        Command::Demo(d) => on_runtime(serve::demo(d)),
        Command::Force(f) => on_runtime(force::run(cli.config, f)),
    };
    match ran {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("bluelamp: {e}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn on_runtime(work: impl std::future::Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(8 << 20).build()?.block_on(work)
}

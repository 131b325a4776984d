//! The command line.

use clap::Parser;

#[derive(Parser)]
#[command(name = "bluelamp", version, about = "Social media management for police forces, in which the policy runs")]
struct Cli {}

pub fn main() -> std::process::ExitCode {
    let _ = Cli::parse();
    std::process::ExitCode::SUCCESS
}

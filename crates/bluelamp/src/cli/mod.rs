//! The command line. What needs the operating system acts as `operator`, enters the ledger and alerts the
//! administrators; everything else acts `--as PERSON`, under that person's policy.

mod account;
mod database;
mod force;
mod ledger;
mod pack;
pub mod serve;
mod token;

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
    /// The ledger: export and proof.
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// The database.
    #[command(subcommand)]
    Db(database::Database),
    /// Accounts of the register.
    #[command(subcommand)]
    Account(account::Account),
    /// Forces of this installation.
    #[command(subcommand)]
    Force(force::Force),
    /// Tokens for programs.
    #[command(subcommand)]
    Token(token::Token),
}

/// Why a command failed, in a sentence.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

pub fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let ran = match cli.command {
        Command::Pack(p) => pack::run(p),
        Command::Serve => on_runtime(serve::serve(cli.config)),
        Command::Demo(d) => on_runtime(serve::demo(d)),
        Command::Ledger(l) => on_runtime(ledger::run(cli.config, l)),
        Command::Db(d) => on_runtime(database::run(cli.config, d)),
        Command::Account(a) => on_runtime(account::run(cli.config, a)),
        Command::Force(f) => on_runtime(force::run(cli.config, f)),
        Command::Token(t) => on_runtime(token::run(cli.config, t)),
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

/// A person of a force by e-mail address, as who a command acts.
pub async fn person(app: &crate::app::App, force: &str, email: &str) -> Result<crate::act::Ctx, Failure> {
    let force = crate::db::doors::forces(&app.db)
        .await?
        .into_iter()
        .find(|f| f.slug == force)
        .ok_or_else(|| format!("there is no force `{force}` here"))?;
    let mut tx = app.db.read(force.id).await?;
    let id = crate::people::store::person_by_email(&mut tx, force.id, &email.to_lowercase())
        .await?
        .ok_or_else(|| format!("nobody of this force has the address `{email}`"))?;
    drop(tx);
    crate::http::session::context(app, force.id, id, &force.zone, None, None)
        .await?
        .ok_or_else(|| format!("`{email}` is not active").into())
}

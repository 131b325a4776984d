//! `bluelamp account`: the register's accounts from the command line.

use super::Failure;
use crate::accounts::cli::{self, Connecting, Whose};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum Account {
    /// Connect an account, and enter it in the register where it is new. Secrets are asked for, or come from a file.
    Connect {
        /// `bluesky`, `mastodon` …
        platform: String,
        /// The handle as it stands in the register.
        #[arg(long)]
        handle: String,
        /// Who does this: e-mail address or id. Their policy decides.
        #[arg(long = "as")]
        person: String,
        /// The force's short name, where there are several.
        #[arg(long)]
        force: Option<String>,
        /// Name, for an account that is not in the register yet.
        #[arg(long)]
        title: Option<String>,
        /// Purpose, for an account that is not in the register yet.
        #[arg(long)]
        purpose: Option<String>,
        /// Public address, for an account that is not in the register yet.
        #[arg(long)]
        url: Option<String>,
        /// A file with `key = value` lines that only its owner can read.
        #[arg(long)]
        secrets: Option<PathBuf>,
    },
}

pub async fn run(config: PathBuf, account: Account) -> Result<(), Failure> {
    let Account::Connect { platform, handle, person, force, title, purpose, url, secrets } = account;
    let app = super::serve::open(&config).await?;
    let ctx = cli::ctx(&app, &Whose { force, person }).await?;
    let what = Connecting { platform, handle, title, purpose, url, secrets };
    let connected = cli::connect(&ctx, &what).await;
    app.db.close().await;
    println!("connected: account {}", connected?);
    Ok(())
}

//! `bluelamp force add`: another force in this installation.

use super::Failure;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum Force {
    /// Set up a force with a pack of the packs folder, and print its first administrator's link.
    Add {
        /// Short name, `exampleshire`.
        slug: String,
        #[arg(long)]
        title: String,
        #[arg(long, default_value = "college-app")]
        pack: String,
        #[arg(long, default_value = "Europe/London")]
        zone: String,
        /// E-mail address of the first administrator.
        #[arg(long)]
        administrator: String,
    },
}

pub async fn run(config: PathBuf, force: Force) -> Result<(), Failure> {
    let Force::Add { slug, title, pack, zone, administrator } = force;
    let app = super::serve::open(&config).await?;
    let id = crate::setup::force(&app, &slug, &title, &zone, &pack).await?;
    let link = crate::setup::first_administrator(&app, id, &zone, &administrator).await?;
    println!("{title} is set up with the pack `{pack}`.\nThe first administrator signs in with this link, once, within 24 hours:\n{link}");
    app.db.close().await;
    Ok(())
}

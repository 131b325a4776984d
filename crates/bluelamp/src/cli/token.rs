//! `bluelamp token issue`: a token for a program, made by whoever has the machine in hand, acting as a person of the force.

use super::Failure;
use crate::act::Outcome;
use crate::http::openapi;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum Token {
    /// Make a token that acts for a person, and print it once.
    Issue {
        /// The person's work e-mail.
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
        /// What the program is.
        #[arg(long)]
        name: String,
        /// Acts and readings with commas between, or `all` that programs are offered.
        #[arg(long)]
        acts: String,
        #[arg(long, default_value_t = 30)]
        days: i64,
        /// The demonstration's data folder, in place of an installation.
        #[arg(long, value_name = "DIR")]
        demo: Option<PathBuf>,
    },
}

pub async fn run(config: PathBuf, token: Token) -> Result<(), Failure> {
    let Token::Issue { person, name, acts, days, demo } = token;
    let app = match demo {
        Some(dir) => crate::demo::open(&dir).await?,
        None => super::serve::open(&config).await?,
    };
    let known = crate::security::door::by_email(&app, &person)
        .await?
        .ok_or_else(|| format!("nobody who is active here has the address `{person}`"))?;
    let ctx = crate::security::door::proven(&app, known.force.id, known.person.id).await?.ok_or("this person is not active")?;
    let acts = if acts == "all" { openapi::all_for_programs() } else { acts.split(',').map(|a| a.trim().to_owned()).collect() };
    match crate::security::pages::tokens::issue(&ctx, &name, acts, None, days).await? {
        Ok(token) => println!("{token}"),
        Err(Outcome::Refused { reasons, .. } | Outcome::Held { reasons, .. }) => {
            return Err(reasons.iter().map(|r| r.says.as_str()).collect::<Vec<_>>().join(" ").into());
        }
        Err(Outcome::Done(_)) => {}
    }
    app.db.close().await;
    Ok(())
}

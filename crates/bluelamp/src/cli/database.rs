//! `bluelamp db copy`: from SQLite to PostgreSQL, or back, with proof.

use super::Failure;
use crate::db::{Db, Place, copy};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum Database {
    /// Copy this installation's database into an empty one. Stop the program first; afterwards point the configuration
    /// at the new database. Objects and keys in the data folder stay where they are.
    Copy {
        /// A file with the PostgreSQL address of the app's role.
        #[arg(long)]
        to_postgres_file: Option<PathBuf>,
        /// … and of the role that owns the tables.
        #[arg(long)]
        to_postgres_owner_file: Option<PathBuf>,
        /// A new SQLite file.
        #[arg(long, conflicts_with = "to_postgres_file")]
        to_sqlite: Option<PathBuf>,
    },
}

pub async fn run(config: PathBuf, database: Database) -> Result<(), Failure> {
    let Database::Copy { to_postgres_file, to_postgres_owner_file, to_sqlite } = database;
    let text = |p: &PathBuf| -> Result<String, Failure> { Ok(String::from_utf8(crate::config::secret_file(p)?.expose().to_vec())?) };
    let to = match (to_postgres_file, to_sqlite) {
        (Some(app), _) => Place::Pg { app: text(&app)?, owner: text(to_postgres_owner_file.as_ref().unwrap_or(&app))? },
        (None, Some(file)) => Place::Lite(file),
        (None, None) => return Err("say where to copy to: --to-postgres-file or --to-sqlite".into()),
    };
    let app = super::serve::open(&config).await?;
    // What is pending gets its place first, so that both databases end in the same signed head.
    for force in crate::db::doors::forces(&app.db).await? {
        while crate::records::sequencer::sequence(&app, force.id).await? > 0 {}
    }
    let target = Db::open(&to).await?;
    let copied = copy::copy(&app.db, &target).await?;
    for (table, rows) in copied.tables.iter().filter(|(_, n)| *n > 0) {
        println!("{rows:>9}  {table}");
    }
    println!("Every table has the same rows, and every ledger the same signed head. Point the configuration at the new database now.");
    target.close().await;
    app.db.close().await;
    Ok(())
}

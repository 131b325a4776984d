//! Migrations run on start, under a lock, forward only.
//!
//! One text serves both databases (see [`super::statement`] for the tokens), so the two can never drift apart. Lines
//! between `-- @lite` or `-- @pg` and `-- @both` are for one of them. After them, PostgreSQL gets its second wall:
//! row-level security on every governed table, by the one list below, and rights for the app's role.

use super::statement::{Dialect, expand};
use super::{Db, DbError};
use sqlx::AssertSqlSafe;

/// In order; a merged one is never edited. Numbers follow the areas' order.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_base", include_str!("migrations/0001_base.sql")),
    ("0002_security", include_str!("migrations/0002_security.sql")),
    ("0010_records", include_str!("migrations/0010_records.sql")),
    ("0003_security", include_str!("migrations/0003_security.sql")),
    ("0004_accounts", include_str!("migrations/0004_accounts.sql")),
    ("0005_intake", include_str!("migrations/0005_intake.sql")),
    ("0006_publishing", include_str!("migrations/0006_publishing.sql")),
    ("0007_community", include_str!("migrations/0007_community.sql")),
    ("0008_desk", include_str!("migrations/0008_desk.sql")),
];

/// Brings the database to the newest migration. `app_role` is PostgreSQL's role for the app.
pub async fn run(db: &Db, app_role: Option<&str>) -> Result<(), DbError> {
    match db {
        Db::Lite { write, .. } => {
            let mut tx = write.begin_with("BEGIN IMMEDIATE").await?;
            sqlx::query("CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, digest TEXT NOT NULL) STRICT")
                .execute(&mut *tx)
                .await?;
            for (name, text) in MIGRATIONS {
                let done: Option<(String,)> =
                    sqlx::query_as("SELECT digest FROM migration WHERE name = $1").bind(*name).fetch_optional(&mut *tx).await?;
                if let Some((digest,)) = done {
                    unchanged(name, text, &digest)?;
                    continue;
                }
                sqlx::raw_sql(AssertSqlSafe(expand(&only(text, Dialect::Lite), Dialect::Lite)))
                    .execute(&mut *tx)
                    .await
                    .map_err(|e| DbError::Other(format!("migration {name}: {e}")))?;
                sqlx::query("INSERT INTO migration (name, digest) VALUES ($1, $2)")
                    .bind(*name)
                    .bind(digest(text))
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
        }
        Db::Pg { app } => {
            let mut tx = app.begin().await?;
            sqlx::raw_sql("CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, digest TEXT NOT NULL)").execute(&mut *tx).await?;
            // A lock on a table every engine has, instead of an advisory lock that some lack.
            sqlx::raw_sql("LOCK TABLE migration IN EXCLUSIVE MODE").execute(&mut *tx).await?;
            for (name, text) in MIGRATIONS {
                let done: Option<(String,)> =
                    sqlx::query_as("SELECT digest FROM migration WHERE name = $1").bind(*name).fetch_optional(&mut *tx).await?;
                if let Some((digest,)) = done {
                    unchanged(name, text, &digest)?;
                    continue;
                }
                sqlx::raw_sql(AssertSqlSafe(expand(&only(text, Dialect::Pg), Dialect::Pg)))
                    .execute(&mut *tx)
                    .await
                    .map_err(|e| DbError::Other(format!("migration {name}: {e}")))?;
                sqlx::query("INSERT INTO migration (name, digest) VALUES ($1, $2)")
                    .bind(*name)
                    .bind(digest(text))
                    .execute(&mut *tx)
                    .await?;
            }
            for statement in second_wall(&tables(MIGRATIONS), app_role.unwrap_or("bluelamp_app")) {
                sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *tx).await?;
            }
            tx.commit().await?;
        }
    }
    Ok(())
}

fn digest(text: &str) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(text.as_bytes()))
}

fn unchanged(name: &str, text: &str, stored: &str) -> Result<(), DbError> {
    if digest(text) == stored {
        return Ok(());
    }
    Err(DbError::Other(format!("migration {name} was changed after it ran here: restore it and write a new one")))
}

/// The lines meant for one database.
fn only(text: &str, dialect: Dialect) -> String {
    let mut keep = true;
    let mut out = String::new();
    for line in text.lines() {
        match line.trim() {
            "-- @lite" => keep = dialect == Dialect::Lite,
            "-- @pg" => keep = dialect == Dialect::Pg,
            "-- @both" => keep = true,
            _ if keep => {
                out.push_str(line);
                out.push('\n');
            }
            _ => {}
        }
    }
    out
}

/// A table as the migrations declare it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    /// Governed tables change only through acts. Machinery says why it is exempt on its `-- machinery:` line.
    pub machinery: Option<String>,
    /// A governed table that is read before a force is known, with why: no row-level security.
    pub door: Option<String>,
}

/// Reads the declared tables out of the migrations: the one list that the walls and the tests go by.
pub fn tables(migrations: &[(&str, &str)]) -> Vec<Table> {
    let mut out: Vec<Table> = Vec::new();
    for (_, text) in migrations {
        let mut why: Option<String> = None;
        let mut door: Option<String> = None;
        for line in only(text, Dialect::Pg).lines() {
            let line = line.trim();
            if let Some(reason) = line.strip_prefix("-- machinery:") {
                why = Some(reason.trim().to_owned());
            } else if let Some(reason) = line.strip_prefix("-- door:") {
                door = Some(reason.trim().to_owned());
            } else if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                let name = rest.split([' ', '(']).next().unwrap_or_default().to_owned();
                out.push(Table { name, machinery: why.take(), door: door.take() });
            }
        }
    }
    out
}

/// A column as the migrations declare it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: super::val::Kind,
}

/// Every table with its columns, in the order of the migrations, columns added later included.
pub fn columns() -> Vec<(String, Vec<Column>)> {
    use super::val::Kind;
    let mut out: Vec<(String, Vec<Column>)> = Vec::new();
    let kind = |line: &str| {
        let token = line.split('{').nth(1)?.split('}').next()?;
        Some(match token {
            "id" => Kind::Id,
            "blob" => Kind::Blob,
            "int" => Kind::Int,
            "real" => Kind::Real,
            "text" => Kind::Text,
            _ => return None,
        })
    };
    for (_, text) in MIGRATIONS {
        let mut inside = false;
        for line in only(text, Dialect::Pg).lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                out.push((rest.split([' ', '(']).next().unwrap_or_default().to_owned(), Vec::new()));
                inside = true;
            } else if let Some(rest) = line.strip_prefix("ALTER TABLE ") {
                let mut words = rest.split_whitespace();
                let (table, add, column, name) = (words.next(), words.next(), words.next(), words.next());
                if let (Some(table), Some("ADD"), Some("COLUMN"), Some(name), Some(kind)) = (table, add, column, name, kind(line))
                    && let Some((_, columns)) = out.iter_mut().find(|(t, _)| t == table)
                {
                    columns.push(Column { name: name.to_owned(), kind });
                }
            } else if line.starts_with(')') {
                inside = false;
            } else if inside {
                let name = line.split_whitespace().next().unwrap_or_default();
                let is_column = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit()) && !name.is_empty();
                if let (true, Some(kind), Some((_, columns))) = (is_column, kind(line.trim_start_matches(name)), out.last_mut()) {
                    columns.push(Column { name: name.to_owned(), kind });
                }
            }
        }
    }
    out
}

/// Every table of the program.
pub fn all_tables() -> Vec<Table> {
    tables(MIGRATIONS)
}

/// Row-level security, forced so that it binds owners too, and the app's rights.
fn second_wall(tables: &[Table], app: &str) -> Vec<String> {
    let quoted = format!("\"{}\"", app.replace('"', "\"\""));
    let mut out = vec![format!("GRANT USAGE ON SCHEMA public TO {quoted}")];
    for Table { name, machinery, door } in tables {
        out.push(format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {quoted}"));
        if machinery.is_some() || door.is_some() {
            continue;
        }
        out.push(format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"));
        out.push(format!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY"));
        out.push(format!("DROP POLICY IF EXISTS one_force ON {name}"));
        out.push(format!("CREATE POLICY one_force ON {name} USING (force = NULLIF(current_setting('bluelamp.force', true), '')::uuid)"));
    }
    out
}

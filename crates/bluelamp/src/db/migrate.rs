//! Migrations run on start, under a lock, forward only.
//!
//! One text serves both databases (see [`super::statement`] for the tokens), so the two can never drift apart. Lines
//! between `-- @lite` or `-- @pg` and `-- @both` are for one of them. After them, PostgreSQL gets its second wall:
//! row-level security on every governed table, by the one list below, and rights for the app's role.

use super::statement::{Dialect, expand};
use super::{Db, DbError, Tx, words};
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
    ("0011_desk", include_str!("migrations/0011_desk.sql")),
    ("0012_people", include_str!("migrations/0012_people.sql")),
    ("0013_accounts_conduct", include_str!("migrations/0013_accounts_conduct.sql")),
    ("0014_storage", include_str!("migrations/0014_storage.sql")),
    ("0015_desk", include_str!("migrations/0015_desk.sql")),
];

/// Brings the database to the newest migration. `app_role` is PostgreSQL's role for the app.
pub async fn run(db: &Db, app_role: Option<&str>) -> Result<(), DbError> {
    run_up_to(db, app_role, MIGRATIONS.len()).await
}

/// The first `count` migrations: what an older program left.
async fn run_up_to(db: &Db, app_role: Option<&str>, count: usize) -> Result<(), DbError> {
    let migrations = &MIGRATIONS[..count];
    match db {
        Db::Lite { write, .. } => {
            let mut tx = write.begin_with("BEGIN IMMEDIATE").await?;
            sqlx::query("CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, digest TEXT NOT NULL) STRICT")
                .execute(&mut *tx)
                .await?;
            for (name, text) in migrations {
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
                if *name == words::MIGRATION {
                    let mut within = Tx::Lite(tx);
                    words::index_existing(&mut within).await?;
                    let Tx::Lite(back) = within else { return Err(DbError::Other("a transaction changed its database".into())) };
                    tx = back;
                }
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
            for (name, text) in migrations {
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
                if *name == words::MIGRATION {
                    let mut within = Tx::Pg(tx);
                    words::index_existing(&mut within).await?;
                    let Tx::Pg(back) = within else { return Err(DbError::Other("a transaction changed its database".into())) };
                    tx = back;
                }
                sqlx::query("INSERT INTO migration (name, digest) VALUES ($1, $2)")
                    .bind(*name)
                    .bind(digest(text))
                    .execute(&mut *tx)
                    .await?;
            }
            for statement in second_wall(&tables(migrations), app_role.unwrap_or("bluelamp_app")) {
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
            } else if let Some(name) = dropped(line) {
                out.retain(|t| t.name != name);
            }
        }
    }
    out
}

/// The table that a line of a migration drops.
fn dropped(line: &str) -> Option<&str> {
    Some(line.strip_prefix("DROP TABLE ")?.trim_end_matches(';').trim())
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
            } else if let Some(name) = dropped(line) {
                out.retain(|(table, _)| table != name);
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

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

    /// What an older program left: one reply that is out, one on its way with a call begun, its job, and an alarm.
    const OLDER: &str = "
        INSERT INTO reply (force, id, account, private, text, key, state, why, by, at, remote_id, url, extra, settled_at)
          VALUES (x'f0', x'01', x'a0', 0, 'It opens at nine.', '00000000-0000-0000-0000-0000000000aa', 'sent', '', x'000102030405060708090a0b0c0d0e0f', 5, 'r-1', 'https://social.example/r-1', '{\"cid\":\"c\"}', 9);
        INSERT INTO reply (force, id, account, private, text, key, state, why, by, at)
          VALUES (x'f0', x'02', x'a0', 0, 'We are on our way.', '00000000-0000-0000-0000-0000000000bb', 'unknown', 'no answer', x'000102030405060708090a0b0c0d0e0f', 6);
        INSERT INTO reply_attempt (force, reply, nth, began_at) VALUES (x'f0', x'02', 1, 7);
        INSERT INTO job (force, id, kind, key, input, not_before, attempts, fence, leased_until, state)
          VALUES (x'f0', x'03', 'desk.send_reply', 'reply-2', '{\"reply\":\"02\"}', 6, 1, 1, 0, 'waiting');
        INSERT INTO alert (force, id, account, kind, raised_at, raised_by, contact, round, next_at)
          VALUES (x'f0', x'04', x'a0', 'gap', 1, 'intake', 'on_duty', 0, 2);
        INSERT INTO alert_notice (force, id, alert, person, round, how, at) VALUES (x'f0', x'05', x'04', x'06', 0, 'screen', 1);
    ";

    #[tokio::test]
    async fn replies_of_an_older_program_move_to_the_outbox_and_go_on_with_their_keys() {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(false);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let db = Db::Lite { read: pool.clone(), write: pool.clone() };
        let before = MIGRATIONS.iter().position(|(name, _)| *name == "0011_desk").unwrap();
        run_up_to(&db, None, before).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(OLDER.to_owned())).execute(&pool).await.unwrap();
        run(&db, None).await.unwrap();
        let posts: Vec<(String, String, Option<String>, String, String, Option<i64>)> = sqlx::query_as(
            "SELECT d.state, p.state, p.remote_id, hex(p.key), p.extra, p.live_at FROM draft d JOIN post p ON p.draft = d.id WHERE d.kind = 'reply' ORDER BY d.id",
        )
        .fetch_all(&pool)
        .await
        .unwrap();
        let key = |end: &str| format!("000000000000000000000000000000{end}");
        assert_eq!(posts[0], ("live".into(), "live".into(), Some("r-1".into()), key("AA"), "{\"cid\":\"c\"}".into(), Some(9)));
        assert_eq!(posts[1], ("sending".into(), "unknown".into(), None, key("BB"), "{}".into(), None));
        let kept: Vec<(String, String)> =
            sqlx::query_as("SELECT content, by_whom FROM draft_revision ORDER BY id").fetch_all(&pool).await.unwrap();
        assert!(kept[0].0.contains("It opens at nine."));
        assert_eq!(kept[0].1, "00010203-0405-0607-0809-0a0b0c0d0e0f");
        let job: (String, String) = sqlx::query_as("SELECT kind, input FROM job").fetch_one(&pool).await.unwrap();
        assert_eq!(job, ("publishing.deliver".into(), "{\"post\":\"02\"}".into()));
        let attempt: (i64, Option<i64>) = sqlx::query_as("SELECT nth, ended_at FROM attempt").fetch_one(&pool).await.unwrap();
        assert_eq!(attempt, (1, None), "begun and not ended: the platform is asked first");
        let alarm: (String, i64) = sqlx::query_as("SELECT a.kind, (SELECT COUNT(*) FROM alert_notice n WHERE n.alert = a.id) FROM alert a")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(alarm, ("gap".into(), 1));
        assert!(sqlx::query("SELECT 1 FROM reply").execute(&pool).await.is_err(), "the desk's own outbox is gone");
        assert!(!all_tables().iter().any(|t| t.name.starts_with("reply")) && !columns().iter().any(|(t, _)| t == "reply"));
    }
}

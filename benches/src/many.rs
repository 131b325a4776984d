//! Rows by SQL: copies of one real message in any number, and bare insertion to stand beside the program's own.

use crate::Failure;
use crate::stopwatch::Stopwatch;
use bluelamp::app::App;
use bluelamp::db::Db;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Row as _, SqlitePool, TypeInfo as _, ValueRef as _};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// As many as the program itself puts into one statement at most.
const ROWS_OF_A_STATEMENT: usize = 100;

fn writer(app: &App) -> Result<&SqlitePool, Failure> {
    match &app.db {
        Db::Lite { write, .. } => Ok(write),
        Db::Pg { .. } => Err("these rows are made on SQLite".into()),
    }
}

/// How many rows each table has.
pub async fn counts(app: &App, tables: &[&str]) -> Result<BTreeMap<String, i64>, Failure> {
    let mut out = BTreeMap::new();
    for table in tables {
        let (n,): (i64,) = sqlx::query_as(AssertSqlSafe(format!("SELECT count(*) FROM {table}"))).fetch_one(writer(app)?).await?;
        out.insert((*table).to_owned(), n);
    }
    Ok(out)
}

/// Every message's id beside the platform's own.
pub async fn remote_ids(app: &App) -> Result<Vec<(uuid::Uuid, String)>, Failure> {
    let rows: Vec<(Vec<u8>, String)> = sqlx::query_as("SELECT id, remote_id FROM message").fetch_all(writer(app)?).await?;
    rows.into_iter().map(|(id, remote)| Ok((uuid::Uuid::from_slice(&id)?, remote))).collect()
}

enum Cell {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

fn cell(row: &SqliteRow, at: usize) -> Result<Cell, Failure> {
    let value = row.try_get_raw(at)?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let kind = value.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "INTEGER" => Cell::Int(row.try_get_unchecked(at)?),
        "REAL" => Cell::Real(row.try_get_unchecked(at)?),
        "TEXT" => Cell::Text(row.try_get_unchecked(at)?),
        _ => Cell::Blob(row.try_get_unchecked(at)?),
    })
}

/// The same settings that the program's own writer has.
async fn bare_file(path: &Path) -> Result<SqlitePool, Failure> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false)
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", "-32000");
    Ok(SqlitePoolOptions::new().max_connections(1).connect_with(options).await?)
}

/// Inserts the rows of these tables again into an empty file with the same tables, indexes and full text, in `batches`
/// transactions, and nothing else. Reading them first is not counted.
pub async fn again(app: &App, tables: &[&str], path: &Path, batches: usize) -> Result<Duration, Failure> {
    let from = writer(app)?;
    let to = bare_file(path).await?;
    let mut all: Vec<(String, String, Vec<Vec<Cell>>)> = Vec::new();
    for table in tables {
        let made: Vec<(String,)> = sqlx::query_as(
            "SELECT sql FROM sqlite_master WHERE tbl_name = $1 AND type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC",
        )
        .bind(*table)
        .fetch_all(from)
        .await?;
        for (sql,) in made {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&to).await?;
        }
        let rows = sqlx::query(AssertSqlSafe(format!("SELECT * FROM {table}"))).fetch_all(from).await?;
        let columns = rows.first().map_or(0, SqliteRow::len);
        let marks = format!("({})", vec!["?"; columns].join(", "));
        let cells = rows.iter().map(|r| (0..columns).map(|c| cell(r, c)).collect()).collect::<Result<Vec<Vec<Cell>>, Failure>>()?;
        all.push((format!("INSERT INTO {table} VALUES "), marks, cells));
    }
    // The index of the messages' words, which the program fills by a trigger.
    let (index,): (String,) = sqlx::query_as("SELECT sql FROM sqlite_master WHERE name = 'message_words'").fetch_one(from).await?;
    sqlx::raw_sql(AssertSqlSafe(index)).execute(&to).await?;
    let words = sqlx::query("SELECT n, words FROM message_search").fetch_all(from).await?;
    let words = words.iter().map(|r| Ok(vec![cell(r, 0)?, cell(r, 1)?])).collect::<Result<Vec<_>, Failure>>()?;
    all.push(("INSERT INTO message_words (rowid, words) VALUES ".into(), "(?, ?)".into(), words));
    let watch = Stopwatch::start();
    for batch in 0..batches {
        let mut tx = to.begin_with("BEGIN IMMEDIATE").await?;
        for (sql, marks, rows) in &all {
            let share = |b: usize| rows.len() * b / batches;
            for some in rows[share(batch)..share(batch + 1)].chunks(ROWS_OF_A_STATEMENT) {
                let mut query = sqlx::query(AssertSqlSafe(format!("{sql}{}", vec![marks.as_str(); some.len()].join(", "))));
                for cell in some.iter().flatten() {
                    query = match cell {
                        Cell::Null => query.bind(None::<i64>),
                        Cell::Int(v) => query.bind(*v),
                        Cell::Real(v) => query.bind(*v),
                        Cell::Text(v) => query.bind(v.as_str()),
                        Cell::Blob(v) => query.bind(v.as_slice()),
                    };
                }
                query.execute(&mut *tx).await?;
            }
        }
        tx.commit().await?;
    }
    let took = watch.elapsed();
    to.close().await;
    Ok(took)
}

/// One row, one commit, as often as asked.
pub async fn single_commits(path: &Path, n: usize) -> Result<Duration, Failure> {
    let to = bare_file(path).await?;
    sqlx::raw_sql("CREATE TABLE one (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT").execute(&to).await?;
    let body = vec![7u8; 600];
    let watch = Stopwatch::start();
    for _ in 0..n {
        let mut tx = to.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("INSERT INTO one (body) VALUES ($1)").bind(body.as_slice()).execute(&mut *tx).await?;
        tx.commit().await?;
    }
    let took = watch.elapsed();
    to.close().await;
    Ok(took)
}

/// What differs from one copy to the next, as SQL over the number `i`; every other column is the first row's own.
const MESSAGE: &[(&str, &str)] = &[
    ("id", "unhex(printf('01900000%08x7000%012x', i / 65536, i))"),
    ("conversation", "unhex(printf('01910000%08x7000%012x', 0, i / 4))"),
    ("remote_id", "'copy-' || i"),
    ("received_at", "t.received_at - (i * 1000000)"),
    ("sent_at", "t.sent_at - (i * 1000000)"),
    ("due_at", "t.due_at - (i * 1000000)"),
    ("priority", "(i * 7) % 4"),
    ("state", "CASE WHEN i <= 2000 THEN 'open' ELSE 'closed' END"),
    ("closed_at", "CASE WHEN i <= 2000 THEN NULL ELSE t.received_at END"),
    ("outcome", "CASE WHEN i <= 2000 THEN NULL ELSE 'none' END"),
];
const CONVERSATION: &[(&str, &str)] =
    &[("id", "unhex(printf('01910000%08x7000%012x', 0, i))"), ("root", "'copy-' || i"), ("last_at", "t.last_at - (i * 4000000)")];
const REVISION: &[(&str, &str)] =
    &[("id", "unhex(printf('01920000%08x7000%012x', i / 65536, i))"), ("message", "unhex(printf('01900000%08x7000%012x', i / 65536, i))")];

/// Fills the installation up to `n` messages, by SQL from the one that is there.
pub async fn fill(app: &App, n: u64) -> Result<(), Failure> {
    let to = writer(app)?;
    let n = i64::try_from(n)?;
    copies(to, "conversation", CONVERSATION, 0, n / 4 + 1).await?;
    copies(to, "message", MESSAGE, 1, n).await?;
    copies(to, "message_revision", REVISION, 1, n).await?;
    sqlx::raw_sql("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)").execute(to).await?;
    Ok(())
}

async fn copies(to: &SqlitePool, table: &str, differ: &[(&str, &str)], from: i64, until: i64) -> Result<(), Failure> {
    const AT_ONCE: i64 = 100_000;
    let columns: Vec<(String,)> = sqlx::query_as("SELECT name FROM pragma_table_info($1)").bind(table).fetch_all(to).await?;
    let list = columns.iter().map(|(c,)| c.as_str()).collect::<Vec<_>>().join(", ");
    let values = columns
        .iter()
        .map(|(c,)| differ.iter().find(|(d, _)| d == c).map_or_else(|| format!("t.{c}"), |(_, sql)| (*sql).to_owned()))
        .collect::<Vec<_>>()
        .join(", ");
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2), t AS (SELECT * FROM {table} ORDER BY rowid LIMIT 1) \
         INSERT INTO {table} ({list}) SELECT {values} FROM t CROSS JOIN n"
    );
    let mut first = from;
    while first <= until {
        let last = (first + AT_ONCE - 1).min(until);
        sqlx::query(AssertSqlSafe(sql.clone())).bind(first).bind(last).execute(to).await?;
        first = last + 1;
    }
    Ok(())
}

//! One database, two kinds: SQLite by default, PostgreSQL when outgrown.
//!
//! SQL is plain text, one string for both where it can be: a [`Statement`] is written once, with a few tokens
//! (`{id}`, `{in:$2}`, `{skip_locked}`) for what differs, and a test prepares every one of them on both. Each
//! governed read and write happens inside a [`Tx`] of one force; on PostgreSQL row-level security holds the same
//! wall a second time. Start with [`Db::read`] and [`Db::write`].

pub mod blobs;
pub mod copy;
pub mod doors;
pub mod migrate;
pub mod principal;
mod statement;
pub mod together;
mod tx;
mod val;
pub mod visits;
pub mod words;

pub use statement::{Dialect, Statement};
pub use tx::{Row, Tx};
pub use val::{FromCol, Val};

use bluelamp_domain::ids::ForceId;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Prepared statements that a connection keeps: more than the program has, so that none is read twice by a database.
const STATEMENTS: usize = 1_000;

/// Where the data are.
#[derive(Debug, Clone)]
pub enum Place {
    Lite(PathBuf),
    /// The app's own role, which row-level security binds, and the owner's, for migrations.
    Pg {
        app: String,
        owner: String,
    },
}

#[derive(Clone)]
pub enum Db {
    Lite { read: SqlitePool, write: SqlitePool },
    Pg { app: PgPool },
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum DbError {
    /// Somebody else wrote the same thing at once: start again from the facts.
    #[error("the database asks to try again")]
    Again,
    #[error("the database is not there: {0}")]
    Gone(String),
    #[error("the disk is full")]
    Full,
    #[error("the database is damaged ({0}): leave its files as they are, and restore the newest backup")]
    Damaged(String),
    #[error("a row breaks the rule `{0}`")]
    Constraint(String),
    #[error("database: {0}")]
    Other(String),
}

impl From<sqlx::Error> for DbError {
    fn from(e: sqlx::Error) -> Self {
        match &e {
            sqlx::Error::Database(d) => {
                let code = d.code().unwrap_or_default().into_owned();
                match code.as_str() {
                    // PostgreSQL: serialisation failure, deadlock. SQLite: busy, locked and their extended codes.
                    "40001" | "40P01" | "5" | "6" | "261" | "517" | "773" => DbError::Again,
                    "13" | "53100" => DbError::Full,
                    // SQLite: corrupt, not a database, and their extended codes. PostgreSQL: data or an index corrupted.
                    "11" | "26" | "267" | "523" | "779" | "XX001" | "XX002" => DbError::Damaged(d.message().to_owned()),
                    "57P01" | "57P02" | "57P03" | "53300" => DbError::Gone(e.to_string()),
                    _ if d.is_unique_violation() || d.is_foreign_key_violation() || d.is_check_violation() => {
                        DbError::Constraint(d.to_string())
                    }
                    _ => DbError::Other(e.to_string()),
                }
            }
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => DbError::Gone(e.to_string()),
            _ => DbError::Other(e.to_string()),
        }
    }
}

/// How a writing transaction is isolated on PostgreSQL. SQLite has one writer, so it is serial anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Acts: two that read each other's facts cannot both commit.
    Serializable,
    /// Job claims and machinery, which lock the rows they take.
    ReadCommitted,
}

impl Db {
    /// Opens the database and brings it to the newest migration.
    ///
    /// # Errors
    /// When it cannot be reached, or a migration fails; the database is then as it was.
    pub async fn open(place: &Place) -> Result<Db, DbError> {
        match place {
            Place::Lite(path) => Self::open_lite(path).await,
            Place::Pg { app, owner } => Self::open_pg(app, owner).await,
        }
    }

    async fn open_lite(path: &Path) -> Result<Db, DbError> {
        whole(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .statement_cache_capacity(STATEMENTS)
            .pragma("secure_delete", "ON")
            .pragma("temp_store", "MEMORY")
            .pragma("cache_size", "-32000");
        // Connections are never reaped: a full rotation of the pool would close the write-ahead log's index.
        let pool = |n| SqlitePoolOptions::new().min_connections(1).max_connections(n).idle_timeout(None).max_lifetime(None);
        let write = pool(1).connect_with(options.clone()).await?;
        let db = Db::Lite { read: write.clone(), write };
        migrate::run(&db, None).await?;
        let Db::Lite { write, .. } = db else { return Err(DbError::Other("not SQLite".into())) };
        let read = pool(6).connect_with(options.read_only(true).create_if_missing(false)).await?;
        Ok(Db::Lite { read, write })
    }

    async fn open_pg(app: &str, owner: &str) -> Result<Db, DbError> {
        let owner_pool = PgPoolOptions::new().max_connections(2).connect_with(pg_options(owner)?).await?;
        let app_options = pg_options(app)?;
        let app_role = app_options.get_username().to_owned();
        let pool = PgPoolOptions::new()
            .min_connections(1)
            .max_connections(16)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(app_options)
            .await?;
        let db = Db::Pg { app: owner_pool.clone() };
        migrate::run(&db, Some(&app_role)).await?;
        owner_pool.close().await;
        Ok(Db::Pg { app: pool })
    }

    pub fn dialect(&self) -> Dialect {
        match self {
            Db::Lite { .. } => Dialect::Lite,
            Db::Pg { .. } => Dialect::Pg,
        }
    }

    /// A reading transaction of one force: one consistent view.
    pub async fn read(&self, force: ForceId) -> Result<Tx, DbError> {
        let mut tx = match self {
            Db::Lite { read, .. } => Tx::Lite(read.begin().await?),
            Db::Pg { app } => {
                let mut tx = app.begin().await?;
                sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").execute(&mut *tx).await?;
                Tx::Pg(tx)
            }
        };
        tx.enter(force).await?;
        Ok(tx)
    }

    /// A writing transaction of one force. Whoever opens it must be ready to start again on [`DbError::Again`].
    pub async fn write(&self, force: ForceId, isolation: Isolation) -> Result<Tx, DbError> {
        let mut tx = self.write_open(isolation).await?;
        tx.enter(force).await?;
        Ok(tx)
    }

    /// A writing transaction without a force: machinery and the doors alone.
    pub(in crate::db) async fn write_open(&self, isolation: Isolation) -> Result<Tx, DbError> {
        Ok(match self {
            Db::Lite { write, .. } => Tx::Lite(begin_lite(write).await?),
            Db::Pg { app } => {
                let mut tx = app.begin().await?;
                if isolation == Isolation::Serializable {
                    sqlx::query("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE").execute(&mut *tx).await?;
                }
                Tx::Pg(tx)
            }
        })
    }

    /// A reading transaction without a force: the doors alone.
    pub(in crate::db) async fn read_open(&self) -> Result<Tx, DbError> {
        Ok(match self {
            Db::Lite { read, .. } => Tx::Lite(read.begin().await?),
            Db::Pg { app } => Tx::Pg(app.begin().await?),
        })
    }

    /// Finishes what is open and, on SQLite, folds the write-ahead log into the file.
    pub async fn close(&self) {
        match self {
            Db::Lite { read, write } => {
                read.close().await;
                let _ = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(write).await;
                write.close().await;
            }
            Db::Pg { app } => app.close().await,
        }
    }
}

/// Is the file as long as it says it is? SQLite itself finds a missing end only when it reads there. While there is a
/// write-ahead log, as after a kill, the end may still stand in that.
fn whole(path: &Path) -> Result<(), DbError> {
    use std::io::Read;
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let length = |p: &Path| std::fs::metadata(p).map_or(0, |m| m.len());
    let (length, logged) = (length(path), length(Path::new(&log)));
    if length == 0 || logged > 0 {
        return Ok(());
    }
    let mut head = [0u8; 100];
    let read = std::fs::File::open(path).and_then(|mut f| f.read_exact(&mut head));
    if read.is_err() || !head.starts_with(b"SQLite format 3\0") {
        return Err(DbError::Damaged("it is not a database".into()));
    }
    let number = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let page = match u64::from(u16::from_be_bytes([head[16], head[17]])) {
        1 => 65_536,
        n => n,
    };
    let says = page * u64::from(number(28));
    // The number of pages counts only while the two counters agree.
    if number(24) == number(92) && length < says {
        return Err(DbError::Damaged(format!("its last {} bytes are missing", says - length)));
    }
    Ok(())
}

/// A full disk makes SQLite roll back by itself, and the driver then still believes that a transaction is open: that
/// connection is of no more use, and a new one takes its place.
async fn begin_lite(write: &SqlitePool) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, DbError> {
    match write.begin_with("BEGIN IMMEDIATE").await {
        Err(sqlx::Error::InvalidSavePointStatement) => {
            write.acquire().await?.close().await?;
            Ok(write.begin_with("BEGIN IMMEDIATE").await?)
        }
        begun => Ok(begun?),
    }
}

fn pg_options(url: &str) -> Result<PgConnectOptions, DbError> {
    PgConnectOptions::from_str(url)
        .map(|o| o.statement_cache_capacity(STATEMENTS))
        .map_err(|e| DbError::Other(format!("the PostgreSQL address cannot be read: {e}")))
}

#[cfg(test)]
impl Db {
    /// Has the database read a statement without running it.
    pub async fn prepare(&self, sql: &'static str) -> Result<(), DbError> {
        use sqlx::{Executor, SqlSafeStr};
        match self {
            Db::Lite { write, .. } => write.prepare(sql.into_sql_str()).await.map(|_| ())?,
            Db::Pg { app } => app.prepare(sql.into_sql_str()).await.map(|_| ())?,
        }
        Ok(())
    }
}

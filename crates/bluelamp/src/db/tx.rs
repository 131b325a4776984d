//! A transaction, and the few verbs that stores use on it.

use super::statement::AT_ONCE;
use super::val::Kind;
use super::{DbError, Dialect, FromCol, Statement, Val};
use bluelamp_domain::ids::ForceId;
use sqlx::{Postgres, Row as _, Sqlite, Transaction};

/// An open transaction. Dropped without [`Tx::commit`], it never happened.
pub enum Tx {
    Lite(Transaction<'static, Sqlite>),
    Pg(Transaction<'static, Postgres>),
}

macro_rules! bound {
    ($query:expr, $values:expr, $ids:expr, $texts:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                Val::Int(v) => query.bind(v),
                Val::Text(v) => query.bind(v),
                Val::Blob(v) => query.bind(v),
                Val::Id(v) => query.bind(v),
                Val::Real(v) => query.bind(v),
                Val::Ids(v) => query.bind($ids(v)),
                Val::Texts(v) => query.bind($texts(v)),
            };
        }
        query
    }};
}

/// Binds values to a query of one database; for statements that are not written down beforehand.
pub(super) fn bind_lite(
    query: sqlx::query::Query<'static, Sqlite, sqlx::sqlite::SqliteArguments>,
    values: Vec<Val>,
) -> sqlx::query::Query<'static, Sqlite, sqlx::sqlite::SqliteArguments> {
    bound!(query, values, json_ids, json_texts)
}

pub(super) fn bind_pg(
    query: sqlx::query::Query<'static, Postgres, sqlx::postgres::PgArguments>,
    values: Vec<Val>,
) -> sqlx::query::Query<'static, Postgres, sqlx::postgres::PgArguments> {
    bound!(query, values, |v: Vec<uuid::Uuid>| v, |v: Vec<String>| v)
}

/// SQLite has no arrays: a JSON list of the ids in hexadecimal.
fn json_ids(ids: Vec<uuid::Uuid>) -> String {
    let list: Vec<String> = ids.iter().map(|i| format!("\"{}\"", i.simple())).collect();
    format!("[{}]", list.join(","))
}

fn json_texts(texts: Vec<String>) -> String {
    serde_json::to_string(&texts).expect("a list of texts has a JSON form")
}

impl Tx {
    /// Sets the force for row-level security.
    pub(super) async fn enter(&mut self, force: ForceId) -> Result<(), DbError> {
        if let Tx::Pg(tx) = self {
            sqlx::query("SELECT set_config('bluelamp.force', $1, true)").bind(force.to_string()).execute(&mut **tx).await?;
        }
        Ok(())
    }

    pub fn dialect(&self) -> Dialect {
        match self {
            Tx::Lite(_) => Dialect::Lite,
            Tx::Pg(_) => Dialect::Pg,
        }
    }

    /// All rows.
    pub async fn rows(&mut self, statement: &'static Statement, values: Vec<Val>) -> Result<Vec<Row>, DbError> {
        let sql = statement.sql(self.dialect());
        Ok(match self {
            Tx::Lite(tx) => bind_lite(sqlx::query(sql), values).fetch_all(&mut **tx).await?.into_iter().map(Row::Lite).collect(),
            Tx::Pg(tx) => bind_pg(sqlx::query(sql), values).fetch_all(&mut **tx).await?.into_iter().map(Row::Pg).collect(),
        })
    }

    /// The first row, if any.
    pub async fn row(&mut self, statement: &'static Statement, values: Vec<Val>) -> Result<Option<Row>, DbError> {
        let sql = statement.sql(self.dialect());
        Ok(match self {
            Tx::Lite(tx) => bind_lite(sqlx::query(sql), values).fetch_optional(&mut **tx).await?.map(Row::Lite),
            Tx::Pg(tx) => bind_pg(sqlx::query(sql), values).fetch_optional(&mut **tx).await?.map(Row::Pg),
        })
    }

    /// Runs a statement; answers how many rows it touched.
    pub async fn run(&mut self, statement: &'static Statement, values: Vec<Val>) -> Result<u64, DbError> {
        let sql = statement.sql(self.dialect());
        Ok(match self {
            Tx::Lite(tx) => bind_lite(sqlx::query(sql), values).execute(&mut **tx).await?.rows_affected(),
            Tx::Pg(tx) => bind_pg(sqlx::query(sql), values).execute(&mut **tx).await?.rows_affected(),
        })
    }

    /// Runs an INSERT once for each of `rows`, several rows to a statement; answers how many it made. What it says about
    /// a conflict must hold between two of the rows too: PostgreSQL does not update one row twice in one statement.
    pub async fn run_all(&mut self, statement: &'static Statement, rows: Vec<Vec<Val>>) -> Result<u64, DbError> {
        let dialect = self.dialect();
        let mut made = 0;
        for (place, values) in parts(rows) {
            let sql = statement.sql_of_many(dialect, place);
            made += match self {
                Tx::Lite(tx) => bind_lite(sqlx::query(sql), values).execute(&mut **tx).await?.rows_affected(),
                Tx::Pg(tx) => bind_pg(sqlx::query(sql), values).execute(&mut **tx).await?.rows_affected(),
            };
        }
        Ok(made)
    }

    /// As [`Tx::run_all`], for an INSERT that says what it returns.
    pub async fn rows_of_all(&mut self, statement: &'static Statement, rows: Vec<Vec<Val>>) -> Result<Vec<Row>, DbError> {
        let dialect = self.dialect();
        let mut all = Vec::new();
        for (place, values) in parts(rows) {
            let sql = statement.sql_of_many(dialect, place);
            match self {
                Tx::Lite(tx) => all.extend(bind_lite(sqlx::query(sql), values).fetch_all(&mut **tx).await?.into_iter().map(Row::Lite)),
                Tx::Pg(tx) => all.extend(bind_pg(sqlx::query(sql), values).fetch_all(&mut **tx).await?.into_iter().map(Row::Pg)),
            }
        }
        Ok(all)
    }

    pub async fn commit(self) -> Result<(), DbError> {
        match self {
            Tx::Lite(tx) => tx.commit().await?,
            Tx::Pg(tx) => tx.commit().await?,
        }
        Ok(())
    }

    pub async fn rollback(self) -> Result<(), DbError> {
        match self {
            Tx::Lite(tx) => tx.rollback().await?,
            Tx::Pg(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}

/// Rows in their order, cut into the sizes of [`AT_ONCE`]: the place of the size, and the values of its rows in a line.
fn parts(rows: Vec<Vec<Val>>) -> Vec<(usize, Vec<Val>)> {
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    let mut out = Vec::new();
    for (place, size) in AT_ONCE.into_iter().enumerate() {
        while left >= size {
            out.push((place, rows.by_ref().take(size).flatten().collect()));
            left -= size;
        }
    }
    out
}

/// A row of either database.
pub enum Row {
    Lite(sqlx::sqlite::SqliteRow),
    Pg(sqlx::postgres::PgRow),
}

impl Row {
    /// A column by its name.
    ///
    /// # Errors
    /// When it is not there or holds something else: a mistake in the statement, not in the data.
    pub fn get<T: FromCol>(&self, name: &str) -> Result<T, DbError> {
        macro_rules! read {
            ($row:expr) => {
                match T::KIND {
                    Kind::Int => Val::Int($row.try_get(name)?),
                    Kind::Text => Val::Text($row.try_get(name)?),
                    Kind::Blob => Val::Blob($row.try_get(name)?),
                    Kind::Id => Val::Id($row.try_get(name)?),
                    Kind::Real => Val::Real($row.try_get(name)?),
                }
            };
        }
        let value = match self {
            Row::Lite(row) => read!(row),
            Row::Pg(row) => read!(row),
        };
        T::from_val(value).ok_or_else(|| DbError::Other(format!("column `{name}` holds an unexpected value")))
    }

    /// A column that holds JSON text.
    pub fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T, DbError> {
        let text: String = self.get(name)?;
        serde_json::from_str(&text).map_err(|e| DbError::Other(format!("column `{name}`: {e}")))
    }
}

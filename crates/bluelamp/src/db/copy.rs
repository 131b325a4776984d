//! From one database to another: every table, row by row, in the order of their foreign keys, then proved by counts.
//!
//! The columns and their kinds are read out of the migrations, the one place that says what a table is. The target must
//! be empty. Each force is copied inside its own wall, so that row-level security holds while copying too.

use super::migrate::{self, Column};
use super::val::Kind;
use super::{Db, DbError, Isolation, Row, Tx, Val, doors};
use bluelamp_domain::ids::ForceId;
use sqlx::AssertSqlSafe;

/// Rows of one statement: columns times rows stays under both databases' limits on bound values.
const BATCH: usize = 200;

/// What was copied, table by table.
#[derive(Debug, Default)]
pub struct Copied {
    pub tables: Vec<(String, i64)>,
}

/// Copies everything from `from` to the empty database `to`.
///
/// # Errors
/// When the target holds a force already, or the counts differ at the end; the target is then to be thrown away.
pub async fn copy(from: &Db, to: &Db) -> Result<Copied, DbError> {
    if !doors::forces(to).await?.is_empty() {
        return Err(DbError::Other("the target database already holds a force; copy into an empty one".into()));
    }
    let tables = migrate::columns();
    let mut copied = Copied::default();
    let forces: Vec<ForceId> = doors::forces(from).await?.into_iter().map(|f| f.id).collect();
    for (table, columns) in &tables {
        let mut rows = 0;
        if columns.iter().any(|c| c.name == "force") {
            for force in &forces {
                let mut source = from.read(*force).await?;
                let mut target = to.write(*force, Isolation::ReadCommitted).await?;
                rows += copy_table(&mut source, &mut target, table, columns, Some(*force)).await?;
                target.commit().await?;
            }
        } else {
            let mut source = from.read_open().await?;
            let mut target = to.write_open(Isolation::ReadCommitted).await?;
            rows += copy_table(&mut source, &mut target, table, columns, None).await?;
            target.commit().await?;
        }
        copied.tables.push((table.clone(), rows));
    }
    prove(from, to, &forces, &copied).await?;
    Ok(copied)
}

async fn copy_table(source: &mut Tx, target: &mut Tx, table: &str, columns: &[Column], force: Option<ForceId>) -> Result<i64, DbError> {
    let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
    let list = names.join(", ");
    let conflict = if table == "installation" { " ON CONFLICT (one) DO NOTHING" } else { "" };
    let only = if force.is_some() { " WHERE force = $1" } else { "" };
    // A stable order: a table's first columns are its key.
    let read = format!(
        "SELECT {list} FROM {table}{only} ORDER BY {} LIMIT {BATCH} OFFSET ",
        names.iter().take(4).copied().collect::<Vec<_>>().join(", ")
    );
    let places: Vec<String> = (1..=names.len()).map(|i| format!("${i}")).collect();
    let write = format!("INSERT INTO {table} ({list}) VALUES ({}){conflict}", places.join(", "));
    let mut done = 0;
    loop {
        let rows = source.ad_hoc(format!("{read}{done}"), force.map(Val::from).into_iter().collect()).await?;
        for row in &rows {
            let values = columns.iter().map(|c| row.val(&c.name, c.kind)).collect::<Result<Vec<Val>, _>>()?;
            target.ad_hoc_run(write.clone(), values).await?;
        }
        done += rows.len();
        if rows.len() < BATCH {
            return Ok(i64::try_from(done).unwrap_or(i64::MAX));
        }
    }
}

/// The same number of rows in every table, and the same newest checkpoint in every ledger.
async fn prove(from: &Db, to: &Db, forces: &[ForceId], copied: &Copied) -> Result<(), DbError> {
    for force in forces {
        let (mut a, mut b) = (from.read(*force).await?, to.read(*force).await?);
        for (table, _) in &copied.tables {
            if !migrate::columns().iter().any(|(t, c)| t == table && c.iter().any(|c| c.name == "force")) {
                continue;
            }
            let sql = format!("SELECT COUNT(*) AS n FROM {table} WHERE force = $1");
            let (x, y) = (count(&mut a, &sql, *force).await?, count(&mut b, &sql, *force).await?);
            if x != y {
                return Err(DbError::Other(format!("`{table}` has {x} rows here and {y} there; throw the target away and copy again")));
            }
        }
        let sql = "SELECT note FROM ledger_checkpoint WHERE force = $1 ORDER BY size DESC LIMIT 1";
        let note = |rows: Vec<Row>| rows.first().map(|r| r.get::<String>("note")).transpose();
        let (x, y) =
            (note(a.ad_hoc(sql.into(), vec![Val::from(*force)]).await?)?, note(b.ad_hoc(sql.into(), vec![Val::from(*force)]).await?)?);
        if x != y {
            return Err(DbError::Other("the ledger's signed heads differ; throw the target away and copy again".into()));
        }
    }
    Ok(())
}

async fn count(tx: &mut Tx, sql: &str, force: ForceId) -> Result<i64, DbError> {
    tx.ad_hoc(sql.to_owned(), vec![Val::from(force)]).await?.first().map_or(Ok(0), |r| r.get("n"))
}

impl Tx {
    /// A statement made from the migrations' own names, never from outside: copying alone.
    async fn ad_hoc(&mut self, sql: String, values: Vec<Val>) -> Result<Vec<Row>, DbError> {
        Ok(match self {
            Tx::Lite(tx) => super::tx::bind_lite(sqlx::query(AssertSqlSafe(sql)), values)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(Row::Lite)
                .collect(),
            Tx::Pg(tx) => {
                super::tx::bind_pg(sqlx::query(AssertSqlSafe(sql)), values).fetch_all(&mut **tx).await?.into_iter().map(Row::Pg).collect()
            }
        })
    }

    async fn ad_hoc_run(&mut self, sql: String, values: Vec<Val>) -> Result<(), DbError> {
        match self {
            Tx::Lite(tx) => super::tx::bind_lite(sqlx::query(AssertSqlSafe(sql)), values).execute(&mut **tx).await.map(|_| ())?,
            Tx::Pg(tx) => super::tx::bind_pg(sqlx::query(AssertSqlSafe(sql)), values).execute(&mut **tx).await.map(|_| ())?,
        }
        Ok(())
    }
}

impl Row {
    /// A column as a value of its kind, null included.
    fn val(&self, name: &str, kind: Kind) -> Result<Val, DbError> {
        Ok(match kind {
            Kind::Int => Val::Int(self.get(name)?),
            Kind::Text => Val::Text(self.get(name)?),
            Kind::Blob => Val::Blob(self.get(name)?),
            Kind::Id => Val::Id(self.get(name)?),
            Kind::Real => Val::Real(self.get(name)?),
        })
    }
}

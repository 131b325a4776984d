//! I11 on both databases: what the ledger and the evidence hold is never updated, and goes only with a disposal that
//! names it. The list of tables is read from the database, so that a new table of evidence is tried without being asked.

use crate::db::Db;
use crate::testing::{World, worlds};
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::str::FromStr;
use uuid::Uuid;

/// What must be among the guarded tables, whatever else is.
const AT_LEAST: &[&str] = &["intake_raw", "ledger_entry", "ledger_hash", "ledger_place", "ledger_value", "media", "message_revision"];

/// A table that triggers guard; what a disposal calls its rows and the column by which it names them. No kind: a row of
/// it never goes.
struct Guarded {
    table: String,
    disposable: Option<(String, String)>,
}

/// Read from SQLite's own triggers; PostgreSQL must guard the same, in the same way.
async fn guarded() -> Vec<Guarded> {
    let world = crate::testing::lite().await;
    let Db::Lite { read, .. } = &world.app.db else { unreachable!("this world is on SQLite") };
    let tables: Vec<(String, String)> = sqlx::query_as(
        "SELECT tbl_name, group_concat(sql, ' ') FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%I11%' GROUP BY tbl_name ORDER BY tbl_name",
    )
    .fetch_all(read)
    .await
    .unwrap();
    let named = regex::Regex::new(r"d\.kind = '([a-z-]+)' AND d\.item = OLD\.([a-z_]+)").unwrap();
    tables
        .into_iter()
        .map(|(table, sql)| Guarded { table, disposable: named.captures(&sql).map(|c| (c[1].to_owned(), c[2].to_owned())) })
        .collect()
}

/// A connection that may break every rule except triggers: what is tried is the trigger, not a key beside it.
enum Hand {
    Lite(sqlx::pool::PoolConnection<sqlx::Sqlite>),
    Pg(sqlx::PgPool, Uuid),
}

impl Hand {
    async fn of(world: &World, guarded: &[Guarded]) -> Hand {
        match &world.app.db {
            Db::Lite { write, .. } => {
                let mut c = write.acquire().await.unwrap();
                sqlx::raw_sql("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").execute(&mut *c).await.unwrap();
                Hand::Lite(c)
            }
            Db::Pg { app } => {
                let (name,): (String,) = sqlx::query_as("SELECT current_database()").fetch_one(app).await.unwrap();
                let owner = std::env::var("BLUELAMP_TEST_PG_OWNER").expect("a PostgreSQL world has an owner");
                let options = PgConnectOptions::from_str(&owner).unwrap().database(&name);
                let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
                let keys: Vec<(String, String)> = sqlx::query_as(
                    "SELECT c.conrelid::regclass::text, c.conname::text FROM pg_constraint c WHERE c.contype IN ('f', 'c') AND c.conrelid <> 0",
                )
                .fetch_all(&pool)
                .await
                .unwrap();
                for (table, key) in keys.iter().filter(|(t, _)| t == "disposal_item" || guarded.iter().any(|g| g.table == *t)) {
                    sqlx::raw_sql(AssertSqlSafe(format!("ALTER TABLE {table} DROP CONSTRAINT \"{key}\""))).execute(&pool).await.unwrap();
                }
                Hand::Pg(pool, world.force.0)
            }
        }
    }

    /// Runs a text; answers how many rows it touched, or what the database said.
    async fn run(&mut self, text: String) -> Result<u64, String> {
        match self {
            Hand::Lite(c) => sqlx::query(AssertSqlSafe(text)).execute(&mut **c).await.map(|d| d.rows_affected()).map_err(|e| e.to_string()),
            Hand::Pg(pool, force) => {
                let mut tx = pool.begin().await.unwrap();
                sqlx::query("SELECT set_config('bluelamp.force', $1, true)").bind(force.to_string()).execute(&mut *tx).await.unwrap();
                let done = sqlx::query(AssertSqlSafe(text)).execute(&mut *tx).await.map_err(|e| e.to_string())?.rows_affected();
                tx.commit().await.unwrap();
                Ok(done)
            }
        }
    }

    /// Columns with their types.
    async fn columns(&mut self, table: &str) -> Vec<(String, String)> {
        match self {
            Hand::Lite(c) => {
                sqlx::query_as("SELECT name, lower(type) FROM pragma_table_info($1)").bind(table).fetch_all(&mut **c).await.unwrap()
            }
            Hand::Pg(pool, _) => sqlx::query_as(
                "SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_name = $1 ORDER BY ordinal_position",
            )
            .bind(table)
            .fetch_all(&*pool)
            .await
            .unwrap(),
        }
    }

    /// Tables with a trigger against change.
    async fn guarded(&mut self) -> Vec<String> {
        let rows: Vec<(String,)> = match self {
            Hand::Lite(c) => sqlx::query_as("SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%I11%' ORDER BY 1").fetch_all(&mut **c).await,
            Hand::Pg(pool, _) => sqlx::query_as("SELECT DISTINCT t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname IN ('never', 'only_disposed') ORDER BY 1").fetch_all(&*pool).await,
        }
        .unwrap();
        rows.into_iter().map(|(t,)| t).collect()
    }

    fn value(&self, kind: &str, id: Uuid, force: Uuid, column: &str) -> String {
        let lite = matches!(self, Hand::Lite(_));
        let id_text = |u: Uuid| if lite { format!("X'{}'", u.simple()) } else { format!("'{u}'") };
        match (kind, column) {
            (_, "force") => id_text(force),
            ("uuid", _) => id_text(id),
            ("blob", _) => id_text(id),
            ("bytea", _) => "'\\x01'".into(),
            ("text", _) => "'invented'".into(),
            _ => "1".into(),
        }
    }
}

#[tokio::test]
async fn i11_ledger_and_evidence_are_never_updated_and_go_only_with_a_disposal() {
    let all = guarded().await;
    for table in AT_LEAST {
        assert!(all.iter().any(|g| g.table == *table), "{table} is no longer guarded");
    }
    for world in worlds().await {
        let mut hand = Hand::of(&world, &all).await;
        assert_eq!(hand.guarded().await, all.iter().map(|g| g.table.as_str()).collect::<Vec<_>>(), "{}", world.database);
        for (n, Guarded { table, disposable }) in all.iter().enumerate() {
            let what = format!("{table} on {}", world.database);
            let id = Uuid::from_u128(0xe0 + n as u128);
            let columns = hand.columns(table).await;
            let names: Vec<&str> = columns.iter().map(|(c, _)| c.as_str()).collect();
            let values: Vec<String> = columns.iter().map(|(c, kind)| hand.value(kind, id, world.force.0, c)).collect();
            hand.run(format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", ")))
                .await
                .unwrap_or_else(|e| panic!("{what}: {e}"));
            let key = disposable.as_ref().map_or(if names.contains(&"id") { "id" } else { "idx" }, |(_, key)| key.as_str());
            let at = names.iter().position(|c| *c == key).unwrap();
            let this = format!("force = {} AND {key} = {}", hand.value("", id, world.force.0, "force"), values[at]);
            for column in &names {
                let said = hand.run(format!("UPDATE {table} SET {column} = {column} WHERE {this}")).await;
                assert!(said.as_ref().is_err_and(|e| e.contains("I11")), "UPDATE of {column} of {what}: {said:?}");
            }
            let said = hand.run(format!("DELETE FROM {table} WHERE {this}")).await;
            assert!(said.as_ref().is_err_and(|e| e.contains("I11")), "DELETE of {what}: {said:?}");
            let Some((kind, _)) = disposable else { continue };
            // A disposal of another row, or of the same id as another kind, permits nothing.
            for (kind, item) in [(kind.as_str(), Uuid::from_u128(1)), ("another-kind", id)] {
                let item = hand.value(if world.database == "sqlite" { "blob" } else { "uuid" }, item, world.force.0, "item");
                let force = hand.value("", id, world.force.0, "force");
                hand.run(format!("INSERT INTO disposal_item (force, disposal, kind, item) VALUES ({force}, {item}, '{kind}', {item})"))
                    .await
                    .unwrap();
                assert!(
                    hand.run(format!("DELETE FROM {table} WHERE {this}")).await.is_err(),
                    "{what} went with a disposal that does not name it"
                );
            }
            let (force, item) = (hand.value("", id, world.force.0, "force"), values[at].clone());
            hand.run(format!("INSERT INTO disposal_item (force, disposal, kind, item) VALUES ({force}, {item}, '{kind}', {item})"))
                .await
                .unwrap();
            assert_eq!(hand.run(format!("DELETE FROM {table} WHERE {this}")).await, Ok(1), "{what} goes with its disposal");
        }
    }
}

#[tokio::test]
async fn i11_disposal_takes_the_words_and_leaves_the_proof() {
    use crate::people::acts::invite::Invite;
    use crate::records::acts::dispose::Dispose;
    use crate::testing::does;
    for world in worlds().await {
        let admin = world.ctx("administrator").await;
        let invite = Invite {
            name: "Person words".into(),
            email: "words@exampleshire.example".into(),
            kind: bluelamp_domain::people::Kind::Officer,
            level: 1,
            job_title: String::new(),
            areas: vec![],
            roles: vec!["publisher".into()],
        };
        let invited = does(&admin, invite).await;
        world.sequence().await;
        let mut tx = admin.read().await.unwrap();
        let of = crate::sql!(
            "SELECT e.id, e.body FROM ledger_entry e JOIN ledger_value v ON v.force = e.force AND v.entry = e.id WHERE e.force = $1 AND e.subject = $2"
        );
        let row = tx.row(of, crate::vals![world.force, invited.id]).await.unwrap().expect("an invitation has values beside its entry");
        let (entry, body): (bluelamp_domain::ids::EntryId, Vec<u8>) = (row.get("id").unwrap(), row.get("body").unwrap());
        assert!(!String::from_utf8_lossy(&body).contains("words"), "free text stands in the entry itself");
        drop(tx);
        does(&world.ctx("records").await, Dispose { entry, rule: "test-rule".into() }).await;
        let mut tx = admin.read().await.unwrap();
        assert!(tx.row(of, crate::vals![world.force, invited.id]).await.unwrap().is_none(), "the words are gone");
        let left = tx
            .row(crate::sql!("SELECT body FROM ledger_entry WHERE force = $1 AND id = $2"), crate::vals![world.force, entry])
            .await
            .unwrap()
            .unwrap();
        assert_eq!(left.get::<Vec<u8>>("body").unwrap(), body, "and the entry is what it was");
    }
}

//! The Java data migration of 1.12.0: goes through entities in batches, from the start on every
//! run, and changes only what it has not changed yet.

use std::time::{Duration, Instant};

use semver::Version;

use super::console::Console;
use crate::practice::connection::{Dialect, Session, SqlError};

const TABLES: &[&str] = &["table_entity", "dashboard_entity", "topic_entity"];
const BATCH_ROWS: usize = 500;

/// Runs the version's data migration, if it has one.
///
/// # Errors
/// The database's own error; finished batches stay.
pub async fn run(
    session: &mut Session,
    console: &mut Console,
    version: &Version,
    rows_per_second: Option<u32>,
) -> Result<(), SqlError> {
    if *version != Version::new(1, 12, 0) {
        return Ok(());
    }
    list_queries(session).await?;
    for table in TABLES {
        console.info(&format!("Processing table: {table}"));
        step_through(session, console, table, rows_per_second).await?;
    }
    Ok(())
}

/// Lists the queries in order, document and all, where the database has bounds for a sort: MySQL
/// by itself. For SQLite we do as MySQL does, which gives up when so few of the longest rows fit
/// (`MERGEBUFF2` in its `sql/filesort.cc`).
async fn list_queries(session: &mut Session) -> Result<(), SqlError> {
    const STATEMENT: &str = "SELECT json FROM query_entity ORDER BY name, id";
    // The documents are sorted whole; sent are their lengths, since the driver reads no row above 16 MiB.
    const ON_MYSQL: &str =
        "SELECT JSON_LENGTH(json) FROM query_entity ORDER BY json ->> '$.name', id";
    const ROWS_AT_LEAST: u64 = 15;
    match session.dialect() {
        Dialect::Postgres => return Ok(()),
        // The rows are read and let go as they come.
        Dialect::Mysql => return session.execute(ON_MYSQL).await.map(|_| ()),
        Dialect::Sqlite => {}
    }
    let Some(memory) = session.sort_memory() else {
        return Ok(());
    };
    let longest = session
        .value("SELECT coalesce(max(length(CAST(json AS BLOB))), 0) FROM query_entity")
        .await?
        .and_then(|bytes| bytes.parse::<u64>().ok())
        .unwrap_or(0);
    if memory < ROWS_AT_LEAST * longest {
        return Err(SqlError::OutOfSortMemory {
            statement: STATEMENT,
        });
    }
    session.rows(STATEMENT).await?;
    Ok(())
}

async fn step_through(
    session: &mut Session,
    console: &mut Console,
    table: &str,
    rows_per_second: Option<u32>,
) -> Result<(), SqlError> {
    let ids: Vec<String> = session
        .rows(&format!("SELECT id FROM {table} ORDER BY id"))
        .await?
        .into_iter()
        .filter_map(|row| row.into_iter().next().flatten())
        .collect();
    let limit = rows_per_second.filter(|rows| *rows > 0);
    let batch_rows = limit.map_or(BATCH_ROWS, |rows| BATCH_ROWS.min(rows as usize));
    let mut total = 0;
    for (at, batch) in ids.chunks(batch_rows).enumerate() {
        let start = Instant::now();
        let dialect = session.dialect();
        let list: Vec<String> = batch.iter().map(|id| dialect.text(id)).collect();
        let list = list.join(", ");
        let sql = match dialect {
            Dialect::Postgres => format!(
                "UPDATE {table} SET json = jsonb_set(json, '{{sourceHash}}', \
                 to_jsonb(md5(json ->> 'fullyQualifiedName'))) \
                 WHERE id IN ({list}) AND json -> 'sourceHash' IS NULL"
            ),
            // The hash beside the row: MySQL 9.7 no longer has MD5 of itself.
            Dialect::Mysql => format!(
                "UPDATE {table} SET json = JSON_SET(json, '$.sourceHash', fqnHash) \
                 WHERE id IN ({list}) AND JSON_EXTRACT(json, '$.sourceHash') IS NULL"
            ),
            Dialect::Sqlite => format!(
                "UPDATE {table} SET json = json_set(json, '$.sourceHash', fqnHash) \
                 WHERE id IN ({list}) AND json_extract(json, '$.sourceHash') IS NULL"
            ),
        };
        session.execute(&sql).await?;
        if let Some(rows) = limit {
            let due = Duration::from_secs_f64(batch.len() as f64 / f64::from(rows));
            tokio::time::sleep(due.saturating_sub(start.elapsed())).await;
        }
        total += batch.len();
        console.info(&format!(
            "  Batch {}: Migrated {} records in {}ms (Total for {table}: {total}/{})",
            at + 1,
            batch.len(),
            start.elapsed().as_millis(),
            ids.len()
        ));
    }
    Ok(())
}

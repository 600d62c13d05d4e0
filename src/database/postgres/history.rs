//! OpenMetadata's migration tables. Names are folded to lower case except Flyway's, which is quoted;
//! columns are looked for first, because old releases lack some.
//!
//! Shapes: OpenMetadata `v000__create_server_change_log.sql`, `v015`, `MigrationHistoryTable.java`.

use std::collections::BTreeMap;

use super::Postgres;
use super::facts::schemas;
use super::rows::{maybe, number, text, truth};
use crate::database::Result;
use crate::database::quoting::{literal, qualified};
use crate::domain::migration::{FlywayRow, History, NativeRow};

const CHANGES: &str = "server_change_log";
const STATEMENTS: &str = "server_migration_sql_logs";
const FLYWAY: &str = "DATABASE_CHANGE_LOG";

/// The whole bookkeeping.
pub async fn history(postgres: &Postgres) -> Result<History> {
    let Some(schema) = schemas(postgres).await?.into_iter().next() else {
        return Ok(History::default());
    };
    let doing = "reading the migration history";
    let mut history = History::default();
    let columns = columns(postgres, &schema).await?;
    if columns.contains_key(FLYWAY) {
        let rows = postgres
            .look(
                doing,
                format!(
                    "SELECT COALESCE(version, ''), success FROM {} ORDER BY installed_rank",
                    qualified(&schema, FLYWAY)?
                ),
            )
            .await?;
        history.flyway = Some(
            rows.iter()
                .map(|row| FlywayRow {
                    version: text(row, 0).into(),
                    success: truth(row, 1),
                })
                .collect(),
        );
    }
    if let Some(found) = columns.get(CHANGES) {
        history.has_status = found.iter().any(|column| column == "status");
        let status = if history.has_status { "status" } else { "NULL" };
        let order = if found.iter().any(|column| column == "installed_rank") {
            "installed_rank, version"
        } else {
            "version"
        };
        let rows = postgres
            .look(
                doing,
                format!(
                    "SELECT version, {status}::text FROM {} ORDER BY {order}",
                    qualified(&schema, CHANGES)?
                ),
            )
            .await?;
        history.native = Some(
            rows.iter()
                .map(|row| NativeRow {
                    version: text(row, 0).into(),
                    status: maybe(row, 1).map(Into::into),
                })
                .collect(),
        );
    }
    if columns.contains_key(STATEMENTS) {
        let table = qualified(&schema, STATEMENTS)?;
        let rows = postgres
            .look(
                doing,
                format!("SELECT version, checksum FROM {table} ORDER BY executedat, checksum"),
            )
            .await?;
        for row in &rows {
            history
                .statements
                .entry(text(row, 0).to_string())
                .or_default()
                .push(text(row, 1).to_string());
        }
        // The column ends at 10000 characters: a longer statement's checksum is not that of the rest.
        let rows = postgres
            .look(
                doing,
                format!(
                    "SELECT pg_catalog.count(*) FROM {table} WHERE pg_catalog.length(sqlstatement) < 10000 \
                     AND pg_catalog.md5(pg_catalog.convert_to(sqlstatement, 'UTF8')) <> checksum"
                ),
            )
            .await?;
        history.foreign_checksums = rows.first().map_or(Ok(0), |row| number(row, 0))?;
    }
    Ok(history)
}

/// Version to number of recorded statements.
pub async fn recorded_statements(postgres: &Postgres) -> Result<BTreeMap<String, u64>> {
    let doing = "counting the recorded statements";
    let rows = postgres
        .look(
            doing,
            format!(
                "SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relname = {} AND c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' \
                 ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(false), n.nspname) NULLS LAST, n.nspname LIMIT 1",
                literal(STATEMENTS)?
            ),
        )
        .await?;
    let Some(row) = rows.first() else {
        return Ok(BTreeMap::new());
    };
    let rows = postgres
        .look(
            doing,
            format!(
                "SELECT version, pg_catalog.count(*) FROM {} GROUP BY version",
                qualified(text(row, 0), STATEMENTS)?
            ),
        )
        .await?;
    rows.iter()
        .map(|row| Ok((text(row, 0).to_string(), number(row, 1)?)))
        .collect()
}

/// Table to columns, of those history tables that exist.
async fn columns(postgres: &Postgres, schema: &str) -> Result<BTreeMap<String, Vec<String>>> {
    let rows = postgres
        .look(
            "looking at the history tables",
            format!(
                "SELECT table_name, column_name FROM information_schema.columns \
                 WHERE table_schema = {} AND table_name IN ({}, {}, {}) ORDER BY 1, ordinal_position",
                literal(schema)?,
                literal(CHANGES)?,
                literal(STATEMENTS)?,
                literal(FLYWAY)?
            ),
        )
        .await?;
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in &rows {
        found
            .entry(text(row, 0).to_string())
            .or_default()
            .push(text(row, 1).to_string());
    }
    Ok(found)
}

//! OpenMetadata's migration tables. Their names are upper case here; a server that folds names
//! (`lower_case_table_names`) has them in lower case, so they are looked up, and so are the columns,
//! because old releases lack some.
//!
//! Shapes: OpenMetadata `v000__create_server_change_log.sql`, `v015`, `MigrationHistoryTable.java`.

use std::collections::BTreeMap;

use md5::{Digest as _, Md5};

use super::Mysql;
use super::rows::{maybe, number, text, truth};
use crate::database::Result;
use crate::database::quoting::identifier;
use crate::domain::migration::{FlywayRow, History, NativeRow};

const CHANGES: &str = "SERVER_CHANGE_LOG";
const STATEMENTS: &str = "SERVER_MIGRATION_SQL_LOGS";
const FLYWAY: &str = "DATABASE_CHANGE_LOG";

/// A history table as it is really called, with its columns in lower case.
struct Table {
    name: String,
    columns: Vec<String>,
}

impl Table {
    fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }
}

/// The whole bookkeeping.
pub async fn history(mysql: &Mysql) -> Result<History> {
    let doing = "reading the migration history";
    let mut history = History::default();
    let tables = tables(mysql).await?;
    if let Some(table) = tables.get(FLYWAY) {
        let rows = mysql
            .look(
                doing,
                format!(
                    "SELECT COALESCE(version, ''), success FROM {} ORDER BY installed_rank",
                    identifier(&table.name)?
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
    if let Some(table) = tables.get(CHANGES) {
        history.has_status = table.has("status");
        let status = if history.has_status { "status" } else { "NULL" };
        let order = if table.has("installed_rank") {
            "installed_rank, version"
        } else {
            "version"
        };
        let rows = mysql
            .look(
                doing,
                format!(
                    "SELECT version, {status} FROM {} ORDER BY {order}",
                    identifier(&table.name)?
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
    if let Some(table) = tables.get(STATEMENTS) {
        let name = identifier(&table.name)?;
        let rows = mysql
            .look(
                doing,
                format!("SELECT version, checksum FROM {name} ORDER BY executedAt, checksum"),
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
        let rows = mysql
            .look(
                doing,
                format!(
                    "SELECT sqlStatement, checksum FROM {name} WHERE CHAR_LENGTH(sqlStatement) < 10000"
                ),
            )
            .await?;
        // Hashed here: servers from 9.6 on have no MD5() of their own any more (seen with 9.7).
        let foreign = rows.iter().filter(|row| md5(text(row, 0)) != text(row, 1));
        history.foreign_checksums = foreign.count() as u64;
    }
    Ok(history)
}

/// Version to number of recorded statements.
pub async fn recorded_statements(mysql: &Mysql) -> Result<BTreeMap<String, u64>> {
    let Some(table) = tables(mysql).await?.remove(STATEMENTS) else {
        return Ok(BTreeMap::new());
    };
    let rows = mysql
        .look(
            "counting the recorded statements",
            format!(
                "SELECT version, COUNT(*) FROM {} GROUP BY version",
                identifier(&table.name)?
            ),
        )
        .await?;
    rows.iter()
        .map(|row| Ok((text(row, 0).to_string(), number(row, 1)?)))
        .collect()
}

/// True when one of OpenMetadata's history tables stands in the database.
pub async fn any(mysql: &Mysql) -> Result<bool> {
    let tables = tables(mysql).await?;
    Ok(tables.contains_key(CHANGES) || tables.contains_key(FLYWAY))
}

fn md5(text: &str) -> String {
    Md5::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

async fn tables(mysql: &Mysql) -> Result<BTreeMap<&'static str, Table>> {
    let rows = mysql
        .look(
            "looking at the history tables",
            format!(
                "SELECT table_name, LOWER(column_name), UPPER(table_name) FROM information_schema.columns \
                 WHERE table_schema = DATABASE() AND UPPER(table_name) IN ('{CHANGES}', '{STATEMENTS}', '{FLYWAY}') \
                 ORDER BY 1, ordinal_position"
            ),
        )
        .await?;
    let mut found: BTreeMap<&'static str, Table> = BTreeMap::new();
    for row in &rows {
        let Some(known) = [CHANGES, STATEMENTS, FLYWAY]
            .into_iter()
            .find(|known| *known == text(row, 2))
        else {
            continue;
        };
        found
            .entry(known)
            .or_insert_with(|| Table {
                name: text(row, 0).to_string(),
                columns: Vec::new(),
            })
            .columns
            .push(text(row, 1).to_string());
    }
    Ok(found)
}

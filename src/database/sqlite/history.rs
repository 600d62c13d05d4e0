//! OpenMetadata's migration tables in the practice database; names in any case.

use std::collections::BTreeMap;

use md5::{Digest as _, Md5};
use sqlx::sqlite::SqliteConnection;

use super::facts::{columns, table};
use super::file::{TextRow, number, rows, text};
use crate::database::Result;
use crate::database::quoting::identifier;
use crate::domain::migration::{FlywayRow, History, NativeRow};

const DOING: &str = "reading the migration history";

pub async fn history(session: &mut SqliteConnection) -> Result<History> {
    let mut history = History::default();
    if let Some(name) = table(session, "database_change_log").await? {
        let sql = format!(
            "SELECT COALESCE(version, ''), CAST(success AS TEXT) FROM {} ORDER BY installed_rank",
            identifier(&name)?
        );
        let found = rows(session, DOING, sql).await?;
        history.flyway = Some(
            found
                .iter()
                .map(|row| FlywayRow {
                    version: text(row, 0).into(),
                    success: matches!(text(row, 1), "1" | "true" | "TRUE" | "t"),
                })
                .collect(),
        );
    }
    if let Some(name) = table(session, "server_change_log").await? {
        let columns: Vec<String> = columns(session, &name)
            .await?
            .iter()
            .map(|column| column.to_lowercase())
            .collect();
        history.has_status = columns.iter().any(|column| column == "status");
        let status = if history.has_status { "status" } else { "NULL" };
        let order = if columns.iter().any(|column| column == "installed_rank") {
            "installed_rank, version"
        } else {
            "version"
        };
        let sql = format!(
            "SELECT version, {status} FROM {} ORDER BY {order}",
            identifier(&name)?
        );
        let found = rows(session, DOING, sql).await?;
        history.native = Some(
            found
                .iter()
                .map(|row| NativeRow {
                    version: text(row, 0).into(),
                    status: row.get(1).and_then(Option::as_deref).map(Into::into),
                })
                .collect(),
        );
    }
    if let Some(name) = table(session, "server_migration_sql_logs").await? {
        let sql = format!(
            "SELECT version, checksum, sqlStatement FROM {} ORDER BY executedAt, checksum",
            identifier(&name)?
        );
        for row in rows(session, DOING, sql).await? {
            history.foreign_checksums += u64::from(foreign(&row));
            history
                .statements
                .entry(text(&row, 0).to_string())
                .or_default()
                .push(text(&row, 1).to_string());
        }
    }
    Ok(history)
}

/// A longer text was cut at 10000 characters, and its checksum is that of the whole.
fn foreign(row: &TextRow) -> bool {
    let statement = text(row, 2);
    let hash: String = Md5::digest(statement.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    statement.chars().count() < 10_000 && hash != text(row, 1)
}

pub async fn recorded_statements(session: &mut SqliteConnection) -> Result<BTreeMap<String, u64>> {
    let Some(name) = table(session, "server_migration_sql_logs").await? else {
        return Ok(BTreeMap::new());
    };
    let sql = format!(
        "SELECT version, CAST(count(*) AS TEXT) FROM {} GROUP BY version",
        identifier(&name)?
    );
    rows(session, "counting the recorded statements", sql)
        .await?
        .iter()
        .map(|row| Ok((text(row, 0).to_string(), number(row, 1)?)))
        .collect()
}

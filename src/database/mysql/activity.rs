//! Who else is in the database, how much stands in it, and what was written since a moment.

use std::collections::BTreeMap;

use super::Mysql;
use super::purpose::{MARK, MIGRATION_MARK};
use super::rows::{first, maybe, number, text};
use crate::database::Result;
use crate::database::entity_tables::ENTITY_TABLES;
use crate::database::quoting::{identifier, literal, literals};
use crate::domain::clean_text::CleanText;
use crate::domain::survey::Session;

/// Characters of a statement that are shown.
const QUERY: usize = 200;

/// Every other client's session in this database. Without PROCESS the server shows a user only its
/// own sessions (the check of rights says so).
///
/// Sessions of omup and of a migration that it started are known by the locks that they hold; other
/// programs by the name that they gave when they connected (`program_name`, shown to everybody for
/// sessions of the same account).
pub async fn sessions(mysql: &Mysql) -> Result<Vec<Session>> {
    let doing = "listing the sessions";
    let list = |transactions: bool| {
        let (age, join) = if transactions {
            (
                "TIMESTAMPDIFF(SECOND, t.trx_started, UTC_TIMESTAMP())",
                "LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id",
            )
        } else {
            ("IF(p.command = 'Query', p.time, NULL)", "")
        };
        format!(
            "SELECT p.id, p.user, CASE WHEN COALESCE(p.host, 'localhost') = 'localhost' THEN 'local' \
             WHEN p.host LIKE 'localhost:%' THEN REPLACE(p.host, 'localhost', '127.0.0.1') ELSE p.host END, COALESCE(a.attr_value, ''), \
             CONCAT(p.command, IF(COALESCE(p.state, '') = '', '', CONCAT(', ', p.state))), {age}, COALESCE(p.info, ''), \
             IS_USED_LOCK(CONCAT('{MARK}', p.id)) <=> p.id, IS_USED_LOCK(CONCAT('{MIGRATION_MARK}', p.id)) <=> p.id \
             FROM performance_schema.processlist p \
             LEFT JOIN performance_schema.session_account_connect_attrs a ON a.processlist_id = p.id AND a.attr_name = 'program_name' {join} \
             WHERE p.db = DATABASE() AND p.id <> CONNECTION_ID() AND p.command <> 'Daemon' ORDER BY p.id"
        )
    };
    let rows = match mysql.look(doing, list(true)).await {
        Ok(rows) => rows,
        // The ages of transactions need PROCESS.
        Err(_) => mysql.look(doing, list(false)).await?,
    };
    rows.iter()
        .map(|row| {
            let ours = text(row, 7) == "1";
            let migration = text(row, 8) == "1";
            let application = match (ours, migration) {
                (true, _) => "omup",
                (false, true) if !text(row, 3).starts_with(MIGRATION_MARK) => "omup migrate",
                (false, true) => text(row, 3),
                (false, false) => text(row, 3),
            };
            Ok(Session {
                pid: number(row, 0)?,
                user: text(row, 1).into(),
                address: text(row, 2).into(),
                application: application.into(),
                state: text(row, 4).into(),
                transaction_seconds: maybe(row, 5)
                    .and_then(|seconds| seconds.parse::<i64>().ok())
                    .map(|seconds| seconds.max(0).cast_unsigned()),
                query: CleanText::limited(text(row, 6), QUERY),
                ours: ours || migration,
            })
        })
        .collect()
}

/// Rows written since the server began, by the performance schema; reading that needs SELECT on its tables (MySQL
/// manual, "Table I/O and Lock Wait Summary Tables").
pub async fn rows_written(mysql: &Mysql) -> Option<u64> {
    let rows = mysql
        .look(
            "counting the rows that were written",
            "SELECT COALESCE(SUM(count_write), 0) FROM performance_schema.table_io_waits_summary_by_table \
             WHERE object_type = 'TABLE' AND object_schema = DATABASE() \
             AND EXISTS (SELECT 1 FROM performance_schema.setup_instruments \
                         WHERE name = 'wait/io/table/sql/handler' AND enabled = 'YES')"
                .to_string(),
        )
        .await;
    number(&first(rows.ok()?).ok()?, 0).ok()
}

/// Rows by InnoDB's statistics.
pub async fn estimated_rows(mysql: &Mysql) -> Result<BTreeMap<String, u64>> {
    let rows = mysql
        .look(
            "reading the tables' statistics",
            "SELECT table_name, COALESCE(table_rows, 0) FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
                .to_string(),
        )
        .await?;
    rows.iter()
        .map(|row| Ok((text(row, 0).to_string(), number(row, 1)?)))
        .collect()
}

/// Exact rows of the entity tables that exist.
pub async fn entity_counts(mysql: &Mysql) -> Result<BTreeMap<String, u64>> {
    let doing = "counting the entities";
    let tables = mysql
        .look(
            doing,
            format!(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() \
                 AND table_type = 'BASE TABLE' AND table_name IN ({}) ORDER BY 1",
                literals(ENTITY_TABLES.iter().copied())?
            ),
        )
        .await?;
    let mut counts = Vec::new();
    for row in &tables {
        let table = text(row, 0);
        counts.push(format!(
            "SELECT {}, COUNT(*) FROM {}",
            literal(table)?,
            identifier(table)?
        ));
    }
    if counts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = mysql.count(doing, counts.join(" UNION ALL ")).await?;
    rows.iter()
        .map(|row| Ok((text(row, 0).to_string(), number(row, 1)?)))
        .collect()
}

/// Rows written at or after a moment, by the columns in which OpenMetadata keeps it.
pub async fn writes_since(mysql: &Mysql, epoch_ms: i64) -> Result<u64> {
    let doing = "counting the writes";
    let columns = mysql
        .look(
            doing,
            "SELECT c.table_name, GROUP_CONCAT(c.column_name ORDER BY c.column_name) FROM information_schema.columns c \
             JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
             WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' \
             AND c.column_name IN ('updatedAt', 'timestamp') AND c.data_type = 'bigint' GROUP BY c.table_name"
                .to_string(),
        )
        .await?;
    let mut counts = Vec::new();
    for row in &columns {
        let conditions: Result<Vec<String>> = text(row, 1)
            .split(',')
            .map(|column| Ok(format!("{} >= {epoch_ms}", identifier(column)?)))
            .collect();
        counts.push(format!(
            "(SELECT COUNT(*) FROM {} WHERE {})",
            identifier(text(row, 0))?,
            conditions?.join(" OR ")
        ));
    }
    if counts.is_empty() {
        return Ok(0);
    }
    let rows = mysql
        .count(doing, format!("SELECT {}", counts.join(" + ")))
        .await?;
    number(&first(rows)?, 0)
}

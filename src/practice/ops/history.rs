//! What is written down about migrations, as OpenMetadata's MigrationDAO writes it: one row for
//! each executed statement, one for each finished version, every one a commit of its own.

use std::collections::{BTreeMap, HashSet};

use semver::Version;

use crate::practice::connection::{Dialect, Session, SqlError, TextRow};
use crate::practice::migrations::{FlywayFile, Migration};
use crate::practice::random::unforeseen_uuid;
use crate::practice::statements::checksum;

/// The versions in SERVER_CHANGE_LOG, in numeric order.
///
/// # Errors
/// The database's own error.
pub async fn executed_versions(session: &mut Session) -> Result<Vec<Version>, SqlError> {
    let rows = session
        .rows("SELECT version FROM SERVER_CHANGE_LOG")
        .await?;
    let mut versions: Vec<Version> = rows
        .into_iter()
        .filter_map(|row| Version::parse(row.first()?.as_deref()?).ok())
        .collect();
    versions.sort();
    Ok(versions)
}

/// The rule of the releases up to 1.12: everything above the highest executed version; all of it
/// when nothing was executed or with force.
pub fn pending<'a>(
    available: &'a [Migration],
    executed: &[Version],
    force: bool,
) -> Vec<&'a Migration> {
    let newest = if force { None } else { executed.last() };
    available
        .iter()
        .filter(|migration| newest.is_none_or(|newest| migration.version > *newest))
        .collect()
}

/// The checksums of all statements that ever ran, whatever their version.
///
/// # Errors
/// The database's own error.
pub async fn logged_checksums(session: &mut Session) -> Result<HashSet<String>, SqlError> {
    let rows = session
        .rows("SELECT checksum FROM SERVER_MIGRATION_SQL_LOGS")
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| row.into_iter().next().flatten())
        .collect())
}

/// Records a statement that ran.
///
/// # Errors
/// The database's own error.
pub async fn record_statement(
    session: &mut Session,
    version: &str,
    statement: &str,
) -> Result<(), SqlError> {
    let dialect = session.dialect();
    let sql = format!(
        "INSERT INTO SERVER_MIGRATION_SQL_LOGS (version, sqlStatement, checksum, executedAt) \
         VALUES ('{version}', {statement}, '{sum}', CURRENT_TIMESTAMP) {or_replace}",
        statement = dialect.text(statement),
        sum = checksum(statement),
        or_replace = dialect.or_replace("checksum", &["version", "executedAt"]),
    );
    session.execute(&sql).await.map(|_| ())
}

/// Records a finished version; its checksum is a random UUID and says nothing about the files.
///
/// # Errors
/// The database's own error, or no random source.
pub async fn record_version(
    session: &mut Session,
    migration: &Migration,
    metrics: &BTreeMap<&'static str, i64>,
) -> Result<(), SqlError> {
    let uuid = unforeseen_uuid().map_err(sqlx::Error::Io)?;
    let metrics = serde_json::to_string(metrics).unwrap_or_else(|_| "{}".to_owned());
    let dialect = session.dialect();
    let sql = format!(
        "INSERT INTO SERVER_CHANGE_LOG (version, migrationFileName, checksum, metrics, \
         installed_on) VALUES ('{version}', {folder}, '{uuid}', {metrics}, CURRENT_TIMESTAMP) \
         {or_replace}",
        version = migration.version,
        folder = dialect.text(&migration.folder.to_string_lossy()),
        metrics = dialect.text(&metrics),
        or_replace = dialect.or_replace(
            "version",
            &["migrationFileName", "checksum", "metrics", "installed_on"]
        ),
    );
    session.execute(&sql).await.map(|_| ())
}

/// The row counts that a version's row carries.
///
/// # Errors
/// The database's own error.
pub async fn metrics(session: &mut Session) -> Result<BTreeMap<&'static str, i64>, SqlError> {
    let mut metrics = BTreeMap::new();
    for (name, table) in [
        ("dashboards", "dashboard_entity"),
        ("databases", "database_entity"),
        ("pipelines", "pipeline_entity"),
        ("queries", "query_entity"),
        ("tables", "table_entity"),
        ("users", "user_entity"),
    ] {
        let count = session
            .value(&format!("SELECT count(*) FROM {table}"))
            .await?;
        let count = count.and_then(|count| count.parse().ok()).unwrap_or(0);
        metrics.insert(name, count);
    }
    Ok(metrics)
}

/// What 1.11 and later do when they merely load their migrations: Flyway's rows become versions
/// `0.0.N`, its statements count as executed, its table is dropped. An older server cannot start
/// on such a database any more.
///
/// # Errors
/// The database's own error; what was done until then stays.
pub async fn fold_flyway_in(session: &mut Session, files: &[FlywayFile]) -> Result<(), SqlError> {
    if !session.has_table("DATABASE_CHANGE_LOG").await? {
        return Ok(());
    }
    let dialect = session.dialect();
    let table = dialect.flyway_table();
    let rows = session
        .rows(&format!(
            "SELECT version, script, checksum, installed_on FROM {table} WHERE success = TRUE \
             ORDER BY installed_rank"
        ))
        .await?;
    for row in &rows {
        let Some(number) = number_of(row) else {
            continue;
        };
        let text = |at: usize| dialect.text(row.get(at).and_then(Option::as_deref).unwrap_or(""));
        let sql = format!(
            "INSERT INTO SERVER_CHANGE_LOG (version, migrationFileName, checksum, installed_on) \
             VALUES ('0.0.{number}', {}, {}, {}) {}",
            text(1),
            text(2),
            text(3),
            dialect.or_leave("version"),
        );
        session.execute(&sql).await?;
        for file in files.iter().filter(|file| file.number == number) {
            for statement in &file.statements {
                record_statement(session, &format!("0.0.{number}"), statement).await?;
            }
        }
    }
    session.execute(&format!("DROP TABLE {table}")).await?;
    Ok(())
}

fn number_of(row: &TextRow) -> Option<u32> {
    row.first()?.as_deref()?.parse().ok()
}

/// Rows of the change log for printing: version, installedOn, metrics.
///
/// # Errors
/// The database's own error.
pub async fn change_log(session: &mut Session) -> Result<Vec<Vec<String>>, SqlError> {
    let metrics = match session.dialect() {
        Dialect::Postgres => "metrics::text",
        Dialect::Mysql | Dialect::Sqlite => "metrics",
    };
    let rows = session
        .rows(&format!(
            "SELECT version, installed_on, {metrics} FROM SERVER_CHANGE_LOG \
             ORDER BY installed_rank"
        ))
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| row.into_iter().map(Option::unwrap_or_default).collect())
        .collect())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use semver::Version;

    use super::{Migration, pending};

    fn available() -> Vec<Migration> {
        [(1, 9, 0), (1, 10, 0), (1, 11, 0)]
            .map(|(major, minor, patch)| Migration {
                version: Version::new(major, minor, patch),
                folder: PathBuf::new(),
                schema_changes: Vec::new(),
                post_data: Vec::new(),
            })
            .to_vec()
    }

    #[test]
    fn pending_is_what_lies_above_the_newest_even_over_a_gap() {
        let available = available();
        let newest = [Version::new(0, 0, 15), Version::new(1, 10, 0)];
        let names = |found: Vec<&Migration>| -> Vec<String> {
            found.iter().map(|m| m.version.to_string()).collect()
        };
        assert_eq!(names(pending(&available, &newest, false)), ["1.11.0"]);
        assert_eq!(pending(&available, &newest, true).len(), 3);
        assert_eq!(pending(&available, &[], false).len(), 3);
    }
}

//! Builds the schema of 1.10.7 by running the old installation's own migration files, and records
//! them as Flyway and MigrationWorkflow would have over the years.

use std::path::Path;

use sqlx::mysql::MySqlDatabaseError;

use super::world::World;
use super::{MakeError, at_database, files};
use crate::practice::connection::{Dialect, Session, SqlError};
use crate::practice::migrations;
use crate::practice::statements::{checksum, split};

/// Creates every table; on PostgreSQL and SQLite inside a transaction that stays open for the rows
/// (on MySQL each statement is a commit). Tells whether pgcrypto could be created.
///
/// # Errors
/// The statement the database refused.
pub async fn create(session: &mut Session, world: &World, home: &Path) -> Result<bool, MakeError> {
    let dialect = session.dialect();
    let pgcrypto = match dialect {
        // Allowed to the owner of the database since PostgreSQL 13; whoever may not, goes without.
        Dialect::Postgres => session
            .execute("CREATE EXTENSION IF NOT EXISTS pgcrypto")
            .await
            .is_ok(),
        Dialect::Mysql => false,
        Dialect::Sqlite => {
            run(session, "PRAGMA journal_mode = WAL").await?;
            false
        }
    };
    match dialect {
        Dialect::Postgres | Dialect::Sqlite => run(session, "BEGIN").await?,
        Dialect::Mysql => {}
    }
    for statement in split(files::flyway_table(dialect), dialect) {
        run(session, &statement).await?;
    }
    let root = home.join("bootstrap/sql/migrations");
    flyway(session, world, &root).await?;
    native(session, world, &root).await?;
    for statement in split(files::engine_tables(dialect), dialect) {
        run(session, &statement).await?;
    }
    for statement in split(files::operators_own(dialect), dialect) {
        // With a binary log, MySQL wants a setting or a right for them; whoever may not, goes without.
        match session.execute(&statement).await {
            Err(SqlError::Mysql(error)) if number(&error) == Some(1419) => {}
            done => {
                done.map_err(at_database(&statement))?;
            }
        }
    }
    Ok(pgcrypto)
}

/// MySQL's number of an error.
fn number(error: &sqlx::Error) -> Option<u16> {
    let refusal = error.as_database_error()?;
    let mysql = refusal.try_downcast_ref::<MySqlDatabaseError>()?;
    Some(mysql.number())
}

async fn flyway(session: &mut Session, world: &World, root: &Path) -> Result<(), MakeError> {
    let dialect = session.dialect();
    let files = migrations::flyway(&root.join("flyway"), dialect)?;
    for (at, file) in files.iter().enumerate() {
        for statement in &file.statements {
            run(session, statement).await?;
        }
        let mut random = world.random("flyway", at as u64);
        let record = format!(
            "INSERT INTO {} (installed_rank, version, description, type, script, checksum, \
             installed_by, installed_on, execution_time, success) \
             VALUES ({}, '{:03}', {}, 'SQL', {}, {}, 'openmetadata_user', \
             '2023-03-01 09:00:{at:02}', {}, TRUE)",
            dialect.flyway_table(),
            at + 1,
            file.number,
            dialect.text(&file.description),
            dialect.text(&file.file_name),
            random.number() as i32,
            random.below(900),
        );
        run(session, &record).await?;
    }
    Ok(())
}

async fn native(session: &mut Session, world: &World, root: &Path) -> Result<(), MakeError> {
    let dialect = session.dialect();
    let migrations = migrations::native(&root.join("native"), dialect)?;
    for (at, migration) in migrations.iter().enumerate() {
        let moment = format!("{}-{:02}-15 02:00:00", 2023 + at / 12, 1 + at % 12);
        for statement in migration.schema_changes.iter().chain(&migration.post_data) {
            run(session, statement).await?;
            let record = format!(
                "INSERT INTO SERVER_MIGRATION_SQL_LOGS (version, sqlStatement, checksum, \
                 executedAt) VALUES ('{}', {}, '{}', '{moment}') {}",
                migration.version,
                dialect.text(statement),
                checksum(statement),
                dialect.or_leave("checksum"),
            );
            run(session, &record).await?;
        }
        // The file name is where OpenMetadata stood at the time, not where this folder stands:
        // the same seed gives the same rows in every folder.
        let record = format!(
            "INSERT INTO SERVER_CHANGE_LOG (version, migrationFileName, checksum, installed_on, \
             metrics) VALUES ('{version}', \
             '/opt/openmetadata/bootstrap/sql/migrations/native/{version}/{folder}', '{uuid}', \
             '{moment}', '{{\"tables\": {at}}}')",
            version = migration.version,
            folder = dialect.folder(),
            uuid = world.random("change log", at as u64).uuid(),
        );
        run(session, &record).await?;
    }
    Ok(())
}

async fn run(session: &mut Session, statement: &str) -> Result<(), MakeError> {
    match session.execute(statement).await {
        Ok(_) => Ok(()),
        Err(error) => Err(at_database(statement)(error)),
    }
}

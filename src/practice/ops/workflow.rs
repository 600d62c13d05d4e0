//! MigrationWorkflow: runs the pending versions one after the other, the way 1.10 to 1.12 do.
//!
//! Not transactional: a statement is executed, then recorded; a version gets its row at its end;
//! "finished" is printed after a failure too.

use std::collections::HashSet;
use std::time::Duration;

use super::console::Console;
use super::{data_step, history, table};
use crate::practice::connection::{Dialect, Session, SqlError};
use crate::practice::faults::Faults;
use crate::practice::folder::PracticeFolder;
use crate::practice::migrations::Migration;
use crate::practice::starter;
use crate::practice::statements::checksum;

/// What a run needs besides the database.
pub struct Workflow<'a> {
    pub folder: &'a PracticeFolder,
    pub faults: &'a Faults,
    pub force: bool,
    pub driver_class: &'static str,
}

/// Why the workflow stopped.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowError {
    #[error("Failed to run sql: [{statement}] due to [{reason}]")]
    Statement { statement: String, reason: SqlError },
    #[error("{0}")]
    Sql(#[from] SqlError),
}

const SUCCESS: &str = "Success";
const FRAMES: &[&str] = &[
    "org.openmetadata.service.migration.utils.MigrationWorkflow.performSqlExecutionAndUpdate(MigrationWorkflow.java)",
    "org.openmetadata.service.migration.api.MigrationWorkflow.runMigrationWorkflows(MigrationWorkflow.java)",
    "org.openmetadata.service.util.OpenMetadataOperations.validateAndRunSystemDataMigrations(OpenMetadataOperations.java)",
];

impl Workflow<'_> {
    /// Runs all pending versions.
    ///
    /// # Errors
    /// The first failure, unless forced.
    pub async fn run(
        &self,
        session: &mut Session,
        console: &mut Console,
        pending: &[&Migration],
    ) -> Result<(), WorkflowError> {
        console.info(&format!(
            "Following Migrations will be performed, with Force Migration : {}",
            self.force
        ));
        let list: Vec<Vec<String>> = pending
            .iter()
            .map(|migration| {
                vec![
                    migration.version.to_string(),
                    self.driver_class.to_owned(),
                    migration.folder.to_string_lossy().into_owned(),
                ]
            })
            .collect();
        let columns = ["Version", "ConnectionType", "MigrationsFilePath"];
        console.info(&table::render(
            &columns,
            &list,
            "No Server Migration To be Run",
        ));
        console.info("[MigrationWorkflow] WorkFlow Started");
        let mut summary = Vec::new();
        for (at, migration) in pending.iter().enumerate() {
            console.info(&format!(
                "[MigrationWorkFlow] Migration Run started for Version: {}, with Force Migration : {}",
                migration.version, self.force
            ));
            let last = at + 1 == pending.len();
            let outcome = self.version(session, console, migration, last).await;
            // In the original this line is in a `finally` block.
            console.info(&format!(
                "[MigrationWorkFlow] Migration Run finished for Version: {}",
                migration.version
            ));
            match outcome {
                Ok(row) => summary.push(row),
                Err(error) => {
                    console.exception(
                        "Encountered Exception in MigrationWorkflow",
                        &format!("java.lang.RuntimeException: {error}"),
                        FRAMES,
                    );
                    return Err(error);
                }
            }
        }
        let columns = [
            "Version",
            "Initialization",
            "SchemaChanges",
            "DataMigration",
            "PostDDLScripts",
            "Context",
        ];
        console.info(&table::render(
            &columns,
            &summary,
            "No Server Migration To be Run",
        ));
        console.info("[MigrationWorkflow] WorkFlow Completed");
        Ok(())
    }

    /// Runs one version and gives its row of the final table.
    async fn version(
        &self,
        session: &mut Session,
        console: &mut Console,
        migration: &Migration,
        last: bool,
    ) -> Result<Vec<String>, WorkflowError> {
        let version = &migration.version;
        let logged = history::logged_checksums(session).await?;
        let mut row = vec![version.to_string(), SUCCESS.to_owned()];
        console.info(&format!(
            "[MigrationWorkflow] Version : {version} Run Schema Changes Query Status"
        ));
        let schema = self
            .statements(session, migration, &logged, Part::SchemaChanges)
            .await?;
        row.push(schema);

        let rate = self.faults.data_step_rows_per_second;
        row.push(
            match data_step::run(session, console, version, rate).await {
                Ok(()) => SUCCESS.to_owned(),
                Err(error) if self.force => failed_cell(&error),
                Err(error) => return Err(error.into()),
            },
        );

        console.info(&format!(
            "[MigrationWorkflow] Version : {version} Run Post DDL Query Status"
        ));
        let post = self
            .statements(session, migration, &logged, Part::PostData)
            .await?;
        row.push(post);
        let metrics = history::metrics(session).await?;
        if !(last && self.faults.success_with_versions_missing) {
            history::record_version(session, migration, &metrics).await?;
        }
        row.push(SUCCESS.to_owned());
        Ok(row)
    }

    /// Runs one file's statements and gives its cell.
    async fn statements(
        &self,
        session: &mut Session,
        migration: &Migration,
        logged: &HashSet<String>,
        part: Part,
    ) -> Result<String, WorkflowError> {
        let (statements, before) = match part {
            Part::SchemaChanges => (&migration.schema_changes, 0),
            Part::PostData => (&migration.post_data, migration.schema_changes.len()),
        };
        let mut cell = SUCCESS.to_owned();
        for (at, statement) in statements.iter().enumerate() {
            if logged.contains(&checksum(statement)) {
                continue;
            }
            let number = before + at + 1;
            let done = self.statement(session, migration, number, statement).await;
            if let Err(reason) = done {
                if self.force {
                    cell = failed_cell(&reason);
                    continue;
                }
                return Err(WorkflowError::Statement {
                    statement: statement.clone(),
                    reason,
                });
            }
        }
        Ok(cell)
    }

    /// Executes one statement, then records it: two commits with a gap between them.
    async fn statement(
        &self,
        session: &mut Session,
        migration: &Migration,
        number: usize,
        statement: &str,
    ) -> Result<(), SqlError> {
        let version = &migration.version;
        let faults = self.faults;
        tokio::time::sleep(Duration::from_millis(faults.statement_delay_ms)).await;
        let here = |place: &Option<crate::practice::faults::StatementPlace>| {
            place
                .as_ref()
                .is_some_and(|place| place.is(version, number))
        };
        if here(&faults.fail_statement) {
            // A real error of the real database, as a statement that does not fit gives it.
            session
                .execute("UPDATE table_entity SET practice_fault = 1")
                .await?;
        }
        session.execute(statement).await?;
        if here(&faults.lose_connection_at) {
            return Err(lose_connection(session).await);
        }
        if here(&faults.kill_runner_at) {
            starter::kill_runner().map_err(sqlx::Error::Io)?;
        }
        let pauses =
            faults.pause_before_record_at.is_none() || here(&faults.pause_before_record_at);
        if pauses && faults.pause_before_record_ms > 0 {
            let mark = self.folder.at_pause_file();
            std::fs::write(&mark, format!("{version}:{number}\n")).map_err(sqlx::Error::Io)?;
            tokio::time::sleep(Duration::from_millis(faults.pause_before_record_ms)).await;
            std::fs::remove_file(&mark).map_err(sqlx::Error::Io)?;
        }
        history::record_statement(session, &version.to_string(), statement).await
    }
}

/// PostgreSQL and MySQL end the session themselves, as after an administrator's command; SQLite has
/// no session to lose, so only the error is the same.
async fn lose_connection(session: &mut Session) -> SqlError {
    let dialect = session.dialect();
    match dialect {
        Dialect::Postgres => match session
            .value("SELECT pg_terminate_backend(pg_backend_pid())")
            .await
        {
            Err(error) => error,
            Ok(_) => SqlError::Lost(dialect),
        },
        Dialect::Mysql => match session.execute("KILL CONNECTION CONNECTION_ID()").await {
            // The server's last word; the driver tells it as any lost session.
            Err(_) | Ok(_) => SqlError::Lost(dialect),
        },
        Dialect::Sqlite => SqlError::Lost(dialect),
    }
}

#[derive(Debug, Clone, Copy)]
enum Part {
    SchemaChanges,
    PostData,
}

fn failed_cell(error: &SqlError) -> String {
    format!("Failed due to : {error}").replace('\n', " ")
}

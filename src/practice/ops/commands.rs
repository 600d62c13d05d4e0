//! The sub-commands of the ops tool, with the wording and the exit codes of the original.

use super::console::{Console, Level};
use super::workflow::{Workflow, WorkflowError};
use super::{Tool, history, table};
use crate::exit_code::ExitCode;
use crate::practice::connection::{Session, SqlError};
use crate::practice::jdbc::Target;
use crate::practice::migrations::{self, Migration, MigrationFilesError};

/// A failure as the tool's commands catch it.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("{0}")]
    Sql(#[from] SqlError),
    #[error("{0}")]
    Workflow(#[from] WorkflowError),
    #[error("{0}")]
    Files(#[from] MigrationFilesError),
    #[error("{0}")]
    State(String),
    #[error("java.net.ConnectException: Connection refused (search at {0})")]
    Search(String),
}

const LOGO: &str = r"
   ____                   __  __      _            _       _
  / __ \                 |  \/  |    | |          | |     | |
 | |  | |_ __   ___ _ __ | \  / | ___| |_ __ _  __| | __ _| |_ __ _
 | |  | | '_ \ / _ \ '_ \| |\/| |/ _ \ __/ _` |/ _` |/ _` | __/ _` |
 | |__| | |_) |  __/ | | | |  | |  __/ || (_| | (_| | (_| | || (_| |
  \____/| .__/ \___|_| |_|_|  |_|\___|\__\__,_|\__,_|\__,_|\__\__,_|
        |_|                                       practice deployment
";

impl Tool {
    /// Lists the migrations of this installation and does what 1.11 and later do while listing.
    ///
    /// # Errors
    /// When files or the database cannot be read.
    pub async fn load_migrations(
        &self,
        session: &mut Session,
    ) -> Result<Vec<Migration>, CommandError> {
        if self.folds_flyway_in() {
            let path = self.config.migration_configuration.flyway_path.clone();
            let files = match path {
                Some(path) => migrations::flyway(&path, session.dialect())?,
                None => Vec::new(),
            };
            history::fold_flyway_in(session, &files).await?;
        }
        let path = &self.config.migration_configuration.native_path;
        Ok(migrations::native(path, session.dialect())?)
    }

    pub async fn migrate(
        &self,
        console: &mut Console,
        force: bool,
    ) -> Result<ExitCode, CommandError> {
        console.info(LOGO);
        console.info("Migrating the OpenMetadata Schema.");
        if self.faults.print_password {
            console.configuration(&self.config.database);
        }
        if self.faults.hostile_log {
            console.hostile();
        }
        // A killed run may have left its mark; it is not this run's. Mostly there is none.
        let _ = std::fs::remove_file(self.folder.at_pause_file());
        let mut session = self.open().await?;
        if !self.folds_flyway_in() {
            self.flyway_migrate(console, &mut session).await?;
        }
        let available = self.load_migrations(&mut session).await?;
        let executed = history::executed_versions(&mut session).await?;
        let pending = history::pending(&available, &executed, force);
        let workflow = Workflow {
            folder: &self.folder,
            faults: &self.faults,
            force,
            driver_class: self.url.target.dialect().driver_class(),
        };
        workflow.run(&mut session, console, &pending).await?;
        console.info("Update Search Indexes.");
        self.reach_search()?;
        self.print_change_log(console, &mut session).await?;
        session.close().await?;
        Ok(ExitCode::Ok)
    }

    /// Flyway has nothing to do since 1.1; it still looks.
    async fn flyway_migrate(
        &self,
        console: &mut Console,
        session: &mut Session,
    ) -> Result<(), CommandError> {
        let table = session.dialect().flyway_table();
        let count = session
            .value(&format!(
                "SELECT count(*) FROM {table} WHERE success = TRUE"
            ))
            .await?
            .unwrap_or_default();
        console.info(&format!(
            "Successfully validated {count} migrations (execution time 00:00.021s)"
        ));
        let schema = match &self.url.target {
            Target::Postgres { .. } | Target::Sqlite { .. } => "\"public\"".to_owned(),
            Target::Mysql { database, .. } => format!("`{database}`"),
        };
        console.info(&format!(
            "Schema {schema} is up to date. No migration necessary."
        ));
        Ok(())
    }

    pub(super) fn reach_search(&self) -> Result<(), CommandError> {
        if self.faults.search_down {
            Err(CommandError::Search("http://localhost:9200".to_owned()))
        } else {
            Ok(())
        }
    }

    async fn print_change_log(
        &self,
        console: &mut Console,
        session: &mut Session,
    ) -> Result<(), CommandError> {
        let rows = history::change_log(session).await?;
        let columns = ["version", "installedOn", "metrics"];
        console.info(&table::render(
            &columns,
            &rows,
            "No Server Change log found",
        ));
        Ok(())
    }

    pub async fn info(&self, console: &mut Console) -> Result<ExitCode, CommandError> {
        let mut session = self.open().await?;
        if self.folds_flyway_in() {
            console.info("Native System Data Migrations:");
            let rows: Vec<Vec<String>> = history::change_log(&mut session)
                .await?
                .into_iter()
                .map(|mut row| {
                    row.insert(2, SUCCESS_CELL.to_owned());
                    row
                })
                .collect();
            let columns = ["version", "installedOn", "status", "metrics"];
            console.info(&table::render(&columns, &rows, "No migrations found"));
        } else {
            // Flyway's own table: says nothing about native migrations.
            let table = session.dialect().flyway_table();
            let rows = session
                .rows(&format!(
                    "SELECT version, description, type, installed_on FROM {table} \
                     ORDER BY installed_rank"
                ))
                .await?;
            let rows: Vec<Vec<String>> = rows
                .into_iter()
                .map(|row| {
                    let mut cells = vec!["Versioned".to_owned()];
                    cells.extend(row.into_iter().map(Option::unwrap_or_default));
                    cells.push(SUCCESS_CELL.to_owned());
                    cells
                })
                .collect();
            let columns = [
                "Category",
                "Version",
                "Description",
                "Type",
                "Installed On",
                "State",
            ];
            console.info(&table::render(&columns, &rows, "No migrations found"));
        }
        Ok(ExitCode::Ok)
    }

    pub async fn validate(&self, console: &mut Console) -> Result<ExitCode, CommandError> {
        let mut session = self.open().await?;
        if !self.folds_flyway_in() {
            // Flyway only: passes whatever is pending natively.
            self.flyway_migrate(console, &mut session).await?;
            return Ok(ExitCode::Ok);
        }
        let pending = self.pending_versions(&mut session).await?;
        if pending.is_empty() {
            console.info("All migrations are up to date.");
            Ok(ExitCode::Ok)
        } else {
            Err(CommandError::State(pending_text(&pending)))
        }
    }

    /// The versions that this installation would still migrate. Loading them may change the
    /// database, see [`Tool::load_migrations`].
    ///
    /// # Errors
    /// When files or the database cannot be read.
    pub async fn pending_versions(
        &self,
        session: &mut Session,
    ) -> Result<Vec<String>, CommandError> {
        let available = self.load_migrations(session).await?;
        let executed = history::executed_versions(session).await?;
        Ok(history::pending(&available, &executed, false)
            .iter()
            .map(|migration| migration.version.to_string())
            .collect())
    }

    pub async fn repair(&self, console: &mut Console) -> Result<ExitCode, CommandError> {
        let mut session = self.open().await?;
        if self.folds_flyway_in() {
            // There is no such column before 2.1: the original fails here as well.
            session
                .execute("DELETE FROM SERVER_CHANGE_LOG WHERE status = 'FAILED'")
                .await?;
        } else {
            let table = session.dialect().flyway_table();
            session
                .execute(&format!("DELETE FROM {table} WHERE success = FALSE"))
                .await?;
            console.info("Successfully repaired schema history table.");
        }
        Ok(ExitCode::Ok)
    }

    pub async fn check_connection(&self, console: &mut Console) -> Result<ExitCode, CommandError> {
        let mut session = self.open().await?;
        if self.folds_flyway_in() {
            for table in ["SERVER_CHANGE_LOG", "SERVER_MIGRATION_SQL_LOGS"] {
                let count = session
                    .value(&format!("SELECT count(*) FROM {table}"))
                    .await;
                if let Err(error) = count {
                    console.line(Level::Warn, &format!("Could not read {table}: {error}"));
                }
            }
        }
        Ok(ExitCode::Ok)
    }

    pub async fn changelog(&self, console: &mut Console) -> Result<ExitCode, CommandError> {
        let mut session = self.open().await?;
        self.print_change_log(console, &mut session).await?;
        Ok(ExitCode::Ok)
    }
}

const SUCCESS_CELL: &str = "Success";

/// What the server and `validate` say about pending versions.
pub fn pending_text(versions: &[String]) -> String {
    format!(
        "There are pending migrations to be run on the database: [{}]. Please backup your data \
         and run `./bootstrap/openmetadata-ops.sh migrate`. You can find more information on \
         upgrading OpenMetadata at https://docs.open-metadata.org/deployment/upgrade",
        versions.join(", ")
    )
}

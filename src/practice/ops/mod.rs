//! Stands in for `bootstrap/openmetadata-ops.sh`: parses its command line, runs one sub-command,
//! ends with 0, 1 or 2 as the original does.
//!
//! Configuration comes from `conf/openmetadata.yaml` and this process' environment, from nowhere
//! else. A TERM signal kills it without any cleaning up, like a JVM that runs SQL.

mod after;
mod command_line;
pub mod commands;
mod console;
mod data_step;
pub mod history;
#[cfg(test)]
mod story;
mod table;
mod workflow;

use std::path::PathBuf;

use clap::Args;
use semver::Version;

use self::command_line::{Command, USAGE, parse};
use self::commands::CommandError;
use self::console::Console;
use super::config::{Config, ConfigError};
use super::connection::{Session, SqlError};
use super::faults::{Faults, FaultsError};
use super::folder::{FolderError, InstallationError, PracticeFolder, installed_version};
use super::jdbc::{JdbcError, JdbcUrl};
use crate::exit_code::ExitCode;

#[derive(Debug, Args)]
pub struct OpsArguments {
    /// The installation.
    #[arg(long)]
    home: PathBuf,
    /// The tool's own words: `[-d] [-c FILE] <command> [options]`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// An installation with its configuration, ready to work on its database. The server uses it too.
pub struct Tool {
    pub home: PathBuf,
    pub version: Version,
    pub folder: PracticeFolder,
    pub faults: Faults,
    pub config: Config,
    pub url: JdbcUrl,
}

#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Installation(#[from] InstallationError),
    #[error(transparent)]
    Faults(#[from] FaultsError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Jdbc(#[from] JdbcError),
}

impl Tool {
    /// Reads everything about an installation.
    ///
    /// # Errors
    /// When the installation is not part of a practice deployment, or one of its files is wrong.
    pub fn of_home(home: &std::path::Path) -> Result<Self, ToolError> {
        let folder = PracticeFolder::holding(home)?;
        let config = Config::of_home(home)?;
        let url = JdbcUrl::parse(&config.database.url, config.socket_timeouts())?;
        Ok(Self {
            version: installed_version(home)?,
            faults: Faults::read(&folder)?,
            home: home.to_owned(),
            folder,
            config,
            url,
        })
    }

    /// Opens a session as the configuration says.
    ///
    /// # Errors
    /// The database's own error.
    pub async fn open(&self) -> Result<Session, SqlError> {
        let database = &self.config.database;
        Session::open(&self.url, &database.user, &database.password).await
    }

    /// Since 1.11 Flyway's history is folded into the native one.
    pub fn folds_flyway_in(&self) -> bool {
        self.version >= Version::new(1, 11, 0)
    }
}

/// Runs the tool.
///
/// # Errors
/// Only when this is no practice deployment or its own files are broken; what the original would
/// catch and log is printed as it prints it and becomes exit code 1.
pub async fn run(arguments: OpsArguments) -> Result<ExitCode, ToolError> {
    let command = match parse(&arguments.words) {
        Ok(command) => command,
        Err(message) => {
            eprintln!("{message}\n{USAGE}");
            return Ok(ExitCode::Usage);
        }
    };
    let tool = Tool::of_home(&arguments.home)?;
    let mut console = Console::open(&tool.home);
    let (outcome, failure) = match command {
        Command::Help => {
            console.info(USAGE);
            return Ok(ExitCode::Ok);
        }
        Command::Version => {
            console.info("OpenMetadataSetup 1.3");
            return Ok(ExitCode::Ok);
        }
        Command::Missing => {
            console.info(
                "Subcommand needed: 'info', 'validate', 'repair', 'check-connection', \
                 'changelog', 'migrate', 'reindex', 'deploy-pipelines'",
            );
            return Ok(ExitCode::Ok);
        }
        Command::Migrate { force } => (
            tool.migrate(&mut console, force).await,
            "Failed to db migration due to ",
        ),
        Command::Info => (tool.info(&mut console).await, "Failed due to "),
        Command::Validate => (
            tool.validate(&mut console).await,
            "Database migration validation failed due to ",
        ),
        Command::Repair => (
            tool.repair(&mut console).await,
            "Repair of CHANGE_LOG failed due to ",
        ),
        Command::CheckConnection => (
            tool.check_connection(&mut console).await,
            "Failed to check connection due to ",
        ),
        Command::Changelog => (
            tool.changelog(&mut console).await,
            "Failed to fetch db change log due to ",
        ),
        Command::Reindex => (
            tool.reindex(&mut console).await,
            "Failed to reindex due to ",
        ),
        Command::DeployPipelines => (
            tool.deploy_pipelines(&mut console).await,
            "Failed to deploy pipelines due to ",
        ),
    };
    Ok(match outcome {
        Ok(code) => code,
        Err(error) => {
            report(&mut console, failure, &error);
            ExitCode::Internal
        }
    })
}

fn report(console: &mut Console, failure: &str, error: &CommandError) {
    let exception = match error {
        CommandError::Sql(_) => format!("org.jdbi.v3.core.statement.StatementException: {error}"),
        CommandError::State(_) => format!("java.lang.IllegalStateException: {error}"),
        CommandError::Search(_) => error.to_string(),
        CommandError::Workflow(_) | CommandError::Files(_) => {
            format!("java.lang.RuntimeException: {error}")
        }
    };
    console.exception(
        failure,
        &exception,
        &[
            "org.openmetadata.service.util.OpenMetadataOperations.call(OpenMetadataOperations.java)",
            "picocli.CommandLine.executeUserObject(CommandLine.java:2041)",
            "org.openmetadata.service.util.OpenMetadataOperations.main(OpenMetadataOperations.java)",
        ],
    );
}

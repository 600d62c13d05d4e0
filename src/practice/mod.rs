//! The practice deployment: stands in for OpenMetadata's own programs, which no package registry
//! offers.
//!
//! It follows OpenMetadata's public source as read: same tables, same lines, same lies, real SQL.
//! It knows nothing of the rest of `omup`; the rest of `omup` drives it like any deployment.
//! Everything except `make` refuses to run outside a folder that `make` marked.

pub mod config;
pub mod connection;
pub mod dialect;
pub mod dump;
pub mod faults;
pub mod folder;
pub mod jdbc;
pub mod make;
pub mod migrations;
pub mod mysql_attributes;
pub mod mysql_session;
pub mod ops;
pub mod random;
pub mod server;
pub mod sort_memory;
pub mod sql_error;
pub mod starter;
pub mod statements;

use std::io::Write as _;

use clap::Subcommand;

use crate::exit_code::ExitCode;

#[derive(Debug, Subcommand)]
pub enum PracticeCommand {
    /// Make a practice deployment: database, two installations, start scripts.
    Make(make::arguments::MakeArguments),
    /// Stands in for bootstrap/openmetadata-ops.sh.
    #[command(disable_help_flag = true)]
    Ops(ops::OpsArguments),
    /// Stands in for the OpenMetadata server.
    Server(server::ServerArguments),
    /// Write a practice SQLite database to standard output as SQL.
    Dump(dump::DumpArguments),
    /// Read SQL from standard input into a new practice SQLite database.
    Load(dump::LoadArguments),
    /// Read a dump from standard input and fail if it is not whole.
    CheckDump,
}

/// Runs one hidden practice command.
///
/// # Errors
/// Whatever the part could not do, as a sentence for the operator. `ops` reports its own failures
/// as the real tool does and ends with 0, 1 or 2.
pub async fn run(command: PracticeCommand) -> color_eyre::Result<ExitCode> {
    match command {
        PracticeCommand::Make(arguments) => {
            let made = make::make(arguments.into_options()?).await?;
            writeln!(
                std::io::stdout(),
                "{}",
                serde_json::to_string_pretty(&made)?
            )?;
            Ok(ExitCode::Ok)
        }
        PracticeCommand::Ops(arguments) => Ok(ops::run(arguments).await?),
        PracticeCommand::Server(arguments) => Ok(server::run(arguments).await?),
        PracticeCommand::Dump(arguments) => {
            dump::dump(arguments).await?;
            Ok(ExitCode::Ok)
        }
        PracticeCommand::Load(arguments) => {
            dump::load(arguments).await?;
            Ok(ExitCode::Ok)
        }
        PracticeCommand::CheckDump => {
            dump::check_standard_input()?;
            Ok(ExitCode::Ok)
        }
    }
}

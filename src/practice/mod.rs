//! The practice deployment: stands in for OpenMetadata's own programs, which no package registry offers.

use clap::Subcommand;

use crate::exit_code::ExitCode;

#[derive(Debug, Subcommand)]
pub enum PracticeCommand {}

/// Runs one hidden practice command.
pub async fn run(command: PracticeCommand) -> color_eyre::Result<ExitCode> {
    match command {}
}

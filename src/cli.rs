//! The command line: what can be typed, and nothing about how it is done.

use clap::{Parser, Subcommand};

use crate::practice::PracticeCommand;

/// Upgrade OpenMetadata from one terminal, with a proven way back.
#[derive(Debug, Parser)]
#[command(name = "omup", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The parts of a practice deployment (they refuse to run outside one).
    #[command(subcommand, hide = true)]
    Practice(PracticeCommand),
}

//! The practice dump and load tools for SQLite: SQL text with a header and a trailer, like the
//! vendors' tools for the real databases.
//!
//! They know nothing of compression, hashing or storage; that is the backup pipeline's work.

mod load;
mod read;
#[cfg(test)]
mod story;
mod write;

use std::path::PathBuf;

use clap::Args;

pub use load::load;
pub use write::dump;

use super::faults::FaultsError;
use super::folder::FolderError;

/// The first line of every dump: tool and version.
pub const HEADER: &str = "-- omup practice dump 1.0";
/// The last line of every whole dump.
pub const TRAILER: &str = "-- practice dump complete";
/// What `--tool-version` prints.
pub const TOOL_VERSION: &str = "omup practice dump 1.0";

#[derive(Debug, Args)]
pub struct DumpArguments {
    /// The SQLite file.
    #[arg(long, required_unless_present = "tool_version")]
    database: Option<PathBuf>,
    /// Only the schema, no rows.
    #[arg(long)]
    schema_only: bool,
    /// Print the tool's version line and end.
    #[arg(long)]
    tool_version: bool,
}

#[derive(Debug, Args)]
pub struct LoadArguments {
    /// The SQLite file to make; it must not exist.
    #[arg(long, required_unless_present = "tool_version")]
    database: Option<PathBuf>,
    /// Read the dump from this file instead of standard input.
    #[arg(long)]
    from: Option<PathBuf>,
    /// Print the tool's version line and end.
    #[arg(long)]
    tool_version: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Faults(#[from] FaultsError),
    #[error("failed to open {path}: {reason}")]
    Open { path: PathBuf, reason: sqlx::Error },
    #[error("failed to read {place} of the database: {reason}")]
    Read { place: String, reason: sqlx::Error },
    #[error("failed to write the dump: {0}")]
    Write(std::io::Error),
    #[error("failed to read the dump: {0}")]
    Input(std::io::Error),
    #[error("refused to load into {0}: the file exists; a dump is only loaded into a new database")]
    Exists(PathBuf),
    #[error("refused the dump: its first line is not \"{HEADER}\"")]
    NoHeader,
    #[error("refused the dump: its last line is not \"{TRAILER}\", so it is not whole")]
    NoTrailer,
    #[error("failed to load statement {number} of the dump: {reason}")]
    Statement { number: usize, reason: sqlx::Error },
    #[error("failed to finish the new database: {0}")]
    Finish(sqlx::Error),
}

/// Reads a dump from standard input to its end and does nothing with it. Needs no practice folder:
/// it touches none.
///
/// # Errors
/// When the dump is not whole.
pub fn check_standard_input() -> Result<(), DumpError> {
    read::check(std::io::stdin().lock())
}

/// Quotes an SQL identifier.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

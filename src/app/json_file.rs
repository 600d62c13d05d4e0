//! omup's own JSON documents in a run's folder.

use super::error::{CommandError, Result};
use crate::exit_code::ExitCode;
use crate::process::private_file::write_atomically;

/// Reads one of our own JSON files of the run's folder; `None` where it does not exist.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &std::path::Path) -> Result<Option<T>> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(CommandError::new(
                ExitCode::StateFolder,
                format!("cannot read {}: {error}", path.display()),
            ));
        }
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        CommandError::new(
            ExitCode::StateFolder,
            format!("{} is damaged: {error}", path.display()),
        )
    })
}

pub fn write_json<T: serde::Serialize>(path: &std::path::Path, value: &T) -> Result<()> {
    let text = serde_json::to_vec_pretty(value).map_err(CommandError::from_cause(
        ExitCode::Internal,
        "write a document",
    ))?;
    write_atomically(path, &text).map_err(CommandError::from_cause(
        ExitCode::StateFolder,
        &format!("write {}", path.display()),
    ))
}

//! `omup verify DIR`: is this backup still what it was? Works without any server.

use std::path::Path;

use super::error::{CommandError, Result};
use super::out;
use crate::backup::{During, verify as verify_backup};
use crate::exit_code::ExitCode;

pub async fn verify(dir: &Path, json: bool) -> Result<ExitCode> {
    // A slip of the pen or missing rights say nothing about a backup.
    if let Err(error) = std::fs::read_dir(dir)
        && matches!(
            error.kind(),
            std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied
        )
    {
        return Err(CommandError::new(
            ExitCode::Usage,
            format!(
                "cannot look into {}: {error}; nothing is known of a backup there",
                dir.display()
            ),
        ));
    }
    match verify_backup(dir, None, &|_| {}).await {
        Ok(verified) => {
            if json {
                out::json(&serde_json::json!({
                    "schema_version": 1, "dir": dir, "good": true, "level": verified.level, "manifest_sha256": verified.manifest_sha256,
                }));
            } else {
                out::line(format!(
                    "{}: whole; it is {}",
                    dir.display(),
                    verified.level.words()
                ));
            }
            Ok(ExitCode::Ok)
        }
        Err(error) => {
            let exit = error.exit(During::Verify);
            if json {
                out::json(
                    &serde_json::json!({ "schema_version": 1, "dir": dir, "good": false, "why": error.to_string() }),
                );
            }
            Err(CommandError::new(exit, error.to_string()))
        }
    }
}

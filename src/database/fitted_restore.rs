//! A restore tool that does only what the restoring user may, and the list of what it leaves out.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::DatabaseError;
use crate::domain::clean_text::CleanText;
use crate::process::{ToolCommand, private_file};

/// Keep it until the tool has ended: the file that the tool reads goes with it.
#[derive(Debug)]
pub struct FittedRestore {
    pub tool: ToolCommand,
    /// Statements for someone with the rights, to be run in the restored database; comments (`--`)
    /// where only words are possible. Empty = nothing is left out.
    pub left_to_do: Vec<String>,
    /// Held for its end.
    pub(super) list: Option<ListFile>,
}

impl FittedRestore {
    /// Everything is restored.
    pub fn whole(tool: ToolCommand) -> Self {
        Self {
            tool,
            left_to_do: Vec::new(),
            list: None,
        }
    }

    /// The file that names what is restored, where not everything is.
    pub fn list(&self) -> Option<&Path> {
        self.list.as_ref().map(|list| list.path.as_path())
    }
}

/// A 0600 file for a tool; removed when dropped.
#[derive(Debug)]
pub(super) struct ListFile {
    path: PathBuf,
}

impl ListFile {
    /// Writes a new file.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(super) fn create(folder: &Path, text: &str) -> Result<Self, DatabaseError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("restore-list-{}-{number}", std::process::id()));
        let failed = |error: std::io::Error| {
            DatabaseError::Unexpected(CleanText::from(format!(
                "cannot write the list of what to restore, {}: {error}",
                path.display()
            )))
        };
        let mut file = private_file::create_new(&path).map_err(failed)?;
        let made = Self { path: path.clone() };
        file.write_all(text.as_bytes()).map_err(failed)?;
        Ok(made)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ListFile {
    fn drop(&mut self) {
        // Nobody is left to tell, and it holds nothing but names.
        let _ = std::fs::remove_file(&self.path);
    }
}

//! The lock on a practice database: `flock` on a file beside it, with the holder's words inside.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::file::unreachable;
use crate::database::{DatabaseError, Lock, Result};
use crate::domain::clean_text::CleanText;

/// A held lock; the system frees it when the file is closed.
pub struct SqliteLock {
    file: File,
    path: PathBuf,
}

impl SqliteLock {
    /// Takes the lock without waiting.
    pub fn take(database: &Path, note: &str) -> Result<Self> {
        let mut path = database.to_path_buf().into_os_string();
        path.push(".omup-lock");
        let path = PathBuf::from(path);
        let failed = |error: std::io::Error| unreachable(&path, &error.to_string());
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0).map_err(failed)?;
                file.rewind().map_err(failed)?;
                writeln!(file, "{note} (process {})", std::process::id()).map_err(failed)?;
                Ok(Self { file, path })
            }
            Err(TryLockError::WouldBlock) => {
                let mut words = String::new();
                // What cannot be read is still held.
                let _ = std::io::Read::take(&mut file, 400).read_to_string(&mut words);
                let holder = if words.trim().is_empty() {
                    "one that did not say who it is"
                } else {
                    words.trim()
                };
                Err(DatabaseError::Locked {
                    holder: CleanText::from(holder),
                })
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

#[async_trait]
impl Lock for SqliteLock {
    async fn held(&mut self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        // A lock on a file that was removed keeps nobody out.
        match (self.file.metadata(), std::fs::metadata(&self.path)) {
            (Ok(held), Ok(there)) => held.ino() == there.ino() && held.dev() == there.dev(),
            (Err(_), _) | (_, Err(_)) => false,
        }
    }

    async fn release(self: Box<Self>) {
        // Closing frees it as well; the file stays, since removing it would race with the next taker.
        let _ = self.file.unlock();
    }
}

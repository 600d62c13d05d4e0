//! Making and removing practice databases, which are files.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::Sqlite;
use super::file::{open, unreachable};
use super::lock::SqliteLock;
use super::{processes, tools};
use crate::database::{Admin, Database, DatabaseError, Lock, Result, is_ours};
use crate::domain::backup::DatabaseShape;
use crate::domain::clean_text::CleanText;
use crate::domain::lock_holder::LockHolder;
use crate::process::ToolCommand;

#[async_trait]
impl Admin for Sqlite {
    fn looking(&self) -> &dyn Database {
        self
    }

    /// An empty file, which SQLite takes for an empty database.
    async fn create(&self, database: &str, _shape: &DatabaseShape) -> Result<()> {
        let file = self.folder.file(database)?;
        match std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&file)
        {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(DatabaseError::Statement {
                    doing: format!("creating the database {database}"),
                    reason: "it exists already".into(),
                })
            }
            Err(error) => Err(unreachable(&file, &error.to_string())),
        }
    }

    async fn finish_shape(&self, _database: &str, _shape: &DatabaseShape) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    async fn drop_ours(&self, database: &str) -> Result<()> {
        if !is_ours(database) || database == self.name {
            return Err(DatabaseError::Unexpected(CleanText::from(format!(
                "'{database}' is no spare database that omup made; it is not dropped"
            ))));
        }
        let file = self.folder.file(database)?;
        for suffix in ["-wal", "-shm", "-journal", ".omup-lock", ""] {
            let mut path = file.clone().into_os_string();
            path.push(suffix);
            let path = PathBuf::from(path);
            match std::fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(unreachable(&path, &error.to_string())),
            }
        }
        Ok(())
    }

    async fn rename_ours(&self, database: &str, name: &str) -> Result<()> {
        if !is_ours(database) || database == self.name {
            return Err(DatabaseError::Unexpected(CleanText::from(format!(
                "'{database}' is no spare database that omup made; it is not renamed"
            ))));
        }
        let (old, new) = (self.folder.file(database)?, self.folder.file(name)?);
        if new.exists() {
            return Err(DatabaseError::Statement {
                doing: format!("renaming the database {database}"),
                reason: format!("'{name}' exists already").into(),
            });
        }
        // What stands in the log beside the file belongs into it before it moves.
        let mut session = open(&old, false).await?;
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&mut session)
            .await
            .map_err(|error| unreachable(&old, &error.to_string()))?;
        sqlx::Connection::close(session)
            .await
            .map_err(|error| unreachable(&old, &error.to_string()))?;
        std::fs::rename(&old, &new).map_err(|error| unreachable(&old, &error.to_string()))?;
        Ok(())
    }

    fn restore_tool(&self, database: &str, archive: &Path, _jobs: u32) -> ToolCommand {
        // A name that cannot be a file's leads to a file that cannot be made, and the tool says so.
        let file = self
            .folder
            .file(database)
            .unwrap_or_else(|_| self.folder.0.join(""));
        tools::load(&file, archive)
    }

    async fn standing_sort_memory(&self) -> Result<Option<String>> {
        Ok(None)
    }

    async fn set_standing_sort_memory(&self, _value: Option<&str>) -> Result<()> {
        Err(DatabaseError::Unexpected(
            "a practice database has no sort memory that could be set".into(),
        ))
    }

    async fn lock(&self, note: &str) -> Result<Box<dyn Lock>> {
        Ok(Box::new(SqliteLock::take(&self.path()?, note)?))
    }

    /// Its lock holders are never listed: it locks the whole file.
    async fn end_lock_holder(&self, _: &LockHolder) -> Result<bool> {
        Ok(false)
    }

    /// Ends the processes politely (`SIGTERM`), those only that still hold the file.
    async fn end_sessions(&self, pids: &[i64]) -> Result<()> {
        let holding = processes::holding(&self.path()?);
        for session in holding.iter().filter(|session| pids.contains(&session.pid)) {
            let pid = i32::try_from(session.pid)
                .ok()
                .and_then(rustix::process::Pid::from_raw);
            if let Some(pid) = pid {
                rustix::process::kill_process(pid, rustix::process::Signal::TERM).map_err(
                    |error| DatabaseError::Statement {
                        doing: format!("ending process {}", session.pid),
                        reason: error.to_string().into(),
                    },
                )?;
            }
        }
        Ok(())
    }
}

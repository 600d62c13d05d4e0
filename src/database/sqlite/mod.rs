//! The practice database: SQLite files behind the same traits as the real engine. It is here for
//! practice and for tests; OpenMetadata itself never runs on it.

mod admin;
mod facts;
mod file;
mod ground;
mod history;
mod lock;
mod processes;
mod snapshot;
mod sort_memory;
mod tools;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::sqlite::SqliteConnection;

use self::file::{Folder, open};
use super::{Database, Result, Snapshot, Target, params};
use crate::domain::backup::DatabaseShape;
use crate::domain::instance::RowsFound;
use crate::domain::lock_holder::LockHolder;
use crate::domain::migration::History;
use crate::domain::names::{Engine, Identity};
use crate::domain::row_question::{Patience, RowQuestion};
use crate::domain::sql_ground::{SqlGround, SqlQuestion};
use crate::domain::survey::{DatabaseFacts, Session};
use crate::process::ToolCommand;

/// A handle on one file. Sessions are opened for each call: they cost nothing here, and a file that
/// was replaced is noticed.
#[derive(Debug)]
pub struct Sqlite {
    folder: Folder,
    name: String,
}

impl Sqlite {
    /// A handle on a file that exists and is a database.
    ///
    /// # Errors
    /// Unreachable, no such database.
    pub async fn connect(target: Target) -> Result<Self> {
        let sqlite = Self::administer(target)?;
        sqlite.open().await?;
        Ok(sqlite)
    }

    /// A handle on a folder that exists.
    ///
    /// # Errors
    /// Unreachable.
    pub fn administer(target: Target) -> Result<Self> {
        let folder = PathBuf::from(&target.facts.host);
        if !folder.is_dir() {
            return Err(file::unreachable(&folder, "there is no such folder"));
        }
        let sqlite = Self {
            folder: Folder(folder),
            name: target.facts.database,
        };
        sqlite.path()?;
        Ok(sqlite)
    }

    fn path(&self) -> Result<PathBuf> {
        self.folder.file(&self.name)
    }

    async fn open(&self) -> Result<SqliteConnection> {
        open(&self.path()?, true).await
    }
}

/// Unix time of this machine in ms: the file has no clock of its own.
fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[async_trait]
impl Database for Sqlite {
    fn restore_by_hand(
        &self,
        stored: &std::path::Path,
        database: &str,
        _shape: &DatabaseShape,
    ) -> Vec<String> {
        tools::load_by_hand(stored, &self.folder.0.join(format!("{database}.db")))
    }

    fn engine(&self) -> Engine {
        Engine::Sqlite
    }

    fn name(&self) -> &str {
        &self.name
    }

    async fn identity(&self) -> Result<Identity> {
        facts::identity(self).await
    }

    async fn facts(&self) -> Result<DatabaseFacts> {
        facts::facts(self).await
    }

    async fn history(&self) -> Result<History> {
        history::history(&mut self.open().await?).await
    }

    async fn sql_ground(&self, question: &SqlQuestion) -> Result<SqlGround> {
        ground::of(self, question).await
    }

    async fn recorded_statements(&self) -> Result<BTreeMap<String, u64>> {
        history::recorded_statements(&mut self.open().await?).await
    }

    async fn sessions(&self) -> Result<Vec<Session>> {
        Ok(processes::holding(&self.path()?))
    }

    async fn lock_holders(&self) -> Result<Vec<LockHolder>> {
        // SQLite has one lock for the whole file and nobody keeps it: a busy file is an error in time.
        Ok(Vec::new())
    }

    async fn estimated_rows(&self) -> Result<BTreeMap<String, u64>> {
        facts::counts(&mut self.open().await?, |_| true).await
    }

    async fn entity_counts(&self) -> Result<BTreeMap<String, u64>> {
        facts::counts(&mut self.open().await?, facts::is_entity).await
    }

    async fn orphans(&self) -> Result<BTreeMap<String, u64>> {
        facts::orphans(self).await
    }

    async fn rows_matching(&self, question: &RowQuestion, _: Patience) -> Result<RowsFound> {
        facts::rows_matching(self, question).await
    }

    async fn writes_since(&self, epoch_ms: i64) -> Result<u64> {
        facts::writes_since(&mut self.open().await?, epoch_ms).await
    }

    async fn rows_written(&self) -> Option<u64> {
        // The file holds no such number. Who has it open for writing is seen as a session.
        None
    }

    async fn now_ms(&self) -> Result<i64> {
        Ok(now_ms())
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        let view = snapshot::SqliteSnapshot::take(&self.path()?).await?;
        Ok(Box::new(view))
    }

    fn dump_tool(&self, snapshot: &str) -> ToolCommand {
        tools::dump(snapshot)
    }

    fn check_tool(&self) -> Option<ToolCommand> {
        Some(tools::check())
    }

    fn list_tool(&self) -> Option<ToolCommand> {
        None
    }

    fn tables_in_archive(&self, listing: &str) -> Vec<String> {
        tools::tables_in_dump(listing)
    }

    fn version_tool(&self) -> ToolCommand {
        tools::version()
    }

    fn restore_version_tool(&self) -> Option<ToolCommand> {
        None
    }

    fn archive_name(&self) -> &'static str {
        "database.sql"
    }

    fn archive_share(&self) -> f64 {
        1.0
    }

    fn trailer(&self) -> Option<&'static str> {
        Some(tools::TRAILER)
    }

    async fn sibling(&self, database: &str) -> Result<Arc<dyn Database>> {
        let sibling = Self {
            folder: self.folder.clone(),
            name: database.to_string(),
        };
        sibling.open().await?;
        Ok(Arc::new(sibling))
    }

    async fn exists(&self, database: &str) -> Result<bool> {
        Ok(self.folder.file(database)?.exists())
    }

    async fn databases(&self) -> Result<Vec<String>> {
        self.folder.databases()
    }

    async fn sort_memory_with(&self, params: Option<&str>) -> Result<Option<u64>> {
        Ok(sort_memory::with(&self.folder.0, params))
    }

    fn migration_params(
        &self,
        params: &str,
        application: &str,
        sort_memory: Option<u64>,
    ) -> String {
        let name = ("ApplicationName", application.to_string());
        let set: Vec<_> = sort_memory
            .map(|bytes| params::sort_memory(params, bytes))
            .into_iter()
            .chain([name])
            .collect();
        params::with(params, &set)
    }
}

//! MySQL behind the traits of `database`. Each file has one subject; this one ties them together.

mod activity;
mod admin;
mod connect;
mod digest;
mod errors;
mod facts;
mod grants;
mod ground;
mod history;
mod holders;
mod lock;
mod matching;
mod normal;
mod objects;
mod option_file;
mod purpose;
mod read_lock;
mod reader;
mod rights;
mod rows;
mod scan;
mod session;
mod settings;
mod shape;
mod show_grants;
mod snapshot;
mod tools;
mod unfinished;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use self::connect::{Connector, Opened};
use self::purpose::Purpose;
use self::reader::Reader;
use self::rows::{TextRow, first, number};
use self::session::Sessions;
use self::tools::Tools;
use super::password_file::PasswordFile;
use super::{ArchiveScan, Database, Result, Snapshot, Target};
use crate::domain::backup::DatabaseShape;
use crate::domain::instance::RowsFound;
use crate::domain::lock_holder::LockHolder;
use crate::domain::migration::History;
use crate::domain::names::{Engine, Identity};
use crate::domain::row_question::{Patience, RowQuestion};
use crate::domain::sql_ground::{SqlGround, SqlQuestion};
use crate::domain::survey::{DatabaseFacts, Session};
use crate::process::ToolCommand;

/// How long a changing statement is waited for: dropping a large database takes minutes, a line that is dead for ever.
const ACT: std::time::Duration = std::time::Duration::from_secs(600);

/// A handle on one database of one server. Its option file lives as long as it does, so whoever
/// runs one of its tools keeps the handle until the tool has ended.
#[derive(Debug)]
pub struct Mysql {
    connector: Arc<Connector>,
    option_file: PasswordFile,
    looking: Sessions,
    counting: Sessions,
}

impl Mysql {
    /// A handle that has connected once.
    ///
    /// # Errors
    /// Unreachable, refused, no such database, not a MySQL that OpenMetadata supports.
    pub async fn connect(target: Target) -> Result<Self> {
        let mysql = Self::new(target)?;
        mysql.look("saying hello", "SELECT 1".to_string()).await?;
        Ok(mysql)
    }

    /// A handle whose server let us in; its own database may not exist yet.
    ///
    /// # Errors
    /// Unreachable, refused, not a MySQL that OpenMetadata supports.
    pub async fn administer(target: Target) -> Result<Self> {
        let mysql = Self::new(target)?;
        mysql.act("saying hello", "SELECT 1".to_string()).await?;
        Ok(mysql)
    }

    fn new(target: Target) -> Result<Self> {
        let folder = target.private_folder.clone();
        let connector = Connector::new(target);
        Ok(Self {
            option_file: tools::option_file(&connector, &folder)?,
            connector: Arc::new(connector),
            looking: Sessions::new(Purpose::Look),
            counting: Sessions::new(Purpose::Count),
        })
    }

    /// Runs a quick read-only query.
    async fn look(&self, doing: &str, sql: String) -> Result<Vec<TextRow>> {
        self.looking.ask(&self.connector, doing, sql).await
    }

    /// Runs a read-only query that may read whole tables.
    async fn count(&self, doing: &str, sql: String) -> Result<Vec<TextRow>> {
        self.counting.ask(&self.connector, doing, sql).await
    }

    /// Runs one changing statement in a session of its own that is in no database; [`ACT`] at the most.
    async fn act(&self, doing: &str, sql: String) -> Result<Vec<TextRow>> {
        let mut opened = self.connector.open(None, Purpose::Act).await?;
        let asked = tokio::time::timeout(ACT, self.on(&mut opened, doing, sql));
        let Ok(answer) = asked.await else {
            return Err(super::DatabaseError::Lost {
                doing: doing.to_string(),
                reason: format!("no answer in {} s", ACT.as_secs()).into(),
            });
        };
        let _ = sqlx::Connection::close(opened.session).await;
        answer
    }

    async fn on(&self, opened: &mut Opened, doing: &str, sql: String) -> Result<Vec<TextRow>> {
        self.connector.ask(&mut opened.session, doing, sql).await
    }

    fn reader(&self) -> Reader<'_> {
        Reader::Kept(self)
    }

    fn tools(&self) -> Tools<'_> {
        Tools {
            connector: &self.connector,
            option_file: &self.option_file,
        }
    }
}

#[async_trait]
impl Database for Mysql {
    fn engine(&self) -> Engine {
        Engine::Mysql
    }

    fn name(&self) -> &str {
        &self.connector.target.facts.database
    }

    async fn identity(&self) -> Result<Identity> {
        facts::identity(self).await
    }

    async fn facts(&self) -> Result<DatabaseFacts> {
        facts::facts(self).await
    }

    async fn history(&self) -> Result<History> {
        history::history(self).await
    }

    async fn sql_ground(&self, question: &SqlQuestion) -> Result<SqlGround> {
        ground::of(self, question).await
    }

    async fn recorded_statements(&self) -> Result<BTreeMap<String, u64>> {
        history::recorded_statements(self).await
    }

    async fn sessions(&self) -> Result<Vec<Session>> {
        activity::sessions(self).await
    }

    async fn lock_holders(&self) -> Result<Vec<LockHolder>> {
        holders::lock_holders(self).await
    }

    async fn estimated_rows(&self) -> Result<BTreeMap<String, u64>> {
        activity::estimated_rows(self).await
    }

    async fn entity_counts(&self) -> Result<BTreeMap<String, u64>> {
        activity::entity_counts(self).await
    }

    async fn orphans(&self) -> Result<BTreeMap<String, u64>> {
        matching::orphans(self).await
    }

    async fn rows_matching(&self, question: &RowQuestion, patience: Patience) -> Result<RowsFound> {
        matching::rows(self, question, patience).await
    }

    async fn writes_since(&self, epoch_ms: i64) -> Result<u64> {
        activity::writes_since(self, epoch_ms).await
    }

    async fn rows_written(&self) -> Option<u64> {
        activity::rows_written(self).await
    }

    async fn now_ms(&self) -> Result<i64> {
        let sql = "SELECT FLOOR(UNIX_TIMESTAMP(NOW(3)) * 1000)";
        let found = self
            .look("reading the server's clock", sql.to_string())
            .await?;
        number(&first(found)?, 0)
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        let view = snapshot::MysqlSnapshot::take(self.connector.clone()).await?;
        Ok(Box::new(view))
    }

    async fn locked_snapshot(&self) -> Result<Box<dyn Snapshot>> {
        let view = snapshot::MysqlSnapshot::take_locked(self.connector.clone()).await?;
        Ok(Box::new(view))
    }

    fn dump_tool(&self, _snapshot: &str) -> ToolCommand {
        self.tools().dump()
    }

    fn check_tool(&self) -> Option<ToolCommand> {
        None
    }

    fn scan(&self) -> Option<Box<dyn ArchiveScan>> {
        Some(Box::new(scan::DumpScan::default()))
    }

    fn list_tool(&self) -> Option<ToolCommand> {
        None
    }

    fn tables_in_archive(&self, _listing: &str) -> Vec<String> {
        Vec::new()
    }

    fn version_tool(&self) -> ToolCommand {
        tools::version()
    }

    fn restore_version_tool(&self) -> Option<ToolCommand> {
        Some(tools::client_version())
    }

    fn archive_name(&self) -> &'static str {
        "database.sql"
    }

    fn archive_share(&self) -> f64 {
        // InnoDB's pages are half empty at worst; text, escaped, is longer than what it stands for.
        1.2
    }

    fn trailer(&self) -> Option<&'static str> {
        // The scan looks for it, and tells it from the same words within a routine.
        None
    }

    async fn sibling(&self, database: &str) -> Result<Arc<dyn Database>> {
        let mut target = self.connector.target.clone();
        target.facts.database = database.to_string();
        Ok(Arc::new(Self::connect(target).await?))
    }

    async fn exists(&self, database: &str) -> Result<bool> {
        admin::exists(self, database).await
    }

    async fn databases(&self) -> Result<Vec<String>> {
        admin::databases(self).await
    }

    async fn sort_memory_with(&self, params: Option<&str>) -> Result<Option<u64>> {
        settings::sort_memory_with(self, params).await
    }

    fn restore_by_hand(
        &self,
        stored: &std::path::Path,
        database: &str,
        shape: &DatabaseShape,
    ) -> Vec<String> {
        self.tools().restore_by_hand(stored, database, shape)
    }

    fn migration_params(
        &self,
        params: &str,
        application: &str,
        sort_memory: Option<u64>,
    ) -> String {
        settings::migration_params(params, application, sort_memory)
    }
}

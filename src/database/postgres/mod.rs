//! PostgreSQL behind the traits of `database`. Each file has one subject; this one ties them together.

mod activity;
mod admin;
mod archive;
mod connect;
mod digest;
mod errors;
mod facts;
mod fitted;
mod grants;
mod ground;
mod history;
mod holders;
mod lock;
mod matching;
mod names;
mod objects;
mod purpose;
mod reader;
mod rights;
mod rows;
mod schema_text;
mod session;
mod settings;
mod shape;
mod snapshot;
mod tools;
mod user_objects;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::postgres::PgConnection;

use self::connect::Connector;
use self::purpose::Purpose;
use self::reader::Reader;
use self::rows::{TextRow, first, number};
use self::session::Sessions;
use self::tools::Tools;
use super::password_file::{self, PasswordFile};
use super::{Database, DatabaseError, Result, Snapshot, Target};
use crate::domain::backup::DatabaseShape;
use crate::domain::instance::RowsFound;
use crate::domain::lock_holder::LockHolder;
use crate::domain::migration::History;
use crate::domain::names::{Engine, Identity};
use crate::domain::row_question::{Patience, RowQuestion};
use crate::domain::sql_ground::{SqlGround, SqlQuestion};
use crate::domain::survey::{DatabaseFacts, Session};
use crate::process::ToolCommand;

/// How long one changing statement (CREATE, DROP or ALTER DATABASE, a setting) may take.
const ACT: std::time::Duration = std::time::Duration::from_secs(600);

/// Databases from which administration is done, in this order.
const MAINTENANCE: [&str; 2] = ["postgres", "template1"];

/// A handle on one database of one server. Its password file lives as long as it does, so whoever
/// runs one of its tools keeps the handle until the tool has ended.
#[derive(Debug)]
pub struct Postgres {
    connector: Arc<Connector>,
    password_file: Option<PasswordFile>,
    looking: Sessions,
    counting: Sessions,
}

impl Postgres {
    /// A handle that has connected once.
    ///
    /// # Errors
    /// Unreachable, refused, no such database.
    pub async fn connect(target: Target) -> Result<Self> {
        let postgres = Self::new(target)?;
        postgres
            .look("saying hello", "SELECT 1".to_string())
            .await?;
        Ok(postgres)
    }

    /// A handle whose server let us into the maintenance database; its own database may not exist yet.
    ///
    /// # Errors
    /// Unreachable, refused.
    pub async fn administer(target: Target) -> Result<Self> {
        let postgres = Self::new(target)?;
        postgres
            .maintain("saying hello", "SELECT 1".to_string())
            .await?;
        Ok(postgres)
    }

    fn new(target: Target) -> Result<Self> {
        let password_file = match &target.password {
            Some(password) if password_file::fits(password) => {
                Some(PasswordFile::create(&target.private_folder, password)?)
            }
            Some(_) | None => None,
        };
        Ok(Self {
            connector: Arc::new(Connector { target }),
            password_file,
            looking: Sessions::new(Purpose::Look),
            counting: Sessions::new(Purpose::Count),
        })
    }

    /// Runs a quick read-only query.
    async fn look(&self, doing: &str, sql: String) -> Result<Vec<TextRow>> {
        let database = &self.connector.target.facts.database;
        self.looking
            .ask(&self.connector, database, doing, sql)
            .await
    }

    /// Runs a read-only query that may read whole tables.
    async fn count(&self, doing: &str, sql: String) -> Result<Vec<TextRow>> {
        let database = &self.connector.target.facts.database;
        self.counting
            .ask(&self.connector, database, doing, sql)
            .await
    }

    /// Runs one changing statement in the database, in a session of its own.
    async fn act(&self, doing: &str, sql: String) -> Result<Vec<TextRow>> {
        let database = &self.connector.target.facts.database;
        let mut session = self.connector.open(database, Purpose::Act).await?;
        let answer = self.on(&mut session, doing, sql).await;
        let _ = sqlx::Connection::close(session).await;
        answer
    }

    /// Runs one statement in the maintenance database, in a session of its own.
    async fn maintain(&self, doing: &str, sql: String) -> Result<Vec<TextRow>> {
        let mut session = self.maintenance_session().await?;
        let answer = self.on(&mut session, doing, sql).await;
        let _ = sqlx::Connection::close(session).await;
        answer
    }

    async fn maintenance_session(&self) -> Result<PgConnection> {
        Ok(self.maintenance().await?.1)
    }

    /// The maintenance database and a session in it.
    async fn maintenance(&self) -> Result<(&'static str, PgConnection)> {
        let mut refused = None;
        for name in MAINTENANCE {
            match self.connector.open(name, Purpose::Act).await {
                Ok(session) => return Ok((name, session)),
                Err(error @ DatabaseError::Unreachable { .. }) => return Err(error),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(refused.unwrap_or_else(|| {
            DatabaseError::Unexpected("the server has no maintenance database".into())
        }))
    }

    async fn on(
        &self,
        session: &mut PgConnection,
        doing: &str,
        sql: String,
    ) -> Result<Vec<TextRow>> {
        // A connection that died without a word would be waited for for ever.
        match tokio::time::timeout(ACT, rows::rows(session, sql)).await {
            Ok(answer) => answer.map_err(|error| errors::running(&self.connector, doing, error)),
            Err(_) => Err(DatabaseError::Lost {
                doing: doing.to_string(),
                reason: format!("no answer within {} s", ACT.as_secs()).into(),
            }),
        }
    }

    fn reader(&self) -> Reader<'_> {
        Reader::Kept(self)
    }

    fn tools(&self) -> Tools<'_> {
        Tools {
            connector: &self.connector,
            password_file: self.password_file.as_ref(),
        }
    }
}

#[async_trait]
impl Database for Postgres {
    fn restore_by_hand(
        &self,
        stored: &std::path::Path,
        database: &str,
        shape: &DatabaseShape,
    ) -> Vec<String> {
        self.tools().restore_by_hand(stored, database, shape)
    }

    fn engine(&self) -> Engine {
        Engine::Postgres
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
        let sql = "SELECT pg_catalog.floor(EXTRACT(epoch FROM pg_catalog.clock_timestamp()) * 1000)::pg_catalog.int8";
        let found = self
            .look("reading the server's clock", sql.to_string())
            .await?;
        number(&first(found)?, 0)
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        let view = snapshot::PostgresSnapshot::take(self.connector.clone()).await?;
        Ok(Box::new(view))
    }

    fn dump_tool(&self, snapshot: &str) -> ToolCommand {
        self.tools().dump(snapshot)
    }

    fn check_tool(&self) -> Option<ToolCommand> {
        Some(tools::check())
    }

    fn list_tool(&self) -> Option<ToolCommand> {
        Some(tools::list())
    }

    fn tables_in_archive(&self, listing: &str) -> Vec<String> {
        archive::tables(listing)
    }

    fn version_tool(&self) -> ToolCommand {
        tools::version()
    }

    fn restore_version_tool(&self) -> Option<ToolCommand> {
        Some(tools::restore_version())
    }

    fn archive_name(&self) -> &'static str {
        "database.pgdump"
    }

    fn archive_share(&self) -> f64 {
        // 0.92 was seen with one OpenMetadata-like database, 1.15 with the practice data: an estimate
        // of the room that is needed keeps to the larger side.
        1.2
    }

    fn trailer(&self) -> Option<&'static str> {
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

    fn migration_params(
        &self,
        params: &str,
        application: &str,
        sort_memory: Option<u64>,
    ) -> String {
        settings::migration_params(params, application, sort_memory)
    }
}

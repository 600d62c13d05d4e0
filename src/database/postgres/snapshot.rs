//! One consistent view: a REPEATABLE READ transaction on its own connection, exported so that
//! `pg_dump` shares it, and read to the end for the digests.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use std::sync::Arc;

use super::connect::Connector;
use super::purpose::Purpose;
use super::reader::Reader;
use super::rows::{first, maybe, number, rows, text};
use super::{digest, errors, grants, objects, schema_text, shape};
use crate::database::{Progress, Result, Snapshot};
use crate::domain::backup::DatabaseShape;
use crate::domain::content::{Content, moved};

/// A held view. Dropping it closes the connection, which ends the transaction.
pub struct PostgresSnapshot {
    connector: Arc<Connector>,
    session: PgConnection,
    backend: i64,
    id: String,
    position: Option<String>,
    taken_ms: i64,
    major: u32,
    /// As of the view: a dump that shares it reads them later.
    sequences: BTreeMap<String, String>,
}

impl PostgresSnapshot {
    /// Opens the view.
    ///
    /// # Errors
    /// When the server cannot be reached or exports no snapshot.
    pub async fn take(connector: Arc<Connector>) -> Result<Self> {
        let database = connector.target.facts.database.clone();
        let mut session = connector.open(&database, Purpose::Content).await?;
        let doing = "taking a snapshot";
        let failed = |error| errors::running(&connector, doing, error);
        let ask = |sql: &str| sql.to_string();
        rows(
            &mut session,
            ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        )
        .await
        .map_err(failed)?;
        let row = first(
            rows(
                &mut session,
                ask("SELECT pg_catalog.pg_export_snapshot(), pg_catalog.pg_backend_pid(), \
                     pg_catalog.floor(EXTRACT(epoch FROM pg_catalog.transaction_timestamp()) * 1000)::pg_catalog.int8, \
                     pg_catalog.current_setting('server_version_num')::int / 10000"),
            )
            .await
            .map_err(failed)?,
        )?;
        // Some providers keep these functions for themselves; the position is told, never needed.
        rows(&mut session, ask("SAVEPOINT position"))
            .await
            .map_err(failed)?;
        let position = rows(
            &mut session,
            ask("SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() \
                 ELSE pg_catalog.pg_current_wal_lsn() END"),
        )
        .await
        .ok()
        .and_then(|rows| rows.first().and_then(|row| maybe(row, 0)).map(str::to_string));
        rows(&mut session, ask("ROLLBACK TO SAVEPOINT position"))
            .await
            .map_err(failed)?;
        let mut view = Self {
            id: text(&row, 0).to_string(),
            backend: number(&row, 1)?,
            taken_ms: number(&row, 2)?,
            major: number(&row, 3)?,
            position,
            session,
            connector: connector.clone(),
            sequences: BTreeMap::new(),
        };
        view.sequences = objects::sequences(&mut view.reader()).await?;
        Ok(view)
    }

    fn reader(&mut self) -> Reader<'_> {
        Reader::Snapshot {
            connector: &self.connector,
            session: &mut self.session,
            backend: self.backend,
        }
    }
}

#[async_trait]
impl Snapshot for PostgresSnapshot {
    fn id(&self) -> &str {
        &self.id
    }

    fn position(&self) -> Option<String> {
        self.position.clone()
    }

    fn taken_ms(&self) -> i64 {
        self.taken_ms
    }

    async fn tables(&mut self) -> Result<Vec<String>> {
        digest::dumped_tables(&mut self.reader()).await
    }

    async fn content(&mut self, step: &Progress<'_>) -> Result<Content> {
        let method = digest::method(self.major)?;
        let first = self.sequences.clone();
        let mut reader = self.reader();
        let last = objects::sequences(&mut reader).await?;
        let (schema_sha256, schema_parts) = schema_text::sha256(&mut reader).await?;
        Ok(Content {
            method,
            objects: objects::objects(&mut reader).await?,
            schema_sha256,
            schema_parts,
            grants: grants::grants(&mut reader).await?,
            tables: digest::tables(&mut reader, method, step).await?,
            later: BTreeMap::new(),
            sequences: moved(&first, last),
        })
    }

    async fn shape(&mut self) -> Result<DatabaseShape> {
        let database = self.connector.target.facts.database.clone();
        shape::read(&mut self.reader(), &database).await
    }

    async fn close(self: Box<Self>) -> Result<()> {
        self.session
            .close()
            .await
            .map_err(|error| errors::running(&self.connector, "closing the snapshot", error))
    }
}

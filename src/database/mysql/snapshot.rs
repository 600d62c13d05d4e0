//! Consistent views around the moment at which a dump begins.
//!
//! `mysqldump --single-transaction` opens a view of its own, which nobody can share without stopping
//! every writer for a moment. So there are two of ours: one opened before the dump starts and one as
//! soon as its first bytes show that its own is open. A table whose digests are equal in both was
//! dumped in that very state; one that was written in between is named, with both digests. By choice a
//! short read lock stands around both: then nothing is written in between, and one view is enough.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use sqlx::Connection as _;

use super::connect::{Connector, Opened};
use super::purpose::Purpose;
use super::read_lock::ReadLock;
use super::reader::Reader;
use super::rows::{TextRow, first, number, text};
use super::{digest, errors, grants, objects, shape};
use crate::database::{DatabaseError, Progress, Result, Snapshot};
use crate::domain::backup::{DatabaseShape, ReadLocked};
use crate::domain::clean_text::CleanText;
use crate::domain::content::{Content, DigestMethod, moved};

/// The held views. Dropping it closes the connections, which ends the transactions.
pub struct MysqlSnapshot {
    connector: Arc<Connector>,
    before: View,
    /// Opened when the dump had begun.
    after: Option<View>,
    lock: Option<ReadLock>,
    locked: Option<ReadLocked>,
    /// As of the first view: AUTO_INCREMENT stands outside of views, the dump reads it later.
    counters: BTreeMap<String, String>,
    /// As they were before the dump: no view shows definitions as of its own moment.
    definitions: BTreeMap<String, String>,
}

struct View {
    opened: Opened,
    position: Option<String>,
    taken_ms: i64,
}

impl View {
    async fn open(connector: &Connector) -> Result<Self> {
        let database = &connector.target.facts.database;
        let mut opened = connector.open(Some(database), Purpose::Content).await?;
        let doing = "taking a snapshot";
        let session = &mut opened.session;
        let sql = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
        connector.ask(session, doing, sql.to_string()).await?;
        let clock = "SELECT FLOOR(UNIX_TIMESTAMP(NOW(3)) * 1000)";
        let row = first(connector.ask(session, doing, clock.to_string()).await?)?;
        // 8.2 renamed it, 8.4 no longer knows the old name. It is told, never needed: it asks for
        // REPLICATION CLIENT and a binary log.
        let mut position = None;
        for sql in ["SHOW BINARY LOG STATUS", "SHOW MASTER STATUS"] {
            if position.is_none() {
                let found = super::rows::rows(session, sql.to_string()).await;
                position = found.ok().and_then(|rows| rows.first().map(words));
            }
        }
        Ok(Self {
            taken_ms: number(&row, 0)?,
            position,
            opened,
        })
    }
}

/// A definition that changed while the dump ran may stand in it as it was or as it is.
fn same_schema(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Result<()> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed: Vec<&str> = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(String::as_str)
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let more = changed.len().saturating_sub(5);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Err(DatabaseError::Unexpected(CleanText::from(format!(
        "the schema was changed while the dump ran ({}{more}): the dump may hold it as it was or as it is. Find out who changes it, and take the backup again",
        changed[..changed.len().min(5)].join(", ")
    ))))
}

/// `binlog.000002:157`, and the executed GTIDs where there are any.
fn words(row: &TextRow) -> String {
    let place = format!("{}:{}", text(row, 0), text(row, 1));
    match text(row, 4) {
        "" => place,
        gtids => format!("{place} gtid {}", gtids.replace('\n', "")),
    }
}

impl MysqlSnapshot {
    /// Opens the first view.
    ///
    /// # Errors
    /// When the server cannot be reached or lets us open none.
    pub async fn take(connector: Arc<Connector>) -> Result<Self> {
        Self::take_under(connector, None, None).await
    }

    /// Opens it under a read lock that is held until the dump has begun; without one where it cannot be
    /// had, which [`Snapshot::read_locked`] tells.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub async fn take_locked(connector: Arc<Connector>) -> Result<Self> {
        match ReadLock::take(&connector).await {
            Ok(lock) => Self::take_under(connector, Some(lock), None).await,
            Err(error @ DatabaseError::Unexpected(_)) => {
                let why = CleanText::from(error.to_string());
                Self::take_under(connector, None, Some(ReadLocked::NotPossible { why })).await
            }
            Err(error) => Err(error),
        }
    }

    async fn take_under(
        connector: Arc<Connector>,
        lock: Option<ReadLock>,
        locked: Option<ReadLocked>,
    ) -> Result<Self> {
        let mut view = Self {
            before: View::open(&connector).await?,
            after: None,
            lock,
            locked,
            counters: BTreeMap::new(),
            definitions: BTreeMap::new(),
            connector,
        };
        view.definitions = objects::definitions(&mut view.reader()).await?;
        view.counters = objects::counters(&mut view.reader()).await?;
        Ok(view)
    }

    fn reader(&mut self) -> Reader<'_> {
        Reader::Snapshot {
            connector: &self.connector,
            opened: &mut self.before.opened,
        }
    }
}

#[async_trait]
impl Snapshot for MysqlSnapshot {
    fn id(&self) -> &str {
        ""
    }

    fn position(&self) -> Option<String> {
        self.before.position.clone()
    }

    fn taken_ms(&self) -> i64 {
        self.before.taken_ms
    }

    async fn tables(&mut self) -> Result<Vec<String>> {
        digest::dumped_tables(&mut self.reader()).await
    }

    async fn dump_began(&mut self) -> Result<()> {
        if let Some(lock) = self.lock.take() {
            let held = lock.release().await;
            let milliseconds = held.milliseconds;
            if held.to_the_end {
                self.locked = Some(ReadLocked::Held { milliseconds });
                return Ok(());
            }
            // Somebody may have written before the dump's view was open: as without the lock.
            self.locked = Some(ReadLocked::NotPossible {
                why: CleanText::from(format!(
                    "the read lock was let go after {milliseconds} ms, before the dump had begun"
                )),
            });
        }
        if self.after.is_none() && !matches!(self.locked, Some(ReadLocked::Held { .. })) {
            self.after = Some(View::open(&self.connector).await?);
        }
        Ok(())
    }

    fn read_locked(&self) -> Option<ReadLocked> {
        self.locked.clone()
    }

    async fn content(&mut self, step: &Progress<'_>) -> Result<Content> {
        let first = self.counters.clone();
        let earlier = std::mem::take(&mut self.definitions);
        let mut reader = self.reader();
        let definitions = objects::definitions(&mut reader).await?;
        same_schema(&earlier, &definitions)?;
        let mut content = Content {
            method: DigestMethod::MysqlRowSha2,
            objects: definitions
                .keys()
                .filter(|name| objects::is_object(name))
                .cloned()
                .chain(objects::indexes(&mut reader).await?)
                .collect(),
            schema_sha256: objects::sha256(&definitions),
            schema_parts: objects::sha256_parts(&definitions),
            grants: grants::lines(&grants::read(&mut reader).await?)
                .into_iter()
                .collect(),
            tables: BTreeMap::new(),
            later: BTreeMap::new(),
            sequences: moved(&first, objects::counters(&mut reader).await?),
        };
        let position = self.before.position.clone();
        let unmoved = |after: &View| position.is_some() && position == after.position;
        let mut before = Reader::Snapshot {
            connector: &self.connector,
            opened: &mut self.before.opened,
        };
        match self.after.as_mut().filter(|after| !unmoved(after)) {
            None => content.tables = digest::tables(&mut before, step).await?,
            Some(after) => {
                let mut after = Reader::Snapshot {
                    connector: &self.connector,
                    opened: &mut after.opened,
                };
                // Each view has a connection of its own: the server works on both at once.
                let done = [AtomicUsize::new(0), AtomicUsize::new(0)];
                let both = |at: usize, total: usize, table: &str, mine: usize| {
                    done[mine].store(at, Ordering::Relaxed);
                    let sum = done.iter().map(|n| n.load(Ordering::Relaxed)).sum();
                    step(sum, 2 * total, table);
                };
                let first = |at: usize, total: usize, table: &str| both(at, total, table, 0);
                let second = |at: usize, total: usize, table: &str| both(at, total, table, 1);
                (content.tables, content.later) = tokio::try_join!(
                    digest::tables(&mut before, &first),
                    digest::tables(&mut after, &second)
                )?;
                content
                    .later
                    .retain(|name, later| content.tables.get(name) != Some(later));
            }
        }
        Ok(content)
    }

    async fn shape(&mut self) -> Result<DatabaseShape> {
        shape::read(&mut self.reader()).await
    }

    async fn close(self: Box<Self>) -> Result<()> {
        let failed = |error| errors::running(&self.connector, "closing the snapshot", error);
        if let Some(after) = self.after {
            after.opened.session.close().await.map_err(failed)?;
        }
        self.before.opened.session.close().await.map_err(failed)
    }
}

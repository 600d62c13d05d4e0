//! Something that answers a query: the kept sessions, or the one session of a snapshot.

use std::time::Duration;

use super::Mysql;
use super::connect::{Connector, Opened};
use super::errors;
use super::purpose::Purpose;
use super::rows::{TextRow, rows};
use crate::database::{DatabaseError, Result};

/// How often a long statement's session is asked after from outside. With [`LOOK`] and [`MISSED`] a
/// dead line is noticed within 28 s.
const WATCH: Duration = Duration::from_secs(8);

/// How long one such question may take.
const LOOK: Duration = Duration::from_secs(6);

/// Failed looks in a row after which the session counts as lost.
const MISSED: u32 = 2;

/// Where a query goes.
pub enum Reader<'a> {
    Kept(&'a Mysql),
    Snapshot {
        connector: &'a Connector,
        opened: &'a mut Opened,
    },
}

impl Reader<'_> {
    /// Runs the query.
    ///
    /// # Errors
    /// Whatever server or line said.
    pub async fn ask(&mut self, doing: &str, sql: String) -> Result<Vec<TextRow>> {
        match self {
            Reader::Kept(mysql) => mysql.look(doing, sql).await,
            Reader::Snapshot { connector, opened } => watched(connector, opened, doing, sql).await,
        }
    }

    /// The database that is read.
    pub fn database(&self) -> &str {
        match self {
            Reader::Kept(mysql) => &mysql.connector.target.facts.database,
            Reader::Snapshot { connector, .. } => &connector.target.facts.database,
        }
    }
}

/// Runs a statement that may take hours. A connection that died without a word would be waited for
/// for ever, so a second one looks whether the server still works on it.
async fn watched(
    connector: &Connector,
    opened: &mut Opened,
    doing: &str,
    sql: String,
) -> Result<Vec<TextRow>> {
    let id = opened.id;
    let mut work = std::pin::pin!(rows(&mut opened.session, sql));
    let mut missed = 0;
    loop {
        tokio::select! {
            answer = &mut work => {
                return answer.map_err(|error| errors::running(connector, doing, error));
            }
            () = tokio::time::sleep(WATCH) => {
                let alive = tokio::select! {
                    answer = &mut work => {
                        return answer.map_err(|error| errors::running(connector, doing, error));
                    }
                    alive = lives(connector, id) => alive,
                };
                missed = if alive { 0 } else { missed + 1 };
                if missed >= MISSED {
                    return Err(DatabaseError::Lost {
                        doing: doing.to_string(),
                        reason: "the server no longer knows our session".into(),
                    });
                }
            }
        }
    }
}

/// True when the server shows this session at work: one that sleeps while we wait for it has sent
/// its answer into nothing.
async fn lives(connector: &Connector, id: u64) -> bool {
    let look = async {
        let mut opened = connector.open(None, Purpose::Look).await.ok()?;
        let sql = format!(
            "SELECT 1 FROM performance_schema.processlist WHERE id = {id} AND command <> 'Sleep'"
        );
        let found = rows(&mut opened.session, sql).await.ok()?;
        let _ = sqlx::Connection::close(opened.session).await;
        Some(!found.is_empty())
    };
    matches!(tokio::time::timeout(LOOK, look).await, Ok(Some(true)))
}

//! Something that answers a query: the kept sessions, or the one session of a snapshot.

use std::time::Duration;

use sqlx::postgres::PgConnection;

use super::Postgres;
use super::connect::Connector;
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
    Kept(&'a Postgres),
    Snapshot {
        connector: &'a Connector,
        session: &'a mut PgConnection,
        /// Process number of the session on the server.
        backend: i64,
    },
}

impl Reader<'_> {
    /// Runs the query.
    ///
    /// # Errors
    /// Whatever server or line said.
    pub async fn ask(&mut self, doing: &str, sql: String) -> Result<Vec<TextRow>> {
        match self {
            Reader::Kept(postgres) => postgres.look(doing, sql).await,
            Reader::Snapshot {
                connector,
                session,
                backend,
            } => watched(connector, session, *backend, doing, sql).await,
        }
    }
}

/// Runs a statement that may take hours. A connection that died without a word would be waited for
/// for ever (the driver cannot set TCP keepalive), so a second one looks whether the server still
/// works on it.
async fn watched(
    connector: &Connector,
    session: &mut PgConnection,
    backend: i64,
    doing: &str,
    sql: String,
) -> Result<Vec<TextRow>> {
    let mut work = std::pin::pin!(rows(session, sql));
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
                    alive = lives(connector, backend) => alive,
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

/// True when the server shows this backend at work: one that waits for the client while we wait for
/// it has sent its answer into nothing.
async fn lives(connector: &Connector, backend: i64) -> bool {
    let look = async {
        let database = &connector.target.facts.database;
        let mut session = connector.open(database, Purpose::Look).await.ok()?;
        let sql = format!(
            "SELECT 1 FROM pg_catalog.pg_stat_activity WHERE pid = {backend} AND state = 'active'"
        );
        let found = rows(&mut session, sql).await.ok()?;
        let _ = sqlx::Connection::close(session).await;
        Some(!found.is_empty())
    };
    matches!(tokio::time::timeout(LOOK, look).await, Ok(Some(true)))
}

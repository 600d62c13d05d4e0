//! Short conversations with the server: a few idle sessions are kept and used again.
//!
//! A session is taken out while it works and given back only after a good answer, so a caller that
//! walks away in mid-statement leaves nothing half-read behind.

use std::sync::Mutex;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::connect::Connector;
use super::errors;
use super::purpose::Purpose;
use super::rows::{TextRow, rows};
use crate::database::{DatabaseError, Result};

/// Idle sessions kept; more are closed.
const KEPT: usize = 2;

/// Time beyond the server's own limit after which a silent connection counts as lost.
const SILENCE: Duration = Duration::from_secs(15);

/// Sessions in one database for one purpose.
#[derive(Debug)]
pub struct Sessions {
    purpose: Purpose,
    idle: Mutex<Vec<PgConnection>>,
}

impl Sessions {
    pub fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Runs one statement in `database` and gives its rows. A kept session that turns out to be dead
    /// is replaced once: these sessions only read, so asking twice harms nothing.
    ///
    /// # Errors
    /// Whatever the server or the line said; `doing` names the statement in it.
    pub async fn ask(
        &self,
        connector: &Connector,
        database: &str,
        doing: &str,
        sql: String,
    ) -> Result<Vec<TextRow>> {
        let kept = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        if let Some(session) = kept {
            match self.run(connector, session, doing, sql.clone()).await {
                Err(DatabaseError::Lost { .. }) => {}
                answer => return answer,
            }
        }
        let session = connector.open(database, self.purpose).await?;
        self.run(connector, session, doing, sql).await
    }

    async fn run(
        &self,
        connector: &Connector,
        mut session: PgConnection,
        doing: &str,
        sql: String,
    ) -> Result<Vec<TextRow>> {
        let limit = Duration::from_millis(self.purpose.statement_ms()) + SILENCE;
        let answer = tokio::time::timeout(limit, rows(&mut session, sql)).await;
        match answer {
            Ok(Ok(found)) => {
                self.keep(session).await;
                Ok(found)
            }
            Ok(Err(error)) => {
                let error = errors::running(connector, doing, error);
                if matches!(error, DatabaseError::Statement { .. }) {
                    self.keep(session).await;
                }
                Err(error)
            }
            Err(_) => Err(DatabaseError::Lost {
                doing: doing.to_string(),
                reason: format!("no answer within {} s", limit.as_secs()).into(),
            }),
        }
    }

    async fn keep(&self, session: PgConnection) {
        let surplus = match self.idle.lock() {
            Ok(mut idle) if idle.len() < KEPT => {
                idle.push(session);
                None
            }
            Ok(_) | Err(_) => Some(session),
        };
        if let Some(session) = surplus {
            // A goodbye that fails changes nothing: the answer is here already.
            let _ = session.close().await;
        }
    }
}

//! Kept sessions for questions that only read: opened when needed, reused while they live.

use std::sync::Mutex;
use std::time::Duration;

use sqlx::Connection as _;

use super::connect::{Connector, Opened};
use super::errors;
use super::purpose::Purpose;
use super::rows::{TextRow, rows};
use crate::database::{DatabaseError, Result};

/// Idle sessions that are kept; more at once are closed after use.
const KEPT: usize = 2;

/// How much longer than the server's own limit an answer is waited for.
const SILENCE: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub struct Sessions {
    purpose: Purpose,
    idle: Mutex<Vec<Opened>>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "session {}", self.id)
    }
}

impl Sessions {
    pub fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Runs one statement in the configured database and gives its rows. A kept session that turns
    /// out to be dead is replaced once: these sessions only read, so asking twice harms nothing.
    ///
    /// # Errors
    /// Whatever the server or the line said; `doing` names the statement in it.
    pub async fn ask(
        &self,
        connector: &Connector,
        doing: &str,
        sql: String,
    ) -> Result<Vec<TextRow>> {
        let kept = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        if let Some(opened) = kept {
            match self.run(connector, opened, doing, sql.clone()).await {
                Err(DatabaseError::Lost { .. }) => {}
                answer => return answer,
            }
        }
        let database = Some(connector.target.facts.database.as_str());
        let opened = connector.open(database, self.purpose).await?;
        self.run(connector, opened, doing, sql).await
    }

    async fn run(
        &self,
        connector: &Connector,
        mut opened: Opened,
        doing: &str,
        sql: String,
    ) -> Result<Vec<TextRow>> {
        let limit = Duration::from_millis(self.purpose.statement_ms()) + SILENCE;
        match tokio::time::timeout(limit, rows(&mut opened.session, sql)).await {
            Ok(Ok(found)) => {
                self.keep(opened).await;
                Ok(found)
            }
            Ok(Err(error)) => {
                let error = errors::running(connector, doing, error);
                if matches!(error, DatabaseError::Statement { .. }) {
                    self.keep(opened).await;
                }
                Err(error)
            }
            Err(_) => Err(DatabaseError::Lost {
                doing: doing.to_string(),
                reason: format!("no answer within {} s", limit.as_secs()).into(),
            }),
        }
    }

    async fn keep(&self, opened: Opened) {
        let surplus = match self.idle.lock() {
            Ok(mut idle) if idle.len() < KEPT => {
                idle.push(opened);
                None
            }
            Ok(_) | Err(_) => Some(opened),
        };
        if let Some(opened) = surplus {
            // A goodbye that fails changes nothing: the answer is here already.
            let _ = opened.session.close().await;
        }
    }
}

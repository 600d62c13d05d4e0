//! A read lock on every table of the database for the moment in which a dump opens its view: with it,
//! the dump and our own view hold the very same rows, and no table is written in between.
//!
//! It is had by choice only: writers wait while it is waited for and while it is held. Both are bounded
//! here, whatever becomes of the dump. `LOCK TABLES ... READ` waits for open transactions that have
//! written (MySQL manual, "LOCK TABLES"); a user who may not lock tables takes `FLUSH TABLES WITH READ
//! LOCK`, which is the whole server's and needs RELOAD.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::Connection as _;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::connect::{Connector, Opened};
use super::errors;
use super::purpose::Purpose;
use super::rows::rows;
use super::{digest, reader::Reader};
use crate::database::quoting::identifier;
use crate::database::{DatabaseError, Result};
use crate::domain::clean_text::CleanText;

/// How long the lock is waited for, each time: writers that come meanwhile wait as long.
const WAIT_SECONDS: u32 = 2;
const TRIES: u32 = 3;
/// Between two tries writers may catch up.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest that writers are held up by a held lock, in case the dump does not begin.
const HELD: Duration = Duration::from_secs(5);

/// After this long without a word from us the server lets it go by itself.
const IDLE: Duration = Duration::from_secs(10);

/// How long the server may take to answer that it has let go.
const FREED: Duration = Duration::from_secs(5);

/// A held lock. Dropping it lets it go.
pub struct ReadLock {
    release: oneshot::Sender<()>,
    holding: JoinHandle<Held>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// It was held until [`ReadLock::release`]; `false`: it was let go before, or the server took it.
    pub to_the_end: bool,
    pub milliseconds: u64,
}

impl ReadLock {
    /// Takes it, three tries of two seconds.
    ///
    /// # Errors
    /// In words why it could not be had.
    pub async fn take(connector: &Arc<Connector>) -> Result<Self> {
        let database = Some(connector.target.facts.database.as_str());
        let mut opened = connector.open(database, Purpose::Act).await?;
        // Were we stopped while we hold it, the server itself ends the idle session, and with it the lock.
        let limit = format!(
            "SET SESSION lock_wait_timeout = {WAIT_SECONDS}, wait_timeout = {}",
            IDLE.as_secs()
        );
        ask(connector, &mut opened, limit).await?;
        let tables = digest::dumped_tables(&mut Reader::Snapshot {
            connector,
            opened: &mut opened,
        })
        .await?;
        let names: Result<Vec<String>> = tables
            .iter()
            .map(|name| Ok(format!("{} READ", identifier(name)?)))
            .collect();
        let mut sql = format!("LOCK TABLES {}", names?.join(", "));
        let mut last = CleanText::from("the database has no table");
        for number in 0..TRIES {
            if tables.is_empty() {
                break;
            }
            if number > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            match ask(connector, &mut opened, sql.clone()).await {
                Ok(()) => return Ok(Self::hold(opened)),
                Err(DatabaseError::Statement { reason, .. }) => {
                    // May not lock tables: 1044 on the database, 1142 on one of them.
                    if ["[1044]", "[1142]"]
                        .iter()
                        .any(|number| reason.as_str().ends_with(number))
                    {
                        sql = "FLUSH TABLES WITH READ LOCK".to_string();
                    }
                    last = reason;
                }
                Err(error) => return Err(error),
            }
        }
        let _ = opened.session.close().await;
        Err(DatabaseError::Unexpected(CleanText::from(format!(
            "the tables could not be locked for reading in {TRIES} tries of {WAIT_SECONDS} s: {last}"
        ))))
    }

    fn hold(mut opened: Opened) -> Self {
        let (release, released) = oneshot::channel::<()>();
        let since = Instant::now();
        let holding = tokio::spawn(async move {
            let in_time = tokio::time::timeout(HELD, released).await.is_ok();
            let free = rows(&mut opened.session, "UNLOCK TABLES".to_string());
            let freed = tokio::time::timeout(FREED, free).await;
            let milliseconds = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
            let _ = tokio::time::timeout(FREED, opened.session.close()).await;
            Held {
                to_the_end: in_time && matches!(freed, Ok(Ok(_))),
                milliseconds,
            }
        });
        Self { release, holding }
    }

    /// Lets it go and tells how long it was held.
    pub async fn release(self) -> Held {
        // A holder that has ended by itself is told by its answer.
        let _ = self.release.send(());
        self.holding.await.unwrap_or(Held {
            to_the_end: false,
            milliseconds: 0,
        })
    }
}

async fn ask(connector: &Connector, opened: &mut Opened, sql: String) -> Result<()> {
    rows(&mut opened.session, sql)
        .await
        .map(|_| ())
        .map_err(|error| errors::running(connector, "locking the tables for reading", error))
}

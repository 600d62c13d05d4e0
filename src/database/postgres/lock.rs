//! The lock on a database's name: a session-level advisory lock, held by a session of its own in the
//! maintenance database, so that it outlives renames of the database itself. Advisory locks are
//! counted per database, so every run must come to the same one.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::connect::Connector;
use super::errors;
use super::purpose::Purpose;
use super::rows::{TextRow, first, rows, text, truth};
use crate::database::{DatabaseError, Lock, Result};
use crate::domain::clean_text::CleanText;

/// How long one look at the lock may take.
const LOOK: Duration = Duration::from_secs(10);

/// Tries when the holder went away between our try and our question who it is.
const TRIES: u32 = 3;

/// The lock's number: from a hash of the name, so that it is the same for every build.
pub fn key(database: &str) -> i64 {
    let hash = Sha256::digest(format!("omup lock {database}").as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    i64::from_be_bytes(first)
}

/// A held lock; dropping it closes the connection, which frees it on the server.
pub struct PostgresLock {
    connector: Arc<Connector>,
    session: PgConnection,
    backend: String,
    key: i64,
}

impl PostgresLock {
    /// Takes the lock without waiting.
    ///
    /// # Errors
    /// [`DatabaseError::Locked`] with the holder's own words; `Unexpected` when a pooler stands between,
    /// through which a lock protects nothing.
    pub async fn take(connector: Arc<Connector>, maintenance: &str, note: &str) -> Result<Self> {
        let key = key(&connector.target.facts.database);
        let application = format!("omup lock {note}");
        let mut session = connector
            .open_as(maintenance, Purpose::Act, &application)
            .await?;
        let backend = refuse_pooler(&connector, &mut session, maintenance).await?;
        for _ in 0..TRIES {
            let row = first(
                ask(
                    &connector,
                    &mut session,
                    format!("SELECT pg_catalog.pg_try_advisory_lock({key})"),
                )
                .await?,
            )?;
            if truth(&row, 0) {
                return Ok(Self {
                    connector,
                    session,
                    backend,
                    key,
                });
            }
            let found = ask(&connector, &mut session, holder(key)).await?;
            if let Some(row) = found.first() {
                let _ = session.close().await;
                return Err(DatabaseError::Locked { holder: words(row) });
            }
        }
        let _ = session.close().await;
        Err(DatabaseError::Locked {
            holder: "one that comes and goes; try again".into(),
        })
    }

    async fn look(&mut self) -> Result<bool> {
        let sql = format!(
            "SELECT pg_catalog.pg_backend_pid() = {} AND EXISTS (SELECT FROM pg_catalog.pg_locks WHERE {} \
             AND pid = pg_catalog.pg_backend_pid())",
            self.backend,
            condition(self.key)
        );
        let rows = ask(&self.connector, &mut self.session, sql).await?;
        Ok(rows.first().is_some_and(|row| truth(row, 0)))
    }
}

#[async_trait]
impl Lock for PostgresLock {
    async fn held(&mut self) -> bool {
        self.look().await.unwrap_or(false)
    }

    async fn release(mut self: Box<Self>) {
        // Both only say it sooner: the server frees the lock when the connection ends.
        let sql = format!("SELECT pg_catalog.pg_advisory_unlock({})", self.key);
        let _ = ask(&self.connector, &mut self.session, sql).await;
        let _ = self.session.close().await;
    }
}

async fn ask(
    connector: &Connector,
    session: &mut PgConnection,
    sql: String,
) -> Result<Vec<TextRow>> {
    let doing = "locking the database";
    match tokio::time::timeout(LOOK, rows(session, sql)).await {
        Ok(answer) => answer.map_err(|error| errors::running(connector, doing, error)),
        Err(_) => Err(DatabaseError::Lost {
            doing: doing.to_string(),
            reason: format!("no answer within {} s", LOOK.as_secs()).into(),
        }),
    }
}

/// The number of our server session, which must stay ours. A pooler that shares sessions gives it to
/// the next client between two statements: a second client of ours, kept busy, would sit in it. Asked
/// before the lock is taken, or it would stay with a session that is not ours.
async fn refuse_pooler(
    connector: &Connector,
    session: &mut PgConnection,
    maintenance: &str,
) -> Result<String> {
    let first = backend(connector, session).await?;
    let mut other = connector.open(maintenance, Purpose::Act).await?;
    ask(connector, &mut other, "BEGIN".to_string()).await?;
    let theirs = backend(connector, &mut other).await?;
    let again = backend(connector, session).await?;
    let _ = other.close().await;
    if theirs == first || again != first {
        return Err(errors::pooler(connector));
    }
    Ok(first)
}

async fn backend(connector: &Connector, session: &mut PgConnection) -> Result<String> {
    let row = first(
        ask(
            connector,
            session,
            "SELECT pg_catalog.pg_backend_pid()".to_string(),
        )
        .await?,
    )?;
    Ok(text(&row, 0).to_string())
}

/// A 64-bit key stands in `pg_locks` as two halves.
fn condition(key: i64) -> String {
    let bits = key.cast_unsigned();
    format!(
        "locktype = 'advisory' AND granted AND objsubid = 1 AND classid::pg_catalog.int8 = {} AND objid::pg_catalog.int8 = {} \
         AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())",
        bits >> 32,
        bits & 0xffff_ffff
    )
}

fn holder(key: i64) -> String {
    format!(
        "SELECT COALESCE(application_name, ''), COALESCE(pg_catalog.host(client_addr), 'local or hidden'), a.pid, \
         pg_catalog.to_char(backend_start, 'YYYY-MM-DD HH24:MI:SS \"UTC\"') \
         FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE {}",
        condition(key)
    )
}

fn words(row: &TextRow) -> CleanText {
    let name = text(row, 0);
    let note = name.strip_prefix("omup lock ").unwrap_or(name);
    let since = match text(row, 3) {
        "" => String::new(),
        since => format!(", since {since}"),
    };
    CleanText::from(format!(
        "{note} (session {} from {}{since})",
        text(row, 2),
        text(row, 1)
    ))
}

#[cfg(test)]
mod tests {
    use super::{condition, key};

    #[test]
    fn the_number_belongs_to_the_name() {
        assert_eq!(key("openmetadata_db"), key("openmetadata_db"));
        assert_ne!(key("openmetadata_db"), key("openmetadata_db2"));
        let text = condition(-1);
        assert!(
            text.contains("= 4294967295 AND objid::pg_catalog.int8 = 4294967295"),
            "{text}"
        );
    }
}

//! The lock on a database's name: a user lock (`GET_LOCK`) of the whole server, held by a session of
//! its own. It ends with that session, whatever becomes of us.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use sqlx::Connection as _;
use std::fmt::Write as _;

use super::connect::{Connector, Opened};
use super::errors;
use super::purpose::Purpose;
use super::rows::{TextRow, first, rows, text, truth};
use crate::database::quoting::literal;
use crate::database::{DatabaseError, Lock, Result};
use crate::domain::clean_text::CleanText;

/// How long one look at the lock may take.
const LOOK: Duration = Duration::from_secs(10);

/// Tries when the holder went away between our try and our question who it is.
const TRIES: u32 = 3;

/// Before the words with which a holder tells who it is, in a second lock that only they need.
const NOTE: &str = "omup by ";

/// The longest name of a lock, in letters (MySQL manual, "Locking Functions").
const NAME: usize = 64;

/// The lock's name: from a hash, because a database's own name may be as long as a lock's.
pub fn name(database: &str) -> String {
    let hash = Sha256::digest(format!("omup lock {database}").as_bytes());
    let mut name = "omup lock ".to_string();
    for byte in &hash[..12] {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

/// A held lock; dropping it closes the connection, which frees it on the server.
pub struct MysqlLock {
    connector: Arc<Connector>,
    opened: Opened,
    name: String,
}

impl MysqlLock {
    /// Takes the lock without waiting. `note` belongs to one living process on earth: a session that holds the lock
    /// with the same note is one that this run has lost on the way (a firewall forgot it, the server has not noticed),
    /// and is ended.
    ///
    /// # Errors
    /// [`DatabaseError::Locked`] with what can be told of the holder.
    pub async fn take(connector: Arc<Connector>, note: &str) -> Result<Self> {
        let name = name(&connector.target.facts.database);
        let mut opened = connector.open(None, Purpose::Act).await?;
        let told: String = format!("{NOTE}{note}").chars().take(NAME).collect();
        // Only words for others, so one who has the same words already keeps them; and said first, so that nobody finds
        // a holder without a name.
        let words = format!("SELECT GET_LOCK({}, 0)", literal(&told)?);
        for _ in 0..TRIES {
            let _ = ask(&connector, &mut opened, words.clone()).await;
            let sql = format!("SELECT GET_LOCK({}, 0)", literal(&name)?);
            let row = first(ask(&connector, &mut opened, sql).await?)?;
            if truth(&row, 0) {
                return Ok(Self {
                    connector,
                    opened,
                    name,
                });
            }
            if ended_own(&connector, &mut opened, &name, &told).await? {
                continue;
            }
            if let Some(holder) = holder(&connector, &mut opened, &name).await? {
                let _ = opened.session.close().await;
                return Err(DatabaseError::Locked { holder });
            }
        }
        let _ = opened.session.close().await;
        Err(DatabaseError::Locked {
            holder: "one that comes and goes; try again".into(),
        })
    }

    async fn look(&mut self) -> Result<bool> {
        let sql = format!(
            "SELECT CONNECTION_ID() = {} AND IS_USED_LOCK({}) <=> CONNECTION_ID()",
            self.opened.id,
            literal(&self.name)?
        );
        let rows = ask(&self.connector, &mut self.opened, sql).await?;
        Ok(rows.first().is_some_and(|row| truth(row, 0)))
    }
}

#[async_trait]
impl Lock for MysqlLock {
    async fn held(&mut self) -> bool {
        self.look().await.unwrap_or(false)
    }

    async fn release(mut self: Box<Self>) {
        // Both only say it sooner: the server frees the locks when the connection ends.
        let sql = "SELECT RELEASE_ALL_LOCKS()".to_string();
        let _ = ask(&self.connector, &mut self.opened, sql).await;
        let _ = self.opened.session.close().await;
    }
}

async fn ask(connector: &Connector, opened: &mut Opened, sql: String) -> Result<Vec<TextRow>> {
    let doing = "locking the database";
    match tokio::time::timeout(LOOK, rows(&mut opened.session, sql)).await {
        Ok(answer) => answer.map_err(|error| errors::running(connector, doing, error)),
        Err(_) => Err(DatabaseError::Lost {
            doing: doing.to_string(),
            reason: format!("no answer within {} s", LOOK.as_secs()).into(),
        }),
    }
}

/// Ends the session that holds the lock with our own note; true when there was one.
async fn ended_own(
    connector: &Connector,
    opened: &mut Opened,
    name: &str,
    note: &str,
) -> Result<bool> {
    let sql = format!(
        "SELECT IS_USED_LOCK({name}) FROM DUAL WHERE IS_USED_LOCK({name}) = IS_USED_LOCK({note}) \
         AND IS_USED_LOCK({name}) <> CONNECTION_ID()",
        name = literal(name)?,
        note = literal(note)?
    );
    let rows = ask(connector, opened, sql).await?;
    let Some(id) = rows.first().map(|row| text(row, 0).to_string()) else {
        return Ok(false);
    };
    // Every account may end its own sessions (MySQL manual, "KILL Statement").
    if ask(connector, opened, format!("KILL {id}")).await.is_err() {
        return Ok(false);
    }
    let until = tokio::time::Instant::now() + LOOK;
    while tokio::time::Instant::now() < until {
        let sql = format!("SELECT IS_USED_LOCK({}) <=> {id}", literal(name)?);
        if !truth(&first(ask(connector, opened, sql).await?)?, 0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(true)
}

/// Who holds the lock, as far as this user may see it; `None` when nobody holds it any more.
async fn holder(
    connector: &Connector,
    opened: &mut Opened,
    name: &str,
) -> Result<Option<CleanText>> {
    let sql = format!("SELECT IS_USED_LOCK({})", literal(name)?);
    let row = first(ask(connector, opened, sql).await?)?;
    let id = text(&row, 0).to_string();
    if id.is_empty() {
        return Ok(None);
    }
    let who = ask(
        connector,
        opened,
        format!(
            "SELECT user, host, DATE_FORMAT(FROM_UNIXTIME(UNIX_TIMESTAMP() - time), '%Y-%m-%d %H:%i:%s UTC') \
             FROM performance_schema.processlist WHERE id = {id}"
        ),
    )
    .await
    .unwrap_or_default();
    // Needs SELECT on performance_schema; without it the session's number has to do.
    let note = ask(
        connector,
        opened,
        format!(
            "SELECT l.object_name FROM performance_schema.metadata_locks l JOIN performance_schema.threads t ON t.thread_id = l.owner_thread_id \
             WHERE l.object_type = 'USER LEVEL LOCK' AND t.processlist_id = {id} AND l.object_name LIKE '{NOTE}%'"
        ),
    )
    .await
    .unwrap_or_default();
    let note = note
        .first()
        .and_then(|row| text(row, 0).strip_prefix(NOTE))
        .unwrap_or("an omup");
    let place = match who.first() {
        Some(row) => format!(
            "session {id} of {} from {}, at rest since {}",
            text(row, 0),
            text(row, 1),
            text(row, 2)
        ),
        None => format!("session {id} of another user"),
    };
    Ok(Some(CleanText::from(format!("{note} ({place})"))))
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn the_name_belongs_to_the_database_and_fits() {
        assert_eq!(name("openmetadata_db"), name("openmetadata_db"));
        assert_ne!(name("openmetadata_db"), name("openmetadata_db2"));
        assert!(name(&"x".repeat(64)).len() <= super::NAME);
    }
}

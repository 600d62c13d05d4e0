//! Making, finishing and dropping databases, always from the maintenance database, and ending sessions.

use async_trait::async_trait;
use std::path::Path;

use super::Postgres;
use super::lock::PostgresLock;
use super::rows::{rows, text, truth};
use super::{holders, settings, shape};
use crate::database::quoting::{identifier, literal};
use crate::database::{Admin, Database, DatabaseError, FittedRestore, Lock, Result, is_ours};
use crate::domain::backup::DatabaseShape;
use crate::domain::clean_text::CleanText;
use crate::domain::lock_holder::LockHolder;
use crate::process::{Place, ToolCommand};

#[async_trait]
impl Admin for Postgres {
    fn looking(&self) -> &dyn Database {
        self
    }

    async fn create(&self, database: &str, shape: &DatabaseShape) -> Result<()> {
        let sql = shape::create_statement(database, shape)?;
        self.maintain(&format!("creating the database {database}"), sql)
            .await?;
        Ok(())
    }

    async fn finish_shape(&self, database: &str, shape: &DatabaseShape) -> Result<Vec<String>> {
        let doing = format!("finishing the database {database}");
        let mut session = self.maintenance_session().await?;
        let mut left = Vec::new();
        for finish in shape::finish_statements(database, shape)? {
            let mut answer = Ok(Vec::new());
            for sql in finish.before.into_iter().chain([finish.sql]) {
                if answer.is_ok() {
                    answer = self.on(&mut session, &doing, sql).await;
                }
            }
            match answer {
                Ok(_) => {}
                Err(DatabaseError::Statement { .. }) => left.push(finish.shown),
                Err(error) => return Err(error),
            }
        }
        let _ = sqlx::Connection::close(session).await;
        Ok(left)
    }

    async fn drop_ours(&self, database: &str) -> Result<()> {
        if !is_ours(database) {
            return Err(DatabaseError::Unexpected(CleanText::from(format!(
                "'{database}' is no database that omup made; it is not dropped"
            ))));
        }
        if database == self.connector.target.facts.database {
            return Err(DatabaseError::Unexpected(CleanText::from(format!(
                "'{database}' is the configured database; it is not dropped"
            ))));
        }
        let doing = format!("dropping the database {database}");
        let sql = format!("DROP DATABASE IF EXISTS {}", identifier(database)?);
        emptied(self, &doing, database, sql).await
    }

    async fn rename_ours(&self, database: &str, name: &str) -> Result<()> {
        if !is_ours(database) || database == self.connector.target.facts.database {
            return Err(DatabaseError::Unexpected(CleanText::from(format!(
                "'{database}' is no spare database that omup made; it is not renamed"
            ))));
        }
        let doing = format!("renaming the database {database} to {name}");
        let sql = format!(
            "ALTER DATABASE {} RENAME TO {}",
            identifier(database)?,
            identifier(name)?
        );
        emptied(self, &doing, database, sql).await
    }

    fn restore_tool(&self, database: &str, archive: &Path, jobs: u32) -> ToolCommand {
        self.tools().restore(database, archive, jobs)
    }

    async fn fitted_restore(
        &self,
        database: &str,
        archive: &Path,
        jobs: u32,
        place: Place,
    ) -> Result<FittedRestore> {
        super::fitted::restore(self, database, archive, jobs, place).await
    }

    async fn standing_sort_memory(&self) -> Result<Option<String>> {
        settings::role_sort_memory(self).await
    }

    async fn set_standing_sort_memory(&self, value: Option<&str>) -> Result<()> {
        settings::set_role_sort_memory(self, value).await
    }

    async fn lock(&self, note: &str) -> Result<Box<dyn Lock>> {
        let (maintenance, session) = self.maintenance().await?;
        let _ = sqlx::Connection::close(session).await;
        let lock = PostgresLock::take(self.connector.clone(), maintenance, note).await?;
        Ok(Box::new(lock))
    }

    async fn end_lock_holder(&self, holder: &LockHolder) -> Result<bool> {
        let (named, found) = (&holder.session, holders::lock_holders(self).await?);
        // A number may belong to somebody else by now.
        let is_named = |now: &LockHolder| {
            let now = &now.session;
            (now.pid, &now.user, &now.address) == (named.pid, &named.user, &named.address)
        };
        if !found.iter().any(is_named) {
            return Ok(false);
        }
        self.end_sessions(&[named.pid]).await?;
        Ok(true)
    }

    async fn end_sessions(&self, pids: &[i64]) -> Result<()> {
        let doing = "ending sessions";
        let mut session = self.maintenance_session().await?;
        let mut refused = Vec::new();
        for pid in pids {
            // Only sessions of this database: a number may belong to another one by now.
            let sql = format!(
                "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid = {pid} AND datname = {}",
                literal(&self.connector.target.facts.database)?
            );
            match self.on(&mut session, doing, sql).await {
                Ok(found) if found.iter().all(|row| truth(row, 0)) => {}
                Ok(_) => refused.push(format!("{pid}: the server could not signal it")),
                Err(DatabaseError::Statement { reason, .. }) => {
                    refused.push(format!("{pid}: {reason}"))
                }
                Err(error) => return Err(error),
            }
        }
        let _ = sqlx::Connection::close(session).await;
        if refused.is_empty() {
            return Ok(());
        }
        Err(DatabaseError::Statement {
            doing: doing.to_string(),
            reason: CleanText::from(refused.join("; ")),
        })
    }
}

/// How often and how far apart a statement is tried that nobody may be connected for. The server itself
/// waits 5 s each time, and ends an autovacuum worker that is at it.
const TRIES: u32 = 6;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(500);

/// Ends the sessions in a spare database and runs a statement that needs it empty.
///
/// `DROP DATABASE ... WITH (FORCE)` is no help: it is refused to anybody but a superuser while an
/// autovacuum worker is in the database (seen with PostgreSQL 15), and those come to fresh copies.
async fn emptied(postgres: &Postgres, doing: &str, database: &str, sql: String) -> Result<()> {
    let end = format!(
        "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity \
         WHERE datname = {} AND pg_catalog.pg_has_role(usesysid, 'MEMBER')",
        literal(database)?
    );
    let mut tries = 0;
    loop {
        tries += 1;
        postgres.maintain(doing, end.clone()).await?;
        match postgres.maintain(doing, sql.clone()).await {
            Ok(_) => return Ok(()),
            Err(DatabaseError::Statement { reason, .. })
                if tries < TRIES && reason.as_str().contains(IN_USE) =>
            {
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// SQLSTATE `object_in_use`, as our errors show it.
const IN_USE: &str = "[55006]";

/// Whether a database exists, asked of the maintenance database.
pub async fn exists(postgres: &Postgres, database: &str) -> Result<bool> {
    let found = postgres
        .maintain(
            "looking for a database",
            format!(
                "SELECT 1 FROM pg_catalog.pg_database WHERE datname = {}",
                literal(database)?
            ),
        )
        .await?;
    Ok(!found.is_empty())
}

/// Names of all databases that take connections.
pub async fn databases(postgres: &Postgres) -> Result<Vec<String>> {
    let mut session = postgres.maintenance_session().await?;
    let found = rows(
        &mut session,
        "SELECT datname FROM pg_catalog.pg_database WHERE datallowconn ORDER BY datname"
            .to_string(),
    )
    .await
    .map_err(|error| super::errors::running(&postgres.connector, "listing the databases", error))?;
    let _ = sqlx::Connection::close(session).await;
    Ok(found.iter().map(|row| text(row, 0).to_string()).collect())
}

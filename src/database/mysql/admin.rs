//! Making, finishing and dropping databases, and ending sessions.

use std::path::Path;

use async_trait::async_trait;

use super::Mysql;
use super::lock::MysqlLock;
use super::rows::text;
use super::{grants, holders, settings, shape, unfinished};
use crate::database::quoting::{identifier, literal};
use crate::database::{Admin, Database, DatabaseError, Lock, Result, is_ours};
use crate::domain::backup::DatabaseShape;
use crate::domain::clean_text::CleanText;
use crate::domain::lock_holder::LockHolder;
use crate::process::ToolCommand;

#[async_trait]
impl Admin for Mysql {
    fn looking(&self) -> &dyn Database {
        self
    }

    async fn create(&self, database: &str, shape: &DatabaseShape) -> Result<()> {
        let doing = format!("creating the database {database}");
        let sql = shape::create_statement(database, shape)?;
        self.act(&doing, sql).await?;
        crate::process::effect::hit("database made, not yet marked");
        self.act(&doing, unfinished::mark(database)?).await?;
        Ok(())
    }

    async fn finish_shape(&self, database: &str, shape: &DatabaseShape) -> Result<Vec<String>> {
        let doing = format!("finishing the database {database}");
        let mut left = Vec::new();
        for sql in shape::finish_statements(database, shape)? {
            match self.act(&doing, sql.clone()).await {
                Ok(_) => {}
                Err(DatabaseError::Statement { .. }) => left.push(format!("{sql};")),
                Err(error) => return Err(error),
            }
        }
        Ok(left)
    }

    async fn drop_ours(&self, database: &str) -> Result<()> {
        if !exists(self, database).await? {
            return Ok(());
        }
        spare(self, database, "dropped").await?;
        end_sessions_in(self, database).await?;
        // Grants outlive the database and would be those of the next one of that name.
        let copy = self.beside(database)?;
        let found = grants::read(&mut copy.reader()).await?;
        drop(copy);
        let doing = format!("dropping the database {database}");
        for sql in grants::revocations(&found, database)? {
            self.act(&doing, sql).await?;
        }
        let sql = format!("DROP DATABASE IF EXISTS {}", identifier(database)?);
        self.act(&doing, sql).await?;
        Ok(())
    }

    async fn rename_ours(&self, database: &str, name: &str) -> Result<()> {
        if database != name {
            return Err(DatabaseError::Unexpected(CleanText::from(format!(
                "MySQL cannot rename '{database}' to '{name}'"
            ))));
        }
        let doing = format!("calling the database {database} finished");
        self.act(&doing, unfinished::unmark(database)?).await?;
        Ok(())
    }

    fn restored_as(&self, _spare: &str, serving: &str) -> String {
        serving.to_string()
    }

    fn restore_tool(&self, database: &str, archive: &Path, _jobs: u32) -> ToolCommand {
        self.tools().restore(database, archive)
    }

    async fn standing_sort_memory(&self) -> Result<Option<String>> {
        settings::global_sort_memory(self).await
    }

    async fn set_standing_sort_memory(&self, value: Option<&str>) -> Result<()> {
        let bytes = match value {
            None => None,
            Some(value) => Some(value.parse().map_err(|_| {
                DatabaseError::Unexpected(CleanText::from(format!(
                    "'{value}' is no number of bytes"
                )))
            })?),
        };
        settings::set_global_sort_memory(self, bytes).await
    }

    async fn lock(&self, note: &str) -> Result<Box<dyn Lock>> {
        let lock = MysqlLock::take(self.connector.clone(), note).await?;
        Ok(Box::new(lock))
    }

    async fn end_lock_holder(&self, holder: &LockHolder) -> Result<bool> {
        let doing = "ending the session that holds a lock";
        let (named, found) = (&holder.session, holders::lock_holders(self).await?);
        // A number may belong to somebody else by now.
        let is_named = |now: &LockHolder| {
            let now = &now.session;
            (now.pid, &now.user, &now.address) == (named.pid, &named.user, &named.address)
        };
        if !found.iter().any(is_named) {
            return Ok(false);
        }
        match self
            .act(doing, format!("KILL CONNECTION {}", named.pid))
            .await
        {
            Ok(_) => Ok(true),
            // It ended by itself in between.
            Err(DatabaseError::Statement { reason, .. }) if reason.as_str().ends_with("[1094]") => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn end_sessions(&self, pids: &[i64]) -> Result<()> {
        let doing = "ending sessions";
        let mut refused = Vec::new();
        for pid in pids {
            // Only sessions of this database: a number may belong to another one by now.
            let there = self
                .look(
                    doing,
                    format!(
                        "SELECT 1 FROM performance_schema.processlist WHERE id = {pid} AND db = DATABASE()"
                    ),
                )
                .await?;
            if there.is_empty() {
                continue;
            }
            match self.act(doing, format!("KILL CONNECTION {pid}")).await {
                Ok(_) => {}
                // It ended by itself in between.
                Err(DatabaseError::Statement { reason, .. })
                    if reason.as_str().ends_with("[1094]") => {}
                Err(DatabaseError::Statement { reason, .. }) => {
                    refused.push(format!("{pid}: {reason}"));
                }
                Err(error) => return Err(error),
            }
        }
        if refused.is_empty() {
            return Ok(());
        }
        Err(DatabaseError::Statement {
            doing: doing.to_string(),
            reason: CleanText::from(refused.join("; ")),
        })
    }
}

impl Mysql {
    /// The same kind of handle for another database, not connected yet.
    pub(super) fn beside(&self, database: &str) -> Result<Self> {
        let mut target = self.connector.target.clone();
        target.facts.database = database.to_string();
        Self::new(target)
    }
}

async fn spare(mysql: &Mysql, database: &str, what: &str) -> Result<()> {
    let configured = database == mysql.connector.target.facts.database;
    if configured || !(is_ours(database) || unfinished::stands(mysql, database).await?) {
        return Err(DatabaseError::Unexpected(CleanText::from(format!(
            "'{database}' is no spare database that omup made; it is not {what}"
        ))));
    }
    Ok(())
}

/// Ends the sessions in a spare database that this user may see: a statement of one that was left
/// alone goes on in the server, and its metadata locks stand in everybody's way.
async fn end_sessions_in(mysql: &Mysql, database: &str) -> Result<()> {
    let doing = format!("ending the sessions in {database}");
    let found = mysql
        .act(
            &doing,
            format!(
                "SELECT id FROM performance_schema.processlist WHERE db = {} AND id <> CONNECTION_ID()",
                literal(database)?
            ),
        )
        .await?;
    for row in &found {
        // One that may not be ended, or is gone, shows itself in what comes next.
        let _ = mysql
            .act(&doing, format!("KILL CONNECTION {}", text(row, 0)))
            .await;
    }
    Ok(())
}

/// Whether a database exists.
pub async fn exists(mysql: &Mysql, database: &str) -> Result<bool> {
    let found = mysql
        .act(
            "looking for a database",
            format!(
                "SELECT 1 FROM information_schema.schemata WHERE schema_name = {}",
                literal(database)?
            ),
        )
        .await?;
    Ok(!found.is_empty())
}

/// Names of all databases that this user sees, the server's own left out.
pub async fn databases(mysql: &Mysql) -> Result<Vec<String>> {
    let found = mysql
        .act(
            "listing the databases",
            "SELECT schema_name FROM information_schema.schemata \
             WHERE schema_name NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') ORDER BY 1"
                .to_string(),
        )
        .await?;
    Ok(found.iter().map(|row| text(row, 0).to_string()).collect())
}

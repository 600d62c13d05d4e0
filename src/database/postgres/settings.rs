//! Sort memory (`work_mem`): what a session sees, what a role has, and how `DB_PARAMS` asks for it.

use super::Postgres;
use super::errors;
use super::rows::{first, number, rows, text, truth};
use crate::database::quoting::{identifier, literal};
use crate::database::{Result, params};

/// What a session sees in which we set nothing.
pub struct Usual {
    /// `work_mem` in bytes.
    pub sort_memory: u64,
    /// New transactions cannot write: a standby, or a setting of server, database or role.
    pub read_only: bool,
}

/// Looks through a fresh session whose start-up options are those of these parameters.
pub async fn usual(postgres: &Postgres, extra: Option<&str>) -> Result<Usual> {
    let settings = extra
        .and_then(|extra| params::value(extra, "options"))
        .map(|options| params::settings(&options))
        .unwrap_or_default();
    let connector = &postgres.connector;
    let mut session = connector.open_plain(&settings).await?;
    let answer = rows(
        &mut session,
        "SELECT setting::pg_catalog.int8 * 1024, pg_catalog.current_setting('transaction_read_only') = 'on' \
         FROM pg_catalog.pg_settings WHERE name = 'work_mem'"
            .to_string(),
    )
    .await
    .map_err(|error| errors::running(connector, "reading the session's settings", error));
    let _ = sqlx::Connection::close(session).await;
    let row = first(answer?)?;
    Ok(Usual {
        sort_memory: number(&row, 0)?,
        read_only: truth(&row, 1),
    })
}

/// `work_mem` in bytes in such a session.
pub async fn sort_memory_with(postgres: &Postgres, extra: Option<&str>) -> Result<Option<u64>> {
    Ok(Some(usual(postgres, extra).await?.sort_memory))
}

/// `DB_PARAMS` for the migration's own session.
pub fn migration_params(text: &str, application: &str, sort_memory: Option<u64>) -> String {
    let mut set = Vec::new();
    if let Some(bytes) = sort_memory {
        set.push(params::sort_memory(text, bytes));
    }
    set.push(("ApplicationName", application.to_string()));
    // HikariCP's default of 300 s cuts a long statement off while the server goes on with it.
    set.push(("socketTimeout", "0".to_string()));
    params::with(text, &set)
}

/// `work_mem` that the user has for this database, as it was written.
pub async fn role_sort_memory(postgres: &Postgres) -> Result<Option<String>> {
    let found = postgres
        .look(
            "reading the role's settings",
            "SELECT pg_catalog.substr(c.setting, 10) FROM pg_catalog.pg_db_role_setting s \
             JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase AND d.datname = pg_catalog.current_database() \
             JOIN pg_catalog.pg_roles r ON r.oid = s.setrole AND r.rolname = current_user, \
             pg_catalog.unnest(s.setconfig) AS c(setting) WHERE c.setting LIKE 'work\\_mem=%'"
                .to_string(),
        )
        .await?;
    Ok(found.first().map(|row| text(row, 0).to_string()))
}

/// Sets or resets it; a role may do that for itself.
pub async fn set_role_sort_memory(postgres: &Postgres, value: Option<&str>) -> Result<()> {
    let whom = format!(
        "ALTER ROLE {} IN DATABASE {}",
        identifier(&postgres.connector.target.facts.user)?,
        identifier(&postgres.connector.target.facts.database)?
    );
    let sql = match value {
        Some(value) => format!("{whom} SET work_mem = {}", literal(value)?),
        None => format!("{whom} RESET work_mem"),
    };
    postgres.act("changing the role's work_mem", sql).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::migration_params;

    #[test]
    fn parameters_of_the_migration() {
        let memory = Some(20 << 20);
        assert_eq!(
            migration_params("", "omup r1", memory),
            "options=-c%20work_mem%3D20MB&ApplicationName=omup%20r1&socketTimeout=0"
        );
        assert_eq!(
            migration_params("useSSL=true&serverTimezone=UTC", "omup r1", None),
            "useSSL=true&serverTimezone=UTC&ApplicationName=omup%20r1&socketTimeout=0"
        );
        assert_eq!(
            migration_params(
                "options=-c%20work_mem%3D4MB%20-c%20geqo%3Doff&a=b&ApplicationName=x&socketTimeout=300",
                "om",
                memory
            ),
            "a=b&options=-c%20geqo%3Doff%20-c%20work_mem%3D20MB&ApplicationName=om&socketTimeout=0"
        );
    }
}

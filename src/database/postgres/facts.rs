//! What the server says about itself and the database; every statement only reads.

use std::path::{Path, PathBuf};

use super::Postgres;
use super::rows::{first, maybe, number, text, truth};
use super::{rights, settings, shape};
use crate::database::quoting::literal;
use crate::database::{OUR_PREFIX, Result};
use crate::domain::clean_text::CleanText;
use crate::domain::names::{Engine, Identity};
use crate::domain::survey::{DatabaseFacts, ServerLog};

/// The cluster's `system_identifier`. `pg_control_system()` is open to everyone unless an
/// administrator closed it; then a stand-in is made of facts that stay the same as long as server,
/// address and role do: it tells servers apart at different addresses, but not a server that took
/// another's place at the same address with the same numbers.
const SYSTEM: &str = "SELECT system_identifier::text FROM pg_catalog.pg_control_system()";

const STAND_IN: &str = "SELECT 'stand-in-' || pg_catalog.md5(pg_catalog.concat_ws('/', \
     pg_catalog.inet_server_addr(), pg_catalog.inet_server_port(), pg_catalog.current_setting('server_version_num')::int / 10000, \
     (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user), \
     (SELECT pg_catalog.string_agg(oid::text, ',' ORDER BY datname COLLATE \"C\") FROM pg_catalog.pg_database WHERE datname IN ('postgres', 'template0', 'template1'))))";

/// Server and database behind the address right now, over a new connection: an old one could still
/// speak with a server that has lost the address.
pub async fn identity(postgres: &Postgres) -> Result<Identity> {
    let database = &postgres.connector.target.facts.database;
    let mut session = postgres
        .connector
        .open(database, super::purpose::Purpose::Look)
        .await?;
    let doing = "reading the server's identity";
    // Asked first: the server checks rights before it begins, also on branches never taken.
    let row = first(
        postgres
            .on(
                &mut session,
                doing,
                "SELECT (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()), \
                 pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')"
                    .to_string(),
            )
            .await?,
    )?;
    let ask = if truth(&row, 1) { SYSTEM } else { STAND_IN };
    let server = first(postgres.on(&mut session, doing, ask.to_string()).await?)?;
    let _ = sqlx::Connection::close(session).await;
    Ok(Identity {
        engine: Engine::Postgres,
        server: text(&server, 0).to_string(),
        oid: text(&row, 0).to_string(),
        database: database.clone(),
    })
}

/// Everything about the database that checks and the plan need.
pub async fn facts(postgres: &Postgres) -> Result<DatabaseFacts> {
    let identity = identity(postgres).await?;
    let row = first(
        postgres
            .look(
                "reading the server's facts",
                // Reading data_directory without the right is an error, not NULL.
                "SELECT pg_catalog.current_setting('server_version'), \
                 pg_catalog.current_setting('server_version_num')::int / 10000, \
                 pg_catalog.pg_database_size(pg_catalog.current_database()), \
                 CASE WHEN pg_catalog.pg_has_role(current_user, 'pg_read_all_settings', 'USAGE') \
                   THEN pg_catalog.current_setting('data_directory') END, \
                 pg_catalog.pg_backend_pid(), \
                 COALESCE(pg_catalog.host(pg_catalog.inet_server_addr()), 'local')"
                    .to_string(),
            )
            .await?,
    )?;
    let usual = settings::usual(postgres, None).await?;
    let data_folder = data_folder(maybe(&row, 3), text(&row, 4), text(&row, 5));
    let log = log(postgres, data_folder.as_deref()).await?;
    let schemas = schemas(postgres).await?;
    Ok(DatabaseFacts {
        version_text: text(&row, 0).into(),
        major: number(&row, 1)?,
        bytes: number(&row, 2)?,
        read_only: usual.read_only,
        without_transactions: Vec::new(),
        data_folder,
        log: Some(log),
        shape: shape::read(&mut postgres.reader(), &identity.database).await?,
        largest_table: largest_table(postgres).await?,
        rights: rights::rights(postgres, &schemas).await?,
        sort_memory: Some(usual.sort_memory),
        leftovers: leftovers(postgres).await?,
        schemas: schemas
            .iter()
            .map(|name| CleanText::from(name.as_str()))
            .collect(),
        identity,
    })
}

/// The write-ahead log: how much of it the server keeps (`max_wal_size` and `wal_keep_size` are told in
/// MB), unless an archive or a replica may have it keep all.
async fn log(postgres: &Postgres, data_folder: Option<&Path>) -> Result<ServerLog> {
    let row = first(
        postgres
            .look(
                "reading how much log the server keeps",
                "SELECT (SELECT pg_catalog.sum(setting::bigint)::bigint FROM pg_catalog.pg_settings \
                 WHERE name IN ('max_wal_size', 'wal_keep_size')), \
                 pg_catalog.current_setting('archive_mode') <> 'off' \
                 OR EXISTS (SELECT 1 FROM pg_catalog.pg_replication_slots)"
                    .to_string(),
            )
            .await?,
    )?;
    let mib: u64 = number(&row, 0)?;
    Ok(ServerLog {
        limit: (!truth(&row, 1)).then(|| mib.saturating_mul(1 << 20)),
        folder: data_folder.map(|folder| folder.join("pg_wal")),
    })
}

/// Schemas that hold OpenMetadata's history table, the one that the user's sessions see first.
pub async fn schemas(postgres: &Postgres) -> Result<Vec<String>> {
    let rows = postgres
        .look(
            "looking for OpenMetadata's tables",
            "SELECT n.nspname FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relname IN ('server_change_log', 'DATABASE_CHANGE_LOG') AND c.relkind IN ('r', 'p') \
             AND n.nspname !~ '^pg_' \
             GROUP BY n.nspname \
             ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(false), n.nspname) NULLS LAST, n.nspname"
                .to_string(),
        )
        .await?;
    Ok(rows.iter().map(|row| text(row, 0).to_string()).collect())
}

async fn largest_table(postgres: &Postgres) -> Result<Option<(String, u64)>> {
    let rows = postgres
        .look(
            "measuring the tables",
            "SELECT n.nspname, c.relname, pg_catalog.pg_total_relation_size(c.oid) \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'm') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' \
             ORDER BY 3 DESC NULLS LAST, 1, 2 LIMIT 1"
                .to_string(),
        )
        .await?;
    rows.first()
        .map(|row| {
            Ok((
                super::names::shown(text(row, 0), text(row, 1)),
                number(row, 2)?,
            ))
        })
        .transpose()
}

async fn leftovers(postgres: &Postgres) -> Result<Vec<String>> {
    let rows = postgres
        .look(
            "listing the databases",
            format!(
                "SELECT datname FROM pg_catalog.pg_database \
                 WHERE pg_catalog.starts_with(datname::text, {}) AND datname <> pg_catalog.current_database() \
                 ORDER BY datname",
                literal(OUR_PREFIX)?
            ),
        )
        .await?;
    Ok(rows.iter().map(|row| text(row, 0).to_string()).collect())
}

/// The data folder, when the server runs on this host: told by the server to those who may know, else
/// the working folder of our own backend process, which root can see.
fn data_folder(told: Option<&str>, backend: &str, address: &str) -> Option<PathBuf> {
    let here = address == "local"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    if !here {
        return None;
    }
    // A backend's title begins with the word: another process under that number (a server in a
    // container has numbers of its own) does not.
    let title = std::fs::read(format!("/proc/{backend}/cmdline")).unwrap_or_default();
    if !title.starts_with(b"postgres: ") {
        return None;
    }
    let folder = std::fs::read_link(format!("/proc/{backend}/cwd"))
        .ok()
        .or_else(|| told.map(PathBuf::from))?;
    Path::new(&folder)
        .join("PG_VERSION")
        .exists()
        .then_some(folder)
}

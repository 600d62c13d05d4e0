//! Who else is in the database, how much stands in it, and what was written since a moment.

use std::collections::BTreeMap;

use super::Postgres;
use super::facts::schemas;
use super::names::shown;
use super::rows::{first, maybe, number, text, truth};
use crate::database::Result;
use crate::database::entity_tables::ENTITY_TABLES;
use crate::database::quoting::{literal, literals, qualified};
use crate::domain::clean_text::CleanText;
use crate::domain::survey::Session;

/// Characters of a statement that are shown.
const QUERY: usize = 200;

/// Every other client's session. Without `pg_read_all_stats` those of other users come without their
/// kind, address and state, so a session of unknown kind is listed too; one without a user is the
/// server's own (an autovacuum worker).
pub async fn sessions(postgres: &Postgres) -> Result<Vec<Session>> {
    let rows = postgres
        .look(
            "listing the sessions",
            "SELECT pid, COALESCE(usename, ''), \
             COALESCE(pg_catalog.host(client_addr) || COALESCE(':' || NULLIF(client_port, -1), ''), \
               CASE WHEN backend_type IS NULL THEN 'unknown' ELSE 'local' END), \
             COALESCE(application_name, ''), COALESCE(state, 'unknown'), \
             pg_catalog.floor(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - xact_start)), \
             COALESCE(query, ''), pg_catalog.starts_with(COALESCE(application_name, ''), 'omup ') \
             FROM pg_catalog.pg_stat_activity \
             WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid() \
             AND (backend_type = 'client backend' OR (backend_type IS NULL AND usesysid IS NOT NULL)) ORDER BY backend_start, pid"
                .to_string(),
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Session {
                pid: number(row, 0)?,
                user: text(row, 1).into(),
                address: text(row, 2).into(),
                application: text(row, 3).into(),
                state: text(row, 4).into(),
                // A clock that was set back makes it negative.
                transaction_seconds: maybe(row, 5)
                    .and_then(|seconds| seconds.parse::<f64>().ok())
                    .map(|seconds| seconds.max(0.0) as u64),
                query: CleanText::limited(text(row, 6), QUERY),
                ours: truth(row, 7),
            })
        })
        .collect()
}

/// Rows written into ordinary tables since the statistics began; a session reports them when it ends, or within
/// seconds (PostgreSQL manual, "The Cumulative Statistics System").
pub async fn rows_written(postgres: &Postgres) -> Option<u64> {
    let rows = postgres
        .look(
            "counting the rows that were written",
            "SELECT COALESCE(pg_catalog.sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::pg_catalog.int8 FROM pg_catalog.pg_stat_user_tables"
                .to_string(),
        )
        .await;
    number(&first(rows.ok()?).ok()?, 0).ok()
}

/// Rows by statistics of every table in OpenMetadata's schemas; what was never analysed is left to
/// the counters of the statistics collector.
pub async fn estimated_rows(postgres: &Postgres) -> Result<BTreeMap<String, u64>> {
    let Some(list) = schema_list(postgres).await? else {
        return Ok(BTreeMap::new());
    };
    let rows = postgres
        .look(
            "reading the tables' statistics",
            format!(
                "SELECT n.nspname, c.relname, \
                 GREATEST(c.reltuples::pg_catalog.int8, pg_catalog.pg_stat_get_live_tuples(c.oid), 0) \
                 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind = 'r' AND n.nspname IN ({list})"
            ),
        )
        .await?;
    rows.iter()
        .map(|row| Ok((shown(text(row, 0), text(row, 1)), number(row, 2)?)))
        .collect()
}

/// Exact rows of the entity tables that exist in the first schema.
pub async fn entity_counts(postgres: &Postgres) -> Result<BTreeMap<String, u64>> {
    let Some(schema) = schemas(postgres).await?.into_iter().next() else {
        return Ok(BTreeMap::new());
    };
    let doing = "counting the entities";
    let tables = postgres
        .look(
            doing,
            format!(
                "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('r', 'p') AND n.nspname = {} AND c.relname IN ({}) ORDER BY 1",
                literal(&schema)?,
                literals(ENTITY_TABLES.iter().copied())?
            ),
        )
        .await?;
    let mut counts = Vec::new();
    for row in &tables {
        let table = text(row, 0);
        counts.push(format!(
            "SELECT {}, pg_catalog.count(*) FROM {}",
            literal(table)?,
            qualified(&schema, table)?
        ));
    }
    if counts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = postgres.count(doing, counts.join(" UNION ALL ")).await?;
    rows.iter()
        .map(|row| Ok((text(row, 0).to_string(), number(row, 1)?)))
        .collect()
}

/// Rows written at or after a moment, by the columns in which OpenMetadata keeps it.
pub async fn writes_since(postgres: &Postgres, epoch_ms: i64) -> Result<u64> {
    let Some(list) = schema_list(postgres).await? else {
        return Ok(0);
    };
    let doing = "counting the writes";
    let columns = postgres
        .look(
            doing,
            format!(
                "SELECT n.nspname, c.relname, pg_catalog.string_agg(pg_catalog.quote_ident(a.attname) || ' >= {epoch_ms}', ' OR ') \
                 FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE a.attname IN ('updatedat', 'timestamp') AND a.atttypid = 'pg_catalog.int8'::regtype \
                 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname IN ({list}) GROUP BY 1, 2"
            ),
        )
        .await?;
    let mut counts = Vec::new();
    for row in &columns {
        counts.push(format!(
            "(SELECT pg_catalog.count(*) FROM {} WHERE {})",
            qualified(text(row, 0), text(row, 1))?,
            text(row, 2)
        ));
    }
    if counts.is_empty() {
        return Ok(0);
    }
    let rows = postgres
        .count(doing, format!("SELECT {}", counts.join(" + ")))
        .await?;
    number(&first(rows)?, 0)
}

async fn schema_list(postgres: &Postgres) -> Result<Option<String>> {
    let schemas = schemas(postgres).await?;
    if schemas.is_empty() {
        return Ok(None);
    }
    Ok(Some(literals(schemas.iter().map(String::as_str))?))
}

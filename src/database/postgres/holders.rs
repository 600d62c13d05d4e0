//! Who holds locks in the database. `pg_locks` and `pg_blocking_pids` show it to everybody; what the
//! holder does only to those who may see other users' sessions.
//!
//! Source: PostgreSQL manual, "pg_locks" and "System Information Functions" (`pg_blocking_pids`: 0
//! stands for a prepared transaction).

use super::Postgres;
use super::rows::{maybe, number, text};
use crate::database::Result;
use crate::domain::clean_text::CleanText;
use crate::domain::lock_holder::LockHolder;
use crate::domain::survey::Session;

/// Characters of a statement that are read.
const QUERY: usize = 400;

/// Every other session that holds locks on tables of this database or on what our migration waits for;
/// sessions of omup and of its migration left out, and autovacuum, which gives way.
pub async fn lock_holders(postgres: &Postgres) -> Result<Vec<LockHolder>> {
    let rows = postgres
        .look(
            "looking who holds locks",
            "WITH held AS ( \
               SELECT COALESCE(l.pid, 0) AS holder, c.relname::text AS what, NULL::float8 AS waited \
               FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation \
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
               WHERE l.locktype = 'relation' AND l.granted AND c.relkind IN ('r', 'p', 'm', 'v') \
               AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) \
               AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' \
               UNION ALL \
               SELECT b.pid, NULL, EXTRACT(epoch FROM pg_catalog.statement_timestamp() - w.query_start) \
               FROM pg_catalog.pg_stat_activity w CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) AS b(pid) \
               WHERE w.datname = pg_catalog.current_database() AND pg_catalog.starts_with(w.application_name, 'omup migrate')) \
             SELECT h.holder, COALESCE(a.usename, ''), \
             COALESCE(pg_catalog.host(a.client_addr) || COALESCE(':' || NULLIF(a.client_port, -1), ''), \
               CASE WHEN a.backend_type IS NULL THEN 'unknown' ELSE 'local' END), \
             COALESCE(a.application_name, ''), COALESCE(a.state, 'unknown'), \
             pg_catalog.floor(EXTRACT(epoch FROM pg_catalog.statement_timestamp() - a.xact_start)), COALESCE(a.query, ''), \
             pg_catalog.floor(pg_catalog.max(h.waited)), \
             COALESCE(pg_catalog.string_agg(DISTINCT h.what, ',' ORDER BY h.what), '') \
             FROM held h LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = h.holder \
             WHERE h.holder <> pg_catalog.pg_backend_pid() AND (h.holder = 0 OR a.pid IS NOT NULL) \
             AND NOT pg_catalog.starts_with(COALESCE(a.application_name, ''), 'omup ') \
             AND (h.waited IS NOT NULL OR COALESCE(a.backend_type, '') <> 'autovacuum worker') \
             GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1"
                .to_string(),
        )
        .await?;
    rows.iter()
        .map(|row| {
            let seconds = |column: usize| {
                maybe(row, column)
                    .and_then(|seconds| seconds.parse::<f64>().ok())
                    .map(|seconds| seconds.max(0.0) as u64)
            };
            Ok(LockHolder {
                session: Session {
                    pid: number(row, 0)?,
                    user: text(row, 1).into(),
                    address: text(row, 2).into(),
                    application: text(row, 3).into(),
                    state: text(row, 4).into(),
                    transaction_seconds: seconds(5),
                    query: CleanText::limited(text(row, 6), QUERY),
                    ours: false,
                },
                seconds: seconds(5),
                holds: text(row, 8)
                    .split(',')
                    .filter(|name| !name.is_empty())
                    .map(CleanText::from)
                    .collect(),
                waited_seconds: seconds(7),
            })
        })
        .collect()
}

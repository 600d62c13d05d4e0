//! Who holds locks in the database: metadata locks, which a change of a table waits for without an
//! end, and row locks. From `performance_schema`, which asks for a right of its own.
//!
//! Source: MySQL manual, "The metadata_locks Table" and "The data_lock_waits Table".

use std::collections::BTreeMap;

use super::Mysql;
use super::purpose::{MARK, MIGRATION_MARK};
use super::rows::{maybe, number, text};
use crate::database::{DatabaseError, Result};
use crate::domain::clean_text::CleanText;
use crate::domain::lock_holder::LockHolder;
use crate::domain::survey::Session;

/// Characters of a statement that are read.
const QUERY: usize = 400;

/// Holder, what it holds, and the session that waits for it, by the numbers of connections. A held
/// metadata lock on a table stands in the way of a change of it whoever waits; of the wider ones only
/// those that somebody waits for count.
const LOCKS: &str = "\
    SELECT ho.processlist_id, l.what, wa.processlist_id, COALESCE(wa.processlist_time, 0) FROM ( \
      SELECT g.owner_thread_id AS holder, g.object_name AS what, NULL AS waiter \
      FROM performance_schema.metadata_locks g \
      WHERE g.object_type = 'TABLE' AND g.object_schema = DATABASE() AND g.lock_status = 'GRANTED' \
      UNION \
      SELECT g.owner_thread_id, CASE WHEN g.object_type = 'TABLE' THEN g.object_name \
          WHEN g.object_type IN ('GLOBAL', 'COMMIT') THEN 'the whole server (a read lock)' \
          ELSE LOWER(g.object_type) END, p.owner_thread_id \
      FROM performance_schema.metadata_locks p JOIN performance_schema.metadata_locks g \
        ON g.object_type = p.object_type AND g.object_schema <=> p.object_schema AND g.object_name <=> p.object_name \
        AND g.lock_status = 'GRANTED' AND g.owner_thread_id <> p.owner_thread_id \
        AND NOT (g.lock_type = 'INTENTION_EXCLUSIVE' AND p.lock_type = 'INTENTION_EXCLUSIVE') \
      WHERE p.lock_status = 'PENDING' AND p.object_type <> 'USER LEVEL LOCK' \
      UNION \
      SELECT w.blocking_thread_id, CONCAT('rows of ', COALESCE(d.object_name, 'a table')), w.requesting_thread_id \
      FROM performance_schema.data_lock_waits w JOIN performance_schema.data_locks d \
        ON d.engine = w.engine AND d.engine_lock_id = w.requesting_engine_lock_id) l \
    JOIN performance_schema.threads ho ON ho.thread_id = l.holder AND ho.processlist_id IS NOT NULL \
    LEFT JOIN performance_schema.threads wa ON wa.thread_id = l.waiter \
    WHERE ho.processlist_id <> CONNECTION_ID() ORDER BY 1, 2";

/// Every other session that holds locks on tables of this database or on what our migration waits for;
/// sessions of omup and of its migration left out.
///
/// # Errors
/// Where they may not be seen: with the right that is missing, if one is.
pub async fn lock_holders(mysql: &Mysql) -> Result<Vec<LockHolder>> {
    let doing = "looking who holds locks";
    let locks = match mysql.look(doing, LOCKS.to_string()).await {
        Ok(locks) => locks,
        // 1142: SELECT denied on a table, 1227 and 1044 likewise.
        Err(DatabaseError::Statement { reason, .. })
            if ["[1142]", "[1044]", "[1227]"]
                .iter()
                .any(|number| reason.as_str().ends_with(number)) =>
        {
            return Err(DatabaseError::Unexpected(CleanText::from(format!(
                "who holds locks cannot be seen by this user: GRANT SELECT ON performance_schema.* TO {};",
                super::rights::own_account(mysql).await?
            ))));
        }
        Err(error) => return Err(error),
    };
    if locks.is_empty() {
        return Ok(Vec::new());
    }
    let sessions = sessions(mysql, doing).await?;
    let mut found: BTreeMap<i64, LockHolder> = BTreeMap::new();
    for row in &locks {
        let pid: i64 = number(row, 0)?;
        // One that has ended in between holds nothing any more.
        let Some((session, seconds, false)) = sessions.get(&pid) else {
            continue;
        };
        let holder = found.entry(pid).or_insert_with(|| LockHolder {
            session: session.clone(),
            seconds: *seconds,
            holds: Vec::new(),
            waited_seconds: None,
        });
        let what = CleanText::from(text(row, 1));
        if !holder.holds.contains(&what) {
            holder.holds.push(what);
        }
        let waiter = maybe(row, 2).and_then(|pid| pid.parse::<i64>().ok());
        let is_ours = waiter.is_some_and(|pid| matches!(sessions.get(&pid), Some((_, _, true))));
        if is_ours {
            let waited = number(row, 3)?;
            holder.waited_seconds = holder.waited_seconds.max(Some(waited));
        }
    }
    Ok(found.into_values().collect())
}

/// Number of a connection to its session, its age, and whether it is omup's or its migration's.
type Seen = BTreeMap<i64, (Session, Option<u64>, bool)>;

/// All sessions of the server: a lock on our table may be held out of another database.
async fn sessions(mysql: &Mysql, doing: &str) -> Result<Seen> {
    let list = |transactions: bool| {
        let (age, join) = if transactions {
            (
                "TIMESTAMPDIFF(SECOND, x.trx_started, UTC_TIMESTAMP())",
                "LEFT JOIN information_schema.innodb_trx x ON x.trx_mysql_thread_id = t.processlist_id",
            )
        } else {
            ("NULL", "")
        };
        format!(
            "SELECT t.processlist_id, COALESCE(t.processlist_user, ''), \
             CASE WHEN COALESCE(t.processlist_host, 'localhost') = 'localhost' THEN 'local' ELSE t.processlist_host END, \
             COALESCE(a.attr_value, ''), \
             CONCAT(COALESCE(t.processlist_command, ''), IF(COALESCE(t.processlist_state, '') = '', '', CONCAT(', ', t.processlist_state))), \
             {age}, t.processlist_time, COALESCE(t.processlist_info, e.sql_text, ''), \
             IS_USED_LOCK(CONCAT('{MARK}', t.processlist_id)) <=> t.processlist_id, \
             IS_USED_LOCK(CONCAT('{MIGRATION_MARK}', t.processlist_id)) <=> t.processlist_id \
             FROM performance_schema.threads t \
             LEFT JOIN performance_schema.session_account_connect_attrs a ON a.processlist_id = t.processlist_id AND a.attr_name = 'program_name' \
             LEFT JOIN performance_schema.events_statements_current e ON e.thread_id = t.thread_id AND e.nesting_event_id IS NULL {join} \
             WHERE t.processlist_id IS NOT NULL AND t.processlist_command <> 'Daemon'"
        )
    };
    let rows = match mysql.look(doing, list(true)).await {
        Ok(rows) => rows,
        // The ages of transactions need PROCESS.
        Err(_) => mysql.look(doing, list(false)).await?,
    };
    rows.iter()
        .map(|row| {
            let seconds = |column: usize| {
                maybe(row, column)
                    .and_then(|seconds| seconds.parse::<i64>().ok())
                    .map(|seconds| seconds.max(0).cast_unsigned())
            };
            let ours = text(row, 8) == "1" || text(row, 9) == "1";
            let session = Session {
                pid: number(row, 0)?,
                user: text(row, 1).into(),
                address: text(row, 2).into(),
                application: text(row, 3).into(),
                state: text(row, 4).into(),
                transaction_seconds: seconds(5),
                query: CleanText::limited(text(row, 7), QUERY),
                ours,
            };
            Ok((session.pid, (session, seconds(5).or(seconds(6)), ours)))
        })
        .collect()
}

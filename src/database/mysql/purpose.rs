//! What a session is for, and the settings that this asks for.
//!
//! `ANSI_QUOTES` and `NO_BACKSLASH_ESCAPES` make MySQL read names and texts as the standard says, so
//! that `quoting` is the same for every engine (MySQL manual, "Server SQL Modes").

/// What a session is for; decides what it may do and how long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Facts: read only, 30 s a statement, 5 s for a table's metadata lock.
    Look,
    /// Counting rows: read only, 10 min a statement.
    Count,
    /// A snapshot and its digests: read only, no limit.
    Content,
    /// Changing what the plan names; no limit.
    Act,
}

impl Purpose {
    /// Longest time a query may take, in ms as `max_execution_time` counts; 0 = no limit.
    pub fn statement_ms(self) -> u64 {
        match self {
            Purpose::Look => 30_000,
            Purpose::Count => 600_000,
            Purpose::Content | Purpose::Act => 0,
        }
    }

    /// Longest wait for a metadata lock, in seconds. Odd on purpose: [`Purpose::check`] finds out by
    /// it whether the session is still the one that was set up.
    fn lock_seconds(self) -> u32 {
        match self {
            Purpose::Look => 5,
            Purpose::Count | Purpose::Content => 29,
            Purpose::Act => 11,
        }
    }

    fn read_only(self) -> u8 {
        match self {
            Purpose::Look | Purpose::Count | Purpose::Content => 1,
            Purpose::Act => 0,
        }
    }

    /// The statement that sets a session up; the same data gives the same text under it.
    pub fn pins(self) -> String {
        [
            "SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'".to_string(),
            "time_zone = '+00:00'".to_string(),
            "sql_quote_show_create = 1".to_string(),
            "group_concat_max_len = 1048576".to_string(),
            // A server's statistics are up to a day old otherwise.
            "information_schema_stats_expiry = 0".to_string(),
            // A snapshot idles while its dump runs; some servers end idle sessions within minutes.
            "wait_timeout = 604800".to_string(),
            "net_read_timeout = 600".to_string(),
            "net_write_timeout = 600".to_string(),
            format!("max_execution_time = {}", self.statement_ms()),
            format!("lock_wait_timeout = {}", self.lock_seconds()),
            format!("innodb_lock_wait_timeout = {}", self.lock_seconds()),
            "transaction_isolation = 'REPEATABLE-READ'".to_string(),
            format!("transaction_read_only = {}", self.read_only()),
        ]
        .join(", ")
    }

    /// Marks the session as ours and tells whether the settings hold: (held, number of the session).
    ///
    /// A user lock is the one thing that a session can show to everybody without any right: whoever
    /// asks `IS_USED_LOCK` for the name gets its session's number (MySQL manual, "Locking Functions").
    pub fn check(self) -> String {
        format!(
            "SELECT GET_LOCK(CONCAT('{MARK}', CONNECTION_ID()), 0) = 1 \
             AND @@session.lock_wait_timeout = {} AND @@session.transaction_read_only = {}, CONNECTION_ID()",
            self.lock_seconds(),
            self.read_only()
        )
    }
}

/// Before the session's number: the name of the lock that marks sessions of omup.
pub const MARK: &str = "omup session ";

/// The same for the migration's own sessions.
pub const MIGRATION_MARK: &str = "omup migrate ";

#[cfg(test)]
mod tests {
    use super::Purpose;

    #[test]
    fn looking_cannot_write_and_content_has_no_limit() {
        for purpose in [Purpose::Look, Purpose::Count, Purpose::Content] {
            assert!(purpose.pins().ends_with("transaction_read_only = 1"));
        }
        assert!(Purpose::Act.pins().ends_with("transaction_read_only = 0"));
        assert!(Purpose::Content.pins().contains("max_execution_time = 0,"));
    }
}

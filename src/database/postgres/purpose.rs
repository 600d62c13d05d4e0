//! What a session is for, and the settings that this asks for.
//!
//! They are given when the session starts and never by `SET`: through a pooler that shares sessions,
//! a `SET` of ours would stay in a session that OpenMetadata gets next, and a read-only one would
//! break it. Such poolers refuse or ignore start-up options, so [`Purpose::check`] finds them out.

use crate::database::params;

/// What a session is for; decides what it may do and how long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Facts: read only, 30 s a statement, 5 s for a table's lock.
    Look,
    /// Counting rows: read only, 10 min a statement.
    Count,
    /// A snapshot and its digests: read only, no limit, and only qualified names.
    Content,
    /// Changing what the plan names; no limit.
    Act,
}

impl Purpose {
    /// Longest time a statement may take, in ms as PostgreSQL counts; 0 = no limit.
    pub fn statement_ms(self) -> u64 {
        match self {
            Purpose::Look => 30_000,
            Purpose::Count => 600_000,
            Purpose::Content | Purpose::Act => 0,
        }
    }

    fn lock_ms(self) -> u64 {
        match self {
            Purpose::Look => 5_000,
            Purpose::Count | Purpose::Content => 30_000,
            Purpose::Act => 10_000,
        }
    }

    fn read_only(self) -> &'static str {
        match self {
            Purpose::Look | Purpose::Count | Purpose::Content => "on",
            Purpose::Act => "off",
        }
    }

    /// The settings of such a session; the same data gives the same text under them.
    pub fn pins(self, params: &str) -> Vec<(&'static str, String)> {
        let mut pins: Vec<(&str, String)> = [
            ("standard_conforming_strings", "on"),
            ("TimeZone", "UTC"),
            ("DateStyle", "ISO, MDY"),
            ("IntervalStyle", "postgres"),
            ("extra_float_digits", "3"),
            ("bytea_output", "hex"),
            ("xmloption", "content"),
            ("lc_monetary", "C"),
            ("quote_all_identifiers", "off"),
            ("row_security", "off"),
            ("idle_in_transaction_session_timeout", "0"),
            ("default_transaction_read_only", self.read_only()),
            // So that the server notices when this machine is gone, and frees what we hold.
            ("tcp_keepalives_idle", "30"),
            ("tcp_keepalives_interval", "10"),
            ("tcp_keepalives_count", "3"),
        ]
        .map(|(name, value)| (name, value.to_string()))
        .to_vec();
        pins.push(("statement_timeout", self.statement_ms().to_string()));
        pins.push(("lock_timeout", self.lock_ms().to_string()));
        let schemas = match self {
            Purpose::Look | Purpose::Count => params::value(params, "currentSchema"),
            Purpose::Content | Purpose::Act => Some("pg_catalog, pg_temp".to_string()),
        };
        if let Some(schemas) = schemas.filter(|schemas| !schemas.is_empty()) {
            pins.push(("search_path", schemas));
        }
        pins
    }

    /// Asks whether the settings hold, `t` or not, and lifts two limits that only newer servers know
    /// (they may not stand among start-up options elsewhere); a session that keeps our settings is
    /// ours alone.
    pub fn check(self) -> String {
        format!(
            "SELECT held.value AND (SELECT pg_catalog.count(pg_catalog.set_config(s.name, '0', false)) \
               FROM pg_catalog.pg_settings s WHERE held.value AND s.setting <> '0' \
               AND s.name IN ('transaction_timeout', 'idle_session_timeout')) >= 0 \
             FROM (SELECT pg_catalog.count(*) = 2 AS value FROM pg_catalog.pg_settings \
               WHERE (name = 'lock_timeout' AND setting = '{}') \
               OR (name = 'default_transaction_read_only' AND setting = '{}')) AS held",
            self.lock_ms(),
            self.read_only()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Purpose;

    #[test]
    fn looking_cannot_write_and_content_has_no_limit() {
        let of = |purpose: Purpose, name: &str| {
            let pins = purpose.pins("currentSchema=om");
            pins.into_iter().find(|pin| pin.0 == name).map(|pin| pin.1)
        };
        for purpose in [Purpose::Look, Purpose::Count, Purpose::Content] {
            assert_eq!(
                of(purpose, "default_transaction_read_only").as_deref(),
                Some("on")
            );
        }
        assert_eq!(
            of(Purpose::Act, "default_transaction_read_only").as_deref(),
            Some("off")
        );
        assert_eq!(
            of(Purpose::Content, "statement_timeout").as_deref(),
            Some("0")
        );
        assert_eq!(of(Purpose::Look, "search_path").as_deref(), Some("om"));
        assert_eq!(
            of(Purpose::Content, "search_path").as_deref(),
            Some("pg_catalog, pg_temp")
        );
    }
}

//! The database: identity, server version, rights, state.

use super::sample::{history_of, make_practice, right_of, row};
use super::{Case, at};
use crate::domain::backup::Level;
use crate::domain::finding::Verdict::{Fail, Info, Skip, Unknown, Warn};
use crate::domain::names::Engine;
use crate::domain::survey::Probe;
use crate::domain::version::OmVersion;

pub const CASES: &[Case] = &[
    Case {
        shows: "schema 'public'",
        ..at("OM-ID-001", "one schema")
    },
    Case {
        change: |s, _| s.database.schemas = vec!["public".into(), "old".into()],
        verdict: Fail,
        holds: true,
        shows: "schema old",
        ..at("OM-ID-001", "two schemas")
    },
    Case {
        change: |s, _| s.database.schemas.clear(),
        verdict: Fail,
        holds: true,
        ..at("OM-ID-001", "none")
    },
    Case {
        change: |s, _| s.database.identity.database = "openmetadata_copy".to_string(),
        verdict: Fail,
        holds: true,
        shows: "openmetadata_copy",
        ..at("OM-ID-001", "another database")
    },
    Case {
        change: |s, _| s.database.identity.engine = Engine::Sqlite,
        verdict: Fail,
        holds: true,
        ..at("OM-ID-001", "another engine")
    },
    Case {
        change: |s, _| make_practice(s),
        verdict: Skip,
        ..at("OM-ID-001", "practice")
    },
    Case {
        shows: "15.14",
        ..at("OM-DB-001", "in range")
    },
    Case {
        change: |s, _| {
            s.database.major = 14;
            s.database.version_text = "14.9".into();
        },
        verdict: Fail,
        holds: true,
        shows: ">=15",
        ..at("OM-DB-001", "too old")
    },
    Case {
        change: |s, _| {
            s.database.major = 12;
            s.database.version_text = "12.1".into();
            s.versions.target = Probe::Known(OmVersion::new(1, 11, 0));
        },
        ..at("OM-DB-001", "an older target asks for less")
    },
    Case {
        change: |s, _| s.versions.target = Probe::Known(OmVersion::new(1, 1, 0)),
        verdict: Unknown,
        holds: true,
        ..at("OM-DB-001", "a release whose page names no range")
    },
    Case {
        change: |s, _| s.versions.target = Probe::Known(OmVersion::new(1, 99, 0)),
        verdict: Unknown,
        holds: true,
        ..at("OM-DB-001", "a release that we do not know")
    },
    Case {
        change: |s, _| s.versions.target = Probe::Unknown("no jar".into()),
        verdict: Unknown,
        holds: true,
        ..at("OM-DB-001", "no target")
    },
    Case {
        // Up to 1.1 the pages name a range for MySQL only: its source is told, not PostgreSQL's.
        change: |s, _| {
            s.database.identity.engine = Engine::Mysql;
            s.database.major = 8;
            s.database.version_text = "8.0.42".into();
            s.versions.target = Probe::Known(OmVersion::new(1, 1, 7));
        },
        shows: "asks for MySQL >=8.0 (copied 2026-11-26; https://",
        ..at("OM-DB-001", "MySQL, with the page that says so")
    },
    Case {
        change: |s, _| make_practice(s),
        verdict: Skip,
        ..at("OM-DB-001", "practice")
    },
    Case {
        shows: "all 4 rights",
        ..at("OM-DB-002", "all held")
    },
    Case {
        change: |s, _| right_of(s, "CREATE DATABASE").held = false,
        verdict: Fail,
        holds: true,
        shows: "ALTER ROLE openmetadata_user CREATEDB;",
        ..at("OM-DB-002", "cannot make the copy of the proof")
    },
    Case {
        change: |s, a| {
            right_of(s, "CREATE DATABASE").held = false;
            a.backup.level = Level::Restorable;
        },
        verdict: Warn,
        shows: "the way back restores into a new database too",
        ..at("OM-DB-002", "cannot make a copy, and no proof is asked for")
    },
    Case {
        change: |s, _| {
            let right = right_of(s, "SELECT ON ALL TABLES");
            right.held = false;
            right.grant = "GRANT SELECT ON a TO u;\n-- and 7 more".to_string();
            right_of(s, "SEE OTHER SESSIONS").held = false;
        },
        verdict: Fail,
        holds: true,
        shows: "GRANT SELECT ON a TO u; GRANT pg_read_all_stats TO openmetadata_user;",
        ..at("OM-DB-002", "two at once, and a comment swallows nothing")
    },
    Case {
        change: |s, _| right_of(s, "SEE OTHER SESSIONS").held = false,
        verdict: Warn,
        ..at("OM-DB-002", "cannot see others")
    },
    Case {
        change: |s, _| right_of(s, "END OTHER SESSIONS").held = false,
        verdict: Info,
        ..at("OM-DB-002", "cannot end others")
    },
    Case {
        change: |s, _| s.database.rights.clear(),
        verdict: Unknown,
        holds: true,
        ..at("OM-DB-002", "nothing probed")
    },
    Case {
        change: |s, _| make_practice(s),
        verdict: Skip,
        ..at("OM-DB-002", "practice")
    },
    at("OM-DB-003", "takes writes"),
    Case {
        change: |s, _| s.database.read_only = true,
        verdict: Fail,
        holds: true,
        shows: "pg_is_in_recovery",
        ..at("OM-DB-003", "a replica")
    },
    Case {
        change: |s, _| {
            make_practice(s);
            s.database.read_only = true;
        },
        verdict: Fail,
        holds: true,
        ..at("OM-DB-003", "a practice file without rights")
    },
    Case {
        verdict: Skip,
        ..at("OM-DB-005", "PostgreSQL")
    },
    Case {
        change: |s, _| s.database.identity.engine = Engine::Mysql,
        ..at("OM-DB-005", "InnoDB only")
    },
    Case {
        change: |s, _| {
            s.database.identity.engine = Engine::Mysql;
            s.database.without_transactions = vec!["notes (MyISAM)".into()];
        },
        verdict: Warn,
        shows: "notes (MyISAM)",
        ..at("OM-DB-005", "a table without transactions")
    },
    Case {
        shows: "last migrated to 1.10.7",
        ..at("OM-DB-004", "an OpenMetadata")
    },
    Case {
        change: |s, _| {
            let history = history_of(s);
            (history.native, history.flyway) = (None, None);
        },
        verdict: Fail,
        holds: true,
        shows: "there is no such table",
        ..at("OM-DB-004", "empty")
    },
    Case {
        change: |s, _| history_of(s).native = None,
        verdict: Fail,
        holds: true,
        shows: "Flyway",
        ..at("OM-DB-004", "before 1.1")
    },
    Case {
        change: |s, _| history_of(s).native = Some(vec![row("0.0.15", None)]),
        verdict: Fail,
        holds: true,
        shows: "1 row",
        ..at("OM-DB-004", "no finished version")
    },
    Case {
        change: |s, _| s.history = Probe::Unknown("connection lost".into()),
        verdict: Unknown,
        holds: true,
        shows: "connection lost",
        ..at("OM-DB-004", "history not readable")
    },
    at("OM-LEFT-001", "none left"),
    Case {
        change: |s, _| s.database.leftovers = vec!["omup_a\"b".to_string(), "omup_c".to_string()],
        verdict: Warn,
        shows: "DROP DATABASE \"omup_a\"\"b\"; DROP DATABASE \"omup_c\";",
        ..at("OM-LEFT-001", "two left")
    },
    Case {
        change: |s, _| {
            make_practice(s);
            s.database.leftovers = vec!["omup_x".to_string()];
        },
        verdict: Warn,
        ..at("OM-LEFT-001", "left in practice")
    },
    at("OM-DATA-001", "all ends are there"),
    Case {
        change: |s, _| s.orphans = Some(Probe::Known([("user".to_string(), 3)].into())),
        verdict: Warn,
        shows: "user: 3",
        ..at("OM-DATA-001", "some are gone")
    },
    Case {
        change: |s, _| s.orphans = None,
        verdict: Skip,
        ..at("OM-DATA-001", "not asked")
    },
    Case {
        change: |s, _| s.orphans = Some(Probe::Unknown("statement timeout".into())),
        verdict: Unknown,
        holds: true,
        ..at("OM-DATA-001", "asked without an answer")
    },
];

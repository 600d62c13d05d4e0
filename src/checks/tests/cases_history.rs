//! OpenMetadata's bookkeeping.

use super::sample::{history_of, row, unknown};
use super::{Case, at};
use crate::domain::finding::Verdict::{Fail, Info, Unknown, Warn};
use crate::domain::migration::FlywayRow;
use crate::domain::survey::Probe;

pub const CASES: &[Case] = &[
    at("OM-HIST-001", "all finished"),
    Case {
        change: |s, _| {
            let history = history_of(s);
            history.has_status = true;
            history.native = Some(vec![row("1.10.7", Some("COMPLETED"))]);
        },
        ..at("OM-HIST-001", "finished by its status")
    },
    Case {
        change: |s, _| {
            history_of(s).native = Some(vec![row("1.10.7", None), row("1.11.0", Some("STARTED"))])
        },
        verdict: Fail,
        holds: true,
        shows: "1.11.0 was started and never finished",
        ..at("OM-HIST-001", "a version was begun")
    },
    Case {
        change: |s, _| history_of(s).native = Some(vec![row("1.10.7", Some("FAILED"))]),
        verdict: Fail,
        holds: true,
        ..at("OM-HIST-001", "a version failed")
    },
    Case {
        change: |s, _| {
            history_of(s).flyway = Some(vec![FlywayRow {
                version: "014".into(),
                success: false,
            }]);
        },
        verdict: Fail,
        holds: true,
        shows: "014",
        ..at("OM-HIST-001", "a Flyway row failed")
    },
    Case {
        change: |s, _| {
            history_of(s).native = Some(vec![row("1.10.7", None), row("1.13.0-collate", None)])
        },
        verdict: Fail,
        holds: true,
        shows: "1.13.0-collate",
        ..at("OM-HIST-001", "newer than the target")
    },
    Case {
        change: |s, _| history_of(s).native = Some(vec![row("1.10.7", None), row("one", None)]),
        verdict: Unknown,
        holds: true,
        ..at("OM-HIST-001", "a row that is no version")
    },
    Case {
        change: |s, _| history_of(s).native = Some(vec![row("1.10.7", Some("PAUSED"))]),
        verdict: Unknown,
        holds: true,
        ..at("OM-HIST-001", "a status that we do not know")
    },
    Case {
        change: |s, _| history_of(s).native = None,
        verdict: Unknown,
        holds: true,
        ..at("OM-HIST-001", "no table")
    },
    Case {
        shows: "2 versions with 5 statements",
        ..at("OM-HIST-002", "work is pending")
    },
    Case {
        shows: "1.11.0: 3 statements, 2 rebuild a whole table",
        ..at("OM-HIST-002", "by version")
    },
    Case {
        change: |s, _| {
            if let Probe::Known(work) = &mut s.pending {
                work.versions[1].repeated = 2;
            }
        },
        shows: "2 more repeat an earlier one word for word",
        ..at("OM-HIST-002", "texts that come again")
    },
    Case {
        change: |s, _| s.pending = Probe::Known(Default::default()),
        verdict: Info,
        ..at("OM-HIST-002", "nothing is pending")
    },
    Case {
        change: |s, _| {
            if let Probe::Known(work) = &mut s.pending {
                work.versions[0].ignored_files = vec!["postDataMigration.sql".into()];
            }
        },
        verdict: Warn,
        shows: "postDataMigration.sql",
        ..at("OM-HIST-002", "a misnamed file")
    },
    Case {
        change: |s, _| s.pending = unknown(),
        verdict: Unknown,
        holds: true,
        ..at("OM-HIST-002", "cannot be computed")
    },
    Case {
        shows: "1 statement is logged",
        ..at("OM-HIST-003", "the rule holds")
    },
    Case {
        change: |s, _| history_of(s).foreign_checksums = 1,
        verdict: Unknown,
        holds: true,
        shows: "md5(sqlstatement)",
        ..at("OM-HIST-003", "a checksum of another rule")
    },
    Case {
        change: |s, _| s.history = unknown(),
        verdict: Unknown,
        holds: true,
        ..at("OM-HIST-003", "no history")
    },
];

//! Versions, path, notes.

use super::sample::{unknown, v};
use super::{Case, at};
use crate::domain::finding::Verdict::{Fail, Info, Skip, Unknown, Warn};
use crate::domain::survey::{Owner, Probe};

pub const CASES: &[Case] = &[
    Case {
        shows: "all say 1.10.7",
        ..at("OM-VER-001", "three agree")
    },
    Case {
        change: |s, _| {
            s.versions.server = unknown();
            s.deployment.owner = Owner::NotRunning;
        },
        verdict: Info,
        shows: "does not run",
        ..at("OM-VER-001", "server down, the others agree")
    },
    Case {
        change: |s, _| {
            s.versions.files = v(1, 10, 9);
            s.versions.server = v(1, 10, 9);
        },
        verdict: Info,
        shows: "not every release brings one",
        ..at("OM-VER-001", "a release without a migration runs")
    },
    Case {
        change: |s, _| {
            s.versions.files = v(1, 10, 9);
            s.versions.server = unknown();
            s.deployment.owner = Owner::NotRunning;
        },
        verdict: Unknown,
        holds: true,
        shows: "1.10.9",
        ..at(
            "OM-VER-001",
            "a release without a migration, and no server to settle it",
        )
    },
    Case {
        change: |s, _| s.versions.server = v(1, 10, 8),
        verdict: Fail,
        holds: true,
        shows: "1.10.8",
        ..at("OM-VER-001", "another server runs")
    },
    Case {
        change: |s, _| s.versions.database = v(1, 12, 0),
        verdict: Fail,
        holds: true,
        shows: "1.12.0",
        ..at("OM-VER-001", "the database is ahead of its files")
    },
    Case {
        change: |s, _| s.versions.database = v(1, 9, 12),
        verdict: Fail,
        holds: true,
        ..at("OM-VER-001", "the database is of an older line")
    },
    Case {
        change: |s, _| s.versions.server = unknown(),
        verdict: Unknown,
        holds: true,
        shows: "permission denied",
        ..at("OM-VER-001", "a server runs and is silent")
    },
    Case {
        change: |s, _| s.versions.files = unknown(),
        verdict: Unknown,
        holds: true,
        ..at("OM-VER-001", "the files are silent")
    },
    at("OM-VER-002", "one hop"),
    Case {
        change: |s, _| s.versions.target = v(2, 1, 0),
        verdict: Fail,
        holds: true,
        shows: "newest 2.0.x first",
        ..at("OM-VER-002", "a stop has to be made first")
    },
    Case {
        change: |s, _| s.versions.target = v(1, 9, 12),
        verdict: Fail,
        holds: true,
        shows: "downgrade",
        ..at("OM-VER-002", "downgrade")
    },
    Case {
        change: |s, _| s.versions.target = v(9, 0, 0),
        verdict: Fail,
        holds: true,
        ..at("OM-VER-002", "the far future asks for the same stop")
    },
    Case {
        change: |s, _| s.versions.target = v(1, 99, 0),
        verdict: Unknown,
        holds: true,
        ..at("OM-VER-002", "a target that we do not know")
    },
    Case {
        change: |s, _| s.versions.target = v(1, 12, 99),
        verdict: Unknown,
        holds: true,
        shows: "never released",
        ..at("OM-VER-002", "a patch that we do not know")
    },
    Case {
        change: |s, _| s.versions.target = Probe::Known("1.12.4-rc1".parse().expect("version")),
        verdict: Unknown,
        holds: true,
        shows: "'rc1'",
        ..at("OM-VER-002", "a release candidate")
    },
    Case {
        change: |s, _| s.versions.database = v(1, 9, 12),
        verdict: Warn,
        shows: "upgrade to 1.10.14 first",
        ..at("OM-VER-002", "a stop that nobody forces")
    },
    Case {
        change: |s, _| s.versions.database = unknown(),
        verdict: Unknown,
        holds: true,
        ..at("OM-VER-002", "the start is not known")
    },
    Case {
        shows: "1.12.4",
        ..at("OM-VER-003", "a known release")
    },
    Case {
        change: |s, _| s.versions.target = v(1, 99, 0),
        verdict: Warn,
        shows: "not known for this target",
        ..at("OM-VER-003", "a release that we do not know")
    },
    Case {
        change: |s, _| s.versions.target = Probe::Known("1.12.4-rc1".parse().expect("version")),
        verdict: Warn,
        shows: "no release: a candidate",
        ..at("OM-VER-003", "a release candidate")
    },
    Case {
        change: |s, _| s.versions.target = unknown(),
        verdict: Unknown,
        holds: true,
        shows: "/opt/openmetadata-1.12.4",
        ..at("OM-VER-003", "no release in the folder")
    },
    Case {
        verdict: Warn,
        shows: "omup notes 1.10.7 1.12.4",
        ..at("OM-NOTES-001", "there is something to act on")
    },
    Case {
        verdict: Warn,
        shows: "Elasticsearch 9 or OpenSearch 3 required",
        ..at("OM-NOTES-001", "what is to act on is named")
    },
    Case {
        change: |s, _| s.versions.target = v(1, 10, 7),
        verdict: Skip,
        ..at("OM-NOTES-001", "nothing is crossed")
    },
    Case {
        change: |s, _| s.versions.target = v(1, 99, 0),
        verdict: Unknown,
        holds: true,
        shows: "does not cover",
        ..at("OM-NOTES-001", "notes that we do not have")
    },
    Case {
        change: |s, _| s.versions.target = unknown(),
        verdict: Unknown,
        holds: true,
        ..at("OM-NOTES-001", "no target")
    },
];

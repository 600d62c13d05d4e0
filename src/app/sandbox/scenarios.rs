//! What can go wrong in practice, as data: the faults of the practice deployment, the words for a
//! person who upgrades for the first time, and the end that each must have.

use crate::exit_code::ExitCode;

/// A scenario of the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    pub name: &'static str,
    /// One sentence: what happens.
    pub about: &'static str,
    /// What the learner will see, in order.
    pub see: &'static [&'static str],
    /// The end that is right, and why.
    pub right_end: &'static str,
    /// The scenario's part of the practice deployment's `faults.toml`.
    pub faults: &'static str,
    /// More sections of the answers.
    pub answers: &'static str,
    /// What the practice database's server gives a session for sorting; `None`: as much as it needs.
    pub sort_memory: Option<&'static str>,
    /// Something starts the old server again whenever it is down.
    pub watchdog: bool,
    /// How `omup run` ends.
    pub upgrade_ends: ExitCode,
    /// What an operator does about it.
    pub then: Then,
    /// How that ends.
    pub ends: ExitCode,
}

/// What an operator does after `omup run` has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing was changed; nothing has to be done.
    Nothing,
    /// `omup rollback --way restore`.
    GoBack,
    /// `omup resume`.
    GoOn,
    /// Mend the cause outside of `omup`, then `omup resume --again`.
    MendAndGoOn {
        /// The mending, in words.
        mending: &'static str,
    },
}

/// Every scenario, the good one first.
pub fn scenarios() -> &'static [Scenario] {
    SCENARIOS
}

/// The scenario of a name.
pub fn scenario(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}

/// The good one; the others say where they differ.
const GOOD: Scenario = Scenario {
    name: "good",
    about: "everything goes well; then it is taken back all the same",
    see: &[
        "a backup that is restored and compared before anything is changed",
        "the migration, and the new version serving",
        "the way back: the old version on the restored database",
    ],
    right_end: "The old version serves the restored database, equal to the backup; the upgraded one is kept beside it.",
    faults: "",
    answers: "",
    sort_memory: None,
    watchdog: false,
    upgrade_ends: ExitCode::Ok,
    then: Then::GoBack,
    ends: ExitCode::RolledBack,
};

const SCENARIOS: &[Scenario] = &[
    GOOD,
    Scenario {
        name: "out-of-sort-memory",
        about: "the migration stops because the database gives it too little memory for sorting",
        see: &[
            "a warning of the checks that few people read: 256 kB for sorting",
            "\"Out of sort memory, consider increasing server sort buffer size\" in the migration's log",
            "the migration going on where it stopped, once the database gives 20 MB",
        ],
        right_end: "The new version serves. A migration may go on after its cause is mended: what is recorded is not run again.",
        answers: "\n[memory]\nway = \"leave\"\n",
        sort_memory: Some("256kB"),
        upgrade_ends: ExitCode::FailedAfterPoint,
        then: Then::MendAndGoOn {
            mending: "now the database's administrator raises the sort memory to 20 MB (data/server.cnf)",
        },
        ends: ExitCode::Ok,
        ..GOOD
    },
    Scenario {
        name: "disk-full",
        about: "the disk is full in the middle of the dump; the backup is refused, nothing is changed",
        see: &[
            "the dump beginning as always",
            "the disk refusing to take more, and the run ending before any downtime",
        ],
        right_end: "Nothing was changed and the old version serves. What was written is not called a backup. Make room, then `omup resume`.",
        faults: "disk_full_after_bytes = 200000\n",
        upgrade_ends: ExitCode::Backup,
        then: Then::Nothing,
        ends: ExitCode::Backup,
        ..GOOD
    },
    Scenario {
        name: "dump-ends-early",
        about: "the dump ends early with exit code 0; the backup is refused, nothing is changed",
        see: &[
            "a dump tool that says it went well",
            "its end missing all the same: the trailer, and tables that the database has",
        ],
        right_end: "Nothing was changed and the old version serves. An exit code of 0 is no proof of a backup.",
        faults: "dump_ends_early_after_bytes = 200000\n",
        upgrade_ends: ExitCode::Backup,
        then: Then::Nothing,
        ends: ExitCode::Backup,
        ..GOOD
    },
    Scenario {
        name: "connection-lost",
        about: "the migration loses its database connection after a statement, before it is recorded",
        see: &[
            "the tool ending with an I/O error of its connection",
            "the database examined: how far it is recorded, and what is not",
            "both ways offered: going on, and the restore that is recommended",
        ],
        right_end: "The old version serves the restored database. The lost statement had run without a record: going on would run it twice, and it cannot be run twice.",
        faults: "lose_connection_at = \"1.11.0:1\"\n",
        upgrade_ends: ExitCode::FailedAfterPoint,
        then: Then::GoBack,
        ends: ExitCode::RolledBack,
        ..GOOD
    },
    Scenario {
        name: "server-comes-back",
        about: "something starts the old server again during the downtime, like a forgotten cron job",
        see: &[
            "the server stopped, and back within a second",
            "the run ending before the point of no return, the old version serving",
            "the upgrade going through once the cron job is gone",
        ],
        right_end: "The new version serves. An old server that writes into a half migrated database is worse than a late upgrade: the run waited until nothing could start it.",
        watchdog: true,
        upgrade_ends: ExitCode::StoppedAndPutBack,
        then: Then::MendAndGoOn {
            mending: "now the cron job that starts the server is removed",
        },
        ends: ExitCode::Ok,
        ..GOOD
    },
    Scenario {
        name: "migration-fails",
        about: "a statement of the migration fails half way; the way back is a restore",
        see: &[
            "the failing statement and the database's own words",
            "the ways back with their price",
            "the restore, into a new database beside the damaged one",
        ],
        right_end: "The old version serves the restored database, equal to the backup; the half migrated one is kept for whoever looks for the cause.",
        faults: "fail_statement = \"1.12.0:2\"\n",
        upgrade_ends: ExitCode::FailedAfterPoint,
        ..GOOD
    },
    Scenario {
        name: "success-printed",
        about: "the tool prints success and exits 0, but a version is missing",
        see: &[
            "\"WorkFlow Completed\" in the tool's log, exit code 0",
            "the rows of the database saying otherwise",
        ],
        right_end: "The old version serves the restored database. Success is what the database records, not what a tool prints.",
        faults: "success_with_versions_missing = true\n",
        upgrade_ends: ExitCode::FailedAfterPoint,
        ..GOOD
    },
    Scenario {
        name: "search-down",
        about: "search is down after the schema has moved; the way back is a restore",
        see: &[
            "every statement recorded, and the tool failing behind them",
            "the way back: a restore, because the old version cannot serve the new schema",
        ],
        right_end: "The old version serves the restored database, equal to the backup.",
        faults: "search_down = true\n",
        upgrade_ends: ExitCode::FailedAfterPoint,
        ..GOOD
    },
    Scenario {
        name: "runner-killed",
        about: "the runner is killed at the worst moment: a statement has run and is not recorded yet",
        see: &[
            "the view ending: its runner is gone without a word",
            "the migration going on by itself, because it does not depend on us",
            "`omup resume` finding it, waiting for it, and judging by what the database records",
        ],
        right_end: "The new version serves. There was one migration only: the runner that came later adopted it.",
        faults: "kill_runner_at = \"1.12.0:2\"\npause_before_record_at = \"1.12.0:2\"\npause_before_record_ms = 2500\n",
        // Killed, it can give no exit code of its own.
        upgrade_ends: ExitCode::Internal,
        then: Then::GoOn,
        ends: ExitCode::Ok,
        ..GOOD
    },
];

#[cfg(test)]
mod tests {
    use super::{scenario, scenarios};

    #[test]
    fn names_differ_and_everything_is_said() {
        for one in scenarios() {
            assert_eq!(scenario(one.name), Some(one), "two are called {}", one.name);
            assert!(!one.about.is_empty() && !one.see.is_empty() && !one.right_end.is_empty());
            let told = scenarios().iter().filter(|other| other.see == one.see);
            assert_eq!(told.count(), 1, "{} tells another one's story", one.name);
        }
    }
}

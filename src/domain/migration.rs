//! OpenMetadata's migration bookkeeping and what a target's files would still run.
//!
//! Table shapes: OpenMetadata `v000__create_server_change_log.sql` and `MigrationHistoryTable.java`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::clean_text::CleanText;
use super::schema_touch::Reading;
use super::version::OmVersion;

/// What the database says about migrations done so far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// Rows of `DATABASE_CHANGE_LOG` (Flyway); `None` when the table does not exist.
    pub flyway: Option<Vec<FlywayRow>>,
    /// Rows of `SERVER_CHANGE_LOG`; `None` when the table does not exist.
    pub native: Option<Vec<NativeRow>>,
    /// Version text to the checksums in `SERVER_MIGRATION_SQL_LOGS`.
    pub statements: BTreeMap<String, Vec<String>>,
    /// Rows whose checksum is not the MD5 of their text: the hash rule that we know does not hold.
    pub foreign_checksums: u64,
    /// `SERVER_CHANGE_LOG` has a `status` column (2.1 and newer).
    pub has_status: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlywayRow {
    pub version: CleanText,
    pub success: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NativeRow {
    pub version: CleanText,
    /// `STARTED`, `COMPLETED`, `FAILED`, where the column exists.
    pub status: Option<CleanText>,
}

impl History {
    /// Highest finished native version, by number, bookkeeping rows left out.
    pub fn highest(&self) -> Option<OmVersion> {
        self.native
            .iter()
            .flatten()
            .filter(|row| {
                row.status
                    .as_ref()
                    .is_none_or(|s| s.as_str() == "COMPLETED")
            })
            .filter_map(|row| row.version.as_str().parse::<OmVersion>().ok())
            .filter(|version| !version.is_bookkeeping())
            .max()
    }

    /// True when a row of this version says that it finished.
    pub fn finished(&self, version: &OmVersion) -> bool {
        self.native.iter().flatten().any(|row| {
            row.version.as_str().parse::<OmVersion>().as_ref() == Ok(version)
                && row
                    .status
                    .as_ref()
                    .is_none_or(|s| s.as_str() == "COMPLETED")
        })
    }

    /// True when the log holds this statement under any of its keys.
    pub fn has_run(&self, statement: &PendingStatement) -> bool {
        self.has_statement(&statement.checksum)
            || statement
                .other_checksums
                .iter()
                .any(|key| self.has_statement(key))
    }

    /// True when any statement of any version carries this checksum.
    pub fn has_statement(&self, checksum: &str) -> bool {
        self.statements
            .values()
            .any(|list| list.iter().any(|c| c == checksum))
    }
}

/// One migration directory of the target with what it would run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingVersion {
    pub version: OmVersion,
    /// Checksums (MD5 hex of the statement text) of `schemaChanges.sql`, then of
    /// `postDataMigrationSQLScript.sql`.
    pub statements: Vec<PendingStatement>,
    /// Files that the runner will silently ignore.
    pub ignored_files: Vec<CleanText>,
    /// Statements left out because their text came before, here or in an earlier version.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeated: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingStatement {
    /// The key under which it is expected in the log.
    pub checksum: String,
    /// Keys under other rules about leading comments: which one the tool follows is only known
    /// once its log shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_checksums: Vec<String>,
    /// First words, for progress and plan.
    pub head: CleanText,
    pub class: StatementClass,
    /// The table it touches first, where that can be read.
    pub table: Option<CleanText>,
    #[serde(default)]
    pub needs: StatementNeeds,
}

/// What a statement asks of the database that it will run on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StatementNeeds {
    /// Characters of its text.
    pub length: u64,
    /// Those beyond ASCII, each once.
    pub letters: String,
    /// Functions that not every server has.
    pub calls: Vec<String>,
    pub reading: Reading,
}

/// What kind of work a statement is, by its first words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatementClass {
    Schema,
    Rebuild,
    Index,
    Data,
    Other,
}

/// Where a migration stands by its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// Every version is recorded as finished.
    End,
    /// In order up to here. `None`: every statement of the version is recorded, its data step or its
    /// own row is not.
    At {
        version: OmVersion,
        statement: Option<Box<PendingStatement>>,
    },
    /// Something is recorded that comes after something that is not.
    Unordered { why: String },
}

/// All that the target would run on this database.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PendingWork {
    pub versions: Vec<PendingVersion>,
}

impl PendingWork {
    pub fn statements(&self) -> usize {
        self.versions
            .iter()
            .map(|version| version.statements.len())
            .sum()
    }

    /// How far it came, judged by what was recorded before it began and is now.
    pub fn reached(&self, before: &History, now: &History) -> Reached {
        let unordered = |why: String| Reached::Unordered { why };
        let status = |row: &&NativeRow| {
            row.status
                .as_ref()
                .is_some_and(|s| s.as_str() != "COMPLETED")
        };
        if let Some(row) = now.native.iter().flatten().find(status) {
            return unordered(format!(
                "the row of {} does not say that it is completed",
                row.version
            ));
        }
        let Some(at) = self.versions.iter().position(|v| !now.finished(&v.version)) else {
            return Reached::End;
        };
        let (finished, open) = self.versions.split_at(at);
        let (current, later) = (&open[0], &open[1..]);
        if let Some(version) = later.iter().find(|v| now.finished(&v.version)) {
            return unordered(format!(
                "{} is finished, {} is not",
                version.version, current.version
            ));
        }
        let lacking = |v: &&PendingVersion| !v.statements.iter().all(|s| now.has_run(s));
        if let Some(version) = finished.iter().find(lacking) {
            return unordered(format!(
                "{} is finished, but not all of its statements are recorded",
                version.version
            ));
        }
        let next = current.statements.iter().position(|s| !now.has_run(s));
        let done = next.unwrap_or(current.statements.len());
        // One text in two places has one record, and what ran long ago says nothing about today.
        let known: BTreeSet<&str> = finished
            .iter()
            .flat_map(|v| &v.statements)
            .chain(&current.statements[..done])
            .map(|s| s.checksum.as_str())
            .collect();
        let early = current.statements[done..]
            .iter()
            .chain(later.iter().flat_map(|v| &v.statements))
            .find(|s| now.has_run(s) && !before.has_run(s) && !known.contains(s.checksum.as_str()));
        if let Some(statement) = early {
            return unordered(format!(
                "'{}' is recorded, and a statement before it is not",
                statement.head
            ));
        }
        Reached::At {
            version: current.version.clone(),
            statement: next.map(|next| Box::new(current.statements[next].clone())),
        }
    }
}

//! What can go wrong with a backup, in sentences, and what each means for the operator.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use crate::database::DatabaseError;
use crate::domain::clean_text::CleanText;
use crate::domain::content::Difference;
use crate::domain::names::Identity;
use crate::domain::step::Failure;
use crate::exit_code::ExitCode;
use crate::process::ProcessError;

/// One stage of the pipeline that failed; the failures of all stages are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageFailure {
    pub stage: Stage,
    pub why: CleanText,
}

/// The stages between the database and the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Dump,
    Read,
    Compress,
    Store,
    Sync,
}

impl Stage {
    pub fn words(self) -> &'static str {
        match self {
            Stage::Dump => "the dump tool",
            Stage::Read => "reading from the dump tool",
            Stage::Compress => "compressing",
            Stage::Store => "writing to the disk",
            Stage::Sync => "making it durable (fsync)",
        }
    }
}

/// One damage found in a stored backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file, relative to the backup's folder.
    pub file: CleanText,
    pub what: CleanText,
}

impl Damage {
    pub(super) fn new(file: &str, what: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            what: CleanText::from(what.into()),
        }
    }
}

/// Why a backup could not be taken, verified, proven or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Stages failed; none hides another.
    #[error("the backup pipeline failed: {}", stages(.0))]
    Stages(Vec<StageFailure>),
    /// Every stage said yes and the dump is still not whole.
    #[error("the dump is not complete: {}", sentences(.0))]
    Incomplete(Vec<CleanText>),
    /// Nothing moved for too long.
    #[error("nothing moved for {seconds} s while {doing}, so it was stopped ({said})")]
    Stalled {
        doing: &'static str,
        seconds: u64,
        said: CleanText,
    },
    /// A file or folder could not be used.
    #[error("cannot {doing} {}: {reason}", clean(.path))]
    Storage {
        doing: &'static str,
        path: PathBuf,
        reason: CleanText,
        /// True when the disk or the quota is full.
        full: bool,
    },
    /// The arithmetic says no before anything was started.
    #[error("not enough room: {}", sentences(.0))]
    NoRoom(Vec<CleanText>),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// Stored bytes are not what was written.
    #[error("the backup in {} is damaged: {}", clean(.folder), damages(.damage))]
    Damaged {
        folder: PathBuf,
        damage: Vec<Damage>,
    },
    /// A file of OpenMetadata's old command, which is no backup.
    #[error("{} is not accepted: {}", clean(.file), crate::domain::data_only::WHY)]
    DataOnly { file: PathBuf },
    /// The backup or the connection belongs to another database.
    #[error("this is another database: the backup is of {backup}, the connection leads to {here}")]
    Foreign {
        backup: Box<Identity>,
        here: Box<Identity>,
    },
    /// The restore tool failed.
    #[error("cannot restore into '{database}': {why}")]
    Restore { database: CleanText, why: CleanText },
    /// The restored copy is not the source.
    #[error("the restored copy differs from the source: {}", differences(.0))]
    Different(Vec<Difference>),
}

pub type Result<T> = std::result::Result<T, BackupError>;

/// What was being done; decides the exit code of what is neither damage nor a foreign backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum During {
    Take,
    Prove,
    Verify,
    Restore,
}

impl BackupError {
    pub(super) fn storage(doing: &'static str, path: &Path, error: &io::Error) -> Self {
        BackupError::Storage {
            doing,
            path: path.to_path_buf(),
            reason: reason(error),
            full: is_full(error),
        }
    }

    /// The exit code of the program.
    pub fn exit(&self, during: During) -> ExitCode {
        match (self, during) {
            (
                BackupError::Damaged { .. }
                | BackupError::DataOnly { .. }
                | BackupError::Foreign { .. },
                _,
            ) => ExitCode::BackupDamaged,
            (
                BackupError::Database(DatabaseError::PasswordFile { .. }),
                During::Take | During::Prove | During::Verify,
            ) => ExitCode::StateFolder,
            (_, During::Take) => ExitCode::Backup,
            (_, During::Prove | During::Verify) => ExitCode::Verification,
            (_, During::Restore) => ExitCode::RollbackFailed,
        }
    }

    /// The four parts that an operator needs.
    pub fn failure(&self, during: During) -> Failure {
        let (what, safe) = match during {
            During::Take => (
                "take the backup",
                "The database was only read; older backups were not touched.",
            ),
            During::Prove => (
                "prove the backup",
                "The database was not changed; the backup is kept as it is.",
            ),
            During::Verify => (
                "verify the backup",
                "Nothing was changed; the backup was only read.",
            ),
            During::Restore => (
                "restore the backup",
                "The database in use was not touched; the restore goes into a new one beside it.",
            ),
        };
        Failure::new(self.exit(during), what, self.to_string(), safe, self.next())
    }

    fn next(&self) -> &'static str {
        match self {
            BackupError::Storage { full: true, .. } | BackupError::NoRoom(_) => {
                "Make room or choose another folder, then resume."
            }
            BackupError::Stages(failures)
                if failures.iter().any(|f| f.why.as_str().contains(FULL)) =>
            {
                "Make room or choose another folder, then resume."
            }
            BackupError::Stages(_) | BackupError::Incomplete(_) => {
                "Read the step's log for what the dump tool said, then resume to take a new backup."
            }
            BackupError::Stalled { .. } => {
                "Look for a lock or a dead connection (another session may hold a table), then resume."
            }
            BackupError::Storage { .. } | BackupError::Process(_) => "Remove the cause and resume.",
            // The database has no part in it.
            BackupError::Database(DatabaseError::PasswordFile { .. }) => {
                "Make room for the state folder, then resume."
            }
            BackupError::Database(DatabaseError::Unexpected(_)) => "Remove the cause and resume.",
            BackupError::Database(_) => "See that the database answers, then resume.",
            BackupError::Damaged { .. } => "Use another backup; do not restore this one.",
            BackupError::DataOnly { .. } => {
                "Take a dump of the running old version (`omup run` takes one), or restore a native dump of it."
            }
            BackupError::Foreign { .. } => {
                "Check host, port and database name; use the backup of this very database."
            }
            BackupError::Restore { .. } => "Read the step's log for what the restore tool said.",
            BackupError::Different(_) => {
                "Do not rely on this backup: look at the named tables, then take a new one."
            }
        }
    }
}

/// What is said of a full disk, and looked for when choosing the advice.
const FULL: &str = "the disk is full";

/// An error of the system in words, a full disk first.
pub(super) fn reason(error: &io::Error) -> CleanText {
    match error.kind() {
        io::ErrorKind::FileTooLarge => CleanText::from(format!(
            "{FULL} for this file: a limit of its size ({error})"
        )),
        _ if is_full(error) => CleanText::from(format!("{FULL} ({error})")),
        _ => CleanText::from(error.to_string()),
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            // A limit on the size of files (`ulimit -f`), or the file system's own.
            | io::ErrorKind::FileTooLarge
    )
}

fn clean(path: &Path) -> CleanText {
    CleanText::new(&path.to_string_lossy())
}

fn stages(failures: &[StageFailure]) -> String {
    joined(
        failures
            .iter()
            .map(|f| format!("{}: {}", f.stage.words(), f.why)),
    )
}

fn sentences(lines: &[CleanText]) -> String {
    joined(lines.iter().map(CleanText::to_string))
}

fn damages(damage: &[Damage]) -> String {
    joined(damage.iter().map(|d| format!("{} {}", d.file, d.what)))
}

fn differences(differences: &[Difference]) -> String {
    joined(
        differences
            .iter()
            .map(|d| format!("{} {}", d.what, d.detail)),
    )
}

/// At most ten entries; the rest is counted.
fn joined(entries: impl ExactSizeIterator<Item = String>) -> String {
    let all = entries.len();
    let mut out = String::new();
    for (number, entry) in entries.take(10).enumerate() {
        if number > 0 {
            out.push_str("; ");
        }
        out.push_str(&entry);
    }
    if all > 10 {
        // Writing to a string cannot fail.
        let _ = write!(out, "; and {} more", all - 10);
    }
    out
}

//! The exit codes of `omup`, one table for the program, its manual and its tests.
//!
//! A code says where the work stands, so that a script or a tired person can act on it without
//! reading a log. Codes are never reused for another meaning.

use std::process::ExitCode as Code;

/// How an `omup` command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExitCode {
    Ok,
    Internal,
    Usage,
    CannotSurvey,
    StateFolder,
    ChecksBlock,
    PathRefused,
    Locked,
    Backup,
    Verification,
    BackupDamaged,
    Tuning,
    StoppedAndPutBack,
    FailedBeforePoint,
    FailedAfterPoint,
    Validation,
    RolledBack,
    RollbackFailed,
    WaitingForInput,
    LockLost,
    HungUp,
    Interrupted,
    Quit,
    OutputClosed,
    Terminated,
}

impl ExitCode {
    /// Every code with its number and its meaning, in the order of the manual.
    pub const TABLE: &'static [(ExitCode, u8, &'static str)] = &[
        (ExitCode::Ok, 0, "done, and proven by state"),
        (ExitCode::Internal, 1, "a fault of omup itself"),
        (
            ExitCode::Usage,
            2,
            "the command line or the answers file is wrong",
        ),
        (
            ExitCode::CannotSurvey,
            3,
            "cannot connect to or survey the deployment",
        ),
        (
            ExitCode::StateFolder,
            4,
            "the state folder or the journal cannot be used",
        ),
        (ExitCode::ChecksBlock, 10, "checks block the upgrade"),
        (ExitCode::PathRefused, 11, "this version path is refused"),
        (ExitCode::Locked, 12, "another run holds this database"),
        (
            ExitCode::Backup,
            20,
            "the backup failed; nothing was changed",
        ),
        (
            ExitCode::Verification,
            21,
            "the backup could not be proven; nothing was changed",
        ),
        (
            ExitCode::BackupDamaged,
            22,
            "the backup is damaged or belongs to another deployment",
        ),
        (
            ExitCode::Tuning,
            30,
            "a database setting could not be changed or put back",
        ),
        (
            ExitCode::StoppedAndPutBack,
            31,
            "stopped before the point of no return and put back",
        ),
        (
            ExitCode::FailedBeforePoint,
            40,
            "failed before the point of no return",
        ),
        (
            ExitCode::FailedAfterPoint,
            41,
            "failed after the point of no return; see the ways back",
        ),
        (
            ExitCode::Validation,
            50,
            "the new version runs but validation failed",
        ),
        (
            ExitCode::RolledBack,
            60,
            "rolled back: restored, equal, and the old version serves",
        ),
        (
            ExitCode::RollbackFailed,
            61,
            "the rollback failed; both databases are kept",
        ),
        (ExitCode::WaitingForInput, 70, "a question needs an answer"),
        (ExitCode::LockLost, 75, "the lock on the database was lost"),
        (
            ExitCode::HungUp,
            129,
            "this screen lost its terminal; the run goes on",
        ),
        (
            ExitCode::Interrupted,
            130,
            "this screen was interrupted; the run goes on",
        ),
        (ExitCode::Quit, 131, "this screen was quit; the run goes on"),
        (
            ExitCode::OutputClosed,
            141,
            "this screen's output was closed; the run goes on",
        ),
        (
            ExitCode::Terminated,
            143,
            "this screen was terminated; the run goes on",
        ),
    ];

    /// The number given to the shell.
    pub fn number(self) -> u8 {
        Self::TABLE
            .iter()
            .find(|(code, _, _)| *code == self)
            .map_or(1, |(_, number, _)| *number)
    }

    /// The meaning as the manual prints it.
    pub fn meaning(self) -> &'static str {
        Self::TABLE
            .iter()
            .find(|(code, _, _)| *code == self)
            .map_or("a fault of omup itself", |(_, _, meaning)| *meaning)
    }
}

impl From<ExitCode> for Code {
    fn from(code: ExitCode) -> Code {
        Code::from(code.number())
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode;

    #[test]
    fn every_number_stands_once() {
        let mut numbers: Vec<u8> = ExitCode::TABLE.iter().map(|row| row.1).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), ExitCode::TABLE.len());
        assert_eq!(ExitCode::FailedAfterPoint.number(), 41);
    }
}

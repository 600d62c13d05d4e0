//! How a command ends when it cannot do what was asked: one sentence and one exit code.

use crate::domain::clean_text::CleanText;
use crate::domain::step::Failure;
use crate::exit_code::ExitCode;

/// An error at the edge, ready for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CommandError {
    pub exit: ExitCode,
    pub message: CleanText,
}

impl CommandError {
    pub fn new(exit: ExitCode, message: impl AsRef<str>) -> Self {
        Self {
            exit,
            message: CleanText::new(message.as_ref()),
        }
    }

    /// For `map_err`: the exit code, what was being done, and the cause.
    pub fn from_cause<E: std::fmt::Display>(exit: ExitCode, doing: &str) -> impl FnOnce(E) -> Self {
        let doing = doing.to_string();
        move |error| Self::new(exit, format!("cannot {doing}: {error}"))
    }
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        Self::new(
            failure.exit,
            format!(
                "failed to {failure}. Still safe: {}. Next: {}",
                failure.still_safe, failure.next
            ),
        )
    }
}

impl From<crate::runner::folder::FolderError> for CommandError {
    fn from(error: crate::runner::folder::FolderError) -> Self {
        Self::new(ExitCode::StateFolder, error.to_string())
    }
}

impl From<crate::runner::journal::JournalError> for CommandError {
    fn from(error: crate::runner::journal::JournalError) -> Self {
        Self::new(ExitCode::StateFolder, error.to_string())
    }
}

impl From<crate::database::DatabaseError> for CommandError {
    fn from(error: crate::database::DatabaseError) -> Self {
        let exit = match error {
            crate::database::DatabaseError::Locked { .. } => ExitCode::Locked,
            crate::database::DatabaseError::PasswordFile { .. } => ExitCode::StateFolder,
            _ => ExitCode::CannotSurvey,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<crate::deployment::DeploymentError> for CommandError {
    fn from(error: crate::deployment::DeploymentError) -> Self {
        Self::new(ExitCode::CannotSurvey, error.to_string())
    }
}

pub type Result<T> = std::result::Result<T, CommandError>;

//! Child processes: how they are described, shown, started, outlived and ended, and the private
//! files that they and the run folder need.
//!
//! Knows nothing of databases, steps or the journal. `unsafe` stands in one place only, `hook.rs`.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::domain::clean_text::CleanText;
use crate::domain::secret::Secret;

pub mod child;
pub mod effect;
mod hook;
pub mod lock;
pub mod log_tail;
pub mod masked_log;
pub mod pipe;
pub mod place;
pub mod private_file;
pub mod proc_facts;
pub mod quick;
#[cfg(test)]
mod shell_tests;
mod shown;
#[cfg(test)]
mod tests;

pub use child::{ChildSpec, End, Running, start};
pub use lock::{lock_is_held, wait_until_released};
pub use log_tail::read_tail;
pub use place::{Place, find_program};
pub use private_file::harden_process;
pub use proc_facts::{alive, boot_id, is_stopped, memory_available, started_ticks, uptime_ms};
pub use quick::output;

/// What can go wrong with a child process.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("cannot find the program '{program}' ({hint})")]
    NotFound { program: String, hint: String },
    #[error("cannot start {program}: {reason}")]
    Start { program: String, reason: String },
    #[error("cannot {doing}: {reason}")]
    Io { doing: String, reason: String },
    #[error("{program} ended with {end}: {detail}")]
    Ended {
        program: String,
        end: String,
        detail: String,
    },
    #[error("{program} did not end within {seconds} s and was stopped")]
    TimedOut { program: String, seconds: u64 },
}

impl ProcessError {
    pub(crate) fn io(doing: impl Into<String>, error: impl std::fmt::Display) -> Self {
        ProcessError::Io {
            doing: doing.into(),
            reason: CleanText::from(error.to_string()).into(),
        }
    }
}

pub type Result<T> = std::result::Result<T, ProcessError>;

/// A value in a child's environment.
#[derive(Debug, Clone)]
pub enum EnvValue {
    Plain(String),
    Secret(Secret),
}

/// A program with arguments (never a shell line, never a secret) and its own environment.
#[derive(Debug, Clone)]
pub struct ToolCommand {
    pub program: OsString,
    pub args: Vec<OsString>,
    /// Added to the small clean base environment of [`Place`].
    pub env: Vec<(String, EnvValue)>,
    pub folder: Option<PathBuf>,
    /// A file that the program reads as its standard input; nothing by default.
    pub stdin: Option<PathBuf>,
}

impl ToolCommand {
    /// A program by name (searched in PATH) or path, without arguments.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            folder: None,
            stdin: None,
        }
    }

    /// The file that the program reads as its standard input.
    #[must_use]
    pub fn stdin(mut self, file: impl Into<PathBuf>) -> Self {
        self.stdin = Some(file.into());
        self
    }

    /// One more argument. Arguments are public on every machine (`ps`): never a secret.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// More arguments, in order.
    #[must_use]
    pub fn args<I, A>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item = A>,
        A: Into<OsString>,
    {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// A plain variable in the child's environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), EnvValue::Plain(value.into())));
        self
    }

    /// A variable whose value is never shown.
    #[must_use]
    pub fn secret_env(mut self, name: impl Into<String>, value: Secret) -> Self {
        self.env.push((name.into(), EnvValue::Secret(value)));
        self
    }

    /// The folder in which the program starts.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// The command as a line for a POSIX shell (bash for control characters), secrets masked.
    pub fn shown(&self) -> CleanText {
        shown::line(self)
    }

    /// The program's name without its folder, for messages.
    pub fn name(&self) -> String {
        let path = std::path::Path::new(&self.program);
        let name = path.file_name().unwrap_or(OsStr::new(&self.program));
        CleanText::limited(&name.to_string_lossy(), 80).into()
    }
}

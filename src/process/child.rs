//! Long children: own session, output into a log file, a lock that lives as long as they do.
//!
//! A pipe to us would die with us; a file does not. That is what lets a migration go on when the
//! runner is killed, and lets the next runner follow it.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::process::Stdio;
use std::time::Duration;

use std::os::unix::process::ExitStatusExt;

use rustix::process::{Pid, Signal};

use super::hook::{self, Hook};
use super::{Place, ProcessError, Result, ToolCommand, lock, log_tail, private_file, proc_facts};
use crate::domain::clean_text::CleanText;

/// What to start and where its traces go.
#[derive(Debug, Clone)]
pub struct ChildSpec {
    pub tool: ToolCommand,
    pub place: Place,
    /// Standard output and error are appended here; created 0600. Its folder must exist.
    pub log: PathBuf,
    /// Held exactly as long as the child or a descendant lives; created 0600.
    pub lock: PathBuf,
    /// `false`: the child is killed when the thread that starts it ends, so call [`start`] on a
    /// thread that lives as long as the process (the main thread). What the child started itself is
    /// not killed (workers of a restore end when their leader's pipe closes); the lock tells when the
    /// last of them is gone. `true`: it goes on without us.
    pub outlives: bool,
}

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Code(i32),
    Signal(i32),
}

impl End {
    pub fn ok(self) -> bool {
        self == End::Code(0)
    }

    pub(super) fn of(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => End::Code(code),
            (None, Some(signal)) => End::Signal(signal),
            // Not reachable by wait(2); a code that is no success keeps it on the safe side.
            (None, None) => End::Code(255),
        }
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Code(code) => write!(f, "exit code {code}"),
            End::Signal(9) => f.write_str("signal 9 (killed)"),
            End::Signal(15) => f.write_str("signal 15 (terminated)"),
            End::Signal(number) => write!(f, "signal {number}"),
        }
    }
}

/// A started child. Dropping it does not end it.
#[derive(Debug)]
pub struct Running {
    pub pid: u32,
    /// Start time in clock ticks since boot, for [`super::alive`].
    pub started_ticks: u64,
    program: String,
    log: PathBuf,
    /// Where its own lines begin in the log.
    log_begin: u64,
    lock: PathBuf,
    child: tokio::process::Child,
    end: Option<End>,
}

/// Starts a child; must be called within a tokio runtime. Fails if its lock is held: then an
/// earlier one still lives and has to be followed instead.
pub fn start(spec: &ChildSpec) -> Result<Running> {
    let program = spec.tool.name();
    let io = |doing: &str, path: &Path, error: std::io::Error| {
        ProcessError::io(format!("{doing} {}", path.display()), error)
    };
    let log_begin = log_tail::length(&spec.log);
    let log =
        private_file::open_log(&spec.log).map_err(|error| io("open the log", &spec.log, error))?;
    let errors = log
        .try_clone()
        .map_err(|error| io("open the log", &spec.log, error))?;
    let held = lock::take(&spec.lock).map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock => ProcessError::Start {
            program: program.clone(),
            reason: format!(
                "an earlier one still runs (it holds {})",
                spec.lock.display()
            ),
        },
        _ => io("lock", &spec.lock, error),
    })?;
    let mut command = spec.place.command(&spec.tool);
    let input = match &spec.tool.stdin {
        Some(file) => {
            Stdio::from(std::fs::File::open(file).map_err(|error| io("open", file, error))?)
        }
        None => Stdio::null(),
    };
    command
        .stdin(input)
        .stdout(Stdio::from(log))
        .stderr(Stdio::from(errors));
    hook::install(
        &mut command,
        Hook {
            dies_with_us: !spec.outlives,
            inherit: Some(held),
        },
    );
    // Turned into a temporary on purpose: it is dropped at the end of the statement and with it our
    // copy of the lock.
    let child = tokio::process::Command::from(command)
        .spawn()
        .map_err(|error| spawn_error(&spec.tool, &error))?;
    let pid = child.id().unwrap_or_default();
    Ok(Running {
        pid,
        started_ticks: proc_facts::started_ticks(pid).unwrap_or_default(),
        program,
        log: spec.log.clone(),
        log_begin,
        lock: spec.lock.clone(),
        child,
        end: None,
    })
}

/// Why a program did not start, with "not found" told apart.
pub(super) fn spawn_error(tool: &ToolCommand, error: &std::io::Error) -> ProcessError {
    let program = tool.name();
    if error.kind() == std::io::ErrorKind::NotFound {
        let hint = match &tool.folder {
            Some(folder) if !folder.is_dir() => {
                format!("its folder {} is missing", folder.display())
            }
            Some(_) | None => "install it or add its folder to PATH".to_string(),
        };
        return ProcessError::NotFound { program, hint };
    }
    ProcessError::Start {
        program,
        reason: error.to_string(),
    }
}

impl Running {
    /// Where its own lines begin in the log, in bytes.
    pub fn log_begin(&self) -> u64 {
        self.log_begin
    }

    /// Waits for the end; may be called again and then answers the same.
    pub async fn wait(&mut self) -> Result<End> {
        if let Some(end) = self.end {
            return Ok(end);
        }
        let status = self
            .child
            .wait()
            .await
            .map_err(|error| ProcessError::io(format!("wait for {}", self.program), error))?;
        let end = End::of(status);
        self.end = Some(end);
        Ok(end)
    }

    /// The last lines that it wrote to its log, to be quoted.
    pub fn last_lines(&self) -> CleanText {
        log_tail::last_lines(&self.log, self.log_begin, 4)
    }

    /// KILL to its group at once, without waiting; nothing if it was already waited for.
    pub fn kill_now(&self) {
        if self.child.id().is_some() {
            signal_group(self.pid, Signal::KILL);
        }
    }

    /// TERM to its group, `grace` to end, then KILL; whatever of its group outlived it is killed
    /// too.
    pub async fn stop(&mut self, grace: Duration) -> Result<End> {
        if self.end.is_none() {
            signal_group(self.pid, Signal::TERM);
            if let Ok(ended) = tokio::time::timeout(grace, self.wait()).await {
                ended?;
            } else {
                signal_group(self.pid, Signal::KILL);
                self.wait().await?;
            }
        }
        // The leader is gone. Its group id stays taken while a member lives, and the lock says so.
        if lock::lock_is_held(&self.lock).unwrap_or(false) {
            signal_group(self.pid, Signal::KILL);
        }
        self.wait().await
    }
}

/// Sends a signal to a group that we made. A group that is gone is no error.
pub(super) fn signal_group(pid: u32, signal: Signal) {
    if let Some(group) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, signal);
    }
}

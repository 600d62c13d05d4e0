//! Children with pipes, for pipelines: plain descriptors for plain threads, the end awaited without
//! blocking, the group killed when the value is dropped before its end.

use std::io::{PipeReader, PipeWriter};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::Signal;

use super::child::{End, signal_group, spawn_error};
use super::hook::{self, Hook};
use super::quick::GroupGuard;
use super::{Place, ProcessError, Result, ToolCommand, log_tail, private_file};
use crate::domain::clean_text::CleanText;

/// Which ends of a child are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pipes {
    pub stdin: bool,
    pub stdout: bool,
}

/// A child whose standard input or output is a pipe to us; it dies with us.
pub struct Piped {
    pub pid: u32,
    /// Write here and drop it to end the child's input.
    pub stdin: Option<PipeWriter>,
    /// Read here to the end before waiting for the child.
    pub stdout: Option<PipeReader>,
    program: String,
    log: PathBuf,
    /// Where its own lines begin in the log.
    log_begin: u64,
    child: GroupGuard,
}

impl Piped {
    /// Starts a child; standard error (and output where it is no pipe) is appended to `log`. Call
    /// it within a tokio runtime, on a thread that lives as long as the process.
    pub fn start(tool: &ToolCommand, place: Place, pipes: Pipes, log: &Path) -> Result<Self> {
        let failed = |error| ProcessError::io(format!("prepare pipes for {}", tool.name()), error);
        let log_begin = log_tail::length(log);
        let errors = private_file::open_log(log)
            .map_err(|error| ProcessError::io(format!("open the log {}", log.display()), error))?;
        let mut command = place.command(tool);
        let mut stdin = None;
        if pipes.stdin {
            let (theirs, ours) = std::io::pipe().map_err(failed)?;
            command.stdin(Stdio::from(theirs));
            stdin = Some(ours);
        }
        let mut stdout = None;
        if pipes.stdout {
            let (ours, theirs) = std::io::pipe().map_err(failed)?;
            command.stdout(Stdio::from(theirs));
            stdout = Some(ours);
        } else {
            command.stdout(Stdio::from(errors.try_clone().map_err(failed)?));
        }
        command.stderr(Stdio::from(errors));
        hook::install(
            &mut command,
            Hook {
                dies_with_us: true,
                inherit: None,
            },
        );
        // A temporary, dropped here together with our copies of the child's pipe ends: without
        // that the end of its output would never be seen.
        let child = tokio::process::Command::from(command)
            .spawn()
            .map_err(|error| spawn_error(tool, &error))?;
        Ok(Self {
            pid: child.id().unwrap_or_default(),
            stdin,
            stdout,
            program: tool.name(),
            log: log.to_path_buf(),
            log_begin,
            child: GroupGuard(child),
        })
    }

    /// The program's name, for messages.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// Waits for the end. Dropping the future leaves the child running; dropping `self` ends it.
    pub async fn wait(&mut self) -> Result<End> {
        let status = self
            .child
            .0
            .wait()
            .await
            .map_err(|error| ProcessError::io(format!("wait for {}", self.program), error))?;
        Ok(End::of(status))
    }

    /// Kills the child's whole group at once, so that whoever reads from it comes to the end.
    pub fn kill(&self) {
        if self.child.0.id().is_some() {
            signal_group(self.pid, Signal::KILL);
        }
    }

    /// The last lines that it wrote to its log, to be quoted.
    pub fn last_lines(&self) -> CleanText {
        log_tail::last_lines(&self.log, self.log_begin, 4)
    }
}

/// Runs a stage on a thread of its own; the result is awaited without blocking. A panic in it is an
/// error that names the stage.
pub fn on_thread<T, W>(
    stage: &str,
    work: W,
) -> Result<impl Future<Output = Result<T>> + Send + use<T, W>>
where
    T: Send + 'static,
    W: FnOnce() -> T + Send + 'static,
{
    let (send, receive) = tokio::sync::oneshot::channel();
    let name: String = stage.chars().filter(|c| *c != '\0').collect();
    let label = name.clone();
    std::thread::Builder::new()
        .name(name)
        .spawn(move || {
            // The receiver may be gone: then nobody wants the result.
            let _ = send.send(work());
        })
        .map_err(|error| ProcessError::io(format!("start the thread for {label}"), error))?;
    Ok(async move {
        receive
            .await
            .map_err(|_| ProcessError::io(label, "its thread ended without a result"))
    })
}

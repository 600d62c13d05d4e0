//! Short commands whose output is wanted: version lines, an archive's table of contents.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::child::{End, signal_group, spawn_error};
use super::hook::{self, Hook};
use super::{Place, ProcessError, Result, ToolCommand};
use crate::domain::clean_text::CleanText;

/// The most that is kept of each stream, in bytes; the rest is read and dropped.
pub const MOST: usize = 1 << 20;

/// What a short command said.
#[derive(Debug, Clone)]
pub struct Output {
    pub end: End,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// True when more than [`MOST`] bytes came on one of the streams.
    pub cut: bool,
}

impl Output {
    /// The output, or an error that quotes what the program said.
    pub fn success(self, tool: &ToolCommand) -> Result<Self> {
        if self.end.ok() {
            return Ok(self);
        }
        let said = if self.stderr.is_empty() {
            &self.stdout
        } else {
            &self.stderr
        };
        Err(ProcessError::Ended {
            program: tool.name(),
            end: self.end.to_string(),
            detail: CleanText::limited(&String::from_utf8_lossy(said), 1000).into(),
        })
    }

    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// Kills the group when dropped, unless the child was waited for (its number may then be another's).
pub(super) struct GroupGuard(pub(super) tokio::process::Child);

impl Drop for GroupGuard {
    fn drop(&mut self) {
        if let Some(pid) = self.0.id() {
            signal_group(pid, Signal::KILL);
        }
    }
}

/// Runs a command to its end with standard input null. It is killed with its group at the time
/// limit, when this future is dropped, and when the thread that called ends.
pub async fn output(tool: &ToolCommand, place: Place, timeout: Duration) -> Result<Output> {
    let mut command = place.command(tool);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    hook::install(
        &mut command,
        Hook {
            dies_with_us: true,
            inherit: None,
        },
    );
    let child = tokio::process::Command::from(command)
        .spawn()
        .map_err(|error| spawn_error(tool, &error))?;
    let mut child = GroupGuard(child);
    let (stdout, stderr) = (child.0.stdout.take(), child.0.stderr.take());
    let read = async {
        // Both streams to their end before the child is reaped: until then its pid is its own.
        let (out, err) = tokio::join!(bounded(stdout), bounded(stderr));
        let status = child.0.wait().await;
        (out, err, status)
    };
    let Ok((out, err, status)) = tokio::time::timeout(timeout, read).await else {
        return Err(ProcessError::TimedOut {
            program: tool.name(),
            seconds: timeout.as_secs(),
        });
    };
    let failed = |error| ProcessError::io(format!("read from {}", tool.name()), error);
    let (stdout, cut_out) = out.map_err(failed)?;
    let (stderr, cut_err) = err.map_err(failed)?;
    Ok(Output {
        end: End::of(status.map_err(failed)?),
        stdout,
        stderr,
        cut: cut_out || cut_err,
    })
}

async fn bounded(stream: Option<impl AsyncRead + Unpin>) -> std::io::Result<(Vec<u8>, bool)> {
    let mut kept = Vec::new();
    let mut cut = false;
    let Some(mut stream) = stream else {
        return Ok((kept, cut));
    };
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok((kept, cut));
        }
        let room = MOST - kept.len();
        kept.extend_from_slice(&buffer[..count.min(room)]);
        cut |= count > room;
    }
}

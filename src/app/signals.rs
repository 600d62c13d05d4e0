//! The signals that end a view. The runner has a session of its own and gets none of them.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::error::{CommandError, Result};
use crate::exit_code::ExitCode;

/// The four signals that a terminal or a script ends a program with.
pub struct Signals([(Signal, ExitCode); 4]);

impl Signals {
    /// Takes them over from the system's own handling.
    ///
    /// # Errors
    /// The system refuses a handler.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self([
            (signal(SignalKind::hangup())?, ExitCode::HungUp),
            (signal(SignalKind::interrupt())?, ExitCode::Interrupted),
            (signal(SignalKind::quit())?, ExitCode::Quit),
            (signal(SignalKind::terminate())?, ExitCode::Terminated),
        ]))
    }

    /// Waits for the next signal and gives the exit code that it asks for.
    pub async fn next(&mut self) -> ExitCode {
        let [(a, hung_up), (b, interrupted), (c, quit), (d, terminated)] = &mut self.0;
        tokio::select! {
            _ = a.recv() => *hung_up,
            _ = b.recv() => *interrupted,
            _ = c.recv() => *quit,
            _ = d.recv() => *terminated,
        }
    }
}

/// Lets a signal end a command that only looks, with what it has made for itself (password files) removed.
///
/// # Errors
/// Those of the look; a signal, with the exit code that it asks for.
pub async fn while_looking<T>(look: impl Future<Output = Result<T>>) -> Result<T> {
    let mut signals = Signals::listen().map_err(CommandError::from_cause(
        ExitCode::Internal,
        "listen for signals",
    ))?;
    tokio::select! {
        done = look => done,
        exit = signals.next() => Err(CommandError::new(
            exit,
            "ended by a signal while it looked; nothing was changed",
        )),
    }
}

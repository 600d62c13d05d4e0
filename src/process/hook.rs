//! What a child does between fork and exec. The only `unsafe` of this crate.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Pid, Resource, Rlimit, Signal};

/// What a child is given before its program starts.
pub(super) struct Hook {
    /// The child is killed when the *thread* that starts it ends (`prctl(2)`,
    /// `PR_SET_PDEATHSIG`). Start such children from a thread that lives as long as the process:
    /// the main thread of a current-thread runtime, never `spawn_blocking`.
    pub(super) dies_with_us: bool,
    /// A descriptor that stays open in the child (and in whatever it starts).
    pub(super) inherit: Option<OwnedFd>,
}

/// Own session, no core dumps, and what the hook says. The descriptor is closed in this process
/// when `command` is dropped.
#[allow(unsafe_code)]
pub(super) fn install(command: &mut Command, hook: Hook) {
    let parent = rustix::process::getpid();
    let before_exec = move || prepare(parent, hook.dies_with_us, hook.inherit.as_ref());
    // SAFETY: between fork and exec only async-signal-safe work is allowed. `prepare` makes plain
    // system calls through rustix (setsid, prlimit, prctl, getppid, fcntl) and neither allocates
    // nor takes a lock; the descriptor is owned by the closure, so it is open here.
    unsafe {
        command.pre_exec(before_exec);
    }
}

fn prepare(parent: Pid, dies_with_us: bool, inherit: Option<&OwnedFd>) -> io::Result<()> {
    rustix::process::setsid()?;
    rustix::process::setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )?;
    if dies_with_us {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // Had the parent died before the line above, the signal would never come.
        if rustix::process::getppid() != Some(parent) {
            return Err(io::Error::from(io::ErrorKind::BrokenPipe));
        }
    }
    if let Some(fd) = inherit {
        rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::empty())?;
    }
    Ok(())
}

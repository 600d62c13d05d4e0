//! The runner that started a practice part, and what a machine may do to it in the middle of the
//! work: kill it, or give it no more disk. The faults do that for real, from outside.
//!
//! Nothing but a runner of this very program is ever touched.

use std::os::unix::ffi::OsStrExt as _;

use rustix::process::{Pid, Resource, Rlimit, Signal, getppid, getrlimit, kill_process, prlimit};

/// Kills the runner without a warning. Started by anybody else, nothing happens.
///
/// # Errors
/// When the system refuses.
pub fn kill_runner() -> std::io::Result<()> {
    match runner() {
        Some(pid) => Ok(kill_process(pid, Signal::KILL)?),
        None => Ok(()),
    }
}

/// From now on no file of the runner grows beyond so many bytes (`RLIMIT_FSIZE`), as on a disk that
/// is full. Started by anybody else, nothing happens.
///
/// # Errors
/// When the system refuses.
pub fn bound_files_of_runner(bytes: u64) -> std::io::Result<()> {
    let Some(pid) = runner() else {
        return Ok(());
    };
    let limit = Rlimit {
        current: Some(bytes),
        // Inherited from it.
        maximum: getrlimit(Resource::Fsize).maximum,
    };
    prlimit(Some(pid), Resource::Fsize, limit)?;
    Ok(())
}

/// Our parent, if it is a runner: this program, called with the word `runner`. Its `exe` link cannot
/// be read where it is not dumpable, its command line can.
fn runner() -> Option<Pid> {
    let parent = getppid()?;
    let line = std::fs::read(format!("/proc/{}/cmdline", parent.as_raw_nonzero())).ok()?;
    let own = std::env::current_exe().ok()?;
    is_runner(&line, own.as_os_str().as_bytes()).then_some(parent)
}

/// Judges a command line as `/proc` has it.
fn is_runner(line: &[u8], own: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == 0);
    words.next() == Some(own) && words.any(|word| word == b"runner")
}

#[cfg(test)]
mod tests {
    use super::is_runner;

    #[test]
    fn only_a_runner_of_this_program_counts() {
        let own = b"/opt/omup";
        assert!(is_runner(
            b"/opt/omup\0--state-dir\0/s\0runner\0last\0",
            own
        ));
        assert!(!is_runner(b"/opt/omup\0run\0--answers\0a.toml\0", own));
        assert!(!is_runner(b"/bin/bash\0-c\0/opt/omup runner\0", own));
        assert!(!is_runner(b"/usr/bin/omup\0runner\0", own));
        assert!(!is_runner(b"", own));
    }
}

//! How a program comes onto a terminal: with which size, environment and session.

use std::ffi::OsStr;
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{tcgetattr, tcsetwinsize};

use super::reading::{Seen, read};
use super::{ENDED, Process, Tty, winsize};

/// Who leads the session that the terminal belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leader {
    /// A shell that waits for the program, tells its exit code and stays: as a person works.
    Shell,
    /// The program itself, as `ssh -t HOST PROGRAM` does.
    Program,
    /// Nobody: the terminal is on the program's descriptors and sends it no signal when it hangs up.
    Nobody,
}

/// A program to be put on a terminal; 80 columns and 24 rows unless told otherwise.
pub struct Start {
    program: Vec<std::ffi::OsString>,
    environment: Vec<(String, std::ffi::OsString)>,
    size: (u16, u16),
    leader: Leader,
}

impl Start {
    /// The environment is that of a fresh login on a usual terminal, not that of whoever runs the tests.
    pub fn new(program: impl AsRef<OsStr>) -> Start {
        let start = Start {
            program: vec![program.as_ref().to_owned()],
            environment: Vec::new(),
            size: (80, 24),
            leader: Leader::Shell,
        };
        let start = ["PATH", "HOME", "TMPDIR"]
            .into_iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?)))
            .fold(start, |start, (name, value)| start.env(name, value));
        start
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .env("USER", "mara")
    }

    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Start {
        self.program
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable; the last call for a name counts.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Start {
        self.environment
            .push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// 0x0 is a terminal that does not know its size; the emulator then has 80x24.
    pub fn size(mut self, columns: u16, rows: u16) -> Start {
        self.size = (columns, rows);
        self
    }

    pub fn leader(mut self, leader: Leader) -> Start {
        self.leader = leader;
        self
    }

    fn command(&self) -> Command {
        // setsid is not a group leader when it starts, so it becomes the program without a fork.
        let mut command = Command::new("setsid");
        match self.leader {
            Leader::Shell => {
                let script = format!("\"$@\"; printf '\\r\\n{ENDED}%s]\\r\\n' $?; read -r _");
                command.args(["--ctty", "sh", "-c", &script, "sh"]);
            }
            Leader::Program => {
                command.arg("--ctty");
            }
            Leader::Nobody => {}
        }
        command.args(&self.program).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    #[track_caller]
    pub fn start(self) -> Tty {
        let (columns, rows) = self.size;
        let (master, slave) = pair();
        tcsetwinsize(&master, winsize(columns, rows)).unwrap_or_else(|e| panic!("size: {e}"));
        let before = tcgetattr(&slave).unwrap_or_else(|e| panic!("tcgetattr: {e}"));
        let end = || {
            Stdio::from(
                slave
                    .try_clone()
                    .unwrap_or_else(|e| panic!("cannot copy a descriptor: {e}")),
            )
        };
        let child = self
            .command()
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap_or_else(|e| panic!("cannot start setsid (package util-linux): {e}"));
        // Not waited for yet, so even an ended child is still in /proc.
        let leader = Process::of(child.id()).unwrap_or_else(|| panic!("not in /proc"));
        let master = Arc::new(master);
        let seen = Arc::new(Seen::new(emulated(columns, rows)));
        let (nudge, theirs) = UnixStream::pair().unwrap_or_else(|e| panic!("stream: {e}"));
        let reader = std::thread::spawn({
            let (master, seen) = (Arc::clone(&master), Arc::clone(&seen));
            move || read(&master, &theirs, &seen)
        });
        Tty {
            master: Some(master),
            slave,
            before,
            nudge,
            reader: Some(reader),
            seen,
            child,
            leader,
            told_by_shell: self.leader == Leader::Shell,
        }
    }
}

/// Both ends of a new terminal. Neither is inherited by programs that other tests start at the same time: a forgotten
/// copy would keep the terminal from hanging up.
fn pair() -> (OwnedFd, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let open = || {
        let master = openpt(flags)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let slave = ioctl_tiocgptpeer(&master, flags)?;
        rustix::io::ioctl_fionbio(&master, true)?;
        Ok::<_, rustix::io::Errno>((master, slave))
    };
    open().unwrap_or_else(|e| panic!("cannot make a pseudo terminal: {e}"))
}

/// Rows and columns for the emulator, which cannot be empty.
pub fn emulated(columns: u16, rows: u16) -> Option<(NonZeroU16, NonZeroU16)> {
    Some((NonZeroU16::new(rows)?, NonZeroU16::new(columns)?))
}

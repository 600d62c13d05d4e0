//! The real binary, started the way an operator or a script starts it.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::folder::Folder;
use super::process::Process;
use super::wait;

/// One call of `omup`: own state folder, no standard input, output kept in files below `folder`.
pub struct Omup {
    command: Command,
    output: PathBuf,
}

/// How a call ended and what it printed.
#[derive(Debug)]
pub struct Ended {
    /// The exit code, or 128 + the signal, as a shell has it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A call that has not ended yet. Killed with its descendants when dropped.
pub struct Running {
    child: Child,
    process: Process,
    output: PathBuf,
}

impl Omup {
    /// The state folder is `state` below `folder`; two calls with one folder see the same runs.
    pub fn new(folder: &Folder) -> Omup {
        let output = tempfile::Builder::new()
            .prefix("call-")
            .tempdir_in(folder.path())
            .unwrap_or_else(|error| panic!("cannot make a folder for the output: {error}"))
            .keep();
        let mut command = Command::new(env!("CARGO_BIN_EXE_omup"));
        command
            .env("OMUP_STATE_DIR", folder.join("state"))
            // What the person who runs the tests has set must not reach omup or the client tools.
            .env_remove("PGPASSWORD")
            .env_remove("PGPASSFILE")
            .env_remove("PGSERVICE")
            .env_remove("PGHOST")
            .env_remove("PGPORT")
            .env_remove("PGUSER")
            .env_remove("PGDATABASE")
            .stdin(Stdio::null());
        Omup { command, output }
    }

    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Omup {
        self.command.args(args);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Omup {
        self.command.env(name, value);
        self
    }

    /// Puts `folder` in front of the call's PATH, for a fake tool that stands in the way of the real one.
    pub fn path_first(self, folder: &Path) -> Omup {
        let given = self.command.get_envs().find(|(name, _)| *name == "PATH");
        let rest = match given {
            Some((_, path)) => path.map(OsStr::to_owned),
            None => std::env::var_os("PATH"),
        };
        let rest = rest.unwrap_or_default();
        let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&rest));
        let path = std::env::join_paths(folders).unwrap_or_else(|error| panic!("PATH: {error}"));
        self.env("PATH", path)
    }

    /// Standard input from a file, as `< FILE` of a shell.
    #[track_caller]
    pub fn stdin_file(mut self, file: &Path) -> Omup {
        let file = File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.command.stdin(file);
        self
    }

    #[track_caller]
    pub fn start(mut self) -> Running {
        let open = |name: &str| {
            File::create(self.output.join(name))
                .unwrap_or_else(|error| panic!("cannot create the file for {name}: {error}"))
        };
        let (stdout, stderr) = (open("stdout"), open("stderr"));
        let child = self
            .command
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start omup: {error}"));
        // Not waited for yet, so even an ended child is still in /proc.
        let process = Process::of(child.id()).unwrap_or_else(|| panic!("omup is not in /proc"));
        Running {
            child,
            process,
            output: self.output,
        }
    }

    /// Starts and waits for the end.
    ///
    /// # Panics
    /// When it takes longer than `limit`.
    #[track_caller]
    pub fn run(self, limit: Duration) -> Ended {
        self.start().end(limit)
    }
}

impl Running {
    pub fn process(&self) -> Process {
        self.process
    }

    /// The file that standard output goes to, for `wait::for_line`.
    pub fn stdout_file(&self) -> PathBuf {
        self.output.join("stdout")
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// When it takes longer than `limit`; what was printed so far is in the message.
    #[track_caller]
    pub fn end(mut self, limit: Duration) -> Ended {
        let start = std::time::Instant::now();
        let status = wait::until("omup to end", limit.saturating_mul(2), || {
            let status = self.child.try_wait().ok().flatten();
            if status.is_none() && start.elapsed() >= limit {
                panic!(
                    "omup does not end within {limit:?}\n--- stdout\n{}\n--- stderr\n{}",
                    self.printed("stdout"),
                    self.printed("stderr")
                );
            }
            status
        });
        Ended {
            code: status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
            stdout: self.printed("stdout"),
            stderr: self.printed("stderr"),
        }
    }

    fn printed(&self, name: &str) -> String {
        String::from_utf8_lossy(&std::fs::read(self.output.join(name)).unwrap_or_default())
            .into_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.process.runs() {
            self.process.kill_tree();
        }
        // Already ended: this only collects the exit status.
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Fails the test, with everything that was printed, when the exit code is another.
    #[track_caller]
    pub fn expect(self, code: i32) -> Ended {
        assert_eq!(
            self.code, code,
            "exit code {} instead of {code}\n--- stdout\n{}\n--- stderr\n{}",
            self.code, self.stdout, self.stderr
        );
        self
    }
}

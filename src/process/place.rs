//! Where a client tool runs, and with which environment.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{EnvValue, ToolCommand};

/// Where a client tool is started. The deployment says which place has the tool and reaches the
/// database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// On this machine, as the user that runs omup.
    #[default]
    Local,
}

/// What a child sees of our own environment. Everything else is dropped: `PG*` variables would
/// send a tool to another server than the one that was surveyed, and a secret of ours must not
/// reach a child that has no use for it.
const KEPT: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "TZ",
    "JAVA_HOME",
    "TMPDIR",
];

impl Place {
    /// The command, ready to be started: clean environment plus the tool's own, standard input
    /// null, not yet a session of its own.
    pub fn command(self, tool: &ToolCommand) -> Command {
        match self {
            Place::Local => local(tool),
        }
    }
}

fn local(tool: &ToolCommand) -> Command {
    let mut command = Command::new(&tool.program);
    command.args(&tool.args).env_clear().stdin(Stdio::null());
    for (name, value) in std::env::vars_os() {
        if is_kept(&name) {
            command.env(name, value);
        }
    }
    for (name, value) in &tool.env {
        match value {
            EnvValue::Plain(value) => command.env(name, value),
            EnvValue::Secret(secret) => command.env(name, secret.reveal()),
        };
    }
    if let Some(folder) = &tool.folder {
        command.current_dir(folder);
    }
    command
}

fn is_kept(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| KEPT.contains(&name) || name.starts_with("LC_"))
}

/// The first executable file of this name in PATH; a name with a slash is taken as a path.
pub fn find_program(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return executable(Path::new(name)).then(|| PathBuf::from(name));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|candidate| executable(candidate))
}

fn executable(path: &Path) -> bool {
    std::fs::metadata(path)
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_sees_only_what_it_needs() {
        let tool = ToolCommand::new("env").env("PGHOST", "here");
        let said = Place::Local.command(&tool).output().expect("env is there");
        let said = String::from_utf8(said.stdout).expect("ascii");
        assert!(said.contains("PGHOST=here\n"));
        assert!(!said.contains("CARGO"), "{said}");
        assert!(said.contains("PATH="));
    }

    #[test]
    fn programs_are_found_on_path_only() {
        assert!(find_program("sh").is_some_and(|path| path.is_absolute()));
        assert_eq!(find_program("no-such-program-of-ours"), None);
        assert_eq!(find_program("/etc/passwd"), None);
    }
}

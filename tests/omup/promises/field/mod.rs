//! MySQL as it stands in the field: other client programs, other ways in and other servers than the test bed's usual
//! ones. Settings that are everybody's belong to a server of the test's own.

mod connections;
mod servers;
mod tools;

use std::path::{Path, PathBuf};

use super::help::quiet;
use crate::story::stage::{Setting, Stage};

/// A run ends at the question for the downtime: backed up, proven, nothing changed.
const WAITS: i32 = 70;

fn unconfirmed() -> Setting {
    Setting {
        confirm: false,
        ..quiet("")
    }
}

/// The file of one side in which operators put their variables.
fn environment(stage: &Stage, side: &str) -> PathBuf {
    stage.home(side).join("conf/openmetadata-env.sh")
}

/// Sets a variable for server and tool of both sides; `None` takes it out.
fn export(stage: &Stage, name: &str, value: Option<&str>) {
    for side in ["old_home", "new_home"] {
        let file = environment(stage, side);
        let text = std::fs::read_to_string(&file).expect("the environment");
        let mut lines: Vec<String> = text
            .lines()
            .filter(|line| !line.starts_with(&format!("export {name}=")))
            .map(String::from)
            .collect();
        lines.extend(value.map(|value| format!("export {name}='{value}'")));
        std::fs::write(&file, lines.join("\n") + "\n").expect("written");
    }
}

/// A home folder with this `~/.my.cnf`.
fn home_with(stage: &Stage, options: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let file = stage.folder.write("home/.my.cnf", options);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("private");
    file.parent().map(Path::to_path_buf).expect("a folder")
}

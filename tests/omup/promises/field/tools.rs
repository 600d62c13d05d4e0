//! Client programs that distributions and habits put first on `PATH`: refused by name, with what to do.

use std::path::Path;

use super::super::help::{backups, nothing_changed, quiet};
use crate::story::stage::{RUN, Stage};
use crate::support::tool::tool;

#[test]
fn programs_that_are_too_old_are_refused_by_name() {
    let Some(tools) = tool("mysql80_tools") else {
        return;
    };
    refused(
        &tools,
        &[
            "mysqldump 8.0 is older than 8.3",
            "mysql 8.0 is older than 8.3",
        ],
    );
}

#[test]
fn programs_of_mariadb_are_refused_by_name() {
    let Some(tools) = tool("mariadb_tools") else {
        return;
    };
    refused(&tools, &["mysqldump is MariaDB's", "mysql is MariaDB's"]);
}

/// A distribution's `mysql` beside MySQL's own `mysqldump`: the backup would be good, the way back shut.
#[test]
fn one_foreign_program_of_the_two_is_refused() {
    let Some(tools) = tool("mariadb_tools") else {
        return;
    };
    for (name, says) in [
        ("mysql", "mysql is MariaDB's"),
        ("mysqldump", "mysqldump is MariaDB's"),
    ] {
        let only = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(tools.join(name), only.path().join(name)).expect("a link");
        refused(only.path(), &[says]);
    }
}

fn refused(tools: &Path, says: &[&str]) {
    let Some(stage) = Stage::mysql("field-tools", &quiet("")) else {
        return;
    };
    let before = stage.contents(&stage.database_name());
    let ended = stage
        .call(&["run", "--answers"], true)
        .path_first(tools)
        .run(RUN)
        .expect(10);
    for words in says.iter().chain(&[
        "OM-TOOL-001",
        "install the client programs of MySQL 8.4 or newer",
    ]) {
        assert!(ended.stdout.contains(words), "{words}\n{}", ended.stdout);
    }
    assert_eq!(backups(&stage.backups()).len(), 0, "nothing was written");
    nothing_changed(&stage, &before, "refused tools");
    // The same deployment with the right ones.
    stage.omup(&["run", "--answers"], true).expect(0);
}

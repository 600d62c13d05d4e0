//! `way-back.md` leads back without omup: its blocks are run as they stand, by a shell that stops at the first error.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output, Stdio};

use super::{old_serves, quiet, upgraded};
use crate::story::stage::Stage;
use crate::support::digest::difference;
use crate::support::postgres::{PASSWORD, ROLE};
use crate::support::skip::skip;
use crate::support::wait;

fn blocks(page: &str) -> Vec<String> {
    page.split("```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.strip_prefix("sh\n"))
        .map(String::from)
        .collect()
}

/// A block as an operator types it: client tools on PATH, the password in a file of its own, and no omup.
fn typed(path: &OsStr, stage: &Stage, block: &str) -> Output {
    let passwords = stage
        .folder
        .write("pgpass", format!("*:*:*:{ROLE}:{PASSWORD}\n"));
    let options = stage
        .folder
        .write(".my.cnf", format!("[client]\npassword = \"{PASSWORD}\"\n"));
    for file in [&passwords, &options] {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).expect("mode");
    }
    Command::new("sh")
        .args(["-eu", "-c", block])
        .env_clear()
        .env("PATH", path)
        .env("HOME", stage.folder.path())
        .env("PGPASSFILE", &passwords)
        .current_dir(stage.folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("sh")
}

fn by_hand(stage: &Stage) {
    let name = stage.database_name();
    let before = stage.contents(&name);
    stage.omup(&["run", "--answers"], true).expect(41);
    stage.faults("server_write_interval_ms = 0\n");
    let page = std::fs::read_to_string(stage.run_folder().join("way-back.md")).expect("the page");
    let blocks = blocks(&page);
    assert_eq!(blocks.len(), 5, "{page}");
    assert!(
        !page.contains(PASSWORD) && blocks.iter().all(|block| !block.contains("omup ")),
        "{page}"
    );
    for block in &blocks {
        let output = typed(&stage.path(), stage, block);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{}\n{block}\n{said}",
            output.status
        );
    }
    wait::until("the old server", std::time::Duration::from_secs(30), || {
        stage.serving()
    });
    old_serves(stage);
    let restored: Vec<String> = stage
        .databases()
        .into_iter()
        .filter(|other| *other != name)
        .collect();
    assert_eq!(restored.len(), 1, "{restored:?}");
    assert_eq!(
        difference(&before, &stage.contents(&restored[0])),
        Vec::<String>::new(),
        "restored and equal"
    );
}

/// A `zstd` that is not there, one whose second half cannot be read, and one that fails only when the dump was read
/// once already: `sh -e` sees none of them behind a pipe.
const BAD: &[(&str, &str)] = &[
    ("missing", "exit 127"),
    (
        "cut",
        "[ \"$1\" = -tq ] || \"$REAL\" \"$@\" | head -c \"$HALF\"; [ \"$1\" = -tq ]",
    ),
    (
        "cut-later",
        "[ \"$1\" = -tq ] && exit; if mkdir \"$ONCE\" 2> /dev/null; then exec \"$REAL\" \"$@\"; fi; \"$REAL\" \"$@\" | head -c \"$HALF\"; exit 1",
    ),
];

fn unreadable(stage: &Stage) {
    let name = stage.database_name();
    stage.omup(&["run", "--answers"], true).expect(41);
    let page = std::fs::read_to_string(stage.run_folder().join("way-back.md")).expect("the page");
    let restore = &blocks(&page)[2];
    let facts = stage.status()["view"]["facts"].clone();
    let stored = format!(
        "{}/database.sql.zst",
        facts["backup_dir"].as_str().expect("a backup")
    );
    let real = stage.real("zstd");
    let bytes = Command::new(&real)
        .arg("-dc")
        .arg(&stored)
        .output()
        .expect("zstd")
        .stdout;
    for (what, script) in BAD {
        let tools = stage.folder.join(format!("zstd-{what}"));
        let file = stage.folder.write(
            &format!("zstd-{what}/zstd"),
            format!(
                "#!/bin/sh\nREAL='{}'\nHALF={}\nONCE='{}'\n{script}\n",
                real.display(),
                bytes.len() / 2,
                tools.join("once").display()
            ),
        );
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("mode");
        let folders = std::iter::once(tools.clone())
            .chain(std::env::split_paths(&stage.path()).collect::<Vec<_>>());
        let path = std::env::join_paths(folders).expect("PATH");
        let output = typed(&path, stage, restore);
        assert!(
            !output.status.success(),
            "{what}: nothing stops the page before the old version is pointed at it\n{restore}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let made = stage.databases().into_iter().any(|other| other != name);
        assert!(!made || *what == "cut-later", "{what}: nothing was made");
    }
    assert!(
        page.contains("`zstd`"),
        "the page names what it needs: {page}"
    );
}

fn tools(names: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    names
        .iter()
        .all(|name| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

#[test]
fn the_page_leads_back_without_omup_on_sqlite() {
    if !tools(&["sqlite3", "zstd"]) {
        return skip("sqlite3 or zstd is not installed");
    }
    by_hand(&Stage::sqlite(
        "by-hand",
        &quiet("fail_statement = \"1.12.0:2\"\n"),
    ));
}

#[test]
fn the_page_leads_back_without_omup_on_postgres() {
    if !tools(&["zstd", "pg_restore", "psql"]) {
        return skip("zstd or PostgreSQL's client tools are not installed");
    }
    if let Some(stage) = Stage::postgres("by-hand", &quiet("fail_statement = \"1.12.0:2\"\n")) {
        by_hand(&stage);
    }
}

#[test]
fn the_page_leads_back_without_omup_on_mysql() {
    if !tools(&["zstd"]) {
        return skip("zstd is not installed");
    }
    if let Some(stage) = Stage::mysql("by-hand", &quiet("fail_statement = \"1.12.0:2\"\n")) {
        by_hand(&stage);
    }
}

#[test]
fn a_dump_that_cannot_be_read_stops_the_page_on_mysql() {
    if !tools(&["zstd"]) {
        return skip("zstd is not installed");
    }
    let setting = quiet("fail_statement = \"1.12.0:2\"\n");
    if let Some(stage) = Stage::mysql("by-hand-unreadable", &setting) {
        unreadable(&stage);
    }
}

/// The page is promised for the day on which omup itself is broken: where a secret is part of a path, masking it would
/// spoil the commands, and that is told before anybody is locked out.
#[test]
fn a_page_that_masking_spoils_is_told_before_the_downtime() {
    let stage = Stage::sqlite("by-hand-masked", &quiet(""));
    let token = stage.folder.write("token", "deployment\n");
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).expect("mode");
    stage.answer(&format!("[validate]\ntoken_file = {token:?}\n"), true);
    let ended = stage.omup(&["run", "--answers"], true).expect(0);
    let told = "way-back.md cannot be followed as it is written";
    let alarms: Vec<usize> = ended.stdout.match_indices(told).map(|(at, _)| at).collect();
    assert_eq!(alarms.len(), 1, "told once: {}", ended.stdout);
    let question = ended.stdout.find("Stop the server through its owner");
    assert!(
        question.is_some_and(|question| alarms[0] < question),
        "before anybody is locked out: {}",
        ended.stdout
    );
    upgraded(&stage);
    let stage = Stage::sqlite("by-hand-masked-alone", &quiet(""));
    stage.answer(&format!("[validate]\ntoken_file = {token:?}\n"), true);
    let ended = stage.omup(&["backup", "--answers"], true).expect(0);
    assert!(
        ended.stdout.contains("ALARM"),
        "a backup alone stands: {}",
        ended.stdout
    );
}

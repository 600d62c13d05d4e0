//! Small things that several promises need: a tool that stands in for a real one, the journal's text, the end of
//! a run that changed nothing.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::story::stage::{RUN, Setting, Stage};
use crate::support::digest::{Contents, difference};
use crate::support::process::Process;
use crate::support::wait;

/// A server that writes nothing, so that what stood in the database at the beginning stands there at the end.
pub fn quiet(faults: &str) -> Setting {
    Setting {
        size: "300KB",
        faults: format!("server_write_interval_ms = 0\n{faults}"),
        ..Setting::default()
    }
}

/// A program of this name in a folder for the front of PATH.
pub fn fake(stage: &Stage, folder: &str, name: &str, script: &str) -> PathBuf {
    let file = stage.folder.write(&format!("{folder}/{name}"), script);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755))
        .expect("make it executable");
    stage.folder.join(folder)
}

/// The journal of the newest run, as it stands now.
pub fn journal(stage: &Stage) -> Option<PathBuf> {
    let mut runs: Vec<PathBuf> = std::fs::read_dir(stage.folder.join("state/runs"))
        .ok()?
        .flatten()
        .map(|e| e.path())
        .collect();
    runs.sort();
    let file = runs.pop()?.join("journal.jsonl");
    file.is_file().then_some(file)
}

/// Waits for a line of the newest run's journal.
#[track_caller]
pub fn wait_for_journal(stage: &Stage, needle: &str) -> String {
    let file = wait::until("the run's journal", RUN, || journal(stage));
    wait::for_line(&file, needle, RUN)
}

/// The runner that the journal names last, when it lives.
pub fn runner(stage: &Stage) -> Option<Process> {
    let text = std::fs::read_to_string(journal(stage)?).ok()?;
    let line = text
        .lines()
        .rev()
        .find(|line| line.contains("\"runner-started\""))?
        .to_string();
    let entry: serde_json::Value = serde_json::from_str(&line).ok()?;
    Process::of(u32::try_from(entry["pid"].as_u64()?).ok()?).filter(Process::runs)
}

/// The database holds what it held, no copy of ours is left, and the old version serves.
#[track_caller]
pub fn nothing_changed(stage: &Stage, before: &Contents, case: &str) {
    let name = stage.database_name();
    assert_eq!(
        difference(before, &stage.contents(&name)),
        Vec::<String>::new(),
        "{case}: the database is as it was"
    );
    assert_eq!(stage.databases(), vec![name], "{case}: no copy is left");
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str(),
        "{case}: the old version serves"
    );
}

/// No backup calls itself complete: `omup verify` refuses every folder.
#[track_caller]
pub fn no_complete_backup(stage: &Stage) {
    for folder in backups(&stage.backups()) {
        let verified = stage.omup(&["verify", &folder.display().to_string()], false);
        assert_ne!(
            verified.code,
            0,
            "{} is called complete\n{}",
            folder.display(),
            verified.stdout
        );
    }
}

/// The folders of backups, complete or not.
pub fn backups(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

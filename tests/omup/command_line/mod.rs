//! What is promised about the program that a person or a script calls: signals, secrets, hostile text, damaged
//! journals, second terminals. Each test's name is the promise; the number in its comment is the promise's own.

mod abort;
mod clock;
mod confirmations;
mod control_socket;
mod damaged_journal;
mod diagnose;
pub mod hostile_text;
mod looking_only;
mod meanwhile;
mod panics;
mod plain_notes;
mod private_files;
mod random_kills;
mod role_memory;
mod second_terminal;
mod secrets;
mod signals;
mod standing;
mod usage;
mod versions;
mod way_back_by_hand;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::story::stage::{RUN, Setting, Stage};
use super::support::process::Process;
use super::support::wait;

/// A server that writes nothing, so that contents can be compared; with these faults.
fn quiet(faults: &str) -> Setting {
    Setting {
        size: "300KB",
        faults: format!("server_write_interval_ms = 0\n{faults}"),
        ..Setting::default()
    }
}

/// The same without confirmations, with more sections of answers.
fn unconfirmed(answers: &str) -> Setting {
    Setting {
        answers: answers.to_string(),
        confirm: false,
        ..quiet("")
    }
}

/// The journal of the newest run, as soon as there is one.
fn journal(stage: &Stage) -> PathBuf {
    let runs = stage.folder.join("state/runs");
    wait::until("the run's journal", RUN, || {
        let mut folders: Vec<PathBuf> = std::fs::read_dir(&runs)
            .ok()?
            .flatten()
            .map(|entry| entry.path())
            .collect();
        folders.sort();
        folders
            .pop()
            .map(|folder| folder.join("journal.jsonl"))
            .filter(|path| path.is_file())
    })
}

/// Every whole line of the journal.
fn events(stage: &Stage) -> Vec<Value> {
    let text = std::fs::read_to_string(journal(stage)).expect("the journal");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// The events of one kind.
fn events_of(stage: &Stage, kind: &str) -> Vec<Value> {
    events(stage)
        .into_iter()
        .filter(|event| event["kind"] == kind)
        .collect()
}

fn wait_for_event(stage: &Stage, needle: &str) {
    wait::for_line(&journal(stage), needle, RUN);
}

fn process_in(event: &Value) -> Option<Process> {
    Process::of(u32::try_from(event["pid"].as_u64().expect("a pid")).expect("a pid"))
}

/// The runner that took the run last, if it lives.
fn runner(stage: &Stage) -> Option<Process> {
    let journal = journal(stage);
    wait::for_line(&journal, "\"runner-started\"", RUN);
    process_in(events_of(stage, "runner-started").last()?).filter(Process::runs)
}

/// The child with this name that was started last, if it lives.
fn child(stage: &Stage, name: &str) -> Option<Process> {
    let started = events_of(stage, "child-started")
        .into_iter()
        .rfind(|event| event["name"] == name)?;
    process_in(&started).filter(Process::runs)
}

fn pause(duration: Duration) {
    let start = Instant::now();
    wait::until("a moment to pass", duration * 2 + RUN, || {
        (start.elapsed() >= duration).then_some(())
    });
}

fn wait_for_end_of_runner(stage: &Stage) {
    wait::until("the runner to end", RUN, || {
        runner(stage).is_none().then_some(())
    });
}

/// Serves the new version, everything recorded, nothing left over.
#[track_caller]
fn upgraded(stage: &Stage) {
    let name = stage.database_name();
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str(),
        "the new version serves"
    );
    let recorded = stage.recorded_versions(&name);
    for version in stage.made["pending"].as_array().expect("a list") {
        assert!(
            recorded
                .iter()
                .any(|one| Some(one.as_str()) == version.as_str()),
            "{version} is recorded"
        );
    }
    assert_eq!(stage.databases(), vec![name], "nothing is left over");
}

#[track_caller]
fn old_serves(stage: &Stage) {
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str(),
        "the old version serves"
    );
}

/// How often the practice tool itself says that it began to migrate.
fn migrations_started(stage: &Stage) -> usize {
    let log = std::fs::read(stage.run_folder().join("logs/migrate.log")).expect("the log");
    String::from_utf8_lossy(&log)
        .matches("WorkFlow Started")
        .count()
}

/// Every file below a folder: path, content, time of the last change.
fn tree(folder: &std::path::Path) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let meta = entry.path().symlink_metadata().expect("a file");
            let content = if meta.is_file() {
                std::fs::read(entry.path()).expect("read")
            } else {
                Vec::new()
            };
            if meta.is_dir() {
                folders.push(entry.path());
            }
            found.push((entry.path(), content, meta.modified().expect("a time")));
        }
    }
    found.sort();
    found
}

/// No dump tool of this stage runs any more.
fn dump_gone(stage: &Stage) {
    let folder = stage.folder.path().display().to_string();
    wait::until("dump tools to end", Duration::from_secs(10), || {
        let running = std::fs::read_dir("/proc")
            .ok()?
            .flatten()
            .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
            .any(|line| {
                let line = String::from_utf8_lossy(&line).replace('\0', " ");
                ((line.contains("pg_dump") || line.contains("mysqldump"))
                    && line.contains(&stage.database_name()))
                    || (line.contains("practice dump") && line.contains(&folder))
            });
        (!running).then_some(())
    });
}

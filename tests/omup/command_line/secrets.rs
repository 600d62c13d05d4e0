//! The password is in no argument, no environment that has no use for it, and no file that omup wrote.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use base64::Engine as _;

use super::{child, quiet, runner, upgraded, wait_for_event};
use crate::story::stage::{RUN, Stage};
use crate::support::engine::Engine;
use crate::support::postgres::PASSWORD;
use crate::support::wait;

/// How a careless program might have written the password.
fn forms() -> Vec<(String, Vec<u8>)> {
    let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
    let hex: String = PASSWORD.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = PASSWORD
        .bytes()
        .map(|byte| format!("%{byte:02X}"))
        .collect();
    let mut forms = vec![
        ("plain".to_string(), PASSWORD.to_string()),
        ("hex".to_string(), hex.to_uppercase()),
        ("hex".to_string(), hex),
        ("url-encoded".to_string(), PASSWORD.replace('-', "%2D")),
        ("url-encoded".to_string(), percent),
        ("reversed".to_string(), PASSWORD.chars().rev().collect()),
    ];
    for before in 0..3 {
        let encoded = engine.encode([&vec![b'x'; before][..], PASSWORD.as_bytes()].concat());
        // The first and the last characters depend on the neighbours.
        forms.push((
            format!("base64, {before} before"),
            encoded[4..encoded.len() - 3].to_string(),
        ));
    }
    forms
        .into_iter()
        .map(|(name, form)| (name, form.into_bytes()))
        .collect()
}

fn holds(bytes: &[u8]) -> Option<String> {
    let found = forms()
        .into_iter()
        .find(|(_, form)| bytes.windows(form.len()).any(|part| part == form));
    found.map(|(name, _)| name)
}

/// Looks at every process of this stage, as fast as it can, until dropped.
struct Watch {
    stop: Arc<AtomicBool>,
    looks: Arc<AtomicU64>,
    thread: Option<std::thread::JoinHandle<BTreeSet<String>>>,
}

impl Watch {
    fn over(folder: &Path) -> Watch {
        let (stop, looks) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let (stopped, counted, folder) =
            (stop.clone(), looks.clone(), folder.display().to_string());
        let thread = std::thread::spawn(move || {
            let mut found = BTreeSet::new();
            while !stopped.load(Ordering::Relaxed) {
                look(&folder, &mut found);
                counted.fetch_add(1, Ordering::Relaxed);
            }
            found
        });
        Watch {
            stop,
            looks,
            thread: Some(thread),
        }
    }

    fn end(mut self) -> (BTreeSet<String>, u64) {
        self.stop.store(true, Ordering::Relaxed);
        let found = self.thread.take().expect("once").join().expect("no panic");
        (found, self.looks.load(Ordering::Relaxed))
    }
}

fn look(folder: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        let read = |name: &str| std::fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let command = read("cmdline");
        // In the middle of becoming another program; the next look knows which.
        if command.is_empty() {
            continue;
        }
        let line = String::from_utf8_lossy(&command).replace('\0', " ");
        if holds(&command).is_some() {
            found.insert(format!("argument: {line}"));
        }
        // OpenMetadata's own programs get their password this way; that is how they are made.
        if [
            "openmetadata-ops.sh",
            "openmetadata-server-start.sh",
            "openmetadata.sh",
            "practice ops",
            "practice server",
            // What the server's own start script calls with its own environment.
            "mkdir -p logs ",
            "openmetadata.pid",
            "/logs ",
        ]
        .iter()
        .any(|own| line.contains(own))
        {
            continue;
        }
        let environment = read("environ");
        let ours = line.contains(folder) || String::from_utf8_lossy(&environment).contains(folder);
        if ours && holds(&environment).is_some() {
            found.insert(format!("environment: {line}"));
        }
    }
}

/// Every file that omup wrote: all but the practice deployment, the operator's own password file and the copies of
/// the operator's own configuration.
fn written(stage: &Stage) -> Vec<PathBuf> {
    let deployment = stage.folder.join("deployment");
    let backups = stage.backups();
    stage
        .folder
        .files()
        .into_iter()
        .filter(|file| !file.starts_with(&deployment) && *file != stage.folder.join("password"))
        .filter(|file| {
            !(file.starts_with(&backups)
                && file.components().any(|part| part.as_os_str() == "config"))
        })
        .collect()
}

#[track_caller]
fn nowhere(stage: &Stage) -> usize {
    let files = written(stage);
    for file in &files {
        let bytes = std::fs::read(file).expect("read");
        assert_eq!(holds(&bytes), None, "{}", file.display());
    }
    files.len()
}

/// Promises 24 and 25, over an upgrade and its way back.
#[test]
fn the_password_is_in_no_argument_no_foreign_environment_and_no_file_on_postgres() {
    whole_run(Engine::Postgres);
}

#[test]
fn the_password_is_in_no_argument_no_foreign_environment_and_no_file_on_mysql() {
    whole_run(Engine::Mysql);
}

fn whole_run(engine: Engine) {
    let Some(stage) = Stage::of(
        engine,
        "secrets",
        &quiet("statement_delay_ms = 20\nprint_password = true\n"),
    ) else {
        return;
    };
    let watch = Watch::over(stage.folder.path());
    for command in ["check", "plan"] {
        stage.omup(&[command, "--answers"], true).expect(0);
    }
    stage.omup(&["run", "--answers"], true).expect(0);
    upgraded(&stage);
    stage
        .omup(
            &[
                "rollback",
                "--way",
                "restore",
                "--confirm",
                &stage.database_name(),
            ],
            false,
        )
        .expect(60);
    for command in [
        &["status"][..],
        &["status", "--json"],
        &["runs", "show", "--json"],
        &["report"],
        &["report", "--json"],
    ] {
        stage.omup(command, false).expect(0);
    }
    let (found, looks) = watch.end();
    assert_eq!(found, BTreeSet::new());
    assert!(looks > 1000, "{looks} looks are too few to say anything");
    let files = nowhere(&stage);
    println!("{looks} looks at every process, {files} files");
    let log =
        std::fs::read_to_string(stage.run_folder().join("logs/migrate.log")).expect("the log");
    assert!(
        log.contains("password=********") && log.contains("WorkFlow Started"),
        "the log is whole but for the secret"
    );
    assert!(
        log.contains("secrets in this log were replaced"),
        "and says so"
    );
}

/// Promise 25: the search would find what it looks for.
#[test]
fn the_search_for_secrets_finds_them() {
    for (name, form) in forms() {
        assert!(holds(&[b"x", &form[..], b"y"].concat()).is_some(), "{name}");
    }
    let engine = base64::engine::general_purpose::STANDARD;
    for user in ["om", "abc", "user"] {
        assert!(
            holds(engine.encode(format!("{user}:{PASSWORD}@h")).as_bytes()).is_some(),
            "{user}"
        );
    }
    assert_eq!(holds(b"nothing of the kind"), None);
}

/// Promise 25: a failing migration is quoted; its words may hold the password.
#[test]
fn a_failure_that_quotes_the_tool_quotes_no_password_on_postgres() {
    failure(Engine::Postgres);
}

#[test]
fn a_failure_that_quotes_the_tool_quotes_no_password_on_mysql() {
    failure(Engine::Mysql);
}

fn failure(engine: Engine) {
    let faults = "print_password = true\nfail_statement = \"1.11.0:1\"\n";
    let Some(stage) = Stage::of(engine, "secret-failure", &quiet(faults)) else {
        return;
    };
    stage.omup(&["run", "--answers"], true).expect(41);
    for command in [
        &["status"][..],
        &["rollback"],
        &["report"],
        &["runs", "show"],
    ] {
        stage.omup(command, false).expect(0);
    }
    nowhere(&stage);
}

/// Promise 25: a runner that was killed before it could mask the log masks it when it is resumed.
#[test]
fn a_killed_runner_leaves_no_password_behind_once_it_is_resumed_on_postgres() {
    killed_runner(Engine::Postgres);
}

#[test]
fn a_killed_runner_leaves_no_password_behind_once_it_is_resumed_on_mysql() {
    killed_runner(Engine::Mysql);
}

fn killed_runner(engine: Engine) {
    let faults = "print_password = true\nstatement_delay_ms = 100\n";
    let Some(stage) = Stage::of(engine, "secret-killed", &quiet(faults)) else {
        return;
    };
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"child-started\"");
    let migration = child(&stage, "migrate").expect("the migration lives");
    assert!(
        runner(&stage)
            .expect("the runner lives")
            .signal(rustix::process::Signal::KILL)
    );
    assert_ne!(running.end(RUN).code, 0);
    wait::until("the migration to end", RUN, || {
        (!migration.runs()).then_some(())
    });
    stage.omup(&["resume"], false).expect(0);
    nowhere(&stage);
}

/// Promise 25.
#[test]
fn no_process_of_omup_leaves_a_core_file() {
    let stage = Stage::sqlite("core", &quiet("statement_delay_ms = 100\n"));
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"child-started\"");
    let processes = [
        running.process(),
        runner(&stage).expect("the runner lives"),
        child(&stage, "migrate").expect("the migration lives"),
    ];
    for process in processes {
        let limits =
            std::fs::read_to_string(format!("/proc/{}/limits", process.pid())).expect("limits");
        let core = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"))
            .expect("a line");
        assert_eq!(
            core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(),
            ["0", "0"],
            "{}",
            process.command_line()
        );
    }
    running.end(RUN).expect(0);
}

//! The runner dies in the middle of a statement of the migration, and between a statement and its record (dumps:
//! `backups`; restores: `sweep`). The run is resumed and ends as if nothing had happened; a migration that went on by itself is
//! adopted, and there is never a second one beside it.

use std::time::Duration;

use super::stage::{RUN, Setting, Stage};
use rustix::process::Signal;

use crate::support::digest::{Contents, difference};
use crate::support::engine::Engine;
use crate::support::process::Process;
use crate::support::wait;

fn setting(faults: &str) -> Setting {
    Setting {
        faults: format!("server_write_interval_ms = 0\n{faults}"),
        ..Setting::default()
    }
}

/// Starts a run, waits until its journal holds a line with `needle`, and kills the runner.
fn kill_runner_at(stage: &Stage, needle: &str, then: impl FnOnce()) {
    let running = stage.call(&["run", "--answers"], true).start();
    let runs = stage.folder.join("state/runs");
    let journal = wait::until("the run's journal", RUN, || {
        let folder = std::fs::read_dir(&runs)
            .ok()?
            .flatten()
            .next()?
            .path()
            .join("journal.jsonl");
        folder.is_file().then_some(folder)
    });
    wait::for_line(&journal, needle, RUN);
    then();
    let pid = runner_pid(&journal);
    assert!(pid.signal(Signal::KILL), "the runner was there");
    let ended = running.end(RUN);
    assert_ne!(ended.code, 0, "{}", ended.stdout);
}

fn runner_pid(journal: &std::path::Path) -> Process {
    let text = std::fs::read_to_string(journal).expect("the journal");
    let line = text
        .lines()
        .rev()
        .find(|line| line.contains("\"runner-started\""))
        .expect("a runner");
    let entry: serde_json::Value = serde_json::from_str(line).expect("JSON");
    Process::of(u32::try_from(entry["pid"].as_u64().expect("a pid")).expect("a pid"))
        .expect("the runner lives")
}

fn ends_upgraded(stage: &Stage, resumed: &str) {
    let name = stage.database_name();
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str(),
        "{resumed}"
    );
    let recorded = stage.recorded_versions(&name);
    for version in stage.made["pending"].as_array().expect("a list") {
        assert!(
            recorded
                .iter()
                .any(|r| Some(r.as_str()) == version.as_str()),
            "{version} is recorded"
        );
    }
    assert_eq!(stage.databases(), vec![name], "nothing is left over");
}

/// How often `migrate` was started, by what the practice tool itself wrote into its log.
fn migrations_started(stage: &Stage) -> usize {
    let log =
        std::fs::read_to_string(stage.run_folder().join("logs/migrate.log")).expect("the log");
    log.matches("WorkFlow Started").count()
}

/// What the same deployment holds after an upgrade that nobody disturbed.
fn undisturbed(stage: impl Fn(&str, &Setting) -> Stage) -> Contents {
    let calm = stage("undisturbed", &setting(""));
    calm.omup(&["run", "--answers"], true).expect(0);
    calm.comparable()
}

fn statement(stage: &Stage, calm: &Contents) {
    kill_runner_at(stage, "\"child-started\"", || {});
    let resumed = stage.omup(&["resume"], false).expect(0);
    assert!(
        resumed.stdout.contains("still runs from before"),
        "the migration was adopted\n{}",
        resumed.stdout
    );
    assert_eq!(
        migrations_started(stage),
        1,
        "there was never a second migration"
    );
    ends_upgraded(stage, &resumed.stdout);
    assert_eq!(difference(calm, &stage.comparable()), Vec::<String>::new());
}

fn between_statement_and_record(stage: &Stage, calm: &Contents) {
    let pause = stage.folder.join("deployment/faults.at-pause");
    kill_runner_at(stage, "\"child-started\"", || {
        wait::until("the pause between statement and record", RUN, || {
            pause.is_file().then_some(())
        });
    });
    let resumed = stage.omup(&["resume"], false).expect(0);
    assert_eq!(
        migrations_started(stage),
        1,
        "there was never a second migration"
    );
    ends_upgraded(stage, &resumed.stdout);
    assert_eq!(difference(calm, &stage.comparable()), Vec::<String>::new());
}

const SLOW: &str = "statement_delay_ms = 150\n";
const PAUSED: &str = "pause_before_record_ms = 150\n";

/// On a server of this engine, where there is one.
fn on(engine: Engine, name: &str, faults: &str, story: fn(&Stage, &Contents)) {
    let Some(stage) = Stage::of(engine, name, &setting(faults)) else {
        return;
    };
    let calm = undisturbed(|name, setting| Stage::of(engine, name, setting).expect("it is there"));
    story(&stage, &calm);
}

#[test]
fn killed_in_a_statement_on_sqlite() {
    let stage = Stage::sqlite("in-statement", &setting(SLOW));
    statement(&stage, &undisturbed(Stage::sqlite));
}

#[test]
fn killed_in_a_statement_on_postgres() {
    on(Engine::Postgres, "in-statement", SLOW, statement);
}

#[test]
fn killed_in_a_statement_on_mysql() {
    on(Engine::Mysql, "in-statement", SLOW, statement);
}

#[test]
fn killed_between_statement_and_record_on_sqlite() {
    let stage = Stage::sqlite("before-record", &setting(PAUSED));
    between_statement_and_record(&stage, &undisturbed(Stage::sqlite));
}

#[test]
fn killed_between_statement_and_record_on_postgres() {
    let story = between_statement_and_record;
    on(Engine::Postgres, "before-record", PAUSED, story);
}

#[test]
fn killed_between_statement_and_record_on_mysql() {
    let story = between_statement_and_record;
    on(Engine::Mysql, "before-record", PAUSED, story);
}

/// The migration itself dies with the machine: nobody can tell how far a statement got, so nothing is guessed.
#[test]
fn a_migration_that_died_half_way_is_said_to_be_so() {
    let stage = Stage::sqlite("died-half-way", &setting("pause_before_record_ms = 400\n"));
    let pause = stage.folder.join("deployment/faults.at-pause");
    kill_runner_at(&stage, "\"child-started\"", || {
        wait::until("the pause between statement and record", RUN, || {
            pause.is_file().then_some(())
        });
        let journal = std::fs::read_to_string(first_journal(&stage)).expect("the journal");
        let line = journal
            .lines()
            .rev()
            .find(|line| line.contains("\"child-started\""))
            .expect("a child")
            .to_string();
        let entry: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        let child = Process::of(u32::try_from(entry["pid"].as_u64().expect("pid")).expect("pid"))
            .expect("the migration lives");
        child.kill_tree();
    });
    let ended = stage.omup(&["resume"], false).expect(41);
    assert!(ended.stdout.contains("cannot tell"), "{}", ended.stdout);
    let ways = stage.omup(&["rollback"], false).expect(0);
    assert!(
        ways.stdout.contains("restore  (recommended)") && ways.stdout.contains("go-on"),
        "{}",
        ways.stdout
    );
}

fn first_journal(stage: &Stage) -> std::path::PathBuf {
    let runs = stage.folder.join("state/runs");
    std::fs::read_dir(runs)
        .expect("runs")
        .flatten()
        .next()
        .expect("a run")
        .path()
        .join("journal.jsonl")
}

/// The shell that called omup dies: the run does not notice.
#[test]
fn the_callers_shell_may_die_at_any_time() {
    let stage = Stage::sqlite("shell-dies", &setting("statement_delay_ms = 50\n"));
    let running = stage.call(&["run", "--answers"], true).start();
    wait::for_line(&running.stdout_file(), "Prove the backup", RUN);
    running.process().signal(Signal::HUP);
    let hung_up = running.end(Duration::from_secs(20));
    assert_eq!(hung_up.code, 128 + 1);
    let attached = stage.omup(&["attach", "--plain"], false).expect(0);
    assert!(
        attached.stdout.contains("END (exit code 0"),
        "{}",
        attached.stdout
    );
    ends_upgraded(&stage, &attached.stdout);
}

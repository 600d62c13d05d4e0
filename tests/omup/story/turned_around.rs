//! A way back that fails is mended and gone on with, or given up for the way forward; and a server that comes up
//! where none may is found before anything runs beside it.

use std::path::PathBuf;

use super::stage::{RUN, Setting, Stage};
use crate::promises::help::{fake, nothing_changed, wait_for_journal};
use crate::support::digest::difference;
use crate::support::engine::Engine;
use crate::support::wait;

fn quiet(faults: &str) -> Setting {
    Setting {
        size: "300KB",
        faults: format!("server_write_interval_ms = 0\n{faults}"),
        ..Setting::default()
    }
}

/// A restore tool that fails when it is to fill a database.
fn broken_restore(stage: &Stage, engine: Engine) -> PathBuf {
    let tool = engine.restore_tool();
    let script = format!(
        "#!/bin/sh\ncase \" $* \" in *\" {} \"*) echo 'disk quota exceeded' >&2; exit 1 ;; esac\nexec '{}' \"$@\"\n",
        tool.word,
        stage.real(tool.program).display()
    );
    fake(stage, "broken", tool.program, &script)
}

/// A migration that has failed, and a way back whose restore has failed.
fn failed_twice(engine: Engine, name: &str) -> Option<Stage> {
    let stage = Stage::of(engine, name, &quiet("fail_statement = \"1.12.0:2\"\n"))?;
    let database = stage.database_name();
    stage.omup(&["run", "--answers"], true).expect(41);
    let broken = broken_restore(&stage, engine);
    let way = ["rollback", "--way", "restore", "--confirm", &database];
    let ended = stage.call(&way, false).path_first(&broken).run(RUN);
    assert_eq!(ended.code, 61, "{}\n{}", ended.stdout, ended.stderr);
    Some(stage)
}

#[test]
fn a_way_back_that_failed_is_tried_again_by_resume_on_postgres() {
    way_back_again(Engine::Postgres);
}

#[test]
fn a_way_back_that_failed_is_tried_again_by_resume_on_mysql() {
    way_back_again(Engine::Mysql);
}

fn way_back_again(engine: Engine) {
    let Some(stage) = failed_twice(engine, "back-again") else {
        return;
    };
    // No word of `--again`: what is needed is mended, and users are locked out.
    stage.omup(&["resume"], false).expect(60);
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str()
    );
}

#[test]
fn a_way_back_that_was_begun_is_given_up_for_the_way_forward_on_postgres() {
    forward_after_all(Engine::Postgres);
}

#[test]
fn a_way_back_that_was_begun_is_given_up_for_the_way_forward_on_mysql() {
    forward_after_all(Engine::Mysql);
}

fn forward_after_all(engine: Engine) {
    let Some(stage) = failed_twice(engine, "forward") else {
        return;
    };
    let name = stage.database_name();
    let backup = stage.status()["view"]["facts"]["backup_dir"].clone();
    stage.faults("server_write_interval_ms = 0\n");
    let way = ["rollback", "--way", "go-on", "--confirm", &name];
    let ended = stage.omup(&way, false);
    assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
    assert!(
        !ended.stdout.contains("final backup:"),
        "the half migrated database is not taken for the source: {}",
        ended.stdout
    );
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str()
    );
    let facts = stage.status()["view"]["facts"].clone();
    assert_eq!(facts["backup_dir"], backup, "the backup is the first one");
}

#[test]
fn a_server_that_is_started_while_the_point_is_asked_for_holds_it_back_on_sqlite() {
    let setting = Setting {
        answers: "[run]\nwait_for_answers = 120\n".to_string(),
        confirm: false,
        ..quiet("")
    };
    let stage = Stage::sqlite("back-at-the-point", &setting);
    let name = stage.database_name();
    let before = stage.contents(&name);
    let answer = |id: &str| {
        let pair = format!("{id}={name}");
        stage.omup(&["answer", "last", &pair], false).expect(0);
    };
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_journal(&stage, "\"id\":\"start-of-downtime\"");
    answer("start-of-downtime");
    wait_for_journal(&stage, "\"id\":\"point-of-no-return\"");
    stage.script("old_home", "start");
    wait::until("the old server", RUN, || stage.serving());
    answer("point-of-no-return");
    let ended = running.end(RUN);
    assert_eq!(ended.code, 31, "{}\n{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("a server is up that must be down"),
        "{}",
        ended.stdout
    );
    nothing_changed(&stage, &before, "a server that was started");
}

/// Killed behind the point of no return; before the run is gone on with, something has started the old server.
#[test]
fn a_server_that_is_up_before_the_migration_holds_it_back_on_sqlite() {
    let calm = Stage::sqlite("up-before-calm", &quiet(""));
    let trace = calm.folder.join("effects");
    calm.call(&["run", "--answers"], true)
        .env("OMUP_EFFECT_TRACE", &trace)
        .run(RUN)
        .expect(0);
    let trace = std::fs::read_to_string(&trace).expect("the trace");
    let at = trace
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(_, name)| name.contains(CARRIED_OVER))
        .unwrap_or_else(|| panic!("{trace}"))
        .0;
    let stage = Stage::sqlite("up-before", &quiet(""));
    let name = stage.database_name();
    let before = stage.contents(&name);
    stage
        .call(&["run", "--answers"], true)
        .env("OMUP_KILL_AT", at)
        .run(RUN);
    assert_eq!(stage.serving(), None);
    stage.script("old_home", "start");
    wait::until("the old server", RUN, || stage.serving());
    let ended = stage.omup(&["resume"], false);
    assert_eq!(ended.code, 41, "{}\n{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("a server is up that must be down"),
        "{}",
        ended.stdout
    );
    assert_eq!(
        difference(&before, &stage.contents(&name)),
        Vec::<String>::new(),
        "nothing was migrated under it"
    );
    stage.script("old_home", "stop");
    stage.omup(&["resume", "--again"], false).expect(0);
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str()
    );
}

/// An effect behind the point of no return and before the migration.
const CARRIED_OVER: &str = "configuration carried over";

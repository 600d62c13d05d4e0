//! Promise 13, two at once: of fifty starts one runs; the others say who it is and how to watch it; the lock
//! dies with its holder.

use std::time::{Duration, Instant};

use super::help::{quiet, runner, wait_for_journal};
use crate::story::stage::{RUN, Setting, Stage};
use crate::support::wait;
use rustix::process::Signal;

const STARTS: usize = 50;

/// The dump is held open by a table lock or, on SQLite, the migration by slow statements: one run lasts.
fn lasting() -> Setting {
    quiet("statement_delay_ms = 1500\n")
}

#[test]
fn of_fifty_starts_one_runs_on_sqlite() {
    fifty(&Stage::sqlite("fifty", &lasting()));
}

#[test]
fn of_fifty_starts_one_runs_on_postgres() {
    if let Some(stage) = Stage::postgres("fifty", &lasting()) {
        fifty(&stage);
    }
}

#[test]
fn of_fifty_starts_one_runs_on_mysql() {
    if let Some(stage) = Stage::mysql("fifty", &lasting()) {
        fifty(&stage);
    }
}

fn fifty(stage: &Stage) {
    let started: Vec<_> = (0..STARTS)
        .map(|_| stage.call(&["run", "--answers"], true).start())
        .collect();
    let ended: Vec<_> = started
        .into_iter()
        .map(|call| call.end(Duration::from_secs(300)))
        .collect();
    let ran = ended.iter().filter(|end| end.code == 0).count();
    let refused: Vec<_> = ended.iter().filter(|end| end.code == 12).collect();
    let others: Vec<_> = ended
        .iter()
        .filter(|end| end.code != 0 && end.code != 12)
        .collect();
    assert!(
        others.is_empty(),
        "{} ended otherwise, the first: {:#?}",
        others.len(),
        others[0]
    );
    assert_eq!((ran, refused.len()), (1, STARTS - 1));
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    for end in refused {
        let said = format!("{}{}", end.stdout, end.stderr);
        assert!(
            said.contains("omup attach ") && said.contains(&host),
            "{said}"
        );
    }
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str()
    );
    assert_eq!(
        stage.databases(),
        vec![stage.database_name()],
        "nobody left a copy"
    );
}

/// Killed, the holder holds nothing any more: the next run starts at once and needs no lock to be deleted.
#[test]
fn a_dead_holder_holds_nothing_on_sqlite() {
    dead_holder(&Stage::sqlite("dead-holder", &quiet("")));
}

#[test]
fn a_dead_holder_holds_nothing_on_postgres() {
    if let Some(stage) = Stage::postgres("dead-holder", &quiet("")) {
        dead_holder(&stage);
    }
}

#[test]
fn a_dead_holder_holds_nothing_on_mysql() {
    if let Some(stage) = Stage::mysql("dead-holder", &quiet("")) {
        dead_holder(&stage);
    }
}

fn dead_holder(stage: &Stage) {
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_journal(stage, "\"step\":\"back-up\"");
    let holder = wait::until("the runner", RUN, || runner(stage));
    assert!(holder.signal(Signal::KILL));
    let killed = Instant::now();
    running.end(RUN);
    let second = stage.call(&["run", "--answers"], true).start();
    wait::for_line(&second.stdout_file(), "Back up database", RUN);
    let after = killed.elapsed();
    println!(
        "the next run works {:.1} s after the death",
        after.as_secs_f32()
    );
    // No lease that would have to run out.
    assert!(after < Duration::from_secs(30), "{after:?}");
    second.end(RUN).expect(0);
}

/// Two people with state folders of their own, as on two hosts: the lock on the server keeps them apart.
#[test]
fn two_state_folders_meet_at_the_server_on_postgres() {
    if let Some(stage) = Stage::postgres("two-folders", &lasting()) {
        two_folders(&stage);
    }
}

/// Two people with state folders of their own, as on two hosts: the lock on the server keeps them apart.
#[test]
fn two_state_folders_meet_at_the_server_on_mysql() {
    // By a user who may read the performance schema: to others the server tells only the holder's session.
    if let Some(stage) = Stage::watched_mysql("two-folders", &lasting()) {
        two_folders(&stage);
    }
}

#[test]
fn two_state_folders_meet_at_the_file_on_sqlite() {
    two_folders(&Stage::sqlite("two-folders", &lasting()));
}

fn two_folders(stage: &Stage) {
    let first = stage.call(&["run", "--answers"], true).start();
    wait_for_journal(stage, "\"step\":\"back-up\"");
    let other = stage.folder.join("other-state");
    let refused = stage
        .call(&["run", "--answers"], true)
        .env("OMUP_STATE_DIR", &other)
        .run(RUN);
    assert_eq!(refused.code, 12, "{}\n{}", refused.stdout, refused.stderr);
    let said = format!("{}{}", refused.stdout, refused.stderr);
    let run = super::help::journal(stage)
        .and_then(|file| Some(file.parent()?.file_name()?.to_string_lossy().into_owned()))
        .expect("a run");
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    assert!(said.contains(&run) && said.contains(&host), "{said}");
    first.end(RUN).expect(0);
    // Free again: the second one gets as far as finding that there is nothing to upgrade any more.
    let later = stage
        .call(&["run", "--answers"], true)
        .env("OMUP_STATE_DIR", &other)
        .run(RUN);
    assert_ne!(later.code, 12, "{}", later.stdout);
}

/// The holder died in the migration, which goes on by itself: another run must not begin beside it.
#[test]
fn a_migration_that_outlives_its_runner_still_keeps_others_out_on_postgres() {
    if let Some(stage) = Stage::postgres("outlives", &quiet("statement_delay_ms = 1500\n")) {
        outlives(&stage);
    }
}

/// The holder died in the migration, which goes on by itself: another run must not begin beside it.
#[test]
fn a_migration_that_outlives_its_runner_still_keeps_others_out_on_mysql() {
    if let Some(stage) = Stage::mysql("outlives", &quiet("statement_delay_ms = 1500\n")) {
        outlives(&stage);
    }
}

#[test]
fn a_migration_that_outlives_its_runner_still_keeps_others_out_on_sqlite() {
    outlives(&Stage::sqlite(
        "outlives",
        &quiet("statement_delay_ms = 1500\n"),
    ));
}

fn outlives(stage: &Stage) {
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_journal(stage, "\"child-started\"");
    let first = super::help::journal(stage).expect("a journal");
    let run = first
        .parent()
        .and_then(|folder| folder.file_name())
        .expect("a run")
        .to_string_lossy()
        .into_owned();
    let holder = wait::until("the runner", RUN, || runner(stage));
    assert!(holder.signal(Signal::KILL));
    running.end(RUN);
    let second = stage.omup(&["run", "--answers"], true);
    assert_eq!(second.code, 12, "{}\n{}", second.stdout, second.stderr);
    let said = format!("{}{}", second.stdout, second.stderr);
    assert!(
        said.contains(&run) && said.contains("omup resume"),
        "{said}"
    );
    let journal = std::fs::read_to_string(&first).expect("the journal");
    assert_eq!(
        journal.matches("\"child-started\"").count(),
        1,
        "one migration"
    );
    stage.omup(&["resume", &run], false).expect(0);
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str()
    );
}

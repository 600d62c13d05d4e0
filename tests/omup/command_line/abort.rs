//! `omup abort` leads from anywhere to a safe state, and says which.

use super::standing::{Place, as_written, standing};
use super::{
    child, dump_gone, events_of, migrations_started, old_serves, quiet, unconfirmed, upgraded,
    wait_for_event,
};
use crate::story::stage::{RUN, Setting, Stage};
use crate::support::digest::difference;
use crate::support::engine::Engine;

/// Before the point of no return: 31, the old version serves, nothing is left over, and `resume` goes through.
#[track_caller]
fn put_back(
    stage: &Stage,
    running: crate::support::omup::Running,
    before: &crate::support::digest::Contents,
) {
    let name = stage.database_name();
    let said = stage.omup(&["abort"], false).expect(0);
    assert!(said.stdout.contains("safe state"), "{}", said.stdout);
    let ended = running.end(RUN).expect(31);
    assert!(
        ended.stdout.contains("asked to abort") && ended.stdout.contains("Put back"),
        "{}",
        ended.stdout
    );
    old_serves(stage);
    assert_eq!(
        difference(before, &stage.contents(&name)),
        Vec::<String>::new()
    );
    assert_eq!(stage.databases(), vec![name], "no scratch database is left");
    let next = stage.status()["next"].as_str().expect("next").to_string();
    assert!(next.starts_with("omup resume"), "{next}");
    let twice = stage.omup(&["abort"], false).expect(2);
    assert!(
        twice.stderr.contains("no runner works on run"),
        "{}",
        twice.stderr
    );
}

fn in_the_backup(stage: &Stage) {
    let before = stage.contents(&stage.database_name());
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(stage, "\"step-started\",\"step\":\"back-up\"");
    put_back(stage, running, &before);
    dump_gone(stage);
    stage.omup(&["resume"], false).expect(0);
    upgraded(stage);
}

fn in_the_proof(stage: &Stage) {
    let before = stage.contents(&stage.database_name());
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(stage, "\"scratch-made\"");
    put_back(stage, running, &before);
    stage.omup(&["resume"], false).expect(0);
    upgraded(stage);
}

fn in_downtime(stage: &Stage) {
    let before = stage.contents(&stage.database_name());
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(stage, "\"id\":\"start-of-downtime\"");
    let name = stage.database_name();
    stage
        .omup(
            &["answer", "last", &format!("start-of-downtime={name}")],
            false,
        )
        .expect(0);
    wait_for_event(stage, "\"id\":\"point-of-no-return\"");
    assert_eq!(stage.serving(), None, "users are locked out");
    put_back(stage, running, &before);
    if stage.on_server() {
        assert_eq!(
            standing(stage),
            as_written(stage, None),
            "the setting is put back"
        );
    }
    let running = stage.call(&["resume"], false).start();
    wait_for_event(stage, "\"reopened\"");
    for id in ["start-of-downtime", "point-of-no-return"] {
        crate::support::wait::until("the question again", RUN, || {
            (stage.status()["view"]["question"]["id"] == id).then_some(())
        });
        stage
            .omup(&["answer", "last", &format!("{id}={name}")], false)
            .expect(0);
    }
    running.end(RUN).expect(0);
    upgraded(stage);
}

#[test]
fn aborted_in_the_backup_nothing_has_happened_on_sqlite() {
    in_the_backup(&Stage::sqlite(
        "abort-backup",
        &Setting {
            size: "4MB",
            ..quiet("")
        },
    ));
}

#[test]
fn aborted_in_the_backup_nothing_has_happened_on_postgres() {
    if let Some(stage) = Stage::postgres(
        "abort-backup",
        &Setting {
            size: "4MB",
            ..quiet("")
        },
    ) {
        in_the_backup(&stage);
    }
}

#[test]
fn aborted_in_the_backup_nothing_has_happened_on_mysql() {
    if let Some(stage) = Stage::mysql(
        "abort-backup",
        &Setting {
            size: "4MB",
            ..quiet("")
        },
    ) {
        in_the_backup(&stage);
    }
}

#[test]
fn aborted_in_the_proof_no_copy_is_left_on_sqlite() {
    in_the_proof(&Stage::sqlite(
        "abort-proof",
        &Setting {
            size: "4MB",
            ..quiet("")
        },
    ));
}

#[test]
fn aborted_in_the_proof_no_copy_is_left_on_postgres() {
    if let Some(stage) = Stage::postgres(
        "abort-proof",
        &Setting {
            size: "4MB",
            ..quiet("")
        },
    ) {
        in_the_proof(&stage);
    }
}

#[test]
fn aborted_in_the_proof_no_copy_is_left_on_mysql() {
    if let Some(stage) = Stage::mysql(
        "abort-proof",
        &Setting {
            size: "4MB",
            ..quiet("")
        },
    ) {
        in_the_proof(&stage);
    }
}

const WAITS: &str = "[run]\nwait_for_answers = 120\n";

#[test]
fn aborted_in_downtime_the_old_server_serves_again_on_sqlite() {
    in_downtime(&Stage::sqlite("abort-downtime", &unconfirmed(WAITS)));
}

#[test]
fn aborted_in_downtime_the_old_server_serves_again_on_postgres() {
    in_downtime_on(Engine::Postgres);
}

#[test]
fn aborted_in_downtime_the_old_server_serves_again_on_mysql() {
    in_downtime_on(Engine::Mysql);
}

fn in_downtime_on(engine: Engine) {
    let answers = format!("{WAITS}[memory]\nway = \"role\"\n");
    if let Some(place) = Place::of(engine) {
        in_downtime(&place.stage("abort-downtime", &unconfirmed(&answers)));
    }
}

/// After the point of no return the migration is not interrupted; nothing further is started.
#[test]
fn aborted_in_the_migration_it_goes_on_to_its_end_and_the_ways_back_are_shown() {
    let stage = Stage::sqlite("abort-migration", &quiet("statement_delay_ms = 100\n"));
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"child-started\"");
    stage.omup(&["abort"], false).expect(0);
    assert!(
        child(&stage, "migrate").is_some(),
        "the migration is not interrupted"
    );
    let ended = running.end(RUN).expect(41);
    assert!(
        ended.stdout.contains("nothing further was started")
            && ended.stdout.contains("omup rollback"),
        "{}",
        ended.stdout
    );
    assert_eq!(events_of(&stage, "child-ended")[0]["ok"], true);
    assert_eq!(stage.serving(), None, "no server was started");
    assert_eq!(
        events_of(&stage, "step-started")
            .iter()
            .filter(|event| event["step"] == "start-server")
            .count(),
        0
    );
    stage.omup(&["resume"], false).expect(0);
    assert_eq!(migrations_started(&stage), 1);
    upgraded(&stage);
}

/// The same where the migration was adopted from a runner that had died.
#[test]
fn aborted_while_an_adopted_migration_runs_nothing_further_is_started() {
    let stage = Stage::sqlite("abort-adopted", &quiet("statement_delay_ms = 200\n"));
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"child-started\"");
    assert!(
        super::runner(&stage)
            .expect("the runner")
            .signal(rustix::process::Signal::KILL)
    );
    assert_ne!(running.end(RUN).code, 0);
    let running = stage.call(&["resume"], false).start();
    wait_for_event(&stage, "\"child-adopted\"");
    stage.omup(&["abort"], false).expect(0);
    running.end(RUN).expect(41);
    assert_eq!(stage.serving(), None, "no server was started");
    stage.omup(&["resume"], false).expect(0);
    upgraded(&stage);
}

//! A fault of omup itself: journalled, put back where that is possible, and no secret in its words.

use super::standing::{Place, as_written, standing};
use super::{events_of, old_serves, quiet, upgraded};
use crate::story::stage::{RUN, Setting, Stage};
use crate::support::digest::difference;
use crate::support::engine::Engine;
use crate::support::postgres::PASSWORD;

/// A step, the exit code of a panic in it, and whether the point of no return lies behind it.
const CASES: &[(&str, i32, bool)] = &[
    ("back-up", 1, false),
    ("digest-gate", 31, false),
    ("migrate", 41, true),
];

fn panicking(stage: &Stage, step: &str, exit: i32, after_point: bool) {
    let name = stage.database_name();
    let before = stage.contents(&name);
    let text = format!("url postgres://om:{PASSWORD}@localhost");
    let call = stage
        .call(&["run", "--answers"], true)
        .env("OMUP_PANIC_AT_STEP", step)
        .env("OMUP_PANIC_TEXT", text);
    let ended = call.run(RUN).expect(exit);
    let failed = events_of(stage, "step-failed");
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0]["step"], step);
    assert_eq!(failed[0]["failure"]["exit"], "internal");
    assert!(
        ended.stdout.contains("omup itself has a fault") && ended.stdout.contains("still safe:"),
        "{}",
        ended.stdout
    );
    let log = std::fs::read_to_string(stage.run_folder().join("logs/runner.log"))
        .expect("the runner's log");
    assert!(
        log.contains("effect.rs") && log.contains("OMUP_PANIC_AT_STEP"),
        "the log says where: {log}"
    );
    if stage.on_server() {
        assert!(log.contains("om:********@"), "{log}");
        assert!(
            !log.contains(PASSWORD)
                && !ended.stdout.contains(PASSWORD)
                && !ended.stderr.contains(PASSWORD)
        );
    }
    assert_eq!(
        difference(&before, &stage.contents(&name)),
        Vec::<String>::new(),
        "nothing was changed"
    );
    assert_eq!(stage.databases(), vec![name], "no scratch database is left");
    if after_point {
        assert_eq!(stage.serving(), None);
        stage.omup(&["resume", "--again"], false).expect(0);
    } else {
        old_serves(stage);
        stage.omup(&["resume"], false).expect(0);
    }
    upgraded(stage);
}

/// Promise 21.
#[test]
fn a_panic_in_a_step_is_a_failure_like_any_other_on_sqlite() {
    for (step, exit, after) in CASES {
        panicking(&Stage::sqlite("panic", &quiet("")), step, *exit, *after);
    }
}

/// Promise 21: and with a setting of the database to put back.
#[test]
fn a_panic_in_a_step_is_a_failure_like_any_other_on_postgres() {
    panicking_on(Engine::Postgres);
}

#[test]
fn a_panic_in_a_step_is_a_failure_like_any_other_on_mysql() {
    panicking_on(Engine::Mysql);
}

fn panicking_on(engine: Engine) {
    let Some(place) = Place::of(engine) else {
        return;
    };
    for (step, exit, after) in CASES {
        let setting = Setting {
            answers: "[memory]\nway = \"role\"\n".to_string(),
            ..quiet("")
        };
        let stage = place.stage("panic", &setting);
        panicking(&stage, step, *exit, *after);
        assert_eq!(standing(&stage), as_written(&stage, None), "after {step}");
    }
}

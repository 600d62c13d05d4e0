//! The sort memory as a standing setting, for PostgreSQL's role or for MySQL's whole server: journalled before,
//! proven, and put back whatever happens.

use super::standing::{Place, as_told, as_written, set_by_somebody, standing};
use super::{events, events_of, old_serves, quiet, unconfirmed, upgraded, wait_for_event};
use crate::story::stage::{RUN, Setting, Stage};
use crate::support::digest::difference;
use crate::support::engine::Engine;

#[test]
fn it_is_journalled_before_it_is_set_proven_and_put_back_at_the_end_on_postgres() {
    journalled(Engine::Postgres);
}

#[test]
fn it_is_journalled_before_it_is_set_proven_and_put_back_at_the_end_on_mysql() {
    journalled(Engine::Mysql);
}

fn journalled(engine: Engine) {
    let Some(place) = Place::of(engine) else {
        return;
    };
    let stage = place.with_memory("role-memory", "statement_delay_ms = 60\n");
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"child-started\"");
    assert_eq!(
        standing(&stage),
        as_written(&stage, Some(32)),
        "the migration has it"
    );
    running.end(RUN).expect(0);
    assert_eq!(standing(&stage), as_written(&stage, None), "put back");
    let facts: Vec<String> = events_of(&stage, "fact")
        .iter()
        .map(|event| event["fact"].as_str().unwrap_or_default().to_string())
        .collect();
    let at = |name: &str| {
        facts
            .iter()
            .position(|fact| fact == name)
            .unwrap_or_else(|| panic!("{name} in {facts:?}"))
    };
    assert!(
        at("setting-changing") < at("memory-proven")
            && at("memory-proven") < at("setting-put-back"),
        "{facts:?}"
    );
    upgraded(&stage);
}

#[test]
fn an_older_value_of_the_operator_comes_back_on_postgres() {
    older_value(Engine::Postgres);
}

#[test]
fn an_older_value_of_the_operator_comes_back_on_mysql() {
    older_value(Engine::Mysql);
}

fn older_value(engine: Engine) {
    let Some(place) = Place::of(engine) else {
        return;
    };
    let stage = place.with_memory("role-older", "");
    set_by_somebody(&stage, 5);
    stage.omup(&["run", "--answers"], true).expect(0);
    assert_eq!(standing(&stage), as_written(&stage, Some(5)));
}

/// Killed at every numbered effect around the change, and resumed: the old value comes back.
#[test]
fn it_is_put_back_after_a_kill_and_a_resume_on_postgres() {
    killed(Engine::Postgres);
}

#[test]
fn it_is_put_back_after_a_kill_and_a_resume_on_mysql() {
    killed(Engine::Mysql);
}

fn killed(engine: Engine) {
    let Some(place) = Place::of(engine) else {
        return;
    };
    let calm = place.with_memory("role-calm", "");
    let trace = calm.folder.join("effects");
    calm.call(&["run", "--answers"], true)
        .env("OMUP_EFFECT_TRACE", &trace)
        .run(RUN)
        .expect(0);
    let effects: Vec<String> = std::fs::read_to_string(&trace)
        .expect("the trace")
        .lines()
        .map(String::from)
        .collect();
    let points: Vec<&String> = effects
        .iter()
        .filter(|effect| effect.contains("role memory"))
        .collect();
    assert_eq!(points.len(), 3, "{effects:?}");
    for point in points {
        let stage = place.with_memory("role-killed", "");
        set_by_somebody(&stage, 5);
        let number = point.split(' ').next().expect("a number");
        let killed = stage
            .call(&["run", "--answers"], true)
            .env("OMUP_KILL_AT", number)
            .run(RUN);
        assert_ne!(killed.code, 0);
        stage.omup(&["resume"], false).expect(0);
        assert_eq!(
            standing(&stage),
            as_written(&stage, Some(5)),
            "killed at {point}"
        );
    }
}

#[test]
fn it_is_put_back_after_a_failure_and_an_abort_before_the_point_of_no_return_on_postgres() {
    aborted(Engine::Postgres);
}

#[test]
fn it_is_put_back_after_a_failure_and_an_abort_before_the_point_of_no_return_on_mysql() {
    aborted(Engine::Mysql);
}

fn aborted(engine: Engine) {
    let Some(place) = Place::of(engine) else {
        return;
    };
    let answers = "[memory]\nway = \"role\"\n[run]\nwait_for_answers = 120\n";
    let stage = place.stage("role-abort", &unconfirmed(answers));
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"question-asked\"");
    assert_eq!(standing(&stage), as_written(&stage, Some(20)));
    stage.omup(&["abort"], false).expect(0);
    running.end(RUN).expect(31);
    assert_eq!(standing(&stage), as_written(&stage, None));
    old_serves(&stage);
}

#[test]
fn it_is_put_back_by_a_way_back_on_postgres() {
    way_back(Engine::Postgres);
}

#[test]
fn it_is_put_back_by_a_way_back_on_mysql() {
    way_back(Engine::Mysql);
}

fn way_back(engine: Engine) {
    let Some(place) = Place::of(engine) else {
        return;
    };
    let stage = place.with_memory("role-way-back", "fail_statement = \"1.12.0:2\"\n");
    stage.omup(&["run", "--answers"], true).expect(41);
    assert_eq!(
        standing(&stage),
        as_written(&stage, Some(32)),
        "the failed upgrade may still go on"
    );
    stage.faults("server_write_interval_ms = 0\n");
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
    assert_eq!(standing(&stage), as_written(&stage, None));
}

#[test]
fn what_somebody_else_set_meanwhile_is_left_alone_and_told_on_postgres() {
    foreign(Engine::Postgres);
}

#[test]
fn what_somebody_else_set_meanwhile_is_left_alone_and_told_on_mysql() {
    foreign(Engine::Mysql);
}

fn foreign(engine: Engine) {
    let Some(place) = Place::of(engine) else {
        return;
    };
    let stage = place.with_memory("role-foreign", "statement_delay_ms = 60\n");
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"child-started\"");
    set_by_somebody(&stage, 64);
    let ended = running.end(RUN).expect(0);
    assert!(
        ended.stdout.contains("set by somebody else, left alone")
            && ended.stdout.contains(&as_told(&stage, 64)),
        "{}",
        ended.stdout
    );
    assert_eq!(standing(&stage), as_written(&stage, Some(64)));
    assert!(
        stage
            .omup(&["report"], false)
            .expect(0)
            .stdout
            .contains("left alone")
    );
}

/// The same where a failure leads back: the last line tells it.
#[test]
fn what_somebody_else_set_is_told_after_an_abort_too_on_postgres() {
    foreign_abort(Engine::Postgres);
}

#[test]
fn what_somebody_else_set_is_told_after_an_abort_too_on_mysql() {
    foreign_abort(Engine::Mysql);
}

fn foreign_abort(engine: Engine) {
    let Some(place) = Place::of(engine) else {
        return;
    };
    let answers = "[memory]\nway = \"role\"\n[run]\nwait_for_answers = 120\n";
    let stage = place.stage("role-foreign-abort", &unconfirmed(answers));
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"question-asked\"");
    set_by_somebody(&stage, 64);
    stage.omup(&["abort"], false).expect(0);
    let ended = running.end(RUN).expect(31);
    let end = ended
        .stdout
        .lines()
        .find(|line| line.contains("END ("))
        .expect("an end")
        .to_string();
    assert!(
        end.contains("left alone") && end.contains(&as_told(&stage, 64)),
        "{end}"
    );
    assert_eq!(standing(&stage), as_written(&stage, Some(64)));
    assert!(!events(&stage).is_empty());
}

/// Without the right to set it, nothing is touched, and what an administrator may do is told.
#[test]
fn a_user_who_may_not_set_it_is_told_what_to_do_on_mysql() {
    let answers = "[memory]\nway = \"global\"\n".to_string();
    let Some(stage) = Stage::mysql(
        "role-refused",
        &Setting {
            answers,
            ..quiet("")
        },
    ) else {
        return;
    };
    let before = stage.contents(&stage.database_name());
    let ended = stage.omup(&["run", "--answers"], true).expect(30);
    assert!(
        ended.stdout.contains("SET GLOBAL sort_buffer_size")
            && ended.stdout.contains("nothing was changed"),
        "{}",
        ended.stdout
    );
    assert_eq!(standing(&stage), as_written(&stage, None));
    assert_eq!(
        difference(&before, &stage.contents(&stage.database_name())),
        Vec::<String>::new()
    );
    old_serves(&stage);
}

//! The sort memory set for a role: journalled before, proven, and put back whatever happens.

use super::{events, events_of, old_serves, quiet, unconfirmed, upgraded, wait_for_event};
use crate::story::stage::{RUN, Setting, Stage};

/// The role's own setting in this database as the server's catalogue has it; empty without one.
pub fn role_setting(stage: &Stage) -> String {
    let database = stage.postgres_database().expect("PostgreSQL");
    database.sql_as_superuser(
        "select coalesce(string_agg(s, ','), '') from pg_db_role_setting, unnest(setconfig) s
         where setdatabase = (select oid from pg_database where datname = current_database()) and s like 'work_mem=%'",
    )
}

fn set_by_somebody(stage: &Stage, value: &str) {
    let database = stage.postgres_database().expect("PostgreSQL");
    database.sql(&format!(
        "alter role {} in database \"{}\" set work_mem = '{value}'",
        crate::support::postgres::ROLE,
        database.name
    ));
}

fn stage(name: &str, faults: &str) -> Option<Stage> {
    let answers = "[memory]\nway = \"role\"\nmib = 32\n".to_string();
    Stage::postgres(
        name,
        &Setting {
            answers,
            ..quiet(faults)
        },
    )
}

#[test]
fn it_is_journalled_before_it_is_set_proven_and_put_back_at_the_end() {
    let Some(stage) = stage("role-memory", "statement_delay_ms = 60\n") else {
        return;
    };
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"child-started\"");
    assert_eq!(
        role_setting(&stage),
        "work_mem=32MB",
        "the migration has it"
    );
    running.end(RUN).expect(0);
    assert_eq!(role_setting(&stage), "", "put back");
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
fn an_older_value_of_the_operator_comes_back() {
    let Some(stage) = stage("role-older", "") else {
        return;
    };
    set_by_somebody(&stage, "5MB");
    stage.omup(&["run", "--answers"], true).expect(0);
    assert_eq!(role_setting(&stage), "work_mem=5MB");
}

/// Killed at every numbered effect around the change, and resumed: the old value comes back.
#[test]
fn it_is_put_back_after_a_kill_and_a_resume() {
    let Some(calm) = stage("role-calm", "") else {
        return;
    };
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
        let Some(stage) = stage("role-killed", "") else {
            return;
        };
        set_by_somebody(&stage, "5MB");
        let number = point.split(' ').next().expect("a number");
        let killed = stage
            .call(&["run", "--answers"], true)
            .env("OMUP_KILL_AT", number)
            .run(RUN);
        assert_ne!(killed.code, 0);
        stage.omup(&["resume"], false).expect(0);
        assert_eq!(role_setting(&stage), "work_mem=5MB", "killed at {point}");
    }
}

#[test]
fn it_is_put_back_after_a_failure_and_an_abort_before_the_point_of_no_return() {
    let answers = "[memory]\nway = \"role\"\n[run]\nwait_for_answers = 120\n";
    let Some(stage) = Stage::postgres("role-abort", &unconfirmed(answers)) else {
        return;
    };
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"question-asked\"");
    assert_eq!(role_setting(&stage), "work_mem=20MB");
    stage.omup(&["abort"], false).expect(0);
    running.end(RUN).expect(31);
    assert_eq!(role_setting(&stage), "");
    old_serves(&stage);
}

#[test]
fn it_is_put_back_by_a_way_back() {
    let Some(stage) = stage("role-way-back", "fail_statement = \"1.12.0:2\"\n") else {
        return;
    };
    stage.omup(&["run", "--answers"], true).expect(41);
    assert_eq!(
        role_setting(&stage),
        "work_mem=32MB",
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
    assert_eq!(role_setting(&stage), "");
}

#[test]
fn what_somebody_else_set_meanwhile_is_left_alone_and_told() {
    let Some(stage) = stage("role-foreign", "statement_delay_ms = 60\n") else {
        return;
    };
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"child-started\"");
    set_by_somebody(&stage, "64MB");
    let ended = running.end(RUN).expect(0);
    assert!(
        ended.stdout.contains("set by somebody else, left alone") && ended.stdout.contains("64MB"),
        "{}",
        ended.stdout
    );
    assert_eq!(role_setting(&stage), "work_mem=64MB");
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
fn what_somebody_else_set_is_told_after_an_abort_too() {
    let answers = "[memory]\nway = \"role\"\n[run]\nwait_for_answers = 120\n";
    let Some(stage) = Stage::postgres("role-foreign-abort", &unconfirmed(answers)) else {
        return;
    };
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"question-asked\"");
    set_by_somebody(&stage, "64MB");
    stage.omup(&["abort"], false).expect(0);
    let ended = running.end(RUN).expect(31);
    let end = ended
        .stdout
        .lines()
        .find(|line| line.contains("END ("))
        .expect("an end")
        .to_string();
    assert!(end.contains("left alone") && end.contains("64MB"), "{end}");
    assert_eq!(role_setting(&stage), "work_mem=64MB");
    assert!(!events(&stage).is_empty());
}

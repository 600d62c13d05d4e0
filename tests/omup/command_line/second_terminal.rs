//! A run is watched and answered from other terminals, while it waits and after it has ended for want of an answer.

use super::{events_of, journal, old_serves, quiet, runner, unconfirmed, upgraded, wait_for_event};
use crate::story::stage::{RUN, Stage};

fn answer(stage: &Stage, id: &str, code: i32) -> String {
    let pair = format!("{id}={}", stage.database_name());
    let ended = stage.omup(&["answer", "last", &pair], false).expect(code);
    format!("{}{}", ended.stdout, ended.stderr)
}

#[test]
fn a_detached_run_is_told_watched_by_two_and_answered() {
    let stage = Stage::sqlite(
        "second-terminal",
        &unconfirmed("[run]\nwait_for_answers = 60\n"),
    );
    let detached = stage
        .omup(&["run", "--detach", "--json", "--answers"], true)
        .expect(0);
    let started: serde_json::Value = serde_json::from_str(&detached.stdout).expect("JSON");
    let run = started["run"].as_str().expect("an id").to_string();
    assert!(
        runner(&stage).is_some(),
        "it came back at once and the run goes on"
    );
    let views: Vec<_> = (0..2)
        .map(|_| stage.call(&["attach", "--plain", &run], false).start())
        .collect();

    wait_for_event(&stage, "\"question-asked\"");
    let status = stage.status();
    for key in [
        "schema_version",
        "run",
        "phase",
        "next",
        "runner_alive",
        "exit",
        "folder",
        "view",
    ] {
        assert!(!status[key].is_null() || key == "exit", "{key}: {status}");
    }
    assert_eq!(
        (
            &status["schema_version"],
            status["run"].as_str(),
            status["phase"].as_str()
        ),
        (&1.into(), Some(&run[..]), Some("before-downtime"))
    );
    assert_eq!(status["runner_alive"], true);
    assert_eq!(
        status["next"].as_str(),
        Some(
            &format!(
                "omup answer {run} start-of-downtime={}",
                stage.database_name()
            )[..]
        )
    );

    for wrong in ["start-of-downtime=yes", "no-such-id=x"] {
        stage.omup(&["answer", &run, wrong], false).expect(2);
    }
    assert_eq!(
        stage.status()["view"]["question"]["id"],
        "start-of-downtime",
        "it stays open"
    );
    old_serves(&stage);
    assert!(answer(&stage, "start-of-downtime", 0).contains("your answer is taken"));
    wait_for_event(&stage, "\"id\":\"point-of-no-return\"");
    assert_eq!(stage.status()["phase"], "down");
    answer(&stage, "point-of-no-return", 0);

    for view in views {
        let ended = view.end(RUN).expect(0);
        assert!(
            ended.stdout.contains("QUESTION point-of-no-return")
                && ended.stdout.contains("END (exit code 0"),
            "{}",
            ended.stdout
        );
    }
    let given = events_of(&stage, "answered");
    assert!(
        given.iter().any(|event| event["accepted"] == false),
        "the wrong one is journalled too"
    );
    assert!(given.iter().all(
        |event| event["who"].as_str().is_some_and(|who| !who.is_empty()) && event["uid"].is_u64()
    ));
    upgraded(&stage);
}

/// Nobody answers at all: 70, and both go-aheads are given afterwards, through to the end.
#[test]
fn both_questions_can_be_answered_after_the_run_has_ended_with_70() {
    let stage = Stage::sqlite("answered-later", &unconfirmed(""));
    stage.omup(&["run", "--answers"], true).expect(70);
    old_serves(&stage);
    answer(&stage, "point-of-no-return", 70);
    old_serves(&stage);
    let said = answer(&stage, "start-of-downtime", 0);
    assert!(said.contains("END (exit code 0"), "{said}");
    assert_eq!(events_of(&stage, "run-created").len(), 1);
    upgraded(&stage);
}

/// The second question is asked in downtime and nobody comes: the old server serves again, and the way to go on is
/// the one that was printed.
#[test]
fn a_question_left_alone_in_downtime_puts_the_old_server_back_and_can_still_be_answered() {
    let stage = Stage::sqlite("left-alone", &unconfirmed("[run]\nwait_for_answers = 4\n"));
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"question-asked\"");
    answer(&stage, "start-of-downtime", 0);
    let ended = running.end(RUN).expect(70);
    assert!(
        ended.stdout.contains("the old server serves again"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("point-of-no-return="),
        "{}",
        ended.stdout
    );
    old_serves(&stage);
    assert_eq!(stage.status()["phase"], "before-downtime");
    assert!(answer(&stage, "point-of-no-return", 70).contains("start-of-downtime"));
    old_serves(&stage);
    answer(&stage, "start-of-downtime", 0);
    upgraded(&stage);
}

/// A settings change to put back must not make the question unanswerable.
#[test]
fn a_question_can_be_answered_although_settings_were_put_back() {
    let Some(stage) = Stage::postgres("answer-role", &unconfirmed("[memory]\nway = \"role\"\n"))
    else {
        return;
    };
    stage.omup(&["run", "--answers"], true).expect(70);
    assert_eq!(
        super::standing::standing(&stage),
        "",
        "put back while nobody decides"
    );
    answer(&stage, "point-of-no-return", 70);
    answer(&stage, "start-of-downtime", 0);
    assert_eq!(super::standing::standing(&stage), "");
    upgraded(&stage);
}

/// A detached start that fails at once says so, with its own exit code.
#[test]
fn a_detached_run_that_cannot_begin_says_so() {
    let stage = Stage::sqlite(
        "detached-fails",
        &unconfirmed("[run]\nwait_for_answers = 60\n"),
    );
    stage
        .omup(&["run", "--detach", "--answers"], true)
        .expect(0);
    wait_for_event(&stage, "\"question-asked\"");
    let first = journal(&stage);
    let second = stage.omup(&["run", "--detach", "--answers"], true);
    let said = format!("{}{}", second.stdout, second.stderr);
    // It may be caught at once, or be told by the run that was detached.
    if second.code == 0 {
        stage.omup(&["attach", "--plain"], false).expect(12);
    } else {
        assert_eq!(second.code, 12, "{said}");
        assert!(said.contains("works on this database"), "{said}");
    }
    let run = first
        .parent()
        .and_then(|folder| folder.file_name())
        .expect("an id")
        .to_str()
        .expect("UTF-8")
        .to_string();
    stage.omup(&["abort", &run], false).expect(0);
    stage.omup(&["attach", "--plain", &run], false).expect(31);
}

/// `resume` of a run that is alive only watches it.
#[test]
fn resuming_a_living_run_watches_it() {
    let stage = Stage::sqlite("resume-alive", &quiet("statement_delay_ms = 60\n"));
    let running = stage.call(&["run", "--answers"], true).start();
    wait_for_event(&stage, "\"child-started\"");
    let watched = stage.omup(&["resume"], false).expect(0);
    assert!(
        watched.stdout.contains("END (exit code 0"),
        "{}",
        watched.stdout
    );
    running.end(RUN).expect(0);
    assert_eq!(events_of(&stage, "runner-started").len(), 1);
}

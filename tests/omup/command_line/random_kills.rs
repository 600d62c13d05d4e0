//! The runner is killed or stopped at moments chosen by the clock, not at points that the code knows of.
//! `OMUP_SWEEP=N` sets how many (default 4 an engine).

use std::time::{Duration, Instant};

use omup::domain::step::{Interrupted, StepId};
use rustix::process::Signal;

use super::{events, journal, pause, quiet, runner, upgraded, wait_for_end_of_runner};
use crate::story::stage::{RUN, Stage};
use crate::support::digest::difference;

fn times() -> u32 {
    std::env::var("OMUP_SWEEP")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(4)
}

/// A step that must not run twice is started again only after a look that said "not done".
fn nothing_ran_twice(stage: &Stage) {
    let events = events(stage);
    for step in StepId::ALL
        .iter()
        .filter(|step| step.interrupted() != Interrupted::RunAgain)
    {
        let of = |kind: &str| {
            events
                .iter()
                .filter(|event| event["kind"] == kind && event["step"] == step.id())
                .collect::<Vec<_>>()
        };
        let not_done = of("looked")
            .iter()
            .filter(|event| event["looked"] == "not-done")
            .count();
        let started = of("step-started").len();
        assert!(
            started <= 1 + not_done,
            "{} was started {started} times, {not_done} looks said it was not done",
            step.id()
        );
    }
    // The gate only looks; it is passed again where nobody watched between it and what follows.
    let gate = [StepId::ProveQuiet, StepId::DigestGate];
    for step in StepId::ALL.iter().filter(|step| !gate.contains(step)) {
        let of_step: Vec<&str> = events
            .iter()
            .filter(|event| event["step"] == step.id())
            .filter_map(|event| event["kind"].as_str())
            .filter(|kind| ["step-started", "step-ended"].contains(kind))
            .collect();
        let ended = of_step.iter().position(|kind| *kind == "step-ended");
        assert!(
            ended.is_none_or(|at| at + 1 == of_step.len()),
            "{} went on after its end: {of_step:?}",
            step.id()
        );
    }
}

fn killed(stage: impl Fn(&str) -> Option<Stage>) {
    let Some(calm) = stage("random-calm") else {
        return;
    };
    let started = Instant::now();
    calm.omup(&["run", "--answers"], true).expect(0);
    let whole = started.elapsed();
    let calm = calm.comparable();
    let mut hits = 0;
    for n in 0..times() {
        let Some(stage) = stage("random-kill") else {
            return;
        };
        // Spread over the run, each off the beat by a part of its own.
        let part = (n + 1).wrapping_mul(2_654_435_761) >> 16;
        let moment = whole / times() * n + whole / times() * (part % 97) / 97;
        let running = stage.call(&["run", "--answers"], true).start();
        let runner = runner(&stage).expect("the runner lives");
        pause(moment);
        let hit = runner.signal(Signal::KILL);
        let ended = running.end(RUN);
        // One that is hit while it goes, its last line written, has done its work.
        assert!(
            ended.code == 0 || hit,
            "killed: {hit}\n{}\n{}",
            ended.stdout,
            ended.stderr
        );
        let resumed = stage.omup(&["resume"], false);
        assert_eq!(
            resumed.code, 0,
            "killed after {moment:?}\n{}\n{}",
            resumed.stdout, resumed.stderr
        );
        upgraded(&stage);
        assert_eq!(
            difference(&calm, &stage.comparable()),
            Vec::<String>::new(),
            "killed after {moment:?}"
        );
        nothing_ran_twice(&stage);
        hits += u32::from(hit);
        println!("killed after {moment:?}: {hit}; resumed, equal");
    }
    assert!(
        hits * 2 > times(),
        "{hits} of {} kills met a runner",
        times()
    );
}

/// Promise 18.
#[test]
fn killed_at_random_moments_the_run_ends_the_same_on_sqlite() {
    killed(|name| Some(Stage::sqlite(name, &quiet("statement_delay_ms = 20\n"))));
}

/// Promise 18.
#[test]
fn killed_at_random_moments_the_run_ends_the_same_on_postgres() {
    killed(|name| Stage::postgres(name, &quiet("statement_delay_ms = 20\n")));
}

/// Promise 18.
#[test]
fn killed_at_random_moments_the_run_ends_the_same_on_mysql() {
    killed(|name| Stage::mysql(name, &quiet("statement_delay_ms = 20\n")));
}

fn stopped(stage: Stage) {
    let running = stage.call(&["run", "--answers"], true).start();
    let mut stops = 0;
    while let Some(runner) = runner(&stage) {
        if !runner.signal(Signal::STOP) {
            break;
        }
        stops += 1;
        pause(Duration::from_millis(900));
        assert!(runner.signal(Signal::CONT), "a stopped runner stays");
        pause(Duration::from_millis(700));
    }
    running.end(RUN).expect(0);
    assert!(stops >= 3, "stopped {stops} times");
    upgraded(&stage);
    nothing_ran_twice(&stage);
    assert_eq!(super::migrations_started(&stage), 1);
}

/// Promise 18.
#[test]
fn stopped_and_continued_again_and_again_the_run_goes_through_on_sqlite() {
    stopped(Stage::sqlite(
        "stop-continue",
        &quiet("statement_delay_ms = 20\n"),
    ));
}

/// Promise 18.
#[test]
fn stopped_and_continued_again_and_again_the_run_goes_through_on_postgres() {
    if let Some(stage) = Stage::postgres("stop-continue", &quiet("statement_delay_ms = 20\n")) {
        stopped(stage);
    }
}

/// Promise 18.
#[test]
fn stopped_and_continued_again_and_again_the_run_goes_through_on_mysql() {
    if let Some(stage) = Stage::mysql("stop-continue", &quiet("statement_delay_ms = 20\n")) {
        stopped(stage);
    }
}

/// Promise 18: a screen that was stopped while the run went on shows the whole end.
#[test]
fn a_stopped_screen_misses_nothing() {
    let stage = Stage::sqlite("stopped-screen", &quiet(""));
    let running = stage.call(&["run", "--answers"], true).start();
    let _ = journal(&stage);
    let _ = runner(&stage).expect("the runner lives");
    assert!(running.process().signal(Signal::STOP));
    wait_for_end_of_runner(&stage);
    assert!(running.process().signal(Signal::CONT));
    let ended = running.end(RUN).expect(0);
    assert!(
        ended.stdout.contains("END (exit code 0"),
        "{}",
        ended.stdout
    );
}

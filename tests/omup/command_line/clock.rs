//! The wall clock jumps while omup works: order comes from numbers, durations from the monotonic clock.

use super::{events, journal, pause, quiet, runner, unconfirmed, upgraded};
use crate::story::stage::{RUN, Stage};
use crate::support::tool::tool;

/// Every duration in the journal, in seconds.
fn durations(stage: &Stage) -> Vec<f64> {
    events(stage)
        .iter()
        .flat_map(|event| ["seconds", "restore_seconds"].map(|key| event[key].as_f64()))
        .flatten()
        .collect()
}

#[track_caller]
fn sane(stage: &Stage) {
    let durations = durations(stage);
    assert!(durations.len() > 10);
    assert!(
        durations
            .iter()
            .all(|seconds| (0.0..600.0).contains(seconds)),
        "{durations:?}"
    );
    let events = events(stage);
    let numbers: Vec<u64> = events
        .iter()
        .filter_map(|event| event["seq"].as_u64())
        .collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
    let report = stage.omup(&["report"], false).expect(0).stdout;
    let downtime = report
        .lines()
        .find_map(|line| line.strip_prefix("Downtime: 00:0"))
        .expect("a downtime of minutes at most");
    let status = stage.omup(&["status", "--json"], false).expect(0).stdout;
    let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
    let seconds = status["view"]["facts"]["downtime_seconds"].as_f64();
    assert!(
        seconds.is_some_and(|seconds| (0.1..600.0).contains(&seconds)),
        "{seconds:?} {downtime}"
    );
}

/// Promise 22: a run made when the clock was wrong is older than the one made now.
#[test]
fn the_newest_run_is_the_last_one_whatever_the_clock_said() {
    let stage = Stage::sqlite("clock-runs", &unconfirmed(""));
    stage.omup(&["run", "--answers"], true).expect(70);
    let made = journal(&stage);
    let runs = stage.folder.join("state/runs");
    let future = runs.join("20991231-235959-abcd");
    std::fs::rename(made.parent().expect("a folder"), &future).expect("rename");
    let detached = stage
        .omup(&["run", "--detach", "--answers"], true)
        .expect(0);
    let run = detached.stdout.trim().to_string();
    assert!(run.starts_with("21000101-000000-"), "{run}");
    assert_eq!(stage.status()["run"], run.as_str(), "`last` is the newest");
    stage.omup(&["attach", "--plain"], false).expect(70);
}

/// Promise 22.
#[test]
fn a_clock_that_jumps_in_the_middle_of_a_run_changes_no_duration() {
    let Some(library) = tool("faketime") else {
        return;
    };
    for jump in ["-1h", "+10y", "-20y"] {
        let stage = Stage::sqlite("clock-jump", &quiet("statement_delay_ms = 20\n"));
        let clock = stage.folder.write("clock", "+0\n");
        let running = stage
            .call(&["run", "--answers"], true)
            .env("LD_PRELOAD", &library)
            .env("FAKETIME_TIMESTAMP_FILE", &clock)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .start();
        let _ = runner(&stage).expect("the runner lives");
        super::wait_for_event(&stage, "\"downtime-started\"");
        std::fs::write(&clock, format!("{jump}\n")).expect("the clock jumps");
        pause(std::time::Duration::from_millis(200));
        running.end(RUN).expect(0);
        let years: std::collections::BTreeSet<String> = events(&stage)
            .iter()
            .filter_map(|event| event["at"].as_str()?.get(..13).map(String::from))
            .collect();
        assert!(years.len() >= 2, "the clock did jump: {years:?}");
        sane(&stage);
        upgraded(&stage);
    }
}

/// A run that waits for its go-ahead while the day of a waiver ends goes on no more by that waiver.
#[test]
fn a_waiver_that_ends_while_the_run_waits_counts_no_more() {
    let Some(library) = tool("faketime") else {
        return;
    };
    let stage = Stage::sqlite("clock-waiver", &unconfirmed(""));
    let file = stage
        .home("new_home")
        .join("bootstrap/sql/migrations/native/1.12.0/sqlite/schemaChanges.sql");
    let text = std::fs::read_to_string(&file).expect("the file of the new version");
    let more = "ALTER TABLE nowhere_entity ADD COLUMN x TEXT;";
    std::fs::write(&file, format!("{text}\n{more}\n")).expect("write it");
    stage.answer("", false);
    stage.omup(&["run", "--answers"], true).expect(10);
    let day = |days: i64| {
        let then = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
        then.strftime("%Y-%m-%d").to_string()
    };
    let waiver = format!(
        "[[waive]]\ncheck = \"OM-SQL-002\"\nreason = \"a test\"\nwho = \"mara\"\nexpires = {:?}\n",
        day(1)
    );
    stage.answer(&waiver, false);
    stage.omup(&["run", "--answers"], true).expect(70);
    let later = stage
        .call(&["resume"], false)
        .env("LD_PRELOAD", &library)
        .env("FAKETIME", "+3d")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .run(RUN)
        .expect(10);
    let said = format!("{}{}", later.stdout, later.stderr);
    let why = format!("the waiver of OM-SQL-002 by mara ended on {}", day(1));
    assert!(said.contains(&why), "{said}");
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str()
    );
}

//! The runner is killed at any time while it backs up and proves: nothing is claimed that is not so, it is resumed
//! and ends well, and older backups keep their bytes.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::scene::{
    WAITS, assert_honest, assert_resumes, assert_untouched, complete, quiet, run, sweep, tree,
};
use crate::story::stage::{RUN, Stage};
use crate::support::process::Process;
use crate::support::wait;
use rustix::process::Signal;

#[test]
fn killed_at_any_time_on_postgres() {
    if let Some(stage) = Stage::postgres("killed-time", &quiet()) {
        at_times(&stage);
    }
}

#[test]
fn killed_at_any_time_on_mysql() {
    if let Some(stage) = Stage::mysql("killed-time", &quiet()) {
        at_times(&stage);
    }
}

#[test]
fn killed_at_any_time_on_sqlite() {
    at_times(&Stage::sqlite("killed-time", &quiet()));
}

#[test]
fn killed_at_any_effect_on_postgres() {
    if let Some(stage) = Stage::postgres("killed-effect", &quiet()) {
        at_effects(&stage);
    }
}

#[test]
fn killed_at_any_effect_on_mysql() {
    if let Some(stage) = Stage::mysql("killed-effect", &quiet()) {
        at_effects(&stage);
    }
}

#[test]
fn killed_at_any_effect_on_sqlite() {
    at_effects(&Stage::sqlite("killed-effect", &quiet()));
}

/// The run folders of a stage.
fn runs(stage: &Stage) -> Vec<PathBuf> {
    std::fs::read_dir(stage.folder.join("state/runs"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect()
}

/// The runner of the run that is none of `earlier`, as soon as it has written itself down.
fn new_runner(stage: &Stage, earlier: &[PathBuf]) -> Process {
    wait::until("the runner", RUN, || {
        let run = runs(stage).into_iter().find(|run| !earlier.contains(run))?;
        let text = std::fs::read_to_string(run.join("journal.jsonl")).ok()?;
        let line = text
            .lines()
            .find(|line| line.contains("\"runner-started\""))?;
        let entry: serde_json::Value = serde_json::from_str(line).ok()?;
        Process::of(u32::try_from(entry["pid"].as_u64()?).ok()?)
    })
}

fn at_times(stage: &Stage) {
    let earlier = runs(stage);
    let calm = run(stage).start();
    let runner = new_runner(stage, &earlier);
    let begun = Instant::now();
    wait::until("the calm run's end", RUN, || (!runner.runs()).then_some(()));
    let whole = begun.elapsed();
    calm.end(RUN).expect(WAITS);
    let wanted = sweep();
    let mut killed = 0;
    for number in 0..wanted {
        let at = whole.mul_f64((number as f64 + 0.5) / wanted as f64);
        let (older, known, earlier) = (tree(&stage.backups()), complete(stage), runs(stage));
        let running = run(stage).start();
        let runner = new_runner(stage, &earlier);
        let begun = Instant::now();
        wait::until("the moment", RUN, || (begun.elapsed() >= at).then_some(()));
        let told = format!(
            "killed after {} ms of {}",
            at.as_millis(),
            whole.as_millis()
        );
        killed += usize::from(runner.signal(Signal::KILL));
        running.end(RUN);
        disturbed(stage, &older, &known, &told);
    }
    println!(
        "{killed} of {wanted} runners were killed within {whole:?}, the others had ended; 0 lies"
    );
    // Faster than the calm run by a moment is chance, by half is another test than the one meant.
    assert!(
        killed * 2 > wanted,
        "only {killed} of {wanted} runners lived at their moment"
    );
}

fn at_effects(stage: &Stage) {
    let trace = stage.folder.join("effects");
    run(stage)
        .env("OMUP_EFFECT_TRACE", &trace)
        .run(RUN)
        .expect(WAITS);
    let effects: Vec<String> = std::fs::read_to_string(&trace)
        .expect("the trace")
        .lines()
        .map(String::from)
        .collect();
    let step = (effects.len() as f64 / sweep() as f64).max(1.0);
    let points: Vec<usize> = (0..)
        .map(|n| 1 + (n as f64 * step) as usize)
        .take_while(|at| *at <= effects.len())
        .collect();
    for at in &points {
        let (older, known) = (tree(&stage.backups()), complete(stage));
        let killed = run(stage).env("OMUP_KILL_AT", at.to_string()).run(RUN);
        let told = format!("killed at effect {}", effects[at - 1]);
        assert_ne!(killed.code, WAITS, "{told}: it was not killed");
        disturbed(stage, &older, &known, &told);
    }
    println!(
        "{} of {} effects visited; 0 lies",
        points.len(),
        effects.len()
    );
}

/// Right after the kill and after the resume nothing is claimed that is not so.
fn disturbed(
    stage: &Stage,
    older: &std::collections::BTreeMap<PathBuf, String>,
    known: &[PathBuf],
    told: &str,
) {
    let begun = Instant::now();
    assert_honest(stage, known, told);
    assert_untouched(older, &stage.backups(), told);
    assert_resumes(stage, older, told);
    assert!(
        begun.elapsed() < Duration::from_secs(120),
        "{told}: the resume took {:?}",
        begun.elapsed()
    );
}

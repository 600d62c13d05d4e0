//! Kill sweeps: the runner is killed at its numbered effects, resumed, and must end as an undisturbed run does: on the
//! way up, and on the way back.
//!
//! `OMUP_SWEEP=N` sets how many points are visited, spread over all (default 20; half as many on the way back, which
//! has half as many effects).

use rustix::process::Signal;

use super::stage::{Setting, Stage};
use crate::support::digest::{Contents, difference};
use crate::support::omup::Omup;

fn wanted() -> usize {
    std::env::var("OMUP_SWEEP")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(20)
}

fn points(all: usize, wanted: usize) -> Vec<usize> {
    let step = (all as f64 / wanted as f64).max(1.0);
    let mut points: Vec<usize> = (0..)
        .map(|n| 1 + (n as f64 * step) as usize)
        .take_while(|at| *at <= all)
        .collect();
    points.dedup();
    points
}

fn quiet() -> Setting {
    Setting {
        size: "300KB",
        faults: "server_write_interval_ms = 0\n".to_string(),
        ..Setting::default()
    }
}

#[test]
fn killed_at_any_effect_the_upgrade_ends_the_same_on_sqlite() {
    sweep(|name| Some(Stage::sqlite(name, &quiet())));
}

#[test]
fn killed_at_any_effect_the_upgrade_ends_the_same_on_postgres() {
    sweep(|name| Stage::postgres(name, &quiet()));
}

#[test]
fn killed_at_any_effect_the_upgrade_ends_the_same_on_mysql() {
    sweep(|name| Stage::mysql(name, &quiet()));
}

/// Promise 14: the way back is all or nothing.
#[test]
fn killed_at_any_effect_the_way_back_ends_the_same_on_sqlite() {
    sweep_back(|name| Some(Stage::sqlite(name, &failing())));
}

#[test]
fn killed_at_any_effect_the_way_back_ends_the_same_on_postgres() {
    sweep_back(|name| Stage::postgres(name, &failing()));
}

#[test]
fn killed_at_any_effect_the_way_back_ends_the_same_on_mysql() {
    sweep_back(|name| Stage::mysql(name, &failing()));
}

/// Promise 20: a signal at any effect ends what can be done again and never a migration.
#[test]
fn signalled_at_any_effect_the_upgrade_ends_the_same_on_sqlite() {
    signalled(|name| Some(Stage::sqlite(name, &quiet())));
}

#[test]
fn signalled_at_any_effect_the_upgrade_ends_the_same_on_postgres() {
    signalled(|name| Stage::postgres(name, &quiet()));
}

#[test]
fn signalled_at_any_effect_the_upgrade_ends_the_same_on_mysql() {
    signalled(|name| Stage::mysql(name, &quiet()));
}

fn signalled(stage: impl Fn(&str) -> Option<Stage>) {
    const SIGNALS: [Signal; 5] = [
        Signal::TERM,
        Signal::INT,
        Signal::QUIT,
        Signal::HUP,
        Signal::PIPE,
    ];
    let Some(calm) = stage("signal-calm") else {
        return;
    };
    let effects = traced(calm.call(&["run", "--answers"], true), &calm, 0);
    let calm_contents = calm.comparable();
    for (turn, at) in points(effects.len(), wanted().div_ceil(3))
        .into_iter()
        .enumerate()
    {
        let signal = SIGNALS[turn % SIGNALS.len()];
        let Some(stage) = stage("signal") else { return };
        let what = format!("{signal:?} at effect {at:>3} {}", effects[at - 1]);
        let ended = stage
            .call(&["run", "--answers"], true)
            .env("OMUP_SIGNAL_AT", format!("{at}:{}", signal.as_raw()))
            .run(super::stage::RUN);
        // A closed pipe is no word to end; and one in the last moments comes too late.
        if ended.code != 0 {
            let resumed = stage.omup(&["resume"], false);
            assert_eq!(
                resumed.code, 0,
                "{what}\n{}\n{}",
                resumed.stdout, resumed.stderr
            );
        }
        assert_eq!(
            stage.serving().as_deref(),
            stage.made["new_version"].as_str(),
            "{what}"
        );
        assert_eq!(
            difference(&calm_contents, &stage.comparable()),
            Vec::<String>::new(),
            "{what}"
        );
        assert_eq!(stage.databases(), vec![stage.database_name()], "{what}");
        println!("{what}: ended with {}, resumed, equal", ended.code);
    }
}

fn failing() -> Setting {
    let mut setting = quiet();
    setting.faults += "fail_statement = \"1.12.0:2\"\n";
    setting
}

/// An upgrade that has failed half way, and what its database held before.
fn failed(stage: Option<Stage>) -> Option<(Stage, Contents)> {
    let stage = stage?;
    let before = stage.contents(&stage.database_name());
    stage.omup(&["run", "--answers"], true).expect(41);
    Some((stage, before))
}

fn traced(call: Omup, stage: &Stage, code: i32) -> Vec<String> {
    let trace = stage.folder.join("effects");
    call.env("OMUP_EFFECT_TRACE", &trace)
        .run(super::stage::RUN)
        .expect(code);
    let text = std::fs::read_to_string(&trace).expect("the trace");
    text.lines().map(String::from).collect()
}

fn sweep_back(stage: impl Fn(&str) -> Option<Stage>) {
    let way = |name: &str| ["rollback", "--way", "restore", "--confirm", name].map(String::from);
    let call = |stage: &Stage| {
        let way = way(&stage.database_name());
        stage.call(&way.each_ref().map(String::as_str), false)
    };
    let Some((calm, _)) = failed(stage("back-calm")) else {
        return;
    };
    let effects = traced(call(&calm), &calm, 60);
    println!("{} effects in an undisturbed way back", effects.len());
    for at in points(effects.len(), wanted().div_ceil(2)) {
        let effect = format!("effect {at:>3} {:<40}", effects[at - 1]);
        let Some((stage, before)) = failed(stage("back")) else {
            return;
        };
        let name = stage.database_name();
        let left = stage.contents(&name);
        let killed = call(&stage)
            .env("OMUP_KILL_AT", at.to_string())
            .run(super::stage::RUN);
        // Killed behind its last line, the run has ended.
        let last = at + 1 >= effects.len();
        assert!(
            killed.code != 60 || last,
            "the runner was killed at {effect}"
        );
        assert_eq!(
            difference(&left, &stage.contents(&name)),
            Vec::<String>::new(),
            "nothing is restored over the database: {effect}"
        );
        let mut resumed = stage.omup(&["resume"], false);
        if resumed.code == 41 {
            // Killed before the way was written down: the run stands where it stood, and the way is there to be taken.
            let journal = std::fs::read_to_string(stage.run_folder().join("journal.jsonl"));
            let chosen = journal.expect("the journal").contains("\"way-back\"");
            assert!(!chosen, "the way was chosen: {effect}\n{}", resumed.stdout);
            resumed = call(&stage).run(super::stage::RUN);
        }
        assert_eq!(
            resumed.code, 60,
            "resumed after a kill at {effect}\n{}\n{}",
            resumed.stdout, resumed.stderr
        );
        assert_eq!(
            stage.serving().as_deref(),
            stage.made["old_version"].as_str(),
            "{effect}"
        );
        let databases = stage.databases();
        let restored: Vec<&String> = databases.iter().filter(|other| **other != name).collect();
        assert_eq!(
            restored.len(),
            1,
            "one restored database: {effect} {databases:?}"
        );
        assert_eq!(
            difference(&before, &stage.contents(restored[0])),
            Vec::<String>::new(),
            "{effect}"
        );
        assert_eq!(
            difference(&left, &stage.contents(&name)),
            Vec::<String>::new(),
            "the half migrated database is kept: {effect}"
        );
        println!("{effect} resumed, restored and equal");
    }
}

fn sweep(stage: impl Fn(&str) -> Option<Stage>) {
    let Some(calm) = stage("sweep-calm") else {
        return;
    };
    let effects = traced(calm.call(&["run", "--answers"], true), &calm, 0);
    let calm_contents = calm.comparable();
    println!("{} effects in an undisturbed upgrade", effects.len());
    for at in points(effects.len(), wanted()) {
        let Some(stage) = stage("sweep") else { return };
        let name = stage.database_name();
        let killed = stage
            .call(&["run", "--answers"], true)
            .env("OMUP_KILL_AT", at.to_string())
            .run(super::stage::RUN);
        // Killed behind its last line, the run has ended.
        let last = at + 1 >= effects.len();
        assert!(
            killed.code != 0 || last,
            "the runner was killed at effect {at} ({})",
            effects[at - 1]
        );
        let resumed = stage.omup(&["resume"], false);
        assert_eq!(
            resumed.code,
            0,
            "resume after a kill at effect {at} ({})\n{}\n{}",
            effects[at - 1],
            resumed.stdout,
            resumed.stderr
        );
        assert_eq!(
            stage.serving().as_deref(),
            stage.made["new_version"].as_str(),
            "effect {at}"
        );
        assert_eq!(
            difference(&calm_contents, &stage.comparable()),
            Vec::<String>::new(),
            "kill at effect {at} ({})",
            effects[at - 1]
        );
        assert_eq!(
            stage.databases(),
            vec![name],
            "no scratch database is left after a kill at effect {at}"
        );
        println!("effect {at:>3} {:<40} resumed, equal", effects[at - 1]);
    }
}

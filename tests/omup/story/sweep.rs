//! Kill sweeps: the runner is killed at its numbered effects, resumed, and must end as an undisturbed run does.
//!
//! `OMUP_SWEEP=N` sets how many points are visited, spread over all (default 20).

use super::stage::{Setting, Stage};
use crate::support::digest::difference;

fn points(all: usize) -> Vec<usize> {
    let wanted: usize = std::env::var("OMUP_SWEEP")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(20);
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

fn sweep(stage: impl Fn(&str) -> Option<Stage>) {
    let Some(calm) = stage("sweep-calm") else {
        return;
    };
    let name = calm.database_name();
    let trace = calm.folder.join("effects");
    calm.call(&["run", "--answers"], true)
        .env("OMUP_EFFECT_TRACE", &trace)
        .run(super::stage::RUN)
        .expect(0);
    let effects: Vec<String> = std::fs::read_to_string(&trace)
        .expect("the trace")
        .lines()
        .map(String::from)
        .collect();
    let calm_contents = comparable(&calm, &name);
    println!("{} effects in an undisturbed upgrade", effects.len());
    for at in points(effects.len()) {
        let Some(stage) = stage("sweep") else { return };
        let name = stage.database_name();
        let killed = stage
            .call(&["run", "--answers"], true)
            .env("OMUP_KILL_AT", at.to_string())
            .run(super::stage::RUN);
        assert_ne!(
            killed.code,
            0,
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
            difference(&calm_contents, &comparable(&stage, &name)),
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

/// The content without what differs by nature from run to run: the bookkeeping's times, paths and random checksums.
fn comparable(stage: &Stage, name: &str) -> crate::support::digest::Contents {
    let mut contents = stage.contents(name);
    contents.retain(|part, _| {
        let part = part.to_lowercase();
        !part.contains("server_change_log") && !part.contains("server_migration_sql_logs")
    });
    let versions = stage.recorded_versions(name).join(",");
    contents.insert("recorded versions".to_string(), versions);
    contents
}

//! A bigger dump does not take more memory of the runner: buffers are bounded, nothing is gathered.

use super::scene::{WAITS, complete, quiet, run};
use crate::story::stage::{RUN, Setting, Stage};
use crate::support::engine::Engine;
use crate::support::wait;

/// What a bigger database may cost, in KiB: the pipeline's bounded buffers have under 10 MB.
const MORE: u64 = 16 << 10;

#[test]
fn the_runners_memory_does_not_grow_with_the_database_on_postgres() {
    does_not_grow(Engine::Postgres);
}

#[test]
fn the_runners_memory_does_not_grow_with_the_database_on_mysql() {
    does_not_grow(Engine::Mysql);
}

/// `OMUP_MEMORY_SIZE` makes the larger one another size than 60MB.
fn does_not_grow(engine: Engine) {
    let larger = std::env::var("OMUP_MEMORY_SIZE").unwrap_or_else(|_| "60MB".to_string());
    let size: &'static str = larger.leak();
    let (small, large) = (
        Setting {
            size: "300KB",
            ..quiet()
        },
        Setting { size, ..quiet() },
    );
    let Some(small) = Stage::of(engine, "memory-small", &small) else {
        return;
    };
    let base = peak(&small);
    drop(small);
    let Some(large) = Stage::of(engine, "memory-large", &large) else {
        return;
    };
    let peak = peak(&large);
    let manifest = std::fs::read_to_string(
        complete(&large)
            .pop()
            .expect("a backup")
            .join("manifest.json"),
    )
    .expect("the manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    println!(
        "peak of the runner: {base} KiB at 300KB, {peak} KiB at {size} ({} bytes of archive)",
        manifest["raw_bytes"]
    );
    assert!(
        manifest["raw_bytes"].as_u64() > Some(30 << 20),
        "the dump is a bigger one"
    );
    assert!(peak < base + MORE, "{peak} KiB, {base} KiB for a small one");
}

/// The most memory that the runner of one run has had, in KiB (`VmHWM` of proc(5)).
fn peak(stage: &Stage) -> u64 {
    let running = run(stage).start();
    let mut peak = 0;
    wait::until("the run's end", RUN, || {
        let family = running.process().descendants();
        for process in family
            .iter()
            .filter(|process| process.command_line().contains(" runner "))
        {
            let text = std::fs::read_to_string(format!("/proc/{}/status", process.pid()))
                .unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
            peak = peak.max(kib.unwrap_or(0));
        }
        (!running.process().runs()).then_some(())
    });
    running.end(RUN).expect(WAITS);
    assert!(peak > 0, "the runner was seen");
    peak
}

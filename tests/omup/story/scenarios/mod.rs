//! The scenarios of the sandbox, each told by the real binary without a person; exit codes and the state that
//! they leave: what the journal holds, what the databases record, which files and processes are there.

mod told;

use std::time::{Duration, Instant};

use told::{PENDING, Told};

use super::stage::{RUN, Setting, Stage, sqlite_rows};
use crate::support::folder::Folder;
use crate::support::omup::Omup;

#[test]
fn every_scenario_of_the_list_is_told_here() {
    let folder = Folder::new("scenarios");
    let list = Omup::new(&folder)
        .args(["sandbox", "--scenario", "list"])
        .run(RUN)
        .expect(0);
    let names: Vec<&str> = list
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let source = include_str!("mod.rs");
    for name in &names {
        assert!(source.contains(&format!("Told::of(\"{name}\")")), "{name}");
    }
    assert_eq!(names.len(), 10, "{names:?}");
    Omup::new(&folder)
        .args(["sandbox", "--unattended", "--scenario", "no-such-scenario"])
        .run(RUN)
        .expect(2);
}

#[test]
fn good() {
    let told = Told::of("good");
    assert_eq!(told.exits(), ["ok", "rolled-back"]);
    assert_eq!(told.recorded("openmetadata_db"), PENDING);
    told.taken_back();
}

#[test]
fn out_of_sort_memory() {
    let told = Told::of("out-of-sort-memory");
    assert_eq!(told.exits(), ["failed-after-point", "ok"]);
    assert_eq!(told.reasons().len(), 1);
    let words = "Out of sort memory, consider increasing server sort buffer size";
    assert!(told.reasons()[0].contains(words), "{:?}", told.reasons());
    assert!(
        told.ended.stdout.contains("WARN    OM-MEM-001"),
        "the checks had warned"
    );
    let log = told.log("migrate.log");
    assert_eq!(log.matches("WorkFlow Started").count(), 2, "{log}");
    let settings = std::fs::read_to_string(told.file("deployment/data/server.cnf"));
    assert_eq!(settings.expect("the setting"), "sort_memory = 20MB\n");
    told.upgraded();
}

/// The same database, and answers that give the migration's own connection enough: nothing fails.
#[test]
fn enough_sort_memory_by_the_connection() {
    let stage = Stage::sqlite(
        "sort-memory",
        &Setting {
            faults: "server_write_interval_ms = 0\n".to_string(),
            confirm: false,
            ..Setting::default()
        },
    );
    let settings = stage.folder.join("deployment/data/server.cnf");
    std::fs::write(settings, "sort_memory = 256kB\n").expect("the setting");
    stage.answer("", true);
    let ended = stage.omup(&["run", "--answers"], true).expect(0);
    assert!(
        ended.stdout.contains("sort memory 20 MB"),
        "{}",
        ended.stdout
    );
    assert_eq!(stage.serving().as_deref(), Some("1.12.4"));
}

#[test]
fn disk_full() {
    let told = Told::of("disk-full");
    assert_eq!(told.exits(), ["backup"]);
    let reason = told.reasons().join("\n");
    assert!(reason.contains("the disk is full"), "{reason}");
    assert!(told.ended.stdout.contains("Make room"), "what to do");
    told.untouched();
}

#[test]
fn dump_ends_early() {
    let told = Told::of("dump-ends-early");
    assert_eq!(told.exits(), ["backup"]);
    let reason = told.reasons().join("\n");
    assert!(reason.contains("not complete"), "{reason}");
    told.untouched();
}

#[test]
fn connection_lost() {
    let told = Told::of("connection-lost");
    assert_eq!(told.exits(), ["failed-after-point", "rolled-back"]);
    assert!(
        told.reasons()[0].contains("An I/O error occurred"),
        "{:?}",
        told.reasons()
    );
    for way in ["restore  (recommended)", "\ngo-on\n"] {
        assert!(told.ended.stdout.contains(way), "{way} is offered");
    }
    let archived = "archived".to_string();
    let done = told.columns("openmetadata_db", "entity_extension");
    assert!(done.contains(&archived), "the statement had run: {done:?}");
    let records = sqlite_rows(
        &told.database("openmetadata_db"),
        "select sqlStatement from SERVER_MIGRATION_SQL_LOGS where version = '1.11.0'",
    );
    assert_eq!(records, [""; 0], "and was not recorded");
    let restored = told.taken_back();
    let columns = told.columns(&restored, "entity_extension");
    assert!(!columns.contains(&archived), "{columns:?}");
}

#[test]
fn server_comes_back() {
    let told = Told::of("server-comes-back");
    assert_eq!(told.exits(), ["stopped-and-put-back", "ok"]);
    // Also when it is back before the old process was seen gone, and before its pid file is written.
    assert!(
        told.reasons()[0].contains("the server came back by itself: bin/openmetadata.sh"),
        "{:?}",
        told.reasons()
    );
    let place = |kind: &str, name: &str| {
        let is = |event: &serde_json::Value| {
            event["kind"] == kind && (name.is_empty() || event["fact"] == name)
        };
        told.journal.iter().position(is).expect(kind)
    };
    assert!(
        place("run-ended", "") < place("fact", "point-crossed"),
        "the first try ended before the point of no return"
    );
    let served: Vec<&str> = told
        .facts("downtime-ended")
        .iter()
        .filter_map(|e| e["serving"].as_str())
        .collect();
    assert_eq!(served, ["1.10.7", "1.12.4"]);
    assert!(!told.file("deployment/watchdog.pid").exists());
    told.upgraded();
}

#[test]
fn migration_fails() {
    let told = Told::of("migration-fails");
    assert_eq!(told.exits(), ["failed-after-point", "rolled-back"]);
    assert_eq!(told.recorded("openmetadata_db"), ["1.11.0", "1.11.2"]);
    told.taken_back();
}

#[test]
fn success_printed() {
    let told = Told::of("success-printed");
    assert_eq!(told.exits(), ["failed-after-point", "rolled-back"]);
    assert!(told.log("migrate.log").contains("WorkFlow Completed"));
    let ended = told.events("child-ended");
    assert_eq!(ended[0]["ok"], true, "the tool said that it went well");
    assert_eq!(
        told.recorded("openmetadata_db"),
        ["1.11.0", "1.11.2", "1.12.0"]
    );
    told.taken_back();
}

#[test]
fn search_down() {
    let told = Told::of("search-down");
    assert_eq!(told.exits(), ["failed-after-point", "rolled-back"]);
    assert_eq!(told.recorded("openmetadata_db"), PENDING);
    told.taken_back();
}

#[test]
fn runner_killed() {
    let told = Told::of("runner-killed");
    assert_eq!(told.exits(), ["ok"], "the killed runner had no last word");
    let runners = told.events("runner-started");
    assert_eq!(runners.len(), 2);
    assert_ne!(runners[0]["pid"], runners[1]["pid"]);
    let adopted = told.events("child-adopted");
    assert_eq!(adopted.len(), 1);
    let started = told.events("child-started");
    let migration = started.iter().find(|e| e["name"] == "migrate");
    assert_eq!(adopted[0]["pid"], migration.expect("a migration")["pid"]);
    let log = told.log("migrate.log");
    assert_eq!(log.matches("WorkFlow Started").count(), 1, "{log}");
    assert!(!told.file("deployment/faults.at-pause").exists());
    told.upgraded();
}

/// For a person who watches: a dump that takes as long as its pace says.
#[test]
fn a_dump_keeps_its_pace() {
    const BYTES_PER_SECOND: u64 = 1_000_000;
    let stage = Stage::sqlite(
        "pace",
        &Setting {
            faults: format!("dump_bytes_per_second = {BYTES_PER_SECOND}\n"),
            serve: false,
            confirm: false,
            ..Setting::default()
        },
    );
    let database = stage.made["database_file"].as_str().expect("a path");
    let begun = Instant::now();
    let dump = stage
        .omup(&["practice", "dump", "--database", database], false)
        .expect(0);
    let due = Duration::from_millis(dump.stdout.len() as u64 * 1000 / BYTES_PER_SECOND);
    assert!(
        begun.elapsed() + Duration::from_millis(50) > due && due > Duration::from_millis(500),
        "{:?} for {due:?}",
        begun.elapsed()
    );
}

//! The main story: up, proven by rows; and back, restored and equal, the old version serving.

use std::collections::BTreeSet;

use super::stage::{Setting, Stage};
use crate::support::digest::difference;
use crate::support::engine::Engine;

#[test]
fn up_and_back_on_sqlite() {
    up_and_back(&Stage::sqlite("up-and-back", &quiet()));
}

#[test]
fn up_and_back_on_postgres() {
    if let Some(stage) = Stage::postgres("up-and-back", &quiet()) {
        up_and_back(&stage);
    }
}

#[test]
fn up_and_back_on_mysql() {
    if let Some(stage) = Stage::mysql("up-and-back", &quiet()) {
        up_and_back(&stage);
    }
}

#[test]
fn up_and_back_on_old_mysql() {
    if let Some(stage) = Stage::of(Engine::OldMysql, "up-and-back", &quiet()) {
        up_and_back(&stage);
    }
}

/// The server writes nothing, so that the content of the beginning is the content of the backup.
fn quiet() -> Setting {
    Setting {
        faults: "server_write_interval_ms = 0\n".to_string(),
        ..Setting::default()
    }
}

fn up_and_back(stage: &Stage) {
    let name = stage.database_name();
    let before = stage.contents(&name);
    let old = stage.serving();

    stage.omup(&["run", "--answers"], true).expect(0);

    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str(),
        "the new version serves"
    );
    let recorded: BTreeSet<String> = stage.recorded_versions(&name).into_iter().collect();
    for version in stage.made["pending"].as_array().expect("a list") {
        assert!(
            recorded.contains(version.as_str().expect("text")),
            "{version} is recorded"
        );
    }
    let upgraded = stage.contents(&name);
    assert!(
        !difference(&before, &upgraded).is_empty(),
        "the migration has changed something"
    );
    assert_eq!(
        stage.databases(),
        vec![name.clone()],
        "no scratch database is left"
    );
    let run = stage.run_folder();
    for file in [
        "report.md",
        "report.json",
        "way-back.md",
        "plan.json",
        "journal.jsonl",
    ] {
        assert!(run.join(file).is_file(), "{file}");
    }

    let report = std::fs::read_to_string(run.join("report.md")).expect("the report");
    for line in [
        "## Validation",
        "- PASSED entities: ",
        "- PASSED relations: 0 have lost an end, 0 before",
        "- STEP 1.12.1 search: every entity is found again",
        "-> step 'Rebuild the search index': ",
        "- YOURS 1.12.4 database: ",
    ] {
        assert!(report.contains(line), "{line} in {report}");
    }

    let ways = stage.omup(&["rollback", "--json"], false).expect(0);
    let ways: serde_json::Value = serde_json::from_str(&ways.stdout).expect("ways");
    assert_eq!(ways["ways"][0]["id"], "restore");
    assert!(
        ways["ways"][0]["about_seconds"]
            .as_u64()
            .is_some_and(|s| s > 0),
        "{ways}"
    );

    stage
        .omup(&["rollback", "--way", "restore"], false)
        .expect(70);
    stage
        .omup(&["rollback", "--way", "restore", "--confirm", &name], false)
        .expect(60);

    assert_eq!(stage.serving(), old, "the old version serves");
    let restored: Vec<String> = stage
        .databases()
        .into_iter()
        .filter(|other| *other != name)
        .collect();
    assert_eq!(
        restored.len(),
        1,
        "one restored database, and no scratch: {restored:?}"
    );
    assert_eq!(
        difference(&before, &stage.contents(&restored[0])),
        Vec::<String>::new(),
        "restored and equal"
    );
    assert_eq!(
        difference(&upgraded, &stage.contents(&name)),
        Vec::<String>::new(),
        "the upgraded database is kept beside"
    );
    let report = std::fs::read_to_string(run.join("report.md")).expect("the report");
    for line in [
        "rolled back, ",
        "## Validation of the upgrade, before the way back",
        "- PASSED entities: ",
        "- STEP 1.12.1 search: every entity is found again",
        "-> step 'Rebuild the search index': ",
    ] {
        assert!(
            report.contains(line),
            "{line} after the way back in {report}"
        );
    }
    assert!(!report.contains("not part of this run"), "{report}");
    stage.omup(&["rollback"], false).expect(0);
}

/// A migration that leaves relations without an end: every entity is still there, and a person is
/// told to look.
#[test]
fn relations_that_lose_an_end_on_the_way_are_told() {
    let stage = Stage::sqlite(
        "lost-ends",
        &Setting {
            confirm: false,
            ..quiet()
        },
    );
    let file = stage
        .home("new_home")
        .join("bootstrap/sql/migrations/native/1.12.4/sqlite/postDataMigrationSQLScript.sql");
    let text = std::fs::read_to_string(&file).expect("the file of the new version");
    let more = "INSERT INTO entity_relationship (fromId, toId, fromEntity, toEntity, relation) VALUES ('gone-1', 'gone-2', 'table', 'user', 8);";
    std::fs::write(&file, format!("{text}\n{more}\n")).expect("write it");
    stage.answer("", true);
    stage.omup(&["run", "--answers"], true).expect(0);
    let report = std::fs::read_to_string(stage.run_folder().join("report.md")).expect("a report");
    let told = "- LOOK relations: more have lost an end than before: table: 0 before, 1 after; user: 0 before, 1 after";
    assert!(report.contains(told), "{report}");
}

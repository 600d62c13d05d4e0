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
    stage.omup(&["rollback"], false).expect(0);
}

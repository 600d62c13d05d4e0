//! What fails, and where that leads: nothing lost, nothing claimed.

use super::stage::{Setting, Stage, sqlite_execute};
use crate::support::digest::difference;

/// Faults, the exit code that they must end with, and whether the new version's tool was reached.
const CASES: &[(&str, &str, i32, bool)] = &[
    (
        "migration-fails",
        "fail_statement = \"1.12.0:2\"\n",
        41,
        true,
    ),
    (
        "success-printed",
        "success_with_versions_missing = true\n",
        41,
        true,
    ),
    ("search-down", "search_down = true\n", 41, true),
];

#[test]
fn failures_on_sqlite() {
    for (name, faults, exit, reached) in CASES {
        failure(&Stage::sqlite(name, &setting(faults)), *exit, *reached);
    }
}

#[test]
fn failures_on_postgres() {
    for (name, faults, exit, reached) in CASES {
        if let Some(stage) = Stage::postgres(name, &setting(faults)) {
            failure(&stage, *exit, *reached);
        }
    }
}

#[test]
fn failures_on_mysql() {
    for (name, faults, exit, reached) in CASES {
        if let Some(stage) = Stage::mysql(name, &setting(faults)) {
            failure(&stage, *exit, *reached);
        }
    }
}

#[test]
fn an_early_ending_dump_is_refused() {
    let stage = Stage::sqlite(
        "dump-ends-early",
        &setting("dump_ends_early_after_bytes = 100000\n"),
    );
    failure(&stage, 20, false);
}

#[test]
fn a_dump_without_one_table_is_refused() {
    let stage = Stage::sqlite(
        "dump-drops-table",
        &setting("dump_drops_table = \"user_entity\"\n"),
    );
    failure(&stage, 20, false);
}

fn setting(faults: &str) -> Setting {
    Setting {
        faults: format!("server_write_interval_ms = 0\n{faults}"),
        ..Setting::default()
    }
}

fn failure(stage: &Stage, exit: i32, reached: bool) {
    let name = stage.database_name();
    let before = stage.contents(&name);
    let ended = stage.omup(&["run", "--answers"], true).expect(exit);
    assert!(
        ended.stdout.contains("still safe:") && ended.stdout.contains("next:"),
        "{}",
        ended.stdout
    );
    if !reached {
        assert_eq!(
            difference(&before, &stage.contents(&name)),
            Vec::<String>::new(),
            "nothing was changed"
        );
        assert_eq!(
            stage.serving().as_deref(),
            stage.made["old_version"].as_str(),
            "the old version serves"
        );
        return;
    }
    stage.faults("server_write_interval_ms = 0\n");
    stage
        .omup(&["rollback", "--way", "restore", "--confirm", &name], false)
        .expect(60);
    let restored: Vec<String> = stage
        .databases()
        .into_iter()
        .filter(|other| *other != name)
        .collect();
    assert_eq!(
        difference(&before, &stage.contents(&restored[0])),
        Vec::<String>::new(),
        "restored and equal"
    );
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str(),
        "the old version serves"
    );
}

/// The cause is mended and the migration goes on from where it stopped.
#[test]
fn going_on_forward_after_the_cause_is_mended() {
    let stage = Stage::sqlite("go-on", &setting("fail_statement = \"1.12.0:2\"\n"));
    let name = stage.database_name();
    stage.omup(&["run", "--answers"], true).expect(41);
    stage.omup(&["resume"], false).expect(41);
    stage.faults("server_write_interval_ms = 0\n");
    stage
        .omup(&["rollback", "--way", "go-on", "--confirm", &name], false)
        .expect(0);
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str()
    );
    let recorded = stage.recorded_versions(&name);
    for version in stage.made["pending"].as_array().expect("a list") {
        assert!(
            recorded
                .iter()
                .any(|r| Some(r.as_str()) == version.as_str()),
            "{version} is recorded"
        );
    }
}

/// Versions that are recorded as finished are not all: the way forward is judged as the migration's own step judges it.
#[test]
fn a_migration_with_a_statement_missing_is_not_called_complete() {
    let stage = Stage::sqlite("statement-missing", &setting("search_down = true\n"));
    stage.omup(&["run", "--answers"], true).expect(41);
    let ways = || stage.omup(&["rollback"], false).expect(0).stdout;
    assert!(ways().contains("the migration is complete"), "{}", ways());
    let file = stage.made["database_file"].as_str().expect("a path");
    sqlite_execute(
        std::path::Path::new(file),
        "delete from SERVER_MIGRATION_SQL_LOGS where rowid = (select max(rowid) from SERVER_MIGRATION_SQL_LOGS)",
    );
    assert!(!ways().contains("the migration is complete"), "{}", ways());
}

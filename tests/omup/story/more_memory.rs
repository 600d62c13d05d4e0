//! "Out of sort memory" in the migration, and the way on that raises it step by step: real errors of
//! real servers, recognised in the log, never repeated by itself, never above 64 MiB.

use serde_json::Value;

use super::stage::{Setting, Stage};
use crate::support::engine::Server;
use crate::support::mysql;
use crate::support::omup::Ended;

const MIB: u64 = 1 << 20;

fn setting(longest_query: &'static str, answers: &str) -> Setting {
    Setting {
        size: "300KB",
        longest_query: Some(longest_query),
        faults: "server_write_interval_ms = 0\n".to_string(),
        answers: answers.to_string(),
        ..Setting::default()
    }
}

fn facts(stage: &Stage, name: &str) -> Vec<Value> {
    let text =
        std::fs::read_to_string(stage.run_folder().join("journal.jsonl")).expect("the journal");
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|event| event["fact"] == name)
        .collect()
}

fn ways(stage: &Stage) -> String {
    stage.omup(&["rollback"], false).expect(0).stdout
}

fn more(stage: &Stage) -> Ended {
    let name = stage.database_name();
    let way = ["rollback", "--way", "more-memory", "--confirm", &name];
    stage.omup(&way, false)
}

#[track_caller]
fn failed_for_want_of_memory(ended: &Ended, next: &str) {
    assert!(
        ended.stdout.contains("Out of sort memory"),
        "{}",
        ended.stdout
    );
    let advice = format!("raise the sort memory to {next} and go on");
    assert!(ended.stdout.contains(&advice), "{}", ended.stdout);
    assert!(ended.stdout.contains("--way more-memory --confirm"));
}

#[track_caller]
fn upgraded(stage: &Stage) {
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str()
    );
    let recorded = stage.recorded_versions(&stage.database_name());
    for version in stage.made["pending"].as_array().expect("a list") {
        let version = version.as_str().expect("text");
        assert!(recorded.iter().any(|r| r == version), "{version}");
    }
}

/// MySQL gives up when a row does not fit into the memory that it sorts in: 34 MB do not into 32 MiB.
fn the_ladder(stage: &Stage) {
    let first = stage.omup(&["run", "--answers"], true).expect(41);
    failed_for_want_of_memory(&first, "32 MB");
    // Nothing is repeated by itself.
    stage.omup(&["resume"], false).expect(41);
    assert_eq!(facts(stage, "memory-raised"), Vec::<Value>::new());
    let shown = ways(stage);
    assert!(shown.starts_with("more-memory  (recommended)"), "{shown}");
    assert!(
        shown.contains("Raise the sort memory from 20 MB to 32 MB"),
        "{shown}"
    );
    assert!(shown.contains("begins anew"), "what runs again: {shown}");
    // A typed name, as for every way.
    stage
        .omup(&["rollback", "--way", "more-memory"], false)
        .expect(70);
    failed_for_want_of_memory(&more(stage).expect(41), "64 MB");
    more(stage).expect(0);
    upgraded(stage);
    let raised: Vec<(u64, u64)> = facts(stage, "memory-raised")
        .iter()
        .map(|fact| {
            assert_ne!(fact["who"], "", "who chose it");
            let bytes = |key: &str| fact[key].as_u64().expect("bytes") / MIB;
            (bytes("from"), bytes("to"))
        })
        .collect();
    assert_eq!(raised, [(20, 32), (32, 64)]);
    let proven: Vec<u64> = facts(stage, "memory-proven")
        .iter()
        .map(|fact| fact["bytes"].as_u64().expect("bytes") / MIB)
        .collect();
    assert_eq!(
        proven,
        [20, 32, 64],
        "each seen by a connection of its own first"
    );
    let report = stage.omup(&["report"], false).expect(0).stdout;
    assert!(
        report.contains("64 MB (connection parameter), raised after it failed"),
        "{report}"
    );
}

#[test]
fn the_ladder_on_mysql() {
    if let Some(stage) = Stage::mysql("more-memory", &setting("34MB", "")) {
        the_ladder(&stage);
    }
}

#[test]
fn the_ladder_on_old_mysql() {
    if let Some(server) = mysql::old_server() {
        the_ladder(&Stage::on(
            &Server::Mysql(server),
            "more-memory",
            &setting("34MB", ""),
        ));
    }
}

/// Above 64 MiB there is no step; the other ways stand. The practice database needs room for fifteen of
/// its longest rows.
#[test]
fn what_64_mib_do_not_hold_is_taken_back_on_sqlite() {
    let answers = "[memory]\nmib = 64\n";
    let mut setting = setting("5MB", answers);
    setting.confirm = false;
    let stage = Stage::sqlite("too-long", &setting);
    let server = stage.folder.join("deployment/data/server.cnf");
    std::fs::write(server, "sort_memory = 256kB\n").expect("the setting");
    stage.answer(answers, true);
    let ended = stage.omup(&["run", "--answers"], true).expect(41);
    assert!(
        !ended.stdout.contains("--way more-memory"),
        "{}",
        ended.stdout
    );
    let shown = ways(&stage);
    assert!(shown.contains("64 MB were not enough"), "{shown}");
    assert!(shown.contains("restore  (recommended)"), "{shown}");
    let refused = more(&stage).expect(61);
    assert!(
        refused.stderr.contains("64 MB were not enough"),
        "{}",
        refused.stderr
    );
    assert_eq!(facts(&stage, "memory-raised"), Vec::<Value>::new());
    let name = stage.database_name();
    let back = ["rollback", "--way", "restore", "--confirm", &name];
    stage.omup(&back, false).expect(60);
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str()
    );
}

/// The practice database plays MySQL's part, and answers that left the memory as it was.
#[test]
fn from_the_servers_own_setting_on_sqlite() {
    let mut setting = setting("60KB", "[memory]\nway = \"leave\"\n");
    setting.confirm = false;
    let stage = Stage::sqlite("more-memory", &setting);
    let server = stage.folder.join("deployment/data/server.cnf");
    std::fs::write(server, "sort_memory = 256kB\n").expect("the setting");
    stage.answer("[memory]\nway = \"leave\"\n", true);
    let ended = stage.omup(&["run", "--answers"], true).expect(41);
    failed_for_want_of_memory(&ended, "20 MB");
    more(&stage).expect(0);
    upgraded(&stage);
}

/// Another failure after it is another failure: no such way is offered, although the log of the first
/// attempt stands in the same file.
#[test]
fn another_failure_has_no_such_way() {
    let mut setting = setting("60KB", "[memory]\nway = \"leave\"\n");
    setting.confirm = false;
    let stage = Stage::sqlite("another-failure", &setting);
    let server = stage.folder.join("deployment/data/server.cnf");
    std::fs::write(server, "sort_memory = 256kB\n").expect("the setting");
    stage.answer("[memory]\nway = \"leave\"\n", true);
    stage.omup(&["run", "--answers"], true).expect(41);
    stage.faults("server_write_interval_ms = 0\nfail_statement = \"1.12.4:1\"\n");
    more(&stage).expect(41);
    let shown = ways(&stage);
    assert!(!shown.contains("more-memory"), "{shown}");
    assert!(shown.contains("restore  (recommended)"), "{shown}");
    let refused = more(&stage);
    assert_ne!(refused.code, 0);
    assert!(
        refused.stderr.contains("does not lead back"),
        "{}",
        refused.stderr
    );
}

//! A backup is taken and proven, and nothing else is done: the server goes on, the database is only read.

use super::stage::{RUN, Setting, Stage};
use crate::support::digest::difference;

fn quiet() -> Setting {
    Setting {
        size: "300KB",
        faults: "server_write_interval_ms = 0\n".to_string(),
        ..Setting::default()
    }
}

#[test]
fn a_backup_alone_is_proven_and_stops_nothing_on_sqlite() {
    alone(&Stage::sqlite("backup-alone", &quiet()));
}

#[test]
fn a_backup_alone_is_proven_and_stops_nothing_on_postgres() {
    if let Some(stage) = Stage::postgres("backup-alone", &quiet()) {
        alone(&stage);
    }
}

#[test]
fn a_backup_alone_is_proven_and_stops_nothing_on_mysql() {
    if let Some(stage) = Stage::mysql("backup-alone", &quiet()) {
        alone(&stage);
    }
}

/// Proven, found whole again byte for byte, and everything else as it was.
#[track_caller]
pub fn proven(stage: &Stage) {
    let facts = stage.status()["view"]["facts"].clone();
    assert_eq!(facts["level"], "restored-and-equal");
    assert!(
        facts["downtime_started_ms"].is_null(),
        "nobody was locked out"
    );
    let dir = std::path::PathBuf::from(facts["backup_dir"].as_str().expect("a folder"));
    assert!(dir.join("way-back.md").is_file());
    stage
        .call(&["verify"], false)
        .args([&dir])
        .run(RUN)
        .expect(0);
    assert_eq!(
        stage.databases(),
        vec![stage.database_name()],
        "the copy of the proof is gone"
    );
}

fn alone(stage: &Stage) {
    let before = stage.contents(&stage.database_name());
    // Killed in the middle, it is gone on with for what it was begun.
    let killed = stage
        .call(&["backup", "--answers"], true)
        .env("OMUP_KILL_AT", "30")
        .run(RUN);
    assert_ne!(killed.code, 0);
    let ended = stage.omup(&["resume"], false).expect(0);
    assert!(
        ended
            .stdout
            .contains("nothing was stopped, and the database was only read"),
        "{}",
        ended.stdout
    );
    proven(stage);
    assert_eq!(
        difference(&before, &stage.contents(&stage.database_name())),
        Vec::<String>::new()
    );
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str()
    );
    let report = stage.omup(&["report"], false).expect(0).stdout;
    assert!(report.contains("restored and equal"), "{report}");
}

/// Promise 15: names that break whoever builds SQL or shell lines from them make the whole trip.
#[test]
fn tables_of_any_name_are_backed_up_and_proven_on_mysql() {
    let Some(stage) = Stage::mysql("odd-names", &quiet()) else {
        return;
    };
    let long = "x".repeat(64);
    let names = [
        "a``b",
        "a;drop table x",
        "--",
        "${x}$(touch pwned)",
        "it's",
        "a\"b",
        "back\\slash",
        "ä漢字€",
        "%s",
        "UPPER",
        &long,
    ];
    for name in names {
        stage.database().sql_as_administrator(&format!(
            "create table `{name}` (`{name}` varchar(20)); insert into `{name}` values ('v'), (null)"
        ));
    }
    let ended = stage.omup(&["backup", "--answers"], true);
    assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(
        stage.status()["view"]["facts"]["level"],
        "restored-and-equal"
    );
    assert!(!stage.folder.join("pwned").exists() && !std::path::Path::new("pwned").exists());
}

//! Tests of [`super::pending`].

use std::collections::BTreeMap;
use std::path::Path;

use super::pending::{Ground, checksum, compute};
use crate::domain::migration::{History, NativeRow, PendingWork};
use crate::domain::names::Engine;

const COMMENTED: &str = "-- why\nALTER TABLE t ADD COLUMN a int;\nUPDATE t SET a = 1;\n";

fn folder(root: &Path, version: &str, file: &str, text: &str) {
    let place = root.join(version).join("postgres");
    std::fs::create_dir_all(&place).expect("folder");
    std::fs::write(place.join(file), text).expect("file");
}

fn history(versions: &[&str], statements: &[&str]) -> History {
    let row = |version: &&str| NativeRow {
        version: (*version).into(),
        status: None,
    };
    let logged = statements.iter().map(|text| checksum(text)).collect();
    History {
        native: Some(versions.iter().map(row).collect()),
        statements: BTreeMap::from([("1.10.0".to_owned(), logged)]),
        ..History::default()
    }
}

fn pending(root: &Path, target: &str, history: &History) -> PendingWork {
    let ground = Ground {
        target: &target.parse().expect("version"),
        native: root,
        extension: None,
        engine: Engine::Postgres,
    };
    compute(&ground, history).expect("computed")
}

fn shown(work: &PendingWork) -> Vec<(String, usize)> {
    work.versions
        .iter()
        .map(|one| (one.version.to_string(), one.statements.len()))
        .collect()
}

#[test]
fn old_targets_run_what_is_above_the_highest_number_and_new_ones_fill_gaps() {
    let root = tempfile::tempdir().expect("root");
    for version in ["1.9.2", "1.10.0", "1.10.2", "1.11.0"] {
        let text = format!("SELECT '{version}';");
        folder(root.path(), version, "schemaChanges.sql", &text);
    }
    folder(root.path(), "1.11.0", "postDataMigration.sql", "SELECT 2;");
    let done = history(&["1.9.2", "1.10.2", "0.0.15"], &[]);
    let old = pending(root.path(), "1.11.0", &done);
    assert_eq!(shown(&old), [("1.11.0".to_owned(), 1)]);
    assert_eq!(
        old.versions[0].ignored_files,
        ["postDataMigration.sql".into()]
    );
    let new = pending(root.path(), "1.13.0", &done);
    // 1.9.2 and 1.10.2 are looked at again: their statements are not in the log.
    let versions: Vec<String> = shown(&new)
        .into_iter()
        .map(|(version, _)| version)
        .collect();
    assert_eq!(versions, ["1.9.2", "1.10.0", "1.10.2", "1.11.0"]);
    let fresh = pending(root.path(), "1.11.0", &History::default());
    assert_eq!(fresh.versions.len(), 4);
}

#[test]
fn logged_statements_are_dropped_under_the_rule_that_the_log_shows() {
    let root = tempfile::tempdir().expect("root");
    folder(root.path(), "1.10.0", "schemaChanges.sql", COMMENTED);
    folder(root.path(), "1.11.0", "schemaChanges.sql", COMMENTED);
    for (first, expected) in [
        ("-- why\nALTER TABLE t ADD COLUMN a int", 0),
        ("ALTER TABLE t ADD COLUMN a int", 0),
        ("ALTER TABLE other", 1),
    ] {
        let done = history(&["1.10.0"], &[first, "UPDATE t SET a = 1"]);
        let work = pending(root.path(), "1.11.0", &done);
        assert_eq!(shown(&work), [("1.11.0".to_owned(), expected)], "{first}");
    }
    // The form that is expected in the log is the one the log already shows.
    folder(
        root.path(),
        "1.11.0",
        "schemaChanges.sql",
        "-- new\nDROP TABLE t;",
    );
    for (first, expected) in [
        (
            "-- why\nALTER TABLE t ADD COLUMN a int",
            "-- new\nDROP TABLE t",
        ),
        ("ALTER TABLE t ADD COLUMN a int", "DROP TABLE t"),
    ] {
        let done = history(&["1.10.0"], &[first]);
        let work = pending(root.path(), "1.11.0", &done);
        assert_eq!(work.versions[0].statements[0].checksum, checksum(expected));
    }
}

#[test]
fn a_text_that_comes_again_on_the_way_runs_once() {
    let root = tempfile::tempdir().expect("root");
    let file = "schemaChanges.sql";
    let index = "CREATE INDEX i ON t (a);\n";
    folder(root.path(), "1.8.2", file, &format!("{index}{index}"));
    folder(
        root.path(),
        "1.13.0",
        file,
        &format!("{index}DROP TABLE u;\n"),
    );
    let work = pending(root.path(), "1.13.0", &history(&["1.8.1"], &[]));
    let all = [("1.8.2".to_owned(), 1), ("1.13.0".to_owned(), 1)];
    assert_eq!(shown(&work), all);
    assert_eq!(work.versions[1].statements[0].head.as_str(), "DROP TABLE u");
    assert_eq!(
        (work.versions[0].repeated, work.versions[1].repeated),
        (1, 1)
    );
    // What comes first has run, whichever place it had then.
    let text = "CREATE INDEX i ON t (a)";
    let work = pending(root.path(), "1.13.0", &history(&["1.8.1"], &[text]));
    assert_eq!(work.statements(), 1);
}

#[test]
fn a_folder_that_is_no_version_is_told() {
    let root = tempfile::tempdir().expect("root");
    folder(root.path(), "1.x", "schemaChanges.sql", "");
    let ground = Ground {
        target: &"1.12.4".parse().expect("version"),
        native: root.path(),
        extension: None,
        engine: Engine::Postgres,
    };
    let told = compute(&ground, &History::default()).expect_err("no version");
    assert!(told.to_string().contains("no version"), "{told}");
}

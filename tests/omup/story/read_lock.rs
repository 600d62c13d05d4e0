//! `[backup] read_lock`: a database that is written all the time is proven at the first backup.

use super::stage::{Setting, Stage};

#[test]
fn writers_are_held_up_for_a_moment_and_every_table_is_proven_on_mysql() {
    let setting = Setting {
        size: "300KB",
        faults: "server_write_interval_ms = 2\n".to_string(),
        answers: String::new(),
        confirm: false,
        ..Setting::default()
    };
    let Some(stage) = Stage::mysql("read-lock", &setting) else {
        return;
    };
    let answers = std::fs::read_to_string(stage.answers()).expect("the answers");
    let chosen = answers.replace("[backup]\n", "[backup]\nread_lock = true\n");
    std::fs::write(stage.answers(), chosen).expect("written");
    let ended = stage.omup(&["run", "--answers"], true).expect(70);
    let told = ended
        .stdout
        .lines()
        .find(|line| line.contains("writers were held up for"))
        .unwrap_or_else(|| panic!("{}", ended.stdout));
    println!("{told}");
    assert!(
        ended.stdout.contains("restored and equal"),
        "proven although it is written: {}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("cannot be proven"));
    let plan = stage.omup(&["plan", "--answers"], true).expect(0).stdout;
    assert!(plan.contains("LOCK TABLES"), "{plan}");
}

/// Without it: whether a write falls into that moment or not, the upgrade goes on, and what is crossed with is proven.
#[test]
fn a_database_that_is_written_all_the_time_is_upgraded_all_the_same_on_mysql() {
    let setting = Setting {
        size: "300KB",
        faults: "server_write_interval_ms = 2\n".to_string(),
        ..Setting::default()
    };
    let Some(stage) = Stage::mysql("read-lock-not", &setting) else {
        return;
    };
    let ended = stage.omup(&["run", "--answers"], true).expect(0);
    let told = ended
        .stdout
        .lines()
        .find(|line| line.contains("not yet equal"));
    println!("{told:?}");
    assert!(
        ended.stdout.contains("a final backup was taken and proven"),
        "{}",
        ended.stdout
    );
    assert_eq!(
        stage.status()["view"]["facts"]["level"],
        "restored-and-equal"
    );
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["new_version"].as_str()
    );
}

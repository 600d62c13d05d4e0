//! What the commands print of the releases, without a deployment.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::folder::Folder;
use crate::support::omup::{Ended, Omup};

const LIMIT: Duration = Duration::from_secs(60);

fn omup(folder: &Folder, args: &[&str]) -> Ended {
    Omup::new(folder).args(args).run(LIMIT)
}

#[test]
fn notes_say_what_a_change_means_where_it_stands_and_which_way_there_is() {
    let folder = Folder::new("notes");
    let said = omup(&folder, &["notes", "1.1.7", "2.0.7"]).expect(0).stdout;
    let questions = [
        "Way: 1.1.7 -> 2.0.7 in one hop.",
        "Do I need to change my configuration? cannot tell",
        "Did a connector's service connection change? cannot tell",
    ];
    for line in questions {
        assert!(said.contains(line), "{line}");
    }
    let json = omup(&folder, &["notes", "1.1.7", "2.0.7", "--json"]).expect(0);
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    let notes = json["notes"].as_array().expect("notes");
    assert!(notes.len() >= 250, "{}", notes.len());
    for note in notes {
        let title = note["title"].as_str().expect("a title");
        let source = note["source"].as_str().expect("a source");
        assert!(said.contains(title) && said.contains(source), "{title}");
    }
}

#[test]
fn a_way_with_a_forced_stop_names_it_and_no_way_down_is_offered() {
    let folder = Folder::new("notes_way");
    let told = |from: &str, to: &str| omup(&folder, &["notes", from, to]).expect(0).stdout;
    let gate = told("1.13.4", "2.1.0");
    assert!(gate.starts_with("Way: 1.13.4 -> 2.0.7 -> 2.1.0."), "{gate}");
    assert!(told("2.0.5", "1.12.4").starts_with("No way: 2.0.5 -> 1.12.4 is a downgrade"));
    assert!(told("2.0.5", "2.9.0").starts_with("Way not known: 2.9.0 is newer"));
    assert!(told("1.14.0", "2.0.5").starts_with("Way not known: 1.14.0"));
    assert!(told("1.13.4", "2.0.99").starts_with("Way not known: 2.0.99"));
    assert!(told("1.13.4", "2.0.0-rc1").starts_with("Way not known: 2.0.0-rc1 is no release"));
    let long = told("1.3.4", "1.12.4");
    assert!(long.contains("The safer way stops at 1.10.14:"), "{long}");
}

/// All that there is, in the time of a key press; this also starts a program and is a debug build.
#[test]
fn three_hundred_notes_come_at_once() {
    let folder = Folder::new("notes_many");
    let begun = Instant::now();
    let said = omup(&folder, &["notes", "0.1.0", "99.0.0"])
        .expect(0)
        .stdout;
    let taken = begun.elapsed();
    assert!(said.contains(" changes between 0.1.0 and 99.0.0"), "{said}");
    println!("{} lines in {} ms", said.lines().count(), taken.as_millis());
    assert!(taken < Duration::from_secs(10), "{taken:?}");
}

#[test]
fn a_misspelt_check_hides_nothing() {
    let folder = Folder::new("only");
    let said = omup(
        &folder,
        &["check", "--answers", "none.toml", "--except", "OM-DB-0001"],
    );
    let said = said.expect(2).stderr;
    assert!(said.contains("there is no check 'OM-DB-0001'"), "{said}");
}

#[test]
fn the_catalogue_tells_cost_limit_and_condition_of_each_check() {
    let folder = Folder::new("list");
    let said = omup(&folder, &["checks", "list"]).expect(0).stdout;
    let json = omup(&folder, &["checks", "list", "--json"]).expect(0);
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    let checks = json["checks"].as_array().expect("checks");
    assert!(checks.len() > 30, "{}", checks.len());
    for check in checks {
        let text = |key: &str| {
            check[key]
                .as_str()
                .unwrap_or_else(|| panic!("{key}: {check}"))
        };
        assert!(!text("condition").is_empty(), "{check}");
        let line = said.lines().find(|line| line.starts_with(text("id")));
        let line = line.unwrap_or_else(|| panic!("no line of {check}"));
        assert!(line.contains(text("time_limit")), "{line}");
        assert!(line.ends_with(text("title")), "{line}");
        let seconds = check["time_limit_seconds"].as_u64().expect("seconds");
        assert_eq!(seconds == 0, text("cost") == "free", "{check}");
        assert!(seconds <= 30 || text("cost") == "scan", "{check}");
        // An UNKNOWN always holds something back.
        assert_ne!(text("unknown_blocks"), "no", "{check}");
    }
}

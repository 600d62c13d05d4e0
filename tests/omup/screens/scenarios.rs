//! Each practice scenario led to its right end by somebody who reads nothing but the screens.

use std::collections::BTreeMap;
use std::time::Duration;

use omup::app::sandbox::{Then, scenario as scenario_of};
use omup::screen;
use omup::wizard::Lesson;

use super::film::{Film, RICH};
use super::masks::masked;
use super::walk::{self, Walk};
use crate::support::wait;

/// Facts of the run, from outside of the screen.
fn status(walk: &Walk, scenario: &str) -> serde_json::Value {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_omup"))
        .arg("--state-dir")
        .arg(walk.state(scenario))
        .args(["status", "--json"])
        .output()
        .unwrap_or_else(|error| panic!("{error}"));
    serde_json::from_slice(&out.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out.stderr)))
}

/// The pages that decided, as they were when they were left: drawn again from the record of the session, with the
/// masks over it, and compared with the snapshots.
#[track_caller]
fn pages(walk: &Walk, scenario: &str, decisive: &[&str]) {
    let record = walk.folder.join(walk::RECORD);
    let record = std::fs::read_to_string(record).unwrap_or_else(|error| panic!("{error}"));
    // The newest line may not be whole yet.
    let whole = record.rfind('\n').map_or("", |end| &record[..end]);
    let told = scenario_of(scenario).unwrap_or_else(|| panic!("no scenario {scenario}"));
    let lesson = Lesson {
        name: told.name.to_string(),
        about: told.about.to_string(),
        right_end: told.right_end.to_string(),
        mending: match told.then {
            Then::MendAndGoOn { mending } => Some(mending.to_string()),
            Then::Nothing | Then::GoBack | Then::GoOn => None,
        },
        come_back: format!("omup sandbox --scenario {scenario}"),
    };
    let film = Film::new(&masked(whole, walk.folder.path()), lesson).standing_still();
    let mut seen = BTreeMap::new();
    film.replay(RICH, 80, 24, |state| {
        let over = if state.popup.is_some() { "-asked" } else { "" };
        seen.insert(
            format!("{:?}{over}", state.page),
            screen::snapshot(state).join("\n"),
        );
    });
    for name in decisive {
        let frame = seen
            .get(*name)
            .unwrap_or_else(|| panic!("{name} was not seen: {:?}", seen.keys()));
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("scenario-{scenario}-{name}"), frame);
        });
    }
}

/// From the first page to the run at work.
fn begin(scenario: &str) -> Walk {
    let mut walk = Walk::practise(scenario, scenario, &[], 80, 24);
    walk.prepare();
    walk.choose("Approve this plan");
    walk
}

/// The first go-ahead.
fn into_downtime(walk: &mut Walk) {
    walk.tty.wait_for("Users notice nothing yet");
    walk.choose("Go on");
    walk.type_name("Stop the server");
}

/// Both go-aheads.
fn over_the_point(walk: &mut Walk) {
    into_downtime(walk);
    walk.tty.wait_for("The last place from which going back");
    walk.choose("Go on");
    walk.type_name("Migrate");
}

/// On the page that says what failed, when what its log says is known too.
#[track_caller]
fn failed(walk: &Walk, words: &str) {
    walk.tty.wait_for(words);
    let record = walk.folder.join(walk::RECORD);
    wait::for_line(&record, r#""rows":400"#, Duration::from_secs(60));
}

/// Takes the restore from the page that says what failed.
fn go_back(walk: &mut Walk, scenario: &str) {
    failed(walk, "Stopped, here is why");
    walk.choose("Ways back");
    walk.tty.wait_for("possible  yes");
    walk.choose("Restore the backup");
    walk.type_name("Go back");
    walk.tty.wait_for("runs OpenMetadata 1.10.7");
    walk.tty.wait_for("▸ Read the report");
    let end = status(walk, scenario);
    assert_eq!(
        (&end["exit"], &end["phase"]),
        (&60.into(), &"rolled-back".into())
    );
    assert_eq!(end["view"]["facts"]["restored_equal"], true);
    pages(walk, scenario, &["Stopped", "Ways", "Ways-asked", "Finish"]);
}

/// Mends the cause, as somebody outside of omup would.
fn mend(walk: &mut Walk) {
    walk.choose("PRACTICE: play the administrator");
    walk.tty.wait_text("the cause to be mended", |text| {
        !text.contains("PRACTICE: play the administrator")
    });
}

/// Lets the step that failed after the point of no return run again.
fn run_again(walk: &mut Walk) {
    walk.choose("Run the failed step again");
    walk.tty.wait_for("runs again, then what follows it");
    walk.type_name("Run it again");
}

/// The new version serves, and nothing of it is a claim only.
fn upgraded(walk: &mut Walk, scenario: &str) {
    walk.tty.wait_for("runs OpenMetadata 1.12.4");
    walk.tty.wait_for("▸ Read the report");
    let end = status(walk, scenario);
    assert_eq!(
        (&end["exit"], &end["phase"]),
        (&0.into(), &"upgraded".into())
    );
    pages(walk, scenario, &["Stopped", "Finish"]);
}

/// The backup is refused: nothing was stopped, nothing was changed.
fn refused(scenario: &str, decisive: &[&str]) {
    let walk = begin(scenario);
    failed(&walk, "Stopped, here is why");
    walk.tty.wait_for("notice nothing");
    let screen = walk.tty.text();
    assert!(screen.contains("✖ Failed to"), "{screen}");
    let end = status(&walk, scenario);
    assert_eq!(
        (&end["exit"], &end["phase"]),
        (&20.into(), &"before-downtime".into())
    );
    assert!(end["view"]["facts"]["backup_dir"].is_null(), "{end}");
    pages(&walk, scenario, decisive);
}

#[test]
fn disk_full() {
    // Whether the dump's log has a last line is a race of two programs with the full disk: no picture of it.
    refused("disk-full", &[]);
}

#[test]
fn dump_ends_early() {
    refused("dump-ends-early", &["Stopped"]);
}

#[test]
fn out_of_sort_memory() {
    let mut walk = begin("out-of-sort-memory");
    over_the_point(&mut walk);
    failed(&walk, "Stopped, here is why");
    mend(&mut walk);
    run_again(&mut walk);
    upgraded(&mut walk, "out-of-sort-memory");
}

/// The same end without an administrator: omup raises it for the migration's own connection.
#[test]
fn out_of_sort_memory_raised_by_omup() {
    let scenario = "out-of-sort-memory";
    let mut walk = begin(scenario);
    over_the_point(&mut walk);
    failed(&walk, "Stopped, here is why");
    walk.choose("Raise the sort memory and go on");
    walk.tty.wait_for("possible  yes");
    walk.choose("Raise the sort memory from 256 kB to 20 MB");
    walk.type_name("Go on");
    walk.tty.wait_for("runs OpenMetadata 1.12.4");
    walk.tty.wait_for("▸ Read the report");
    let end = status(&walk, scenario);
    assert_eq!(
        (&end["exit"], &end["phase"]),
        (&0.into(), &"upgraded".into())
    );
    assert_eq!(end["view"]["facts"]["memory_raised"], 20 << 20);
    pages(&walk, scenario, &["Ways", "Ways-asked"]);
}

#[test]
fn connection_lost() {
    let mut walk = begin("connection-lost");
    over_the_point(&mut walk);
    go_back(&mut walk, "connection-lost");
}

#[test]
fn migration_fails() {
    let mut walk = begin("migration-fails");
    over_the_point(&mut walk);
    go_back(&mut walk, "migration-fails");
}

#[test]
fn success_printed() {
    let mut walk = begin("success-printed");
    over_the_point(&mut walk);
    go_back(&mut walk, "success-printed");
}

#[test]
fn search_down() {
    let mut walk = begin("search-down");
    over_the_point(&mut walk);
    go_back(&mut walk, "search-down");
}

#[test]
fn server_comes_back() {
    let mut walk = begin("server-comes-back");
    into_downtime(&mut walk);
    walk.tty.wait_for("Stopped, here is why");
    assert_eq!(status(&walk, "server-comes-back")["exit"], 31);
    mend(&mut walk);
    walk.choose("Go on with this run");
    over_the_point(&mut walk);
    upgraded(&mut walk, "server-comes-back");
}

#[test]
fn runner_killed() {
    let mut walk = begin("runner-killed");
    over_the_point(&mut walk);
    failed(&walk, "Interrupted");
    walk.choose("Go on with this run");
    upgraded(&mut walk, "runner-killed");
    let end = status(&walk, "runner-killed");
    let migrations = end["view"]["children"].as_array().map(|children| {
        children
            .iter()
            .filter(|child| child["name"] == "migrate")
            .count()
    });
    assert_eq!(migrations, Some(1), "adopted, and none beside it");
}

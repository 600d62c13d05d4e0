//! The real binary in a real terminal.

use std::time::Duration;

use omup::knowledge::{Knowledge, Severity};
use rustix::process::Signal;

use super::walk::{self, DOWN, ENTER, ESC, Walk};
use crate::support::tty::Start;
use crate::support::wait;

/// Facts of a run by its own `--json`, from outside of the screen.
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

#[test]
fn a_whole_upgrade_and_its_way_back_by_the_screens_alone() {
    let mut walk = Walk::practise("wizard", "good", &[], 80, 24);
    walk.prepare();
    walk.choose("Approve this plan");
    walk.tty.wait_for("Users notice nothing yet");
    walk.choose("Go on");
    walk.type_name("Stop the server");
    walk.tty.wait_for("The last place from which going back");
    walk.choose("Go on");
    walk.type_name("Migrate");
    walk.tty.wait_for("runs OpenMetadata 1.12.4");
    // The things to do stand there when the runner has ended.
    walk.tty.wait_for("▸ Read the report");
    let upgraded = status(&walk, "good");
    assert_eq!(upgraded["phase"], "upgraded");
    assert_eq!(upgraded["exit"], 0);
    let (from, to) = ("1.10.7".parse(), "1.12.4".parse());
    let notes = Knowledge::embedded().notes(&from.expect("a version"), &to.expect("a version"));
    let read = upgraded["view"]["notes_read"].as_object().expect("notes");
    for note in &notes {
        let change = &note.change;
        let folded = change.severity == Severity::Info && change.probe.is_empty();
        let is_read = read.contains_key(note.name());
        assert_eq!(is_read, !folded, "{}", change.title);
    }
    assert_eq!(
        upgraded["view"]["checklist"]
            .as_object()
            .map_or(0, serde_json::Map::len),
        Knowledge::embedded().checklist().len()
    );
    assert_eq!(
        upgraded["view"]["approved"],
        upgraded["view"]["plan_digest"]
    );
    walk.choose("Ways back");
    walk.tty.wait_for("possible  yes");
    walk.tty.send(ENTER);
    walk.type_name("Go back");
    walk.tty
        .wait_for("Rolled back: practice runs OpenMetadata 1.10.7 again");
    walk.tty.wait_for("▸ Read the report");
    let back = status(&walk, "good");
    assert_eq!(back["phase"], "rolled-back");
    assert_eq!(back["exit"], 60);
    walk.tty.send("q");
    walk.tty.wait_for("Leave this practice session?");
    walk.choose("Leave and remove");
    assert_eq!(walk.tty.exit_code(), 0);
    walk.tty.given_back();
    assert!(
        walk.tty
            .text()
            .contains("the practice deployment is removed")
    );
}

#[test]
fn a_lost_terminal_loses_nothing_and_the_next_one_shows_the_run_first() {
    let mut walk = Walk::practise("lost", "good", &[], 80, 24);
    walk.prepare();
    let screen = walk.tty.program();
    walk.choose("Approve this plan");
    walk.tty.wait_for("Users notice nothing yet");
    assert!(walk.tty.program().signal(Signal::HUP));
    assert_eq!(walk.tty.exit_code(), 129);
    wait::until("the screen to end", Duration::from_secs(5), || {
        (!screen.runs()).then_some(())
    });
    assert_eq!(
        status(&walk, "good")["runner_alive"],
        true,
        "the work goes on"
    );
    walk.tty = walk::open(&walk.folder, "good", "fast", &[]).start();
    walk.tty.wait_for("Welcome back");
    walk.choose("Go on with run");
    walk.tty.wait_for("Users notice nothing yet");
    walk.choose("Stop here");
    walk.tty.wait_for("Stop this run?");
    // The first moments belong to the page below; the safe choice is marked.
    wait::until("the question to take keys", Duration::from_secs(5), || {
        walk::type_and_see(&walk.tty, DOWN);
        walk.tty.text().contains("▸ Stop safely").then_some(())
    });
    walk.tty.send(ENTER);
    walk.tty.wait_for("Stopped, here is why");
    assert_eq!(status(&walk, "good")["exit"], 31);
    // Nothing is detached from a run that has ended, and leaving throws nothing away by itself.
    walk.tty.send("d");
    walk.tty.send("q");
    walk.tty.wait_for("Leave this practice session?");
    walk.choose("Leave and keep");
    assert_eq!(walk.tty.exit_code(), 0);
    let last = walk.tty.text();
    assert!(last.contains("kept in"), "{last}");
    assert_eq!(status(&walk, "good")["exit"], 31);
}

#[test]
fn two_people_watch_one_run_and_the_helm_is_taken_by_name() {
    let mut walk = Walk::practise(
        "helm",
        "good",
        &[("USER", "mara"), ("SUDO_USER", "mara")],
        80,
        24,
    );
    walk.prepare();
    walk.choose("Approve this plan");
    walk.tty.wait_for("Users notice nothing yet");
    let state = walk.state("good").display().to_string();
    let second = Start::new(walk::program())
        .args(["--state-dir", &state, "attach"])
        .env("USER", "bob")
        .env("SUDO_USER", "bob")
        .start();
    second.wait_for("READ ONLY");
    second.wait_for("mara steers this run");
    walk::mark(&second, "Go on");
    second.send(ENTER);
    second.wait_for("T takes the helm over");
    assert!(
        !second.text().contains("Type the database"),
        "who only watches answers nothing"
    );
    second.send("T");
    second.wait_for("Take the helm?");
    wait::until("the question to take keys", Duration::from_secs(10), || {
        walk::type_and_see(&second, DOWN);
        second.text().contains("▸ Take the helm").then_some(())
    });
    second.send(ENTER);
    second.wait_text("the helm", |text| !text.contains("READ ONLY"));
    walk.tty.wait_for("bob has taken the helm");
    walk.tty.wait_for("READ ONLY");
    let journal = std::process::Command::new(env!("CARGO_BIN_EXE_omup"))
        .args(["--state-dir", &state, "runs", "show"])
        .output()
        .unwrap_or_else(|error| panic!("{error}"));
    let story = String::from_utf8_lossy(&journal.stdout).into_owned();
    for who in ["mara has the helm", "bob has the helm"] {
        assert!(story.contains(who), "{story}");
    }
}

#[test]
fn a_preparation_is_kept_when_it_is_left() {
    let mut walk = Walk::practise("kept", "good", &[], 80, 24);
    walk.choose("Begin a new upgrade");
    walk.choose("Look at it");
    walk.choose("Continue: release notes");
    walk.choose("Mark all of them as read");
    walk.tty
        .wait_text("all read", |text| !text.contains("Mark all of them"));
    assert!(walk.tty.program().signal(Signal::HUP));
    assert_eq!(walk.tty.exit_code(), 129);
    walk.tty = walk::open(&walk.folder, "good", "fast", &[]).start();
    walk.tty.wait_for("being prepared,");
    walk.choose("Go on with run");
    walk.choose("Continue: release notes");
    walk.tty.wait_text("the marks of before", |text| {
        text.contains("[✔]") && !text.contains("[ ]") && !text.contains("Mark all of them")
    });
    walk.tty.send("q");
    walk.tty.wait_for("Leave the preparation?");
    walk.tty.send(ESC);
}

#[test]
fn a_pasted_name_with_its_newline_confirms_nothing() {
    let mut walk = Walk::practise("paste", "good", &[], 80, 24);
    walk.prepare();
    walk.choose("Approve this plan");
    walk.tty.wait_for("Users notice nothing yet");
    walk.choose("Go on");
    walk.tty.wait_for("Type the database's name");
    walk.tty.send("\x1b[200~openmetadata_db\r\n\x1b[201~");
    walk.tty.wait_for("> openmetadata_db");
    assert!(walk.tty.text().contains("[ Stop the server ]"));
    assert_eq!(
        status(&walk, "good")["view"]["question"]["id"],
        "start-of-downtime"
    );
    walk.tty.send(ESC);
    walk.tty.wait_for("Not now");
    assert_eq!(status(&walk, "good")["phase"], "before-downtime");
}

#[test]
fn any_size_is_survived_and_a_small_one_says_so() {
    let walk = Walk::practise("sizes", "good", &[], 80, 24);
    let mut seed = 7u32;
    for _ in 0..1000 {
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let (width, height) = ((seed >> 16) % 300 + 1, (seed >> 4) % 100 + 1);
        walk.tty.resize(width as u16, height as u16);
    }
    walk.tty.resize(50, 12);
    walk.tty.wait_for("needs 60x16, has 50x12");
    walk.tty.resize(120, 40);
    walk.tty.wait_for("Why, and what can go wrong");
    walk.tty.send("q");
    assert_eq!(walk.tty.exit_code(), 0);
}

#[test]
fn a_terminal_that_can_do_nothing_gets_plain_questions() {
    let folder = crate::support::folder::Folder::new("dumb");
    let _practice = walk::Practice(&folder);
    let tty = walk::open(&folder, "good", "fast", &[("TERM", "dumb")]).start();
    tty.wait_for("Serves now");
    assert!(!tty.bytes().contains(&0x1b));
    tty.send("\x04");
    assert_eq!(tty.exit_code(), 70);
}

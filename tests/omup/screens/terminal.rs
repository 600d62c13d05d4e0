//! The real binary in a real terminal.

use std::time::Duration;

use super::walk::{self, DOWN, ENTER, ESC, Walk};
use crate::support::process::Process;
use crate::support::pty::Pty;
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
    walk.pty.wait("Users notice nothing yet");
    walk.choose("Go on");
    walk.type_name("Stop the server");
    walk.pty.wait("The last place from which going back");
    walk.choose("Go on");
    walk.type_name("Migrate");
    walk.pty.wait("runs OpenMetadata 1.12.4");
    // The things to do stand there when the runner has ended.
    walk.pty.wait("▸ Read the report");
    let upgraded = status(&walk, "good");
    assert_eq!(upgraded["phase"], "upgraded");
    assert_eq!(upgraded["exit"], 0);
    assert_eq!(
        upgraded["view"]["notes_read"]
            .as_array()
            .map_or(0, Vec::len),
        33
    );
    assert_eq!(
        upgraded["view"]["checklist"]
            .as_object()
            .map_or(0, serde_json::Map::len),
        6
    );
    assert_eq!(
        upgraded["view"]["approved"],
        upgraded["view"]["plan_digest"]
    );
    walk.choose("Ways back");
    walk.pty.wait("possible  yes");
    walk.pty.keys(ENTER);
    walk.type_name("Go");
    walk.pty
        .wait("Rolled back: practice runs OpenMetadata 1.10.7 again");
    walk.pty.wait("▸ Read the report");
    let back = status(&walk, "good");
    assert_eq!(back["phase"], "rolled-back");
    assert_eq!(back["exit"], 60);
    walk.pty.keys("q");
    assert_eq!(walk.pty.end(), 0);
    assert!(!walk.pty.full_screen(), "the terminal is given back");
    assert!(
        walk.pty
            .text()
            .contains("the practice deployment is removed")
    );
}

#[test]
fn a_lost_terminal_loses_nothing_and_the_next_one_shows_the_run_first() {
    let mut walk = Walk::practise("lost", "good", &[], 80, 24);
    walk.prepare();
    let screen = Process::of(walk.pty.pid()).unwrap_or_else(|| panic!("no screen"));
    walk.choose("Approve this plan");
    walk.pty.wait("Users notice nothing yet");
    walk.pty.hang_up();
    assert_eq!(walk.pty.end(), 129);
    wait::until("the screen to end", Duration::from_secs(5), || {
        (!screen.runs()).then_some(())
    });
    assert_eq!(
        status(&walk, "good")["runner_alive"],
        true,
        "the work goes on"
    );
    walk.pty = walk::open(&walk.folder, "good", &[], 80, 24);
    walk.pty.wait("Welcome back");
    walk.choose("Go on with run");
    walk.pty.wait("Users notice nothing yet");
    walk.choose("Stop here");
    walk.pty.wait("Stop this run?");
    // The first moments belong to the page below; the safe choice is marked.
    wait::until("the question to take keys", Duration::from_secs(5), || {
        walk.pty.keys_shown(DOWN);
        walk.pty.text().contains("▸ Stop safely").then_some(())
    });
    walk.pty.keys(ENTER);
    walk.pty.wait("Stopped, here is why");
    assert_eq!(status(&walk, "good")["exit"], 31);
    walk.pty.keys("q");
    walk.pty.end();
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
    walk.pty.wait("Users notice nothing yet");
    let state = walk.state("good").display().to_string();
    let mut second = Pty::start(
        env!("CARGO_BIN_EXE_omup"),
        &["--state-dir", &state, "attach"],
        &[("USER", "bob"), ("SUDO_USER", "bob")],
        80,
        24,
    );
    second.wait("READ ONLY");
    second.wait("mara steers this run");
    walk::mark(&mut second, "Go on");
    second.keys(ENTER);
    second.wait("T takes the helm over");
    assert!(
        !second.text().contains("Type the database"),
        "who only watches answers nothing"
    );
    second.keys("T");
    second.wait("Take the helm?");
    wait::until("the question to take keys", Duration::from_secs(10), || {
        second.keys_shown(DOWN);
        second.text().contains("▸ Take the helm").then_some(())
    });
    second.keys(ENTER);
    second.wait_for("the helm", |text| !text.contains("READ ONLY"));
    walk.pty.wait("bob has taken the helm");
    walk.pty.wait("READ ONLY");
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
    walk.pty
        .wait_for("all read", |text| !text.contains("Mark all of them"));
    walk.pty.hang_up();
    assert_eq!(walk.pty.end(), 129);
    walk.pty = walk::open(&walk.folder, "good", &[], 80, 24);
    walk.pty.wait("being prepared,");
    walk.choose("Go on with run");
    walk.choose("Continue: release notes");
    walk.pty.wait_for("the marks of before", |text| {
        text.contains("[✔] BREAKING") && !text.contains("Mark all of them")
    });
    walk.pty.keys("q");
    walk.pty.wait("Leave the preparation?");
    walk.pty.keys(ESC);
}

#[test]
fn a_pasted_name_with_its_newline_confirms_nothing() {
    let mut walk = Walk::practise("paste", "good", &[], 80, 24);
    walk.prepare();
    walk.choose("Approve this plan");
    walk.pty.wait("Users notice nothing yet");
    walk.choose("Go on");
    walk.pty.wait("Type the database's name");
    walk.pty.keys("\x1b[200~openmetadata_db\r\n\x1b[201~");
    walk.pty.wait("> openmetadata_db");
    assert!(walk.pty.text().contains("[ Stop the server ]"));
    assert_eq!(
        status(&walk, "good")["view"]["question"]["id"],
        "start-of-downtime"
    );
    walk.pty.keys(ESC);
    walk.pty.wait("Not now");
    assert_eq!(status(&walk, "good")["phase"], "before-downtime");
}

#[test]
fn every_way_out_gives_the_terminal_back() {
    for (signal, code) in [("TERM", 143), ("INT", 130), ("QUIT", 131)] {
        let mut walk = Walk::practise("signals", "good", &[], 80, 24);
        assert!(walk.pty.full_screen());
        let sent = std::process::Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(walk.pty.pid().to_string())
            .status();
        assert!(sent.is_ok_and(|s| s.success()));
        assert_eq!(walk.pty.end(), code, "{signal}");
        assert!(!walk.pty.full_screen(), "{signal}");
        let raw = String::from_utf8_lossy(&walk.pty.raw()).into_owned();
        for given_back in ["\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l"] {
            assert!(raw.contains(given_back), "{signal}: {given_back:?}");
        }
    }
}

#[test]
fn without_colour_the_mark_is_reversed_and_nothing_has_a_colour() {
    let walk = Walk::practise("mono", "good", &[("NO_COLOR", "1")], 80, 24);
    let (coloured, reversed) = walk.pty.colours();
    assert_eq!(coloured, 0);
    assert!(reversed);
}

#[test]
fn any_size_is_survived_and_a_small_one_says_so() {
    let mut walk = Walk::practise("sizes", "good", &[], 80, 24);
    let mut seed = 7u32;
    for _ in 0..1000 {
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let (width, height) = ((seed >> 16) % 300 + 1, (seed >> 4) % 100 + 1);
        walk.pty.resize(width as u16, height as u16);
    }
    walk.pty.resize(50, 12);
    walk.pty.wait("needs 60x16, has 50x12");
    walk.pty.resize(120, 40);
    walk.pty.wait("Why, and what can go wrong");
    walk.pty.keys("q");
    assert_eq!(walk.pty.end(), 0);
}

#[test]
fn a_terminal_that_can_do_nothing_gets_plain_questions() {
    let folder = crate::support::folder::Folder::new("dumb");
    let _practice = walk::Practice(&folder);
    let mut pty = walk::open(&folder, "good", &[("TERM", "dumb")], 80, 24);
    pty.wait("Serves now");
    assert!(!pty.full_screen());
    assert!(!String::from_utf8_lossy(&pty.raw()).contains('\x1b'));
    pty.keys("\x04");
    assert_eq!(pty.end(), 70);
}

//! Promise 28 in the wizard: whatever stands in names, rows, logs and the journal, what is written to the terminal is
//! only what we may write.

use super::walk::{self, ENTER, ESC, choose};
use crate::command_line::hostile_text::{dangerous, hostile_answers};
use crate::story::stage::{Setting, Stage};
use crate::support::tty::{Start, Tty};

/// An upgrade that fails with a hostile line, by answers with hostile names.
fn hostile(name: &str, faults: &str) -> Stage {
    let stage = Stage::sqlite(
        name,
        &Setting {
            size: "300KB",
            faults: format!("server_write_interval_ms = 0\nhostile_log = true\n{faults}"),
            confirm: false,
            ..Setting::default()
        },
    );
    hostile_answers(&stage);
    stage
}

fn open(stage: &Stage) -> Start {
    Start::new(walk::program())
        .env("OMUP_STATE_DIR", stage.folder.join("state"))
        .env("PATH", stage.path())
        .size(100, 30)
}

/// Strictly our own sequences, and no letter that hides or turns what stands beside it.
#[track_caller]
fn harmless(tty: &Tty) {
    let bytes = tty.bytes();
    let text = String::from_utf8_lossy(&bytes);
    let bad = text
        .char_indices()
        .find(|(_, c)| *c as u32 >= 0x7f && dangerous(*c));
    let around = bad.map(|(at, c)| {
        let after: String = text[at..].chars().take(30).collect();
        format!("{c:?} before {after:?}")
    });
    assert_eq!(around, None);
    tty.given_back();
}

#[test]
fn a_failed_run_is_shown_without_harm() {
    let stage = hostile("hostile-screen", "fail_statement = \"1.12.0:2\"\n");
    stage.omup(&["run", "--answers"], true).expect(41);
    let tty = open(&stage).start();
    tty.wait_for("Begin a new upgrade");
    tty.send(ENTER);
    tty.wait_for("Stopped, here is why");
    for (key, words) in [
        ("i", "Esc closes"),
        ("c", "Esc closes"),
        ("?", "Esc closes"),
    ] {
        tty.send(key);
        tty.wait_for(words);
        tty.send(ESC);
        tty.wait_text("the page below", |text| !text.contains(words));
    }
    for (key, words) in [("J", "Journal"), ("L", " of 3"), ("R", "possible")] {
        tty.send(key);
        tty.wait_for(words);
        // Everything in it, down to the end and up again.
        for keys in ["G", "\x1b[5~", "\x1b[5~", "g", "\x1b[6~"] {
            tty.send(keys);
        }
        tty.send(ESC);
        tty.wait_for("Stopped, here is why");
    }
    choose(&tty, "Read the report");
    tty.wait_for("State: after the point");
    for _ in 0..6 {
        tty.send("\x1b[6~");
    }
    tty.send(ESC);
    tty.wait_for("Stopped, here is why");
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
    harmless(&tty);
}

#[test]
fn a_hostile_deployment_is_prepared_without_harm() {
    let stage = hostile("hostile-prepared", "");
    let tty = open(&stage)
        .args(["--answers"])
        .args([stage.answers()])
        .start();
    tty.wait_for("Begin a new upgrade");
    walk::prepare(&tty);
    for key in ["i", "c"] {
        tty.send(key);
        tty.wait_for("Esc closes");
        tty.send("\x1b[6~");
        tty.send(ESC);
        tty.wait_text("the page below", |text| !text.contains("Esc closes"));
    }
    tty.send("q");
    tty.wait_for("Leave the preparation?");
    choose(&tty, "Leave");
    assert_eq!(tty.exit_code(), 0);
    harmless(&tty);
}

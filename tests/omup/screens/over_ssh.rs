//! A real ssh whose connection is killed three times: before the start, at an open question, and in the
//! downtime. The work goes on or waits; the next login finds it.

use rustix::process::Signal;

use super::walk::{ENTER, Practice, answer_points, mark, program, type_name};
use crate::support::folder::Folder;
use crate::support::sshd::Sshd;
use crate::support::tty::Tty;

#[test]
fn three_lost_connections_and_still_upgraded() {
    let folder = Folder::new("ssh");
    let Some(sshd) = Sshd::start(&folder) else {
        return;
    };
    let _practice = Practice(&folder);
    let command = format!(
        "TMPDIR={} LANG=C.UTF-8 TERM=xterm-256color exec {} sandbox --pace fast",
        folder.path().display(),
        program().display()
    );
    let login = || sshd.login(&command);
    let lose = |tty: &Tty| {
        assert!(tty.program().signal(Signal::KILL));
        assert_eq!(tty.exit_code(), 137);
    };
    let choose = |tty: &Tty, words: &str| {
        mark(tty, words);
        tty.send(ENTER);
    };
    let go_on = |tty: &Tty| {
        type_name(tty);
        tty.send(ENTER);
    };

    let tty = login();
    tty.wait_for("Begin a new upgrade");
    choose(&tty, "Begin a new upgrade");
    choose(&tty, "Look at it");
    choose(&tty, "Continue: release notes");
    choose(&tty, "Mark all of them as read");
    tty.wait_text("all read", |text| !text.contains("Mark all of them"));
    lose(&tty);

    let tty = login();
    tty.wait_for("being prepared");
    choose(&tty, "Go on with run");
    choose(&tty, "Continue: release notes");
    choose(&tty, "Continue: checks");
    choose(&tty, "Continue: checklist");
    tty.wait_for("No machine can see these");
    answer_points(&tty);
    for words in ["backup", "buffers", "client versions", "the whole plan"] {
        choose(&tty, &format!("Continue: {words}"));
    }
    tty.wait_text("the plan", |text| {
        text.contains("Approve this plan") && !text.contains("made anew")
    });
    choose(&tty, "Approve this plan");
    tty.wait_for("Users notice nothing yet");
    lose(&tty);

    let tty = login();
    tty.wait_for("waits for you");
    choose(&tty, "Go on with run");
    tty.wait_for("Users notice nothing yet");
    choose(&tty, "Go on");
    go_on(&tty);
    tty.wait_for("Users locked out");
    lose(&tty);

    let tty = login();
    tty.wait_for("Welcome back");
    choose(&tty, "Go on with run");
    tty.wait_for("The last place from which going back");
    choose(&tty, "Go on");
    go_on(&tty);
    tty.wait_for("runs OpenMetadata 1.12.4");
    // The things to do stand there when the runner has ended.
    tty.wait_for("▸ Read the report");
    tty.send("q");
    tty.wait_for("Leave this practice session?");
    choose(&tty, "Leave and remove");
    assert_eq!(tty.exit_code(), 0);
}

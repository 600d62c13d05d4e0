//! A real ssh whose connection is killed three times: before the start, at an open question, and in the
//! downtime. The work goes on or waits; the next login finds it.

use super::walk::{ENTER, Practice, mark, type_name};
use crate::support::folder::Folder;
use crate::support::pty::Pty;
use crate::support::sshd::Sshd;

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
        env!("CARGO_BIN_EXE_omup")
    );
    let login = || sshd.login(&command, 80, 24);
    let lose = |pty: &mut Pty| {
        let killed = std::process::Command::new("kill")
            .arg("-9")
            .arg(pty.pid().to_string())
            .status();
        assert!(killed.is_ok_and(|status| status.success()));
        pty.end();
    };
    let choose = |pty: &mut Pty, words: &str| {
        mark(pty, words);
        pty.keys(ENTER);
    };
    let go_on = |pty: &mut Pty| {
        type_name(pty);
        pty.keys(ENTER);
    };

    let mut pty = login();
    pty.wait("Begin a new upgrade");
    choose(&mut pty, "Begin a new upgrade");
    choose(&mut pty, "Look at it");
    choose(&mut pty, "Continue: release notes");
    choose(&mut pty, "Mark all of them as read");
    pty.wait_for("all read", |text| !text.contains("Mark all of them"));
    lose(&mut pty);

    let mut pty = login();
    pty.wait("being prepared");
    choose(&mut pty, "Go on with run");
    choose(&mut pty, "Continue: release notes");
    choose(&mut pty, "Continue: checks");
    choose(&mut pty, "Continue: checklist");
    pty.wait("No machine can see these");
    pty.keys("g");
    for done in 1..=6 {
        pty.keys(" ");
        pty.wait_for("an answered point", |text| {
            text.matches("[✔] done").count() >= done
        });
        pty.keys("j");
    }
    for words in ["backup", "buffers", "client versions", "the whole plan"] {
        choose(&mut pty, &format!("Continue: {words}"));
    }
    pty.wait_for("the plan", |text| {
        text.contains("Approve this plan") && !text.contains("made anew")
    });
    choose(&mut pty, "Approve this plan");
    pty.wait("Users notice nothing yet");
    lose(&mut pty);

    let mut pty = login();
    pty.wait("waits for you");
    choose(&mut pty, "Go on with run");
    pty.wait("Users notice nothing yet");
    choose(&mut pty, "Go on");
    go_on(&mut pty);
    pty.wait("Users locked out");
    lose(&mut pty);

    let mut pty = login();
    pty.wait("Welcome back");
    choose(&mut pty, "Go on with run");
    pty.wait("The last place from which going back");
    choose(&mut pty, "Go on");
    go_on(&mut pty);
    pty.wait("runs OpenMetadata 1.12.4");
    // The things to do stand there when the runner has ended.
    pty.wait("▸ Read the report");
    pty.keys("q");
    assert_eq!(pty.end(), 0);
}

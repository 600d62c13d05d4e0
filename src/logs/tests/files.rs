//! Files that are missing, replaced, cut short, or no files.

use std::fs;
use std::io::{Seek as _, SeekFrom};
use std::os::unix::fs::PermissionsExt as _;

use super::{Desk, Log, at, searched, texts};
use crate::domain::log_view::LogPlace::{End, NextHit, Row};
use crate::domain::log_view::LogWindow;

fn trouble(window: &LogWindow) -> &str {
    window.trouble.as_ref().map_or("", |text| text.as_str())
}

#[test]
fn a_log_that_does_not_exist_yet_is_found_when_it_appears() {
    let log = Log::of(0);
    let path = log.folder.path().join("later.log");
    let desk = Desk::open();
    let window = desk.ask(searched(&path, "two", NextHit { from: 0 }));
    assert!(trouble(&window).contains("later.log is not there"));
    assert_eq!(window.lines, []);
    fs::write(&path, "one\ntwo\n").expect("written");
    let window = desk.wait(|w| w.rows == 2);
    assert_eq!((trouble(&window), window.hit), ("", Some(1)));
}

#[test]
fn an_empty_log_is_no_trouble() {
    let log = Log::of(0);
    let window = Desk::open().ask(at(&log.path, End));
    assert_eq!(
        (window.rows, window.indexed, window.trouble),
        (0, 1.0, None)
    );
}

#[test]
fn a_replaced_log_is_read_again_and_that_is_said_until_the_next_question() {
    let log = Log::of(30);
    let desk = Desk::open();
    desk.ask(at(&log.path, Row(20)));
    // Longer than before, so that only its identity tells.
    let new = log.folder.path().join("new.log");
    fs::write(&new, "another\n".repeat(100)).expect("written");
    fs::rename(&new, &log.path).expect("replaced");
    let window = desk.wait(|w| w.rows == 100);
    assert_eq!(texts(&window), ["another"; 3]);
    assert_eq!((window.top, window.warnings), (20, 0));
    assert!(trouble(&window).contains("was replaced"), "{window:?}");
    assert_eq!(desk.ask(at(&log.path, End)).trouble, None);
}

#[test]
fn a_log_that_is_emptied_and_written_anew_is_noticed_even_if_it_is_longer() {
    for (text, rows) in [("short\n", 1), ("INFO another line of it\n", 1000)] {
        let mut log = Log::of(30);
        let desk = Desk::open();
        desk.ask(searched(&log.path, "line", End));
        log.file.set_len(0).expect("emptied");
        log.file.seek(SeekFrom::Start(0)).expect("at its start");
        log.append(text.repeat(rows));
        let window = desk.wait(|w| w.rows == rows as u64);
        assert_eq!(texts(&window).last(), Some(&text.trim_end()));
        assert_eq!(window.warnings, 0);
        assert!(trouble(&window).contains("emptied"), "{window:?}");
    }
}

#[test]
fn a_removed_log_is_shown_on() {
    let log = Log::of(30);
    let desk = Desk::open();
    let before = desk.ask(at(&log.path, Row(5)));
    fs::remove_file(&log.path).expect("removed");
    let window = desk.wait(|w| w.trouble.is_some());
    assert!(trouble(&window).contains("was removed"));
    assert_eq!((window.rows, window.lines), (30, before.lines));
    fs::write(&log.path, "new\n").expect("written");
    assert_eq!(texts(&desk.wait(|w| w.rows == 1)), ["new"]);
}

#[test]
fn what_is_no_file_is_refused_and_never_waited_for() {
    let log = Log::of(3);
    let pipe = log.folder.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .expect("a pipe");
    let desk = Desk::open();
    for path in [pipe.as_path(), log.folder.path()] {
        let window = desk.ask(at(path, End));
        assert!(
            trouble(&window).contains("not a regular file"),
            "{window:?}"
        );
        assert_eq!(window.rows, 0);
    }
    assert_eq!(desk.ask(at(&log.path, End)).rows, 3);
}

#[test]
fn a_log_that_may_not_be_read_says_so_and_is_read_when_it_may() {
    if rustix::process::geteuid().is_root() {
        // Root may read everything; a loop of links is closed to root too.
        let log = Log::of(3);
        let path = log.folder.path().join("loop");
        std::os::unix::fs::symlink(&path, &path).expect("a loop");
        let desk = Desk::open();
        let window = desk.ask(at(&path, End));
        assert!(trouble(&window).contains("cannot read"), "{window:?}");
        fs::remove_file(&path).expect("removed");
        fs::write(&path, "now\n").expect("written");
        assert_eq!(texts(&desk.wait(|w| w.trouble.is_none())), ["now"]);
        return;
    }
    let log = Log::of(3);
    let mode = |mode| fs::set_permissions(&log.path, fs::Permissions::from_mode(mode));
    mode(0o000).expect("closed");
    let desk = Desk::open();
    let window = desk.ask(at(&log.path, End));
    assert!(trouble(&window).contains("cannot read"), "{window:?}");
    mode(0o600).expect("opened");
    assert_eq!(desk.wait(|w| w.trouble.is_none()).rows, 3);
}

//! A log that grows under who reads it.

use std::sync::mpsc::channel;
use std::time::Duration;

use super::{Desk, Log, at, filtered, searched, texts};
use crate::domain::log_view::LogPlace::{End, NextHit, NextTrouble, Row};
use crate::logs::Reader;

#[test]
fn who_follows_sees_the_end() {
    let mut log = Log::of(100);
    let desk = Desk::open();
    let window = desk.ask(at(&log.path, End));
    assert_eq!(
        texts(&window),
        ["WARN line 97", "INFO line 98", "INFO line 99"]
    );
    assert_eq!((window.rows, window.warnings, window.errors), (100, 10, 0));
    log.append("ERROR it broke\n");
    let window = desk.wait(|w| w.rows == 101);
    assert_eq!(texts(&window)[2], "ERROR it broke");
    assert_eq!((window.top, window.errors), (98, 1));
}

#[test]
fn who_reads_stays_where_he_is() {
    let mut log = Log::of(100);
    let desk = Desk::open();
    let mut rows = 100;
    for place in [
        Row(10),
        Row(97),
        // Of a view that ends before it: the last rows of then, not of later.
        Row(5000),
        NextTrouble { from: 98 },
        NextHit { from: 100 },
        NextHit { from: 0 },
    ] {
        let before = desk.ask(searched(&log.path, "line 9", place));
        log.append("ERROR line 9 is here again\nline 9\n");
        rows += 2;
        let after = desk.wait(|w| w.rows == rows);
        assert_eq!(
            (after.top, &after.lines, after.hit, after.wrapped),
            (before.top, &before.lines, before.hit, before.wrapped),
            "{place:?}"
        );
        assert_eq!(after.hits, before.hits.map(|hits| hits + 2));
    }
}

#[test]
fn a_window_that_was_not_full_fills() {
    let mut log = Log::of(2);
    let desk = Desk::open();
    assert_eq!(desk.ask(at(&log.path, Row(0))).lines.len(), 2);
    log.append("three\nfour\n");
    let window = desk.wait(|w| w.rows == 4);
    assert_eq!(texts(&window), ["INFO line 0", "INFO line 1", "three"]);
}

#[test]
fn a_line_without_its_end_is_shown_counted_and_found() {
    let mut log = Log::of(10);
    let desk = Desk::open();
    log.append("ERR");
    let window = desk.ask(searched(&log.path, "error to", End));
    assert_eq!(texts(&window)[2], "ERR");
    assert_eq!((window.errors, window.hits), (0, Some(0)));
    log.append("OR torn");
    let window = desk.wait(|w| w.errors == 1);
    assert_eq!(texts(&window)[2], "ERROR torn");
    assert_eq!((window.rows, window.hits), (11, Some(1)));
    // A `\r` overwrites it, and it is no error any more.
    log.append("\rall well");
    let window = desk.wait(|w| w.errors == 0);
    assert_eq!(texts(&window)[2], "all well");
    assert_eq!((window.rows, window.hits), (11, Some(0)));
    log.append("\nERROR torn");
    let window = desk.ask(searched(&log.path, "error to", NextHit { from: 0 }));
    assert_eq!((window.hit, window.rows), (Some(11), 12));
}

#[test]
fn a_filter_goes_on_while_the_log_grows() {
    let mut log = Log::of(30);
    let desk = Desk::open();
    let window = desk.ask(filtered(&log.path, "WARN", End));
    assert_eq!(
        texts(&window),
        ["WARN line 7", "WARN line 17", "WARN line 27"]
    );
    assert_eq!((window.rows, window.file_lines), (3, 30));
    log.append("INFO nothing\nWARN once more\n");
    let window = desk.wait(|w| w.rows == 4);
    assert_eq!(texts(&window)[2], "WARN once more");
    assert_eq!((window.top, window.lines[2].number), (1, 31));
    let window = desk.ask(filtered(&log.path, "nowhere", End));
    assert_eq!((window.rows, window.lines.len()), (0, 0));
    log.append("it is nowhere");
    assert_eq!(texts(&desk.wait(|w| w.rows == 1)), ["it is nowhere"]);
}

#[test]
fn nothing_is_told_when_nothing_changed() {
    let mut log = Log::of(10);
    let desk = Desk::open();
    desk.ask(at(&log.path, End));
    log.file
        .set_modified(std::time::UNIX_EPOCH)
        .expect("touched");
    log.append("new\n");
    let next = desk.windows.recv_timeout(Duration::from_secs(60));
    assert_eq!(next.expect("a window").rows, 11);
}

#[test]
fn the_newest_question_wins_and_the_thread_ends_with_its_reader() {
    let log = Log::of(1000);
    let (tell, windows) = channel();
    let (go, gate) = channel::<()>();
    let reader = Reader::start(move |window| {
        let _ = tell.send(window);
        // The first window is held up here while others are asked for.
        let _ = gate.recv();
    })
    .expect("a thread");
    reader.ask(at(&log.path, End));
    windows.recv().expect("the first window");
    for row in 0..500 {
        reader.ask(at(&log.path, Row(row)));
    }
    drop(go);
    assert_eq!(windows.recv().expect("an answer").top, 499);
    drop(reader);
    assert_eq!(windows.iter().count(), 0);
}

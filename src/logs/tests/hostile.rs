//! Bytes that nobody meant for a screen.

use super::{Desk, Log, at, searched, texts};
use crate::domain::log_view::LogPlace::{NextHit, Row};
use crate::domain::log_view::{LogLevel, LogQuery};

#[test]
fn nothing_that_a_log_holds_reaches_a_terminal() {
    let mut log = Log::of(0);
    log.append(
        b"1 %\r50 %\r100 %\n\x1b[31mERROR\x1b[0m red \x1b]0;title\x07text\n\xff\xfe bytes\n",
    );
    log.append("evil\u{202e}txt\u{9b}31m\nnul\0nul\r\n\nend");
    let desk = Desk::open();
    let window = desk.ask(LogQuery {
        rows: 50,
        ..at(&log.path, Row(0))
    });
    assert_eq!(
        texts(&window),
        [
            "100 %",
            "ERROR red text",
            "\u{fffd}\u{fffd} bytes",
            "eviltxt",
            "nulnul",
            "",
            "end"
        ]
    );
    assert_eq!(window.lines[1].level, LogLevel::Error);
    let hit = desk.ask(searched(&log.path, "error red text", NextHit { from: 0 }));
    assert_eq!(hit.hit, Some(1), "what is seen is found");
}

#[test]
fn a_long_line_is_cut_on_the_screen_and_searched_whole() {
    let mut log = Log::of(0);
    // Within the buffer, and beyond it.
    for length in [3000, 1_000_000] {
        log.append(format!("INFO {} the needle\n", "é".repeat(length)));
    }
    log.append("x".repeat(2000));
    let desk = Desk::open();
    let window = desk.ask(searched(&log.path, "the needle", Row(0)));
    let count = |row: usize| texts(&window)[row].chars().count();
    assert_eq!((count(0), count(1), count(2)), (2001, 2001, 2000));
    assert!(texts(&window)[..2].iter().all(|text| text.ends_with('…')));
    let hits: Vec<bool> = window.lines.iter().map(|line| line.hit).collect();
    assert_eq!((hits, window.hits), (vec![true, true, false], Some(2)));
}

#[test]
fn a_progress_line_of_megabytes_shows_what_stands_now() {
    let mut log = Log::of(1);
    for percent in 0..200_000 {
        log.append(format!("\rERROR {percent} of 200000 rows"));
    }
    let desk = Desk::open();
    let window = desk.ask(searched(&log.path, "199999 of", Row(0)));
    assert_eq!(texts(&window)[1], "ERROR 199999 of 200000 rows");
    assert_eq!((window.errors, window.hits), (1, Some(1)));
    log.append("\rdone\nnext\n");
    let window = desk.wait(|w| w.rows == 3);
    assert_eq!(texts(&window)[1..], ["done", "next"]);
    assert_eq!((window.errors, window.hits), (0, Some(0)));
}

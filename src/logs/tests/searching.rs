//! Hits and trouble, in both directions.

use super::{Desk, Log, at, filtered, searched, texts, words};
use crate::domain::log_view::LogLevel;
use crate::domain::log_view::LogPlace::{
    End, NextHit, NextTrouble, PreviousHit, PreviousTrouble, Row,
};
use crate::domain::log_view::LogQuery;
use crate::domain::sought::Sought;

#[test]
fn hits_are_found_in_both_directions_and_round_the_end() {
    let log = Log::of(50);
    let desk = Desk::open();
    for (place, hit, number, wrapped) in [
        (NextHit { from: 0 }, 7, 1, false),
        (NextHit { from: 8 }, 17, 2, false),
        (NextHit { from: 48 }, 7, 1, true),
        (PreviousHit { before: 17 }, 7, 1, false),
        (PreviousHit { before: 7 }, 47, 5, true),
        (PreviousHit { before: 1000 }, 47, 5, false),
    ] {
        let window = desk.ask(searched(&log.path, "warn", place));
        assert_eq!(
            (window.hit, window.hit_number, window.wrapped, window.hits),
            (Some(hit), Some(number), wrapped, Some(5)),
            "{place:?}"
        );
        let shown = window.lines.iter().find(|line| line.number == hit);
        assert!(shown.is_some_and(|line| line.hit && line.level == LogLevel::Warn));
    }
}

#[test]
fn what_stands_in_the_first_row_is_found_without_going_round() {
    let mut log = Log::of(0);
    log.append("WARN first\nINFO second\nWARN third\n");
    let desk = Desk::open();
    for place in [NextHit { from: 0 }, NextTrouble { from: 0 }] {
        let window = desk.ask(searched(&log.path, "warn", place));
        assert_eq!((window.hit, window.wrapped), (Some(0), false), "{place:?}");
    }
}

#[test]
fn a_pattern_is_searched_in_what_is_shown() {
    let mut log = Log::of(50);
    log.append("10 %\rERROR \x1b[1mtable\x1b[0m a_7 of 12\n");
    let desk = Desk::open();
    let of = |pattern: &str, place| LogQuery {
        search: Some(Sought::Pattern(pattern.to_string())),
        ..at(&log.path, place)
    };
    for (pattern, hit, hits) in [
        (r"line \d?7$", 7, 5),
        (r"^error table \w+ of", 50, 1),
        (r"^(warn|error)\b", 7, 6),
        ("Warn", 0, 0),
        (r"^\d+ %", 0, 0),
    ] {
        let window = desk.ask(of(pattern, NextHit { from: 0 }));
        let expected = (hits > 0).then_some(hit);
        assert_eq!(
            (window.hit, window.hits),
            (expected, Some(hits)),
            "{pattern}"
        );
    }
    // The same letters as words are not there.
    let window = desk.ask(searched(&log.path, r"line \d?7$", NextHit { from: 0 }));
    assert_eq!(window.hits, Some(0));
    let window = desk.ask(LogQuery {
        filter: Some(Sought::Pattern("[0-4]7$".to_string())),
        ..at(&log.path, Row(0))
    });
    assert_eq!(texts(&window)[0], "WARN line 17");
    assert_eq!(window.rows, 4);
}

#[test]
fn a_hit_stands_in_the_upper_third() {
    let log = Log::of(100);
    let desk = Desk::open();
    let window = desk.ask(LogQuery {
        rows: 12,
        ..searched(&log.path, "line 55", NextHit { from: 4 })
    });
    assert_eq!((window.hit, window.top), (Some(55), 51));
}

#[test]
fn capitals_count_only_where_one_is_typed() {
    let log = Log::of(50);
    let desk = Desk::open();
    let none = desk.ask(searched(&log.path, "Warn", NextHit { from: 0 }));
    assert_eq!((none.hit, none.hits, none.wrapped), (None, Some(0), false));
    let all = desk.ask(searched(&log.path, "WARN", NextHit { from: 0 }));
    assert_eq!((all.hit, all.hits), (Some(7), Some(5)));
}

#[test]
fn the_reader_stays_when_there_is_no_hit() {
    let log = Log::of(50);
    let desk = Desk::open();
    desk.ask(at(&log.path, Row(20)));
    for place in [NextHit { from: 22 }, PreviousHit { before: 21 }] {
        let window = desk.ask(searched(&log.path, "absent", place));
        assert_eq!((window.top, window.hit), (20, None), "{place:?}");
    }
}

#[test]
fn trouble_is_found_without_a_search() {
    let mut log = Log::of(30);
    log.append("ERROR at last\n");
    let desk = Desk::open();
    for (place, hit, wrapped) in [
        (NextTrouble { from: 8 }, 17, false),
        (NextTrouble { from: 28 }, 30, false),
        (NextTrouble { from: 31 }, 7, true),
        (PreviousTrouble { before: 30 }, 27, false),
        (PreviousTrouble { before: 7 }, 30, true),
    ] {
        let window = desk.ask(at(&log.path, place));
        assert_eq!(
            (window.hit, window.wrapped, window.hits, window.hit_number),
            (Some(hit), wrapped, None, None),
            "{place:?}"
        );
    }
    let calm = Log::of(5);
    let window = desk.ask(at(&calm.path, NextTrouble { from: 0 }));
    assert_eq!((window.hit, window.rows), (None, 5));
}

#[test]
fn rows_and_hits_are_those_of_the_filtered_view() {
    let log = Log::of(100);
    let desk = Desk::open();
    let query = LogQuery {
        search: words("7"),
        ..filtered(&log.path, "line 7", NextHit { from: 4 })
    };
    // Rows: the lines 7, 70, 71, 72 ... 79, all with a seven.
    let window = desk.ask(query);
    assert_eq!((window.rows, window.hits), (11, Some(11)));
    assert_eq!((window.hit, window.hit_number), (Some(4), Some(5)));
    assert_eq!(window.lines[1].number, 73);
    assert!(texts(&window).iter().all(|text| text.contains("line 7")));
    let trouble = desk.ask(filtered(&log.path, "line 7", NextTrouble { from: 1 }));
    assert_eq!(
        (trouble.hit, trouble.errors, trouble.warnings),
        (Some(8), 0, 10)
    );
    // Without the filter the rows are lines again.
    let window = desk.ask(at(&log.path, End));
    assert_eq!((window.rows, window.top), (100, 97));
}

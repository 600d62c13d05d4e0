//! Hits and trouble, in both directions.

use super::{Desk, Log, at, filtered, searched, texts};
use crate::domain::log_view::LogLevel;
use crate::domain::log_view::LogPlace::{
    End, NextHit, NextTrouble, PreviousHit, PreviousTrouble, Row,
};
use crate::domain::log_view::LogQuery;

#[test]
fn hits_are_found_in_both_directions_and_round_the_end() {
    let log = Log::of(50);
    let desk = Desk::open();
    for (place, hit, number, wrapped) in [
        (NextHit { after: 0 }, 7, 1, false),
        (NextHit { after: 7 }, 17, 2, false),
        (NextHit { after: 47 }, 7, 1, true),
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
fn a_hit_stands_in_the_upper_third() {
    let log = Log::of(100);
    let desk = Desk::open();
    let window = desk.ask(LogQuery {
        rows: 12,
        ..searched(&log.path, "line 55", NextHit { after: 3 })
    });
    assert_eq!((window.hit, window.top), (Some(55), 51));
}

#[test]
fn capitals_count_only_where_one_is_typed() {
    let log = Log::of(50);
    let desk = Desk::open();
    let none = desk.ask(searched(&log.path, "Warn", NextHit { after: 0 }));
    assert_eq!((none.hit, none.hits, none.wrapped), (None, Some(0), false));
    let all = desk.ask(searched(&log.path, "WARN", NextHit { after: 0 }));
    assert_eq!((all.hit, all.hits), (Some(7), Some(5)));
}

#[test]
fn the_reader_stays_when_there_is_no_hit() {
    let log = Log::of(50);
    let desk = Desk::open();
    desk.ask(at(&log.path, Row(20)));
    for place in [NextHit { after: 21 }, PreviousHit { before: 21 }] {
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
        (NextTrouble { after: 7 }, 17, false),
        (NextTrouble { after: 27 }, 30, false),
        (NextTrouble { after: 30 }, 7, true),
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
    let window = desk.ask(at(&calm.path, NextTrouble { after: 0 }));
    assert_eq!((window.hit, window.rows), (None, 5));
}

#[test]
fn rows_and_hits_are_those_of_the_filtered_view() {
    let log = Log::of(100);
    let desk = Desk::open();
    let query = LogQuery {
        search: Some("7".to_string()),
        ..filtered(&log.path, "line 7", NextHit { after: 3 })
    };
    // Rows: the lines 7, 70, 71, 72 ... 79, all with a seven.
    let window = desk.ask(query);
    assert_eq!((window.rows, window.hits), (11, Some(11)));
    assert_eq!((window.hit, window.hit_number), (Some(4), Some(5)));
    assert_eq!(window.lines[1].number, 73);
    assert!(texts(&window).iter().all(|text| text.contains("line 7")));
    let trouble = desk.ask(filtered(&log.path, "line 7", NextTrouble { after: 0 }));
    assert_eq!(
        (trouble.hit, trouble.errors, trouble.warnings),
        (Some(8), 0, 10)
    );
    // Without the filter the rows are lines again.
    let window = desk.ask(at(&log.path, End));
    assert_eq!((window.rows, window.top), (100, 97));
}

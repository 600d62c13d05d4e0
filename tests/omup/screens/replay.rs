//! A recorded session, replayed at every size.
//!
//! The recording is of the real wizard on the practice deployment, from the first page to the report
//! and back (`OMUP_RECORD=FILE omup sandbox`).

use std::collections::BTreeMap;

use omup::screen;
use omup::wizard::page::Page;
use omup::wizard::{Lesson, Look, State};

use super::film::{Film, RICH};

const RECORD: &str = include_str!("../../fixtures/practice-upgrade-and-back.jsonl");

pub fn film() -> Film {
    let lesson = Lesson {
        name: "good".to_string(),
        about: "everything goes well; then it is taken back all the same".to_string(),
        right_end: "The old version serves the restored database, equal to the backup; the upgraded one is kept beside it."
            .to_string(),
        mending: None,
        come_back: "omup sandbox --scenario good".to_string(),
    };
    Film::new(RECORD, lesson)
}

/// Replays at a size; `each` sees the state after every event.
fn replay(look: Look, width: u16, height: u16, each: impl FnMut(&State)) {
    film().replay(look, width, height, each);
}

const MONO: Look = Look {
    mono: true,
    ascii: true,
};

#[test]
fn a_recorded_queue_gives_the_same_frames_again() {
    let frames = || {
        let mut frames = Vec::new();
        let mut starting = true;
        replay(RICH, 80, 24, |state| {
            frames.push(screen::snapshot(state));
            starting = state.starting;
        });
        assert!(
            !starting,
            "what was started has started: nothing keeps the screen awake"
        );
        frames
    };
    let (first, second) = (frames(), frames());
    assert_eq!(first.len(), film().events.len());
    assert_eq!(first, second);
    let last = first.last().expect("frames").join("\n");
    assert!(last.contains("Rolled back"), "{last}");
}

#[test]
fn every_page_as_it_is_first_seen() {
    for (look, width, height) in [(RICH, 80, 24), (RICH, 120, 40), (MONO, 60, 16)] {
        let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
        replay(look, width, height, |state| {
            let over = state.popup.as_ref().map_or(String::new(), |popup| {
                let kind = format!("{:?}", popup.kind);
                let word: String = kind.chars().take_while(|c| c.is_alphanumeric()).collect();
                format!("-{word}")
            });
            let name = format!("{:?}{over}", state.page);
            // The last frame before a page is left: all that it has to say is there.
            seen.insert(name, screen::snapshot(state));
        });
        for (name, frame) in seen {
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(format!("{width}x{height}-{name}"), frame.join("\n"));
            });
        }
    }
}

/// Frames at odd sizes as cells, with their styles.
fn cells(state: &State, width: u16, height: u16) -> ratatui::buffer::Buffer {
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(width, height))
        .unwrap_or_else(|error| panic!("{error}"));
    let drawn = terminal.draw(|frame| screen::draw(state, frame));
    drawn
        .unwrap_or_else(|error| panic!("{error}"))
        .buffer
        .clone()
}

#[test]
fn no_size_breaks_a_page() {
    for (width, height) in [
        (1, 1),
        (10, 3),
        (59, 15),
        (60, 16),
        (79, 24),
        (99, 30),
        (100, 16),
        (200, 60),
        (500, 200),
    ] {
        let mut last = None;
        let step = if width > 200 { 40 } else { 7 };
        let mut count = 0;
        replay(RICH, width, height, |state| {
            count += 1;
            if count % step == 0 || last != Some(state.page) {
                last = Some(state.page);
                cells(state, width, height);
            }
        });
    }
}

#[test]
fn without_colour_no_cell_has_one_and_the_mark_is_seen() {
    use ratatui::style::{Color, Modifier};
    let mut marks = 0;
    replay(MONO, 80, 24, |state| {
        let buffer = cells(state, 80, 24);
        for cell in &buffer.content {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
            assert!(
                cell.symbol().is_ascii(),
                "{:?} on {:?}",
                cell.symbol(),
                state.page
            );
        }
        if state.popup.is_none() && state.item().is_some() && state.page != Page::Log {
            // Below the header and beside the rail, a reversed cell is the mark.
            let marked = buffer.content.iter().enumerate().any(|(i, cell)| {
                i / 80 > 2 && i % 80 > 15 && cell.modifier.contains(Modifier::REVERSED)
            });
            assert!(
                marked,
                "no mark on {:?}\n{}",
                state.page,
                screen::snapshot(state).join("\n")
            );
            marks += 1;
        }
    });
    assert!(marks > 50);
}

#[test]
fn every_frame_tells_where_one_is_and_how_to_get_out() {
    for (width, height) in [(60, 16), (80, 24), (120, 40)] {
        replay(RICH, width, height, |state| {
            let frame = screen::snapshot(state);
            let head = &frame[0];
            assert!(head.contains("[PRACTICE"), "{head}");
            if state
                .run
                .as_ref()
                .is_some_and(|run| !run.preparing && run.view.to.is_some())
            {
                assert!(head.contains("1.10.7 → 1.12.4"), "{head}");
            }
            let hints = frame.last().expect("hints");
            // Over a page Esc is the way out.
            let way = if state.popup.is_some() {
                "Esc back"
            } else {
                "? help  q leave"
            };
            let way = if state.field().is_some() && state.popup.is_none() {
                "F1 help"
            } else {
                way
            };
            assert!(hints.contains(way), "{hints}");
        });
    }
}

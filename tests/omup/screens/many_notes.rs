//! The page of the notes with all that there are: from the key to the drawn frame.

use std::time::{Duration, Instant};

use omup::domain::event::Event as RunEvent;
use omup::domain::version::OmVersion;
use omup::knowledge::Note;
use omup::screen;
use omup::wizard::event::{Event, JournalLine, Stamped};
use omup::wizard::key::{Code, Key};
use omup::wizard::page::Page;
use omup::wizard::run_watch::RunWatch;
use omup::wizard::{Look, State, update};

fn press(state: &mut State, key: Key) {
    let stamped = Stamped {
        at_ms: 0,
        boot_ms: 1000,
        event: Event::Key(key),
    };
    update(state, stamped);
}

fn read(note: &Note) -> RunEvent {
    RunEvent::NoteRead {
        note: note.name().to_owned(),
        read: true,
        asks: note.asks(),
        why: None,
        who: "mara".into(),
        uid: 0,
    }
}

/// The longest way that there is, unfolded, nearly all of it read.
fn longest() -> State {
    let mut state = State::new(Look::default(), "mara".into());
    (state.width, state.height) = (120, 40);
    (state.measure, state.lines) = (screen::measure, screen::lines);
    let (first, last) = (OmVersion::new(0, 0, 0), OmVersion::new(99, 0, 0));
    let mut notes = state.knowledge.notes(&first, &last);
    notes.sort_by_key(Note::rank);
    let mut run = RunWatch::new("20260101-000000-1".into(), "/s/r".into(), false, None);
    let line = |(seq, note): (usize, &Note)| JournalLine {
        seq: seq as u64,
        at: "2026-01-01T00:00:00Z".into(),
        at_ms: 0,
        event: read(note),
        words: Vec::new(),
    };
    let lines: Vec<JournalLine> = notes.iter().skip(20).enumerate().map(line).collect();
    run.take_in(&lines);
    state.run = Some(run);
    state.page = Page::Notes;
    (state.notes, state.show_all) = (notes, true);
    state
}

#[test]
fn a_key_on_a_list_of_all_notes_is_answered_at_once() {
    let mut state = longest();
    assert!(state.notes.len() > 300, "{}", state.notes.len());
    let mut took = Vec::new();
    for key in [Code::Down, Code::PageDown, Code::Up, Code::Down, Code::Down] {
        let begun = Instant::now();
        press(&mut state, Key::plain(key));
        let frame = screen::snapshot(&state).join("\n");
        took.push(begun.elapsed());
        assert!(frame.contains("▸ ["), "{frame}");
    }
    took.sort();
    println!("key to frame with {} notes: {took:?}", state.notes.len());
    // 50 ms is what a person calls at once; an unoptimised build on a busy machine gets more.
    let bar = Duration::from_millis(if cfg!(debug_assertions) { 500 } else { 50 });
    assert!(took[took.len() / 2] < bar, "{took:?}");
}

//! What was read and answered, and what of it is asked again.

use super::event::{Effect, JournalLine};
use super::items;
use super::key::{Code, Key};
use super::page::Page;
use super::run_watch::RunWatch;
use super::{Look, State, act};
use crate::domain::event::{ChecklistAnswer, Event};
use crate::domain::version::OmVersion;
use crate::knowledge::Note;

fn state(events: Vec<Event>) -> State {
    let mut state = State::new(Look::default(), "mara".into());
    let (from, to) = (OmVersion::new(1, 9, 0), OmVersion::new(1, 13, 0));
    state.notes = state.knowledge.notes(&from, &to);
    let mut run = RunWatch::new("20260101-000000-1".into(), "/s/r".into(), true, None);
    let line = |(seq, event)| JournalLine {
        seq: seq as u64,
        at: "2026-01-01T00:00:00Z".into(),
        at_ms: 0,
        event,
        words: Vec::new(),
    };
    let lines: Vec<JournalLine> = events.into_iter().enumerate().map(line).collect();
    run.take_in(&lines);
    state.run = Some(run);
    state.page = Page::Notes;
    state
}

fn read(note: &Note) -> Event {
    Event::NoteRead {
        note: note.name().to_owned(),
        read: true,
        asks: note.asks(),
        why: None,
        who: "mara".into(),
        uid: 0,
    }
}

#[test]
fn a_note_is_open_again_when_its_words_or_its_weight_change() {
    let notes = state(Vec::new()).notes;
    let note = notes
        .iter()
        .find(|note| note.asks())
        .expect("one that asks");
    let mut state = state(vec![read(note)]);
    assert!(state.note_read(note));
    let mut change = note.change.clone();
    change.text = Some("It is worse than we thought.".to_owned());
    let changed = Note::new(change, note.copied.clone());
    state.notes = vec![changed];
    assert!(!state.note_read(&state.notes[0]));
    let why = super::guards::guard(&state, Page::Checks).expect("it is asked again");
    assert!(why.starts_with("1 notes"), "{why}");
}

#[test]
fn a_point_of_the_checklist_is_open_again_when_its_text_changes() {
    let points = state(Vec::new()).knowledge.checklist().to_vec();
    let answered = |text: &str| {
        state(vec![Event::ChecklistAnswered {
            item: points[0].id.clone(),
            text: text.into(),
            answer: ChecklistAnswer::Done,
            who: "mara".into(),
            uid: 0,
        }])
    };
    let answer = |text: &str| items::point_answer(&answered(text), 0);
    assert_eq!(answer(&points[0].text), ChecklistAnswer::Done);
    assert_eq!(answer("A window is agreed."), ChecklistAnswer::Open);
}

#[test]
fn all_of_them_are_those_that_stand_there() {
    let mut state = state(Vec::new());
    let quiet = state.notes.iter().filter(|note| note.quiet()).count();
    assert!(quiet > 0 && quiet < state.notes.len());
    let all = |state: &mut State| {
        let open = super::choosing::open(state, items::Item::Do(items::Do::ReadAll));
        open.len()
    };
    assert_eq!(all(&mut state), state.notes.len() - quiet);
    state.show_all = true;
    assert_eq!(all(&mut state), state.notes.len());
}

#[test]
fn a_reason_is_written_down_with_the_note() {
    let mut state = state(Vec::new());
    let name = state.notes[0].name().to_owned();
    state.cursor.insert(Page::Notes, 0);
    act::key(&mut state, Key::char('w'));
    assert!(act::key(&mut state, Key::plain(Code::Enter)).is_empty());
    act::key(&mut state, Key::char('w'));
    for letter in "no Airflow".chars() {
        act::key(&mut state, Key::char(letter));
    }
    let effects = act::key(&mut state, Key::plain(Code::Enter));
    match effects.as_slice() {
        [
            Effect::NoteRead {
                note,
                read: true,
                why: Some(why),
                ..
            },
        ] => assert_eq!((note, why.as_str()), (&name, "no Airflow")),
        other => panic!("{other:?}"),
    }
}

//! What is marked, opened or ticked.

use super::State;
use super::copy;
use super::event::Effect;
use super::form::FieldId;
use super::guards;
use super::items::{self, Do, Item};
use super::moving;
use super::page::Page;
use super::popup::{Kind, Purpose};
use super::questions;
use crate::domain::event::ChecklistAnswer;

pub fn toggle(state: &mut State, item: Item) -> Vec<Effect> {
    match item {
        Item::Note(index) => {
            let Some(note) = state.notes.get(index) else {
                return Vec::new();
            };
            let read = !state.note_read(note);
            let effects = vec![Effect::NoteRead {
                note: note.name().to_owned(),
                read,
                asks: note.asks(),
                why: None,
            }];
            moving::step(state, 1);
            effects
        }
        Item::Point(index) => {
            let Some(point) = state.knowledge.checklist().get(index).cloned() else {
                return Vec::new();
            };
            let next = match items::point_answer(state, index) {
                ChecklistAnswer::Open => ChecklistAnswer::Done,
                ChecklistAnswer::Done => ChecklistAnswer::NotForUs,
                ChecklistAnswer::NotForUs => ChecklistAnswer::Open,
            };
            vec![Effect::ChecklistAnswered {
                item: point.id,
                text: point.text.into(),
                answer: next,
            }]
        }
        Item::Candidate(_) | Item::Production | Item::Level(_) | Item::Memory(_) => {
            open(state, item)
        }
        Item::Field(_)
        | Item::Check(_)
        | Item::Step(_)
        | Item::Run(_)
        | Item::Way(_)
        | Item::Choice(_)
        | Item::Client(_)
        | Item::Do(_) => Vec::new(),
    }
}

pub fn open(state: &mut State, item: Item) -> Vec<Effect> {
    match item {
        Item::Field(_) => moving::step(state, 1),
        Item::Candidate(index) => {
            choose_candidate(state, index);
            Vec::new()
        }
        Item::Production => {
            state.form.production = !state.form.production;
            Vec::new()
        }
        Item::Level(level) => {
            state.form.level = Some(level);
            keep_answers(state)
        }
        Item::Memory(way) => {
            state.form.memory = way;
            keep_answers(state)
        }
        Item::Note(_) | Item::Check(_) | Item::Point(_) | Item::Step(_) | Item::Client(_) => {
            questions::open(state, Kind::Detail { scroll: 0 })
        }
        Item::Run(index) => match state.runs.as_ref().and_then(|runs| runs.get(index)) {
            Some(run) => vec![Effect::OpenRun(run.id.clone())],
            None => Vec::new(),
        },
        Item::Way(way) => questions::way(state, way),
        Item::Choice(index) => questions::choice(state, index),
        Item::Do(what) => perform(state, what),
    }
}

/// The old version is the one that serves; a newer one beside it is the target.
fn choose_candidate(state: &mut State, index: usize) {
    let Some(found) = state.found.as_ref().and_then(|found| found.get(index)) else {
        return;
    };
    let text = found.home.display().to_string();
    let field = if found.runs {
        FieldId::OldHome
    } else {
        FieldId::NewHome
    };
    *state.form.field_mut(field) = tui_input::Input::new(text);
    super::act::changed(state, field);
}

/// Changed answers of a prepared run are written down at once.
pub fn keep_answers(state: &mut State) -> Vec<Effect> {
    match (state.form.answers(), &mut state.run) {
        (Ok(answers), Some(run)) if run.preparing => {
            let answers = Box::new(answers);
            run.answers = Some(answers.clone());
            vec![Effect::KeepAnswers(answers)]
        }
        _ => Vec::new(),
    }
}

fn perform(state: &mut State, what: Do) -> Vec<Effect> {
    match what {
        Do::Begin => {
            let mut effects = Vec::new();
            if state.run.as_ref().is_some_and(|run| !run.preparing) {
                state.run = None;
                state.looked = None;
                effects.push(Effect::CloseRun);
            }
            effects.extend(state.go(Page::Connect));
            effects
        }
        Do::PrepareAgain => {
            if let Some(answers) = state.run.as_ref().and_then(|run| run.answers.clone()) {
                state.form.fill(&answers);
            }
            state.run = None;
            state.looked = None;
            state.trail.clear();
            let mut effects = vec![Effect::CloseRun];
            effects.extend(state.arrive(Page::Connect));
            effects
        }
        Do::LookNow | Do::LookAgain => guards::look(state),
        Do::Continue(page) => guards::proceed(state, page),
        Do::ReadAll => items::listed_notes(state)
            .filter(|(_, note)| !state.note_read(note))
            .map(|(_, note)| Effect::NoteRead {
                note: note.name().to_owned(),
                read: true,
                asks: note.asks(),
                why: None,
            })
            .collect(),
        Do::Start => guards::start(state),
        Do::Wait | Do::WaitLockedOut => {
            state.say("the run waits; nothing was done", false);
            Vec::new()
        }
        Do::Answer => questions::answer(state),
        Do::Stop => questions::stop(state),
        Do::Resume => vec![Effect::Resume { again: false }],
        Do::Again => questions::again(state),
        Do::CopyClientCommand => vec![Effect::Copy(copy::copy_of(state))],
        Do::PasteClient => questions::line(state, Purpose::Client),
        Do::Mend => vec![Effect::Mend],
        Do::MoreMemory | Do::Ways => state.go(Page::Ways),
        Do::Report => state.go(Page::Report),
        Do::Log => state.go(Page::Log),
        Do::Runs => state.go(Page::Runs),
        Do::CopySummary => vec![Effect::Copy(copy::summary(state))],
        Do::Leave => questions::leave(state),
    }
}

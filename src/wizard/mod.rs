//! The wizard: what the operator sees, chooses and asks for, as data. Pure: no terminal, no clock, no
//! input or output; what it wants from the world it says as an effect.
//!
//! `update` takes one stamped event and gives the effects it asks for. Everything shown is computed
//! from [`State`] by `screen::draw`.

mod act;
pub mod action;
mod choosing;
pub mod clients;
pub mod copy;
pub mod event;
pub mod form;
mod going;
mod guards;
pub mod hints;
pub mod items;
pub mod key;
pub mod keymap;
mod log_pane;
mod message;
mod moving;
mod news;
#[cfg(test)]
mod notes_tests;
pub mod page;
pub mod popup;
mod popups;
mod questions;
pub mod run_watch;
mod searching;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::domain::clean_text::CleanText;
use crate::domain::sought::Sought;
use crate::domain::way_back::WayBack;
use crate::knowledge::{Knowledge, Note};

use event::{Candidate, Effect, Event, Looked, PracticeLine, RunLine, Stamped, Trouble};
use form::Form;
use keymap::RunNow;
pub use log_pane::LogPane;
use message::message_is_old;
pub use message::{About, Message};
pub use moving::Measure;
pub use news::who_else;
use page::Page;
use popup::Popup;
pub use questions::come_back;
use run_watch::RunWatch;

/// How the terminal wants it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    pub mono: bool,
    pub ascii: bool,
}

/// What a practice session teaches, shown on its first page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    pub name: String,
    pub about: String,
    /// The end that is right, and why.
    pub right_end: String,
    /// What somebody outside of omup does to mend the cause; gone once it is done.
    pub mending: Option<String>,
    /// The command that comes back to this practice session.
    pub come_back: String,
}

/// Everything on the screen.
#[derive(Debug, Clone)]
pub struct State {
    pub look: Look,
    pub width: u16,
    pub height: u16,
    pub now_ms: i64,
    pub boot_ms: u64,
    pub who: CleanText,
    pub lesson: Option<Lesson>,
    pub knowledge: Knowledge,
    pub page: Page,
    /// Where `Esc` leads, newest last.
    pub trail: Vec<Page>,
    /// The run's page is shown as the run goes on.
    pub with_run: bool,
    pub cursor: BTreeMap<Page, usize>,
    /// The first line that is shown, where somebody has scrolled or has just come; else the page follows its mark.
    pub scroll: BTreeMap<Page, u16>,
    /// How the page fills its pane. The screen tells it: it alone wraps words.
    pub measure: fn(&State) -> moving::Measure,
    /// The page's lines as they are wrapped; told by the screen too.
    pub lines: fn(&State) -> Vec<String>,
    pub popup: Option<Popup>,
    pub message: Option<Message>,
    pub form: Form,
    pub found: Option<Vec<Candidate>>,
    pub looking: bool,
    pub looked: Option<Box<Looked>>,
    pub look_trouble: Option<Trouble>,
    /// Notes between the two versions, most urgent first.
    pub notes: Vec<Note>,
    pub show_all: bool,
    pub runs: Option<Vec<RunLine>>,
    /// Practice sessions of this user that are not finished; they have a state folder of their own.
    pub practices: Vec<PracticeLine>,
    pub run: Option<RunWatch>,
    pub starting: bool,
    pub ways: Option<Result<Vec<WayBack>, Trouble>>,
    pub ways_asked: bool,
    pub report: Option<Result<String, Trouble>>,
    /// The run's `way-back.md`, as it was when the ways were shown.
    pub way_back_by_hand: Option<String>,
    pub log: LogPane,
    pub search: Option<Sought>,
    pub interrupted_ms: Option<u64>,
    pub leaving: bool,
}

impl State {
    pub fn new(look: Look, who: CleanText) -> Self {
        Self {
            look,
            width: 80,
            height: 24,
            now_ms: 0,
            boot_ms: 0,
            who,
            lesson: None,
            knowledge: Knowledge::embedded(),
            page: Page::First,
            trail: Vec::new(),
            with_run: false,
            cursor: BTreeMap::new(),
            scroll: BTreeMap::from([(Page::First, 0)]),
            measure: |_| moving::Measure::default(),
            lines: |_| Vec::new(),
            popup: None,
            message: None,
            form: Form::new(),
            found: None,
            looking: false,
            looked: None,
            look_trouble: None,
            notes: Vec::new(),
            show_all: false,
            runs: None,
            practices: Vec::new(),
            run: None,
            starting: false,
            ways: None,
            ways_asked: false,
            report: None,
            way_back_by_hand: None,
            log: LogPane::default(),
            search: None,
            interrupted_ms: None,
            leaving: false,
        }
    }

    /// What the wizard asks for before the first key.
    pub fn first_effects(&self) -> Vec<Effect> {
        vec![Effect::ListRuns, Effect::Find]
    }

    pub fn cursor(&self) -> usize {
        self.cursor.get(&self.page).copied().unwrap_or(0)
    }

    /// The marked item of the page.
    pub fn item(&self) -> Option<items::Item> {
        let items = items::of(self);
        let last = items.len().checked_sub(1)?;
        items.get(self.cursor().min(last)).cloned()
    }

    /// The text field that takes the letters now.
    pub fn field(&self) -> Option<form::FieldId> {
        match self.item() {
            Some(items::Item::Field(id)) => Some(id),
            _ => None,
        }
    }

    /// Whether a run is open, and a runner works on it.
    pub fn run_now(&self) -> RunNow {
        match self.run.as_ref().filter(|run| !run.preparing) {
            None => RunNow::None,
            Some(run) if run.alive => RunNow::Works,
            Some(_) => RunNow::Stands,
        }
    }

    /// Rows for the body of a page on this screen.
    pub fn body_rows(&self) -> u16 {
        self.height.saturating_sub(6).max(4)
    }

    /// The check that the mark is on.
    pub fn shown_checks(&self) -> Vec<usize> {
        let Some(looked) = &self.looked else {
            return Vec::new();
        };
        use crate::domain::finding::Verdict;
        let mut shown: Vec<usize> = (0..looked.findings.len())
            .filter(|i| {
                self.show_all
                    || !matches!(looked.findings[*i].verdict, Verdict::Pass | Verdict::Skip)
            })
            .collect();
        shown.sort_by_key(|i| {
            let finding = &looked.findings[*i];
            let rank = match finding.verdict {
                Verdict::Fail => 0,
                Verdict::Unknown => 1,
                Verdict::Warn => 2,
                Verdict::Info => 3,
                Verdict::Pass => 4,
                Verdict::Skip => 5,
            };
            (rank, *i)
        });
        shown
    }

    pub fn note_read(&self, note: &Note) -> bool {
        self.run
            .as_ref()
            .is_some_and(|run| run.view.notes_read.contains_key(note.name()))
    }
}

/// Somebody waits to see this: it is drawn at once. What comes by itself is drawn a few times a second.
pub fn is_waited_for(state: &State, event: &Event) -> bool {
    match event {
        Event::Key(_)
        | Event::Paste(_)
        | Event::Resize { .. }
        | Event::Found(_)
        | Event::Looked(_)
        | Event::Runs(_)
        | Event::Practices(_)
        | Event::RunOpened { .. }
        | Event::Ways(_)
        | Event::Report(_)
        | Event::WayBackByHand(_)
        | Event::Mended
        | Event::Told(_)
        | Event::Failed(_) => true,
        // The first answer to a question; later ones tell that the log has grown.
        Event::Log(window) => {
            let shown = state.log.window.as_ref();
            shown.is_none_or(|shown| shown.query != window.query)
        }
        Event::Tick
        | Event::Journal(_)
        | Event::Runner { .. }
        | Event::Progress(_)
        | Event::Disk { .. } => false,
    }
}

/// Takes in one event; gives what it asks of the world.
pub fn update(state: &mut State, stamped: Stamped) -> Vec<Effect> {
    state.now_ms = stamped.at_ms;
    state.boot_ms = stamped.boot_ms;
    if message_is_old(state) {
        state.message = None;
    }
    let effects = take(state, stamped.event);
    state.settle_message();
    effects
}

fn take(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(key) => act::key(state, key),
        Event::Paste(text) => act::paste(state, &text),
        Event::Resize { width, height } => {
            state.width = width;
            state.height = height;
            if state.page == Page::Log
                && let Some(query) = &mut state.log.query
            {
                query.rows = height.saturating_sub(7).max(3);
                return vec![Effect::AskLog(query.clone())];
            }
            Vec::new()
        }
        Event::Tick => Vec::new(),
        other => news::take_in(state, other),
    }
}

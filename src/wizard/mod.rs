//! The wizard: what the operator sees, chooses and asks for, as data. Pure: no terminal, no clock, no
//! input or output; what it wants from the world it says as an effect.
//!
//! `update` takes one stamped event and gives the effects it asks for. Everything shown is computed
//! from [`State`] by `screen::draw`.

mod act;
pub mod action;
mod choosing;
pub mod clients;
pub mod event;
pub mod form;
mod guards;
pub mod items;
pub mod key;
pub mod keymap;
mod moving;
mod news;
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
use crate::domain::log_view::{LogPlace, LogQuery, LogWindow};
use crate::domain::sought::Sought;
use crate::domain::step::StepId;
use crate::domain::way_back::WayBack;
use crate::knowledge::{Knowledge, Note};

use event::{Candidate, Effect, Event, Looked, PracticeLine, RunLine, Stamped, Trouble};
use form::Form;
use keymap::RunNow;
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

/// The log pane.
#[derive(Debug, Clone, Default)]
pub struct LogPane {
    pub query: Option<LogQuery>,
    pub window: Option<LogWindow>,
    pub wrap: bool,
    /// The known failure that its last lines speak of best, on the page that tells why a run stopped.
    pub diagnosis: Option<crate::knowledge::Diagnosis>,
    /// Rows that came while the reader looked elsewhere.
    pub unseen: u64,
    /// The log of the run that was chosen on the log page, by its place among all of them.
    pub chosen: Option<usize>,
}

/// A short message above the hints.
#[derive(Debug, Clone)]
pub struct Message {
    pub text: CleanText,
    pub bad: bool,
    pub until_ms: u64,
    pub about: About,
}

/// What a message speaks of: it goes when that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Something that happened; it goes with time.
    News,
    /// The guard before this page.
    Guard(Page),
    /// A name that is to be typed.
    Typing,
    /// Somebody else has the helm.
    Helm,
    /// A question of the run that another page shows.
    Question,
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

    fn say(&mut self, text: impl Into<CleanText>, bad: bool) {
        self.say_about(text, bad, About::News);
    }

    fn say_about(&mut self, text: impl Into<CleanText>, bad: bool, about: About) {
        self.message = Some(Message {
            text: text.into(),
            bad,
            until_ms: self.boot_ms + if bad { 20_000 } else { 6_000 },
            about,
        });
    }

    /// Takes a message away when what it speaks of is done, or says it as it is by now.
    fn settle_message(&mut self) {
        let Some(message) = &self.message else { return };
        let open = match message.about {
            About::News => true,
            About::Guard(page) => match guards::guard(self, page) {
                Some(now) => {
                    if let Some(message) = &mut self.message {
                        message.text = now.into();
                    }
                    true
                }
                None => false,
            },
            About::Typing => self.popup.as_ref().is_some_and(
                |popup| matches!(&popup.kind, popup::Kind::Typed(typed) if !typed.matches()),
            ),
            About::Helm => self.run.as_ref().is_some_and(|run| !run.mine),
            About::Question => self
                .run
                .as_ref()
                .is_some_and(|run| run.view.question.is_some() && run.page() != self.page),
        };
        if !open || message_is_old(self) {
            self.message = None;
        }
    }

    /// Goes to a page; `Esc` leads back.
    fn go(&mut self, page: Page) -> Vec<Effect> {
        if self.page != page {
            self.trail.retain(|p| *p != page);
            self.trail.push(self.page);
            // It told of the page that is left.
            self.message
                .take_if(|message| !message.bad || matches!(message.about, About::Guard(_)));
        }
        self.arrive(page)
    }

    /// Is on a page from now on.
    fn arrive(&mut self, page: Page) -> Vec<Effect> {
        let left = self.page;
        self.page = page;
        self.with_run = self
            .run
            .as_ref()
            .is_some_and(|run| !run.preparing && run.page() == page);
        let first_time = !self.cursor.contains_key(&page);
        if first_time {
            let at = self.first_mark();
            self.cursor.insert(page, at);
        }
        if first_time || self.cursor() == 0 {
            // A page is read from its top. The journal's newest lines are its last.
            if page == Page::Journal {
                self.scroll.remove(&page);
            } else {
                self.scroll.insert(page, 0);
            }
        } else {
            self.scroll.remove(&page);
        }
        let mut effects = Vec::new();
        let read = self.log.query.is_some();
        if (left == Page::Log) != (page == Page::Log) {
            self.log.query = None;
            self.log.window = None;
            self.log.chosen = None;
        }
        match page {
            Page::Ways => {
                self.ways = None;
                self.ways_asked = true;
                effects.push(Effect::WaysBack);
            }
            Page::Runs | Page::First => effects.push(Effect::ListRuns),
            Page::Report => effects.push(Effect::ReadReport),
            Page::Log | Page::Backup | Page::Migrate | Page::WayBack | Page::Stopped => {
                let asked = self.ask_log();
                if asked.is_empty() && read {
                    effects.push(self.no_log());
                }
                effects.extend(asked);
            }
            Page::Connect
            | Page::Notes
            | Page::Checks
            | Page::Checklist
            | Page::BackupPlan
            | Page::Buffers
            | Page::Clients
            | Page::Plan
            | Page::Proof
            | Page::Downtime
            | Page::Gate
            | Page::Point
            | Page::Validate
            | Page::Finish
            | Page::Journal => {
                if read {
                    effects.push(self.no_log());
                }
            }
        }
        effects
    }

    /// Where the mark stands on a page that is seen for the first time: never in a text field, where keys are letters.
    fn first_mark(&self) -> usize {
        use items::{Do, Item};
        let items = items::of(self);
        let wanted = match self.page {
            // Everything is filled in: what is left to do is to look.
            Page::Connect if self.form.answers().is_ok() => Some(Item::Do(Do::LookNow)),
            Page::BackupPlan => Some(Item::Level(self.form.level())),
            Page::Buffers => Some(Item::Memory(self.form.memory)),
            // Nothing has to be done here: the lines are there to be read.
            Page::Clients => items.last().cloned(),
            _ => None,
        };
        let at = wanted.and_then(|wanted| items.iter().position(|item| *item == wanted));
        let outside = || items.iter().position(|i| !matches!(i, Item::Field(_)));
        at.or_else(outside).unwrap_or(0)
    }

    /// The logs that this run has written so far, oldest first, each with the step it is of.
    pub fn logs(&self) -> Vec<(StepId, std::path::PathBuf)> {
        let Some(run) = &self.run else {
            return Vec::new();
        };
        let mut logs = Vec::new();
        for step in [StepId::BackUp, StepId::Prove] {
            if let Some(name) = backup_log(step).filter(|_| run.view.attempts.contains_key(&step)) {
                logs.push((step, run.folder.join("logs").join(name)));
            }
        }
        for child in &run.view.children {
            let log = run.folder.join(&child.log);
            if !logs.iter().any(|(_, known)| *known == log) {
                logs.push((child.step, log));
            }
        }
        logs
    }

    /// The log that belongs to what is shown: the one that was chosen; of the dump or restore at work or failed, of the
    /// child that runs, or of the last one. On the pages of a run at work only logs of their own steps.
    fn log_file(&self) -> Option<std::path::PathBuf> {
        let run = self.run.as_ref()?;
        if let Some(at) = self.log.chosen.filter(|_| self.page == Page::Log) {
            return self.logs().get(at).map(|(_, log)| log.clone());
        }
        let failed = run.view.failure().map(|(step, _)| step);
        let now = run.current().or(failed).and_then(backup_log);
        // Who asks for the log before anything else has run is shown the dump's.
        let first = || {
            let asked = self.page == Page::Log && run.view.children.is_empty();
            let dumped = run.view.attempts.contains_key(&StepId::BackUp);
            (asked && dumped).then(|| backup_log(StepId::BackUp))?
        };
        if let Some(name) = now.or_else(first) {
            return Some(run.folder.join("logs").join(name));
        }
        let at_work = matches!(self.page, Page::Backup | Page::Migrate | Page::WayBack);
        let mut children = run.view.children.iter();
        let fits = |child: &&crate::domain::run_view::Child| {
            !at_work || Page::of_step(child.step) == self.page
        };
        let of_failed = failed.and_then(|step| {
            let of_it = |child: &&crate::domain::run_view::Child| child.step == step;
            children.clone().rfind(of_it)
        });
        let living = children.clone().rev().find(|child| child.ended.is_none());
        let last = living
            .filter(fits)
            .or(of_failed.filter(fits))
            .or_else(|| children.rfind(fits))?;
        // An absolute path stays itself.
        Some(run.folder.join(&last.log))
    }

    /// No log is shown any more: nobody looks at its file.
    fn no_log(&mut self) -> Effect {
        self.log.query = None;
        self.log.window = None;
        Effect::NoLog
    }

    /// A program of the run may still write: a runner works, or the run was interrupted and what it had started may
    /// live on.
    fn log_grows(&self) -> bool {
        let run = self.run.as_ref();
        run.is_some_and(|run| run.alive || run.view.ended.is_none())
    }

    fn ask_log(&mut self) -> Vec<Effect> {
        let Some(file) = self.log_file() else {
            // Nothing of an earlier step stands where this one has written nothing yet.
            self.log.query = None;
            self.log.window = None;
            return Vec::new();
        };
        let whole = self.page == Page::Log;
        let stopped = self.page == Page::Stopped;
        let same = self
            .log
            .query
            .as_ref()
            .filter(|query| query.file == file && (query.rows == 400) == stopped);
        let grows = self.log_grows();
        let query = match same {
            Some(query) => LogQuery {
                grows,
                ..query.clone()
            },
            None => LogQuery {
                file,
                filter: None,
                search: self.search.clone().filter(|_| whole),
                place: LogPlace::End,
                rows: match self.page {
                    Page::Log => self.body_rows().saturating_sub(1),
                    // Enough to find the cause above what followed from it.
                    Page::Stopped => 400,
                    _ => 6,
                },
                grows,
            },
        };
        self.log.query = Some(query.clone());
        vec![Effect::AskLog(query)]
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
            .is_some_and(|run| run.view.notes_read.contains(&note.name()))
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

/// The log that a step's dump or restore writes; the journal has no child for those.
const fn backup_log(step: StepId) -> Option<&'static str> {
    match step {
        StepId::BackUp => Some("back-up.log"),
        StepId::Prove => Some("prove-restore.log"),
        _ => None,
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

fn message_is_old(state: &State) -> bool {
    let message = state.message.as_ref();
    message.is_some_and(|message| message.until_ms < state.boot_ms)
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

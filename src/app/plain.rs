//! The plain view of a run: one line an event, a progress bar on a terminal, a line now and then
//! without one.

use std::cell::Cell;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::out;
use super::plain_words::{lines, progress_words};
use crate::domain::event::Event;
use crate::domain::run_view::RunView;
use crate::runner::journal::Entry;
use crate::steps::context::Progress;

/// Without a terminal, progress is told no more often than this.
const EVERY: Duration = Duration::from_secs(10);

/// Prints events and progress; never asks.
pub struct Plain {
    view: RunView,
    json: bool,
    bar: Option<ProgressBar>,
    told: Option<Instant>,
    closed: Cell<bool>,
}

impl Plain {
    /// `json`: the events as they are, one document a line, instead of sentences.
    pub fn new(json: bool) -> Self {
        let bar = (!json && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
            if let Ok(style) = ProgressStyle::with_template("           {spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self {
            view: RunView::default(),
            json,
            bar,
            told: None,
            closed: Cell::new(false),
        }
    }

    /// The fold of everything shown so far.
    pub fn view(&self) -> &RunView {
        &self.view
    }

    /// Takes an event in without printing it: it was there before we came.
    pub fn catch_up(&mut self, entry: &Entry) {
        self.view.apply(&entry.event);
    }

    pub fn event(&mut self, entry: &Entry) {
        self.view.apply(&entry.event);
        if self.json {
            self.write(|| out::json_line(&document(entry)));
            return;
        }
        if let (
            Some(bar),
            Event::StepStarted { .. } | Event::QuestionAsked { .. } | Event::StepEnded { .. },
        ) = (&self.bar, &entry.event)
        {
            // What it was doing before is over.
            bar.set_message("");
        }
        let time = entry.at.get(11..19).unwrap_or("").to_string();
        for line in lines(&entry.event, &self.view) {
            self.print(&format!("{time}  {line}"));
        }
    }

    pub fn progress(&mut self, progress: &Progress) {
        if self.json {
            return;
        }
        let text = progress_words(progress);
        match &self.bar {
            Some(bar) => {
                bar.set_message(text);
                bar.tick();
            }
            None => {
                if self.told.is_none_or(|at| at.elapsed() >= EVERY) {
                    self.told = Some(Instant::now());
                    self.print(&format!("          ... {text}"));
                }
            }
        }
    }

    /// Clears the bar; the lines stay.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// True once standard output could not be written: nobody reads us any more.
    pub fn closed(&self) -> bool {
        self.closed.get()
    }

    fn print(&self, line: &str) {
        self.write(|| out::try_line(line));
    }

    fn write(&self, write: impl FnOnce() -> std::io::Result<()>) {
        let written = match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        };
        if written.is_err() {
            self.closed.set(true);
        }
    }
}

/// One journal line as a document for programs.
pub fn document(entry: &Entry) -> serde_json::Value {
    let mut document = serde_json::json!({ "schema_version": 1 });
    if let (Some(into), Ok(serde_json::Value::Object(fields))) =
        (document.as_object_mut(), serde_json::to_value(entry))
    {
        into.extend(fields);
    }
    document
}

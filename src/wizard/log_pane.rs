//! The log pane: which of the run's logs belongs to what is shown, and what is asked of it.

use crate::domain::log_view::{LogPlace, LogQuery, LogWindow};
use crate::domain::step::StepId;

use super::State;
use super::event::Effect;
use super::page::Page;

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

impl State {
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
    pub(super) fn no_log(&mut self) -> Effect {
        self.log.query = None;
        self.log.window = None;
        Effect::NoLog
    }

    /// A program of the run may still write: a runner works, or the run was interrupted and what it had started may
    /// live on.
    pub(super) fn log_grows(&self) -> bool {
        let run = self.run.as_ref();
        run.is_some_and(|run| run.alive || run.view.ended.is_none())
    }

    pub(super) fn ask_log(&mut self) -> Vec<Effect> {
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
}

/// The log that a step's dump or restore writes; the journal has no child for those.
const fn backup_log(step: StepId) -> Option<&'static str> {
    match step {
        StepId::BackUp => Some("back-up.log"),
        StepId::Prove => Some("prove-restore.log"),
        _ => None,
    }
}
